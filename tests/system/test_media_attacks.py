# SPDX-License-Identifier: Apache-2.0
"""Attacks on calls that stand, by who is no end of them: nothing goes to a stranger, nothing comes from him, and no
call ends. Where Ringfence is not, or its guard is off, the same attacks come through."""

import os
import select
import socket
import struct
import threading
import time
import types

import harness
import test_routes
from capture import UDP, Capture
from certificates import Authority
from dtls import HANDSHAKE, ShakingPhone, hello
from harness import check, test
from pbx import PBX_ADDRESS
from ringfence import INSIDE_ADDRESS, OUTSIDE_ADDRESS
from process import Failure, until
from softphone import Softphone, audio, bound, hang_up
from speech import STRANGER, Certificate
from srtp import FRAME, SrtpPhone
from stage import Stage
from stream import is_request
from test_tls import CALLEE, CALLER, NAME, PHONES, tls_stage
from tls_stream import client_context

PLACES = "127.0.0.70", "127.0.0.71"
PORTS = range(20000, 30000)
INJECTED = b"said by a stranger"
BYE_OF_RTCP = bytes([0x81, 203, 0, 1])
BINDING = struct.pack("!HHI", 1, 0, 0x2112A442) + b"twelve bytes"


def rtp(number, ssrc=b"EVIL"):
    head = bytes([0x80, 0]) + (number & 0xffff).to_bytes(2, "big") + (160 * number & 0xffffffff).to_bytes(4, "big")
    return head + ssrc + INJECTED.ljust(160, b"\xd5")


class NaiveRelay(threading.Thread):
    """What stands in Ringfence's place: two ports, each of which answers whoever spoke to it last."""

    def __init__(self):
        super().__init__(daemon=True)
        self.ends, self.last = [bound(OUTSIDE_ADDRESS, port) for port in PORTS[:4:2]], [None, None]
        self.start()

    def run(self):
        while True:
            for here in select.select(self.ends, [], [])[0]:
                number = self.ends.index(here)
                data, self.last[number] = here.recvfrom(65536)
                if self.last[1 - number]:
                    self.ends[1 - number].sendto(data, self.last[1 - number])


def begin(cast):
    """Both ends of a call through what is attacked, and Ringfence where it is there."""
    if harness.is_bare:
        relay = NaiveRelay()
        phones = [Softphone(place, OUTSIDE_ADDRESS, place, "") for place in PLACES]
        return [types.SimpleNamespace(phone=phone, hears_at=end.getsockname())
                for phone, end in zip(phones, relay.ends)], None
    stage = Stage(cast, (CALLER, CALLEE)).start()
    phones = [Softphone(place, stage.address, user, stage.users[user]) for user, place in zip((CALLER, CALLEE), PLACES)]
    for phone in phones:
        phone.register()
    return phones[0].call(phones[1]), stage.ringfence


def hear_each_other(one, other):
    heard = audio(one, other, 20.0)
    check(min(heard) >= 25, f"after it {heard} frames of each other were heard")


def spray(attacker, *kinds):
    for port in PORTS:
        for kind in kinds:
            attacker.sendto(kind, (OUTSIDE_ADDRESS, port))


def inject(attackers, ends):
    """To the very ports of the call, with what its ends say of themselves."""
    for number in range(200):
        for end in ends:
            address, port = end.hears_at
            ssrc = end.phone.stream.encode()[:4]
            for attacker in attackers:
                attacker.sendto(rtp(end.phone.frame + number % 50, ssrc), (address, port))
                attacker.sendto(BYE_OF_RTCP + ssrc, (address, port + number % 2))
    for end in ends:
        end.phone.speak(end.hears_at)


@test("a stranger sprays every port with RTP, RTCP and STUN, and injects beside a call with its own numbers: he gets no packet, nobody hears him, the call goes on",
      fails_bare=True)
def media_stranger(cast):
    (one, other), ringfence = begin(cast)
    strangers = [bound(STRANGER, 40000), *(bound(place, 41414) for place in PLACES)]
    with Capture(OUTSIDE_ADDRESS, INSIDE_ADDRESS) as capture:
        hear_each_other(one, other)
        spray(strangers[0], rtp(1))
        inject(strangers, (one, other))
        spray(strangers[0], BYE_OF_RTCP + b"EVIL", BINDING)
        hear_each_other(one, other)
        inject(strangers, (one, other))
        hear_each_other(one, other)
        taken = [made.getsockname() for made in strangers]
        check(not [p for p in capture.listen() if (p.to, p.to_port) in taken], "a stranger was sent packets")
        check(not [p for p in capture.packets if INJECTED in p.data], "what a stranger said went on")
        check(not [p for p in capture.packets if p.data[1] == 203], "a stranger's BYE of RTCP went on")
        check(len(capture.packets) > 100, "the capture is deaf")
    if ringfence:
        check(not ringfence.rows("calls", "list"), "a call ended")
        hang_up(one, other)
        check(ringfence.counters()["media_dropped_source"] > 100, "nothing was counted")


# ---- under keys ----

class PlainPhone(SrtpPhone):
    """The same without keys."""

    profile = "RTP/AVP"

    def description(self, tag, profile):
        return super().description(0, profile)

    def learn(self, body):
        super().learn(body)
        self.tag_chosen = 0

    def speak(self):
        self.audio.sendto(self.packet(), self.sent_to)

    def listen(self, whose):
        self.came = getattr(self, "came", [])
        while True:
            try:
                self.came.append(self.audio.recv(2048))
            except (BlockingIOError, ConnectionRefusedError):
                break
        heard = sum(packet[12:] == whose.place.encode().ljust(40) + FRAME for packet in self.came)
        self.strange += sum(INJECTED in packet for packet in self.came)
        self.came.clear()
        return heard


def drain(caller, callee, wanted=1 << 30):
    """What the callee hears of the caller until nothing more comes."""
    heard, quiet = 0, 0
    while quiet < 20 and heard < wanted:
        more = callee.listen(caller)
        heard, quiet = heard + more, 0 if more else quiet + 1
        time.sleep(0.01)
    return heard


def recorded(phone, count):
    """Speaks so often: what went over the wire."""
    sent, real = [], phone.audio
    phone.audio = types.SimpleNamespace(sendto=lambda data, where: (sent.append(data), real.sendto(data, where)))
    for _ in range(count):
        phone.speak()
        time.sleep(0.01)
    phone.audio = real
    return sent


def flood(made, where, datagram, count):
    """So many datagrams alike; the kernel cuts each write into 64."""
    made.setsockopt(socket.IPPROTO_UDP, 103, len(datagram))
    for _ in range(count // 64):
        made.sendto(datagram * 64, where)
    made.setsockopt(socket.IPPROTO_UDP, 103, 0)


def attack(caller, callee, count):
    """From the caller's own address: what was sent before, forged, cut and changed; then junk. What came of it."""
    for _ in range(3):
        recorded(caller, 10)
        drain(caller, callee)
    sent = recorded(caller, 30)
    drain(caller, callee)
    for packet in sent * 3 + sent[::-1]:
        caller.audio.sendto(packet, caller.sent_to)
        time.sleep(0.002)
    again = drain(caller, callee)
    for number, packet in enumerate(sent):
        changed = packet[:2] + (caller.frame + number + 1).to_bytes(2, "big") + packet[4:]
        caller.audio.sendto(changed, caller.sent_to)
        caller.audio.sendto(packet[:-1 - number], caller.sent_to)
        caller.audio.sendto(rtp(caller.frame + number + 1, packet[8:12]), caller.sent_to)
        caller.audio.sendto(BYE_OF_RTCP + packet[8:12], (caller.sent_to[0], caller.sent_to[1] + 1))
        time.sleep(0.002)
    again += drain(caller, callee)
    flood(caller.audio, caller.sent_to, bytes([0x80, 0]) + os.urandom(180), count)
    return again


def phones_of(cast, kind, policy):
    authority = Authority(cast.folder)
    stage = tls_stage(cast, authority, subscribers_more=policy).start()
    context = client_context(authority.certificate)
    return stage.ringfence, [kind(place, OUTSIDE_ADDRESS, user, stage.users[user], context=context, name=NAME)
                             for user, place in zip((CALLER, CALLEE), PHONES)]


def begin_under(caller, callee):
    caller.must_register()
    callee.must_register()
    call = caller.call(CALLEE, callee.take_call)
    for _ in range(500):
        caller.speak()
        callee.speak()
        time.sleep(0.02)
        if callee.listen(caller) and caller.listen(callee):
            return call
    check(False, "the call is mute")


@test("replays, forged, cut and changed packets and a million of junk from the phone's own address: nothing is heard twice, no packet of another passes, the call goes on")
def media_srtp_attacked(cast):
    ringfence, (caller, callee) = phones_of(cast, SrtpPhone, "media srtp required")
    with caller, callee, Capture(OUTSIDE_ADDRESS) as capture:
        call = begin_under(caller, callee)
        again = attack(caller, callee, 1000000)
        check(again == 0 and callee.strange == 0, f"{again} packets were heard again, {callee.strange} of others")
        check(not [p for p in capture.sent(OUTSIDE_ADDRESS, PHONES[1], UDP) if INJECTED in p.data or FRAME in p.data],
              "something left in the clear")
        counters = ringfence.counters()
        check(counters["media_dropped_replay"] >= 90, f"{counters['media_dropped_replay']} were counted as replays")
        check(counters["media_dropped_auth"] >= 60, f"{counters['media_dropped_auth']} were counted as not authentic")
        recorded(caller, 30)
        check(drain(caller, callee) >= 25, "the call did not go on")
        check(not ringfence.rows("calls", "list"), "a call ended")
        caller.stream.send(caller.request("BYE", call["target"], call, cseq=3, to_tag=call["to_tag"]))
        callee.answer(callee.stream.await_message(is_request("BYE")), 200, "OK")

        def is_kept():
            legs = [row[leg]["media"] for row in ringfence.rows("calls", "list") for leg in ("caller", "callee")]
            return any(leg["dropped_replay"] >= 90 and leg["dropped_auth"] >= 60 for leg in legs)
        check(until(is_kept, 10), f"the record does not tell: {ringfence.rows('calls', 'list')}")


@test("without SRTP what is sent again and forged from the phone's own address is heard: the guard above is SRTP's")
def media_srtp_off(cast):
    _, (caller, callee) = phones_of(cast, PlainPhone, "media srtp preferred")
    with caller, callee:
        begin_under(caller, callee)
        attack(caller, callee, 64)
        callee.listen(caller)
        check(callee.strange > 0, "nothing that was forged was heard")


# ---- stolen digests ----

CHALLENGE = 'Proxy-Authenticate: Digest realm="office.example", nonce="n0nce", algorithm=MD5, qop="auth"'


@test("a carrier that challenges the office's BYE and INVITE learns no digest: the challenge ends at the border",
      fails_bare=True)
def media_digest_leak(cast):
    here, there = (PBX_ADDRESS, INSIDE_ADDRESS), (test_routes.FIRST, OUTSIDE_ADDRESS)
    if harness.is_bare:
        here, there = (PBX_ADDRESS, test_routes.FIRST), (test_routes.FIRST, PBX_ADDRESS)
    with test_routes.Trunk(*here) as pbx, test_routes.Trunk(*there) as carrier:
        if not harness.is_bare:
            ringfence = test_routes.stage(cast, [carrier])
        carrier.invite("+441512960123")
        invite = pbx.hear("INVITE ")
        pbx.answer(invite, "200 OK", pbx.sdp())
        carrier.learn(carrier.hear("SIP/2.0 200"))
        carrier.request("ACK")
        pbx.hear("ACK ")
        # The office is the callee: its BYE goes the other way within the dialog.
        lines = [f"Via: SIP/2.0/UDP {pbx.address}:5060;branch=z9hG4bKleak;rport", "Max-Forwards: 70",
                 f"From: {invite.value('To')};tag=there", f"To: {invite.value('From')}",
                 f"Call-ID: {invite.value('Call-ID')}", "CSeq: 1 BYE", f"Contact: <sip:there@{pbx.address}:5060>"]
        target = invite.value("Contact").strip("<>")
        pbx.send(f"BYE {target} SIP/2.0", lines)
        bye = carrier.hear("BYE ")
        carrier.answer(bye, "407 Proxy Authentication Required", more=[CHALLENGE])
        reply = pbx.hear("SIP/2.0 ")
        check("Authenticate" not in reply.text, f"the office was challenged: {reply.start}")
        pbx.invite("00353155512345")
        invite = carrier.hear("INVITE ")
        carrier.answer(invite, "407 Proxy Authentication Required", more=[CHALLENGE])
        reply = pbx.hear("SIP/2.0 5")
        check("Authenticate" not in reply.text and '"43 ' in reply.value("Warning"), f"the office was challenged: {reply.text}")

        def told():
            return [(row["source"], row["rule"], row["blocked"]) for row in ringfence.rows("incidents", "list")]
        check(until(told, 10) and told() == [(carrier.address, "digest-leak", False)], f"told are {told()}")


# ---- ports ----

def hear_own(trunk, start):
    """Of the call in hand: what answered the others comes again."""
    while True:
        message = trunk.hear(start)
        if message.value("Call-ID") == trunk.call_id:
            return message


def begin_ringing(carrier, pbx):
    carrier.invite("+441512960123")
    return pbx.hear("INVITE ")


def leave_refused(carrier, pbx):
    """The office is busy; the carrier never acknowledges it."""
    pbx.answer(begin_ringing(carrier, pbx), "486 Busy Here")
    hear_own(carrier, "SIP/2.0 486")


def leave_cancelled(carrier, pbx):
    sent, real = [], carrier.send
    carrier.send = lambda start, lines, body="": (sent.extend(lines), real(start, lines, body))
    invite = begin_ringing(carrier, pbx)
    carrier.send = real
    pbx.answer(invite, "180 Ringing")
    hear_own(carrier, "SIP/2.0 180")
    carrier.send(f"CANCEL {carrier.uri} SIP/2.0", [line.replace("1 INVITE", "1 CANCEL") for line in sent])
    pbx.answer(pbx.hear("CANCEL "), "200 OK")
    pbx.answer(invite, "487 Request Terminated")
    pbx.hear("ACK ")


@test("calls begun and left give their ports back; while all ports ring for nobody a call that stands goes on, the next one hears 503, and one to an emergency passes")
def media_ports_abandoned(cast):
    more = test_routes.TRUNKS.replace("    at-most 2 calls at once\n", "")
    with test_routes.Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, test_routes.Trunk(test_routes.FIRST, OUTSIDE_ADDRESS) as carrier:
        ringfence = test_routes.stage(cast, [carrier], more, calls="100 with-media 4")
        invite, answer = test_routes.call(pbx, carrier, "00353155512345", "00353155512345")
        for _ in range(8):
            leave_refused(carrier, pbx)
            leave_cancelled(carrier, pbx)
        check(ringfence.counters()["limit_ports"] == 0, "ports ran out")
        for _ in range(3):
            begin_ringing(carrier, pbx)
        carrier.invite("+441512960123")
        hear_own(carrier, "SIP/2.0 503")
        check(ringfence.counters()["limit_ports"] == 1, "ports did not run out")
        test_routes.talk(pbx, test_routes.media_of(answer), carrier, test_routes.media_of(invite))
        pbx.invite("112")
        carrier.hear("INVITE sip:112@")


# ---- handshakes ----

ALERT = bytes([21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40])


def without_ciphers(first):
    """A ClientHello that offers nothing but what does not protect (TLS_RSA_WITH_NULL_SHA)."""
    at = 25 + 2 + 32
    at += 1 + first[at]
    at += 1 + first[at]
    size = int.from_bytes(first[at:at + 2], "big")
    return first[:at + 2] + bytes([0, 2]) * (size // 2) + first[at + 2 + size:]


def shaking(cast, authority, stage):
    context = client_context(authority.certificate)
    caller = ShakingPhone(PHONES[0], OUTSIDE_ADDRESS, CALLER, stage.users[CALLER], context=context, name=NAME,
                          certificate=Certificate(cast.folder, "caller"))
    callee = SrtpPhone(PHONES[1], OUTSIDE_ADDRESS, CALLEE, stage.users[CALLEE], context=context, name=NAME)
    return caller, callee


def storm(caller, stranger, first, count):
    """So many hellos, each another, from the stranger and from the phone's own place; returns how many the phone sent
    when the last of them was answered. Who is asked for a cookie hears his own number (RFC 6347 4.2.1)."""
    sent = 0

    def say(*ends):
        nonlocal sent
        sent += 1
        for end in ends:
            end.sendto(first[:5] + sent.to_bytes(6, "big") + first[11:27] + os.urandom(4) + first[31:], caller.sent_to)

    def is_answered():
        while True:
            try:
                if caller.audio.recv(2048)[5:11] == sent.to_bytes(6, "big"):
                    return True
            except BlockingIOError:
                return False
    for _ in range(count):
        say(stranger, caller.audio)
    for _ in range(10):
        say(caller.audio)
        if until(is_answered, 2, pause=0.01):
            return sent
    raise Failure("after a storm no hello is answered")


def must_talk(caller, callee):
    heard = [0, 0]
    for _ in range(800):
        caller.speak()
        callee.speak()
        time.sleep(0.02)
        heard[0] += caller.listen(callee)
        heard[1] += callee.listen(caller)
        if min(heard) >= 25:
            return
    check(False, f"{heard} frames were heard under the keys of the handshake")


@test("10,000 hellos at once, and strangers who race a handshake with hellos, hellos without ciphers and alerts, before, in and after it: they get no packet, the phone gets its keys, the call goes on")
def media_dtls_race(cast):
    authority = Authority(cast.folder)
    stage = tls_stage(cast, authority, subscribers_more="media srtp required").start()
    caller, callee = shaking(cast, authority, stage)
    stranger = bound(STRANGER, 40000)
    with caller, callee, Capture(OUTSIDE_ADDRESS) as capture:
        first = hello(caller.certificate, STRANGER)
        kinds = first, without_ciphers(first), ALERT, BINDING
        caller.must_register()
        callee.must_register()
        caller.call(CALLEE, callee.take_call)
        # From where it may come the same hello is answered: the guard is the address.
        asked = []
        check(until(lambda: asked.append(first) or caller.audio.sendto(first, caller.sent_to) and
                    [p for p in capture.sent(OUTSIDE_ADDRESS, PHONES[0], UDP) if p.data[0] in HANDSHAKE], 10, pause=0.2),
              "the phone's own hello was not answered")
        sent = len(asked) + storm(caller, stranger, first, 10000)
        answers = capture.sent(OUTSIDE_ADDRESS, PHONES[0], UDP)
        check(len(answers) <= sent and all(len(p.data) < len(first) for p in answers),
              f"{sent} hellos were answered by {len(answers)} datagrams, some of them larger")
        is_over = threading.Event()

        def race():
            while not is_over.is_set():
                for kind in kinds * 10:
                    stranger.sendto(kind, caller.sent_to)
                time.sleep(0.01)
        racing = threading.Thread(target=race, daemon=True)
        racing.start()
        try:
            check(caller.shake(), "no keys came of the handshake")
            must_talk(caller, callee)
        finally:
            is_over.set()
            racing.join()
        check(not capture.sent(OUTSIDE_ADDRESS, STRANGER), "a stranger was answered")
        check(not stage.ringfence.rows("calls", "list"), "a call ended")
        check(stage.ringfence.counters()["dtls_agreed"] == 1, "another handshake was agreed")
