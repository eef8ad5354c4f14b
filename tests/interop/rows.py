# SPDX-License-Identifier: Apache-2.0
"""Rows of the table in docs/interop.md: one deed of one office each, counted by itself.

Each row has its twin: once all are through, the border is stopped, and the same deed by the same
phones, which were registered a moment ago, must fail.
"""

import os
import time
import traceback

import harness
import office as offices
from process import Failure, until

PASSED, FAILED, REFUSED, SKIPPED = "passed", "failed", "refused as decided", "skipped"
COUNTS = dict.fromkeys((PASSED, FAILED, REFUSED, SKIPPED), 0)
PATIENCE_DEAD = 4
ONLY = os.environ.get("RINGFENCE_DEEDS", "").split(",")  # these rows alone
# Where that is set, every row is written there too, as "row<TAB>outcome<TAB>words".
LIST = os.environ.get("RINGFENCE_ROWS")


def tell(name, outcome, words=""):
    COUNTS[outcome] += 1
    head = {PASSED: "ok  ", FAILED: "FAIL", REFUSED: "ok  ", SKIPPED: "SKIP"}[outcome]
    print(f"{head} {name}" + (f": {words}" if words else ""), flush=True)
    if LIST:
        with open(LIST, "a", encoding="utf-8") as file:
            file.write(f"{name}\t{outcome}\t{words}\n")


def attempt(deed):
    """What it failed with; empty where it went well."""
    try:
        deed()
    except Failure as failure:
        return str(failure).splitlines()[0]
    except (OSError, ValueError, LookupError, AttributeError):  # a broken row must not hide the rows after it
        return traceback.format_exc().splitlines()[-1]
    return ""


def clears(office):
    """Whoever is left on the telephone hangs up; whether no call is left."""
    for _ in range(3):
        for phone in office.phones.values():
            phone.hang_up_all()
        if until(lambda: office.pbx.channels() == 0 and not office.ringfence.rows("calls", "list", "--live"), 8, pause=0.3):
            return True
    return False


def play(office, name, deeds):
    """deeds: (what, function of nothing). A Failure where one of the rows failed."""
    deeds = [row for row in deeds if any(word in row[0] for word in ONLY)]
    outcomes, is_clear = [], True
    for what, deed in deeds:
        for phone in office.phones.values():
            phone.refresh()
        started = time.monotonic()
        wrong = attempt(deed) if is_clear else "not tried: a call of the row before is left"
        outcomes.append((what, deed, wrong, time.monotonic() - started))
        if wrong:
            print(f"     {name} {what}: {wrong}", flush=True)
            is_clear = is_clear and clears(office)
    office.ringfence.stop()
    patience, offices.patience = offices.patience, PATIENCE_DEAD
    failed = 0
    for what, deed, wrong, seconds in outcomes:
        twin = "" if wrong else attempt(deed)
        if not wrong and not twin:
            wrong = "passes with the border dead too, so it proves nothing"
        failed += bool(wrong)
        tell(f"{name} {what}", FAILED if wrong else PASSED,
             wrong or f"{seconds:.0f} s; the border dead: {twin.split(', see ')[0]}")
        for phone in office.phones.values():
            phone.hang_up_all()
    offices.patience = patience
    harness.check(not failed, f"{failed} of {len(outcomes)} rows failed")
