# SPDX-License-Identifier: Apache-2.0
"""SIP over TLS with OpenSSL at the other end: phones register and call, and who may not come is refused with
his own reason. Each refusal has a twin that is let in."""

import contextlib
import json
import socket
import ssl

import test_routes
from certificates import Authority
from examples import Example
from harness import check, test
from pbx import DOMAIN, PBX_ADDRESS
from process import Failure, until
from ringfence import INSIDE_ADDRESS, OUTSIDE_ADDRESS
from sip_text import register, token
from stage import Stage
from stream import Stream, audio_offer, is_request
from test_tcp import proxy_header
from tls_stream import TlsPhone, TlsStream, client_context
from tls_trunk import TlsTrunk

CALLER, CALLEE = "200", "210"
PHONES = "127.0.0.30", "127.0.0.31"
NAME = "sip.office.example"


def tls_stage(cast, authority, *, pairs=None, more="", outside="", **changes):
    """Ringfence with a TLS listener that shows these certificates: {label: (chain, key)}."""
    pairs = pairs or {"main": authority.issue("main", [f"DNS:{NAME}"], use="serverAuth")}
    blocks = "".join(f"certificate {label} {{ chain {chain}  key file:{key} }}\n" for label, (chain, key) in pairs.items())
    return Stage(cast, (CALLER, CALLEE), more=blocks + more, **changes,
                 outside_more=f"\n    tls {OUTSIDE_ADDRESS}:5061  certificate {' '.join(pairs)}\n    {outside}")


def phone(stage, user, address, context, name=NAME):
    return TlsPhone(address, OUTSIDE_ADDRESS, user, stage.users[user], context=context, name=name)


def call_and_hang_up(caller, callee):
    call = caller.call(callee.user, callee.take_call)
    # RFC 3261 8.1.1.8: who calls by sips: is told sips:.
    check(call["target"].startswith("sips:") if caller.scheme == "sips" else "transport=tls" in call["target"],
          f"the Contact {call['target']} does not lead back by TLS")
    check(callee.stream.await_message(is_request("ACK")), "no ACK came over the callee's connection")
    caller.stream.send(caller.request("BYE", call["target"], call, cseq=3, to_tag=call["to_tag"]))
    came = callee.stream.await_message(is_request("BYE"))
    check(came, "no BYE came over the callee's connection")
    check("SIP/2.0/TLS" in came.header("Via"), f"the Via {came.header('Via')} does not say TLS")
    callee.answer(came, 200, "OK")
    done = caller.stream.await_message(lambda m: m.code >= 200)
    check(done and done.code == 200, f"BYE was answered {done and done.code}")


@test("phones over TLS 1.2 and 1.3 register and call each other, the PBX on UDP")
def tls_phones(cast):
    authority = Authority(cast.folder)
    stage = tls_stage(cast, authority).start()
    older = client_context(authority.certificate, newest=ssl.TLSVersion.TLSv1_2)
    newer = client_context(authority.certificate, oldest=ssl.TLSVersion.TLSv1_3)
    with phone(stage, CALLER, PHONES[0], older) as caller, phone(stage, CALLEE, PHONES[1], newer) as callee:
        check((caller.stream.socket.version(), callee.stream.socket.version()) == ("TLSv1.2", "TLSv1.3"),
              "other versions were agreed on")
        caller.must_register()
        callee.must_register()
        call_and_hang_up(caller, callee)
        call_and_hang_up(callee, caller)
        caller.scheme = "sips"
        call_and_hang_up(caller, callee)


@test("where `sips required` stands, what is asked for by sips: is refused before a PBX on UDP, and sip: goes on")
def tls_sips(cast):
    authority = Authority(cast.folder)
    stage = tls_stage(cast, authority, more="signal { sips required }\n").start()
    context = client_context(authority.certificate)
    with phone(stage, CALLER, PHONES[0], context) as caller, phone(stage, CALLEE, PHONES[1], context) as callee:
        caller.must_register()
        callee.must_register()
        call = {"callee": CALLEE, "tag": token(), "id": token(20)}
        uri = f"sips:{CALLEE}@{DOMAIN}"
        reply = caller.stream.ask(caller.request("INVITE", uri, call, cseq=1, body=audio_offer(PHONES[0], 40000)))
        check(reply and reply.code == 480, f"a call by sips: was answered {reply and reply.code}, wanted 480")
        check('"51 ' in reply.header("Warning"), f"the Warning {reply.header('Warning')} gives another reason")
        call_and_hang_up(caller, callee)


# ---- peers ----

CARRIER, SBC, OTHER = "127.0.0.41", "sbc.carrier.example", "127.0.0.42"

PEERS = """\
peer carrier {{
    kind carrier
    side outside
    address {scheme}:{carrier}:{port}
    {carrier_policy}
}}
peer other {{
    kind carrier
    side outside
    address {scheme}:{other}:{port}
    {other_policy}
}}
route {{ from office  to carrier }}
route {{ number +441512960000-0999  from-kind carrier  to office }}
connections {{ {connections} }}
"""


def peers(authority, *, is_mutual=True, connections="handshake 2s"):
    def policy(name):
        return f"signalling mutual-tls  name {name}  authority {authority.certificate}  revoked {authority.list}"
    if is_mutual:
        return PEERS.format(scheme="sips", port=5061, carrier=CARRIER, other=OTHER, carrier_policy=policy(SBC), connections=connections,
                            other_policy=policy("sbc.other.example"))
    return PEERS.format(scheme="sip", port=5060, carrier=CARRIER, other=OTHER, carrier_policy="", other_policy="", connections=connections)


def trunk_stage(cast, authority, *, is_mutual=True, outside="", **changes):
    own = authority.issue("main", [f"DNS:{NAME}"])
    return test_routes.stage(
        cast, more=f"certificate main {{ chain {own[0]}  key file:{own[1]} }}\n" + peers(authority, is_mutual=is_mutual, **changes),
        outside_more=f"\n    tcp {OUTSIDE_ADDRESS}:5060\n    tls {OUTSIDE_ADDRESS}:5061  certificate main  {outside}\n")


def server_context(pair, authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    context.load_verify_locations(authority)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def carrier_of(authority, pair):
    return TlsTrunk(CARRIER, server_context(pair, authority.certificate),
                    client_context(authority.certificate, pair), NAME)


@test("a carrier by mutual TLS calls a PBX on UDP and is called by it, each over connections of its own, with audio")
def tls_carrier(cast):
    authority = Authority(cast.folder)
    pair = authority.issue("carrier", [f"DNS:{SBC}"])
    with test_routes.Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, carrier_of(authority, pair) as carrier:
        ringfence = trunk_stage(cast, authority)
        test_routes.call(carrier, pbx, "+441512960123", "sip:+441512960123@")
        test_routes.hang_up(carrier, pbx)
        invite, _ = test_routes.call(pbx, carrier, "00353155512345", "sip:00353155512345@")
        check("SIP/2.0/TLS" in invite.value("Via"), f"the Via says {invite.value('Via')}")
        test_routes.hang_up(pbx, carrier)
        shown = carrier.came[0].getpeercert()
        check(("DNS", NAME) in shown.get("subjectAltName", ()), f"we showed {shown}")
        check(ringfence.counters()["tls_refused_certificate"] == 0, "somebody was refused")


def refused_words(ringfence):
    return [line.rsplit("(", 1)[1].rstrip(")") for line in ringfence.process.log().splitlines() if "tls refused" in line]


def gets_in(pbx, stream):
    """Whether a call over that connection reaches the PBX."""
    call_id = token(16)
    lines = ["INVITE sip:+441512960123@127.0.0.10 SIP/2.0",
             f"Via: SIP/2.0/{stream.transport} {stream.address}:{stream.port};branch=z9hG4bK{call_id};rport",
             "Max-Forwards: 70", f"From: <sip:+353155500@{stream.address}>;tag={call_id}",
             "To: <sip:+441512960123@127.0.0.10>", f"Call-ID: {call_id}", "CSeq: 1 INVITE",
             f"Contact: <sip:+353155500@{stream.address}:{stream.port}{stream.parameter}>",
             "Content-Type: application/sdp"]
    body = test_routes.Trunk.sdp(stream)
    try:
        stream.send("\r\n".join(lines + [f"Content-Length: {len(body)}", "", body]))
    except OSError:
        return False
    reply = stream.await_message(lambda m: m.code > 0, 5)
    if reply is None or reply.code == 403:
        return False
    # Its number: this call is the one that comes.
    invite = pbx.hear("INVITE ")
    pbx.answer(invite, "486 Busy Here")
    pbx.hear("ACK ")
    return True


class PlainOnTls(Stream):
    """No TLS on a port of TLS."""

    def __init__(self, address, target, port=5061):
        plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        plain.bind((address, 0))
        plain.settimeout(5)
        plain.connect((target, port))
        self.socket, self.waiting, self.is_over = plain, b"", False
        self.address, self.port = plain.getsockname()[:2]


def is_in(pbx, address, how):
    """Whether a call gets in by a connection that `how` opens from there."""
    try:
        with how(address) as stream:
            return gets_in(pbx, stream)
    except OSError:
        return False


def matrix(authority, stranger):
    """(what, how to connect, the reason for which mutual TLS refuses it)."""
    def shows(pair, **changes):
        return lambda address: TlsStream(address, OUTSIDE_ADDRESS, client_context(authority.certificate, pair, **changes), NAME)
    revoked = authority.issue("revoked", [f"DNS:{SBC}"])
    authority.revoke(revoked)
    old = {"newest": ssl.TLSVersion.TLSv1_1, "oldest": ssl.TLSVersion.TLSv1, "ciphers": "DEFAULT:@SECLEVEL=0"}
    good = authority.issue("good", [f"DNS:{SBC}"])
    yield "plain TCP", lambda address: PlainOnTls(address, OUTSIDE_ADDRESS), "plain"
    yield "no certificate", shows(None), "no-certificate"
    yield "another authority's", shows(stranger.issue("forged", [f"DNS:{SBC}"])), "unknown-authority"
    yield "an expired one", shows(authority.issue("expired", [f"DNS:{SBC}"], days=(-9, -1))), "expired"
    yield "one of tomorrow", shows(authority.issue("tomorrow", [f"DNS:{SBC}"], days=(1, 9))), "not-yet-valid"
    yield "a revoked one", shows(revoked), "revoked"
    yield "another name", shows(authority.issue("wrong", ["DNS:sbc.elsewhere.example"])), "wrong-name"
    yield "a wildcard", shows(authority.issue("wild", ["DNS:*.carrier.example"])), "wrong-name"
    yield "another use", shows(authority.issue("use", [f"DNS:{SBC}"], use="codeSigning")), "wrong-usage"
    yield "another peer's", shows(authority.issue("other", ["DNS:sbc.other.example"])), "other-peer"
    yield "TLS 1.1", shows(good, **old), "too-old"


RIGHT = (["DNS:" + SBC], ["URI:sip:" + SBC], ["DNS:elsewhere.example", "DNS:" + SBC.upper()])


@test("whoever fits no peer's policy is refused before a byte of SIP, each with his reason; the right ones get in")
def tls_refusals(cast):
    authority, stranger = Authority(cast.folder), Authority(cast.folder, "stranger")
    rows = list(matrix(authority, stranger))
    with test_routes.Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx:
        ringfence = trunk_stage(cast, authority)
        for what, how, reason in rows:
            before = refused_words(ringfence)
            check(not is_in(pbx, CARRIER, how), f"{what} got in")
            check(until(lambda known=before: len(refused_words(ringfence)) > len(known), 5), f"{what}: no reason was said")
            check(refused_words(ringfence)[len(before):] == [reason],
                  f"{what} was refused as {refused_words(ringfence)[len(before):]}, not {reason}")
        counters = ringfence.counters()
        check(counters["tls_refused_plain"] == 1 and counters["tls_refused_old"] == 1 and
              counters["tls_refused_certificate"] == len(rows) - 2, f"the counters say {counters}")
        def told():
            rows = [row for row in ringfence.rows("incidents", "list") if CARRIER in json.dumps(row)]
            return rows and "TLS connection was refused: " in json.dumps(rows)
        check(until(told, 10), f"no incident tells of it: {ringfence.rows('incidents', 'list')}")
        code, text = ringfence.ask("why", CARRIER)
        check("TLS connection was refused" in text, f"`why` says {code} {text}")
        with PlainOnTls(CARRIER, OUTSIDE_ADDRESS) as silent:
            check(silent.is_closed(10), "who says nothing was kept")
        check(until(lambda: refused_words(ringfence)[-1] == "too-slow", 5), "nobody was too slow")
        check(not is_in(pbx, CARRIER, lambda address: PlainOnTls(address, OUTSIDE_ADDRESS, 5060)),
              "a peer by mutual TLS got in without any")
        for number, names in enumerate(RIGHT):
            pair = authority.issue(f"right{number}", names)
            check(is_in(pbx, CARRIER, lambda address, shown=pair: TlsStream(
                address, OUTSIDE_ADDRESS, client_context(authority.certificate, shown), NAME)), f"{names} was kept out")


@test("the same connections get in where no policy asks for a certificate and old TLS is allowed by name")
def tls_refusals_off(cast):
    authority, stranger = Authority(cast.folder), Authority(cast.folder, "stranger")
    rows = list(matrix(authority, stranger))
    with test_routes.Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx:
        ringfence = trunk_stage(cast, authority, is_mutual=False, outside="oldest 1.0")
        for what, how, reason in rows:
            if reason == "plain":
                how = lambda address: PlainOnTls(address, OUTSIDE_ADDRESS, 5060)
            check(is_in(pbx, CARRIER, how), f"{what} was kept out")
        check(not refused_words(ringfence), f"{refused_words(ringfence)} were refused")


@test("a carrier that is called and cannot show who it is gets no call; the caller hears so at once")
def tls_called(cast):
    authority, stranger = Authority(cast.folder), Authority(cast.folder, "stranger")
    cases = ((stranger.issue("forged", [f"DNS:{SBC}"]), "unknown-authority"),
             (authority.issue("wrong", ["DNS:sbc.elsewhere.example"]), "wrong-name"),
             (authority.issue("client", [f"DNS:{SBC}"], use="clientAuth"), "wrong-usage"))
    with test_routes.Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx:
        ringfence = trunk_stage(cast, authority)
        for pair, reason in cases:
            with carrier_of(authority, pair) as carrier:
                pbx.invite("00353155512345")
                try:
                    carrier.hear("INVITE ", 1.5)
                    raise Failure(f"a call went to who shows {reason}")
                except Failure as failure:
                    check("wanted" in str(failure), str(failure))
                check(until(lambda word=reason: word in refused_words(ringfence), 5),
                      f"refused as {refused_words(ringfence)}, not {reason}")
                pbx.hear("SIP/2.0 5")
                pbx.request("ACK")
        check(until(lambda: sorted(row["cause"] for row in ringfence.rows("calls", "list"))
                    == sorted("TLS: " + reason for _, reason in cases), 10), f"recorded are {ringfence.rows('calls', 'list')}")


@test("one address may begin so many handshakes and no more; a peer's begin as many as it likes")
def tls_budget(cast):
    authority = Authority(cast.folder)
    stage = tls_stage(cast, authority, more="connections { handshakes 5 in 60s }\n").start()
    context = client_context(authority.certificate)

    def begins():
        try:
            TlsStream(PHONES[0], OUTSIDE_ADDRESS, context, NAME).close()
            return True
        except OSError:
            return False
    done = [begins() for _ in range(8)]
    check(done == [True] * 5 + [False] * 3, f"handshakes came about: {done}")
    check(until(lambda: stage.ringfence.counters()["tls_refused_budget"] == 3, 5), "not all three were counted")
    with phone(stage, CALLER, PHONES[1], context) as other:
        other.must_register()


@test("certificates and lists change while it runs: who is revoked loses his connection, others keep theirs")
def tls_reload(cast):
    authority = Authority(cast.folder)
    pair, next_pair = (authority.issue(label, [f"DNS:{SBC}"]) for label in ("first", "second"))
    with test_routes.Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx:
        ringfence = trunk_stage(cast, authority)
        first, second = (TlsStream(CARRIER, OUTSIDE_ADDRESS, client_context(authority.certificate, shown), NAME)
                         for shown in (pair, next_pair))
        check(gets_in(pbx, first) and gets_in(pbx, second), "the right ones were kept out")
        authority.revoke(pair)
        # Renewed in place, as certbot does.
        fresh = authority.issue("fresh", [f"DNS:{NAME}"])
        for old, new in zip((authority.path("main.pem"), authority.path("main.key")), fresh):
            with open(new, "rb") as source, open(old, "wb") as target:
                target.write(source.read())
        code, text = ringfence.ask("config", "apply", "--reason", "renewed")
        check(code == 0, f"config apply: {text}")
        check(first.is_closed(20), "who was revoked kept his connection")
        check(until(lambda: refused_words(ringfence) == ["revoked"], 5), f"the log says {refused_words(ringfence)}")
        check(not second.is_closed(0.5) and gets_in(pbx, second), "who was not revoked lost his")
        with TlsStream(CARRIER, OUTSIDE_ADDRESS, client_context(authority.certificate, next_pair), NAME) as third:
            shown = dict(entry[0] for entry in third.socket.getpeercert()["subject"])["commonName"]
            check(shown == "fresh", f"the certificate of {shown} is shown")


@test("etc/examples/secure.conf: phones by TLS and a carrier by mutual TLS alone; nothing else is heard outside")
def tls_example(cast):
    authority = Authority(cast.folder)
    own, sbc = authority.issue("own", ["DNS:sip.example.com"]), authority.issue("sbc", [f"DNS:{SBC}"])
    ringfence = Example(cast, "secure", (
        ("/etc/ringfence/sip.example.com.pem", own[0]), ("/etc/ringfence/sip.example.com.key", own[1]),
        ("/etc/ringfence/carrier-ca.pem", authority.certificate), ("/etc/ringfence/carrier-revoked.pem", authority.list),
        ("192.0.2.10", OUTSIDE_ADDRESS), ("10.0.0.20", PBX_ADDRESS), ("10.0.0.2", INSIDE_ADDRESS),
        ("198.51.100.5", CARRIER), ("198.51.100.0/27", "127.0.0.32/27")))
    with test_routes.Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx:
        ringfence.start()
        check(is_in(pbx, CARRIER, lambda address: TlsStream(
            address, OUTSIDE_ADDRESS, client_context(authority.certificate, sbc), "sip.example.com")), "the carrier was kept out")
        check(not is_in(pbx, CARRIER, lambda address: TlsStream(
            address, OUTSIDE_ADDRESS, client_context(authority.certificate), "sip.example.com")), "nobody in particular got in")
        with TlsStream(PHONES[0], OUTSIDE_ADDRESS, client_context(authority.certificate), "sip.example.com") as stream:
            stream.send(register(stream, CALLER, "sip.example.com"))
            pbx.answer(pbx.hear("REGISTER sip:sip.example.com"), "404 Not Found")
            reply = stream.await_message(lambda m: m.code > 0)
            check(reply and reply.code == 401, f"REGISTER was answered {reply and reply.code}")
        try:
            Stream(PHONES[0], OUTSIDE_ADDRESS).close()
            raise Failure("TCP is heard outside")
        except OSError:
            pass


def behind_balancer(place, target, context, name):
    plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    plain.bind((BALANCER, 0))
    plain.settimeout(5)
    plain.connect((target, 5061))
    stream = TlsStream.__new__(TlsStream)
    stream.address, stream.port = plain.getsockname()[:2]
    stream.waiting, stream.is_over = b"", False
    plain.sendall(proxy_header(place, 40123))
    stream.socket = context.wrap_socket(plain, server_hostname=name)
    return stream


class BehindBalancer(TlsPhone):
    """A phone whose connections come by a balancer that says where it is."""

    def open(self):
        return behind_balancer(self.place, self.target, self.context, self.name)


BALANCER = "127.0.0.50"


@test("who comes from a peer's address has the cap of a source until he has shown his certificate, and none after it")
def tls_peer_cap(cast):
    authority = Authority(cast.folder)
    context = client_context(authority.certificate, authority.issue("carrier", [f"DNS:{SBC}"]))
    with test_routes.Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, contextlib.ExitStack() as held:
        ringfence = trunk_stage(cast, authority, connections="handshake 60s  per-source 3")
        for _ in range(6):
            stream = held.enter_context(TlsStream(CARRIER, OUTSIDE_ADDRESS, context, NAME))
            check(gets_in(pbx, stream), "the carrier was kept out")
        silent = [held.enter_context(PlainOnTls(CARRIER, OUTSIDE_ADDRESS)) for _ in range(3)]
        check(not is_in(pbx, CARRIER, lambda address: TlsStream(address, OUTSIDE_ADDRESS, context, NAME)),
              "a fourth connection without a certificate was taken")
        check(ringfence.counters()["connections_over_source"] >= 1, "it was not counted")
        silent[0].close()
        check(until(lambda: is_in(pbx, CARRIER, lambda address: TlsStream(address, OUTSIDE_ADDRESS, context, NAME)), 10),
              "with room again the carrier was kept out")


@test("a peer behind a balancer that has shown its certificate is no stranger who has to register")
def tls_peer_balancer(cast):
    authority = Authority(cast.folder)
    context = client_context(authority.certificate, authority.issue("carrier", [f"DNS:{SBC}"]))
    with test_routes.Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx:
        ringfence = trunk_stage(cast, authority, connections="handshake 2s  register 5s", outside=f"balancers {BALANCER}/32")
        with behind_balancer(CARRIER, OUTSIDE_ADDRESS, context, NAME) as stream, \
                behind_balancer(PHONES[0], OUTSIDE_ADDRESS, context, NAME) as stranger:
            check(gets_in(pbx, stream), "the carrier was kept out")
            # Who came later and is nobody's peer: once he is cut off, the carrier would have been.
            check(stranger.is_closed(30), "a stranger who never registered was kept")
            check(not refused_words(ringfence), f"{refused_words(ringfence)} were refused")
            check(not stream.is_closed(0.2) and gets_in(pbx, stream), "it was cut off")


@test("behind a balancer TLS begins after the PROXY header, and the phone is who the header names")
def tls_balancer(cast):
    authority = Authority(cast.folder)
    stage = tls_stage(cast, authority, outside=f"balancers {BALANCER}/32").start()
    context = client_context(authority.certificate)
    with BehindBalancer("198.51.100.77", OUTSIDE_ADDRESS, CALLER, stage.users[CALLER], context=context, name=NAME) as one:
        one.must_register()
        rows = stage.ringfence.rows("registrations", "list")
        check("198.51.100.77" in json.dumps(rows), f"the phone is said to be at {rows}")
