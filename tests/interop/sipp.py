# SPDX-License-Identifier: Apache-2.0
"""SIPp as devices without a voice: a fax machine, and a phone with a lamp."""

import os

from harness import ROOT, Skip
from process import Failure

SCENARIOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sipp")
REGISTER = os.path.join(ROOT, "tests", "system", "sipp", "register.xml")
FAX = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fax_talk.py")
FAX_PORT = 42000


class Sipp:
    program = "SIPp"

    def __init__(self, cast, host, user, secret, _tone):
        if not os.access("/usr/bin/sipp", os.X_OK):
            raise Skip("SIPp is not installed")
        self.cast, self.host, self.user, self.secret = cast, host, user, secret
        self.to_file = os.path.join(cast.folder, f"fax-{user}.to")
        self.log_path = None

    def start(self, proxy, domain):
        self.target, self.domain = f"{proxy}:5060", domain

    def command(self, scenario, **keys):
        self.log_path = os.path.join(self.cast.folder, f"sipp-{self.user}.states")
        self.messages_path = os.path.join(self.cast.folder, f"sipp-{self.user}.messages")
        words = self.host.enter + [
            "/usr/bin/sipp", "-sf", scenario, self.target, "-i", self.host.address, "-p", "5060", "-m", "1",
            "-nostdin", "-timeout", "150s", "-timeout_error", "-au", self.user, "-ap", self.secret,
            "-trace_err", "-error_file", os.path.join(self.cast.folder, f"sipp-{self.user}.errors"),
            "-trace_logs", "-log_file", self.log_path, "-trace_msg", "-message_file", self.messages_path,
            "-key", "user", self.user, "-key", "domain", self.domain]
        for name, value in keys.items():
            words += ["-key", name, str(value)]
        return words

    def waits_registered(self):
        done = self.cast.run(f"register-{self.user}", self.command(REGISTER), 20)
        if done.child.returncode != 0:
            raise Failure(f"phone {self.user} (SIPp) could not register, see {done.log_path}")

    def plays(self, scenario, *options, **keys):
        """Begins to play it; the process."""
        return self.cast.start(f"sipp-{self.user}-{scenario}", self.command(
            os.path.join(SCENARIOS, scenario + ".xml"), **keys) + list(options))

    def faxes(self, count=50):
        """Sends and takes a fax's packets as soon as a scenario has told where to; the process."""
        return self.cast.start(f"fax-{self.user}", self.host.enter + [
            "/usr/bin/python3", FAX, self.host.address, str(FAX_PORT), self.to_file, str(count)])

    def lamp(self):
        """The states that it was told."""
        try:
            with open(self.log_path, encoding="utf-8") as file:
                return [line.split()[-1] for line in file if line.startswith("lamp: ")]
        except OSError:
            return []

    def messages(self):
        with open(self.messages_path, encoding="utf-8", errors="replace") as file:
            return file.read()
