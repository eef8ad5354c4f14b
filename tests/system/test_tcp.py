# SPDX-License-Identifier: Apache-2.0
"""SIP over TCP: phones register and call by connections, and whoever abuses them is held off. Each
defence has a twin where it is switched off or not needed, which shows that the test can fail."""

from harness import check, test
from ringfence import INSIDE_ADDRESS, OUTSIDE_ADDRESS
from stage import Stage
from stream import Stream, StreamPhone, is_request

CALLER, CALLEE = "200", "210"
PHONES = "127.0.0.30", "127.0.0.31"


def tcp_stage(cast, *users, peer_transport="udp", connections="", **changes):
    more = f"connections {{ {connections} }}\n" if connections else ""
    return Stage(cast, users or (CALLER, CALLEE), outside_more=f"\n    tcp {OUTSIDE_ADDRESS}:5060",
                 inside_more=f"\n    tcp {INSIDE_ADDRESS}:5060", peer_more=f"transport {peer_transport}",
                 more=more + changes.pop("more", ""), **changes)


def phone(stage, user, address):
    return StreamPhone(address, OUTSIDE_ADDRESS, user, stage.users[user])


def call_and_hang_up(caller, callee):
    call = caller.call(callee.user, callee.take_call)
    check(callee.stream.await_message(is_request("ACK")), "no ACK came over the callee's connection")
    bye = caller.request("BYE", call["target"], call, cseq=3, to_tag=call["to_tag"])
    caller.stream.send(bye)
    came = callee.stream.await_message(is_request("BYE"))
    check(came, "no BYE came over the callee's connection")
    callee.answer(came, 200, "OK")
    done = caller.stream.await_message(lambda m: m.code >= 200)
    check(done and done.code == 200, f"BYE was answered {done and done.code}")


def registers_and_calls(cast, peer_transport):
    stage = tcp_stage(cast, peer_transport=peer_transport).start(has_tcp=peer_transport == "tcp")
    with phone(stage, CALLER, PHONES[0]) as caller, phone(stage, CALLEE, PHONES[1]) as callee:
        caller.must_register()
        callee.must_register()
        rows = stage.ringfence.rows("registrations", "list")
        check(len(rows) == 2, f"two phones are registered, the list has {rows}")
        call_and_hang_up(caller, callee)
        call_and_hang_up(callee, caller)
    return stage


@test("phones over TCP register and call each other, the PBX on UDP")
def tcp_phones_pbx_udp(cast):
    registers_and_calls(cast, "udp")


@test("phones over TCP register and call each other, the PBX on TCP over one connection of ours")
def tcp_phones_pbx_tcp(cast):
    registers_and_calls(cast, "tcp")
