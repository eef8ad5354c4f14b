# SPDX-License-Identifier: Apache-2.0
"""Calls under what is done to the service again and again: survive.py signal|store|reload|upgrade [TIMES].

`script/survive` runs it at full length; test_survive.py a little of it. Each function returns its figures."""

import os
import random
import signal
import sys
import threading
import time

from hosts import enter_namespace
from process import Cast, until
from stage import Stage
from test_survival import halves, is_gone, is_sandboxed, roles_of, wipe
from test_upgrade import Copy
from traffic import CALLEES, CALLERS, Load

CALLS_A_SECOND, TALK_MS = 10, 1500
FULL = {"signal": 1000, "store": 1000, "reload": 100, "upgrade": 20}
# How long one time takes about, on a machine that has other things to do.
SECONDS = {"signal": 0.6, "store": 0.6, "reload": 0.6, "upgrade": 3.0}


class Doer(threading.Thread):
    """Does it that many times, at random instants."""

    def __init__(self, story, times):
        super().__init__(daemon=True)
        self.story, self.times, self.done, self.failed = story, times, 0, []
        self.is_over = False

    def run(self):
        while self.done < self.times and not self.is_over:
            getattr(self.story, self.story.what)()
            self.done += 1


class Story:
    def __init__(self, cast, what, is_wiping):
        self.is_wiping = is_wiping
        self.what, self.copy, self.refused, self.chance = what, None, 0, random.Random()
        self.stage = Stage(cast, (*CALLERS, *CALLEES), calls=1000,
                           subscribers_more="udp-expires 3h")  # SIPp registers once
        if what == "upgrade":
            self.copy = Copy(cast)
            self.stage.program = self.copy.program
        self.ringfence = self.stage.start().ringfence
        self.load = Load(cast, self.stage)
        self.load.register()

    def kill(self, role):
        """When the last one is in its place, which it need not have taken up yet."""
        # What is killed and not reaped yet is no process to be killed once more.
        until(lambda: self.is_there(role), 20, pause=0.005)
        time.sleep(self.chance.random() * SECONDS[self.what] / 2)
        before = roles_of(self.ringfence).get(role)
        if before is None or is_gone(before):
            return self.kill(role)
        parent = self.ringfence.parent()
        if self.is_wiping:
            os.kill(parent, signal.SIGSTOP)
        os.kill(before, signal.SIGKILL)
        if self.is_wiping:
            wipe(parent, "checkpoint")
            os.kill(parent, signal.SIGCONT)
        until(lambda: is_gone(before), 5, pause=0.002)
        return None

    def is_there(self, role):
        found = roles_of(self.ringfence).get(role)
        return found is not None and not is_gone(found) and is_sandboxed(found)

    def signal(self):
        self.kill("signal")

    def store(self):
        self.kill("store")

    def reload(self):
        time.sleep(self.chance.random() * SECONDS[self.what])
        with open(self.ringfence.config_path, "r+", encoding="utf-8") as file:
            text = file.read()
            file.seek(0)
            file.truncate()
            one, other = "emergency 112 999", "emergency 112 999 110"
            file.write(text.replace(other, one) if other in text else text.replace(one, other))
        self.refused += self.ringfence.ask("config", "apply")[0] != 0

    def upgrade(self):
        time.sleep(self.chance.random() * SECONDS[self.what])
        self.copy.replace("parent", self.copy.content("parent"))
        self.refused += self.ringfence.ask("upgrade")[0] != 0


def survive(cast, what, times, is_wiping=False):
    """{"times", "refused", and of calls "placed", "answered", "ended", ..., of records "pairs", "halves"}"""
    story = Story(cast, what, is_wiping)
    calls = int(times * SECONDS[what] * CALLS_A_SECOND) + 2 * CALLS_A_SECOND
    doer = Doer(story, times)
    story.load.start(calls, CALLS_A_SECOND, TALK_MS, calls // CALLS_A_SECOND + 120)
    doer.start()
    figures = story.load.finish(calls / CALLS_A_SECOND + (10 if is_wiping else 60))
    doer.is_over = True
    doer.join(60)
    story.ringfence.stop()
    found = halves(cast.folder)
    return {"times": doer.done, "refused": story.refused, **figures, "pairs": len(found),
            "halves": sum(found.values())}


def main():
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    if what not in FULL:
        print(__doc__.split("\n", maxsplit=1)[0], file=sys.stderr)
        return 2
    enter_namespace(__file__)
    times = int(sys.argv[2]) if len(sys.argv) > 2 else FULL[what]
    folder = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
                          "build", "system", "survive-" + what)
    with Cast(folder) as cast:
        figures = survive(cast, what, times)
    print(f"{what}: {figures}")
    lost = figures["placed"] - figures["ended"]
    print(f"{what}: {figures['times']} times, {figures['placed']} calls, {lost} failed, "
          f"{figures['answered'] - figures['ended']} of them after their answer")
    return 1 if lost or figures["refused"] else 0


if __name__ == "__main__":
    sys.exit(main())
