# SPDX-License-Identifier: Apache-2.0
"""SIPp behind a small TLS bridge (bench/tls_bridge.c), for it knows none: what it says goes out over TLS
with a certificate shown and asked for, and what comes so is told to it. Its audio is SRTP (srtp_talk.py)."""

import base64
import os

from harness import TREE, Skip
from process import until

HERE = os.path.dirname(os.path.abspath(__file__))
BRIDGE = os.path.join(TREE, "tests", "system", "tls_bridge")
SIPP_PORT, TLS_PORT, OUT_PORT, AUDIO_PORT = 5060, 5061, 5070, 41000


class BridgedSipp:
    """A phone of one call at a time."""

    program, process = "SIPp behind a TLS bridge", None

    def __init__(self, cast, host, *, address, user, tone, hears, border, pair, authority):
        if not os.access("/usr/bin/sipp", os.X_OK) or not os.access(BRIDGE, os.X_OK):
            raise Skip("SIPp or tls_bridge is not there")
        self.cast, self.host, self.address, self.user, self.tone = cast, host, address, user, tone
        self.hears, self.border, self.count = hears, border, 0
        self.secret = base64.b64encode(os.urandom(30)).decode()
        self.sound = self.log_path = None
        files = [*pair, authority]
        self.bridges = [cast.start(f"bridge-{way}", host.enter + [BRIDGE, way, f"{address}:{here}", f"{there}", *files])
                        for way, here, there in (("to", OUT_PORT, f"{border}:{TLS_PORT}"),
                                                 ("from", TLS_PORT, f"{address}:{SIPP_PORT}"))]

    def begin(self, scenario, **keys):
        self.count += 1
        name = f"sipp-{self.count}-{scenario}"
        to_file = os.path.join(self.cast.folder, name + ".to")
        self.log_path = os.path.join(self.cast.folder, name + ".states")
        words = {"user": self.user, "border": self.border, "audio_port": AUDIO_PORT, "secret": self.secret,
                 "to_file": to_file, **keys}
        self.sound = self.cast.start(f"sound-{self.count}", self.host.enter + [
            "/usr/bin/python3", os.path.join(HERE, "srtp_talk.py"), self.address, str(AUDIO_PORT), to_file,
            self.secret, str(self.tone), str(self.hears)])
        self.process = self.cast.start(name, self.host.enter + [
            "env", "TERM=dumb", "/usr/bin/sipp", "-sf", os.path.join(HERE, "sipp", scenario + ".xml"),
            f"{self.address}:{OUT_PORT}", "-t", "t1", "-i", self.address, "-p", str(SIPP_PORT), "-m", "1", "-nostdin",
            "-timeout", "150s", "-timeout_error", "-trace_err", "-error_file", self.log_path[:-6] + "errors",
            "-trace_logs", "-log_file", self.log_path, "-trace_msg", "-message_file", self.log_path[:-6] + "messages"]
            + [word for key, value in words.items() for word in ("-key", key, str(value))])

    def call(self, number):
        self.begin("bridge_call", callee=number)

    def answers(self):
        """Waits to be called."""
        self.begin("bridge_answer")
        until(self.listens, 10)

    def listens(self):
        with open(f"/proc/{self.process.child.pid}/net/tcp", encoding="ascii") as file:
            return any(line.split()[1].endswith(f":{SIPP_PORT:04X}") and line.split()[3] == "0A"
                       for line in file.readlines()[1:])

    def says(self, word):
        try:
            with open(self.log_path, encoding="utf-8") as file:
                return file.read().count(word)
        except (OSError, TypeError):
            return 0

    def talks(self):
        return self.says("talks") > 0

    def is_over(self):
        """SIPp is content with all that came."""
        return self.says("done") > 0 and self.process.wait(10) == 0

    def ends(self):
        for process in (self.process, self.sound):
            process.stop()

    def heard(self):
        """(seconds of the other's tone, packets that were not authentic)."""
        told = [line.split() for line in self.sound.log().splitlines() if line.startswith("heard ")]
        return (float(told[-1][1]), int(told[-1][3])) if told else (0.0, 0)
