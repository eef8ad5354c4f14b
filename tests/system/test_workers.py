# SPDX-License-Identifier: Apache-2.0
"""Several workers of media: calls are shared out, and one that dies takes no call of another with it."""

import os
import signal

from harness import check, test
from process import until
from ringfence import OUTSIDE_ADDRESS
from softphone import Softphone, hang_up, must_hear
from stage import Stage

CALLER, CALLEE = ("200", "127.0.0.30"), ("210", "127.0.0.31")


def workers(ringfence):
    """{name: (process id, starts)} of those who relay media."""
    return {row["name"]: (row["pid"], row["starts"]) for row in ringfence.rows("status")["processes"]
            if row["name"].startswith("media") and row["state"] == "ready"}


def relayed(ringfence):
    """{name: packets received}"""
    found = ringfence.counters_by_process("media_received")
    return {name: count for name, count in found.items() if name.startswith("media")}


def staged(cast, count):
    stage = Stage(cast, (CALLER[0], CALLEE[0]), calls=f"1000\n    workers {count}").start()
    phones = [Softphone(place, OUTSIDE_ADDRESS, user, stage.users[user]).register() for user, place in (CALLER, CALLEE)]
    return stage.ringfence, phones


@test("a call through the PBX has its two halves with two workers of media; one that is killed is back with its own, and "
      "both after an upgrade")
def media_workers(cast):
    ringfence, (caller, callee) = staged(cast, 2)
    with caller, callee:
        ends = caller.call(callee)
        must_hear(*ends)
        counts = relayed(ringfence)
        check(set(counts) == {"media", "media-2"} and min(counts.values()) > 0, f"who relayed: {counts}")
        before = workers(ringfence)
        os.kill(before["media-2"][0], signal.SIGKILL)
        check(until(lambda: workers(ringfence).get("media-2", (0, 1))[1] == 2, 15, pause=0.1), "media-2 is not back")
        must_hear(*ends)
        check(workers(ringfence)["media"] == before["media"], "the other worker was started again too")
        code, text = ringfence.ask("upgrade", "--reason", "test")
        check(code == 0 and until(lambda: len(workers(ringfence)) == 2, 15, pause=0.1), f"upgrade: {code} {text}")
        must_hear(*ends)
        hang_up(*ends)
    ringfence.stop()
    ringfence, (caller, callee) = staged(cast, 1)
    with caller, callee:
        ends = caller.call(callee)
        must_hear(*ends)
        check(set(relayed(ringfence)) == {"media"}, f"who relayed: {relayed(ringfence)}")
        hang_up(*ends)
