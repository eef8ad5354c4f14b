# SPDX-License-Identifier: Apache-2.0
"""A phone that protects its audio by DTLS-SRTP, its signalling in the clear, calls and is called by one of
plain RTP, at a PBX that knows plain RTP alone."""

import re
import socket
import threading

from baresip import ACCOUNT
from harness import check, test
from office import INSIDE, OUTSIDE, PBX_AT, Office, expect
from process import until
from ringfence import Ringfence
from secure_phone import RECORDING, RecordingBaresip, Wire


class ShakingBaresip(RecordingBaresip):
    program = "baresip with DTLS-SRTP"
    configuration = RECORDING.replace("module aufile.so", "module aufile.so\nmodule dtls_srtp.so")
    account = ACCOUNT.replace("ptime=20", "ptime=20;mediaenc=dtls_srtp")


def counters(office):
    return office.ringfence.counters()


def office_of(cast, **changes):
    office = Office(cast, "kamailio", has_direct_media=False, **changes)
    return office, office.phone("200", ShakingBaresip), office.phone("201")


@test("baresip with DTLS-SRTP calls a phone of plain RTP and is heard, and hears", fails_bare=True)
def dtls_call(cast):
    office, shaking, plain = office_of(cast)
    expect(lambda: shaking.call(plain.user), talked=(shaking, plain))
    office.hear_each_other(shaking, plain)
    expect(shaking.hang_up, ended=(shaking, plain))
    office.ends()
    check(counters(office)["dtls_agreed"] == 1, f"handshakes: {counters(office)['dtls_agreed']}")
    shaking.host.ears.listen()
    check(shaking.host.ears.heard(plain.tone) == 0, "audio went to the phone in the clear")


@test("baresip with DTLS-SRTP is called by a phone of plain RTP: it refuses RTP/AVP, is asked again with a handshake, is heard and "
      "hears", fails_bare=True)
def dtls_called(cast):
    office, shaking, plain = office_of(cast)
    wire = Wire(shaking.host.interface, shaking.host.address, OUTSIDE)
    expect(lambda: plain.call(shaking.user), talked=(shaking, plain))
    office.hear_each_other(shaking, plain)
    expect(plain.hang_up, ended=(shaking, plain))
    office.ends()
    told = counters(office)
    check(told["dtls_agreed"] == 1 and told["calls_offered_again"] == 1,
          f"handshakes: {told['dtls_agreed']}, offered again: {told['calls_offered_again']}")
    wire.listen()
    check(len(wire.frames()) > 50, f"no audio went over the wire that is protected: {len(wire.frames())} packets")
    check(wire.seconds([plain.tone, shaking.tone]) == 0, "audio went over the phone's wire in the clear")
    print(f"     {len(wire.frames())} packets of audio on the phone's wire, no tone among them", flush=True)


@test("the same phone where SRTP is forbidden is asked once, refuses, and nobody talks")
def dtls_called_off(cast):
    office, shaking, plain = office_of(cast, border=Ringfence(
        cast, outside=OUTSIDE, inside=INSIDE, pbx=PBX_AT, subscribers_more="media srtp forbidden"))
    expect(lambda: plain.call(shaking.user), ended=(plain,))
    check(plain.talked() == shaking.talked() == 0, "somebody talked")
    told = counters(office)
    check(told["dtls_agreed"] == told["calls_offered_again"] == 0, "it was asked again")
    office.ends()


class Meddler:
    """On the way of a phone's signalling: another certificate in what the phone says of its own."""

    def __init__(self, port):
        self.near, self.far = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self.near.bind((OUTSIDE, port))
        self.far.connect((OUTSIDE, 5060))
        self.phone = None
        for work in (self.pass_in, self.pass_out):
            threading.Thread(target=work, daemon=True).start()

    def pass_in(self):
        while True:
            data, self.phone = self.near.recvfrom(65536)
            self.far.send(re.sub(rb"(?i)(a=fingerprint:sha-256 )(..)",
                                 lambda found: found[1] + (b"00" if found[2] != b"00" else b"01"), data))

    def pass_out(self):
        while True:
            self.near.sendto(self.far.recv(65536), self.phone)


class MeddledBaresip(ShakingBaresip):
    account = ShakingBaresip.account.replace(":5060", ":5070")


@test("a phone that shows another certificate than its description names is heard by nobody, and hears nobody")
def dtls_mismatch(cast):
    office = Office(cast, "kamailio", has_direct_media=False)
    Meddler(5070)
    shaking, plain = office.phone("200", MeddledBaresip), office.phone("201")
    shaking.call(plain.user)
    check(until(lambda: counters(office)["dtls_wrong_certificate"] > 0, 20), "no certificate was found wrong")
    check(counters(office)["dtls_agreed"] == 0, "a handshake gave keys")
    check(plain.heard(shaking.tone) == 0 and shaking.heard(plain.tone) == 0, "somebody was heard")
