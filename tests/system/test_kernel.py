# SPDX-License-Identifier: Apache-2.0
"""Blocks in the kernel: what nftables holds, what it keeps out, and that nothing stays behind."""

import os
import shutil
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

from certificates import Authority
from harness import Skip, check, test
from hosts import INSIDE, ip
from process import Cast, until
from ringfence import OUTSIDE_ADDRESS, Ringfence, is_built
from stage import Stage
from test_confines import ACTS, act
from test_control import CONTROL, CONTROL_ADDRESS, CONTROL_PORT, SERVER_ADDRESS, UNLISTED_ADDRESS, Server
from test_survival import fails

ATTACKER, OTHER = "127.0.0.66", "127.0.0.67"
CALLER, CALLEE = "200", "210"
ON = "kernel on\nnever-block { 127.0.9.0/24 \"the test's own\" }\n"


def needs_nft():
    if os.geteuid() != 0 or not shutil.which("nft") or not is_built():
        raise Skip("needs root, nft and the program")


def nft(*words):
    done = subprocess.run(["nft", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    return done.stdout.decode()


def holds(name, text):
    return text in nft("list", "set", "inet", "ringfence", name)


def has_table():
    return "ringfence" in nft("list", "tables")


def started(cast, more=ON):
    needs_nft()
    ringfence = Ringfence(cast, more=more)
    ringfence.start()
    return ringfence


def is_heard(ringfence, address):
    """Whether a datagram of that address comes as far as Ringfence."""
    before = ringfence.counters()["datagrams_received"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((address, 0))
        for _ in range(5):
            sender.sendto(b"not SIP at all, and long enough\r\n", (OUTSIDE_ADDRESS, 5060))
    return until(lambda: ringfence.counters()["datagrams_received"] >= before + 5, 0.6, pause=0.1)


def block(ringfence, address):
    code, text = ringfence.ask("blocks", "add", address, "--for", "10m", "--reason", "a test")
    check(code == 0, f"blocks add {address}: {text}")


@test("forbidden acts made from inside the running kernel role are denied, though it has a right")
def kernel_is_confined(cast):
    ringfence = started(cast)
    victim = cast.start("victim", ["sleep", "600"])
    for name in ACTS:
        check(until(ringfence.is_ready, 10), "not ready again")
        check(until(lambda: "kernel" in ringfence.children(), 5), "kernel does not run")
        text = act(ringfence.children()["kernel"], name, victim.child.pid)
        check(text.startswith("denied"), f"{name}: {text}")
    check(until(ringfence.is_ready, 10), "not ready again")
    with open(f"/proc/{ringfence.children()['kernel']}/status", encoding="ascii") as file:
        rights = dict(line.split(":", 1) for line in file)
    check(int(rights["CapEff"], 16) == 1 << 12, f"its rights are {rights['CapEff'].strip()}, not CAP_NET_ADMIN alone")


def kept_out(folder, more):
    with Cast(folder) as cast:
        ringfence = started(cast, more)
        check(is_heard(ringfence, ATTACKER), "not heard before the block")
        block(ringfence, ATTACKER)
        until(lambda: holds("source4", ATTACKER), 2)
        check(not is_heard(ringfence, ATTACKER), "heard after the block")
        check(is_heard(ringfence, OTHER), "a neighbour is not heard")
        code, text = ringfence.ask("blocks", "remove", ATTACKER, "--reason", "a test")
        check(code == 0, text)
        check(until(lambda: not holds("source4", ATTACKER), 2), "still in the kernel's set")
        check(is_heard(ringfence, ATTACKER), "not heard after the block was lifted")


@test("packets of a blocked address end in the kernel until the block is lifted; without the kernel they come in")
def blocked_in_kernel(cast):
    kept_out(cast.folder, ON)
    fails("without the kernel", kept_out, cast.folder + "-off", "kernel off\n")


@test("networks, IPv6 and the never-block list stand in the kernel's sets, each block with its end")
def sets_are_filled(cast):
    ringfence = started(cast)
    for what in ("198.51.100.0/24", "2001:db8:7::/64", "203.0.113.9"):
        block(ringfence, what)
    check(until(lambda: holds("net4", "198.51.100.0/24"), 2), nft("list", "table", "inet", "ringfence"))
    check(until(lambda: holds("source6", "2001:db8:7::") and holds("source4", "203.0.113.9"), 5), "not all are there")
    check(holds("never4", "127.0.9.0/24"), "the never-block list is not there")
    check(holds("source4", "expires"), "no end")
    check("control" not in nft("list", "table", "inet", "ringfence"), "a rule of control, which is not written")
    code, _ = ringfence.ask("blocks", "add", "127.0.9.7", "--reason", "a test")
    check(code != 0 and not holds("source4", "127.0.9.7"), "a protected address is blocked")
    check("inet ringfence" in nft("list", "tables") and
          subprocess.run(["nft", "delete", "table", "inet", "ringfence"], stderr=subprocess.DEVNULL,
                         check=False).returncode != 0, "another program could remove the table")


@test("the sets stand while the kernel's process is killed and started anew, and follow again")
def kernel_survives(cast):
    ringfence = started(cast)
    block(ringfence, ATTACKER)
    check(until(lambda: holds("source4", ATTACKER), 2), "not in the set")
    before = ringfence.children()["kernel"]
    os.kill(before, signal.SIGKILL)
    gaps = 0
    while ringfence.children().get("kernel", before) == before:
        gaps += not holds("source4", ATTACKER)
    check(gaps == 0 and holds("source4", ATTACKER), "the block fell with the process")
    check(until(ringfence.is_ready, 10), "not ready again")
    block(ringfence, OTHER)
    check(until(lambda: holds("source4", OTHER), 3), "the new process does not follow")
    check(holds("source4", ATTACKER), "the old block was lost")


@test("nothing stays in nftables, neither after an end nor after SIGKILL of the parent")
def nothing_stays(cast):
    ringfence = started(cast)
    block(ringfence, ATTACKER)
    check(until(lambda: holds("source4", ATTACKER), 2), "not in the set")
    check(ringfence.stop() == 0, "ended with an error")
    check(until(lambda: not has_table(), 2), nft("list", "ruleset"))
    ringfence.start()
    check(has_table(), "no table after a new start")
    os.kill(ringfence.process.child.pid, signal.SIGKILL)
    check(until(lambda: not has_table(), 5), nft("list", "ruleset"))


@test("a table of our name that was left by hand is replaced")
def stale_table_goes(cast):
    needs_nft()
    nft("add", "table", "inet", "ringfence")
    nft("add", "chain", "inet", "ringfence", "left")
    started(cast)
    check("left" not in nft("list", "table", "inet", "ringfence"), "it is still there")
    check(holds("source4", "ipv4_addr"), "ours is not there")


@test("without the right to change nftables Ringfence does not start, and names the remedy")
def right_is_needed(cast):
    needs_nft()
    if not shutil.which("setpriv"):
        raise Skip("needs setpriv")
    ringfence = Ringfence(cast, more=ON)
    process = cast.run("powerless", ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"] +
                       ringfence.command(), 20)
    check(process.child.returncode == 1, f"exit {process.child.returncode}")
    check("CAP_NET_ADMIN" in process.log(), process.log()[-300:])
    check(not has_table(), "a table stands")


@test("a phone at a blocked address goes on registering and calling, and the kernel knows its flow")
def known_flow_passes(cast):
    needs_nft()
    stage = Stage(cast, (CALLER, CALLEE), more=ON).start()
    caller, callee = stage.phone(CALLER, ATTACKER, port=5071), stage.phone(CALLEE, "127.0.0.32")
    stage.call(caller, callee)
    block(stage.ringfence, ATTACKER)
    check(until(lambda: holds("known4", f"{ATTACKER} . 5071"), 3), nft("list", "table", "inet", "ringfence"))
    check(holds("neighbour4", ATTACKER), "its audio would be dropped")
    stage.call(caller, callee)


NEVER_BLOCKED = "127.0.9.1"


class Door:
    """Ringfence with a control listener, where servers of these networks are listed."""

    def __init__(self, cast, more, listed, listen=CONTROL_ADDRESS):
        self.listen = listen
        self.authority = Authority(cast.folder, "control")
        ours = self.authority.issue("ours", [f"IP:{listen}"], use="serverAuth")
        self.app = self.authority.issue("app", ["DNS:app.example"], use="clientAuth")
        place = f"[{listen}]" if ":" in listen else listen
        self.ringfence = started(cast, more + CONTROL.format(
            chain=ours[0], key=ours[1], authority=self.authority.certificate, revoked=self.authority.list,
            listen=f"{place}:{CONTROL_PORT}", from_app=listed, may="end", other_peer="elsewhere"))

    def apply(self, before, now):
        with open(self.ringfence.config_path, "r+", encoding="utf-8") as file:
            text = file.read().replace(f"from {before}\n", f"from {now}\n")
            file.seek(0)
            file.write(text)
            file.truncate()
        code, text = self.ringfence.ask("config", "apply", "--reason", "other servers")
        check(code == 0, f"config apply: {text}")

    def is_answered(self, address):
        """Whether a server with its certificate is, from there."""
        server = Server(SimpleNamespace(authority=self.authority), self.app, address)
        return server.ask("GET", "/api/v1/control/calls")[0] == 200

    def knock(self, address):
        """What who says nothing meets: "silent" is no SYN-ACK and no RST, "closed" an end after the accept."""
        try:
            # Time for a second SYN.
            with socket.create_connection((self.listen, CONTROL_PORT), 2, (address, 0)) as connection:
                connection.settimeout(5)
                try:
                    return "closed" if connection.recv(1) == b"" else "spoken to"
                except ConnectionResetError:
                    return "closed"
                except socket.timeout:
                    return "open"
        except ConnectionRefusedError:
            return "refused"
        except socket.timeout:
            return "silent"


def met_at_the_door(folder, more, stranger):
    with Cast(folder) as cast:
        door = Door(cast, more, f"{SERVER_ADDRESS} 127.0.5.0/25 127.0.5.128/25")
        for address in (SERVER_ADDRESS, "127.0.5.127", "127.0.5.128"):
            check(door.is_answered(address), f"{address} is listed and not answered")
        unlisted = (UNLISTED_ADDRESS, NEVER_BLOCKED, "127.0.4.255", "127.0.6.0")
        with ThreadPoolExecutor() as pool:
            met = dict(zip(unlisted, pool.map(door.knock, unlisted)))
        check(set(met.values()) == {stranger}, f"not listed, and not {stranger} alone: {met}")
        door.apply(f"{SERVER_ADDRESS} 127.0.5.0/25 127.0.5.128/25", UNLISTED_ADDRESS)
        check(until(lambda: door.knock(SERVER_ADDRESS) == stranger, 20), f"who is listed no more is not {stranger}")
        check(door.is_answered(UNLISTED_ADDRESS), "who is listed now is not answered")


@test("who is not listed hears nothing from the control listener, though never blocked; without the kernel it is closed")
def control_in_kernel(cast):
    met_at_the_door(cast.folder, ON, "silent")
    met_at_the_door(cast.folder + "-off", ON.replace("kernel on", "kernel off"), "closed")


def reached_by_ipv6(cast, ours, listed, other):
    door = Door(cast, ON, listed, ours)
    socket.create_connection((ours, CONTROL_PORT), 10, (listed, 0)).close()
    check(holds("control6", listed) and "control4" not in nft("list", "table", "inet", "ringfence"), "not in its set alone")
    check(door.knock(other) == "silent", "who is not listed hears something")
    rule = next(line for line in nft("list", "chain", "inet", "ringfence", "in").splitlines() if "@control6" in line)
    check("counter packets 0" not in rule, f"not counted: {rule}")


@test("at an IPv6 address too only who is listed reaches the control listener, and what is dropped there is counted")
def control_in_kernel6(cast):
    needs_nft()
    if not os.environ.get(INSIDE):
        raise Skip("no network namespace could be made here")
    ours, listed, other = addresses = "2001:db8:c::1", "2001:db8:c::2", "2001:db8:c::3"
    try:
        for address in addresses:
            ip("address", "replace", f"{address}/128", "dev", "lo")
    except OSError as error:
        raise Skip(f"no IPv6 here: {error}") from None
    try:
        reached_by_ipv6(cast, ours, listed, other)
    finally:
        for address in addresses:
            ip("address", "del", f"{address}/128", "dev", "lo")
