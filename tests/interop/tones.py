# SPDX-License-Identifier: Apache-2.0
"""What a phone hears is known by its tone: each speaks one of its own."""

import math
import os
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
        return 0, ()
    with open(path, "rb") as file:
        data = file.read()
    at = data.find(b"data")
    rate = struct.unpack_from("<I", data, 24)[0] if len(data) > 44 else RATE
    body = data[at + 8:] if at > 0 else b""
    return rate, struct.unpack(f"<{len(body) // 2}h", body[:len(body) // 2 * 2])


def power(block, hertz, rate):
    """Of one tone in a block (Goertzel)."""
    factor = 2 * math.cos(2 * math.pi * hertz / rate)
    before, last = 0.0, 0.0
    for sample in block:
        before, last = last, sample + factor * last - before
    return last * last + before * before - factor * last * before


def heard_seconds(path, hertz):
    """How long that tone, and hardly anything else, is heard in the file."""
    rate, all_samples = samples(path)
    size, count = BLOCK * rate // RATE, 0
    for at in range(0, len(all_samples) - size + 1, size):
        block = all_samples[at:at + size]
        energy = sum(sample * sample for sample in block)
        if energy > size * 300 * 300 and power(block, hertz, rate) > 0.7 * energy * size / 2:
            count += 1
    return count * 0.1
