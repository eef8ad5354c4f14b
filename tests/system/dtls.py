# SPDX-License-Identifier: Apache-2.0
"""DTLS-SRTP for tests (RFC 5764): a phone that begins the handshake by `openssl s_client` from its audio's own port,
and goes on under the keys that come of it."""

import re
import select
import socket
import subprocess
import time

from process import Failure
from srtp import Key, SrtpPhone

LABEL, MATERIAL = "EXTRACTOR-dtls_srtp", 60
HANDSHAKE = range(20, 64)  # first bytes of DTLS (RFC 7983)


class ShakingPhone(SrtpPhone):
    """`certificate`: the one that its description names (speech.Certificate)."""

    profile = "UDP/TLS/RTP/SAVP"

    def __init__(self, *where, certificate, **how):
        super().__init__(*where, **how)
        self.certificate, self.keys = certificate, None

    def description(self, _tag, _profile):
        address, port = self.audio.getsockname()
        return (f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
                f"m=audio {port} {self.profile} 0\r\na=setup:active\r\na=fingerprint:{self.certificate.fingerprint}\r\n")

    def shake(self, path=None, seconds=20.0, is_enough=lambda: False):
        """Whether keys came of it; `path`: a certificate that is shown in place of the one that was named."""
        place, path = self.audio.getsockname(), path or self.certificate.path
        self.audio.close()
        text = handshake(place, self.sent_to, path, (seconds, is_enough))
        self.audio = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.audio.bind(place)
        self.audio.setblocking(False)
        found = re.search(r"Keying material: ([0-9A-F]{%d})" % (2 * MATERIAL), text)
        if not found:
            return False
        drawn = bytes.fromhex(found.group(1))
        self.keys = Key(drawn[:16] + drawn[32:46])
        self.theirs = Key(drawn[16:32] + drawn[46:60])
        return True

    def speak(self):
        self.audio.sendto(self.keys.protect(self.packet()), self.sent_to)


def handshake(place, target, path, patience):
    """What s_client says until it has keys or gives up. It is killed: its end would be an alert."""
    seconds, is_enough = patience
    words = ["openssl", "s_client", "-dtls1_2", "-bind", "%s:%d" % place, "-connect", "%s:%d" % target, "-cert", path,
             "-key", path, "-use_srtp", "SRTP_AES128_CM_SHA1_80", "-keymatexport", LABEL, "-keymatexportlen", str(MATERIAL)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        text, end = b"", time.monotonic() + seconds
        while b"Keying material: " not in text or not text.rpartition(b"Keying material: ")[2].count(b"\n"):
            if not select.select([process.stdout], [], [], 0.1)[0]:
                if is_enough() or time.monotonic() > end:
                    break
                continue
            came = process.stdout.read1(65536)
            if not came:
                break
            text += came
        process.kill()
    return text.decode("utf-8", "replace")


def hello(certificate, address):
    """A ClientHello as such a phone writes it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind((address, 0))
        words = ["openssl", "s_client", "-dtls1_2", "-connect", "%s:%d" % sink.getsockname(), "-cert", certificate.path,
                 "-key", certificate.path, "-use_srtp", "SRTP_AES128_CM_SHA1_80"]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            sink.settimeout(10)
            try:
                return sink.recv(65536)
            except socket.timeout:
                raise Failure("openssl wrote no ClientHello") from None
            finally:
                process.kill()
