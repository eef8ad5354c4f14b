# SPDX-License-Identifier: Apache-2.0
"""Processor time of whole calls: Ringfence, and the Kamailio behind it, in one run.

SIPp's phones call each other through Ringfence and Kamailio (-x fm, which also
asks each caller for the password). A call passes Ringfence twice, from the caller to the
PBX and from the PBX to the callee, and Kamailio once. Kamailio carries no audio.
"""

import os
import shutil
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "system"))

from hosts import enter_namespace  # noqa: E402
from process import Cast, Failure  # noqa: E402
from ringfence import is_built  # noqa: E402
from test_load import Load  # noqa: E402

CALLS, CALLS_A_SECOND = 1000, 50


def measure(load, title, calls):
    """Prints processor seconds per 1,000 calls of both, and their ratio."""
    programs = {"ringfence": load.stage.ringfence.process, "kamailio": load.stage.pbx.process}
    before = {name: program.cpu_seconds() for name, program in programs.items()}
    failed = load.call(calls, CALLS_A_SECOND)
    spent = {name: (program.cpu_seconds() - before[name]) * 1000 / calls for name, program in programs.items()}
    print(f"{title}: {calls} calls at {CALLS_A_SECOND}/s, {failed} failed: "
          + ", ".join(f"{name} {seconds:.3f} CPU s per 1,000 calls" for name, seconds in spent.items())
          + f", ratio {spent['ringfence'] / spent['kamailio']:.2f}", flush=True)


def main():
    enter_namespace(__file__)
    if not is_built():
        print("bench call: run script/build release first; the program is not built")
        return 1
    folder = os.path.join(ROOT, "build", "bench-call")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with Cast(folder) as cast:
            load = Load(cast)
            load.stage.start()
            load.register()
            measure(load, "calls with 2 s of audio both ways", CALLS)
            with open(os.path.join(folder, "audio.raw"), "wb") as file:
                file.write(b"\xff" * 160)
            measure(load, "quiet calls (one frame)", CALLS)
    except Failure as failure:
        print(f"bench call: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
