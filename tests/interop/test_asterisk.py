# SPDX-License-Identifier: Apache-2.0
"""Asterisk as the PBX behind the border, with baresip as phones."""

from harness import check, test
from office import Office


def talk(cast, version, has_direct_media):
    office = Office(cast, version, has_direct_media)
    one, other = office.phone("200"), office.phone("201")
    one.call("201")
    one.waits_talking()
    other.waits_talking()
    office.hear_each_other(one, other)
    one.hang_up()
    other.waits_ended()
    one.waits_ended()
    office.ends()
    check(len(office.calls()) >= 1, "Ringfence noted no call")


@test("two baresip phones at Asterisk 22 register, call, hear each other and hang up", fails_bare=True)
def asterisk22_baresip_call(cast):
    talk(cast, "22", False)


@test("two baresip phones at Asterisk 16 (chan_sip) register, call, hear each other and hang up", fails_bare=True)
def asterisk16_baresip_call(cast):
    talk(cast, "16", False)
