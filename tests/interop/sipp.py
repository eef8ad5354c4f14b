# SPDX-License-Identifier: Apache-2.0
"""SIPp as devices without a voice: a fax machine, a phone with a lamp, and a phone that says what it hears."""

import os

from harness import ROOT, Skip
from process import Failure

SCENARIOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sipp")
REGISTER = os.path.join(ROOT, "tests", "system", "sipp", "register.xml")
FAX = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fax_talk.py")
FAX_PORT, AUDIO_PORT = 42000, 41000


class Sipp:
    program = "SIPp"

    def __init__(self, cast, host, user, secret, _tone):
        if not os.access("/usr/bin/sipp", os.X_OK):
            raise Skip("SIPp is not installed")
        self.cast, self.host, self.user, self.secret = cast, host, user, secret
        self.to_file = os.path.join(cast.folder, f"fax-{user}.to")
        self.log_path, self.process, self.challenge = None, None, "401"

    def refresh(self):
        """What SIPp registered, it does not register again by itself."""
        self.waits_registered()

    def hang_up_all(self):
        """What it plays is over."""
        for process in [process for process in self.cast.processes if process.name.startswith(f"sipp-{self.user}-")]:
            process.stop()
            self.cast.processes.remove(process)

    def start(self, proxy, domain):
        self.target, self.domain = f"{proxy}:5060", domain

    def command(self, scenario, **keys):
        name = os.path.splitext(os.path.basename(scenario))[0].replace(f"sipp-{self.user}-", "")
        self.log_path = os.path.join(self.cast.folder, f"sipp-{self.user}-{name}.states")
        self.messages_path = os.path.join(self.cast.folder, f"sipp-{self.user}-{name}.messages")
        words = self.host.enter + [
            "/usr/bin/sipp", "-sf", scenario, self.target, "-i", self.host.address, "-p", "5060", "-m", "1",
            "-nostdin", "-timeout", "150s", "-cid_str", "%u-%p-" + self.user, "-timeout_error", "-au", self.user, "-ap", self.secret,
            "-trace_err", "-error_file", os.path.join(self.cast.folder, f"sipp-{self.user}-{name}.errors"),
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
        with open(os.path.join(SCENARIOS, scenario + ".xml"), encoding="utf-8") as file:
            text = file.read().replace('response="401"', f'response="{self.challenge}"')
        return self.plays_text(scenario, text, *options, **keys)

    def acts(self, script, **keys):
        """Begins to play that script; whoever it talks with hears his own voice from it. The process."""
        return self.plays_text(script.name, script.text(), "-mp", str(AUDIO_PORT), "-rtp_echo",
                               # It cannot take two requests at once: what it was not ready for comes again.
                               "-default_behaviors", "all,-abortunexp", **keys)

    def plays_text(self, name, text, *options, **keys):
        path = os.path.join(self.cast.folder, f"sipp-{self.user}-{name}.xml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return self.cast.start(f"sipp-{self.user}-{name}", self.command(path, **keys) + list(options))

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

    def told(self):
        """How a transfer went, by what it was told of it: the status of each."""
        try:
            with open(self.log_path, encoding="utf-8") as file:
                return [line.split()[-1] for line in file if line.startswith("told: ")]
        except OSError:
            return []

    def messages(self):
        with open(self.messages_path, encoding="utf-8", errors="replace") as file:
            return file.read()
