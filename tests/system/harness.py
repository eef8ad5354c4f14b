# SPDX-License-Identifier: Apache-2.0
"""System tests: real processes on a loopback of their own.

A test is a function under @test("a sentence"); it gets a Cast and returns, or
raises Failure or Skip. `run.py` runs them in a network namespace of its own
where it may, so that nothing else on the machine can answer.
"""

import os
import shutil
import time
import traceback

from process import Cast, Failure

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, "build", "system")
RTP_TALK = os.path.join(ROOT, "build", "release", "tests", "system", "rtp_talk")

TESTS = []


class Skip(Exception):
    """The reason, for the report."""


def test(sentence):
    def note(function):
        TESTS.append((function.__name__, sentence, function))
        return function
    return note


def check(condition, words):
    if not condition:
        raise Failure(words)


def run_one(name, sentence, function):
    """'passed', 'failed' or 'skipped'."""
    folder = os.path.join(FOLDER, name)
    shutil.rmtree(folder, ignore_errors=True)
    started = time.monotonic()
    try:
        with Cast(folder) as cast:
            function(cast)
    except Skip as skip:
        print(f"SKIP {name}: {skip}", flush=True)
        return "skipped"
    except Failure as failure:
        print(f"FAIL {name}: {sentence}\n  {failure}", flush=True)
        return "failed"
    except Exception:  # a broken test must not hide the tests after it
        print(f"FAIL {name}: {sentence}\n{traceback.format_exc()}", flush=True)
        return "failed"
    print(f"ok   {name}: {sentence} ({time.monotonic() - started:.1f} s)", flush=True)
    return "passed"
