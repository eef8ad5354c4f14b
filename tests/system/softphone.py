# SPDX-License-Identifier: Apache-2.0
"""A telephone that says what the test tells it to say: it registers, calls, is called, talks.

Its sockets may be made in another host (nodes.py), so that one test speaks for
phones in several networks. What is repeated is passed over; what is asked is repeated.
"""

import re
import socket
import time

from pbx import DOMAIN
from process import Failure
from sip_text import digest, token

MAGIC = b"softphone"
FRAME_BYTES, FRAME_SECONDS = 160, 0.01
AUDIO = "{port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n"
FIRST_WAIT, LONGEST_WAIT = 0.5, 4.0


class Message:
    def __init__(self, data):
        self.text = data.decode("utf-8", "replace")
        head, _, self.body = self.text.partition("\r\n\r\n")
        self.start, *lines = head.split("\r\n")
        self.headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines if ":" in line]
        self.method = "" if self.start.startswith("SIP/2.0") else self.start.split()[0]
        self.code = 0 if self.method else int(self.start.split()[1])

    def values(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def value(self, name):
        return (self.values(name) or [""])[0]

    def uri_in(self, name):
        found = re.search(r"<([^>]+)>", self.value(name))
        return found.group(1) if found else ""

    def tag_in(self, name):
        found = re.search(r";tag=([^;\s]+)", self.value(name))
        return found.group(1) if found else ""

    def challenge(self):
        value = self.value("WWW-Authenticate") or self.value("Proxy-Authenticate")
        found = re.findall(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))', value)
        return {key.lower(): quoted or bare for key, quoted, bare in found}

    def media(self, kind="audio"):
        """Where the description wants it: (address, port)."""
        line = re.search(rf"^m={kind} (\d+)", self.body, re.M)
        place = re.search(r"^c=IN IP4 (\S+)", self.body, re.M)
        if not line or not place:
            raise Failure(f"no {kind} in {self.body!r}")
        return place.group(1), int(line.group(1))


def bound(address, port):
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    made.bind((address, port))
    return made


class Dialog:
    """One end of a call or a subscription, as its phone sees it."""

    def __init__(self, phone, **parts):
        self.phone = phone
        self.call_id, self.cseq = token(20), 0
        self.local_uri, self.remote_uri = f"sip:{phone.user}@{phone.domain}", ""
        self.local_tag, self.remote_tag, self.target = token(), "", ""
        self.hears_at = None  # where the other end wants our audio
        self.routes = []
        self.__dict__.update(parts)

    def learn(self, answer):
        """What the asker takes from a 2xx."""
        self.remote_tag = answer.tag_in("To") or self.remote_tag
        self.target = answer.uri_in("Contact") or self.target
        self.routes = self.routes or answer.values("Record-Route")[::-1]
        if "\r\nm=audio " in answer.body:
            self.hears_at = answer.media()

    def text(self, method, body="", *, kind="application/sdp", more=(), cseq=None):
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        phone = self.phone
        lines = [f"{method} {self.target} SIP/2.0",
                 f"Via: {phone.via()}",
                 f"From: <{self.local_uri}>;tag={self.local_tag}",
                 f"To: <{self.remote_uri}>" + (f";tag={self.remote_tag}" if self.remote_tag else ""),
                 f"Call-ID: {self.call_id}", f"CSeq: {cseq} {method}", "Max-Forwards: 70",
                 f"Contact: <{phone.contact()}>", *[f"Route: {route}" for route in self.routes], *more]
        if body:
            lines.append(f"Content-Type: {kind}")
        return "\r\n".join(lines + [f"Content-Length: {len(body)}", "", body])

    def send(self, method, body="", **how):
        self.phone.send(self.text(method, body, **how))

    def ask(self, method, body="", *, patience=10.0, answered=(), ringing=None, **how):
        """The final answer. answered: Acts by which others answer meanwhile. An INVITE's answer is
        acknowledged, a challenge taken up."""
        text = self.text(method, body, **how)
        reply = self.phone.ask(text, patience, answered, ringing)
        if reply.code in (401, 407) and "Authorization" not in text:
            if method == "INVITE":
                self.acknowledge(reply, text)
            name = "Authorization" if reply.code == 401 else "Proxy-Authorization"
            value = digest(reply.challenge(), self.phone.user, self.phone.secret, method, self.target)
            return self.ask(method, body, patience=patience, answered=answered, ringing=ringing,
                            **{**how, "more": [*how.get("more", ()), f"{name}: {value}"]})
        if method == "INVITE":
            if reply.code < 300:
                self.learn(reply)
            self.acknowledge(reply, text)
        return reply

    def acknowledge(self, reply, text, body=""):
        """ACK: to a refusal within its transaction (RFC 3261 17.1.1.3), to a 2xx in the dialog."""
        cseq = int(reply.value("CSeq").split()[0])
        if reply.code < 300:
            self.send("ACK", body, cseq=cseq)
            return
        via = re.search(r"^Via: .*$", text, re.M).group(0).strip()
        uri = text.split()[1]
        self.phone.send("\r\n".join([
            f"ACK {uri} SIP/2.0", via, f"From: {reply.value('From')}", f"To: {reply.value('To')}",
            f"Call-ID: {self.call_id}", f"CSeq: {cseq} ACK", "Max-Forwards: 70", "Content-Length: 0", "", ""]))


class Softphone:
    def __init__(self, address, target, user, secret, *, port=5060, audio_port=40000, sockets=bound, domain=DOMAIN):
        """sockets(address, port) makes a bound UDP socket where the phone is."""
        self.address, self.port, self.audio_port = address, port, audio_port
        self.target, self.user, self.secret = (target, 5060), user, secret
        self.domain = domain
        self.socket, self.audio = sockets(address, port), sockets(address, audio_port)
        self.call_id, self.tag, self.cseq = token(20), token(), 0
        self.stream = token(6)
        self.frame = 0
        self.kept, self.seen, self.repeats = [], set(), 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.audio.close()

    def move(self, address, port, audio_port, sockets):
        """Another network from now on: new sockets, nothing else is new."""
        self.socket.close()
        self.audio.close()
        self.address, self.port, self.audio_port = address, port, audio_port
        self.socket, self.audio = sockets(address, port), sockets(address, audio_port)

    def contact(self):
        return f"sip:{self.user}@{self.address}:{self.port}"

    def via(self):
        return f"SIP/2.0/UDP {self.address}:{self.port};branch=z9hG4bK{token(12)};rport"

    def description(self, more="a=sendrecv\r\n", *, address=None, media=None):
        place = address or self.address
        return (f"v=0\r\no=phone 1 {int(time.time() * 1000)} IN IP4 {self.address}\r\ns=-\r\nc=IN IP4 {place}\r\n"
                "t=0 0\r\n" + (media or "m=audio " + AUDIO.format(port=self.audio_port)) + more)

    # ---- messages ----

    def send(self, text):
        self.socket.sendto(text.encode(), self.target)

    def receive(self, seconds):
        """The next message that is no repetition, or None."""
        self.socket.settimeout(max(seconds, 0.001))
        try:
            data = self.socket.recv(65535)
        except (socket.timeout, ConnectionRefusedError):
            return None
        self.repeats += data in self.seen
        if len(data) < 8 or data in self.seen:
            return None
        self.seen.add(data)
        message = Message(data)
        if message.method == "OPTIONS":
            self.answer(message, 200, "OK")
        return message

    def hear(self, wanted, seconds=8.0, what="what was wanted"):
        """The first message, also of those passed over before, for which wanted(message) holds."""
        end = time.monotonic() + seconds
        for message in self.kept:
            if wanted(message):
                self.kept.remove(message)
                return message
        while time.monotonic() < end:
            message = self.receive(min(end - time.monotonic(), 0.2))
            if message and wanted(message):
                return message
            if message:
                self.kept.append(message)
        raise Failure(f"{self.user} at {self.address} did not hear {what}, "
                      f"but {[message.start for message in self.kept]}")

    def hear_request(self, method, seconds=8.0):
        return self.hear(lambda message: message.method == method, seconds, method)

    def overhear(self, method):
        """A request of that method, where one has come."""
        try:
            return self.hear(lambda message: message.method == method, 0.02)
        except Failure:
            return None

    def ask(self, text, patience=10.0, answered=(), ringing=None):
        """Sends and repeats until the final answer; a Failure for silence. answered: Acts of the others;
        ringing: is given each provisional answer."""
        branch = re.search(r"branch=([^;\s]+)", text).group(1)
        end, wait, is_heard = time.monotonic() + patience, FIRST_WAIT, False
        again = time.monotonic() + wait
        self.send(text)
        while time.monotonic() < end:
            for act in answered:
                act.attempt()
            try:
                reply = self.hear(lambda message: message.code > 0 and branch in message.value("Via"), 0.05)
            except Failure:
                if time.monotonic() > again and not (is_heard and text.startswith("INVITE")):
                    wait = min(2 * wait, LONGEST_WAIT)
                    again = time.monotonic() + wait
                    self.send(text)
                continue
            is_heard = True
            if reply.code >= 200:
                return reply
            if ringing:
                ringing(reply)
        raise Failure(f"{self.user} at {self.address} had no answer to {text.split(chr(13))[0]!r}, "
                      f"but heard {[message.start for message in self.kept]}")

    def answer(self, request, code, reason, body="", *, kind="application/sdp", more=(), tag=None):
        to = request.value("To")
        if "tag=" not in to and code > 100:
            to += f";tag={tag or self.tag}"
        lines = [f"SIP/2.0 {code} {reason}"]
        lines += [f"Via: {value}" for value in request.values("Via")]
        lines += [f"Record-Route: {value}" for value in request.values("Record-Route")]
        lines += [f"From: {request.value('From')}", f"To: {to}", f"Call-ID: {request.value('Call-ID')}",
                  f"CSeq: {request.value('CSeq')}", f"Contact: <{self.contact()}>", *more]
        if body:
            lines.append(f"Content-Type: {kind}")
        self.send("\r\n".join(lines + [f"Content-Length: {len(body)}", "", body]))

    # ---- registering ----

    def register_text(self, more=()):
        self.cseq += 1
        return "\r\n".join([
            f"REGISTER sip:{self.domain} SIP/2.0",
            f"Via: {self.via()}",
            f"From: <sip:{self.user}@{self.domain}>;tag={self.tag}", f"To: <sip:{self.user}@{self.domain}>",
            f"Call-ID: {self.call_id}", f"CSeq: {self.cseq} REGISTER", f"Contact: <{self.contact()}>",
            *more, "Max-Forwards: 70", "Expires: 600", "Content-Length: 0", "", ""])

    def register(self):
        reply = self.ask(self.register_text())
        if reply.code == 401:
            value = digest(reply.challenge(), self.user, self.secret, "REGISTER", f"sip:{self.domain}")
            reply = self.ask(self.register_text([f"Authorization: {value}"]))
        if reply.code != 200:
            raise Failure(f"{self.user} at {self.address} registered with {reply.code}")
        return self

    # ---- calls ----

    def dialog_to(self, callee, **parts):
        uri = callee if ":" in callee else f"sip:{callee}@{self.domain}"
        return Dialog(self, remote_uri=uri, target=uri, **parts)

    def accept(self, invite, *, body=None, code=200):
        """Rings and answers; the callee's end of the call."""
        dialog = self.dialog_of(invite)
        self.answer(invite, 180, "Ringing", tag=dialog.local_tag)
        self.answer(invite, code, "OK", self.description() if body is None else body, tag=dialog.local_tag)
        return dialog

    def dialog_of(self, request):
        own = self.tag + token(4)
        return Dialog(self, call_id=request.value("Call-ID"), local_uri=request.uri_in("To"), local_tag=own,
                      remote_uri=request.uri_in("From"), remote_tag=request.tag_in("From"),
                      target=request.uri_in("Contact"), routes=request.values("Record-Route"),
                      hears_at=request.media() if request.body.startswith("v=") else None)

    def call(self, callee, *, more=()):
        """Calls another Softphone and is answered: both ends of the call."""
        dialog = self.dialog_to(callee.user)
        answering = Act(callee, "INVITE", callee.accept)
        reply = dialog.ask("INVITE", self.description(), more=more, patience=15.0, answered=[answering])
        if reply.code != 200:
            raise Failure(f"the call of {self.user} ended with {reply.start}")
        callee.hear_request("ACK")
        return dialog, answering.result

    # ---- audio ----

    def speak(self, where):
        self.frame += 1
        head = bytes([0x80, 0]) + (self.frame & 0xffff).to_bytes(2, "big")
        head += (self.frame * FRAME_BYTES).to_bytes(4, "big") + self.stream.encode()[:4]
        words = MAGIC + self.stream.encode() + self.frame.to_bytes(4, "big")
        self.audio.sendto(head + words.ljust(FRAME_BYTES, b"\xd5"), where)

    def listen(self, stream):
        """Whole frames of that stream which wait."""
        heard = 0
        self.audio.setblocking(False)
        while True:
            try:
                packet = self.audio.recv(2048)
            except (BlockingIOError, ConnectionRefusedError):
                return heard
            words = packet[12:]
            heard += (len(words) == FRAME_BYTES and words.startswith(MAGIC + stream.encode())
                      and words.endswith(b"\xd5" * 100))


class Act:
    """What a phone does once, as soon as that request has come to it."""

    def __init__(self, phone, method, does):
        self.phone, self.method, self.does = phone, method, does
        self.request = self.result = None

    def attempt(self):
        if self.request is None:
            self.request = self.phone.overhear(self.method)
            if self.request is not None:
                self.result = self.does(self.request)


def says_yes(phone, method):
    return Act(phone, method, lambda request: phone.answer(request, 200, "OK"))


def hang_up(ender, other):
    """Dialogs of both ends."""
    reply = ender.ask("BYE", answered=[says_yes(other.phone, "BYE")])
    if reply.code != 200:
        raise Failure(f"BYE was answered {reply.start}")


def audio(one, other, seconds=8.0, enough=25):
    """Speaks both ways by these dialogs: how many whole frames each end heard, until both heard enough."""
    ends = [(one, other), (other, one)]
    heard = [0, 0]
    end = time.monotonic() + seconds
    while time.monotonic() < end and min(heard) < enough:
        for dialog, _ in ends:
            if dialog.hears_at:
                dialog.phone.speak(dialog.hears_at)
        time.sleep(FRAME_SECONDS)
        for number, (dialog, to) in enumerate(ends):
            heard[number] += dialog.phone.listen(to.phone.stream)
    return heard


def must_hear(one, other, seconds=8.0):
    heard = audio(one, other, seconds)
    if min(heard) < 25:
        raise Failure(f"{one.phone.user} and {other.phone.user} heard {heard} frames of each other")
