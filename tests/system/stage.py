# SPDX-License-Identifier: Apache-2.0
"""What most tests of Ringfence begin with: a leaky PBX, Ringfence before it, phones."""

import os
import time

import harness
import phones
from harness import RTP_TALK, Skip
from pbx import DOMAIN, PBX_ADDRESS, Pbx, password_of
from process import Failure
from ringfence import OUTSIDE_ADDRESS, PROBE_USER, Ringfence, is_built
from sip_text import Wire, digest, register, token

WEAK_PASSWORD = "letmein"


def needs_long():
    if not os.environ.get("RINGFENCE_LONG"):
        raise Skip("takes minutes; RINGFENCE_LONG=1 runs it")


class Stage:
    def __init__(self, cast, users, **changes):
        if not harness.is_bare and not is_built():
            raise Skip("the program is not built yet")
        self.cast = cast
        self.users = {user: password_of(user) for user in users}
        self.users[PROBE_USER] = token(32)
        self.changes = changes
        self.pbx = self.ringfence = self.program = None
        self.kind = Ringfence
        self.address = PBX_ADDRESS if harness.is_bare else OUTSIDE_ADDRESS
        self.target = f"{self.address}:5060"
        self.pbx_address, self.pbx_host = PBX_ADDRESS, ()

    def place_apart(self, outside, pbx_address, pbx_host):
        """Not on loopback: where Ringfence and the PBX are, and how to enter the PBX's host."""
        self.address = pbx_address if harness.is_bare else outside
        self.target = f"{self.address}:5060"
        self.pbx_address, self.pbx_host = pbx_address, pbx_host

    def start(self, has_tcp=False):
        self.pbx = Pbx(self.cast, self.pbx_address, users=self.users, host=self.pbx_host, has_tcp=has_tcp)
        self.pbx.start()
        if not harness.is_bare:
            self.ringfence = self.kind(self.cast, **self.changes)
            self.ringfence.program = self.program or self.ringfence.program
            self.ringfence.start()
        return self

    def words(self, at, count):
        """A list of passwords with the weak one at that place, or nowhere for 0."""
        path = os.path.join(self.cast.folder, f"words-{at}-{count}.txt")
        with open(path, "w", encoding="ascii") as file:
            file.writelines((WEAK_PASSWORD if number == at else f"winter{number}") + "\n"
                            for number in range(1, count + 1))
        return path

    def phone(self, user, address, **places):
        return phones.Phone(self.cast, user, self.users[user], address, RTP_TALK, **places)

    def call(self, caller, callee):
        """Both register and talk; a Failure where anything is not as it should be."""
        for phone in (caller, callee):
            phone.register(self.target, DOMAIN)
        audio = phones.call(caller, callee, self.target, DOMAIN)
        if not all(phones.is_good(report) for report in audio):
            raise Failure(f"audio was lost or changed: {audio}")
        return audio

    def device(self, address, user, secret=None):
        return Device(address, self.address, user, secret or self.users[user])

    def is_blocked(self, address):
        if self.ringfence is None:
            return False
        return f'"{address}' in self.ringfence.ask("-o", "jsonl", "blocks", "list")[1]


class Device:
    """One phone that registers and repeats itself as real ones do."""

    def __init__(self, address, target_address, user, secret):
        self.wire = Wire(address, (target_address, 5060))
        self.user, self.secret = user, secret
        self.call_id, self.tag, self.cseq = token(20), token(), 0

    def close(self):
        self.wire.socket.close()

    def ask(self, authorization=None, patience=6.0):
        self.cseq += 1
        text = register(self.wire, self.user, DOMAIN, call_id=self.call_id, from_tag=self.tag,
                        cseq=self.cseq, authorization=authorization)
        started, wait = time.monotonic(), 0.5
        while time.monotonic() - started < patience:
            reply = self.wire.ask(text, wait)
            if reply is not None:
                return reply
            wait = min(2 * wait, 4.0)
        return None

    def register(self, patience=6.0):
        """The final code, 0 for silence."""
        reply = self.ask(patience=patience)
        challenge = reply.challenge() if reply else None
        if challenge:
            reply = self.ask(digest(challenge, self.user, self.secret, "REGISTER", f"sip:{DOMAIN}"), patience)
        return reply.code if reply else 0
