# SPDX-License-Identifier: Apache-2.0
"""Audio and video of a phone that bundles them on one port (RFC 8843), with one that has a port for each."""

import os
import re
import signal
import socket
import time

from certificates import Authority
from dtls import ShakingPhone
from harness import check, test
from process import until
from ringfence import OUTSIDE_ADDRESS
from speech import Certificate
from test_media_attacks import PlainPhone
from test_tls import CALLEE, CALLER, NAME, PHONES, tls_stage
from test_workers import workers
from tls_stream import client_context

SOUND, PICTURE, STRAY = b"a sound of the caller", b"a picture of the caller", b"said to no line"
VIDEO = 97


def packet(number, kind, source, words, mid=b""):
    """And how much of it is header."""
    head = bytes([0x90 if mid else 0x80, kind]) + number.to_bytes(2, "big") + (number * 160).to_bytes(4, "big") + source
    if mid:
        head += b"\xbe\xde\0\1\x40" + mid + b"\0\0"
    return head + words.ljust(160), len(head)


class BundlingPhone(ShakingPhone):
    def description(self, tag, profile):
        head, lines = super().description(tag, profile).split("t=0 0\r\n")
        mid = "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
        return (f"{head}t=0 0\r\na=group:BUNDLE 0 1\r\n{lines}a=rtcp-mux\r\na=mid:0\r\n{mid}"
                f"m=video 0 {self.profile} {VIDEO}\r\na=rtpmap:{VIDEO} VP8/90000\r\na=mid:1\r\na=bundle-only\r\n{mid}")

    def learn(self, body):
        super().learn(body)
        self.answered = body or self.answered

    answered = ""

    def say(self, *what):
        made, head = packet(*what)
        self.audio.sendto(self.keys.protect(made, head), self.sent_to)

    def hears(self):
        """What comes under keys: the payload type, the MID, and the words."""
        heard = []
        while True:
            try:
                clear = self.theirs.unprotect(self.audio.recv(2048))
            except (BlockingIOError, ConnectionRefusedError):
                return heard
            check(clear is not None, "something came that was not under keys")
            named = clear[16:18] if clear[12:16] == b"\xbe\xde\0\1" else b"  "
            heard.append((clear[1] & 0x7f, chr(named[1]) if named[0] == 0x40 else "", clear[20:].strip()))


class TwoPorts(PlainPhone):
    video_at = None

    def __init__(self, *where, **how):
        self.video = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.video.bind((where[0], 0))
        self.video.setblocking(False)
        super().__init__(*where, **how)

    def __exit__(self, *_):
        self.video.close()
        super().__exit__()

    def description(self, tag, profile):
        return super().description(tag, profile) + \
            f"m=video {self.video.getsockname()[1]} {self.video_profile} {VIDEO}\r\na=rtpmap:{VIDEO} VP8/90000\r\n"

    video_profile = "RTP/AVP"

    def learn(self, body):
        super().learn(body)
        line = re.search(r"m=video (\d+) (\S+)", body)
        if line:
            self.video_at, self.video_profile = (self.sent_to[0], int(line.group(1))), line.group(2)

    def hears(self, made):
        heard = []
        while True:
            try:
                heard.append(made.recv(2048)[12:].strip())
            except (BlockingIOError, ConnectionRefusedError):
                return heard


@test("a phone that bundles audio and video has both on one port, under the keys of one handshake; the other end has a port for each, and what is of no line goes nowhere; so too after media was killed, and after an upgrade")
def bundle_call(cast):
    authority = Authority(cast.folder)
    stage = tls_stage(cast, authority, subscribers_more="media srtp preferred").start()
    context = client_context(authority.certificate)
    caller = BundlingPhone(PHONES[0], OUTSIDE_ADDRESS, CALLER, stage.users[CALLER], context=context, name=NAME,
                           certificate=Certificate(cast.folder, "caller"))
    callee = TwoPorts(PHONES[1], OUTSIDE_ADDRESS, CALLEE, stage.users[CALLEE], context=context, name=NAME)
    with caller, callee:
        caller.must_register()
        callee.must_register()
        caller.call(CALLEE, callee.take_call)
        lines = dict(re.findall(r"m=(audio|video) (\d+)", caller.answered))
        check(lines["audio"] == lines["video"] != "0" and "a=group:BUNDLE 0 1" in caller.answered,
              f"answered was {caller.answered}")
        check(callee.sent_to != callee.video_at, "the other end was given one port")
        check(caller.shake(), "no keys came of the handshake")
        heard, number = {}, 0

        def talk():
            nonlocal number
            number += 1
            caller.say(number, 0, b"SOND", SOUND, b"0" if number % 2 else b"")
            caller.say(number, VIDEO, b"PICT", PICTURE, b"1" if number % 3 else b"")
            caller.say(number, 0, b"STRY", STRAY, b"7")
            caller.say(number, 55, b"STRA", STRAY)
            callee.audio.sendto(packet(number, 0, b"sond", SOUND)[0], callee.sent_to)
            callee.video.sendto(packet(number, VIDEO, b"pict", PICTURE)[0], callee.video_at)
            time.sleep(0.02)
            heard["sound"] += callee.hears(callee.audio)
            heard["picture"] += callee.hears(callee.video)
            heard["caller"] += caller.hears()
            return min(len(heard["sound"]), len(heard["picture"]), len(heard["caller"]) // 2) >= 25

        def must_talk():
            heard.update(sound=[], picture=[], caller=[])
            check(until(talk, 20, pause=0), f"heard were {({name: len(words) for name, words in heard.items()})}")
            check(set(heard["sound"]) == {SOUND} and set(heard["picture"]) == {PICTURE}, "lines were mixed up")
            check(set(heard["caller"]) == {(0, "0", SOUND), (VIDEO, "1", PICTURE)}, f"the caller heard {set(heard['caller'])}")

        must_talk()
        counters = stage.ringfence.counters()
        check(counters["media_dropped_line"] >= number and counters["dtls_agreed"] == 1, f"counted were {counters}")
        before = workers(stage.ringfence)
        os.kill(before["media"][0], signal.SIGKILL)
        check(until(lambda: workers(stage.ringfence).get("media", (0, 1))[1] == 2, 15, pause=0.1), "media is not back")
        must_talk()
        code, text = stage.ringfence.ask("upgrade", "--reason", "test")
        check(code == 0 and until(lambda: "media" in workers(stage.ringfence), 15, pause=0.1), f"upgrade: {code} {text}")
        must_talk()
