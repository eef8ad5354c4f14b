# SPDX-License-Identifier: Apache-2.0
"""SIPp's own scenarios of SRTP, which offer keys (RFC 4568), between a carrier and a PBX that both speak
mutual TLS: SIPp protects audio and video by a code of its own, and what it plays must come back. Who
offers keys that protect nothing is refused, for of the carrier protection is required."""

import base64
import os
import re
import socket

from certificates import Authority
from harness import Skip, check, test
from hosts import forward
from office import INSIDE, OUTSIDE, PBX_AT
from ringfence import Ringfence
from rows import FAILED, PASSED, REFUSED, SKIPPED, tell
from sipp_pairs import Pairs, lingers
from srtp import Key
from test_sipp import CARRIER_AT, DEAD, Stage

NAME, END = "sip.example.com", "ends.example"
MORE = """\
certificate main {{ chain {chain}  key file:{key} }}
peer carrier {{
    kind carrier
    side outside
    address sips:{carrier}:5061
    signalling mutual-tls  name {name}  authority {authority}
    media srtp required
}}
peer vault {{
    kind pbx
    side inside
    address sips:{pbx}:5061
    signalling mutual-tls  name {name}  authority {authority}
}}
route {{ from carrier  to vault }}
"""


UNPROTECTED = "keys that encrypt nothing (NULL ciphers, UNENCRYPTED_SRTP): nothing is left that is required (RFC 4568, 7.1.2)"


class Patterns:
    """What passes an interface as SIPp plays it: few different bytes, whatever the format."""

    FEW = 6

    def __init__(self, interface):
        # What we send is told to those alone who ask for all kinds of frames (ETH_P_ALL).
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0003))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
        self.socket.bind((interface, 0x0003))
        self.socket.setblocking(False)

    def packets(self):
        """(to whom, packet of audio or video), each since it was asked last."""
        found = []
        while True:
            try:
                packet = self.socket.recv(2048)
            except BlockingIOError:
                return found
            rtp = packet[4 * (packet[0] & 15) + 8:]
            if packet[9] == 17 and len(rtp) >= 36 and rtp[0] & 0xc0 == 0x80 and not 64 <= rtp[1] & 0x7f < 96:
                found.append((socket.inet_ntoa(packet[16:20]), rtp))

    @classmethod
    def is_pattern(cls, payload):
        return len(set(payload)) <= cls.FEW


class Offered:
    """Keys that came to SIPp, by the messages that it wrote down."""

    LINE = re.compile(r"a=crypto:\d+ AES_CM_128_HMAC_SHA1_(80|32) inline:([A-Za-z0-9+/]{40})")

    def __init__(self, messages):
        came = "".join(part for part in messages.split("-" * 40) if "message received" in part)
        self.keys = [(Key(base64.b64decode(key)), 10 if suite == "80" else 4) for suite, key in self.LINE.findall(came)]

    def opens(self, packet):
        """What stood in it; None where it is authentic under none of them."""
        for key, size in self.keys:
            if key.tag(packet[:-size])[:size] == packet[-size:]:
                return key.text(packet[:-size])[12:]
        return None


class SecuredStage(Stage):
    port, transport = 5061, "tcp"

    def __init__(self, cast, authority):
        super().__init__(cast)
        if "3.6" in cast.run("version", [*self.sipp_words, "-v"], 10).log():
            raise Skip("this SIPp knows no TLS; script/pbx 22 gets one that does")
        chain, key = authority.issue("ends", [f"DNS:{END}", f"IP:{CARRIER_AT}", f"IP:{PBX_AT}"])
        self.wires = Patterns(self.outside.interface), Patterns(self.inside.interface)
        self.transport_words = ["-t", "l1", "-tls_cert", chain, "-tls_key", key, "-tls_ca", authority.certificate]

    def counted(self):
        """(packets in clear, all of them: [to whom, packet]) on both wires; the last bytes may be what authenticates one."""
        every = [row for wire in self.wires for row in wire.packets()]
        return sum(Patterns.is_pattern(packet[12:-12]) for _, packet in every), every

    def row(self, row):
        """One scenario through the border: what it came to, and the words for it."""
        self.counted()
        good = self.passes(row, is_through=True)
        clear, every = self.counted()
        if clear:
            return FAILED, f"{clear} of {len(every)} packets were in clear"
        messages = self.text(f"{self.count}-caller.messages")
        if "nullsha" in row.name or row.name.endswith("_ue"):
            is_refused = "SIP/2.0 488" in messages and not good and not every
            return (REFUSED, f"488: {UNPROTECTED}") if is_refused else (FAILED, f"not refused: {self.why}")
        # SIPp opens what comes back as if it were of the source that it sent as; the border is a source of its own.
        if not good and not (self.is_answered and self.why.startswith("RTP check failed")):
            return FAILED, self.why
        keys, back = Offered(messages), [packet for to, packet in every if to == CARRIER_AT]
        heard = sum(Patterns.is_pattern(keys.opens(packet) or bytes(range(64))) for packet in back)
        if len(back) < 10 or heard < 0.9 * len(back):
            return FAILED, f"of {len(back)} packets that came back {heard} bore what was played"
        return PASSED, f"adapted: {row.words}; {heard} of {len(back)} packets came back as they were played, none in clear"


@test("each of SIPp's scenarios of SRTP that passes over TLS without the border passes through it, under keys of its own each side")
def sipp_secured(cast):
    authority = Authority(cast.folder)
    stage = SecuredStage(cast, authority)
    forward()
    wanted = os.environ.get("RINGFENCE_SCENARIOS", "").split(",")
    rows = [row for row in Pairs(cast.folder).patterns(lambda name: "crypto" in name, 22, lingers)
            if any(word in row.name for word in wanted)]
    bare = {row.name: "" if stage.passes(row, is_through=False) else stage.why for row in rows}
    deaf, _ = stage.counted()
    chain, key = authority.issue("main", [f"DNS:{NAME}", f"IP:{OUTSIDE}", f"IP:{INSIDE}"])
    ringfence = Ringfence(cast, outside=OUTSIDE, inside=INSIDE, pbx=PBX_AT,
                          outside_more=f"\n    tls {OUTSIDE}:5061  certificate main",
                          inside_more=f"\n    tls {INSIDE}:5061  certificate main",
                          more=MORE.format(chain=chain, key=key, name=END, authority=authority.certificate,
                                           carrier=CARRIER_AT, pbx=PBX_AT))
    ringfence.start()
    through = {row.name: stage.row(row) for row in rows if not bare[row.name]}
    ringfence.stop()
    for row in rows:
        outcome, words = through.get(row.name, (SKIPPED, f"fails without the border too: {bare[row.name]}"))
        if outcome == PASSED and stage.passes(row, is_through=True, seconds=DEAD):
            outcome, words = FAILED, "passes though the border is dead"
        tell(f"sipp_secured {row.name}", outcome, words)
    failed = [name for name, (outcome, _) in through.items() if outcome == FAILED]
    check(not failed, f"otherwise through the border: {failed}")
    check(deaf > 20 or wanted != [""], "the watch is deaf: of keys that encrypt nothing it found nothing in clear")
