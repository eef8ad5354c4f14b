# SPDX-License-Identifier: Apache-2.0
"""Whether an extension exists shows in nothing, with all detectors off."""

from harness import check, test
from pbx import DOMAIN
from scanners import attacker, svwar
from stage import Stage

ATTACKER = "127.0.0.66"
REAL = [str(1000 + 47 * i) for i in range(20)]
# Twenty known among a thousand: the standard error of the advantage is 0.065.
MAX_ADVANTAGE = 0.2


def office(cast):
    off = "".join(f"detector {name} {{\n    off\n}}\n" for name in ("scanner", "enumeration", "anomaly"))
    return Stage(cast, REAL, guessing="off", more=off).start()


@test("our enumerator learns none of 20 among 1,000 extensions, in both steps, by words or by time", fails_bare=True)
def enumerator_learns_none(cast):
    stage = office(cast)
    report = attacker(cast, "enumerate", stage.target, ATTACKER, seconds=600, extensions="1000-1999",
                      truth=",".join(REAL), domain=DOMAIN)
    print(f"     answers {report['answers']}, time {report['time']}")
    check(report["found"] == [], f"found {report['found']}, rightly {report['found_rightly']}")
    answered = sum(count for kind, count in report["answers"].items() if not kind.startswith("nothing"))
    check(answered > 900, f"only {answered} were answered at all: {report['answers']}")
    for step, times in enumerate(report["time"], 1):
        check(abs(times["advantage"] - 0.5) <= MAX_ADVANTAGE, f"step {step} tells by time: {times}")


@test("svwar learns none by REGISTER, INVITE and OPTIONS, with and without --force", fails_bare=True)
def svwar_learns_none(cast):
    stage = office(cast)
    for method in ("REGISTER", "INVITE", "OPTIONS"):
        for force in (False, True):
            found = svwar(cast, stage.target, ATTACKER, "1000-1199", method, force)
            # With --force svwar reports whatever answers, so it may name all or none, never just those that exist.
            is_blind = not found or len(found) >= 199
            check(is_blind, f"by {method}{' --force' if force else ''} found {found}")
