# SPDX-License-Identifier: Apache-2.0
"""The table of docs/interop.md: PBX, telephone, deed; each row counted by itself."""

import sipp_stories
import stories
from baresip import Baresip
from harness import Skip, test
from linphone import Linphone
from office import Office
from rows import play
from sipp import Sipp

PBXS = {"asterisk22": ("22", "Asterisk 22"), "asterisk16": ("16", "Asterisk 16 (chan_sip)"),
        "kamailio": ("kamailio", "Kamailio")}
USERS = ("200", "201", "202")


def deeds(office, one, other, third):
    rows = [("call both ways", lambda: stories.call(office, one, other)),
            ("hold", lambda: stories.hold(office, one, other)),
            ("blind transfer by the caller", lambda: stories.blind_transfer(office, one, other, third, one)),
            ("blind transfer by the callee", lambda: stories.blind_transfer(office, one, other, third, other))]
    for role, mover, moved in (("caller", one, other), ("callee", other, one)):
        # Where the PBX is a proxy, who is moved calls the third himself, by Replaces.
        if mover.knows_replaces and (moved.knows_replaces or not office.pbx.is_proxy):
            rows.append((f"attended transfer by the {role}",
                         lambda mover=mover: stories.attended_transfer(office, one, other, third, mover)))
    if office.pbx.has_park:
        rows.append(("park", lambda: stories.park(office, one, other, third)))
    return rows


def talk(cast, name, version, is_direct, kinds):
    office = Office(cast, version, is_direct)
    play(office, name, deeds(office, *(office.phone(user, kind) for user, kind in zip(USERS, kinds))))


def sipp(cast, name, version, is_direct, _kinds):
    office = Office(cast, version, is_direct)
    # Who takes up a call that replaces another is the third himself where the PBX is a proxy: baresip cannot.
    kinds = (Sipp, Linphone, Linphone) if version == "kamailio" else (Sipp, Baresip, Baresip)
    play(office, name, sipp_stories.deeds(office, *(office.phone(user, kind) for user, kind in zip(USERS, kinds))))


def fax(cast, name, version, is_direct, _kinds):
    office = Office(cast, version, is_direct)
    machines = office.phone("202", Sipp), office.phone("203", Sipp)
    play(office, name, [("a call becomes a fax", lambda: stories.fax(office, *machines))])


def lamp(cast, name, version, is_direct, _kinds):
    office = Office(cast, version, is_direct)
    if not office.pbx.has_lamps:
        raise Skip("kamailio-presence-modules is not installed")
    one, other, watcher = office.phone("200"), office.phone("201"), office.phone("202", Sipp)
    rows = [("SIPp watches a lamp (dialog)", lambda: stories.lamp(office, watcher, one, other))]
    # Kamailio tells of calls by the event dialog alone, and these telephones know presence alone; chan_sip
    # tells them, but in a form of RPID older than its RFC, of which both read "open" and no more.
    watchers = [office.phone(user, kind, watches=("201",)) for user, kind in (("203", Baresip), ("204", Linphone))
                if office.pbx.has_presence and version != "16"]
    rows += [(f"{phone.program} watches a lamp (presence)", lambda phone=phone: stories.presence(office, phone, one, other))
             for phone in watchers]
    play(office, name, rows)


def add(story, word, kinds=()):
    """With the PBX in the path of audio, and out of it where it can be."""
    for pbx, (version, called) in PBXS.items():
        for is_direct in (False, True) if pbx != "kamailio" else (True,):
            name = f"{pbx}_{word}" + ("_direct" if is_direct and pbx != "kamailio" else "")

            def run(cast, name=name, version=version, is_direct=is_direct):
                story(cast, name, version, is_direct, kinds)
            run.__name__ = name
            media = "with direct media" if is_direct else "that carries the audio"
            test(f"{called} {media}, {word}: each deed is a row")(run)


add(talk, "baresip", (Baresip, Baresip, Baresip))
add(talk, "linphone", (Linphone, Linphone, Linphone))
add(talk, "mixed", (Linphone, Baresip, Linphone))
add(sipp, "sipp")
add(fax, "fax")
add(lamp, "lamp")
