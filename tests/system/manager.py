# SPDX-License-Identifier: Apache-2.0
"""What systemd is to the service: hears it, keeps its descriptors, starts it again with them."""

import array
import ctypes
import os
import socket
import sys
import threading
import time

from process import Failure, group_exists, until
from ringfence import Ringfence

# Becomes the service, its descriptors from 3 on, as sd_listen_fds(3) says.
BECOME = """\
import os, sys
given = [int(number) for number in sys.argv[1].split(",") if number]
high = [os.dup(number) for number in given]
while high and min(high) < 3 + len(given):
    high = [os.dup(number) for number in high]
for at, number in enumerate(high):
    os.dup2(number, 3 + at, inheritable=True)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[2], sys.argv[2:])
"""


KCMP, KCMP_FILE = 312, 0


def is_same(one, other):
    """Two descriptors of one open file, as the kernel has it."""
    return ctypes.CDLL(None).syscall(KCMP, os.getpid(), os.getpid(), KCMP_FILE, one, other) == 0


class Managed(Ringfence):
    """The service below a manager that starts it again when it dies."""

    def __init__(self, cast, **changes):
        super().__init__(cast, **changes)
        self.stored, self.said, self.starts = {}, [], 0
        self.is_forgetting = False
        name = f"\0ringfence-manager-{os.getpid()}-{id(self)}"
        self.ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ear.bind(name)
        self.environment = {**os.environ, "NOTIFY_SOCKET": "@" + name[1:]}
        cast.at_end(self.forget)
        self.hearing = threading.Thread(target=self.hear, daemon=True)
        self.hearing.start()

    def hear(self):
        while True:
            data, ancillary, _, _ = self.ear.recvmsg(4096, 1024)
            given = array.array("i")
            for _, _, content in ancillary:
                given.frombytes(content[:len(content) - len(content) % given.itemsize])
            words = dict(line.split("=", 1) for line in data.decode().split("\n") if "=" in line)
            self.said.append(words)
            if "FDSTORE" in words and not any(is_same(fd, given[0]) for fd in self.stored.values()):
                self.stored[words["FDNAME"]] = given.pop(0)
            if "FDSTOREREMOVE" in words and words["FDNAME"] in self.stored:
                os.close(self.stored.pop(words["FDNAME"]))
            for fd in given:
                os.close(fd)

    def launch(self):
        self.starts += 1
        if self.is_forgetting:
            self.forget()
        names = sorted(self.stored)
        fds = [self.stored[name] for name in names]
        environment = {**self.environment, "LISTEN_FDS": str(len(fds)), "LISTEN_FDNAMES": ":".join(names)}
        self.process = self.cast.start(f"ringfence-{self.starts}", [
            sys.executable, "-c", BECOME, ",".join(str(fd) for fd in fds)] + self.command(), environment, fds)

    def start(self):
        self.launch()
        if not until(self.is_ready, 15, pause=0.1):
            raise Failure("Ringfence did not come up within 15 s\n" + self.last_words())

    def restart(self, number):
        """It dies of that; whoever is left of it is killed, and it begins again."""
        old = self.process
        os.kill(old.child.pid, number)
        old.child.wait()
        deadline = time.monotonic() + 15
        while group_exists(old.child.pid):
            if time.monotonic() > deadline:
                raise Failure("others of it still run long after the parent")
            time.sleep(0.002)
        self.cast.processes.remove(old)
        self.launch()

    def forget(self):
        """Lets go of what is stored: ports are bound as long as somebody has them."""
        while self.stored:
            os.close(self.stored.popitem()[1])
