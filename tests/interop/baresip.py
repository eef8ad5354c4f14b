# SPDX-License-Identifier: Apache-2.0
"""baresip as a phone: told what to do over its control connection, heard by its tone."""

import json
import os
import re
import shutil
import socket

from harness import Skip
from process import Failure, until
from tones import write_tone

MODULES = ("/usr/lib/baresip/modules", "/usr/lib/x86_64-linux-gnu/baresip/modules")

CONFIG = """\
sip_listen {address}:5060
net_interface eth0
audio_source aufile,{folder}/tone.wav
audio_srate 8000
audio_channels 1
call_local_timeout 60
call_max_calls 4
module_path {modules}
module g711.so
module aufile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
module_app mwi.so
module_app contact.so
module_app presence.so
ctrl_tcp_listen {address}:4444
"""

ACCOUNT = ('<sip:{user}@{domain}>;auth_user={user};auth_pass={secret};outbound="sip:{proxy}:5060";'
           "regint=600;audio_codecs=pcmu;answermode={answers};ptime=20\n")

CONTACT = '"{watched}" <sip:{watched}@{domain}>;presence=p2p\n'


class Baresip:
    plays_on = False
    knows_replaces = False
    program = "baresip"
    configuration, account = CONFIG, ACCOUNT

    def __init__(self, cast, host, user, secret, tone, is_answering=True, watches=()):
        modules = next((path for path in MODULES if os.path.isdir(path)), None)
        if not shutil.which("baresip") or not modules:
            raise Skip("baresip is not installed")
        self.cast, self.host, self.user, self.secret, self.tone = cast, host, user, secret, tone
        self.modules, self.answers = modules, "auto" if is_answering else "manual"
        self.watches = watches
        self.folder = os.path.join(cast.folder, f"baresip-{user}")
        self.events, self.data, self.connection, self.process = [], b"", None, None

    def start(self, proxy, domain):
        os.makedirs(self.folder, exist_ok=True)
        write_tone(os.path.join(self.folder, "tone.wav"), self.tone)
        for name, text in (("config", self.configuration), ("accounts", self.account),
                           ("contacts", "".join(CONTACT.replace("{watched}", user) for user in self.watches))):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(text.format(address=self.host.address, modules=self.modules,
                                       folder=self.folder, user=self.user, domain=domain, secret=self.secret,
                                       proxy=proxy, answers=self.answers))
        self.process = self.cast.start(f"baresip-{self.user}", self.host.enter + ["baresip", "-f", self.folder, "-s", "-v"])
        if not until(self.connect, 30, pause=0.1):
            raise Failure(f"baresip does not come up, see {self.process.log_path}")
        return self

    def connect(self):
        try:
            self.connection = socket.create_connection((self.host.address, 4444), timeout=1)
            return True
        except OSError:
            return False

    def read(self):
        """What it has said by now, each a netstring of JSON."""
        self.connection.settimeout(0.02)
        try:
            self.data += self.connection.recv(65536)
        except (socket.timeout, ConnectionError):
            pass
        while b":" in self.data:
            size, _, rest = self.data.partition(b":")
            if len(rest) < int(size) + 1:
                break
            self.events.append(json.loads(rest[:int(size)].decode("utf-8", "replace")))
            self.data = rest[int(size) + 1:]

    def tell(self, command, words=""):
        text = json.dumps({"command": command, "params": words, "token": "t"})
        self.connection.sendall(f"{len(text)}:{text},".encode())

    def count(self, kind):
        self.read()
        return sum(1 for event in self.events if event.get("type") == kind)

    def is_registered(self):
        """It tells events only to who is there when they happen, so it is asked."""
        self.tell("reginfo")
        return until(lambda: self.count("REGISTER_OK") or any(
            "response" in event and "mOK " in event.get("data", "") for event in self.events), 0.3)

    def waits_registered(self, seconds=15):
        if not until(self.is_registered, seconds, pause=0.2):
            raise Failure(f"phone {self.user} (baresip) could not register, see {self.process.log_path}")

    def talked(self):
        """How many calls of its have been answered by now."""
        return self.count("CALL_ESTABLISHED")

    def ended(self):
        return self.count("CALL_CLOSED")

    def call(self, number):
        self.tell("dial", number)

    def accept(self):
        self.tell("accept")

    def hang_up(self):
        self.tell("hangup")

    def refresh(self):
        """It does so itself."""

    def hang_up_all(self):
        for _ in range(4):
            self.hang_up()

    def hold(self):
        self.tell("hold")

    def resume(self):
        self.tell("resume")

    def transfer(self, number):
        self.tell("transfer", number)

    def lamp(self):
        """The states that it was told of whom it watches: on while he is on the telephone."""
        found = re.findall("changed status from .* to (.*)", self.process.log())
        return ["on" if "Busy" in state else "off" if "Online" in state else state for state in found]

    def heard(self, hertz):
        """Seconds of that tone that reached it. What it plays is told by itself only until it holds a call."""
        return self.host.ears.heard(hertz)
