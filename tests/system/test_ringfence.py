# SPDX-License-Identifier: Apache-2.0
"""Ringfence itself, as installed, before a real PBX."""

import os
import re
import subprocess

from harness import ROOT, Skip, check, test

INSTALLED = os.path.join(ROOT, "build", "demo", "root", "usr", "bin", "ringfence")


@test("the demonstration holds: nothing found, the guesser blocked, calls with audio before and after")
def demonstration_holds(_cast):
    done = subprocess.run([os.path.join(ROOT, "script", "run"), "--seconds", "20"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, timeout=400)
    text = done.stdout.decode("utf-8", "replace")
    if "ringfence is not built" in text:
        raise Skip("the program is not built yet")
    check(done.returncode == 0, "\n" + text)
    check(re.search(r"directly: (\d+) of \1 extensions found, password found; "
                    r"through Ringfence: none, blocked at guess (\d+)", text), "\n" + text)
