# SPDX-License-Identifier: Apache-2.0
"""The parent dies below a service manager that keeps its descriptors. Each test runs a second time with a manager
that forgets them."""

import fcntl
import os
import signal

from harness import check, test
from manager import Managed
from process import Cast, until
from test_survival import Story, fails

# A start of all processes: media too is away for that long.
LOST_BY_START = 250


class Managing(Story):
    def __init__(self, cast):
        super().__init__(cast)
        self.stage.kind = Managed

    def restart(self, number):
        self.ringfence.restart(number)
        check(until(self.ringfence.is_ready, 15, pause=0.1), "it is not ready again")

    def end(self):
        self.look("media", ())
        if self.figures["frames_lost"] <= LOST_BY_START:
            self.problems.pop("hearing", None)
        print(f"     {self.figures}", flush=True)
        check(not self.problems, "; ".join(f"{name}: {text}" for name, text in self.problems.items()))


def kill(folder, number, is_forgetting=False):
    with Cast(folder) as cast:
        story = Managing(cast)
        story.begin()
        check(until(lambda: any(name.startswith("state-") for name in story.ringfence.stored), 5),
              f"the manager was given {sorted(story.ringfence.stored)}")
        story.ringfence.is_forgetting = is_forgetting
        story.restart(number)
        check(is_forgetting or "notice ringfence: taken up" in story.ringfence.process.log(), story.ringfence.last_words())
        story.end()
        states = [name for name in story.ringfence.stored if name.startswith("state-")]
        check(len(states) == 1, f"of states the manager has {states}")


@test("the parent killed under load: the next one takes up what the manager kept, no call ends, audio goes on")
def shelf_parent_killed(cast):
    kill(cast.folder, signal.SIGKILL)
    fails("the manager forgets", kill, cast.folder + "-off", signal.SIGKILL, True)


@test("asked to end and started again at once (systemctl restart): no call ends")
def shelf_restart(cast):
    kill(cast.folder, signal.SIGTERM)


def state_in(stored):
    return next((name for name in list(stored) if name.startswith("state-")), None)


def change(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("calls 1000", "calls 900"))


@test("another configuration that needs a new start, or a state of another version: all begins anew, and it is told why")
def shelf_not_taken(cast):
    story = Managing(cast)
    ringfence = story.stage.start().ringfence
    check(until(lambda: state_in(ringfence.stored), 5), "nothing is stored")
    change(ringfence.config_path)
    story.ringfence = ringfence
    story.restart(signal.SIGKILL)
    log = ringfence.process.log()
    check("not taken up" in log and "needs a new start" in log, log)
    # It is ready before it has given away its new state.
    check(until(lambda: state_in(ringfence.stored), 5), "nothing is stored after the new start")
    old = state_in(ringfence.stored)
    with open(f"/proc/self/fd/{ringfence.stored[old]}", "rb") as file:
        content = bytearray(file.read())
    content[16] += 1  # its version
    fd = os.memfd_create("state", os.MFD_ALLOW_SEALING)
    os.write(fd, content)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE)
    os.close(ringfence.stored[old])
    ringfence.stored[old] = fd
    story.restart(signal.SIGKILL)
    log = ringfence.process.log()
    check("not taken up" in log and "cannot read it" in log, log)
