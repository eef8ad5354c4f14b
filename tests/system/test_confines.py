# SPDX-License-Identifier: Apache-2.0
"""What the running processes may not do, and what they do with no descriptor left. Each test runs a
second time with what it relies on switched off."""

import os
import random
import resource
import signal
import socket
import subprocess
import time

from harness import TREE, Skip, check, test
from pbx import PBX_ADDRESS
from process import Cast, Failure, until
from ringfence import INSIDE_ADDRESS, OUTSIDE_ADDRESS, Ringfence, is_built
from sip_text import token
from stage import Stage
from test_survival import ROLES, fails, is_gone, is_sandboxed, roles_of

FORBIDDEN = os.path.join(TREE, "tests", "system", "forbidden")
ACTS = ("open", "socket", "signal", "read", "exec")
CALLER, CALLEE, LATER = "200", "210", "250"
CLIENTS = 100


def act(number, name, victim):
    done = subprocess.run([FORBIDDEN, str(number), name, str(victim)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=20)
    text = done.stdout.decode().strip()
    if done.returncode == 3:
        raise Skip(text)
    check(done.returncode == 0, text)
    return text


def running(ringfence, role):
    found = {}

    def is_there():
        found.update(roles_of(ringfence))
        return role in found and not is_gone(found[role])

    # One that was ended for its act before is started again first.
    check(until(is_there, 5), f"{role} does not run")
    return found[role]


def await_ready(ringfence):
    check(until(lambda: '"state": "ready"' in ringfence.ask("-o", "json", "status")[1].split("processes")[0],
                15, pause=0.1), "not all processes came back")


def try_all(folder, *arguments):
    """{"role act": what came of it}"""
    found = {}
    with Cast(folder) as cast:
        ringfence = Ringfence(cast)
        ringfence.arguments = list(arguments)
        ringfence.start()
        victim = cast.start("victim", ["sleep", "600"])
        for role in ROLES:
            for name in ACTS:
                await_ready(ringfence)
                found[f"{role} {name}"] = act(running(ringfence, role), name, victim.child.pid)
        check(victim.is_running(), "the victim did not live")
    return found


@test("forbidden acts made from inside the running signal, media, judge, store and web are all denied")
def forbidden_acts(cast):
    if os.geteuid() != 0 or not os.access(FORBIDDEN, os.X_OK) or not is_built():
        raise Skip("needs root, the program and forbidden")
    found = try_all(cast.folder)
    done = sorted(what for what, text in found.items() if not text.startswith("denied"))
    check(not done, f"these were not denied: {done}")
    for name in ACTS:
        print(f"     {name}: " + ", ".join(f"{role} {found[f'{role} {name}'][8:]}" for role in ROLES), flush=True)
    off = try_all(cast.folder + "-off", "--no-sandbox")
    denied = sorted(what for what, text in off.items() if text.startswith("denied"))
    check(not denied, f"these fail without the sandbox too, so they prove nothing: {denied}")
    print(f"     without the sandbox: all {len(off)} acts are done", flush=True)


# --- Descriptors ---

class Exhausted:
    """No process can have one descriptor more than it has; is_low False: the same without that."""

    def __init__(self, ringfence, is_low):
        self.limits = {}
        self.numbers = [*roles_of(ringfence).values(), ringfence.process.child.pid]
        self.is_low = is_low

    def __enter__(self):
        for number in self.numbers if self.is_low else ():
            self.limits[number] = resource.prlimit(number, resource.RLIMIT_NOFILE)
            used = max(int(name) for name in os.listdir(f"/proc/{number}/fd")) + 1
            resource.prlimit(number, resource.RLIMIT_NOFILE, (used, self.limits[number][1]))

    def __exit__(self, *_):
        for number, limit in self.limits.items():
            if not is_gone(number):
                resource.prlimit(number, resource.RLIMIT_NOFILE, limit)


def knock(path):
    """A client that wants the status and waits."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(2)
    try:
        client.connect(path)
        client.sendall(b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
    except OSError:
        client.close()
        return None
    return client


def is_answered(client):
    try:
        return client.recv(16).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def cpu_seconds(number):
    with open(f"/proc/{number}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0]) / 1e9


def spent_in_a_second(number):
    """Of a processor's second. Whoever cannot take what is waiting must not ask for it all the time."""
    before = cpu_seconds(number)
    time.sleep(1)
    return cpu_seconds(number) - before


def exhaust(folder, is_low):
    with Cast(folder) as cast:
        stage = Stage(cast, (CALLER, CALLEE, LATER)).start()
        ringfence = stage.ringfence
        before = roles_of(ringfence)
        check(len(before) == len(ROLES) and all(is_sandboxed(number) for number in before.values()),
              f"not all are sandboxed: {before}")
        clients = []
        try:
            with Exhausted(ringfence, is_low):
                stage.call(stage.phone(CALLER, "127.0.0.31"), stage.phone(CALLEE, "127.0.0.32"))
                clients = [client for client in (knock(ringfence.socket_path) for _ in range(CLIENTS)) if client]
                answered = bool(clients) and is_answered(clients[0])
                spent = spent_in_a_second(before["web"])
                print(f"     web spends {spent:.3f} of a second while {len(clients)} clients wait", flush=True)
                await_death(ringfence, before)
                check(roles_of(ringfence) == {role: number for role, number in before.items() if role != "judge"},
                      f"{before} became {roles_of(ringfence)}")
                check(ringfence.process.is_running(), "the parent ended")
                check(spent < 0.2, f"web spent {spent:.2f} of a second on clients that it cannot take")
                check(not answered, "a status was had, so there were descriptors")
            recover(stage, before)
        finally:
            for client in clients:
                client.close()


def await_death(ringfence, before):
    """The judge is killed: its successor needs descriptors that the parent has not."""
    os.kill(before["judge"], signal.SIGKILL)
    until(lambda: roles_of(ringfence).get("judge", before["judge"]) != before["judge"], 1)


def recover(stage, before):
    check(until(lambda: "judge" in roles_of(stage.ringfence), 10), "the judge was not started later")
    await_ready(stage.ringfence)
    after = roles_of(stage.ringfence)
    check(all(after[role] == before[role] for role in ROLES if role != "judge"), f"{before} became {after}")
    device = stage.device("127.0.0.33", LATER)
    check(device.register() == 200, "no phone can register afterwards")
    device.close()


@test("with no descriptor left to any process, sandbox on, none ends, a call is heard, and all is well later")
def descriptors_exhausted(cast):
    exhaust(cast.folder, True)
    fails("with descriptors left", exhaust, cast.folder + "-off", False)


@test("analyse reads what strangers wrote in a sandbox, and nothing before it is entered")
def analysis_confined(_cast):
    program = os.path.join(TREE, "src", "proc", "ringfence-analyse")
    if not os.access(program, os.X_OK):
        raise Skip("the program is not built yet")
    with subprocess.Popen([program, "-q", "-o", "json", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE) as process:
        # A sanitized one looks for leaks at its end, which no sandbox allows.
        check(until(lambda: is_sandboxed(process.pid), 10) or TREE.endswith("san"), "it waits for packets outside a sandbox")
        said = process.communicate(b"no capture", 10)[1]
    check(process.returncode == 1 and b"standard input" in said, f"{process.returncode} {said}")


@test("a start with too few descriptors ends with 1 and says so in a line")
def too_few_descriptors(cast):
    if not is_built():
        raise Skip("the program is not built yet")
    ringfence = Ringfence(cast)
    command = ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh"]
    process = cast.run("few", command + ringfence.command(), 20)
    lines = process.log().strip().splitlines()
    check(process.child.returncode == 1, f"exit {process.child.returncode}: {lines[-3:]}")
    check(any("open files" in line for line in lines), f"it says only {lines[-3:]}")


# --- What ended a worker ---

FLOOD, DEATHS, MOST_DEATHS = 200, 3, 60


def flood(peer):
    for number in range(FLOOD):
        peer.sendto(f"OPTIONS sip:nobody@{OUTSIDE_ADDRESS} SIP/2.0\r\nVia: SIP/2.0/UDP {PBX_ADDRESS}:5060;"
                    f"branch=z9hG4bK{token(16)}\r\nFrom: <sip:a@{PBX_ADDRESS}>;tag={number}\r\nTo: <sip:nobody@b>\r\n"
                    f"Call-ID: {token(16)}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n".encode(),
                    (INSIDE_ADDRESS, 5060))


def successor(parent, before):
    """The process that has come since; read as fast as it goes."""
    path, deadline = f"/proc/{parent}/task/{parent}/children", time.monotonic() + 5
    while time.monotonic() < deadline:
        with open(path, encoding="ascii") as file:
            new = {int(word) for word in file.read().split()} - before
        if new:
            return new.pop()
    raise Failure("no other worker was started")


def die_with_one_in_hand(ringfence, peer):
    """Whether the next worker was in its sandbox when it told of the message; None: there was none in hand."""
    worker, parent = running(ringfence, "signal"), ringfence.parent()
    os.kill(worker, signal.SIGSTOP)
    flood(peer)
    os.kill(worker, signal.SIGCONT)
    time.sleep(random.random() * 0.002)
    with open(ringfence.process.log_path, "rb") as log, open(f"/proc/{parent}/task/{parent}/children", encoding="ascii") as file:
        before = {int(word) for word in file.read().split()}
        log.seek(0, os.SEEK_END)
        os.kill(worker, signal.SIGKILL)
        following = successor(parent, before)
        told, deadline = b"", time.monotonic() + 1
        while b"message set aside" not in told and time.monotonic() < deadline:
            told += log.read()
        # At once, so that it is seen as it was then.
        os.kill(following, signal.SIGSTOP)
        found = is_sandboxed(following) if b"message set aside" in told else None
        os.kill(following, signal.SIGCONT)
    return found


def die_again_and_again(folder, *arguments):
    """How often a worker died with a message in hand, and how often the next one told of it in its sandbox."""
    found = []
    with Cast(folder) as cast, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        ringfence = Ringfence(cast)
        ringfence.arguments = list(arguments)
        ringfence.start()
        peer.bind((PBX_ADDRESS, 5060))
        for _ in range(MOST_DEATHS):
            await_ready(ringfence)
            found.append(die_with_one_in_hand(ringfence, peer))
            if len([one for one in found if one is not None]) == DEATHS:
                break
    return len([one for one in found if one is not None]), found.count(True)


@test("a message that ended signal is looked at by its successor in the sandbox alone, and told")
def set_aside(cast):
    if os.geteuid() != 0 or not is_built():
        raise Skip("needs root and the program")
    told, confined = die_again_and_again(cast.folder)
    check(told == DEATHS, f"a message was set aside {told} times")
    check(confined == told, f"{told - confined} of {told} were looked at before the sandbox")
    told, confined = die_again_and_again(cast.folder + "-off", "--no-sandbox")
    check(told == DEATHS and confined == 0, f"without the sandbox {confined} of {told} are said to be in it")
