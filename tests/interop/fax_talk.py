# SPDX-License-Identifier: Apache-2.0
"""One end of a fax: sends so many UDPTL packets and tells how many of the other end's came whole.

    fax_talk.py ADDRESS PORT TO-FILE COUNT

TO-FILE appears when signalling knows the other end: "ADDRESS PORT".
"""

import os
import socket
import sys
import time


def datum(number):
    return bytes((6, number >> 8, number & 255)) + b"page"


def packet(number):
    """A datum of its own and a copy of the one before: a PBX keeps the datum and makes the copies anew."""
    copies = bytes((0, 1)) + datum(number - 1) if number else bytes((0, 0))
    return bytes((number >> 8, number & 255)) + datum(number) + copies


def main():
    address, port, to_file, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wire.bind((address, port))
    deadline, to = time.monotonic() + 60, None
    while to is None and time.monotonic() < deadline:
        if os.path.exists(to_file) and os.path.getsize(to_file):
            with open(to_file, encoding="ascii") as file:
                words = file.read().split()
            to = (words[0], int(words[1])) if len(words) == 2 else None
        time.sleep(0.02)
    heard, wanted, number, end = set(), {datum(i): i for i in range(count)}, 0, None
    wire.settimeout(0.03)
    while to and (end is None or time.monotonic() < end):
        if number < count:
            wire.sendto(packet(number), to)
            number += 1
        elif end is None:
            end = time.monotonic() + 3
        try:
            heard.add(wanted.get(wire.recv(2048)[2:9], -1))
        except socket.timeout:
            pass
    heard.discard(-1)
    print(len(heard), flush=True)


if __name__ == "__main__":
    main()
