# SPDX-License-Identifier: Apache-2.0
"""linphonec as a phone: told what to do at its prompt, heard by its tone."""

import os
import pty
import re
import shutil

from harness import Skip
from process import Failure, until
from tones import heard_seconds, write_tone

CONFIG = """\
[sip]
sip_port=5060
default_proxy=0
guess_hostname=1
use_ipv6=0
use_info=0
keepalive_period=0
inc_timeout=60
[net]
firewall_policy=0
mtu=1300
[rtp]
audio_rtp_port=7078
audio_adaptive_jitt_comp_enabled=1
[sound]
echocancellation=0
[video]
capture=0
display=0
[misc]
add_missing_audio_codecs=0
[proxy_0]
reg_proxy=<sip:{proxy}>
reg_route=<sip:{proxy};lr>
reg_identity=<sip:{user}@{domain}>
reg_expires=600
reg_sendregister=1
publish=0
[auth_info_0]
username={user}
userid={user}
passwd={secret}
domain={domain}
[audio_codec_0]
mime=PCMU
rate=8000
channels=1
enabled=1
[audio_codec_1]
mime=telephone-event
rate=8000
channels=1
enabled=1
"""

FRIEND = """\
[friend_{number}]
url=<sip:{user}@{domain}>
pol=accept
subscribe=1
"""


class Linphone:
    plays_on = True  # its file is its music on hold too
    knows_replaces = True
    program = "linphone"

    def __init__(self, cast, host, user, secret, tone, is_answering=True, watches=()):
        if not shutil.which("linphonec"):
            raise Skip("linphonec is not installed")
        self.cast, self.host, self.user, self.secret, self.tone = cast, host, user, secret, tone
        self.is_answering, self.watches = is_answering, watches
        self.folder = os.path.join(cast.folder, f"linphone-{user}")
        self.record = os.path.join(self.folder, "heard.wav")
        self.prompt = self.terminal = self.process = None

    def start(self, proxy, domain):
        self.domain = domain
        # Without a folder for its database it never looks at the network.
        os.makedirs(os.path.join(self.folder, ".local", "share", "linphone"), exist_ok=True)
        write_tone(os.path.join(self.folder, "tone.wav"), self.tone)
        with open(os.path.join(self.folder, "rc"), "w", encoding="utf-8") as file:
            file.write(CONFIG.format(domain=domain, proxy=proxy, user=self.user, secret=self.secret))
            for number, user in enumerate(self.watches):
                file.write(FRIEND.format(number=number, user=user, domain=domain))
        self.prompt, self.terminal = pty.openpty()
        self.process = self.cast.start(f"linphone-{self.user}", self.host.enter + [
            "env", f"HOME={self.folder}", "sh", "-c",
            f'exec stdbuf -oL linphonec -c "{self.folder}/rc" -d 5 -l "{self.folder}/debug.log" <{os.ttyname(self.terminal)}'])
        self.say("soundcard use files")
        self.say(f"play {self.folder}/tone.wav")
        self.say(f"record {self.record}")
        self.say("autoanswer " + ("enable" if self.is_answering else "disable"))
        return self

    def say(self, line):
        os.write(self.prompt, (line + "\n").encode())

    def count(self, pattern):
        """How often its own log says so."""
        try:
            with open(os.path.join(self.folder, "debug.log"), encoding="utf-8", errors="replace") as file:
                return len(re.findall(pattern, file.read()))
        except OSError:
            return 0

    def waits(self, pattern, count=1, seconds=15):
        if not until(lambda: self.count(pattern) >= count, seconds):
            raise Failure(f"phone {self.user} (linphone): no {count} of '{pattern}' in {seconds} s, see {self.process.log_path}")

    def waits_registered(self, seconds=15):
        self.waits(r"to \[LinphoneRegistrationOk\]", seconds=seconds)

    def talked(self):
        """How many calls of its have been answered by now."""
        return self.count(r"to LinphoneCallConnected\b")

    def last_call(self):
        return int(re.findall("assigned id ([0-9]+)", self.process.log())[-1])

    def ended(self):
        return self.count(r"to LinphoneCallEnd\b")

    def call(self, number):
        self.say(f"call sip:{number}@{self.domain}")

    def accept(self):
        self.say("answer")

    def hang_up(self):
        self.say("terminate")

    def refresh(self):
        """It does so itself."""

    def hang_up_all(self):
        self.say("terminate all")

    def hold(self):
        self.say("pause")

    def resume(self):
        self.say(f"resume {self.last_call()}")

    def transfer(self, number):
        self.say(f"transfer sip:{number}@{self.domain}")

    def transfer_to_other(self):
        """The call before the last one gets the far end of the last one."""
        self.say(f"transfer {self.last_call() - 1} --to-call {self.last_call()}")

    def lamp(self):
        """The states that it was told of whom it watches: on while he is on the telephone."""
        with open(os.path.join(self.folder, "debug.log"), encoding="utf-8", errors="replace") as file:
            found = re.findall(r"We are notified that .* has presence \[([^]]*)\]", file.read())
        return [{"on-the-phone": "on", "busy": "on", "open": "off", "online": "off"}.get(state, state) for state in found]

    def heard(self, hertz):
        return heard_seconds(self.record, hertz)
