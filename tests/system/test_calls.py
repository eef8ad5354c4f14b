# SPDX-License-Identifier: Apache-2.0
"""Calls through Ringfence: heard and hidden."""

import re
import socket
import threading

from harness import check, test
from ringfence import INSIDE_ADDRESS
from stage import Device, Stage

CALLER, CALLEE = "200", "210"
IDENTIFIERS = re.compile(
    rb"(?:branch=|tag=)([^;>\s]+)|^(?:Call-ID|i)\s*:\s*(\S+)", re.I | re.M)


class Capture:
    """All IPv4 packets on the loopback of this namespace: [(source, destination, UDP payload)]."""

    def __enter__(self):
        self.packets = []
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.bind(("lo", 0))
        self.socket.settimeout(0.1)
        self.is_running = True
        self.thread = threading.Thread(target=self.read)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_running = False
        self.thread.join()
        self.socket.close()

    def read(self):
        while self.is_running:
            try:
                packet, place = self.socket.recvfrom(65535)
            except socket.timeout:
                continue
            if place[2] == socket.PACKET_OUTGOING or packet[9] != 17:
                continue
            start = 4 * (packet[0] & 15)
            self.packets.append((socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20]),
                                 packet[start + 8:]))

    def of(self, address):
        return [payload for source, destination, payload in self.packets if address in (source, destination)]


def identifiers(payloads):
    return {first or second for payload in payloads if b"SIP/2.0" in payload
            for first, second in IDENTIFIERS.findall(payload)}


def office(cast):
    return Stage(cast, (CALLER, CALLEE)).start()


def pair(stage):
    return stage.phone(CALLER, "127.0.0.31"), stage.phone(CALLEE, "127.0.0.32")


@test("two phones register, call, and hear each other through Ringfence")
def phones_call_through(cast):
    stage = office(cast)
    stage.call(*pair(stage))


@test("reports of a call's audio cross, and their CNAME does not", fails_bare=True)
def cname_hidden(cast):
    stage = office(cast)
    audio = stage.call(*pair(stage))
    check(all(end["rtcp_received"] > 0 for end in audio), f"no RTCP came: {audio}")
    check(all(end["cnames_shown"] == 0 for end in audio), f"a CNAME of the other end shows: {audio}")


@test("nothing of the inside shows outside: no address, Call-ID, tag, branch", fails_bare=True)
def inside_hidden(cast):
    stage = office(cast)
    with Capture() as capture:
        stage.call(*pair(stage))
    outside, inside = capture.of(stage.address), capture.of(INSIDE_ADDRESS)
    for secret in (INSIDE_ADDRESS.encode(), b"127.0.0.20", b"office-pbx"):
        shown = [payload for payload in outside if secret in payload]
        check(not shown, f"{secret} shows outside: {shown[:1]}")
    shared = identifiers(outside) & identifiers(inside)
    check(not shared, f"these show on both sides: {sorted(shared)[:5]}")
    check(len(identifiers(inside)) > 10, "no identifiers were read, so nothing was compared")


@test("a phone on IPv6 registers at a PBX that knows IPv4 only")
def phone_on_ipv6(cast):
    stage = Stage(cast, (CALLER, CALLEE), outside_more="[::1]:5060").start()
    device = Device("::1", "::1", CALLER, stage.users[CALLER])
    code = device.register()
    device.close()
    check(code == 200, f"the registration ended with {code}")
