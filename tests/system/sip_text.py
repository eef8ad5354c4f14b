# SPDX-License-Identifier: Apache-2.0
"""Just enough SIP for attackers and probes: requests as text, replies as facts."""

import hashlib
import random
import re
import socket
import time


class Reply:
    """One response: code, reason, header names in their order, and the values."""

    def __init__(self, data, seconds):
        self.data = data
        self.seconds = seconds
        text = data.decode("utf-8", "replace")
        head, _, self.body = text.partition("\r\n\r\n")
        lines = head.split("\r\n")
        match = re.match(r"SIP/2\.0 (\d{3}) ?(.*)", lines[0])
        self.code = int(match.group(1)) if match else 0
        self.reason = match.group(2) if match else lines[0]
        self.headers = [tuple(part.strip() for part in line.split(":", 1))
                        for line in lines[1:] if ":" in line]

    def header(self, name):
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return None

    def challenge(self):
        """The parameters of a digest challenge, or None."""
        for name in ("WWW-Authenticate", "Proxy-Authenticate"):
            value = self.header(name)
            if value:
                found = re.findall(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))', value)
                return {key.lower(): quoted or bare for key, quoted, bare in found}
        return None


class Wire:
    """A UDP socket bound to one of our addresses and meant for one target."""

    transport, parameter = "UDP", ""

    def __init__(self, address, target, port=0):
        self.target = target
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((address, port))
        self.address, self.port = self.socket.getsockname()[:2]
        if family == socket.AF_INET6:
            self.address = f"[{self.address}]"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, text):
        self.socket.sendto(text.encode(), self.target)

    def receive(self, seconds):
        """The next reply of any kind, or None."""
        start = time.monotonic()
        self.socket.settimeout(max(seconds, 0.001))
        try:
            data, _ = self.socket.recvfrom(65535)
        except (socket.timeout, ConnectionRefusedError):
            return None
        return Reply(data, time.monotonic() - start)

    def ask(self, text, seconds):
        """Sends, waits for the final reply to this very request (branch, CSeq)."""
        branch = re.search(r"branch=([^;\s]+)", text).group(1)
        start = time.monotonic()
        self.send(text)
        while True:
            left = seconds - (time.monotonic() - start)
            if left <= 0:
                return None
            reply = self.receive(left)
            if reply is None:
                continue
            if branch in (reply.header("Via") or "") and reply.code >= 200:
                reply.seconds = time.monotonic() - start
                return reply


def token(length=10, source=random):
    return "".join(source.choice("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(length))


def digest(challenge, user, secret, method, uri, nonce_count=1, cnonce=None):
    """The value of an Authorization header that answers the challenge (MD5, SHA-256)."""
    cnonce = cnonce or token(16)
    name = challenge.get("algorithm", "MD5").upper()
    hashed = hashlib.sha256 if name.startswith("SHA-256") else hashlib.md5

    def hex_of(text):
        return hashed(text.encode()).hexdigest()

    realm, nonce = challenge["realm"], challenge["nonce"]
    secret_part = hex_of(f"{user}:{realm}:{secret}")
    request_part = hex_of(f"{method}:{uri}")
    parts = [f'username="{user}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{uri}"']
    if "qop" in challenge:
        count = f"{nonce_count:08x}"
        answer = hex_of(f"{secret_part}:{nonce}:{count}:{cnonce}:auth:{request_part}")
        parts += [f'response="{answer}"', "qop=auth", f"nc={count}", f'cnonce="{cnonce}"']
    else:
        parts.append(f'response="{hex_of(f"{secret_part}:{nonce}:{request_part}")}"')
    if "algorithm" in challenge:
        parts.append(f'algorithm={challenge["algorithm"]}')
    if "opaque" in challenge:
        parts.append(f'opaque="{challenge["opaque"]}"')
    return "Digest " + ", ".join(parts)


def register(wire, user, domain, *, authorization=None, call_id=None, cseq=1, from_tag=None,
             contact_user=None, user_agent="Grandstream GXP2170 1.0.11.23", expires=600):
    """A REGISTER shaped as a common desk phone writes it."""
    lines = [
        f"REGISTER sip:{domain} SIP/2.0",
        f"Via: SIP/2.0/{wire.transport} {wire.address}:{wire.port};branch=z9hG4bK{token(12)};rport",
        f"From: <sip:{user}@{domain}>;tag={from_tag or token()}",
        f"To: <sip:{user}@{domain}>",
        f"Call-ID: {call_id or token(20)}",
        f"CSeq: {cseq} REGISTER",
        f"Contact: <sip:{contact_user or user}@{wire.address}:{wire.port}{wire.parameter}>"
        ';reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000B82AABB01>"',
    ]
    if authorization:
        lines.append(f"Authorization: {authorization}")
    lines += [
        "Max-Forwards: 70",
        f"User-Agent: {user_agent}",
        "Supported: path",
        f"Expires: {expires}",
        "Allow: INVITE, ACK, OPTIONS, CANCEL, BYE, SUBSCRIBE, NOTIFY, INFO, REFER, UPDATE, MESSAGE",
        "Content-Length: 0",
        "",
        "",
    ]
    return "\r\n".join(lines)
