# SPDX-License-Identifier: Apache-2.0
"""Asterisk as the PBX behind the border, baresip and linphone as phones."""

import stories
from baresip import Baresip
from harness import check, test
from linphone import Linphone
from office import Office


def office_day(cast, version, kinds, has_direct_media):
    office = Office(cast, version, has_direct_media)
    one, other, third = (office.phone(user, kind) for user, kind in zip(("200", "201", "202"), kinds))
    stories.call(office, one, other)
    stories.hold(office, one, other)
    stories.blind_transfer(office, one, other, third)
    stories.park(office, one, other, third)
    if hasattr(one, "transfer_to_other"):
        stories.attended_transfer(office, one, other, third)
    check(len(office.calls()) >= 1, "Ringfence noted no call")


def add(version, name, kinds, has_direct_media):
    """One row of the table in docs/interop.md."""
    driver = "Asterisk 22" if version == "22" else "Asterisk 16 (chan_sip)"
    media = "with direct media" if has_direct_media else "that carries the audio"

    def story(cast):
        office_day(cast, version, kinds, has_direct_media)
    story.__name__ = f"asterisk{version}_{name}" + ("_direct" if has_direct_media else "")
    test(f"{driver} {media}, {name}: calls, hold, transfers, park", fails_bare=not has_direct_media)(story)


for number in ("22", "16"):
    for direct in (False, True):
        add(number, "baresip", (Baresip, Baresip, Baresip), direct)
        add(number, "linphone", (Linphone, Linphone, Baresip), direct)
