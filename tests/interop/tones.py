# SPDX-License-Identifier: Apache-2.0
"""What a phone hears is known by its tone: each speaks one of its own."""

import math
import os
import socket
import struct

RATE = 8000
BLOCK = 800  # 0.1 s: tones that are 100 Hz apart are told from each other


def write_tone(path, hertz, seconds=120):
    """A file of one tone, a multiple of 10 Hz, for a phone without a microphone."""
    piece = [int(9000 * math.sin(2 * math.pi * hertz * i / RATE)) for i in range(BLOCK)]
    body = struct.pack(f"<{BLOCK}h", *piece) * (seconds * RATE // BLOCK)
    with open(path, "wb") as file:
        file.write(b"RIFF" + struct.pack("<I", 36 + len(body)) + b"WAVEfmt "
                   + struct.pack("<IHHIIHH", 16, 1, 1, RATE, 2 * RATE, 2, 16) + b"data" + struct.pack("<I", len(body)) + body)


def samples(path):
    """Of 16 bit, one channel; of a file that is still being written too."""
    if not os.path.exists(path):
        return RATE, ()
    with open(path, "rb") as file:
        data = file.read()
    at = data.find(b"data")
    # linphone writes the head of its file when the call is over.
    rate = struct.unpack_from("<I", data, 24)[0] if at > 0 else RATE
    body = data[at + 8 if at > 0 else 44:]
    return rate or RATE, struct.unpack(f"<{len(body) // 2}h", body[:len(body) // 2 * 2])


def power(block, hertz, rate):
    """Of one tone in a block (Goertzel)."""
    factor = 2 * math.cos(2 * math.pi * hertz / rate)
    before, last = 0.0, 0.0
    for sample in block:
        before, last = last, sample + factor * last - before
    return last * last + before * before - factor * last * before


def is_tone(block, hertz, rate=RATE):
    """That tone is heard in the block, and hardly anything else."""
    energy = sum(sample * sample for sample in block)
    return energy > len(block) * 300 * 300 and power(block, hertz, rate) > 0.7 * energy * len(block) / 2


def heard_seconds(path, hertz):
    """How long that tone is heard in the file."""
    rate, all_samples = samples(path)
    size = BLOCK * rate // RATE
    return 0.1 * sum(is_tone(all_samples[at:at + size], hertz, rate)
                     for at in range(0, len(all_samples) - size + 1, size))


def of_mu_law(byte):
    byte = ~byte & 0xff
    size = (((byte & 15) << 3) + 132 << (byte >> 4 & 7)) - 132
    return -size if byte & 0x80 else size


MU_LAW = tuple(of_mu_law(byte) for byte in range(256))


def mu_law_tone(hertz, count):
    """So many samples of a tone that is a whole number of times in them."""
    return bytes(min(range(256), key=lambda byte: abs(MU_LAW[byte] - 9000 * math.sin(2 * math.pi * hertz * i / RATE)))
                 for i in range(count))


class Ears:
    """What reaches a phone's host as audio (RTP, PCMU), whatever the phone does with it, and what of
    it names what should be hidden."""

    def __init__(self, interface, address, hidden=()):
        self.hidden, self.shown = [word.encode() for word in hidden], []
        self.address, self.frames, self.known = socket.inet_aton(address), [], {}
        # What we send is told to those alone who ask for all kinds of frames (ETH_P_ALL).
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0003))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
        self.socket.bind((interface, 0x0003))
        self.socket.setblocking(False)

    def listen(self):
        while True:
            try:
                packet = self.socket.recv(2048)
            except BlockingIOError:
                return
            start = 4 * (packet[0] & 15) + 8
            if packet[16:20] == self.address and any(word in packet for word in self.hidden):
                self.shown.append(packet[start:])
            if packet[9] == 17 and packet[16:20] == self.address and len(packet) >= start + 12 + 80 \
                    and packet[start] & 0xc0 == 0x80 and packet[start + 1] & 0x7f == 0:
                self.frames.append(packet[start + 12:])

    def heard(self, hertz):
        """Seconds of that tone since they listen."""
        self.listen()
        at, seconds = self.known.get(hertz, (0, 0.0))
        for frame in self.frames[at:]:
            block = [MU_LAW[byte] for byte in frame]
            seconds += len(block) / RATE * is_tone(block, hertz)
        self.known[hertz] = len(self.frames), seconds
        return seconds
