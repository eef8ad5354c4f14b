# SPDX-License-Identifier: Apache-2.0
"""All that passes on a test's own loopback, packet by packet, so that a test can count what left for whom."""

import collections
import ctypes
import os
import socket
import struct

from harness import Skip, check
from hosts import INSIDE

IP, SOL_PACKET, STATISTICS, FORCED_BUFFER, ATTACH_FILTER = 0x0800, 263, 6, 33, 26
TCP, UDP = 6, 17
SIP_TEXT = b"SIP/2.0"

Packet = collections.namedtuple("Packet", "protocol source port to to_port data")


def read(frame):
    """A packet with something in it, or None."""
    head = (frame[0] & 15) * 4
    protocol, rest = frame[9], frame[head:int.from_bytes(frame[2:4], "big") or len(frame)]
    if protocol not in (TCP, UDP) or len(rest) < 8:
        return None
    data = rest[(rest[12] >> 4) * 4 if protocol == TCP else 8:]
    return Packet(protocol, socket.inet_ntoa(frame[12:16]), int.from_bytes(rest[:2], "big"),
                  socket.inet_ntoa(frame[16:20]), int.from_bytes(rest[2:4], "big"), data) if data else None


def only_from(addresses):
    """A filter for the kernel (BPF): packets of these sources."""
    steps = [(0x20, 0, 0, 12)]
    steps += [(0x15, len(addresses) - number, 0, int.from_bytes(socket.inet_aton(address), "big"))
              for number, address in enumerate(addresses)]
    steps += [(0x06, 0, 0, 0), (0x06, 0, 0, 0xffffffff)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    return code, struct.pack("HL", len(steps), ctypes.addressof(code))


class Capture:
    """`sources`: what others send is left out, for floods would fill all room."""

    def __init__(self, *sources):
        if not os.environ.get(INSIDE):
            raise Skip("no network of the test's own could be made here")
        # What is bound to one protocol hears loopback's packets once, as they arrive.
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(IP))
        self.socket.setsockopt(socket.SOL_SOCKET, FORCED_BUFFER, 128 << 20)
        if sources:
            code, program = only_from(sources)
            self.socket.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, program)
            del code  # the kernel has its own by now
        self.socket.bind(("lo", IP))
        self.socket.setblocking(False)
        self.packets = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def listen(self):
        """Takes what waits; a Failure where some were lost, for then nothing is known."""
        while True:
            try:
                packet = read(self.socket.recv(1 << 17))
            except BlockingIOError:
                break
            if packet:
                self.packets.append(packet)
        lost = struct.unpack("II", self.socket.getsockopt(SOL_PACKET, STATISTICS, 8))[1]
        check(lost == 0, f"the capture lost {lost} packets")
        return self.packets

    def sent(self, source, to, protocol=None):
        return [p for p in self.listen()
                if p.source == source and p.to == to and protocol in (None, p.protocol)]

    def plain(self, source, to, *words):
        """Those with SIP, or with any of these words, as everybody can read them."""
        return [p for p in self.sent(source, to) if any(word in p.data for word in (SIP_TEXT, *words))]
