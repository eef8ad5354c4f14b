# SPDX-License-Identifier: Apache-2.0
"""Runs the system tests: run.py [--list] [--jobs N] [NAME...]; closes with N passed, N failed, N skipped.

Most of a test is waiting, so several run at once, each in a network namespace
of its own; one after another where no namespace can be made.
"""

import argparse
import concurrent.futures
import os
import signal
import subprocess
import sys

import harness
import test_acme  # noqa: F401  (a test registers itself where it stands)
import test_agreement  # noqa: F401
import test_api  # noqa: F401
import test_apply  # noqa: F401
import test_bundle  # noqa: F401
import test_calls  # noqa: F401
import test_certificates  # noqa: F401
import test_confines  # noqa: F401
import test_control  # noqa: F401
import test_deployments  # noqa: F401
import test_doctor  # noqa: F401
import test_drain  # noqa: F401
import test_edge  # noqa: F401
import test_enumeration  # noqa: F401
import test_fail_closed  # noqa: F401
import test_guessing  # noqa: F401
import test_ipsec  # noqa: F401
import test_kernel  # noqa: F401
import test_howto  # noqa: F401
import test_keys  # noqa: F401
import test_load  # noqa: F401
import test_media_attacks  # noqa: F401
import test_methods  # noqa: F401
import test_mistakes  # noqa: F401
import test_names  # noqa: F401
import test_nat  # noqa: F401
import test_odd_packets  # noqa: F401
import test_oracles  # noqa: F401
import test_package  # noqa: F401
import test_parent  # noqa: F401
import test_power  # noqa: F401
import test_registrars  # noqa: F401
import test_ringfence  # noqa: F401
import test_routes  # noqa: F401
import test_shelf  # noqa: F401
import test_signal_workers  # noqa: F401
import test_speech  # noqa: F401
import test_staples  # noqa: F401
import test_srtp  # noqa: F401
import test_store  # noqa: F401
import test_survival  # noqa: F401
import test_survive  # noqa: F401
import test_tcp  # noqa: F401
import test_tcp_abuse  # noqa: F401
import test_tls  # noqa: F401
import test_toll_fraud  # noqa: F401
import test_trace  # noqa: F401
import test_upgrade  # noqa: F401
import test_watch  # noqa: F401
import test_websocket  # noqa: F401
import test_workers  # noqa: F401
from hosts import INSIDE, enter_namespace, own_namespace


def stop(number, _frame):
    raise SystemExit(128 + number)


def arguments():
    parser = argparse.ArgumentParser(description="Runs the system tests.")
    parser.add_argument("--list", action="store_true", help="only name them")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1), help="how many run at once")
    parser.add_argument("names", nargs="*", help="parts of names; none: all")
    return parser.parse_args()


def outcome_of(lines):
    """What the closing line of one test says: 'passed', 'failed' or 'skipped'."""
    words = (lines[-1] if lines else "").split(", ")
    return next((word.split()[1] for word in words if word[:2] == "1 "), "failed")


def run_apart(name, running):
    """One test in a namespace of its own, by this program started again."""
    with subprocess.Popen([*own_namespace(), sys.executable, os.path.abspath(__file__), "--jobs", "1", f"={name}"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env=dict(os.environ, **{INSIDE: "1"})) as process:
        running.append(process)
        lines = process.communicate()[0].splitlines()
    running.remove(process)
    print("\n".join(lines[:-1] or [f"FAIL {name}: it ended without a word"]), flush=True)
    return outcome_of(lines)


def run_beside(names, jobs, counts):
    """So many at once, each watched by a thread."""
    running = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        try:
            for outcome in pool.map(lambda name: run_apart(name, running), names):
                counts[outcome] += 1
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(running):
                process.terminate()


def is_chosen(name, wanted):
    return not wanted or any(word[1:] == name if word.startswith("=") else word in name for word in wanted)


def main():
    words = arguments()
    chosen = [row for row in harness.TESTS if is_chosen(row[0], words.names)]
    if words.list:
        for name, sentence, *_ in chosen:
            print(f"{name}\t{sentence}")
        return 0
    signal.signal(signal.SIGTERM, stop)
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    if words.jobs > 1 and len(chosen) > 1 and own_namespace():
        run_beside([row[0] for row in chosen], words.jobs, counts)
    else:
        enter_namespace(__file__)
        for row in chosen:
            counts[harness.run_one(*row)] += 1
    print(", ".join(f"{count} {word}" for word, count in counts.items()))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
