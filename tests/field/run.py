# SPDX-License-Identifier: Apache-2.0
"""Runs the field tests: run.py [--list] [NAME...]; closes with N passed, N failed, N skipped.

Real captures that no one here wrote, with what their collectors say about them. They
lie outside the repository: RINGFENCE_FIELD_DATA says where (../shared/data without it).
"""

import os
import sys
import time
import traceback

import field
import test_cuts
import test_others
import test_reading
import test_truth

MODULES = (test_truth, test_reading, test_others, test_cuts)


def tests():
    """(name, sentence, function): a module's own, and those that it makes from the data."""
    for module in MODULES:
        yield from module.tests()


def run_one(name, sentence, function):
    started = time.monotonic()
    try:
        words = function() or ""
    except field.Skip as skip:
        print(f"SKIP {name}: {skip}", flush=True)
        return "skipped"
    except field.Failure as failure:
        print(f"FAIL {name}: {sentence}\n  {failure}", flush=True)
        return "failed"
    except Exception:  # a broken test must not hide the tests after it
        print(f"FAIL {name}: {sentence}\n{traceback.format_exc()}", flush=True)
        return "failed"
    print(f"ok   {name}: {sentence} ({time.monotonic() - started:.1f} s)", flush=True)
    if words:
        print("     " + words.replace("\n", "\n     "), flush=True)
    return "passed"


def main():
    wanted = [word for word in sys.argv[1:] if word != "--list"]
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    if not os.path.isdir(field.DATA):
        print(f"SKIP field: no field data at {field.DATA}; RINGFENCE_FIELD_DATA says where it is")
        counts["skipped"] = 1
    elif not os.access(field.PROGRAM, os.X_OK):
        print(f"FAIL field: {field.PROGRAM} is not built")
        counts["failed"] = 1
    else:
        os.makedirs(field.WORK, exist_ok=True)
        for row in tests():
            if wanted and not any(word in row[0] for word in wanted):
                continue
            if "--list" in sys.argv[1:]:
                print(f"{row[0]}\t{row[1]}")
            else:
                counts[run_one(*row)] += 1
    print(", ".join(f"{count} {word}" for word, count in counts.items()))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
