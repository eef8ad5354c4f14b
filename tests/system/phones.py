# SPDX-License-Identifier: Apache-2.0
"""Two telephones: SIPp speaks for them, rtp_talk is their audio."""

import json
import os

from process import Failure

SCENARIOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sipp")
FRAMES = 100  # 2 s of audio from each side
TALK_MS = 3200


class Phone:
    def __init__(self, cast, user, secret, address, rtp_talk, port=5060, rtp_port=40000):
        self.cast, self.user, self.secret = cast, str(user), secret
        self.address, self.port, self.rtp_port = address, port, rtp_port
        self.rtp_talk, self.frames = rtp_talk, FRAMES
        self.to_file = os.path.join(cast.folder, f"rtp-{self.user}.to")

    def sipp(self, scenario, target, domain, **keys):
        """The command line; keys are what the scenario calls [name]."""
        command = [
            "/usr/bin/sipp", "-sf", os.path.join(SCENARIOS, scenario + ".xml"), target,
            "-i", self.address, "-p", str(self.port), "-m", "1", "-nostdin", "-timeout", "40s",
            "-timeout_error", "-au", self.user, "-ap", self.secret, "-trace_err",
            "-error_file", os.path.join(self.cast.folder, f"sipp-{scenario}-{self.user}.errors"),
            "-key", "user", self.user, "-key", "domain", domain]
        for name, value in keys.items():
            command += ["-key", name, str(value)]
        return command

    def register(self, target, domain):
        name = f"register-{self.user}"
        process = self.cast.run(name, self.sipp("register", target, domain), 30)
        if process.child.returncode != 0:
            raise Failure(f"phone {self.user} could not register at {target}, see {process.log_path}")

    def start_audio(self):
        if os.path.exists(self.to_file):
            os.unlink(self.to_file)
        return self.cast.start(f"audio-{self.user}", [
            self.rtp_talk, "--bind", f"{self.address}:{self.rtp_port}", "--to-file", self.to_file,
            "--frames", str(self.frames), "--wait", "20"])


def audio_of(process):
    if process.wait(30) is None:
        process.stop()
    try:
        return json.loads(process.log().strip().splitlines()[-1])
    except (ValueError, IndexError):
        raise Failure(f"no report from {process.name}, see {process.log_path}") from None


def is_good(audio):
    """Nearly all that could be expected came, nothing changed, from one place only."""
    return (audio["received"] >= FRAMES * 95 // 100 and audio["damaged"] == 0
            and audio["twice"] == 0 and audio["sources"] == 1)


def call(caller, callee, target, domain):
    """Caller calls callee by way of target; both hear each other. Returns both audio reports."""
    audio = [phone.start_audio() for phone in (caller, callee)]
    answering = callee.cast.start(f"answer-{callee.user}", callee.sipp(
        "answer", target, domain, to_file=callee.to_file, rtp_port=callee.rtp_port))
    calling = caller.cast.run(f"call-{caller.user}", caller.sipp(
        "call", target, domain, callee=callee.user, to_file=caller.to_file,
        rtp_port=caller.rtp_port) + ["-d", str(TALK_MS)], 45)
    failed = calling.child.returncode != 0 or answering.wait(10) != 0
    answering.stop()
    if failed:
        for process in audio:
            process.stop()
        raise Failure(f"the call from {caller.user} to {callee.user} failed, see {calling.log_path}")
    return [audio_of(process) for process in audio]
