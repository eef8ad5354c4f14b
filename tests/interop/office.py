# SPDX-License-Identifier: Apache-2.0
"""An office in network namespaces: a PBX in one, each phone in one of its own, and the
border between them, which is the only way: nothing else passes packets on.

    phone i  198.51.100.4i+2/30 -- 203.0.113.1  Ringfence  10.9.0.1 -- 10.9.0.20  PBX
"""

import time

import harness
from asterisk import Asterisk
from baresip import Baresip
from harness import Skip, check
from hosts import Host, ip
from kamailio import Kamailio
from pbx import DOMAIN, password_of
from process import Failure, until
from ringfence import PROBE_USER, Ringfence, is_built
from sip_text import token
from tones import Ears

OUTSIDE, INSIDE, PBX_AT = "203.0.113.1", "10.9.0.1", "10.9.0.20"
USERS = ("200", "201", "202", "203", "204")
TONES = {"200": 500, "201": 800, "202": 1100, "203": 1400, "204": 1700}

# For how many seconds something is waited for; short where nothing is expected to come.
patience = 20


class Office:
    def __init__(self, cast, version, has_direct_media=False, border=None):
        if not is_built():
            raise Skip("the program is not built yet")
        self.cast, self.phones, self.ringfence = cast, {}, None
        self.users = {user: password_of(user) for user in USERS}
        self.users[PROBE_USER] = token(32)
        self.inside = Host(cast, "pbx", [PBX_AT + "/24"], [INSIDE + "/24"])
        ip("address", "replace", OUTSIDE + "/32", "dev", "lo")
        self.is_direct = has_direct_media
        self.at_pbx = Ears(self.inside.interface, PBX_AT)
        if version == "kamailio":
            self.pbx = Kamailio(cast, PBX_AT, users=self.users, host=self.inside.enter)
        else:
            self.pbx = Asterisk(cast, version, PBX_AT, self.users, self.inside.enter, has_direct_media)
        self.pbx.start()
        self.pbx.trace()
        if not harness.is_bare:
            self.ringfence = border or Ringfence(cast, outside=OUTSIDE, inside=INSIDE, pbx=PBX_AT)
            self.ringfence.start()

    def host(self, user):
        """A namespace that knows the border's address alone."""
        number = USERS.index(user) * 4
        address, ours = f"198.51.100.{number + 2}", f"198.51.100.{number + 1}"
        host = Host(self.cast, f"p{user}", [address + "/30"], [ours + "/30"])
        ip("route", "add", "default", "via", ours, inside=host.enter)
        host.address, host.ears = address, Ears(host.interface, address, (INSIDE, PBX_AT))
        return host

    def phone(self, user, kind=Baresip, **how):
        """Up and registered."""
        phone = kind(self.cast, self.host(user), user, self.users[user], TONES[user], **how)
        phone.challenge = self.pbx.challenge
        phone.start(OUTSIDE, DOMAIN)
        phone.waits_registered()
        self.phones[user] = phone
        return phone

    def hear_each_other(self, one, other, seconds=1.0):
        """From now on; a Failure where either does not hear the other's tone."""
        for listener, speaker in ((one, other), (other, one)):
            before = listener.heard(speaker.tone)
            if not until(lambda: listener.heard(speaker.tone) >= before + seconds, patience, pause=0.3):
                raise Failure(f"{listener.user} ({listener.program}) does not hear {speaker.user} ({speaker.program}): "
                              f"{listener.heard(speaker.tone) - before:.1f} s")

    def stops_hearing(self, listener, speaker):
        """Within a while there is a second without that tone."""
        def is_silent():
            before = listener.host.ears.heard(speaker.tone)
            time.sleep(1.2)  # what is looked for is that nothing comes
            return listener.host.ears.heard(speaker.tone) - before < 0.15

        if not until(is_silent, 12):
            raise Failure(f"{listener.user} ({listener.program}) still hears {speaker.user} ({speaker.program})")

    def bypasses_pbx(self, speaker):
        """Within a while the PBX hears nothing of that phone any more, where it should not."""
        def is_bypassed():
            before = self.at_pbx.heard(speaker.tone)
            time.sleep(0.7)  # what is looked for is that nothing comes
            return self.at_pbx.heard(speaker.tone) == before

        if self.is_direct and not until(is_bypassed, 10):
            raise Failure(f"audio of {speaker.user} still goes by way of the PBX")

    def calls(self):
        return self.ringfence.rows("calls", "list") if self.ringfence else []

    def ends(self):
        """No call is left anywhere, and no phone was told of the inside."""
        for phone in self.phones.values():
            phone.host.ears.listen()
            check(not phone.host.ears.shown, f"phone {phone.user} was told of the inside: {phone.host.ears.shown[:1]}")
        check(until(lambda: self.pbx.channels() == 0, 15, pause=0.2), f"the PBX still holds {self.pbx.channels()} channels")
        live = self.ringfence.rows("calls", "list", "--live")
        check(until(lambda: not self.ringfence.rows("calls", "list", "--live"), 10, pause=0.2), f"Ringfence still holds {live}")


def expect(action, talked=(), ended=(), seconds=None):
    """Does it, and waits until each of these has one more call answered, or one more ended."""
    wanted = [(phone, "a call answered", phone.talked, phone.talked() + 1) for phone in talked]
    wanted += [(phone, "a call ended", phone.ended, phone.ended() + 1) for phone in ended]
    seconds = seconds or patience
    action()
    for phone, what, count, target in wanted:
        if not until(lambda: count() >= target, seconds, pause=0.1):
            raise Failure(f"phone {phone.user} ({phone.program}): no {what} in {seconds} s, see {phone.process.log_path}")
