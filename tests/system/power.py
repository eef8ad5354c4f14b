# SPDX-License-Identifier: Apache-2.0
"""A machine whose power is cut while the store writes: power.py [TIMES].

The machine is user-mode Linux: a kernel of its own as a process, with a disk of its own in a file and this
machine's files to read. A SIGKILL of that process is the cut: what the disk was given is there afterwards, what the
kernel still held in memory is gone."""

import os
import random
import re
import select
import subprocess
import sys
import time

from harness import ROOT, TREE, Skip, check
from process import Cast

KERNEL = "/usr/bin/linux.uml"  # of the package user-mode-linux
WRITER = os.path.join(TREE, "tests", "system", "store-power")
DISK_BYTES = 2 << 30
BOOT_S, LONGEST_LIFE_S = 60, 2.0

SETUP = """#!/bin/sh
mount -t proc proc /proc
mountpoint -q /dev || mount -t devtmpfs none /dev
mkdir -p /dev/shm; mount -t tmpfs none /dev/shm
mount -t ext4 /dev/ubda /mnt &&
{writer} /mnt/store.db {mode}
echo "store-power ended with $?"
while :; do sleep 60; done
"""


class Machine:
    """One life of it, from its start to its cut."""

    def __init__(self, folder, disk, mode):
        setup = os.path.join(folder, "setup")
        with open(setup, "w", encoding="ascii") as file:
            file.write(SETUP.format(writer=WRITER, mode=mode))
        os.chmod(setup, 0o755)
        self.text = b""
        # pylint: disable-next=consider-using-with
        self.child = subprocess.Popen(
            [KERNEL, "mem=192M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", "init=" + setup,
             "ubd0=" + disk, "uml_dir=" + folder, "con=null", "con0=null,fd:1", "console=tty0", "quiet"],
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
        return b"store-power ended" in self.text

    def cut(self):
        os.killpg(self.child.pid, 9)
        while self.read(5):
            pass
        self.child.wait(30)
        self.child.stdout.close()

    def committed(self):
        """The highest number of which it told; a line may have been cut too."""
        found = re.findall(rb"committed (\d+)\r?\n", self.text)
        return int(found[-1]) if found else 0


def make_disk(folder):
    disk = os.path.join(folder, "disk")
    with open(disk, "wb") as file:
        file.truncate(DISK_BYTES)
    subprocess.run(["/sbin/mkfs.ext4", "-q", "-F", disk], check=True, stdin=subprocess.DEVNULL)
    return disk


def one_life(folder, disk, mode, figures):
    """Counts what the last life left, writes until the cut. False where the database cannot be opened."""
    machine = Machine(folder, disk, mode)
    try:
        kept = machine.read_until(rb"kept (\d+), doubled (\d+), missing (\d+)\r?\n", BOOT_S)
        if not kept:
            figures["unreadable"] += 1
            figures["last_words"] = machine.text[-400:]
            return False
        kept, doubled, missing = (int(number) for number in kept.groups())
        figures["lost"] += max(0, figures["committed"] - kept)
        figures["doubled"] += doubled
        figures["missing"] += missing
        machine.read_until(rb"committed \d+\r?\n", BOOT_S)
        end = time.monotonic() + random.random() * LONGEST_LIFE_S
        while time.monotonic() < end and machine.read(0.05):
            pass
    finally:
        machine.cut()
    figures["committed"] = max(machine.committed(), kept)
    figures["cuts"] += 1
    return True


def runs_here(folder):
    if not (os.access(KERNEL, os.X_OK) and os.access(WRITER, os.X_OK) and os.access("/sbin/mkfs.ext4", os.X_OK)):
        return "user-mode Linux, mkfs.ext4 or store-power is not there"
    disk = make_disk(folder)
    machine = Machine(folder, disk, "")
    found = machine.read_until(rb"kept 0, ", BOOT_S)
    machine.cut()
    return None if found else f"user-mode Linux does not start: {machine.text[-200:]}"


def cut_often(folder, times, mode=""):
    """{"cuts", "committed", "lost", "doubled", "missing", "unreadable"}: after each cut the next life counts."""
    why = runs_here(folder)
    if why:
        raise Skip(why)
    figures = {"cuts": 0, "committed": 0, "lost": 0, "doubled": 0, "missing": 0, "unreadable": 0}
    disk = make_disk(folder)
    while figures["cuts"] < times and one_life(folder, disk, mode, figures):
        if mode and figures["lost"]:
            break
    if not figures["unreadable"]:
        one_life(folder, disk, mode, figures)
    return figures


def main():
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    with Cast(os.path.join(ROOT, "build", "system", "survive-power")) as cast:
        try:
            figures = cut_often(cast.folder, times)
        except Skip as skip:
            print(f"power: not run, {skip}")
            return 1
    print(f"power: {figures}")
    check(figures["committed"] > times, "hardly anything was written")
    return 1 if figures["lost"] + figures["doubled"] + figures["missing"] + figures["unreadable"] else 0


if __name__ == "__main__":
    sys.exit(main())
