# SPDX-License-Identifier: Apache-2.0
"""One end of a call's audio under keys, for a phone whose signalling alone is played.

    srtp_talk.py ADDRESS PORT TO-FILE KEY TONE HEARD-TONE

Speaks TONE as SRTP (AES_CM_128_HMAC_SHA1_80, KEY in base64) as soon as TO-FILE names the other end,
"ADDRESS PORT KEY", until it is ended, and tells every second what it heard: seconds of HEARD-TONE, and
how many packets were not authentic.
"""

import base64
import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "system"))

from srtp import Key  # noqa: E402
from tones import MU_LAW, is_tone, mu_law_tone  # noqa: E402

FRAME = 160


def other_end(path):
    """(address, port, key) once they are known."""
    while True:
        try:
            with open(path, encoding="ascii") as file:
                words = file.read().split()
        except OSError:
            words = []
        if len(words) == 3:
            return words[0], int(words[1]), Key(base64.b64decode(words[2]))
        time.sleep(0.05)


class Talk:
    def __init__(self, wire, key, tone, other):
        self.wire, self.key, self.other, self.number = wire, key, other, 0
        self.sound, self.heard, self.strange = mu_law_tone(tone, FRAME), 0.0, 0

    def speak(self):
        self.number += 1
        head = bytes((0x80, 0)) + self.number.to_bytes(2, "big") + (self.number * FRAME).to_bytes(4, "big") + b"SIPp"
        self.wire.sendto(self.key.protect(head + self.sound), self.other[:2])

    def listen(self, tone):
        while True:
            try:
                packet = self.other[2].unprotect(self.wire.recv(2048))
            except (BlockingIOError, ConnectionRefusedError):
                return
            if packet is None:
                self.strange += 1
            elif packet[1] & 0x7f == 0:
                block = [MU_LAW[byte] for byte in packet[12:]]
                self.heard += len(block) / 8000 * is_tone(block, tone)


def main():
    address, port, to_file, key, tone, heard_tone = sys.argv[1:]
    wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wire.bind((address, int(port)))
    wire.setblocking(False)
    talk = Talk(wire, Key(base64.b64decode(key)), int(tone), other_end(to_file))
    due = time.monotonic()
    while True:
        talk.speak()
        talk.listen(int(heard_tone))
        if talk.number % 50 == 0:
            print(f"heard {talk.heard:.1f} strange {talk.strange}", flush=True)
        due = max(due + FRAME / 8000, time.monotonic() - 0.2)
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main()
