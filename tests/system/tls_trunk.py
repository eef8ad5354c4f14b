# SPDX-License-Identifier: Apache-2.0
"""A carrier over TLS: calls by connections of its own, is called by those that Ringfence opens."""

import select
import socket
import ssl
import time

from process import Failure
from ringfence import OUTSIDE_ADDRESS
from test_routes import Message, Trunk
from tls_stream import TlsStream


def whole(waiting):
    """(the first message, what is behind it), or (None, all of it)."""
    head, end, rest = waiting.lstrip(b"\r\n").partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n")
                   if line.lower().startswith(b"content-length")), None)
    if not end or length is None or len(rest) < length:
        return None, waiting
    return head + end + rest[:length], rest[length:]


class TlsTrunk(Trunk):
    """Trunk's words over TLS. `server` is shown to who comes, `client` to whom it goes."""

    def __init__(self, address, server, client, name):
        self.address, self.next_hop = address, (OUTSIDE_ADDRESS, 5061)
        self.client, self.name, self.server = client, name, server
        self.audio = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.audio.bind((address, 41000))
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, 5061))
        self.listener.listen(8)
        self.came, self.waiting, self.out, self.last, self.asked = [], {}, None, None, 0
        self.failures = []

    def __exit__(self, *_):
        for one in [self.listener, self.audio, *self.came] + ([self.out.socket] if self.out else []):
            one.close()

    def open(self):
        self.out = TlsStream(self.address, self.next_hop[0], self.client, self.name)

    def send(self, start, lines, body=""):
        kind = ["Content-Type: application/sdp"] if body else []
        lines = [line.replace("SIP/2.0/UDP", "SIP/2.0/TLS").replace(f"{self.address}:5060>", f"{self.address}:5061;transport=tls>")
                 if not start.startswith("SIP/2.0") or line.startswith("Contact") else line for line in lines]
        text = "\r\n".join([start] + lines + kind + [f"Content-Length: {len(body)}", "", body])
        if start.startswith("SIP/2.0"):
            self.last.sendall(text.encode())
            return
        if self.out is None:
            self.open()
        self.out.socket.sendall(text.encode())

    def take(self, where):
        try:
            data = where.recv(65536)
        except (ssl.SSLWantReadError, socket.timeout):
            return
        except OSError as error:
            self.failures.append(str(error))
            data = b""
        self.waiting[where] = self.waiting.get(where, b"") + data
        if not data and where in self.came:
            self.came.remove(where)
            where.close()

    def accept(self):
        plain, _ = self.listener.accept()
        plain.settimeout(5)
        try:
            self.came.append(self.server.wrap_socket(plain, server_side=True))
        except OSError as error:
            self.failures.append(str(error))
            plain.close()

    def next_message(self):
        for where in list(self.waiting):
            data, self.waiting[where] = whole(self.waiting[where])
            if data is not None:
                self.last = where
                return Message(data, None)
        return None

    def hear(self, start, seconds=8.0):
        end, others = time.monotonic() + seconds, []
        while time.monotonic() < end:
            message = self.next_message()
            if message is None:
                places = [self.listener, *self.came] + ([self.out.socket] if self.out else [])
                ready = [p for p in places if isinstance(p, ssl.SSLSocket) and p.pending()]
                ready = ready or select.select(places, [], [], max(end - time.monotonic(), 0.01))[0]
                for place in ready:
                    if place is self.listener:
                        self.accept()
                    else:
                        place.settimeout(0.2)
                        self.take(place)
                continue
            if message.start.startswith("OPTIONS"):
                self.asked += 1
                self.answer(message, "200 OK")
            if message.start.startswith(start):
                return message
            others.append(message.start)
        raise Failure(f"{self.address} wanted {start}, heard {others}, failures {self.failures}")
