# SPDX-License-Identifier: Apache-2.0
"""Deployments, by the examples of etc/examples as they are: what each line of them does."""

import os
import socket

from examples import Example
from harness import Skip, check, test
from hosts import INSIDE, ip
from process import Cast, Failure
from ringfence import is_built
from test_routes import Trunk, call, hang_up
from test_survival import fails

OUTSIDE, CARRIERS, FACES = "198.51.100.1", "198.51.100.2", ("10.0.0.2", "10.0.0.3", "10.0.0.4")
PLATFORM, STANDBY, NORTH, SOUTH = "10.0.0.20", "10.0.0.21", "203.0.113.5", "203.0.113.65"
BAKERY, SCHOOL = "192.0.2.17", "192.0.2.33"
NORTH_MEDIA, NORTH_PRIVATE, ELSEWHERE = "203.0.113.130", "172.20.0.9", "198.51.100.99"
BAKERYS, SCHOOLS = "+441512960101", "+441512960201"


def begin(folder, name, changes, addresses):
    """(cast, Ringfence) by that example; the addresses are all on this machine."""
    if not is_built():
        raise Skip("the program is not built yet")
    if not os.environ.get(INSIDE):
        raise Skip("no network namespace could be made here")
    for address in addresses:
        ip("address", "replace", address + "/32", "dev", "lo")
    cast = Cast(folder + ("-changed" if changes else "-asis"))
    return cast, Example(cast, name, changes)


class Away(Trunk):
    """A peer whose audio is at another host of its own."""

    def __init__(self, address, next_hop, media):
        super().__init__(address, next_hop)
        self.audio_at(media)

    def audio_at(self, media):
        self.audio.close()
        self.audio = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.audio.bind((media, 41000))
        self.media = media

    def sdp(self):
        return super().sdp().replace(f"c=IN IP4 {self.address}", f"c=IN IP4 {self.media}")


class Edge:
    """edge.conf with its platform and those that a test needs of the others."""

    def __init__(self, cast, changes=()):
        self.cast, self.ringfence = begin(cast.folder, "edge", changes, (
            OUTSIDE, CARRIERS, *FACES, PLATFORM, STANDBY, NORTH, SOUTH, BAKERY, SCHOOL, NORTH_MEDIA, NORTH_PRIVATE,
            ELSEWHERE))
        self.platform = Trunk(PLATFORM, FACES[0])
        self.others = [self.platform]

    def __enter__(self):
        self.cast.__enter__()
        self.ringfence.start()
        return self

    def __exit__(self, *what):
        for trunk in self.others:
            trunk.__exit__()
        self.cast.__exit__(*what)

    def peer(self, address, next_hop=OUTSIDE, media=None):
        self.others.append(Away(address, next_hop, media) if media else Trunk(address, next_hop))
        return self.others[-1]


def refused(trunk, number, code, seconds=8.0):
    trunk.invite(number)
    refusal = trunk.hear(f"SIP/2.0 {code}", seconds)
    trunk.request("ACK", cseq=1)
    return refusal


def class_counts(cast, changes=()):
    with Edge(cast, changes) as edge:
        bakery, school = edge.peer(BAKERY), edge.peer(SCHOOL)
        for _ in range(2):
            call(edge.platform, bakery, BAKERYS, f"@{BAKERY}")
        refused(edge.platform, BAKERYS, 503, 3.0)
        for _ in range(3):  # its own limit goes before its class's
            call(edge.platform, school, SCHOOLS, f"@{SCHOOL}")
        rows = {row["name"]: row for row in edge.ringfence.rows("peers", "list")}
        check(rows["bakery"]["kind"] == "customer" and rows["bakery"]["calls"] == 2, f"{rows['bakery']}")


@test("edge.conf: customers have what their class says, and what one says itself goes before it")
def deploy_class(cast):
    class_counts(cast)
    limit = "    at-most 2 calls at once, 5 new calls per second\n"
    fails("without the limit in the class", class_counts, cast, [(limit, "")])


def face_shows(cast, changes=()):
    with Edge(cast, changes) as edge:
        north = edge.peer(NORTH, CARRIERS)
        invite, _ = call(north, edge.platform, "+441512960300", "sip:+441512960300@")
        check(invite.source == (FACES[1], 5060), f"north's call came to the platform from {invite.source}")
        # The platform answers and hangs up where the call came from.
        edge.platform.next_hop = (FACES[1], 5060)
        hang_up(north, edge.platform)


def was_called(trunk):
    """Whether an INVITE waits there."""
    trunk.socket.setblocking(False)
    try:
        while not trunk.socket.recv(65535).startswith(b"INVITE "):
            pass
        return True
    except BlockingIOError:
        return False


def face_chooses(cast, changes=()):
    with Edge(cast, changes) as edge:
        south = edge.peer(SOUTH, CARRIERS)
        north = edge.peer(NORTH, CARRIERS)
        edge.platform.next_hop = (FACES[2], 5060)
        for number in range(6):  # north has three quarters of what is left to us
            call(edge.platform, south, f"0035315550{number:03}", f"@{SOUTH}")
            hang_up(edge.platform, south)
            check(not was_called(north), "north was called first")


NORTHS_FACE, SOUTHS_FACE = "    appears-inside-as 10.0.0.3:5060\n", "    appears-inside-as 10.0.0.4:5060\n"


@test("edge.conf: a carrier's calls reach the platform from an address of its own, and what is called there goes to it")
def deploy_faces(cast):
    face_shows(cast)
    fails("without appears-inside-as", face_shows, cast, [(NORTHS_FACE, "")])
    face_chooses(cast)
    fails("without appears-inside-as", face_chooses, cast, [(NORTHS_FACE, ""), (SOUTHS_FACE, "")])


def calls_both_ways(edge, north):
    """With audio; the carrier calls as well as it is called."""
    edge.platform.next_hop = (FACES[1], 5060)
    call(edge.platform, north, "0035315550111", f"@{NORTH}")
    hang_up(edge.platform, north)
    call(north, edge.platform, "+441512960300", "sip:+441512960300@")
    hang_up(north, edge.platform)


def media_elsewhere(cast, changes=()):
    with Edge(cast, changes) as edge:
        north = edge.peer(NORTH, CARRIERS, media=NORTH_MEDIA)
        calls_both_ways(edge, north)
        north.audio_at(NORTH_PRIVATE)
        calls_both_ways(edge, north)


def other_media_refused(cast, changes=()):
    with Edge(cast, changes) as edge:
        north = edge.peer(NORTH, CARRIERS, media=ELSEWHERE)
        refusal = refused(north, "+441512960300", 488, 3.0)
        check('"10 ' in refusal.value("Warning"), refusal.text)


MEDIA_FROM = "    media-from 203.0.113.128/26 172.20.0.0/24  # its audio is elsewhere: there and nowhere else\n"


@test("edge.conf: a carrier's audio comes from its media networks, public or private, and may come from no other")
def deploy_media_from(cast):
    media_elsewhere(cast)
    fails("without media-from", media_elsewhere, cast, [(MEDIA_FROM, "")])
    other_media_refused(cast)
    fails("without media-from", other_media_refused, cast, [(MEDIA_FROM, "")])


def invite_with(trunk, number, lines):
    """An INVITE with further header lines."""
    plain = trunk.send
    trunk.send = lambda start, own, body="": plain(start, own + (lines if start.startswith("INVITE") else []), body)
    try:
        trunk.invite(number)
    finally:
        trunk.send = plain


def kept_out(edge):
    return {(row["header"], row.get("from"), row.get("to")): row.get("line")
            for row in edge.ringfence.rows("doctor", "headers")}


@test("edge.conf: a customer's own list of headers passes; doctor headers tells what was kept out and the line for it")
def deploy_headers(cast):
    lines = ["X-Order-Number: 17", "X-Colour: green", "Alert-Info: <urn:alert:service:normal>"]
    with Edge(cast) as edge:
        bakery = edge.peer(BAKERY)
        invite_with(edge.platform, BAKERYS, lines)
        invite = bakery.hear("INVITE ")
        check(invite.value("X-Order-Number") == "17", f"it was kept out: {invite.text}")
        check("X-Colour" not in invite.text and "Alert-Info" not in invite.text, f"more passed: {invite.text}")
        bakery.answer(invite, "486 Busy Here")
        edge.platform.hear("SIP/2.0 486")
        edge.platform.request("ACK", cseq=1)
        rows = kept_out(edge)
        line = rows.get(("X-Colour", "platform", "bakery"))
        check(line == "peer bakery { headers { pass X-Colour } }", f"doctor headers: {rows}")
        check(("X-Order-Number", "platform", "bakery") not in rows, f"it passed and was counted: {rows}")
        with open(edge.ringfence.config_path, encoding="utf-8") as file:
            text = file.read()
        with open(edge.ringfence.config_path, "w", encoding="utf-8") as file:
            file.write(text.replace("pass X-Order-Number", "pass X-Order-Number X-Colour"))
        code, said = edge.ringfence.ask("config", "apply", "--reason", "a test")
        check(code == 0, f"config apply: {said}")
        invite_with(edge.platform, BAKERYS, lines)
        invite = bakery.hear("INVITE ")
        check(invite.value("X-Colour") == "green" and "Alert-Info" not in invite.text, invite.text)


@test("edge.conf: a redirection reaches the platform, which bills, and is neither followed nor shown to a carrier")
def deploy_redirection(cast):
    with Edge(cast) as edge:
        bakery, school = edge.peer(BAKERY), edge.peer(SCHOOL)
        edge.platform.invite(BAKERYS)
        bakery.address, own = SCHOOL, bakery.address  # whom it names in Contact
        bakery.answer(bakery.hear("INVITE "), "302 Moved Temporarily")
        bakery.address = own
        moved = edge.platform.hear("SIP/2.0 302")
        check(moved.value("Contact"), f"it does not say where to: {moved.text}")
        edge.platform.request("ACK", cseq=1)
        north = edge.peer(NORTH, CARRIERS)
        north.invite("+441512960300")
        invite = edge.platform.hear("INVITE ")
        edge.platform.next_hop = (FACES[1], 5060)
        edge.platform.answer(invite, "302 Moved Temporarily")
        answer = north.hear("SIP/2.0 4")
        check("302" not in answer.start and not answer.value("Contact"), answer.text)
        try:
            school.hear("INVITE ", 1.0)
        except Failure:
            return
        raise Failure("the redirection was followed")


# ---- trunk.conf ----

PBX, FIRST, SECOND = "10.0.0.20", "198.51.100.5", "203.0.113.20"
LIMIT = "    at-most 10 calls at once"


def emergency_passes(cast, changes=()):
    one = [(LIMIT, "    at-most 1 calls at once")] + list(changes)
    outer, ringfence = begin(cast.folder, "trunk", one, ("192.0.2.10", "10.0.0.2", PBX, FIRST, SECOND))
    with outer, Trunk(PBX, "10.0.0.2") as pbx, Trunk(FIRST, "192.0.2.10") as first, \
            Trunk(SECOND, "192.0.2.10") as second:
        with open(os.path.join(outer.folder, "second.secret"), "w", encoding="ascii") as file:
            file.write("quiet harbour\n")
        ringfence.start()
        for carrier in (first, second):
            carrier.hear("OPTIONS ")
        call(pbx, first, "900353155512345", f"@{FIRST}")
        call(pbx, second, "902079460123", "@voice.example.net")
        refused(pbx, "902079460124", 503)
        pbx.invite("9999")
        first.hear("INVITE sip:9999@")


@test("trunk.conf: calls go to one carrier, then to the other; where both are full an emergency passes all the same")
def deploy_emergency(cast):
    emergency_passes(cast)
    fails("without emergency", emergency_passes, cast, [("    emergency 112 999\n", "")])
