# SPDX-License-Identifier: Apache-2.0
"""Calls under what is done to the service again and again: survive.py signal|store|reload|upgrade [TIMES]
[--rate CALLS] [--talk MS].

Phones that have registered place ten calls a second; with --rate a carrier's trunk places so many.
`script/survive` runs it at full length; test_survive.py a little of it. Each function returns its figures."""

import argparse
import os
import random
import shutil
import signal
import sys
import threading
import time

from hosts import enter_namespace
from process import Cast, until
from ringfence import ROOT
from stage import Stage
from test_survival import halves, is_gone, is_sandboxed, roles_of, wipe
from test_upgrade import Copy
from traffic import CALLEES, CALLERS, Load
from trunk import Trunk, TrunkLoad, go_first, two_cores

CALLS_A_SECOND, TALK_MS = 10, 1500
FULL = {"signal": 1000, "store": 1000, "reload": 100, "upgrade": 20}
# How long one time takes about, on a machine that has other things to do.
SECONDS = {"signal": 0.6, "store": 0.6, "reload": 0.6, "upgrade": 3.0}

SPOILT = ("records_dropped", "facts_dropped", "orders_dropped", "orders_waited", "limit_calls", "limit_ports", "limit_transactions",
          "send_failures", "calls_unprotected", "dropped_budget", "dropped_bound", "dropped_mismatch")


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
    def __init__(self, cast, what, is_wiping=False):
        self.is_wiping = is_wiping
        self.what, self.refused, self.chance, self.ringfence = what, 0, random.Random(), None
        self.copy = Copy(cast) if what == "upgrade" else None

    def with_phones(self, cast):
        """The load, ready to be started."""
        stage = Stage(cast, (*CALLERS, *CALLEES), calls=1000, subscribers_more="udp-expires 3h")  # SIPp registers once
        if self.copy:
            stage.program = self.copy.program
        self.ringfence = stage.start().ringfence
        load = Load(cast, stage)
        load.register()
        return load

    def with_trunk(self, cast):
        self.ringfence = Trunk(cast)
        if self.copy:
            self.ringfence.program = self.copy.program
        self.ringfence.start()

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
    load = story.with_phones(cast)
    calls = int(times * SECONDS[what] * CALLS_A_SECOND) + 2 * CALLS_A_SECOND
    doer = Doer(story, times)
    load.start(calls, CALLS_A_SECOND, TALK_MS, calls // CALLS_A_SECOND + 120)
    doer.start()
    figures = load.finish(calls / CALLS_A_SECOND + (10 if is_wiping else 60))
    doer.is_over = True
    doer.join(60)
    story.ringfence.stop()
    found = halves(cast.folder)
    return {"times": doer.done, "refused": story.refused, **figures, "pairs": len(found),
            "halves": sum(found.values())}


def survive_on_trunk(cast, what, times, rate, talk_ms):
    """As survive(), and what bench-rate counted beside."""
    story = Story(cast, what)
    story.with_trunk(cast)
    load, doer = TrunkLoad(cast, rate, talk_ms), Doer(story, times)
    os.sched_setaffinity(0, {two_cores()[1]})
    go_first(os.getpid())
    doer.start()
    doer.join(60 + 10 * times * SECONDS[what])
    doer.is_over = True
    figures = load.finish()
    counted = story.ringfence.counters()
    doer.join(60)
    story.ringfence.stop()
    found = halves(cast.folder)
    return {"times": doer.done, "refused": story.refused, **figures, "pairs": len(found), "halves": sum(found.values()),
            **{name: counted[name] for name in SPOILT if counted[name]}}


def main():
    parser = argparse.ArgumentParser(description="Calls under what is done to the service again and again.")
    parser.add_argument("what", choices=sorted(FULL))
    parser.add_argument("times", type=int, nargs="?")
    parser.add_argument("--rate", type=int, help="calls a second of a trunk, in place of phones")
    parser.add_argument("--talk", type=int, default=TALK_MS, help="milliseconds that a call of the trunk stands")
    options = parser.parse_args()
    enter_namespace(__file__)
    what, times = options.what, options.times or FULL[options.what]
    name = f"survive-{what}" + (f"-{options.rate}" if options.rate else "")
    folder = os.path.join(ROOT, "build", "system", name)
    shutil.rmtree(folder, ignore_errors=True)
    with Cast(folder) as cast:
        figures = survive_on_trunk(cast, what, times, options.rate, options.talk) if options.rate else \
            survive(cast, what, times)
    print(f"{what}: {figures}")
    lost = figures["placed"] - figures["ended"]
    print(f"{what}: {figures['times']} times, {figures['placed']} calls, {lost} failed, "
          f"{figures['answered'] - figures['ended']} of them after their answer")
    return 1 if lost or figures["refused"] or figures["times"] < times else 0


if __name__ == "__main__":
    sys.exit(main())
