# SPDX-License-Identifier: Apache-2.0
"""Runs the system tests: run.py [--list] [NAME...]; closes with N passed, N failed, N skipped."""

import os
import shutil
import signal
import subprocess
import sys

import harness
import test_calls  # noqa: F401  (a test registers itself where it stands)
import test_enumeration  # noqa: F401
import test_guessing  # noqa: F401
import test_load  # noqa: F401
import test_oracles  # noqa: F401
import test_ringfence  # noqa: F401
import test_store  # noqa: F401

INSIDE = "RINGFENCE_TEST_NAMESPACE"


def enter_namespace():
    """Starts this program again where 127.0.0.0/8 is all its own; False where that is not allowed."""
    if os.environ.get(INSIDE) or os.geteuid() != 0 or not shutil.which("unshare"):
        return
    probe = subprocess.run(["unshare", "--net", "ip", "link", "set", "lo", "up"],
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=False)
    if probe.returncode == 0:
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, os.path.abspath(__file__)] + sys.argv[1:])


def stop(number, _frame):
    raise SystemExit(128 + number)


def main():
    names = [name for name in sys.argv[1:] if name != "--list"]
    chosen = [row for row in harness.TESTS if not names or any(name in row[0] for name in names)]
    if "--list" in sys.argv[1:]:
        for name, sentence, _ in chosen:
            print(f"{name}\t{sentence}")
        return 0
    enter_namespace()
    if os.environ.get(INSIDE):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    signal.signal(signal.SIGTERM, stop)
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for row in chosen:
        counts[harness.run_one(*row)] += 1
    print(", ".join(f"{count} {word}" for word, count in counts.items()))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
