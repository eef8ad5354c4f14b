# SPDX-License-Identifier: Apache-2.0
"""A small DNS server whose answers the test writes, changes, and makes lies of."""

import socket
import struct
import threading

A, CNAME, SOA, AAAA, SRV, NAPTR = 1, 5, 6, 28, 33, 35
CLASS_IN, NO_SUCH_NAME = 1, 3
DATAGRAM_MAX = 1232


def name_bytes(name):
    labels = [label for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def string_bytes(text):
    return bytes([len(text)]) + text.encode()


def data_bytes(kind, value):
    if kind == A:
        return socket.inet_aton(value)
    if kind == AAAA:
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == SRV:
        priority, weight, port, target = value
        return struct.pack("!HHH", priority, weight, port) + name_bytes(target)
    if kind == NAPTR:
        order, preference, flags, service, replacement = value
        return (struct.pack("!HH", order, preference) + string_bytes(flags) + string_bytes(service) +
                string_bytes("") + name_bytes(replacement))
    return name_bytes(value)


class NameServer:
    """zone: {(name, type): [value]}; names that are not in it do not exist.

    manner: "honest", "dead" (hears and is silent), or a way to lie: "wrong number", "wrong question",
    "wrong owner", "noise", "many" (a thousand records of an address that is the liar's)."""

    LIAR = "127.0.0.66"

    def __init__(self, address, zone, port=53, ttl=1):
        self.zone, self.ttl, self.manner = dict(zone), ttl, "honest"
        self.asked = []  # (name, type)
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind((address, port))
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, port))
        self.listener.listen()
        self.over_tcp = 0
        for work in (self.serve_datagrams, self.serve_connections):
            threading.Thread(target=work, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in (self.datagrams, self.listener):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def count(self, name):
        return sum(1 for asked, _ in self.asked if asked == name)

    # --- answers ---

    def records_of(self, name, kind):
        if self.manner == "many":
            value = {A: self.LIAR, SRV: (0, 0, 5060, name)}.get(kind)
            return [(name, kind, value)] * 1000 if value else []
        if self.manner == "wrong owner":
            return [("other.example", kind, self.LIAR)] if kind == A else []
        found = []
        for _ in range(4):
            alias = self.zone.get((name, CNAME))
            if not alias:
                break
            found += [(name, CNAME, value) for value in alias]
            name = alias[0]
        return found + [(name, kind, value) for value in self.zone.get((name, kind), [])]

    def answer(self, query, most):
        number, _, _, _, _, _ = struct.unpack("!HHHHHH", query[:12])
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
            at += 1 + query[at]
        question, name = query[12:at + 5], ".".join(labels)
        kind = struct.unpack("!H", query[at + 1:at + 3])[0]
        self.asked.append((name, kind))
        if self.manner == "dead":
            return b""
        if self.manner == "noise":
            return query[:2] + b"\x84\x00" + b"\xff" * 400
        records = self.records_of(name, kind)
        if self.manner in ("wrong number", "wrong question") and kind == A:
            records = [(name, A, self.LIAR)]
        if self.manner == "wrong number":
            number ^= 0x5555
        if self.manner == "wrong question":
            question = name_bytes("other.example") + question[-4:]
        exists = records or any(name == known for known, _ in self.zone)
        body = b"".join(name_bytes(owner) + struct.pack("!HHI", of, CLASS_IN, self.ttl) +
                        struct.pack("!H", len(data_bytes(of, value))) + data_bytes(of, value)
                        for owner, of, value in records)
        flags, count = 0x8400 | (0 if exists else NO_SUCH_NAME), len(records)
        if 12 + len(question) + len(body) > most:
            flags, count, body = flags | 0x0200, 0, b""
        return struct.pack("!HHHHHH", number, flags, 1, count, 0, 0) + question + body

    # --- carriage ---

    def serve_datagrams(self):
        while True:
            try:
                query, client = self.datagrams.recvfrom(4096)
                reply = self.answer(query, DATAGRAM_MAX)
                if reply:
                    self.datagrams.sendto(reply, client)
            except OSError:
                return
            except (IndexError, struct.error, UnicodeDecodeError):
                continue

    def serve_connections(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve_connection, args=(connection,), daemon=True).start()

    def serve_connection(self, connection):
        with connection:
            connection.settimeout(10)
            try:
                while True:
                    head = connection.recv(2, socket.MSG_WAITALL)
                    if len(head) < 2:
                        return
                    query = connection.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL)
                    reply = self.answer(query, 65535)
                    if not reply:
                        return
                    self.over_tcp += 1
                    connection.sendall(struct.pack("!H", len(reply)) + reply)
            except (OSError, IndexError, struct.error):
                return
