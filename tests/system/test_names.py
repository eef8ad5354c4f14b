# SPDX-License-Identifier: Apache-2.0
"""Peers that are written as names: found by DNS, followed when it changes, kept when it dies, and
not taken over when it lies."""

import contextlib
import os
import signal
import socket

from harness import Skip, check, test
from name_server import A, CNAME, NAPTR, SRV, NameServer
from pbx import PBX_ADDRESS
from process import Cast, Failure, until
from ringfence import INSIDE_ADDRESS, OUTSIDE_ADDRESS, Ringfence, is_built
from test_routes import FIRST, SECOND, Trunk, call, hang_up
from test_survival import fails

SERVER, CARRIER = "127.0.0.60", "sip.carrier.example"
NUMBER, PATIENCE = "00353155512345", 40

ZONE = {
    (CARRIER, NAPTR): [(20, 10, "s", "SIP+D2T", f"_sip._tcp.{CARRIER}"),
                       (10, 10, "S", "SIP+D2U", f"_sip._udp.{CARRIER}")],
    (f"_sip._udp.{CARRIER}", SRV): [(20, 0, 5060, "b.carrier.example"), (10, 0, 5060, "a.carrier.example")],
    ("a.carrier.example", A): [FIRST],
    ("b.carrier.example", A): [SECOND],
}
PLAIN = {(CARRIER, A): [FIRST]}

NAMED = """\
names {{ server {server}  at-least 1s  at-most 2s }}
peer carrier {{
    kind carrier
    side outside
    address {host}
    answer-within 2s
    {more}
}}
route {{ from office  to carrier }}
route {{ number +441512960000-0999  from carrier  to office }}
"""


def peer(ringfence):
    return [row for row in ringfence.rows("peers", "list") if row["name"] == "carrier"][0]


def targets(ringfence):
    return [(row["transport"], row["address"]) for row in peer(ringfence).get("targets", [])]


def await_targets(ringfence, wanted, patience=PATIENCE):
    check(until(lambda: targets(ringfence) == wanted, patience, pause=0.1),
          f"{wanted} was wanted, the peer is {peer(ringfence)}")


def udp(*addresses):
    return [("udp", f"{address}:5060") for address in addresses]


@contextlib.contextmanager
def stage(folder, zone, host=CARRIER, more="", **changes):
    """(Ringfence, name server); the name has been looked up once where the server is honest."""
    if not is_built():
        raise Skip("the program is not built yet")
    with Cast(folder) as cast, NameServer(SERVER, zone) as server:
        ringfence = Ringfence(cast, more=NAMED.format(server=SERVER, host=host, more=more), **changes)
        ringfence.start()
        yield ringfence, server


def follow(folder, zone, wanted):
    with Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, Trunk(FIRST, OUTSIDE_ADDRESS) as first, \
            Trunk(SECOND, OUTSIDE_ADDRESS) as second, stage(folder, zone) as (ringfence, _):
        await_targets(ringfence, wanted)
        call(pbx, first, NUMBER, f"sip:{NUMBER}@{CARRIER}")
        hang_up(pbx, first)
        # One that says it cannot, then one that says nothing: the same call, within its transaction.
        pbx.invite(NUMBER)
        first.answer(first.hear("INVITE "), "503 Full")
        second.answer(second.hear("INVITE "), "486 Busy Here")
        pbx.hear("SIP/2.0 486")
        pbx.request("ACK", cseq=1)
        # Who answers that it is full is left; after that it is asked last for a while.
        pbx.invite(NUMBER)
        second.hear("INVITE ")
        first.answer(first.hear("INVITE "), "486 Busy Here")
        pbx.hear("SIP/2.0 486")
        pbx.request("ACK", cseq=1)
        call(first, pbx, "+441512960123", "sip:+441512960123@")
        hang_up(first, pbx)


@test("a peer's name is followed by NAPTR, SRV and A; where one target is full or silent the next has the call")
def names_followed(cast):
    follow(cast.folder, ZONE, udp(FIRST, SECOND))
    fails("without the second SRV record", follow, cast.folder + "-off",
          {**ZONE, (f"_sip._udp.{CARRIER}", SRV): [(10, 0, 5060, "a.carrier.example")]}, udp(FIRST))


def is_served(caller):
    """Whether a call from there is taken for the carrier's; 404 because no route has the number."""
    caller.invite("+441512961999")
    try:
        # What is said of the call before is repeated meanwhile.
        while caller.hear("SIP/2.0 404", 2).value("Call-ID") != caller.call_id:
            pass
    except Failure:
        return False
    return True


def change(folder, does_change, patience=PATIENCE):
    with Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, Trunk(FIRST, OUTSIDE_ADDRESS) as first, \
            Trunk(SECOND, OUTSIDE_ADDRESS) as second, stage(folder, PLAIN) as (ringfence, server):
        await_targets(ringfence, udp(FIRST))
        check(is_served(first), "the carrier is not taken for itself")
        check(not is_served(second), "a stranger is taken for the carrier")
        call(pbx, first, NUMBER, f"@{CARRIER}")
        if does_change:
            server.zone[(CARRIER, A)] = [SECOND]
        await_targets(ringfence, udp(SECOND), patience)
        # Who was there before is nobody now; the call that it has goes on.
        check(is_served(second), "the carrier is not taken for itself where it is now")
        check(not is_served(first), "an address that no name leads to is still the carrier's")
        hang_up(pbx, first)
        call(pbx, second, NUMBER, f"@{CARRIER}")
        hang_up(pbx, second)


@test("a name that leads elsewhere is followed within its life; calls that stand go on, the old address is nobody's")
def names_changed(cast):
    change(cast.folder, True)
    fails("where the answer stays", change, cast.folder + "-off", False, 5)


def die(folder, is_silent, patience=PATIENCE):
    with Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, Trunk(FIRST, OUTSIDE_ADDRESS) as first, \
            stage(folder, PLAIN) as (ringfence, server):
        await_targets(ringfence, udp(FIRST))
        if is_silent:
            server.manner = "dead"
        else:
            server.zone[(CARRIER, A)] = []
        check(until(lambda: peer(ringfence)["resolved"] == "stale", patience, pause=0.2),
              f"nobody was told: {peer(ringfence)}")
        _, words = ringfence.ask("doctor", "-c", ringfence.config_path)
        check("no name server answers" in words, f"doctor says nothing of it: {words}")
        # Neither the death of who asks nor that of who calls loses what was known.
        for role in ("outreach", "signal"):
            before = running_process(ringfence, role)
            os.kill(before, signal.SIGKILL)
            check(until(lambda: running_process(ringfence, role) not in (0, before), 10, pause=0.1),
                  f"{role} did not come back")
        check(until(ringfence.is_ready, 15, pause=0.1), "not ready again")
        check(targets(ringfence) == udp(FIRST), f"forgotten: {peer(ringfence)}")
        call(pbx, first, NUMBER, f"@{CARRIER}")
        hang_up(pbx, first)
        server.manner = "honest"
        check(until(lambda: peer(ringfence)["resolved"] == "good", 2 * PATIENCE, pause=0.2),
              f"not asked again: {peer(ringfence)}")


def running_process(ringfence, role):
    return {name.rsplit("-", 1)[-1]: number for name, number in ringfence.children().items()}.get(role, 0)


@test("when no name server answers the last good answer goes on, outlives processes, and doctor tells it")
def names_die(cast):
    die(cast.folder, True)
    fails("where a server says that the name is gone", die, cast.folder + "-off", False, 5)


def lie(folder, manner):
    with Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, Trunk(FIRST, OUTSIDE_ADDRESS) as first, \
            Trunk(NameServer.LIAR, OUTSIDE_ADDRESS) as liar, stage(folder, PLAIN) as (ringfence, server):
        await_targets(ringfence, udp(FIRST))
        server.manner = manner
        asked = len(server.asked)
        check(until(lambda: len(server.asked) >= asked + 3, PATIENCE, pause=0.1), "it is not asked any more")
        check(until(lambda: peer(ringfence)["resolved"] != "good" or targets(ringfence) != udp(FIRST), PATIENCE,
                    pause=0.1), f"the lie was not noticed: {peer(ringfence)}")
        check(targets(ringfence) == udp(FIRST), f"the lie was believed: {peer(ringfence)}")
        check(not is_served(liar), "the liar is taken for the carrier")
        call(pbx, first, NUMBER, f"@{CARRIER}")
        hang_up(pbx, first)


@test("a reply with another number, question or owner, or without sense, changes nothing")
def names_lied(cast):
    for manner in ("wrong number", "wrong question", "wrong owner", "noise"):
        lie(os.path.join(cast.folder, manner.replace(" ", "-")), manner)
    fails("with a reply that is whole", lie, cast.folder + "-off", "many")


def long_answer(folder, is_too_long, patience=PATIENCE):
    zone = {(CARRIER, A): [FIRST] + ([f"127.1.{i // 200}.{1 + i % 200}" for i in range(900)] if is_too_long else [])}
    with Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, Trunk(FIRST, OUTSIDE_ADDRESS) as first, \
            stage(folder, zone) as (ringfence, server):
        check(until(lambda: len(targets(ringfence)) == 8, patience, pause=0.1), f"{peer(ringfence)}")
        check(server.over_tcp > 0, "TCP was not asked")
        check(is_served(first), "an address that stands in the answer is nobody's")
        server.zone = {(CARRIER, CNAME): ["loop.carrier.example"], ("loop.carrier.example", CNAME): [CARRIER]}
        check(until(lambda: peer(ringfence)["resolved"] == "stale", PATIENCE, pause=0.2),
              f"a circle is taken for an answer: {peer(ringfence)}")
        check(len(targets(ringfence)) == 8, f"{peer(ringfence)}")
        check(running_process(ringfence, "outreach") and "starts\": 2" not in ringfence.ask("-o", "json", "status")[1],
              "a process ended")
        check(not pbx.asked, "")


@test("an answer of 900 addresses comes over TCP and eight count; a circle of aliases is no answer")
def names_long(cast):
    long_answer(cast.folder, True)
    fails("with a short answer", long_answer, cast.folder + "-off", False, 5)


def by_tcp(folder, zone, patience=PATIENCE):
    with Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, socket.socket() as listener, \
            stage(folder, zone, outside_more=f"tcp {OUTSIDE_ADDRESS}:5060") as (ringfence, _):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((FIRST, 5070))
        listener.listen()
        listener.settimeout(8)
        await_targets(ringfence, [("tcp", f"{FIRST}:5070")], patience)
        pbx.invite(NUMBER)
        connection, _ = listener.accept()
        connection.settimeout(8)
        with connection:
            heard = connection.recv(65535).decode()
        check(heard.startswith(f"INVITE sip:{NUMBER}@{CARRIER}") and "SIP/2.0/TCP" in heard, heard)


@test("where DNS says TCP and a port, the call goes over a connection to that port")
def names_tcp(cast):
    zone = {(f"_sip._tcp.{CARRIER}", SRV): [(1, 1, 5070, "a.carrier.example")], ("a.carrier.example", A): [FIRST]}
    by_tcp(cast.folder, zone)
    fails("where it says UDP", by_tcp, cast.folder + "-off",
          {(f"_sip._udp.{CARRIER}", SRV): zone[(f"_sip._tcp.{CARRIER}", SRV)], ("a.carrier.example", A): [FIRST]}, 5)


def answers(trunk):
    """OPTIONS that come within a moment."""
    with contextlib.suppress(Failure):
        trunk.hear("nothing else", 0.5)
    return trunk.asked > 0


def check_each(folder, more, patience=2 * PATIENCE):
    with Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, Trunk(SECOND, OUTSIDE_ADDRESS) as second, \
            stage(folder, ZONE, more=more) as (ringfence, _):
        await_targets(ringfence, udp(FIRST, SECOND))
        # Nobody is at the first. A call goes to the second at once.
        check(until(lambda: answers(second) and [row["state"] for row in peer(ringfence)["targets"]] ==
                    ["away", "answers"], patience), f"{peer(ringfence)}")
        check(peer(ringfence)["state"] == "answers", f"{peer(ringfence)}")
        call(pbx, second, NUMBER, f"@{CARRIER}")
        hang_up(pbx, second)


@test("each target of a name is asked by OPTIONS, and one that is away is passed over")
def names_checked(cast):
    check_each(cast.folder, "check-every 5s")
    fails("without check-every", check_each, cast.folder + "-off", "", 8)
