# SPDX-License-Identifier: Apache-2.0
"""A page in a headless Chromium, which knows SIP over WebSocket within TLS and WebRTC alone, calls and
is called by a phone that knows neither: plain RTP, at a PBX of plain RTP."""

import functools

from browser import ORIGIN, Browser
from certificates import Authority
from examples import Example
from harness import check, test
from office import OUTSIDE, Office
from pbx import DOMAIN
from process import until
from ringfence import PROBE_USER

NAME, PORT = "sip.example.com", 8443


def open_office(cast, origin=ORIGIN):
    """(office with the border of etc/examples/browsers.conf, kind of the page's phone)."""
    authority = Authority(cast.folder)
    chain, key = authority.issue("pbx", [f"DNS:{NAME}", f"IP:{OUTSIDE}"], use="serverAuth")
    border = Example(cast, "browsers", [
        ("/etc/ringfence/pbx.pem", chain), ("/etc/ringfence/pbx.key", key), ("https://phone.example.com", origin),
        (f"domain {NAME}", f"domain {DOMAIN}"), ("probe-user ringfence-probe", f"probe-user {PROBE_USER}")])
    return Office(cast, "kamailio", border=border), functools.partial(Browser, port=PORT, certificate=chain)


@test("Chromium registers over WebSocket within TLS", fails_bare=True)
def chromium_registers(cast):
    office, kind = open_office(cast)
    office.phone("200", kind)
    rows = office.ringfence.rows("registrations", "list")
    check(len(rows) == 1, f"one page is registered, the list has {rows}")
    check(office.ringfence.counters()["websockets_opened"] == 1, "it was another connection")


@test("a page that is not among the origins is refused, though its browser and password are the right ones")
def chromium_foreign(cast):
    office, kind = open_office(cast, "https://phone.example.com")
    page = kind(cast, office.host("200"), "200", office.users["200"], 500).start(OUTSIDE, DOMAIN)
    check(until(lambda: page.told("closed"), 40), f"the page heard nothing: {page.story()}")
    check(not page.told("open"), "the page was let in")
    check(office.ringfence.counters()["websockets_origin"] == 1, "the refusal was not counted")
