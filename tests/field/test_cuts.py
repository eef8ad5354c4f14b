# SPDX-License-Identifier: Apache-2.0
"""A capture that breaks off anywhere is read as far as it goes."""

import os
import random
from concurrent.futures import ThreadPoolExecutor

import field

CUTS = int(os.environ.get("RINGFENCE_FIELD_CUTS", "1000"))
SEED = int(os.environ.get("RINGFENCE_FIELD_SEED", "5060"))
AT_ONCE = 2
# Most of what can break stands in the first packets; what is beyond takes long under sanitizers.
LONGEST = 400000


def cut(case):
    path, length = case
    with open(path, "rb") as file:
        report = field.analyse(file.read(length))
    if report.has_crashed:
        return f"{path} cut after {length} bytes: exit {report.code} {report.complaint[-500:]}"
    return None


def every_cut():
    chance = random.Random(SEED)
    captures = field.all_captures()
    cases = []
    for i in range(CUTS):
        path = captures[i % len(captures)]
        cases.append((path, chance.randrange(1, min(os.path.getsize(path), LONGEST) + 1)))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        broken = [words for words in pool.map(cut, cases) if words]
    if broken:
        raise field.Failure(f"{len(broken)} of {CUTS} cuts, seed {SEED}:\n  " + "\n  ".join(broken[:5]))
    return f"{CUTS} cuts of {len(captures)} captures, seed {SEED}"


def tests():
    yield "cuts", "a capture cut anywhere breaks nothing", every_cut
