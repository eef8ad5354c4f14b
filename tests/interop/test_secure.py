# SPDX-License-Identifier: Apache-2.0
"""Phones that register over TLS and protect their audio call and are called by one that does neither,
at PBXs of plain SIP and RTP; their wire shows neither, and the same watch finds both on the other's."""

import functools

from certificates import Authority
from harness import check, test
from hosts import ip
from office import INSIDE, OUTSIDE, PBX_AT, TONES, Kamailio, Office, expect
from pbx import DOMAIN
from ringfence import Ringfence
from secure_phone import DeskPhone, SecureBaresip, Wire, check_protected
from tones import Ears

NAME, DESK_AT = "sip.example.com", "10.9.0.50"


def open_office(cast, version, protection, words=""):
    """(office, kind of phone)."""
    authority = Authority(cast.folder)
    chain, key = authority.issue("main", [f"DNS:{NAME}", f"DNS:{DOMAIN}", f"IP:{OUTSIDE}"], use="serverAuth")
    border = Ringfence(cast, outside=OUTSIDE, inside=INSIDE, pbx=PBX_AT, subscribers_more=words,
                       peer_more="media-from 10.9.0.0/24", outside_more=f"\n    tls {OUTSIDE}:5061  certificate main",
                       more=f"certificate main {{ chain {chain}  key file:{key} }}\n")
    return Office(cast, version, border=border), functools.partial(
        SecureBaresip, authority=authority.certificate, protection=protection)


class Desk:
    """Another address in the PBX's host."""

    def __init__(self, office):
        ip("address", "add", DESK_AT + "/24", "dev", "eth0", inside=office.inside.enter)
        if isinstance(office.pbx, Kamailio):
            # The phone's audio goes by a socket that is bound to no address; Asterisk's would too.
            ip("route", "add", INSIDE + "/32", "dev", "eth0", "src", DESK_AT, inside=office.inside.enter)
        self.enter, self.interface, self.address = office.inside.enter, office.inside.interface, DESK_AT
        self.ears = Ears(self.interface, DESK_AT)


def desk_phone(office, user):
    """Registers at the PBX itself."""
    phone = DeskPhone(office.cast, Desk(office), user, office.users[user], TONES[user])
    phone.start(PBX_AT, DOMAIN)
    phone.waits_registered()
    office.phones[user] = phone
    return phone


def secure_phone(office, kind, user):
    """(phone, its wire from the first byte on)."""
    host = office.host(user)
    wire = Wire(host.interface, host.address, OUTSIDE)
    phone = kind(office.cast, host, user, office.users[user], TONES[user])
    phone.start(OUTSIDE, DOMAIN)
    phone.waits_registered()
    office.phones[user] = phone
    return phone, wire


def talk(office, kind, directions):
    """A call each way that is asked for, each heard; then what the wires show."""
    clear = Wire(office.inside.interface, PBX_AT, DESK_AT, INSIDE)
    phone, wire = secure_phone(office, kind, "200")
    other = desk_phone(office, "201")
    for way in directions:
        caller, callee = (phone, other) if way == "out" else (other, phone)
        expect(lambda one=caller, called=callee: one.call(called.user), talked=(phone, other))
        office.hear_each_other(phone, other)
        expect(callee.hang_up, ended=(phone, other))
        office.ends()
    check_protected(wire, clear, [phone.tone, other.tone])
    return phone


@test("baresip over TLS with SDES calls a desk phone at Kamailio: both heard, nothing in clear on its wire", fails_bare=True)
def secure_sdes_calls(cast):
    office, kind = open_office(cast, "kamailio", "srtp-mand")
    talk(office, kind, ["out"])


@test("baresip over TLS with SDES where it is required: calls and is called by a desk phone at Kamailio", fails_bare=True)
def secure_sdes_required(cast):
    office, kind = open_office(cast, "kamailio", "srtp-mand", words="media srtp required")
    talk(office, kind, ["out", "in"])


@test("baresip over TLS with SDES where it is required: calls and is called at Asterisk 22, which hears it", fails_bare=True)
def secure_sdes_asterisk(cast):
    office, kind = open_office(cast, "22", "srtp-mand", words="media srtp required")
    phone = talk(office, kind, ["out", "in"])
    check(office.at_pbx.heard(phone.tone) > 0.5, "the PBX did not carry the phone's audio")


@test("baresip that takes RTP/SAVP alone is called where SRTP is preferred", fails_bare=True)
def secure_sdes_called(cast):
    office, kind = open_office(cast, "kamailio", "srtp-mand")
    talk(office, kind, ["in"])


def check_shaken(office, count):
    counted = office.ringfence.counters()["dtls_agreed"]
    check(counted == count, f"{counted} handshakes")


@test("baresip over TLS with DTLS-SRTP calls a desk phone at Kamailio: both heard, nothing in clear on its wire", fails_bare=True)
def secure_dtls_calls(cast):
    office, kind = open_office(cast, "kamailio", "dtls_srtp")
    talk(office, kind, ["out"])
    check_shaken(office, 1)


@test("baresip over TLS with DTLS-SRTP calls a desk phone at Asterisk 22, which hears it", fails_bare=True)
def secure_dtls_asterisk(cast):
    office, kind = open_office(cast, "22", "dtls_srtp")
    phone = talk(office, kind, ["out"])
    check(office.at_pbx.heard(phone.tone) > 0.5, "the PBX did not carry the phone's audio")
    check_shaken(office, 1)


@test("baresip over TLS with DTLS-SRTP is called by a desk phone", fails_bare=True)
def secure_dtls_called(cast):
    office, kind = open_office(cast, "kamailio", "dtls_srtp")
    talk(office, kind, ["in"])


def check_refused(cast, protection):
    """Where SRTP is forbidden the same phone calls nobody and is called by nobody, and no packet of audio goes out."""
    office, kind = open_office(cast, "kamailio", protection, words="media srtp forbidden")
    phone, wire = secure_phone(office, kind, "200")
    other = desk_phone(office, "201")
    for caller, callee in ((phone, other), (other, phone)):
        expect(lambda one=caller, called=callee: one.call(called.user), ended=(caller,))
    check(phone.talked() == other.talked() == 0, "somebody talked")
    office.ends()
    wire.listen()
    check(not wire.frames(), f"{len(wire.frames())} packets of audio went out")


@test("baresip over TLS with SDES where SRTP is forbidden: no call, and no packet of audio")
def secure_sdes_off(cast):
    check_refused(cast, "srtp-mand")


@test("baresip over TLS with DTLS-SRTP where SRTP is forbidden: no call, and no packet of audio")
def secure_dtls_off(cast):
    check_refused(cast, "dtls_srtp")
