# SPDX-License-Identifier: Apache-2.0
"""Writes the capture that release builds are trained with: train.py FILE.

A small day at a PBX: phones that register, calls with audio, keep-alives, and strangers who
scan, guess and dial. The same bytes each time. What is measured elsewhere (bench/pcap.py) is
no part of it.
"""

import random
import socket
import struct
import sys

CONVERSATIONS = 4000
PBX = "198.51.100.20"
PHONES = [f"192.0.2.{i}" for i in range(1, 121)] + [f"203.0.113.{i}" for i in range(128, 200)]
STRANGERS = [f"203.0.113.{i}" for i in range(1, 33)]
AGENTS = ["Deskphone 410/5.2.1", "softphone-7.1", "Door Station 2", "Gateway/3.0 build 771"]
TOOLS = ["sipvicious", "VaxSIPUserAgent/3.1", "friendly-request", "Deskphone 410/5.2.1"]
ALLOW = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE\r\nSupported: replaces, timer\r\n"

chance = random.Random(2026)


def word(count):
    return "".join(chance.choice("0123456789abcdefghjkmnpqrstuvwxyz") for _ in range(count))


class Capture:
    def __init__(self, path):
        self.file = open(path, "wb")
        self.us = 1_780_000_000_000_000
        self.file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))

    def put(self, source, target, payload):
        self.us += chance.randrange(2000)
        udp = struct.pack("!HHHH", source[1], target[1], 8 + len(payload), 0) + payload
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), chance.randrange(65536), 0x4000, 63, 17, 0,
                         socket.inet_aton(source[0]), socket.inet_aton(target[0]))
        frame = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0" + ip + udp
        self.file.write(struct.pack("<IIII", self.us // 1000000, self.us % 1000000, len(frame), len(frame)) + frame)


class Dialog:
    """One Call-ID between a client and the PBX."""

    def __init__(self, capture, host, user, to):
        self.capture, self.client, self.server = capture, (host, chance.choice((5060, 5060, 5062))), (PBX, 5060)
        self.sender, self.to, self.tag, self.number = f'"{user}" <sip:{user}@pbx.example.org>', to, "", 0
        self.user, self.call, self.mine, self.branch = user, word(22) + "@" + host, word(9), ""

    def head(self, first, method, extra, body):
        kind = "Content-Type: application/sdp\r\n" if body else ""
        return (f"{first}\r\nVia: SIP/2.0/UDP {self.client[0]}:{self.client[1]};rport;branch=z9hG4bK{self.branch}\r\n"
                f"From: {self.sender};tag={self.mine}\r\nTo: <{self.to}>{self.tag}\r\nCall-ID: {self.call}\r\n"
                f"CSeq: {self.number} {method}\r\n{extra}{kind}Content-Length: {len(body)}\r\n\r\n{body}").encode()

    def ask(self, method, extra="", body="", uri=None, agent=None):
        if method != "ACK":
            self.number += 1
            self.branch = word(14)
        extra = (f"Contact: <sip:{self.user}@{self.client[0]}:{self.client[1]}>\r\nMax-Forwards: 70\r\n"
                 f"User-Agent: {agent or AGENTS[len(self.user) % len(AGENTS)]}\r\n{ALLOW}{extra}")
        first = f"{method} {uri or self.to} SIP/2.0"
        self.capture.put(self.client, self.server, self.head(first, method, extra, body))

    def answer(self, status, method, extra="", body=""):
        if status[:3] != "100" and not self.tag:
            self.tag = ";tag=" + word(10)
        self.capture.put(self.server, self.client, self.head("SIP/2.0 " + status, method, extra, body))

    def challenge(self, method):
        nonce = word(28)
        self.answer("401 Unauthorized", method,
                    f'WWW-Authenticate: Digest realm="pbx.example.org", nonce="{nonce}", algorithm=MD5, qop="auth"\r\n')
        self.tag = ""
        return (f'Authorization: Digest username="{self.user}", realm="pbx.example.org", nonce="{nonce}", '
                f'uri="{self.to}", response="{word(32)}", algorithm=MD5, cnonce="{word(8)}", qop=auth, nc=00000001\r\n')


def description(host, port):
    return (f"v=0\r\no=- {chance.randrange(1 << 30)} 1 IN IP4 {host}\r\ns=call\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 8 0 9 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
            "a=rtpmap:9 G722/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n")


def register(capture, host, user, is_known=True):
    d = Dialog(capture, host, user, "sip:pbx.example.org")
    d.to = f"sip:{user}@pbx.example.org"
    d.ask("REGISTER", "Expires: 600\r\n", uri="sip:pbx.example.org")
    credentials = d.challenge("REGISTER")
    d.ask("REGISTER", "Expires: 600\r\n" + credentials, uri="sip:pbx.example.org")
    d.answer("200 OK" if is_known else "403 Forbidden", "REGISTER",
             f"Contact: <sip:{user}@{host}:5060>;expires=600\r\n" if is_known else "")


def call(capture, host, user):
    d = Dialog(capture, host, user, f"sip:{chance.choice(('', '+'))}442079460{chance.randrange(1000):03}@pbx.example.org")
    ports = chance.randrange(16000, 32000, 2), chance.randrange(16000, 32000, 2)
    where = f"Contact: <sip:pbx@{PBX}:5060>\r\n"
    d.ask("INVITE", body=description(host, ports[0]))
    if chance.random() < 0.5:
        credentials = d.challenge("INVITE")
        d.ask("ACK")
        d.ask("INVITE", credentials, description(host, ports[0]))
    d.answer("100 Trying", "INVITE")
    d.answer("180 Ringing", "INVITE", where)
    if chance.random() < 0.15:
        d.answer("486 Busy Here", "INVITE")
        d.ask("ACK")
        return
    d.answer("200 OK", "INVITE", where, description(PBX, ports[1]))
    d.ask("ACK", uri=f"sip:pbx@{PBX}:5060")
    talk(capture, (host, ports[0]), (PBX, ports[1]))
    d.ask("BYE", uri=f"sip:pbx@{PBX}:5060")
    d.answer("200 OK", "BYE")


def talk(capture, caller, callee):
    sources = chance.randrange(1 << 32), chance.randrange(1 << 32)
    for i in range(chance.randrange(10, 30)):
        for way, source in (((caller, callee), sources[0]), ((callee, caller), sources[1])):
            capture.put(*way, struct.pack("!BBHII", 0x80, 8, i, 160 * i, source) + bytes(160))


def keep_alive(capture, host, user):
    d = Dialog(capture, host, user, f"sip:{PBX}")
    d.ask("OPTIONS")
    d.answer("200 OK", "OPTIONS")


def scan(capture, host):
    agent = chance.choice(TOOLS)
    for _ in range(chance.randrange(2, 8)):
        user = str(chance.randrange(100, 99999))
        d = Dialog(capture, host, user, f"sip:{user}@{PBX}")
        method = chance.choice(("OPTIONS", "REGISTER", "INVITE"))
        d.ask(method, "Accept: application/sdp\r\n", agent=agent)
        if chance.random() < 0.3:
            d.answer(chance.choice(("404 Not Found", "401 Unauthorized", "200 OK")), method)


def main():
    capture = Capture(sys.argv[1])
    for _ in range(CONVERSATIONS):
        part, host = chance.random(), chance.choice(PHONES)
        user = f"phone{chance.randrange(1500)}"
        if part < 0.35:
            call(capture, host, user)
        elif part < 0.65:
            register(capture, host, user)
        elif part < 0.78:
            keep_alive(capture, host, user)
        elif part < 0.96:
            scan(capture, chance.choice(STRANGERS))
        else:
            register(capture, chance.choice(STRANGERS), str(chance.randrange(100, 140)), False)


main()
