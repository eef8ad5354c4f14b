# SPDX-License-Identifier: Apache-2.0
"""SIP over TCP for tests: a connection that can be kept, cut, half closed or left unread, and a phone on it."""

import re
import socket
import time

from pbx import DOMAIN
from process import Failure
from sip_text import Reply, digest, register, token


class Stream:
    """One connection from one of our addresses."""

    transport, parameter = "TCP", ";transport=tcp"

    def __init__(self, address, target, receive_bytes=None, port=5060):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.bind((address, 0))
        self.socket.settimeout(5)
        self.socket.connect((target, port))
        self.address, self.port = self.socket.getsockname()[:2]
        self.waiting, self.is_over = b"", False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def slam(self):
        """Closes with a reset, unread bytes and all."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def send(self, text):
        self.socket.sendall(text.encode() if isinstance(text, str) else text)

    def read_some(self, seconds):
        """False at the end of the time or of the connection."""
        self.socket.settimeout(max(seconds, 0.001))
        try:
            data = self.socket.recv(65536)
        except (socket.timeout, BlockingIOError):
            return False
        except (ConnectionError, OSError):
            data = b""
        self.waiting += data
        self.is_over = self.is_over or not data
        return bool(data)

    def is_closed(self, seconds):
        """Whether the other end closes within so many seconds."""
        deadline = time.monotonic() + seconds
        while not self.is_over and time.monotonic() < deadline:
            self.read_some(deadline - time.monotonic())
        return self.is_over

    def take(self):
        """The first whole message of what came, or None."""
        self.waiting = self.waiting.lstrip(b"\r\n")
        head, end, rest = self.waiting.partition(b"\r\n\r\n")
        length = re.search(rb"(?im)^content-length\s*:\s*(\d+)", head)
        if not end or not length or len(rest) < int(length.group(1)):
            return None
        size = len(head) + 4 + int(length.group(1))
        data, self.waiting = self.waiting[:size], self.waiting[size:]
        return Reply(data, 0)

    def receive(self, seconds):
        """The next message, request or reply, or None."""
        deadline = time.monotonic() + seconds
        while True:
            message = self.take()
            left = deadline - time.monotonic()
            if message is not None or left <= 0 or self.is_over:
                return message
            self.read_some(left)

    def await_message(self, what, seconds=5):
        """The next message for which what(message) is true; others are passed over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            message = self.receive(deadline - time.monotonic())
            if message is not None and what(message):
                return message
            if self.is_over:
                return None
        return None

    def ask(self, text, seconds=15):
        """Sends; the final reply to this very request, or None."""
        branch = re.search(r"branch=([^;\s]+)", text).group(1)
        self.send(text)
        return self.await_message(lambda m: m.code >= 200 and branch in (m.header("Via") or ""), seconds)


def is_request(method):
    return lambda message: message.code == 0 and message.reason.startswith(method + " ")


def audio_offer(address, port):
    return "\r\n".join(["v=0", f"o=- 1 1 IN IP4 {address}", "s=-", f"c=IN IP4 {address}", "t=0 0",
                        f"m=audio {port} RTP/AVP 0", "a=rtpmap:0 PCMU/8000", ""])


class StreamPhone:
    """A phone that registers over a connection, calls by it and is called by it."""

    scheme = "sip"  # of whom it calls

    def __init__(self, address, target, user, secret):
        self.place, self.target, self.user, self.secret = address, target, user, secret
        self.call_id, self.tag, self.cseq = token(20), token(), 0
        self.stream = self.open()

    def open(self):
        return Stream(self.place, self.target)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()

    def reconnect(self):
        self.stream.close()
        self.stream = self.open()

    def register_text(self, authorization=None):
        self.cseq += 1
        return register(self.stream, self.user, DOMAIN, call_id=self.call_id, from_tag=self.tag,
                        cseq=self.cseq, authorization=authorization)

    def register(self):
        """The final code, 0 for silence."""
        reply = self.stream.ask(self.register_text())
        challenge = reply.challenge() if reply else None
        if challenge:
            reply = self.stream.ask(self.register_text(
                digest(challenge, self.user, self.secret, "REGISTER", f"sip:{DOMAIN}")))
        return reply.code if reply else 0

    def must_register(self):
        code = self.register()
        if code != 200:
            raise Failure(f"phone {self.user} registered over TCP with {code}")
        return self

    def request(self, method, uri, call, *, cseq, to_tag=None, more=(), body=""):
        to = f"<sip:{call['callee']}@{DOMAIN}>" + (f";tag={to_tag}" if to_tag else "")
        lines = [f"{method} {uri} SIP/2.0",
                 f"Via: SIP/2.0/{self.stream.transport} {self.stream.address}:{self.stream.port};branch=z9hG4bK{token(12)};rport",
                 f"From: <sip:{self.user}@{DOMAIN}>;tag={call['tag']}", f"To: {to}",
                 f"Call-ID: {call['id']}", f"CSeq: {cseq} {method}", "Max-Forwards: 70",
                 f"Contact: <sip:{self.user}@{self.stream.address}:{self.stream.port}{self.stream.parameter}>", *more]
        if body:
            lines.append("Content-Type: application/sdp")
        return "\r\n".join(lines + [f"Content-Length: {len(body)}", "", body])

    def call(self, callee, answering, seconds=10):
        """Calls; `answering(phone's call)` is asked to answer. Returns the call, confirmed."""
        call = {"callee": callee, "tag": token(), "id": token(20), "cseq": 1}
        uri, offer = f"{self.scheme}:{callee}@{DOMAIN}", audio_offer(self.stream.address, 40000)
        reply = self.stream.ask(self.request("INVITE", uri, call, cseq=1, body=offer), seconds)
        if reply is None or reply.code != 407:
            raise Failure(f"INVITE over TCP was answered {reply and reply.code}, wanted 407")
        challenge = reply.challenge()
        self.stream.send(self.request("ACK", uri, call, cseq=1, to_tag=tag_of(reply)))
        call["cseq"] = 2
        more = ["Proxy-Authorization: " + digest(challenge, self.user, self.secret, "INVITE", uri)]
        self.stream.send(self.request("INVITE", uri, call, cseq=2, more=more, body=offer))
        answering()
        reply = self.stream.await_message(lambda m: m.code >= 200, seconds)
        if reply is None or reply.code != 200:
            raise Failure(f"the call from {self.user} to {callee} ended with {reply and reply.code}")
        call["to_tag"] = tag_of(reply)
        call["target"] = re.search(r"<([^>]+)>", reply.header("Contact")).group(1)
        self.stream.send(self.request("ACK", call["target"], call, cseq=2, to_tag=call["to_tag"]))
        return call

    def answer(self, request, code, reason, body=""):
        """Writes the answer to a request that came."""
        to = request.header("To")
        if "tag=" not in to:
            to += f";tag={self.tag}"
        lines = [f"SIP/2.0 {code} {reason}"]
        lines += [f"{name}: {value}" for name, value in request.headers if name.lower() in ("via", "record-route")]
        lines += [f"From: {request.header('From')}", f"To: {to}", f"Call-ID: {request.header('Call-ID')}",
                  f"CSeq: {request.header('CSeq')}",
                  f"Contact: <sip:{self.user}@{self.stream.address}:{self.stream.port}{self.stream.parameter}>"]
        if body:
            lines.append("Content-Type: application/sdp")
        self.stream.send("\r\n".join(lines + [f"Content-Length: {len(body)}", "", body]))

    def take_call(self, seconds=10):
        """Answers the INVITE that comes with 200 and waits for the ACK after the caller has it."""
        invite = self.stream.await_message(is_request("INVITE"), seconds)
        if invite is None:
            raise Failure(f"no INVITE came over the connection of {self.user}")
        self.answer(invite, 180, "Ringing")
        self.answer(invite, 200, "OK", audio_offer(self.stream.address, 40002))
        return invite


def tag_of(reply):
    found = re.search(r"tag=([^;\s]+)", reply.header("To") or "")
    return found.group(1) if found else None
