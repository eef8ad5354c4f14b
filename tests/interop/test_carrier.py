# SPDX-License-Identifier: Apache-2.0
"""Kamailio as a carrier by mutual TLS: its subscriber and a PBX of one phone call each other over it; shown
another authority's certificate, neither gets through, and each hears so."""

from baresip import CONFIG, Baresip
from carrier import Carrier
from certificates import Authority
from harness import Skip, check, test
from hosts import Host, ip
from office import INSIDE, OUTSIDE, PBX_AT, expect
from process import until
from ringfence import Ringfence, is_built
from secure_phone import WORDS
from tones import Ears

CARRIER_AT, SUBSCRIBER_AT = "192.0.2.66", "192.0.2.67"
NAME, PEER = "sip.example.com", "sbc.carrier.example"
NUMBER, SUBSCRIBER = "+441512960123", "00353155512345"

MORE = """\
certificate main {{ chain {chain}  key file:{key} }}
peer carrier {{
    kind carrier
    side outside
    address sips:{at}:5061
    signalling mutual-tls  name {name}  authority {authority}  revoked {revoked}
    from 192.0.2.64/28
    check-every 5s
}}
route {{ from office  to carrier }}
route {{ number +441512960000-0999  from carrier  to office }}
"""


class PlainPhone(Baresip):
    """Registers nowhere: calls go to it as to a gateway."""

    configuration = CONFIG.replace("net_interface eth0", "net_interface {address}")
    account = ('<sip:{user}@{domain}>;outbound="sip:{proxy}:5060";regint=0;audio_codecs=pcmu;'
               "answermode={answers};ptime=20\n")


class Place:
    def __init__(self, host, address):
        self.enter, self.interface, self.address = host.enter, host.interface, address
        self.ears = Ears(host.interface, address)


class Trunk:
    """PBX -- Ringfence -- carrier -- subscriber."""

    def __init__(self, cast, is_forged=False):
        if not is_built():
            raise Skip("the program is not built yet")
        authority = Authority(cast.folder)
        own = authority.issue("main", [f"DNS:{NAME}", f"IP:{OUTSIDE}"])
        signer = Authority(cast.folder, "stranger") if is_forged else authority
        pair = signer.issue("carrier", [f"DNS:{PEER}"])
        ip("address", "replace", OUTSIDE + "/32", "dev", "lo")
        inside = Host(cast, "pbx", [PBX_AT + "/24"], [INSIDE + "/24"])
        outside = Host(cast, "carrier", [CARRIER_AT + "/28", SUBSCRIBER_AT + "/28"], ["192.0.2.65/28"])
        # The phone's audio goes by a socket that is bound to no address.
        ip("route", "add", "default", "via", "192.0.2.65", "src", SUBSCRIBER_AT, inside=outside.enter)
        self.wire = [Ears(outside.interface, address, WORDS) for address in (CARRIER_AT, OUTSIDE)]
        self.clear = Ears(inside.interface, PBX_AT, WORDS)
        self.carrier = Carrier(cast, outside, address=CARRIER_AT, phone=SUBSCRIBER_AT, user=SUBSCRIBER, border=OUTSIDE,
                               pair=pair, authority=authority.certificate).start()
        self.ringfence = Ringfence(cast, outside=OUTSIDE, inside=INSIDE, pbx=PBX_AT,
                                   outside_more=f"\n    tls {OUTSIDE}:5061  certificate main",
                                   more=MORE.format(chain=own[0], key=own[1], at=CARRIER_AT, name=PEER,
                                                    authority=authority.certificate, revoked=authority.list))
        self.ringfence.start()
        self.pbx = PlainPhone(cast, Place(inside, PBX_AT), NUMBER, "-", 500)
        self.pbx.start(INSIDE, INSIDE)
        self.subscriber = PlainPhone(cast, Place(outside, SUBSCRIBER_AT), SUBSCRIBER, "-", 800)
        self.subscriber.start(CARRIER_AT, CARRIER_AT)

    def refusals(self):
        return [line.rsplit("(", 1)[1].rstrip(")") for line in self.ringfence.process.log().splitlines() if "tls refused" in line]

    def hear_each_other(self):
        for listener, speaker in ((self.pbx, self.subscriber), (self.subscriber, self.pbx)):
            before = listener.heard(speaker.tone)
            check(until(lambda: listener.heard(speaker.tone) >= before + 1, 20, pause=0.3),
                  f"{listener.user} does not hear {speaker.user}")


@test("Kamailio as a carrier by mutual TLS: called by the PBX and calling it, each heard; no SIP in clear between")
def carrier_mutual(cast):
    trunk = Trunk(cast)
    for caller, callee in ((trunk.pbx, trunk.subscriber), (trunk.subscriber, trunk.pbx)):
        expect(lambda: caller.call(callee.user), talked=(trunk.pbx, trunk.subscriber))
        trunk.hear_each_other()
        expect(callee.hang_up, ended=(trunk.pbx, trunk.subscriber))
        check(until(lambda: not trunk.ringfence.rows("calls", "list", "--live"), 10, pause=0.2), "a call is left")
    check(trunk.carrier.calls() == 1, f"{trunk.carrier.calls()} calls came to it over TLS")
    check(not trunk.refusals(), f"it was refused: {trunk.refusals()}")
    trunk.clear.listen()
    check(trunk.clear.shown, "the watch is deaf: it found no SIP before the PBX")
    for way in trunk.wire:
        way.listen()
        check(not way.shown, f"SIP stood in clear before the carrier: {way.shown[:1]}")


@test("Kamailio with another authority's certificate, the name being right: no call comes and none goes, and the reason is told")
def carrier_forged(cast):
    trunk = Trunk(cast, is_forged=True)
    for caller in (trunk.pbx, trunk.subscriber):
        expect(lambda: caller.call(NUMBER if caller is trunk.subscriber else SUBSCRIBER), ended=(caller,), seconds=60)
    check(trunk.pbx.talked() == trunk.subscriber.talked() == 0, "somebody talked")
    check(trunk.carrier.calls() == 0, "a call came to the carrier")
    check(trunk.refusals() and set(trunk.refusals()) <= {"unknown-authority"}, f"refused as {trunk.refusals()}")
    check(not trunk.ringfence.rows("calls", "list", "--live"), "a call is left")
