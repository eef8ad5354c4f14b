# SPDX-License-Identifier: Apache-2.0
"""A machine whose power is cut while the store writes: power.py [TIMES]."""

import os
import random
import re
import subprocess
import sys
import time

from harness import ROOT, TREE, Skip, check
from machine import BOOT_S, Machine, is_there
from process import Cast

WRITER = os.path.join(TREE, "tests", "system", "store-power")
DISK_BYTES = 2 << 30
LONGEST_LIFE_S = 2.0


def start(folder, disk, mode):
    return Machine(folder, f"mount -t ext4 /dev/ubda /mnt && {WRITER} /mnt/store.db {mode}", disk)


def committed(machine):
    """The highest number of which it told; a line may have been cut too."""
    found = re.findall(rb"committed (\d+)\r?\n", machine.text)
    return int(found[-1]) if found else 0


def make_disk(folder):
    disk = os.path.join(folder, "disk")
    with open(disk, "wb") as file:
        file.truncate(DISK_BYTES)
    subprocess.run(["/sbin/mkfs.ext4", "-q", "-F", disk], check=True, stdin=subprocess.DEVNULL)
    return disk


def one_life(folder, disk, mode, figures):
    """Counts what the last life left, writes until the cut. False where the database cannot be opened."""
    machine = start(folder, disk, mode)
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
    figures["committed"] = max(committed(machine), kept)
    figures["cuts"] += 1
    return True


def runs_here(folder):
    if not (is_there() and os.access(WRITER, os.X_OK) and os.access("/sbin/mkfs.ext4", os.X_OK)):
        return "user-mode Linux, mkfs.ext4 or store-power is not there"
    disk = make_disk(folder)
    machine = start(folder, disk, "")
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
