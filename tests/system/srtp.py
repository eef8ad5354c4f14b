# SPDX-License-Identifier: Apache-2.0
"""SRTP for tests (RFC 3711, AES_CM_128_HMAC_SHA1_80 alone), written apart from ours: AES by OpenSSL's library, the
rest by Python's. And a phone over TLS that offers and takes keys (RFC 4568)."""

import base64
import ctypes
import ctypes.util
import hashlib
import hmac
import os
import re
import socket

from tls_stream import TlsPhone

SUITE = "AES_CM_128_HMAC_SHA1_80"
FRAME = b"\xd5" * 120

crypto = ctypes.CDLL(ctypes.util.find_library("crypto"))
for name in ("EVP_aes_128_ctr", "EVP_CIPHER_CTX_new"):
    getattr(crypto, name).restype = ctypes.c_void_p


def key_stream(key, iv, text):
    context = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new())
    out, done = ctypes.create_string_buffer(len(text) + 16), ctypes.c_int(0)
    crypto.EVP_EncryptInit_ex(context, ctypes.c_void_p(crypto.EVP_aes_128_ctr()), None, key, iv)
    crypto.EVP_EncryptUpdate(context, out, ctypes.byref(done), text, len(text))
    crypto.EVP_CIPHER_CTX_free(context)
    return out.raw[:done.value]


class Key:
    """One direction. Tests send fewer packets than wrap a sequence number."""

    def __init__(self, secret):
        def derive(label, size):
            salt = bytearray(secret[16:30] + b"\0\0")
            salt[7] ^= label
            return key_stream(secret[:16], bytes(salt), b"\0" * size)

        self.cipher, self.auth, self.salt = derive(0, 16), derive(1, 20), derive(2, 14)

    def text(self, packet, head=12):
        iv = bytearray(self.salt + b"\0\0")
        for at, value in enumerate(packet[8:12]):
            iv[4 + at] ^= value
        for at, value in enumerate(packet[2:4]):
            iv[12 + at] ^= value
        return packet[:head] + key_stream(self.cipher, bytes(iv), packet[head:])

    def tag(self, packet):
        return hmac.new(self.auth, packet + b"\0" * 4, hashlib.sha1).digest()[:10]

    def protect(self, packet, head=12):
        """`head`: so many bytes in front stay in the clear, more than 12 with a header extension."""
        packet = self.text(packet, head)
        return packet + self.tag(packet)

    def unprotect(self, packet):
        """None: it is not authentic."""
        if len(packet) < 22 or self.tag(packet[:-10]) != packet[-10:]:
            return None
        has_extension = packet[0] & 0x10
        return self.text(packet[:-10], 16 + 4 * int.from_bytes(packet[14:16], "big") if has_extension else 12)


class SrtpPhone(TlsPhone):
    """A phone over TLS with audio under keys, by RTP/SAVP."""

    profile = "RTP/SAVP"

    def __init__(self, *where, **how):
        super().__init__(*where, **how)
        self.secret_key, self.frame, self.strange = os.urandom(30), 0, 0
        self.theirs = self.sent_to = None
        self.audio = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.audio.bind((self.place, 0))
        self.audio.setblocking(False)
        awaits = self.stream.await_message

        def await_message(*args, **named):
            message = awaits(*args, **named)
            if message is not None:
                self.learn(message.body)
            return message
        self.stream.await_message = await_message

    def __exit__(self, *_):
        self.audio.close()
        super().__exit__(*_)

    def learn(self, body):
        found = re.search(rf"a=crypto:(\d+) {SUITE} inline:([A-Za-z0-9+/]+)", body)
        if found:
            self.tag_chosen, self.theirs = found.group(1), Key(base64.b64decode(found.group(2)))
        line = re.search(r"m=audio (\d+) (\S+)", body)
        if line:
            self.came_profile = line.group(2)
            self.sent_to = re.search(r"c=IN IP4 (\S+)", body).group(1), int(line.group(1))

    def description(self, tag, profile):
        address, port = self.audio.getsockname()
        text = f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\nm=audio {port} {profile} 0\r\n"
        if tag:
            text += f"a=crypto:{tag} {SUITE} inline:{base64.b64encode(self.secret_key).decode()}\r\n"
        return text

    def request(self, method, uri, call, *, body="", **more):
        return super().request(method, uri, call, body=self.description(7, self.profile) if body else "", **more)

    def answer(self, request, code, reason, body=""):
        super().answer(request, code, reason, self.description(self.tag_chosen, self.came_profile) if body else "")

    def packet(self):
        self.frame += 1
        head = bytes([0x80, 0]) + self.frame.to_bytes(2, "big") + (self.frame * 160).to_bytes(4, "big")
        return head + self.place.encode()[-4:] + self.place.encode().ljust(40) + FRAME

    def speak(self):
        self.audio.sendto(Key(self.secret_key).protect(self.packet()), self.sent_to)

    def speak_plain(self):
        self.audio.sendto(self.packet(), self.sent_to)

    def listen(self, whose):
        """Frames of that phone which wait; what is not authentic counts as strange."""
        heard = 0
        while True:
            try:
                packet = self.audio.recv(2048)
            except (BlockingIOError, ConnectionRefusedError):
                return heard
            clear = self.theirs.unprotect(packet)
            self.strange += clear is None
            heard += clear is not None and clear[12:] == whose.place.encode().ljust(40) + FRAME
