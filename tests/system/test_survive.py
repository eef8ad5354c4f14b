# SPDX-License-Identifier: Apache-2.0
"""A little of script/survive: calls while a process is killed, the configuration read or the program changed again
and again. Each test runs a second time with what it relies on switched off."""

from harness import check, test
from process import Cast
from survive import survive
from test_survival import fails

TIMES = {"signal": 20, "store": 20, "reload": 10, "upgrade": 3}
WIPES = 5


def run(folder, what, times, is_wiping=False):
    with Cast(folder) as cast:
        figures = survive(cast, what, times, is_wiping)
        print(f"     {what}: {figures}", flush=True)
        check(figures["refused"] == 0, f"some were refused: {figures}")
        check(figures["times"] == times, f"it was not done that often: {figures}")
        calls = figures["placed"]
        check(all(figures[name] == calls for name in ("answered", "ended", "picked_up", "hung_up")),
              f"calls failed: {figures}")
        check(figures["pairs"] == calls and figures["halves"] == 2 * calls, f"records are lost or doubled: {figures}")


@test("signal killed at random instants: no call fails, in set-up or later, each ends by its own BYE on both legs")
def survive_signal(cast):
    run(cast.folder, "signal", TIMES["signal"])
    fails("the checkpoint is wiped", run, cast.folder + "-wiped", "signal", WIPES, True)


@test("the configuration applied again and again under load: no call fails")
def survive_reload(cast):
    run(cast.folder, "reload", TIMES["reload"])


@test("the program changed again and again under load: no call fails, in set-up or later")
def survive_upgrade(cast):
    run(cast.folder, "upgrade", TIMES["upgrade"])
