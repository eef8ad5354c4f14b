# SPDX-License-Identifier: Apache-2.0
"""OCSP staples, made by `openssl ocsp`: brought by a carrier that `openssl s_server` plays, and by us."""

import contextlib
import os
import shlex

import test_routes
from certificates import Authority, openssl
from harness import check, test
from pbx import PBX_ADDRESS
from process import Process, until
from ringfence import INSIDE_ADDRESS, OUTSIDE_ADDRESS
from test_tls import NAME, SBC

OWN = "certificate main {{ chain {chain}  key file:{key}  staple {staple} }}\n"
# A peer each, so that none has to be left alone for a while after another's failure.
PEER = """\
peer carrier{number} {{
    kind carrier
    side outside
    address sips:{address}:5061
    signalling mutual-tls  name {name}  authority {authority}  staple {wish}
}}
route {{ from office  number {dialled}  to carrier{number} }}
"""


def address_of(number):
    return f"127.0.0.{81 + number}"


def dialled(number):
    return f"0035315551234{number}"


def stage(cast, authority, wish, peers, staple="/nonexistent/own.ocsp"):
    chain, key = authority.issue("main", [f"DNS:{NAME}"])
    more = OWN.format(chain=chain, key=key, staple=staple)
    more += "".join(PEER.format(number=number, address=address_of(number), dialled=dialled(number), name=SBC,
                                authority=authority.certificate, wish=wish) for number in peers)
    return test_routes.stage(cast, more=more, outside_more=f"\n    tls {OUTSIDE_ADDRESS}:5061  certificate main\n"), chain, key


@contextlib.contextmanager
def carrier_with(cast, number, pair, staple):
    """A server that shows that certificate and brings that staple; what it hears stands in its log."""
    name = f"server{number}"
    words = ["openssl", "s_server", "-accept", f"{address_of(number)}:5061", "-cert", pair[0], "-key", pair[1], "-Verify", "1"]
    words += ["-status_file", staple] if staple else []
    # It ends where its input does: this one never does.
    os.mkfifo(os.path.join(cast.folder, name))
    server = Process(name, ["sh", "-c", f"exec {shlex.join(words)} 0<>{name}"], cast.folder)
    try:
        check(until(lambda: "ACCEPT" in log_of(server), 10), f"s_server did not begin: {log_of(server)}")
        yield server
    finally:
        server.stop()


def log_of(process):
    with open(process.log_path, encoding="utf-8", errors="replace") as file:
        return file.read()


def cases(authority, stranger):
    """(what, its certificate, its staple, the reason for which it is refused where one is required)."""
    good, revoked = (authority.issue(label, [f"DNS:{SBC}"]) for label in ("good", "revoked"))
    other = authority.issue("other", ["DNS:sbc.other.example"])
    responder = authority.issue("responder", ["DNS:ocsp.carrier.example"], use="OCSPSigning")
    authority.revoke(revoked)
    yield "none", good, None, "no-staple"
    yield "a revoked one's", revoked, authority.staple(revoked), "revoked-by-staple"
    yield "another certificate's", good, authority.staple(other), "other-staple"
    yield "one of last week", good, authority.staple(good, days=7), "old-staple"
    yield "a stranger's", good, authority.staple(good, by=(stranger.certificate, stranger.key)), "bad-staple"
    yield "the authority's", good, authority.staple(good), None
    yield "its responder's", good, authority.staple(good, by=responder), None


def hears_call(server):
    return "INVITE sip" in log_of(server)


def calls(pbx, number, server):
    """Whether the call came; asked again where who is called was found away at the first look."""
    pbx.invite(dialled(number))
    return until(lambda: hears_call(server), 2)


def refused_at(ringfence, number):
    """The reasons for which that carrier was refused."""
    lines = [line for line in ringfence.process.log().splitlines() if f"tls refused: {address_of(number)}:" in line]
    return [line.rsplit("(", 1)[1].rstrip(")") for line in lines]


def is_refused(pbx, ringfence, number):
    pbx.invite(dialled(number))
    pbx.hear("SIP/2.0 5")
    return refused_at(ringfence, number)


@test("a carrier that is called brings a staple: each that does not hold is refused by its reason, a good one takes the call")
def staples_required(cast):
    authority, stranger = Authority(cast.folder), Authority(cast.folder, "stranger")
    rows = list(enumerate(cases(authority, stranger)))
    with test_routes.Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx:
        ringfence, _, _ = stage(cast, authority, "required", [number for number, _ in rows])
        for number, (what, pair, staple, reason) in rows:
            with carrier_with(cast, number, pair, staple) as carrier:
                if reason is None:
                    check(until(lambda at=number, by=carrier: calls(pbx, at, by), 15),
                          f"with {what} no call came: {refused_at(ringfence, number)}")
                    continue
                check(until(lambda at=number: is_refused(pbx, ringfence, at), 15), f"{what}: nobody was refused")
                check(set(refused_at(ringfence, number)) == {reason},
                      f"{what} was refused as {refused_at(ringfence, number)}, not {reason}")
                check(not hears_call(carrier), f"a call went to who brought {what}")


@test("the same carriers are called where no staple is asked for")
def staples_off(cast):
    authority, stranger = Authority(cast.folder), Authority(cast.folder, "stranger")
    rows = [row for row in enumerate(cases(authority, stranger)) if row[1][3] in ("no-staple", "revoked-by-staple", "old-staple")]
    with test_routes.Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx:
        ringfence, _, _ = stage(cast, authority, "off", [number for number, _ in rows])
        for number, (what, pair, staple, _) in rows:
            with carrier_with(cast, number, pair, staple) as carrier:
                check(until(lambda at=number, by=carrier: calls(pbx, at, by), 15),
                      f"{what}: no call came: {refused_at(ringfence, number)}")


@test("our own staple is shown once its file is there; without it the certificate alone")
def staples_own(cast):
    authority = Authority(cast.folder)
    file = os.path.join(cast.folder, "own.ocsp")
    ringfence, chain, key = stage(cast, authority, "wanted", (), file)

    def shown():
        return openssl("s_client", "-connect", f"{OUTSIDE_ADDRESS}:5061", "-status", "-CAfile", authority.certificate)
    check("OCSP response: no response sent" in shown(), f"a staple from nowhere: {shown()}")
    os.rename(authority.staple((chain, key)), file)
    code, text = ringfence.ask("config", "apply", "--reason", "fetched")
    check(code == 0, f"config apply: {text}")
    check("OCSP Response Status: successful" in shown() and "Cert Status: good" in shown(), f"no staple is shown: {shown()}")
