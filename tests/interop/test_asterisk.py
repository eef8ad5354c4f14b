# SPDX-License-Identifier: Apache-2.0
"""Asterisk as the PBX behind the border; baresip, linphone and SIPp as phones."""

import stories
from baresip import Baresip
from harness import check, test
from linphone import Linphone
from office import Office
from sipp import Sipp

NAMES = {"22": "Asterisk 22", "16": "Asterisk 16 (chan_sip)"}


def talk(cast, version, kinds, is_direct):
    office = Office(cast, version, is_direct)
    one, other, third = (office.phone(user, kind) for user, kind in zip(("200", "201", "202"), kinds))
    stories.call(office, one, other)
    stories.hold(office, one, other)
    stories.blind_transfer(office, one, other, third)
    stories.park(office, one, other, third)
    if hasattr(one, "transfer_to_other"):
        stories.attended_transfer(office, one, other, third)
    check(len(office.calls()) >= 1, "Ringfence noted no call")


def fax_and_lamp(cast, version, is_direct):
    office = Office(cast, version, is_direct)
    machines = office.phone("202", Sipp), office.phone("203", Sipp)
    stories.fax(office, *machines)
    stories.lamp(office, machines[0], office.phone("200"), office.phone("201"))


def add(story, version, name, is_direct, *arguments):
    """Twice where it makes a difference: with the border dead it fails, whoever sends the audio."""
    def run(cast):
        story(cast, version, *arguments, is_direct)
    run.__name__ = f"asterisk{version}_{name}" + ("_direct" if is_direct else "")
    media = "with direct media" if is_direct else "that carries the audio"
    what = {talk: "calls, hold, transfers, park", fax_and_lamp: "a fax, and a lamp that shows a call"}[story]
    test(f"{NAMES[version]} {media}, {name}: {what}", fails_bare=not is_direct)(run)


for number in ("22", "16"):
    for direct in (False, True):
        add(talk, number, "baresip", direct, (Baresip, Baresip, Baresip))
        add(talk, number, "linphone", direct, (Linphone, Linphone, Baresip))
        add(fax_and_lamp, number, "sipp", direct)
