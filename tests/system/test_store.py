# SPDX-License-Identifier: Apache-2.0
"""The store killed at random instants: what the ring accepted stands in the database once."""

import os
import re
import subprocess

from harness import ROOT, check, test

DRIVER = os.path.join(ROOT, "build", "release", "tests", "system", "store-kill")
KILLS = 100


def kill_often(cast, seed, *mode):
    result = subprocess.run([DRIVER, cast.folder, str(KILLS), str(seed), *mode], text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, timeout=300, check=False)
    found = re.search(r"accepted (\d+), kept (\d+), lost (\d+), doubled (\d+)", result.stdout)
    check(found, f"exit {result.returncode}: {result.stdout}")
    return [int(number) for number in found.groups()]


@test("the store killed 100 times loses and doubles no accepted record")
def store_killed(cast):
    accepted, kept, lost, doubled = kill_often(cast, 7)
    check(accepted > KILLS, f"only {accepted} records were accepted")
    check((lost, doubled) == (0, 0), f"{accepted} accepted, {kept} kept, {lost} lost, {doubled} doubled")


@test("a store that gives slots back before its commit loses records, so the test can fail")
def store_killed_wrongly(cast):
    _, _, lost, _ = kill_often(cast, 7, "release-first")
    check(lost > 0, "nothing was lost")
