# SPDX-License-Identifier: Apache-2.0
"""A page in a headless Chromium, which knows SIP over WebSocket within TLS and WebRTC alone, calls and
is called by a phone that knows neither: plain RTP, at a PBX of plain RTP."""

import functools
import re

import office as offices
import stories
from baresip import Baresip
from browser import ORIGIN, Browser
from certificates import Authority
from examples import Example
from harness import check, test
from office import OUTSIDE, Office
from pbx import DOMAIN
from process import until
from ringfence import PROBE_USER
from tones import Ears

NAME, PORT = "sip.example.com", 8443


def open_office(cast, version="kamailio", origin=ORIGIN, subscribers=""):
    """(office with the border of etc/examples/browsers.conf, kind of the page's phone)."""
    authority = Authority(cast.folder)
    chain, key = authority.issue("pbx", [f"DNS:{NAME}", f"IP:{OUTSIDE}"], use="serverAuth")
    border = Example(cast, "browsers", [
        ("/etc/ringfence/pbx.pem", chain), ("/etc/ringfence/pbx.key", key), ("https://phone.example.com", origin),
        (f"domain {NAME}", f"domain {DOMAIN}\n    {subscribers}"), ("probe-user ringfence-probe", f"probe-user {PROBE_USER}")])
    return Office(cast, version, border=border), functools.partial(Browser, port=PORT, certificate=chain)


@test("Chromium registers over WebSocket within TLS", fails_bare=True)
def chromium_registers(cast):
    office, kind = open_office(cast)
    office.phone("200", kind)
    rows = office.ringfence.rows("registrations", "list")
    check(len(rows) == 1, f"one page is registered, the list has {rows}")
    check(office.ringfence.counters()["websockets_opened"] == 1, "it was another connection")


@test("a page that is not among the origins is refused, though its browser and password are the right ones")
def chromium_foreign(cast):
    office, kind = open_office(cast, origin="https://phone.example.com")
    page = kind(cast, office.host("200"), "200", office.users["200"], 500).start(OUTSIDE, DOMAIN)
    check(until(lambda: page.told("closed"), 40), f"the page heard nothing: {page.story()}")
    check(not page.told("open"), "the page was let in")
    check(office.ringfence.counters()["websockets_origin"] == 1, "the refusal was not counted")


def wires_of(page):
    """What comes to the page's host and what goes from it, with an ear for what should be protected."""
    words = ("SIP/2.0", "INVITE sip:", "m=audio")
    return [Ears(page.host.interface, address, words) for address in (page.host.address, OUTSIDE)]


def talk(cast, version):
    """Calls in both directions; what is heard on the page's wire and by the PBX."""
    office, kind = open_office(cast, version)
    page, phone = office.phone("200", kind), office.phone("201", Baresip)
    wires = wires_of(page)
    stories.call(office, page, phone)
    for wire in wires:
        check(wire.heard(page.tone) == wire.heard(phone.tone) == 0, "a tone was heard on the page's wire")
        check(not wire.shown, f"SIP stood in clear on the page's wire: {wire.shown[:1]}")
        check(len(wire.frames) > 50, f"no audio went over the page's wire: {len(wire.frames)} packets")
    print(f"     {sum(len(wire.frames) for wire in wires)} packets of audio on the page's wire, no tone and no word of SIP among them",
          flush=True)
    return office, page


@test("Kamailio, Chromium and baresip: calls in both directions, each hears the other, and nobody on the page's wire "
      "either of them", fails_bare=True)
def chromium_kamailio(cast):
    talk(cast, "kamailio")


@test("Asterisk 22, Chromium and baresip: the same, and the PBX hears the page in clear", fails_bare=True)
def chromium_asterisk(cast):
    office, page = talk(cast, "22")
    check(office.at_pbx.heard(page.tone) > 0.5, "the PBX did not carry the page's audio")


@test("a page whose audio may not be protected is refused, for it knows no other; no packet of audio goes out")
def chromium_forbidden(cast):
    office, kind = open_office(cast, subscribers="media srtp forbidden")
    page, phone = office.phone("200", kind), office.phone("201", Baresip)
    wires = wires_of(page)
    page.call(phone.user)
    check(until(lambda: page.told("refused"), 30), f"the call was not refused: {page.story()}")
    check(page.last("refused")["code"] == 488, f"the page heard {page.last('refused')}")
    check(page.talked() == phone.talked() == 0, "somebody talked")
    for wire in wires:
        wire.listen()
        check(not wire.frames, "audio went out unprotected")


def talk_with_pictures(cast, policy):
    """A page that bundles by that policy calls another, which has a port for each line; how many ports it has itself."""
    office, kind = open_office(cast, "kamailio")
    caller = office.phone("200", functools.partial(kind, video=True, policy=policy))
    callee = office.phone("202", functools.partial(kind, video=True, policy="balanced"))
    offices.expect(lambda: caller.call(callee.user), talked=(caller, callee), seconds=40)
    office.hear_each_other(caller, callee)
    for page in (caller, callee):
        check(until(lambda: page.pictures() >= 20, 40, pause=0.5), f"page {page.user} sees nothing: {page.media().get('inbound-rtp')}")
    office.hear_each_other(caller, callee)
    ports = dict(re.findall(r"m=(audio|video) (\d+)", caller.last("answer")["sdp"]))
    ways = len(caller.media().get("transport", []))
    check(ways == len(set(ports.values())), f"the page has {ways} paths, and heard of ports {ports}")
    check(len(callee.media().get("transport", [])) == 2, "the page that does not bundle has one path")
    print(f"     {policy}: ports {ports}, {caller.pictures()} and {callee.pictures()} frames of video", flush=True)
    agreed = office.ringfence.counters()["dtls_agreed"]
    check(agreed == ways + 2, f"{agreed} handshakes")
    offices.expect(caller.hang_up, ended=(caller, callee))
    office.ends()
    return ways


@test("two Chromiums see and hear each other; one that bundles has audio and video on one port, under the keys of one handshake")
def chromium_bundle(cast):
    check(talk_with_pictures(cast, "max-bundle") == 1, "audio and video had a port each")


@test("the same where neither page bundles: audio and video have a port each")
def chromium_balanced(cast):
    check(talk_with_pictures(cast, "balanced") == 2, "audio and video shared a port")
