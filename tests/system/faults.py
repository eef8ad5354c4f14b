# SPDX-License-Identifier: Apache-2.0
"""System calls of the running service that fail: faults.py [--roles ROLE...].

While phones place calls, one process after another has each kind of system call that it makes fail, one of three, with
each error that Linux knows for it, or do half of what was asked, and is left alone again. None may end of it but the
store, which leaves a disk that fails to the one that is started next, with all that was accepted still in the rings, and
who watches sockets by libuv, which aborts where the kernel refuses what it had just taken on trial. Each call is recorded, and none fails but those whose streams the media process was refused. A library does it that is
preloaded into all that starts here (fail_calls.c; /etc is ours alone meanwhile): who traces a process makes its sandbox
see what it never called. --self-test lets fail what must end a process, which has to be seen."""

import argparse
import contextlib
import ctypes
import mmap
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

from harness import TREE
from hosts import enter_namespace
from process import Cast, until
from ringfence import OUTSIDE_ADDRESS, ROOT
from test_survival import halves, is_gone
from test_tcp import tcp_stage
from traffic import CALLEES, CALLERS, Load

CALLS_A_SECOND, TALK_MS = 10, 800
LOOK_S, FAIL_S, EVERY, MOST_S = 3, 0.7, 3, 1200
LIBRARY = os.path.join(TREE, "tests", "system", "fail_calls.so")
MOUNTED = "RINGFENCE_TEST_MOUNTS"

# In the order of fail_calls.c. What each may fail with where nothing is wrong with its arguments.
BUSY, MEMORY, FILES, DISK = ("EAGAIN", "EINTR"), ("ENOMEM",), ("EMFILE", "ENFILE"), ("EIO", "ENOSPC", "EDQUOT")
PART = "SHORT"
ERRORS = {
    "recvmmsg": (*BUSY, *MEMORY, "EIO", "ECONNREFUSED"), "recvfrom": (*BUSY, *MEMORY, "EIO", "ECONNREFUSED"),
    "recv": (*BUSY, *MEMORY, PART), "recvmsg": (*BUSY, *MEMORY),
    "sendmmsg": (*BUSY, *MEMORY, "ENOBUFS", "EPERM", "ENETUNREACH", "EIO"),
    "sendto": (*BUSY, *MEMORY, "ENOBUFS", "EPERM", "ENETUNREACH", "EIO", "ECONNREFUSED"),
    "send": (*BUSY, *MEMORY, "ENOBUFS", PART), "sendmsg": (*BUSY, *MEMORY, "ENOBUFS"), "read": (*BUSY, "EIO", PART),
    "write": (*BUSY, *DISK, PART), "writev": (*BUSY, *DISK), "pread": ("EINTR", "EIO", PART), "pwrite": (*DISK, "EINTR", PART),
    "fsync": DISK, "fdatasync": DISK, "ftruncate": ("EIO", "EINTR"), "open": (*FILES, *DISK, "ENOMEM", "EINTR"),
    "epoll_wait": ("EINTR",), "epoll_pwait": ("EINTR",), "epoll_ctl": (*MEMORY, "ENOSPC"),
    "poll": ("EINTR", "ENOMEM"), "clock_nanosleep": ("EINTR",),
    "accept4": (*BUSY, *FILES, *MEMORY, "ECONNABORTED", "ENOBUFS"), "socket": (*FILES, *MEMORY, "ENOBUFS"),
    "connect": ("EAGAIN", "ENETUNREACH", "EINTR"), "bind": MEMORY, "setsockopt": (*MEMORY, "ENOBUFS"),
    "getsockopt": ("ENOBUFS",), "mmap64": (*MEMORY, "EAGAIN"), "getrandom": ("EINTR",), "unlink": ("EIO",),
}
NAMES = list(ERRORS)
MAY_END = {"store": ("pwrite", "fdatasync", "fsync", "open", "ftruncate", "pread"), "signal": ("epoll_ctl",)}
OF_STREAMS = ("epoll_ctl", "setsockopt")
NUMBERS = {PART: 1000, **{name: number for number, name in __import__("errno").errorcode.items()}}


class Page(ctypes.Structure):
    _fields_ = [("process", ctypes.c_int32), ("call", ctypes.c_int32), ("error", ctypes.c_int32), ("every", ctypes.c_uint32),
                ("failed", ctypes.c_uint32), ("seen", ctypes.c_uint32 * len(NAMES))]


def enter_mounts(program):
    """Starts the program again where all that is started later has the library, and nobody else has."""
    if not os.environ.get(MOUNTED):
        os.environ[MOUNTED] = "1"
        os.execvp("unshare", ["unshare", "--mount", sys.executable, os.path.abspath(program)] + sys.argv[1:])
    etc = os.path.join(ROOT, "build", "system", "survive-faults-etc")
    shutil.rmtree(etc, ignore_errors=True)
    subprocess.run(["cp", "-a", "/etc", etc], check=True)
    subprocess.run(["mount", "--bind", etc, "/etc"], check=True)


def preload():
    with open(LIBRARY + ".page", "w+b") as file:
        file.truncate(ctypes.sizeof(Page))
        page = Page.from_buffer(mmap.mmap(file.fileno(), ctypes.sizeof(Page)))
    os.chmod(LIBRARY + ".page", 0o666)
    with open("/etc/ld.so.preload", "w", encoding="ascii") as file:
        file.write(LIBRARY + "\n")
    return page


class Guests(threading.Thread):
    """Connections that come, say something and go, and questions to the API."""

    def __init__(self, ringfence):
        super().__init__(daemon=True)
        self.ringfence, self.is_over = ringfence, False

    def run(self):
        while not self.is_over:
            with contextlib.suppress(OSError), socket.create_connection((OUTSIDE_ADDRESS, 5060), 1) as guest:
                guest.sendall(b"\r\n\r\n")
                guest.settimeout(0.1)
                guest.recv(100)
            self.ringfence.ask("status")


class Story:
    def __init__(self, cast, page, roles):
        self.cast, self.page, self.roles = cast, page, roles
        self.stage = tcp_stage(cast, *CALLERS, *CALLEES, calls=1000, subscribers_more="udp-expires 3h").start()
        self.ringfence = self.stage.ringfence
        self.load = Load(cast, self.stage)
        self.load.register()
        self.faults, self.ended = [], []

    def processes(self):
        return {**self.ringfence.children(), "parent": self.ringfence.parent()}

    def look(self, process):
        """What it calls in some seconds of its life."""
        ctypes.memset(self.page.seen, 0, ctypes.sizeof(self.page.seen))
        self.page.error, self.page.process = 0, process
        time.sleep(LOOK_S)
        self.page.process = 0
        return [name for at, name in enumerate(NAMES) if self.page.seen[at]]

    def fail(self, role, call, error):
        before, page = self.processes(), self.page
        page.call, page.error, page.every, page.failed = NAMES.index(call), NUMBERS[error], EVERY, 0
        page.process = before[role]
        time.sleep(FAIL_S)
        page.process = 0
        self.faults.append((role, call, error, page.failed))
        after = self.processes()
        gone = [name for name, number in before.items() if is_gone(number) or after.get(name) != number]
        if gone:
            self.ended.append((role, call, error, gone))
            print(f"     {role}: {call} failed with {error}, and ended: {', '.join(gone)}", flush=True)
            until(lambda: set(self.processes()) >= set(before), 20)
            time.sleep(1)

    def all_in_turn(self):
        for role in sorted(self.processes()):
            if self.roles and role not in self.roles:
                continue
            calls = self.look(self.processes()[role])
            print(f"     {role}: {' '.join(calls)}", flush=True)
            for call in calls:
                for error in ERRORS[call]:
                    self.fail(role, call, error)

    def problems(self, calls):
        """What must not be."""
        found = [f"{role}: {call} with {error} ended {', '.join(gone)}" for role, call, error, gone in self.ended
                 if gone != [role] or call not in MAY_END.get(role, ())]
        failed = calls["placed"] - calls["ended"]
        refused = sum(count for role, call, _, count in self.faults if role == "media" and call in OF_STREAMS)
        if failed > refused:
            found.append(f"{failed} calls failed, and media was refused {refused} system calls for its streams")
        halves_kept = sum(halves(self.cast.folder).values())
        if halves_kept != 2 * calls["answered"]:
            found.append(f"of {calls['answered']} calls that were answered there are {halves_kept} halves of records")
        return found


def play(cast, do, roles=()):
    """(the story, what went wrong)"""
    story = Story(cast, preload(), roles)
    guests = Guests(story.ringfence)
    guests.start()
    story.load.start(MOST_S * CALLS_A_SECOND, CALLS_A_SECOND, TALK_MS, MOST_S)
    do(story)
    os.kill(story.load.calling.child.pid, signal.SIGUSR1)  # it begins no more calls, and ends those that stand
    guests.is_over = True
    guests.join(20)
    calls = story.load.finish()
    story.ringfence.stop()
    failures = sum(one[3] for one in story.faults)
    print(f"faults: {len(story.faults)} kinds, {failures} system calls failed, {len(story.ended)} ended a process; {calls}")
    return story, story.problems(calls)


def main():
    parser = argparse.ArgumentParser(description="System calls of the running service that fail.")
    parser.add_argument("--roles", nargs="*", default=[])
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    enter_namespace(__file__)
    enter_mounts(__file__)
    folder = os.path.join(ROOT, "build", "system", "survive-faults")
    shutil.rmtree(folder, ignore_errors=True)
    with Cast(folder) as cast:
        if options.self_test:
            _, problems = play(cast, lambda story: story.fail("signal", "epoll_wait", "EBADF"))
            print(f"faults: planted, and {'seen: ' + problems[0] if problems else 'NOT SEEN'}")
            return 0 if problems else 1
        story, problems = play(cast, Story.all_in_turn, options.roles)
        for fault in story.faults:
            print("    ", *fault)
    for problem in problems:
        print("FAIL", problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
