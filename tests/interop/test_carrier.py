# SPDX-License-Identifier: Apache-2.0
"""Carriers by mutual TLS whose audio is protected: Kamailio with its module tls, and SIPp behind a TLS
bridge. Each and a PBX of one phone, which knows plain SIP and RTP alone, call each other; the wire before
the carrier shows neither, and the same watch finds both before the PBX. With what protects taken away,
piece by piece, nobody is called or the watch finds the audio."""

from baresip import CONFIG, Baresip
from bridge import BridgedSipp
from carrier import Carrier
from certificates import Authority
from harness import Skip, check, test
from hosts import Host, ip
from office import INSIDE, OUTSIDE, PBX_AT, expect
from process import until
from ringfence import Ringfence, is_built
from secure_phone import RECORDING, RecordingBaresip, Wire, check_protected
from tones import Ears

CARRIER_AT, SUBSCRIBER_AT = "192.0.2.66", "192.0.2.67"
NAME, PEER = "sip.example.com", "sbc.carrier.example"
NUMBER, SUBSCRIBER = "+441512960123", "00353155512345"
TONES = 500, 800

MORE = """\
certificate main {{ chain {chain}  key file:{key} }}
peer carrier {{
    kind carrier
    side outside
    address sips:{at}:5061
    signalling mutual-tls  name {name}  authority {authority}  revoked {revoked}
    from 192.0.2.64/28
    {words}
}}
route {{ from office  to carrier }}
route {{ number +441512960000-0999  from carrier  to office }}
"""

PLAIN_ACCOUNT = ('<sip:{user}@{domain}>;outbound="sip:{proxy}:5060";regint=0;audio_codecs=pcmu;'
                 "answermode={answers};ptime=20\n")


def reached_by_address(configuration):
    return configuration.replace("net_interface eth0", "net_interface {address}")


class PlainPhone(Baresip):
    """Registers nowhere: calls go to it as to a gateway."""

    configuration, account = reached_by_address(CONFIG), PLAIN_ACCOUNT


class KeyedPhone(RecordingBaresip):
    """The same, whose audio is under keys that its descriptions tell."""

    configuration = reached_by_address(RECORDING).replace("module aufile.so", "module aufile.so\nmodule srtp.so")
    account = PLAIN_ACCOUNT.replace("ptime=20", "ptime=20;mediaenc=srtp-mand")


class Place:
    def __init__(self, host, address):
        self.enter, self.interface, self.address = host.enter, host.interface, address
        self.ears = Ears(host.interface, address)


class Trunk:
    """PBX -- Ringfence -- carrier."""

    def __init__(self, cast, is_forged=False, words="media srtp required"):
        if not is_built():
            raise Skip("the program is not built yet")
        authority = Authority(cast.folder)
        own = authority.issue("main", [f"DNS:{NAME}", f"IP:{OUTSIDE}"])
        signer = Authority(cast.folder, "stranger") if is_forged else authority
        pair = signer.issue("carrier", [f"DNS:{PEER}"])
        ip("address", "replace", OUTSIDE + "/32", "dev", "lo")
        self.cast, inside = cast, Host(cast, "pbx", [PBX_AT + "/24"], [INSIDE + "/24"])
        self.outside = Host(cast, "carrier", [CARRIER_AT + "/28", SUBSCRIBER_AT + "/28"], ["192.0.2.65/28"])
        # The phone's audio goes by a socket that is bound to no address.
        ip("route", "add", "default", "via", "192.0.2.65", "src", SUBSCRIBER_AT, inside=self.outside.enter)
        self.wire = Wire(self.outside.interface, CARRIER_AT, SUBSCRIBER_AT, OUTSIDE)
        self.clear = Wire(inside.interface, PBX_AT, INSIDE)
        self.begins_carrier(pair, authority.certificate)
        self.ringfence = Ringfence(cast, outside=OUTSIDE, inside=INSIDE, pbx=PBX_AT,
                                   outside_more=f"\n    tls {OUTSIDE}:5061  certificate main",
                                   more=MORE.format(chain=own[0], key=own[1], at=CARRIER_AT, name=PEER, words=words,
                                                    authority=authority.certificate, revoked=authority.list))
        self.ringfence.start()
        self.pbx = PlainPhone(cast, Place(inside, PBX_AT), NUMBER, "-", TONES[0])
        self.pbx.start(INSIDE, INSIDE)

    def refusals(self):
        return [line.rsplit("(", 1)[1].rstrip(")") for line in self.ringfence.process.log().splitlines() if "tls refused" in line]

    def ends(self):
        check(until(lambda: not self.ringfence.rows("calls", "list", "--live"), 10, pause=0.2), "a call is left")

    def check_refused(self):
        check(self.refusals() and set(self.refusals()) <= {"unknown-authority"}, f"refused as {self.refusals()}")
        check(not self.ringfence.rows("calls", "list", "--live"), "a call is left")
        self.wire.listen()
        check(not self.wire.frames(), "audio went out")


class KamailioTrunk(Trunk):
    """With one subscriber behind the carrier."""

    kind = KeyedPhone

    def begins_carrier(self, pair, authority):
        self.carrier = Carrier(self.cast, self.outside, address=CARRIER_AT, phone=SUBSCRIBER_AT, user=SUBSCRIBER,
                               border=OUTSIDE, pair=pair, authority=authority).start()
        self.subscriber = self.kind(self.cast, Place(self.outside, SUBSCRIBER_AT), SUBSCRIBER, "-", TONES[1])
        self.subscriber.start(CARRIER_AT, CARRIER_AT)

    def hear_each_other(self):
        for listener, speaker in ((self.pbx, self.subscriber), (self.subscriber, self.pbx)):
            before = listener.heard(speaker.tone)
            check(until(lambda: listener.heard(speaker.tone) >= before + 1, 20, pause=0.3),
                  f"{listener.user} does not hear {speaker.user}")

    def talk(self):
        for caller, callee in ((self.pbx, self.subscriber), (self.subscriber, self.pbx)):
            expect(lambda: caller.call(callee.user), talked=(self.pbx, self.subscriber))
            self.hear_each_other()
            expect(callee.hang_up, ended=(self.pbx, self.subscriber))
            self.ends()
        check(self.carrier.calls() == 1, f"{self.carrier.calls()} calls came to it over TLS")
        check(not self.refusals(), f"it was refused: {self.refusals()}")


class PlainKamailioTrunk(KamailioTrunk):
    kind = PlainPhone


class BridgeTrunk(Trunk):
    def begins_carrier(self, pair, authority):
        self.sipp = BridgedSipp(self.cast, self.outside, address=CARRIER_AT, user=SUBSCRIBER, tone=TONES[1],
                                hears=TONES[0], border=OUTSIDE, pair=pair, authority=authority)

    def hear_each_other(self):
        before = self.pbx.heard(TONES[1])
        check(until(lambda: self.sipp.heard()[0] >= 1, 20, pause=0.3), f"SIPp's end does not hear the PBX: {self.sipp.heard()}")
        check(until(lambda: self.pbx.heard(TONES[1]) >= before + 1, 20, pause=0.3), "the PBX does not hear SIPp's end")
        check(self.sipp.heard()[1] == 0, f"{self.sipp.heard()[1]} packets were not authentic")

    def talk(self):
        for is_called in (False, True):
            if is_called:
                self.sipp.answers()
                expect(lambda: self.pbx.call(SUBSCRIBER), talked=(self.pbx,))
            else:
                expect(lambda: self.sipp.call(NUMBER), talked=(self.pbx,))
            check(until(self.sipp.talks, 20), f"SIPp does not talk, see {self.sipp.log_path}")
            self.hear_each_other()
            expect(self.pbx.hang_up, ended=(self.pbx,))
            check(until(self.sipp.is_over, 20), f"SIPp's call did not end well, see {self.sipp.log_path}")
            self.sipp.ends()
            self.ends()
        check(not self.refusals(), f"it was refused: {self.refusals()}")


@test("Kamailio as a carrier by mutual TLS, its audio SRTP: called by the PBX and calling it, each heard; no SIP and no "
      "audio in clear between")
def carrier_mutual(cast):
    trunk = KamailioTrunk(cast)
    trunk.talk()
    check_protected(trunk.wire, trunk.clear, TONES)


@test("the same carrier where SRTP is forbidden and its subscriber speaks plain RTP: the same watch finds the audio of both")
def carrier_plain_audio(cast):
    trunk = PlainKamailioTrunk(cast, words="media srtp forbidden")
    trunk.talk()
    trunk.wire.listen()
    check(not trunk.wire.shown(), f"SIP stood in clear before the carrier: {trunk.wire.shown()[:1]}")
    for tone in TONES:
        check(trunk.wire.seconds([tone]) > 1, f"the tone of {tone} Hz was not found")


@test("the same carrier where SRTP is required and its subscriber speaks plain RTP: no call, and no packet of audio goes out")
def carrier_unkeyed(cast):
    trunk = PlainKamailioTrunk(cast)
    for caller in (trunk.pbx, trunk.subscriber):
        expect(lambda: caller.call(NUMBER if caller is trunk.subscriber else SUBSCRIBER), ended=(caller,), seconds=60)
    check(trunk.pbx.talked() == trunk.subscriber.talked() == 0, "somebody talked")
    trunk.wire.listen()
    check(not trunk.wire.frames(), f"{len(trunk.wire.frames())} packets of audio went out")
    trunk.ends()


@test("Kamailio with another authority's certificate, the name being right: no call comes and none goes, and the reason is told")
def carrier_forged(cast):
    trunk = KamailioTrunk(cast, is_forged=True)
    for caller in (trunk.pbx, trunk.subscriber):
        expect(lambda: caller.call(NUMBER if caller is trunk.subscriber else SUBSCRIBER), ended=(caller,), seconds=60)
    check(trunk.pbx.talked() == trunk.subscriber.talked() == 0, "somebody talked")
    check(trunk.carrier.calls() == 0, "a call came to the carrier")
    trunk.check_refused()


@test("SIPp behind a TLS bridge, its audio SRTP: calls the PBX and is called by it, each heard; no SIP and no audio in clear "
      "between")
def bridge_mutual(cast):
    trunk = BridgeTrunk(cast)
    trunk.talk()
    check_protected(trunk.wire, trunk.clear, TONES)


@test("SIPp behind a TLS bridge with another authority's certificate: no call comes and none goes, and the reason is told")
def bridge_forged(cast):
    trunk = BridgeTrunk(cast, is_forged=True)
    trunk.sipp.call(NUMBER)
    check(until(trunk.refusals, 20), "nothing was refused")
    check(not trunk.sipp.talks(), "SIPp talks")
    trunk.sipp.ends()
    trunk.sipp.answers()
    expect(lambda: trunk.pbx.call(SUBSCRIBER), ended=(trunk.pbx,), seconds=60)
    check(trunk.pbx.talked() == 0 and not trunk.sipp.talks(), "somebody talked")
    trunk.check_refused()
