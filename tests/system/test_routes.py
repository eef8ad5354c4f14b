# SPDX-License-Identifier: Apache-2.0
"""Calls between peers: a PBX, and carriers on trunks; who is asked, and what shows where."""

import os
import re
import socket
import time

from harness import Skip, check, test
from pbx import PBX_ADDRESS
from process import Failure, until
from ringfence import INSIDE_ADDRESS, OUTSIDE_ADDRESS, Ringfence, is_built
from sip_text import digest, token

FIRST, SECOND = "127.0.0.41", "127.0.0.42"

TRUNKS = f"""\
peer first {{
    kind carrier
    side outside
    address {FIRST}:5060
    at-most 2 calls at once
    check-every 5s
}}
peer second {{
    kind carrier
    side outside
    address {SECOND}:5060
}}
route {{ from office  to first }}
route {{ from office  to second  priority 2 }}
route {{ number +441512960000-0999  from first  to office }}
"""


class Message:
    def __init__(self, data, source):
        self.data, self.source = data, source
        self.text = data.decode("utf-8", "replace")
        head, _, self.body = self.text.partition("\r\n\r\n")
        self.start, *self.lines = head.split("\r\n")

    def value(self, name):
        found = [line.split(":", 1)[1].strip() for line in self.lines
                 if line.lower().startswith(name.lower() + ":")]
        return found[0] if found else ""


class Trunk:
    """A PBX or a carrier that says what the test tells it to say."""

    def __init__(self, address, next_hop):
        self.address, self.next_hop = address, (next_hop, 5060)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 5060))
        self.audio = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.audio.bind((address, 41000))
        self.asked = 0  # OPTIONS answered
        self.refusals = set()  # that were heard: the same text again is a repetition

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.audio.close()

    def sdp(self):
        return (f"v=0\r\no=- 1 1 IN IP4 {self.address}\r\ns=-\r\nc=IN IP4 {self.address}\r\nt=0 0\r\n"
                "m=audio 41000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n")

    def send(self, start, lines, body=""):
        kind = ["Content-Type: application/sdp"] if body else []
        text = "\r\n".join([start] + lines + kind + [f"Content-Length: {len(body)}", "", body])
        self.socket.sendto(text.encode(), self.next_hop)

    def invite(self, number):
        self.call_id, self.tag, self.cseq = token(20), token(), 1
        self.uri = f"sip:{number}@{self.next_hop[0]}"
        self.to = f"<{self.uri}>"
        self.request("INVITE", self.sdp())

    def request(self, method, body="", cseq=None):
        # The ACK to a refusal belongs to the INVITE's transaction (RFC 3261 17.1.1.3).
        is_to_refusal = method == "ACK" and "tag=" not in self.to
        branch = self.branch if is_to_refusal else token(12)
        if method == "INVITE":
            self.branch = branch
        self.send(f"{method} {self.uri} SIP/2.0", [
            f"Via: SIP/2.0/UDP {self.address}:5060;branch=z9hG4bK{branch};rport",
            "Max-Forwards: 70", f"From: <sip:200@{self.address}>;tag={self.tag}", f"To: {self.to}",
            f"Call-ID: {self.call_id}", f"CSeq: {cseq or self.cseq} {method}",
            f"Contact: <sip:200@{self.address}:5060>"], body)

    def answer(self, request, status, body="", more=()):
        to = request.value("To")
        lines = [f"Via: {request.value('Via')}", f"From: {request.value('From')}",
                 f"To: {to}" + ("" if "tag=" in to else ";tag=there"),
                 f"Call-ID: {request.value('Call-ID')}", f"CSeq: {request.value('CSeq')}",
                 f"Contact: <sip:there@{self.address}:5060>"]
        self.send(f"SIP/2.0 {status}", lines + list(more), body)

    def hear(self, start, seconds=8.0):
        """The next message that begins so; OPTIONS, 100 and what is repeated are passed over."""
        end, others = time.monotonic() + seconds, []
        while time.monotonic() < end:
            self.socket.settimeout(max(end - time.monotonic(), 0.01))
            try:
                message = Message(*self.socket.recvfrom(65535))
            except socket.timeout:
                break
            if message.start.startswith("OPTIONS"):
                self.asked += 1
                self.answer(message, "200 OK")
            if message.text in self.refusals:
                continue
            if message.start.startswith(start):
                if re.match(r"SIP/2.0 [3-6]", message.start):
                    self.refusals.add(message.text)
                return message
            others.append(message.start)
        raise Failure(f"{self.address} wanted {start}, heard {others}")

    def learn(self, answer):
        """What the caller takes from the 2xx."""
        self.to = answer.value("To")
        self.uri = re.search(r"<([^>]+)>", answer.value("Contact")).group(1)


def media_of(message):
    address = re.search(r"c=IN IP4 (\S+)", message.body).group(1)
    return address, int(re.search(r"m=audio (\d+)", message.body).group(1))


def talk(one, one_hears_at, other, other_hears_at):
    """Audio each way; `..._hears_at` is where that end was told to send."""
    packet = bytes([0x80, 0]) + b"\x00\x01" + bytes(8) + bytes(160)
    for sender, where, receiver in ((one, one_hears_at, other), (other, other_hears_at, one)):
        receiver.audio.settimeout(0.2)
        for number in range(20):
            sender.audio.sendto(packet[:2] + number.to_bytes(2, "big") + packet[4:], where)
            try:
                receiver.audio.recv(2048)
                break
            except socket.timeout:
                continue
        else:
            raise Failure(f"no audio from {sender.address} to {receiver.address}")


def call(caller, callee, number, wanted):
    caller.invite(number)
    invite = callee.hear("INVITE ")
    check(wanted in invite.start, f"{invite.start!r} has no {wanted}")
    callee.answer(invite, "180 Ringing")
    callee.answer(invite, "200 OK", callee.sdp())
    answer = caller.hear("SIP/2.0 200")
    caller.learn(answer)
    caller.request("ACK")
    callee.hear("ACK ")
    talk(caller, media_of(answer), callee, media_of(invite))
    return invite, answer


def hang_up(caller, callee):
    caller.cseq += 1
    caller.request("BYE")
    callee.answer(callee.hear("BYE "), "200 OK")
    caller.hear("SIP/2.0 200")


def states(ringfence):
    return {row["name"]: row["state"] for row in ringfence.rows("peers", "list")}


def stage(cast, asked=(), more=TRUNKS, **changes):
    """Ringfence; whom it asks by OPTIONS has answered once."""
    if not is_built():
        raise Skip("the program is not built yet")
    ringfence = Ringfence(cast, more=more, **changes)
    ringfence.start()
    for trunk in asked:
        trunk.hear("OPTIONS ")
    check(not asked or until(lambda: "answers" in states(ringfence).values(), 5, pause=0.1),
          f"no answer was taken: {states(ringfence)}")
    return ringfence


@test("a PBX calls out over its carrier and is called by it, with audio; nothing of the inside shows")
def trunk_both_ways(cast):
    with Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, Trunk(FIRST, OUTSIDE_ADDRESS) as carrier:
        ringfence = stage(cast, [carrier])
        invite, _ = call(pbx, carrier, "00353155512345", f"sip:00353155512345@{FIRST}")
        for secret in (PBX_ADDRESS, INSIDE_ADDRESS):
            check(secret not in invite.text, f"{secret} shows outside: {invite.text}")
        rows = ringfence.rows("peers", "list")
        check({row["name"]: row["calls"] for row in rows} == {"office": 1, "first": 1, "second": 0},
              f"the calls of peers are wrong: {rows}")
        hang_up(pbx, carrier)
        call(carrier, pbx, "+441512960123", "sip:+441512960123@")
        hang_up(carrier, pbx)
        carrier.invite("+441512961000")
        carrier.hear("SIP/2.0 404")
        check(until(lambda: len(ringfence.rows("calls", "list")) >= 2, 10), "the calls are not recorded")


@test("where a carrier is full or gone the next one has the call; a carrier that stays away is passed over")
def trunk_next_carrier(cast):
    with Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, Trunk(SECOND, OUTSIDE_ADDRESS) as second:
        with Trunk(FIRST, OUTSIDE_ADDRESS) as first:
            ringfence = stage(cast, [first])
            pbx.invite("00353155512345")
            first.answer(first.hear("INVITE "), "503 Full")
            invite = second.hear("INVITE ")
            check(f"sip:00353155512345@{SECOND}" in invite.start, invite.start)
            check(FIRST not in invite.text, f"one carrier is shown the other: {invite.text}")
            second.answer(invite, "486 Busy Here")
            pbx.hear("SIP/2.0 486")
            pbx.request("ACK", cseq=1)

        # Nobody listens there any more.
        call(pbx, second, "00353155512346", f"@{SECOND}")
        hang_up(pbx, second)
        check(until(lambda: states(ringfence)["first"] == "away", 20, pause=0.5),
              f"first is not away: {states(ringfence)}")
        check(states(ringfence)["second"] == "not asked", f"second was asked: {states(ringfence)}")


@test("a carrier with all its calls in use is passed over, then the caller gets 503 and when to come back")
def trunk_limits(cast):
    more = TRUNKS.replace(f"address {SECOND}:5060", f"address {SECOND}:5060\n    at-most 1 calls at once")
    with Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, Trunk(FIRST, OUTSIDE_ADDRESS) as first, \
            Trunk(SECOND, OUTSIDE_ADDRESS) as second:
        stage(cast, [first], more)
        for target in (first, first, second):
            call(pbx, target, "00353155512345", f"@{target.address}")
        pbx.invite("00353155512345")
        refusal = pbx.hear("SIP/2.0 503")
        check(refusal.value("Retry-After") and '"21 ' in refusal.value("Warning"), refusal.text)
        pbx.request("ACK", cseq=1)
        pbx.invite("112")
        first.hear("INVITE sip:112@")


SPEND = TRUNKS.replace("check-every 5s", "numbers-as plus") + """\
spend {
    at-most 1 per day, 2 international calls at once
    price 0.40
    refuse premium satellite
    international only +353 +33
}
rate { prefix +44  price 0.02 }
"""


@test("orders about cost act at once and in mode observe; `calls route` tells what would become of a call")
def trunk_spend(cast):
    with Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, Trunk(FIRST, OUTSIDE_ADDRESS) as first:
        ringfence = stage(cast, more=SPEND, mode="observe", numbers="country GB  outside-line 9")
        for number, code in (("00881612345678", 22), ("0061255501234", 23)):
            pbx.invite(number)
            refusal = pbx.hear("SIP/2.0 403")
            check(f'"{code} ' in refusal.value("Warning"), refusal.text)
            pbx.request("ACK", cseq=1)
        call(pbx, first, "900353155512345", "sip:+353155512345@")
        call(pbx, first, "0035315550123", "sip:+35315550123@")
        code, text = ringfence.ask("-o", "json", "calls", "route", "--from", "office", "0035315550124")
        check(code == 0 and '"code": 24' in text, text)
        hang_up(pbx, first)
        # A call stands until the callee's answer to its BYE was read, which may come after the next INVITE.
        check(until(lambda: '"code": 25' in ringfence.ask("-o", "json", "calls", "route", "--from", "office",
                                                          "0035315550124")[1], 5), "the call that ended still stands")
        pbx.invite("0035315550124")
        refusal = pbx.hear("SIP/2.0 403")
        check('"25 ' in refusal.value("Warning"), refusal.text)
        pbx.request("ACK", cseq=1)
        call(pbx, first, "902079460123", "sip:+442079460123@")
        call(pbx, first, "9112", "sip:9112@")
        code, text = ringfence.ask("calls", "route", "--from", "nobody", "1")
        check(code == 5 and "no such peer" in text, f"{code}: {text}")


LOGIN = TRUNKS.replace("check-every 5s", "domain carrier.example\n"
                       "    credentials user 4420 password file:carrier.secret register-every 60s")
CHALLENGE = {"realm": "carrier.example", "nonce": "n0nce", "qop": "auth", "algorithm": "MD5"}


def is_right(message, header):
    """Whether the credentials are those of user 4420 for this request."""
    found = dict(re.findall(r'(\w+)="?([^",]+)"?', message.value(header).replace("Digest ", "")))
    wanted = digest(CHALLENGE, "4420", "quiet harbour", message.start.split()[0], found["uri"],
                    int(found["nc"], 16), found["cnonce"])
    return found["response"] in wanted


def challenge(trunk, request, status, header):
    fields = ", ".join(f'{name}="{value}"' if name in ("realm", "nonce", "qop") else f"{name}={value}"
                       for name, value in CHALLENGE.items())
    trunk.answer(request, status, more=[f"{header}: Digest {fields}"])


@test("a trunk registers with our login and is called and calls with it; the PBX sees no challenge")
def trunk_login(cast):
    with open(os.path.join(cast.folder, "carrier.secret"), "w", encoding="ascii") as file:
        file.write("quiet harbour\n")
    with Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, Trunk(FIRST, OUTSIDE_ADDRESS) as first:
        ringfence = stage(cast, more=LOGIN)
        challenge(first, first.hear("REGISTER sip:carrier.example "), "401 Unauthorized", "WWW-Authenticate")
        registration = first.hear("REGISTER ")
        while not registration.value("Authorization"):
            registration = first.hear("REGISTER ")
        check(is_right(registration, "Authorization"), registration.text)
        first.answer(registration, "200 OK")
        check(until(lambda: ringfence.rows("peers", "list")[1].get("registered") == "yes", 5, pause=0.1),
              f"not registered: {ringfence.rows('peers', 'list')}")
        pbx.invite("00353155512345")
        invite = first.hear("INVITE sip:00353155512345@carrier.example")
        challenge(first, invite, "407 Proxy Authentication Required", "Proxy-Authenticate")
        invite = first.hear("INVITE ")
        check(is_right(invite, "Proxy-Authorization"), invite.text)
        first.answer(invite, "200 OK", first.sdp())
        answer = pbx.hear("SIP/2.0 200")
        pbx.learn(answer)
        pbx.request("ACK")
        first.hear("ACK ")
        talk(pbx, media_of(answer), first, media_of(invite))
        hang_up(pbx, first)
