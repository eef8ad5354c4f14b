# SPDX-License-Identifier: Apache-2.0
"""System tests: real processes on a loopback of their own.

A test is a function under @test("a sentence"); it gets a Cast and returns, or
raises Failure or Skip. `run.py` runs them in a network namespace of its own
where it may, so that nothing else on the machine can answer.
"""

import glob
import os
import shutil
import time
import traceback

from process import Cast, Failure

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, "build", "system")
TREE = os.path.join(ROOT, os.environ.get("RINGFENCE_TREE", "build/release"))
RTP_TALK = os.path.join(TREE, "tests", "system", "rtp_talk")

TESTS = []

# Set while a test runs a second time, with the PBX reached directly.
is_bare = False


class Skip(Exception):
    """The reason, for the report."""


def test(sentence, fails_bare=False, is_long=False):
    """fails_bare: it runs a second time without Ringfence, and must fail there. is_long: begun before the others."""
    def note(function):
        TESTS.insert(0 if is_long else len(TESTS), (function.__name__, sentence, function, fails_bare))
        return function
    return note


def check(condition, words):
    if not condition:
        raise Failure(words)


def run_bare(name, function):
    """What the second run failed with; None where it passed, so that the first proves nothing."""
    global is_bare
    is_bare = True
    try:
        with Cast(os.path.join(FOLDER, name + "-bare")) as cast:
            function(cast)
    except Failure as failure:
        return str(failure).splitlines()[0]
    finally:
        is_bare = False
    return None


def run_one(name, sentence, function, fails_bare):
    """'passed', 'failed' or 'skipped'."""
    for folder in glob.glob(os.path.join(FOLDER, name)) + glob.glob(os.path.join(FOLDER, name + "-*")):
        shutil.rmtree(folder, ignore_errors=True)
    started = time.monotonic()
    try:
        with Cast(os.path.join(FOLDER, name)) as cast:
            function(cast)
        bare = run_bare(name, function) if fails_bare else ""
        if bare is None:
            raise Failure("passes without Ringfence too, so it proves nothing")
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
    if bare:
        print(f"     the PBX reached directly: {bare}", flush=True)
    return "passed"
