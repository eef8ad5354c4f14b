# SPDX-License-Identifier: Apache-2.0
"""Calls through Ringfence: heard, hidden, and alive when a process dies."""

import os
import re
import resource
import signal
import socket
import threading
import time

from harness import check, test
from process import until
from ringfence import INSIDE_ADDRESS
from stage import Device, Stage

CALLER, CALLEE = "200", "210"
IDENTIFIERS = re.compile(
    rb"(?:branch=|tag=)([^;>\s]+)|^(?:Call-ID|i)\s*:\s*(\S+)", re.I | re.M)


class Capture:
    """All IPv4 packets on the loopback of this namespace: [(source, destination, UDP payload)]."""

    def __enter__(self):
        self.packets = []
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.bind(("lo", 0))
        self.socket.settimeout(0.1)
        self.is_running = True
        self.thread = threading.Thread(target=self.read)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_running = False
        self.thread.join()
        self.socket.close()

    def read(self):
        while self.is_running:
            try:
                packet, place = self.socket.recvfrom(65535)
            except socket.timeout:
                continue
            if place[2] == socket.PACKET_OUTGOING or packet[9] != 17:
                continue
            start = 4 * (packet[0] & 15)
            self.packets.append((socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20]),
                                 packet[start + 8:]))

    def of(self, address):
        return [payload for source, destination, payload in self.packets if address in (source, destination)]


def identifiers(payloads):
    return {first or second for payload in payloads if b"SIP/2.0" in payload
            for first, second in IDENTIFIERS.findall(payload)}


def office(cast):
    return Stage(cast, (CALLER, CALLEE)).start()


def pair(stage):
    return stage.phone(CALLER, "127.0.0.31"), stage.phone(CALLEE, "127.0.0.32")


@test("two phones register, call, and hear each other through Ringfence")
def phones_call_through(cast):
    stage = office(cast)
    stage.call(*pair(stage))


@test("nothing of the inside shows outside: no address, Call-ID, tag, branch", fails_bare=True)
def inside_hidden(cast):
    stage = office(cast)
    with Capture() as capture:
        stage.call(*pair(stage))
    outside, inside = capture.of(stage.address), capture.of(INSIDE_ADDRESS)
    for secret in (INSIDE_ADDRESS.encode(), b"127.0.0.20", b"office-pbx"):
        shown = [payload for payload in outside if secret in payload]
        check(not shown, f"{secret} shows outside: {shown[:1]}")
    shared = identifiers(outside) & identifiers(inside)
    check(not shared, f"these show on both sides: {sorted(shared)[:5]}")
    check(len(identifiers(inside)) > 10, "no identifiers were read, so nothing was compared")


def kill_and_wait(stage, role):
    children = stage.ringfence.children()
    names = [name for name in children if role in name]
    check(len(names) == 1, f"no {role} among {sorted(children)}")
    os.kill(children[names[0]], signal.SIGKILL)
    check(until(lambda: stage.ringfence.children().get(names[0], children[names[0]]) != children[names[0]], 1),
          f"{role} was not back within a second")


def kill_in_call(cast, role):
    """A call of two phones during which the role is killed; both must hear and hang up as if nothing was."""
    stage = office(cast)
    caller, callee = pair(stage)
    failures = []

    def talk():
        try:
            stage.call(caller, callee)
        except Exception as failure:
            failures.append(str(failure))

    talking = threading.Thread(target=talk)
    talking.start()
    try:
        check(until(lambda: os.path.exists(caller.to_file), 15), "no call came about")
        time.sleep(0.5)  # the answer is acknowledged and audio flows
        kill_and_wait(stage, role)
    finally:
        talking.join()
    check(not failures, "; ".join(failures))
    device = stage.device("127.0.0.33", CALLER)
    check(device.register() == 200, "no phone can register afterwards")
    device.close()


@test("killing signal during a call ends no call: both hear, and hang up by their own BYE")
def signal_killed(cast):
    kill_in_call(cast, "signal")


@test("killing judge during a call ends no call")
def judge_killed(cast):
    kill_in_call(cast, "judge")


@test("killing store during a call ends no call")
def store_killed_in_call(cast):
    kill_in_call(cast, "store")


@test("killing web during a call ends no call")
def web_killed(cast):
    kill_in_call(cast, "web")


@test("with no descriptor left to any process, none ends, calls go on, and a status is had again later")
def descriptors_exhausted(cast):
    stage = office(cast)
    stage.call(*pair(stage))
    before = stage.ringfence.children()
    numbers = list(before.values()) + [stage.ringfence.process.child.pid]
    limits = {number: resource.prlimit(number, resource.RLIMIT_NOFILE) for number in numbers}
    for number in numbers:
        open_now = len(os.listdir(f"/proc/{number}/fd"))
        resource.prlimit(number, resource.RLIMIT_NOFILE, (open_now, limits[number][1]))
    stage.call(*pair(stage))
    for _ in range(20):
        stage.ringfence.ask("status")  # what it answers is not the point, only that all live
    check(stage.ringfence.children() == before, f"{before} became {stage.ringfence.children()}")
    for number in numbers:
        resource.prlimit(number, resource.RLIMIT_NOFILE, limits[number])
    check(until(lambda: stage.ringfence.ask("status")[0] == 0, 5), "no status afterwards")


@test("a phone on IPv6 registers at a PBX that knows IPv4 only")
def phone_on_ipv6(cast):
    stage = Stage(cast, (CALLER, CALLEE), outside_more="[::1]:5060").start()
    device = Device("::1", "::1", CALLER, stage.users[CALLER])
    code = device.register()
    device.close()
    check(code == 200, f"the registration ended with {code}")


@test("when the parent is killed all others are gone in a second and hold no port")
def parent_killed(cast):
    stage = office(cast)
    children = stage.ringfence.children()
    check(len(children) >= 5, f"only {sorted(children)} run")
    os.kill(stage.ringfence.process.child.pid, signal.SIGKILL)
    check(until(lambda: not any(os.path.exists(f"/proc/{number}/exe") for number in children.values()), 1),
          "some were left")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((stage.address, 5060))
