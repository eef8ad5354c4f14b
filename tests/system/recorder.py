# SPDX-License-Identifier: Apache-2.0
"""recorder.py INTERFACE FILE: writes what passes one interface as a capture, until SIGTERM."""

import signal
import socket
import struct
import sys
import time

ALL_PROTOCOLS, MAX_PACKET, LINK_ETHERNET, BUFFER_BYTES = 3, 65535, 1, 16 << 20


def end(_number, _frame):
    raise SystemExit(0)


def main():
    interface, path = sys.argv[1:]
    signal.signal(signal.SIGTERM, end)
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    wire.bind((interface, 0))
    # Unbuffered: whatever passed before the signal stands in the file.
    with open(path, "wb", buffering=0) as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, MAX_PACKET, LINK_ETHERNET))
        print("recording", flush=True)
        while True:
            packet = wire.recv(MAX_PACKET)
            now_us = time.time_ns() // 1000
            file.write(struct.pack("<IIII", now_us // 1000000, now_us % 1000000, len(packet), len(packet)) + packet)


if __name__ == "__main__":
    main()
