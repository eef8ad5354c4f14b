# SPDX-License-Identifier: Apache-2.0
"""A telephony board in software, and a speech server that knows MRCPv2 (RFC 6787).

The board has a line that plays and records files of G.711 and presses digits; the server
recognises what it was told to expect, by its bytes. Both carry audio as datagrams, in the clear or
under SRTP (RFC 4568), or as a connection (RFC 4571), in the clear or under TLS (RFC 8122), and hold
the other end to what its description says."""

import base64
import hashlib
import os
import re
import socket
import ssl
import subprocess
import time

from process import Failure
from sip_text import token
from srtp import SUITE, Key
from test_routes import Trunk
from tls_trunk import TlsTrunk

BOARD_ADDRESS, SERVER_ADDRESS, STRANGER = "127.0.0.51", "127.0.0.52", "127.0.0.66"
FRAME = 160
EVENT_TYPE = 101


def make_voice(path, seconds=1):
    """A file of G.711: every 20 ms of it unlike all others."""
    with open(path, "wb") as file:
        for number in range(50 * seconds):
            file.write(hashlib.sha512(b"voice%d" % number).digest() * 2 + bytes([number]) * 32)
    return path


class Certificate:
    """Self-signed, as ends of media have it: what counts is its fingerprint."""

    def __init__(self, folder, name):
        self.path = os.path.join(folder, name + ".pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=" + name, "-days", "2", "-keyout", self.path, "-out", self.path + ".crt"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(self.path + ".crt", encoding="ascii") as file:
            text = file.read()
        with open(self.path, "a", encoding="ascii") as file:
            file.write(text)
        self.fingerprint = print_of(ssl.PEM_cert_to_DER_cert(text))

    def wrap(self, plain, is_server, wanted):
        """TLS over that connection; Failure where the other end shows another certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if is_server else ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.load_cert_chain(self.path)
        made = context.wrap_socket(plain, server_side=is_server)
        # A server that asks for a certificate would have to know who signs it.
        if not is_server and print_of(made.getpeercert(True)) != wanted:
            raise Failure("another certificate than the description says")
        return made


def print_of(der):
    return "sha-256 " + ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest())


class Line:
    """One m= line of a description: its port, host, protocol and attributes."""

    def __init__(self, body, kind):
        parts = re.split(r"^m=", body, flags=re.M)
        found = [part for part in parts[1:] if part.startswith(kind + " ")]
        if not found:
            raise Failure(f"no m={kind} in {body!r}")
        first, *rest = found[0].splitlines()
        self.port, self.protocol = int(first.split()[1]), first.split()[2]
        self.attributes = {}
        for line in rest:
            if line.startswith("a="):
                name, _, value = line[2:].partition(":")
                self.attributes.setdefault(name, value)
        place = [line for line in [*rest, *parts[0].splitlines()] if line.startswith("c=")]
        self.address = place[0].split()[-1]

    def get(self, name):
        return self.attributes.get(name, "")


class Pipe:
    """A connection, read in whole messages or frames."""

    def __init__(self, made):
        self.made, self.held = made, b""

    def send(self, data):
        self.made.sendall(data)

    def more(self, seconds):
        self.made.settimeout(seconds)
        try:
            came = self.made.recv(65536)
        except (socket.timeout, TimeoutError):
            raise Failure("nothing more came on the connection") from None
        except OSError:
            came = b""
        if not came:
            raise Failure("the connection was closed")
        self.held += came

    def take(self, size, seconds=8.0):
        while len(self.held) < size:
            self.more(seconds)
        taken, self.held = self.held[:size], self.held[size:]
        return taken

    def message(self, seconds=8.0):
        while b" " not in self.held[9:]:
            self.more(seconds)
        return self.take(int(self.held.split(b" ")[1]), seconds).decode()

    def frame(self, seconds=8.0):
        return self.take(int.from_bytes(self.take(2, seconds), "big"), seconds)

    def is_closed(self, seconds=8.0):
        try:
            self.take(1, seconds)
        except Failure as failure:
            return "closed" in str(failure)
        return False

    def close(self):
        self.made.close()


def mrcp(start, channel, lines=(), body=""):
    """A message with its length, which counts itself: `start` has LEN in its place."""
    rest = [f"Channel-Identifier:{channel}", *lines]
    if body:
        rest.append(f"Content-Length:{len(body)}")
    text = start + "\r\n" + "\r\n".join(rest) + "\r\n\r\n" + body
    length = len(text)
    while len(text.replace("LEN", str(length), 1)) != length:
        length = len(text.replace("LEN", str(length), 1))
    return text.replace("LEN", str(length), 1).encode()


class End(Trunk):
    """What board and server have in common: SIP, and an end of audio."""

    def __init__(self, place, over="udp", certificate=None):
        super().__init__(*place)
        self.over, self.certificate = over, certificate
        self.waiting_at = self.pipe = self.control = None
        self.sequence, self.heard = 0, {}
        self.secret, self.theirs, self.strange = os.urandom(30), None, 0
        self.ours = Key(self.secret)

    def __exit__(self, *what):
        super().__exit__(*what)
        for each in (self.waiting_at, self.pipe, self.control):
            if each:
                each.close()

    def wait_at(self):
        self.waiting_at = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.waiting_at.bind((self.address, 0))
        self.waiting_at.listen(4)
        return self.waiting_at.getsockname()[1]

    def take_connection(self, seconds=8.0):
        self.waiting_at.settimeout(seconds)
        try:
            return self.waiting_at.accept()[0]
        except (socket.timeout, TimeoutError):
            raise Failure(f"nobody connected to {self.address}") from None

    def connect(self, line, address=None):
        """To where that line of a description says."""
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.bind((address or self.address, 0))
        made.settimeout(8.0)
        made.connect((line.address, line.port))
        if "TLS" in line.protocol:
            made = self.certificate.wrap(made, False, line.get("fingerprint"))
        return Pipe(made)

    def fingerprint(self, protocol):
        return f"a=fingerprint:{self.certificate.fingerprint}\r\n" if "TLS" in protocol else ""

    def audio_line(self, setup):
        if self.over == "udp":
            return "m=audio 41000 RTP/AVP 0 101\r\n"
        if self.over == "srtp":
            key = base64.b64encode(self.secret).decode()
            return f"m=audio 41000 RTP/SAVP 0 101\r\na=crypto:1 {SUITE} inline:{key}\r\n"
        protocol = "TCP/TLS/RTP/AVP" if self.over == "tls" else "TCP/RTP/AVP"
        port = self.wait_at() if setup == "passive" else 9
        return (f"m=audio {port} {protocol} 0 101\r\na=setup:{setup}\r\na=connection:new\r\n"
                + self.fingerprint(protocol))

    def hold_to(self, line):
        """That line of the other end says where audio goes, and under which key it comes."""
        self.audio_at = line
        tag, suite, key = (line.get("crypto").split() + ["", "", ""])[:3]
        if self.over == "srtp":
            if (line.protocol, tag, suite) != ("RTP/SAVP", "1", SUITE):
                raise Failure(f"audio under SRTP is described as {line.protocol} {line.attributes}")
            self.theirs = Key(base64.b64decode(key.partition(":")[2]))

    def describe(self, lines):
        return (f"v=0\r\no=- 1 1 IN IP4 {self.address}\r\ns=-\r\nc=IN IP4 {self.address}\r\nt=0 0\r\n" + lines)

    # --- audio ---

    def say(self, payload, where, kind=0):
        self.sequence += 1
        packet = (bytes([0x80, kind]) + self.sequence.to_bytes(2, "big") + (160 * self.sequence).to_bytes(4, "big")
                  + b"LINE" + payload)
        if self.over == "srtp":
            packet = self.ours.protect(packet)
        if self.pipe:
            self.pipe.send(len(packet).to_bytes(2, "big") + packet)
        else:
            self.audio.sendto(packet, where)

    def play(self, path, where=None):
        with open(path, "rb") as file:
            while payload := file.read(FRAME):
                self.say(payload, where)
                time.sleep(0.002)

    def press(self, digit, where=None):
        """RFC 4733: one event, its end said three times."""
        for is_end in (0, 0, 0x80, 0x80, 0x80):
            self.say(bytes([digit, is_end | 10, 0, 160]), where, EVENT_TYPE)

    def packet(self, seconds):
        if self.pipe:
            return self.pipe.frame(seconds)
        self.audio.settimeout(seconds)
        try:
            while True:
                packet = self.audio.recv(4096)
                if not self.theirs:
                    return packet
                clear = self.theirs.unprotect(packet)
                if clear:
                    return clear
                self.strange += 1
        except (socket.timeout, TimeoutError):
            raise Failure("no audio came") from None

    def record(self, seconds=0.5):
        """What came until nothing more comes, by its kind of payload."""
        try:
            while True:
                packet = self.packet(seconds)
                self.heard.setdefault(packet[1] & 127, set()).add(packet[12:])
        except Failure:
            return self.heard

    def has_heard(self, path):
        with open(path, "rb") as file:
            whole = file.read()
        return {whole[at:at + FRAME] for at in range(0, len(whole), FRAME)} <= self.heard.get(0, set())


class Board(End):
    def __init__(self, place, channels="TCP/MRCPv2", **more):
        super().__init__(place if isinstance(place, tuple) else (BOARD_ADDRESS, place), **more)
        self.channels = channels

    def sdp(self):
        return self.describe(
            f"m=application 9 {self.channels} 1\r\na=setup:active\r\na=connection:new\r\na=resource:speechrecog\r\n"
            f"a=cmid:1\r\n{self.fingerprint(self.channels)}" + self.audio_line("active")
            + "a=rtpmap:101 telephone-event/8000\r\na=mid:1\r\na=sendrecv\r\n")

    def take_up(self, answer):
        """What the 2xx says: the channel, and where audio goes."""
        self.learn(answer)
        self.request("ACK")
        self.control_line = Line(answer.body, "application")
        self.hold_to(Line(answer.body, "audio"))
        self.channel = self.control_line.get("channel")
        if self.control_line.port:
            self.control = self.connect(self.control_line)
        if self.over in ("tcp", "tls"):
            self.pipe = self.connect(self.audio_at)

    def where(self):
        return self.audio_at.address, self.audio_at.port

    def ask(self, number=1, channel=None):
        self.control.send(mrcp(f"MRCP/2.0 LEN RECOGNIZE {number}", channel or self.channel,
                               ["Content-Type:text/uri-list"], "session:office@grammar\r\n"))


class SpeechServer(End):
    def __init__(self, place, **more):
        super().__init__(place if isinstance(place, tuple) else (SERVER_ADDRESS, place), **more)
        self.channel = token(16) + "@speechrecog"

    def take_call(self, invite):
        """Answers it, and takes the connections that it leads to."""
        self.asked, audio = Line(invite.body, "application"), Line(invite.body, "audio")
        lines = self.audio_line("passive")
        audio_listener, self.waiting_at = self.waiting_at, None
        port = self.wait_at()
        self.answer(invite, "200 OK", self.describe(
            f"m=application {port} {self.asked.protocol} 1\r\na=setup:passive\r\na=connection:new\r\n"
            f"a=channel:{self.channel}\r\na=cmid:{self.asked.get('cmid')}\r\n{self.fingerprint(self.asked.protocol)}"
            + lines + "a=rtpmap:101 telephone-event/8000\r\na=mid:1\r\na=sendrecv\r\n"))
        self.control = self.shaken(self.take_connection(), self.asked)
        if audio_listener:
            self.waiting_at.close()
            self.waiting_at = audio_listener
            self.pipe = self.shaken(self.take_connection(), audio)
        self.hold_to(audio)

    def where(self):
        return self.audio_at.address, self.audio_at.port

    def shaken(self, made, line):
        if "TLS" in line.protocol:
            made.settimeout(8.0)
            made = self.certificate.wrap(made, True, line.get("fingerprint"))
        return Pipe(made)

    def begin(self):
        """RECOGNIZE: its number."""
        message = self.control.message()
        found = re.match(r"MRCP/2.0 \d+ RECOGNIZE (\d+)\r\n", message)
        if not found or f"Channel-Identifier:{self.channel}\r\n" not in message:
            raise Failure(f"no RECOGNIZE for {self.channel}: {message!r}")
        self.control.send(mrcp(f"MRCP/2.0 LEN {found.group(1)} 200 IN-PROGRESS", self.channel))
        return found.group(1)

    def complete(self, number, words):
        body = f"<?xml version=\"1.0\"?><result><interpretation><input>{words}</input></interpretation></result>"
        self.control.send(mrcp(f"MRCP/2.0 LEN RECOGNITION-COMPLETE {number} COMPLETE", self.channel,
                               ["Completion-Cause:000 success", "Content-Type:application/nlsml+xml"], body))


class SecureBoard(Board, TlsTrunk):
    """Its signalling is mutual TLS. `place`: address, contexts of a server and a client, our name, next hop."""

    def __init__(self, *place, next_hop, **more):
        super().__init__((BOARD_ADDRESS, *place), channels="TCP/TLS/MRCPv2", **more)
        self.next_hop = (next_hop, 5061)


class SecureSpeechServer(SpeechServer, TlsTrunk):
    def __init__(self, *place, next_hop, **more):
        super().__init__((SERVER_ADDRESS, *place), **more)
        self.next_hop = (next_hop, 5061)
