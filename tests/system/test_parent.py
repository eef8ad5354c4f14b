# SPDX-License-Identifier: Apache-2.0
"""The parent's end: nobody stays behind, nothing is held, the next start has what was stored. Each test runs
a second time with what it relies on switched off."""

import os
import signal
import socket
import time

from harness import check, test
from process import Cast, until
from ringfence import OUTSIDE_ADDRESS, Ringfence
from stage import Device, Stage
from test_survival import fails, is_gone, roles_of

BLOCKED_AT, USER = "127.0.0.66", "250"


def ports_held():
    """Of those that Ringfence binds at these tests' addresses, what the kernel still knows."""
    held = []
    for name in ("udp", "tcp"):
        with open(f"/proc/net/{name}", encoding="ascii") as file:
            for line in list(file)[1:]:
                address, port = line.split()[1].split(":")
                if socket.inet_ntoa(bytes.fromhex(address)[::-1]) in (OUTSIDE_ADDRESS, "127.0.0.11"):
                    held.append(f"{name} {int(port, 16)}")
    return held


class Old:
    """A Ringfence with a block, about to lose its parent."""

    def __init__(self, cast):
        self.stage = Stage(cast, (USER,)).start()
        self.ringfence = self.stage.ringfence
        self.parent = self.ringfence.process.child
        self.children = roles_of(self.ringfence)
        check(len(self.children) == 5, f"only {sorted(self.children)} run")
        code, text = self.ringfence.ask("blocks", "add", BLOCKED_AT, "--for", "1h", "--reason", "test")
        check(code == 0, text)
        # A block is confirmed when the judge has it: the store has it a moment later.
        check(until(lambda: self.stage.is_blocked(BLOCKED_AT), 5), "the block is on no list")

    def left(self):
        return sorted(role for role, number in self.children.items() if not is_gone(number)) + ports_held()

    def await_end(self):
        """Milliseconds until all are gone and hold nothing."""
        started = time.monotonic()
        check(until(lambda: not self.left(), 1, pause=0.005), f"after a second there are {self.left()[:8]}")
        return round((time.monotonic() - started) * 1000)


def start_again(old):
    """A start at once, over what the last one left; milliseconds until it is ready."""
    started = time.monotonic()
    fresh = Ringfence(old.stage.cast)
    fresh.start()
    ready_ms = round((time.monotonic() - started) * 1000)
    check(until(lambda: f'"{BLOCKED_AT}' in fresh.ask("-o", "jsonl", "blocks", "list")[1], 5),
          "the block is lost")
    blocked = Device(BLOCKED_AT, OUTSIDE_ADDRESS, USER, old.stage.users[USER])
    device = Device("127.0.0.35", OUTSIDE_ADDRESS, USER, old.stage.users[USER])
    try:
        check(blocked.ask(patience=1) is None, f"{BLOCKED_AT} is answered again")
        check(device.register() == 200, "no phone can register after the new start")
    finally:
        blocked.close()
        device.close()
    return ready_ms


def kill_parent(folder, number, meanwhile=None):
    with Cast(folder) as cast:
        old = Old(cast)
        # They may be stuck in whatever they do: the kernel ends them all the same. The store may not.
        for role in ("signal", "media", "judge", "web") if number == signal.SIGKILL else ():
            os.kill(old.children[role], signal.SIGSTOP)
        try:
            os.kill(old.parent.pid, number)
            end_ms = old.await_end()
        finally:
            for process in (*old.children.values(), old.parent.pid):
                if not is_gone(process):
                    os.kill(process, signal.SIGCONT)
        if number == signal.SIGTERM:
            code = old.ringfence.process.wait(1)
            check(code == 0, f"the parent ended with {code}")
            check(not os.path.exists(old.ringfence.socket_path), "the API's socket was left in its folder")
        if meanwhile:
            meanwhile(cast)
        return end_ms, start_again(old)


def lose_database(cast):
    for name in os.listdir(cast.folder):
        if name.startswith("ringfence.db"):
            os.unlink(os.path.join(cast.folder, name))


def end_twice(cast, number):
    end_ms, ready_ms = kill_parent(cast.folder, number)
    print(f"     all gone after {end_ms} ms, ready again after {ready_ms} ms", flush=True)
    fails("the parent only stands still", kill_parent, cast.folder + "-still", signal.SIGSTOP)
    fails("the store's file is lost", kill_parent, cast.folder + "-lost", number, lose_database)


@test("the parent killed: all others are gone in a second, even stuck ones, hold no port, and a start has the blocks")
def parent_killed(cast):
    end_twice(cast, signal.SIGKILL)


@test("the parent asked to end: it ends with 0 in a second, all others too, and a start has the blocks")
def parent_asked_to_end(cast):
    end_twice(cast, signal.SIGTERM)
