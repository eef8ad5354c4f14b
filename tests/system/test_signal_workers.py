# SPDX-License-Identifier: Apache-2.0
"""Several workers of signal: phones are shared out by their address, the PBX's messages find the worker that owns them, and
what happens to one worker does not happen to the calls of another."""

import os
import signal

from harness import check, test
from process import Cast, Failure, until
from ringfence import OUTSIDE_ADDRESS
from sip_text import token
from softphone import Softphone, bound, hang_up, must_hear
from stage import Stage
from stream import Stream
from test_survival import fails, overwrite
from test_tcp import tcp_stage

USERS = ("200", "201", "210", "211")
PAGE = 4096
MOST_PLACES = 40  # of which all belong to one worker of two in 2 of 2^40 runs


def workers(ringfence):
    """{name: (process id, starts)} of those who speak SIP."""
    return {row["name"]: (row["pid"], row["starts"]) for row in ringfence.rows("status")["processes"]
            if row["name"].startswith("signal") and row["state"] == "ready"}


def staged(cast, count):
    return Stage(cast, USERS, more=f"signal {{\n    workers {count}\n}}\n").start()


def knocked(ringfence):
    """{worker: strangers' requests that it had}"""
    return ringfence.counters_by_process("dropped_stranger")


def places_of(stage, wanted):
    """{worker: addresses of which it is}, so many of each."""
    found = {"signal": [], "signal-2": []}
    for place in range(1, MOST_PLACES):
        before = knocked(stage.ringfence)
        with bound(f"127.0.1.{place}", 5070) as stranger:
            stranger.sendto(options(f"127.0.1.{place}").encode(), (OUTSIDE_ADDRESS, 5060))
            if not until(lambda: knocked(stage.ringfence) != before, 15, pause=0.02):
                raise Failure("a stranger's request came to nobody")
        after = knocked(stage.ringfence)
        for worker, addresses in found.items():
            if after.get(worker, 0) > before.get(worker, 0):
                addresses.append(f"127.0.1.{place}")
        if min(map(len, found.values())) >= wanted:
            return found
    raise Failure(f"all addresses are one worker's: {found}")


def options(place):
    return (f"OPTIONS sip:{OUTSIDE_ADDRESS} SIP/2.0\r\nVia: SIP/2.0/UDP {place}:5070;branch=z9hG4bK{token(12)}\r\n"
            f"From: <sip:x@{place}>;tag={token(8)}\r\nTo: <sip:x@{OUTSIDE_ADDRESS}>\r\nCall-ID: {token(20)}\r\n"
            "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n")


def phones_at(stage, places):
    return [Softphone(place, OUTSIDE_ADDRESS, user, stage.users[user]).register() for user, place in zip(USERS, places)]


def hand_nothing_over(ringfence):
    """From now on every ring between workers looks full to who writes it: its reader's page is overwritten."""
    check(overwrite(ringfence.parent(), "passed", b"\xee", most=PAGE) >= 2, "no rings between workers")


def work(folder, is_handed_over=True):
    with Cast(folder) as cast:
        work_on(staged(cast, 2), is_handed_over)


def work_on(stage, is_handed_over):
    ringfence, places = stage.ringfence, places_of(stage, 2)
    if not is_handed_over:
        hand_nothing_over(ringfence)
    phones = phones_at(stage, [places["signal"][0], places["signal-2"][0], places["signal"][1], places["signal-2"][1]])
    one, two, one_more, two_more = phones
    try:
        across = one.call(two), two_more.call(one_more)
        for ends in across:
            must_hear(*ends)
        check(sum(ringfence.counters_by_process("passed_on").values()) > 0, "nothing was handed over")
        check(ringfence.counters()["passed_dropped"] == 0, "something was lost between workers")
        calls = [row["call"] for row in ringfence.rows("calls", "list", "--live")]
        check(len(calls) == 4 and len(set(calls)) == 2, f"two calls have two halves each, listed are {calls}")
        hang_up(*across[1])
        before = workers(ringfence)
        os.kill(before["signal-2"][0], signal.SIGSTOP)
        ends = one.call(one_more)
        hang_up(*ends)
        os.kill(before["signal-2"][0], signal.SIGKILL)
        check(until(lambda: workers(ringfence).get("signal-2", (0, 1))[1] == 2, 15, pause=0.1), "signal-2 is not back")
        check(workers(ringfence)["signal"] == before["signal"], "the other worker was started again too")
        must_hear(*across[0])
        hang_up(*across[0])
        code, text = ringfence.ask("upgrade", "--reason", "test")
        check(code == 0 and until(lambda: len(workers(ringfence)) == 2, 15, pause=0.1), f"upgrade: {code} {text}")
        ends = two.call(one)
        must_hear(*ends)
        hang_up(*ends)
    finally:
        for phone in phones:
            phone.__exit__()


@test("two workers of signal: calls between phones of different workers, and of one while the other stands still or is killed; "
      "lists tell of both")
def signal_workers(cast):
    work(cast.folder)
    fails("nothing is handed over", work, cast.folder + "-off", False)


MOST_OF_ONE, MOST_TRIES = 6, 400


def standing(streams):
    return sum(not one.is_closed(0.01) for one in streams)


def hoard(cast, forgets):
    """One address connects until both workers have refused it: what of that stands is the cap of both."""
    held, begun = [], 0
    stage = tcp_stage(cast, connections=f"per-source {MOST_OF_ONE}  register 600s  first-byte 600s  message 600s",
                      more="signal {\n    workers 2\n}\n").start()
    refused = lambda: stage.ringfence.counters_by_process("connections_over_source")
    try:
        while begun < MOST_TRIES and min(refused().get(name, 0) for name in ("signal", "signal-2")) < 2:
            for _ in range(10):
                if forgets:
                    overwrite(stage.ringfence.parent(), "common", b"\0")
                held.append(Stream("127.0.0.77", OUTSIDE_ADDRESS))
            begun += 10
            check(until(lambda: standing(held) <= MOST_OF_ONE, 5), f"{standing(held)} stand, wanted {MOST_OF_ONE}")
        check(begun < MOST_TRIES, "one of the workers took nothing")
        check(standing(held) == MOST_OF_ONE, f"{standing(held)} stand, wanted {MOST_OF_ONE}")
    finally:
        for one in held:
            one.close()


@test("two workers of signal: an address has so many connections with both together, and more where they forget what they share")
def signal_workers_connections(cast):
    with Cast(cast.folder + "-kept") as apart:
        hoard(apart, False)
    with Cast(cast.folder + "-forgotten") as apart:
        fails("where memory in common is forgotten", hoard, apart, True)
