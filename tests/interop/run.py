# SPDX-License-Identifier: Apache-2.0
"""Runs the tests with real PBXs and phones: run.py [--list] [NAME...]; closes with N passed, N failed, N skipped."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "system"))

import harness  # noqa: E402
import rows  # noqa: E402
import test_carrier  # noqa: F401,E402  (a test registers itself where it stands)
import test_chromium  # noqa: F401,E402
import test_dtls  # noqa: F401,E402
import test_rows  # noqa: F401,E402
import test_secure  # noqa: F401,E402
import test_sipp  # noqa: F401,E402
import test_sipp_secured  # noqa: F401,E402
from hosts import enter_namespace  # noqa: E402


def main():
    harness.FOLDER = os.path.join(harness.ROOT, "build", "interop")
    names = [name for name in sys.argv[1:] if name != "--list"]
    chosen = [row for row in harness.TESTS if not names or any(name in row[0] for name in names)]
    if "--list" in sys.argv[1:]:
        for name, sentence, *_ in chosen:
            print(f"{name}\t{sentence}")
        return 0
    enter_namespace(__file__)
    for row in chosen:
        before = dict(rows.COUNTS)
        outcome = harness.run_one(*row)
        # One that told its rows is counted by them, and once more where it failed beside them.
        if rows.COUNTS == before or (outcome == rows.FAILED and rows.COUNTS[rows.FAILED] == before[rows.FAILED]):
            rows.COUNTS[outcome] += 1
    print(", ".join(f"{count} {word}" for word, count in rows.COUNTS.items()))
    return 1 if rows.COUNTS[rows.FAILED] else 0


if __name__ == "__main__":
    sys.exit(main())
