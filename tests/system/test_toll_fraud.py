# SPDX-License-Identifier: Apache-2.0
"""Those who look for a way to dial at our expense are told; those who misdial are not."""

from harness import check, test
from pbx import DOMAIN
from process import until
from sip_text import Wire, token
from stage import Stage

HUNTER, DIALLER = "127.0.0.66", "127.0.0.67"
CALLER, CALLEE = "200", "210"
PREFIXES = ("00", "900", "011", "9011", "810", "000", "1010999011")
NUMBER = "442079460123"


def office(cast):
    return Stage(cast, (CALLER, CALLEE)).start()


def invite(address, port, number):
    """An INVITE shaped as a common softphone writes it, without credentials."""
    lines = [
        f"INVITE sip:{number}@{DOMAIN} SIP/2.0",
        f"Via: SIP/2.0/UDP {address}:{port};branch=z9hG4bK{token(12)};rport",
        "Max-Forwards: 70",
        f"From: <sip:100@{DOMAIN}>;tag={token()}",
        f"To: <sip:{number}@{DOMAIN}>",
        f"Call-ID: {token(20)}",
        "CSeq: 1 INVITE",
        f"Contact: <sip:100@{address}:{port}>",
        "Content-Length: 0",
        "",
        "",
    ]
    return "\r\n".join(lines)


def verdicts(stage, address):
    return [row for row in stage.ringfence.rows("incidents", "list")
            if address in str(row) and "toll-fraud" in str(row)]


@test("who tries prefixes of one number is told as toll fraud, though nothing proves him")
def hunter_told(cast):
    stage = office(cast)
    with Wire(HUNTER, (stage.address, 5060)) as wire:
        for prefix in PREFIXES:
            wire.send(invite(wire.address, wire.port, prefix + NUMBER))
        check(until(lambda: verdicts(stage, HUNTER), 5), "no incident tells of toll fraud")
        check(wire.receive(0.2) is None, "a stranger's INVITE was answered over UDP")
    check(not stage.is_blocked(HUNTER), "what anybody could have sent has blocked an address")


@test("who misdials without the outside line is told as nothing")
def misdialler_untold(cast):
    stage = office(cast)
    with Wire(DIALLER, (stage.address, 5060)) as wire, Wire(HUNTER, (stage.address, 5060)) as other:
        for prefix in ("0", "90"):
            wire.send(invite(wire.address, wire.port, prefix + NUMBER[2:]))
        for prefix in PREFIXES:
            other.send(invite(other.address, other.port, prefix + NUMBER))
        check(until(lambda: verdicts(stage, HUNTER), 5), "no incident tells of toll fraud")
    check(not verdicts(stage, DIALLER), "who misdialled is told as a fraud")
