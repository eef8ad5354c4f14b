# SPDX-License-Identifier: Apache-2.0
"""Runs the system tests: run.py [--list] [NAME...]; closes with N passed, N failed, N skipped."""

import signal
import sys

import harness
import test_agreement  # noqa: F401  (a test registers itself where it stands)
import test_api  # noqa: F401
import test_apply  # noqa: F401
import test_calls  # noqa: F401
import test_confines  # noqa: F401
import test_doctor  # noqa: F401
import test_enumeration  # noqa: F401
import test_guessing  # noqa: F401
import test_kernel  # noqa: F401
import test_load  # noqa: F401
import test_oracles  # noqa: F401
import test_package  # noqa: F401
import test_parent  # noqa: F401
import test_ringfence  # noqa: F401
import test_routes  # noqa: F401
import test_store  # noqa: F401
import test_survival  # noqa: F401
import test_tcp  # noqa: F401
import test_tcp_abuse  # noqa: F401
import test_toll_fraud  # noqa: F401
import test_trace  # noqa: F401
import test_watch  # noqa: F401
from hosts import enter_namespace


def stop(number, _frame):
    raise SystemExit(128 + number)


def main():
    names = [name for name in sys.argv[1:] if name != "--list"]
    chosen = [row for row in harness.TESTS if not names or any(name in row[0] for name in names)]
    if "--list" in sys.argv[1:]:
        for name, sentence, *_ in chosen:
            print(f"{name}\t{sentence}")
        return 0
    enter_namespace(__file__)
    signal.signal(signal.SIGTERM, stop)
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for row in chosen:
        counts[harness.run_one(*row)] += 1
    print(", ".join(f"{count} {word}" for word, count in counts.items()))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
