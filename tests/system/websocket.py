# SPDX-License-Identifier: Apache-2.0
"""A WebSocket client of nothing but the standard library, and a telephone in a browser that speaks
SIP over it: names that lead nowhere (.invalid), outbound, headers as the usual libraries write them."""

import base64
import os
import re
import time

from process import Failure
from sip_text import digest, token
from softphone import Message, Softphone
from stream import Stream

PAGE = "https://phone.example.com"
WS_PORT, WSS_PORT = 8080, 8443
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def upgrade_lines(origin=PAGE, protocol="sip"):
    """What a browser sends for `new WebSocket(url, protocol)`."""
    lines = ["GET / HTTP/1.1", f"Host: pbx.example.com:{WS_PORT}", "Connection: Upgrade", "Pragma: no-cache",
             "Cache-Control: no-cache", "User-Agent: Mozilla/5.0 (X11; Linux x86_64)", "Upgrade: websocket"]
    lines += [f"Origin: {origin}"] if origin else []
    lines += ["Sec-WebSocket-Version: 13", "Accept-Encoding: gzip, deflate", "Accept-Language: en-GB,en;q=0.9",
              "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode(),
              "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"]
    return lines + ([f"Sec-WebSocket-Protocol: {protocol}"] if protocol else [])


class Refused(Failure):
    """No WebSocket came about; what was answered instead."""

    def __init__(self, head, body):
        super().__init__(head.split("\r\n")[0] if head else "closed without an answer")
        self.code = int(head.split()[1]) if head else 0
        self.head, self.words = head, body.strip()


class WebSocket(Stream):
    """A connection on which messages are frames."""

    transport, parameter = "WS", ";transport=ws"

    def __init__(self, address, target, *, port=WS_PORT, lines=None):
        super().__init__(address, target, port=port)
        self.enter()
        self.close_code, self.pongs = None, []
        self.upgrade(upgrade_lines() if lines is None else lines)

    def enter(self):
        """What comes before the upgrade: here nothing."""

    def upgrade(self, lines):
        self.send_bytes(("\r\n".join(lines) + "\r\n\r\n").encode())
        end = time.monotonic() + 10
        while b"\r\n\r\n" not in self.waiting and not self.is_over and time.monotonic() < end:
            self.read_some(end - time.monotonic())
        head, _, rest = self.waiting.partition(b"\r\n\r\n")
        text = head.decode("latin-1")
        if not text.startswith("HTTP/1.1 101"):
            self.is_closed(5)
            raise Refused(text, self.waiting.partition(b"\r\n\r\n")[2].decode("latin-1"))
        if not re.search(r"(?im)^sec-websocket-protocol: sip\r?$", text) or "extensions" in text.lower():
            raise Failure(f"the upgrade was answered {text!r}")
        self.waiting = rest

    def send_bytes(self, data):
        super().send(data)

    def send(self, text):
        """A message, whole."""
        self.send_frame(text.encode() if isinstance(text, str) else text, TEXT)

    def send_frame(self, payload, kind, *, is_last=True, is_masked=True):
        mask = os.urandom(4) if is_masked else b""
        size = len(payload)
        length = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big") if size < 65536 \
            else b"\x7f" + size.to_bytes(8, "big")
        if is_masked:
            length = bytes([length[0] | 0x80]) + length[1:]
            payload = bytes(byte ^ mask[number % 4] for number, byte in enumerate(payload))
        self.send_bytes(bytes([kind | (0x80 if is_last else 0)]) + length + mask + payload)

    def take_frame(self):
        """(kind, payload) of the first whole frame, or None."""
        data = self.waiting
        if len(data) < 2:
            return None
        if data[1] & 0x80 or data[0] & 0x70 or not data[0] & 0x80:
            raise Failure(f"a server's frame is masked, marked or in fragments: {data[:2]!r}")
        extra = {126: 2, 127: 8}.get(data[1], 0)
        size = int.from_bytes(data[2:2 + extra], "big") if extra else data[1]
        if len(data) < 2 + extra + size:
            return None
        self.waiting = data[2 + extra + size:]
        return data[0] & 0x0f, data[2 + extra:2 + extra + size]

    def take_message(self):
        """The next message as it came, or None; control frames are noted."""
        while (frame := self.take_frame()) is not None:
            kind, payload = frame
            if kind == CLOSE:
                self.close_code = int.from_bytes(payload[:2], "big") if payload else 1005
            elif kind == PONG:
                self.pongs.append(payload)
            elif kind in (TEXT, BINARY):
                return payload
        return None

    def next_message(self, seconds):
        end = time.monotonic() + seconds
        while True:
            message = self.take_message()
            left = end - time.monotonic()
            if message is not None or left <= 0 or self.is_over:
                return message
            self.read_some(left)

    def await_reply(self, seconds=10):
        """The next message with a body or without, none that is a keep-alive."""
        message = self.next_message(seconds)
        if message is None:
            raise Failure("no message came")
        return message

    def ended_with(self, seconds):
        """The code with which the other end closes, None where it does not."""
        self.is_closed(seconds)
        while self.take_message() is not None:
            pass
        return self.close_code if self.is_over else None


class SecureWebSocket(WebSocket):
    """The same within TLS."""

    transport = "WSS"

    def __init__(self, address, target, *, context, name, port=WSS_PORT, lines=None):
        self.context, self.name = context, name
        super().__init__(address, target, port=port, lines=lines)

    def enter(self):
        self.socket = self.context.wrap_socket(self.socket, server_hostname=self.name)


class WebPhone(Softphone):
    """A page that registers, calls and is called. Its audio is plain RTP, as no browser's is."""

    def __init__(self, address, target, user, secret, *, kind=WebSocket, **places):
        self.kind = kind
        super().__init__(address, target, user, secret, port=0, **places)
        self.host = token(12) + ".invalid"
        self.name = token(8)
        self.instance = f"{token(8)}-0000-4000-8000-{token(12)}"
        self.web = self.kind(address, target)

    def __exit__(self, *_):
        super().__exit__()
        self.web.close()

    def reconnect(self):
        """As after a lost network: the same page, another connection."""
        self.web.close()
        self.web = self.kind(self.address, self.target[0])
        return self

    def send(self, text):
        self.web.send(text)

    def receive(self, seconds):
        data = self.web.next_message(seconds)
        if data is None or len(data) < 8:
            return None
        message = Message(data)
        if message.method == "OPTIONS":
            self.answer(message, 200, "OK")
        return message

    def via(self):
        return f"SIP/2.0/{self.web.transport} {self.host};branch=z9hG4bK{token(12)}"

    def contact(self):
        return f"sip:{self.name}@{self.host};transport=ws;ob"

    def register_text(self, more=(), expires=600):
        self.cseq += 1
        return "\r\n".join([
            f"REGISTER sip:{self.domain} SIP/2.0", f"Via: {self.via()}", "Max-Forwards: 69",
            f"To: <sip:{self.user}@{self.domain}>", f'From: "{self.user}" <sip:{self.user}@{self.domain}>;tag={self.tag}',
            f"Call-ID: {self.call_id}", f"CSeq: {self.cseq} REGISTER", *more,
            f'Contact: <sip:{self.name}@{self.host};transport=ws>;+sip.ice;reg-id=1;'
            f'+sip.instance="<urn:uuid:{self.instance}>";expires={expires}',
            f"Expires: {expires}", "Allow: INVITE,ACK,CANCEL,BYE,UPDATE,MESSAGE,OPTIONS,REFER,INFO,NOTIFY",
            "Supported: path,gruu,outbound", "User-Agent: Page 1.0", "Content-Length: 0", "", ""])

    def register_code(self):
        """The final code of a whole login, for those that may be refused."""
        reply = self.ask(self.register_text())
        if reply.code == 401:
            value = digest(reply.challenge(), self.user, self.secret, "REGISTER", f"sip:{self.domain}")
            reply = self.ask(self.register_text([f"Authorization: {value}"]))
        return reply.code
