# SPDX-License-Identifier: Apache-2.0
"""Kamailio as the PBX behind the border: a proxy, so that phones do among themselves what a PBX does elsewhere."""

import stories
from baresip import Baresip
from harness import test
from linphone import Linphone
from office import Office


def talk(cast, kinds):
    office = Office(cast, "kamailio", has_direct_media=True)
    one, other, third = (office.phone(user, kind) for user, kind in zip(("200", "201", "202"), kinds))
    stories.call(office, one, other)
    stories.hold(office, one, other)
    stories.blind_transfer(office, one, other, third)
    if all(hasattr(phone, "transfer_to_other") for phone in (one, other, third)):
        stories.attended_transfer(office, one, other, third)


@test("Kamailio, baresip: calls, hold, transfers by the phones themselves", fails_bare=True)
def kamailio_baresip(cast):
    talk(cast, (Baresip, Baresip, Baresip))


@test("Kamailio, linphone: calls, hold, transfers by the phones themselves", fails_bare=True)
def kamailio_linphone(cast):
    talk(cast, (Linphone, Linphone, Linphone))
