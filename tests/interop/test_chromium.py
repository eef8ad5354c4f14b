# SPDX-License-Identifier: Apache-2.0
"""A page in a headless Chromium, which knows SIP over WebSocket within TLS and WebRTC alone, calls and
is called by a phone that knows neither: plain RTP, at a PBX of plain RTP."""

import functools

from browser import ORIGIN, Browser
from certificates import Authority
from harness import check, test
from office import OUTSIDE, Office
from pbx import DOMAIN
from process import until

NAME, PORT = "pbx.office.example", 8443


def open_office(cast, origins=ORIGIN):
    """(office, kind of the page's phone)."""
    authority = Authority(cast.folder)
    chain, key = authority.issue("main", [f"DNS:{NAME}", f"IP:{OUTSIDE}"], use="serverAuth")
    office = Office(cast, "kamailio", has_direct_media=False, more=f"certificate main {{ chain {chain}  key file:{key} }}\n",
                    outside_more=f"\n    wss {OUTSIDE}:{PORT}  certificate main\n    origins {origins}")
    return office, functools.partial(Browser, port=PORT, certificate=chain)


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
