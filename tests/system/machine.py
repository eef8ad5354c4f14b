# SPDX-License-Identifier: Apache-2.0
"""A machine of its own: user-mode Linux, a kernel as a process, with this machine's files to read.

A SIGKILL of that process is a power cut: what its disk was given is there afterwards, what the kernel still held in
memory is gone. Its kernel has more than this one may have: IPsec, which others lack."""

import os
import re
import select
import subprocess
import time

KERNEL = "/usr/bin/linux.uml"  # of the package user-mode-linux
BOOT_S = 60

SETUP = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mountpoint -q /dev || mount -t devtmpfs none /dev
mkdir -p /dev/shm
for place in /dev/shm /tmp /run; do mount -t tmpfs none $place; done
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp
{words}
echo "the machine ended with $?"
while :; do sleep 60; done
"""


def is_there():
    return os.access(KERNEL, os.X_OK)


class Machine:
    """One life of it, from its start to its cut; `words` are a shell's."""

    def __init__(self, folder, words, disk=None, memory="192M"):
        setup = os.path.join(folder, "setup")
        with open(setup, "w", encoding="ascii") as file:
            file.write(SETUP.format(words=words))
        os.chmod(setup, 0o755)
        self.text = b""
        # pylint: disable-next=consider-using-with
        self.child = subprocess.Popen(
            [KERNEL, "mem=" + memory, "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", "init=" + setup,
             *(["ubd0=" + disk] if disk else []), "uml_dir=" + folder, "con=null", "con0=null,fd:1", "console=tty0",
             "quiet"],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True, env={**os.environ, "TMPDIR": folder, "HOME": folder})

    def read(self, seconds):
        """Whether something came, or may still come."""
        if not select.select([self.child.stdout], [], [], seconds)[0]:
            return True
        piece = os.read(self.child.stdout.fileno(), 65536)
        self.text += piece
        return piece != b""

    def read_until(self, pattern, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not re.search(pattern, self.text) and not self.has_ended():
            if not self.read(0.2):
                break
        return re.search(pattern, self.text)

    def has_ended(self):
        return b"the machine ended" in self.text

    def cut(self):
        os.killpg(self.child.pid, 9)
        while self.read(5):
            pass
        self.child.wait(30)
        self.child.stdout.close()
