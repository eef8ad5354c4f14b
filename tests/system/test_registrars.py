# SPDX-License-Identifier: Apache-2.0
"""Several PBXs for phones, refreshes that a PBX does not hear, and a PBX that logs in by itself."""

import os
import re
import threading

import test_routes
from harness import check, test
from pbx import PBX_ADDRESS
from process import Cast, Failure, until
from ringfence import INSIDE_ADDRESS, OUTSIDE_ADDRESS
from sip_text import Wire, digest, register, token
from test_deployments import begin
from test_routes import Trunk
from test_survival import fails

OUTSIDE, INNER, OFFICE, HOSTED, CARRIER = "198.51.100.1", "10.0.0.2", "10.0.0.20", "10.0.0.30", "203.0.113.5"
PHONES = "192.0.2.33"


class Registrar(Trunk):
    """Answers REGISTER in a thread: a challenge, or 200 with what was asked for."""

    def __init__(self, address, next_hop, realm):
        super().__init__(address, next_hop)
        self.realm, self.heard, self.others, self.is_over = realm, [], [], False
        self.socket.settimeout(0.1)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while not self.is_over:
            try:
                data, _ = self.socket.recvfrom(65535)
            except OSError:
                continue
            text = data.decode()
            if text.startswith("REGISTER "):
                self.take(text)
            else:
                self.others.append(text)

    def take(self, text):
        def value(name):
            return re.search(rf"^{name}: (.*)\r$", text, re.M).group(1)

        self.heard.append(text)
        lines = [f"{name}: {value(name)}" for name in ("Via", "From", "Call-ID", "CSeq")]
        lines.append(f"To: {value('To')};tag={token()}")
        if "\r\nAuthorization:" in text:
            contact = re.search(r"^Contact: .*\r$", text, re.M)
            self.send("SIP/2.0 200 OK", lines + ([contact.group(0).strip()] if contact else []))
        else:
            self.send("SIP/2.0 401 Unauthorized", lines + [
                f'WWW-Authenticate: Digest realm="{self.realm}", nonce="{token(32)}", qop="auth"'])

    def logins(self, user):
        return [text for text in self.heard if f"<sip:{user}@" in text and "\r\nAuthorization:" in text]

    def __exit__(self, *what):
        self.is_over = True
        self.thread.join()
        super().__exit__(*what)


class Phone:
    def __init__(self, user, domain, port):
        self.user, self.domain = user, domain
        self.wire = Wire(PHONES, (OUTSIDE, 5060), port)
        self.call_id, self.tag, self.cseq, self.challenge, self.count = token(20), token(), 0, None, 0

    def say(self):
        """One REGISTER, with the nonce of the last challenge if there was one."""
        uri, self.cseq, self.count = f"sip:{self.domain}", self.cseq + 1, self.count + 1
        login = self.challenge and digest(self.challenge, self.user, "secret", "REGISTER", uri, self.count)
        reply = self.wire.ask(register(self.wire, self.user, self.domain, authorization=login, cseq=self.cseq,
                                       call_id=self.call_id, from_tag=self.tag), 10.0)
        if reply is None:
            raise Failure(f"{self.user}@{self.domain} heard nothing")
        if reply.code == 401:
            self.challenge, self.count = reply.challenge(), 0
        return reply

    def register(self):
        codes = [self.say().code]
        while codes[-1] == 401 and len(codes) < 3:
            codes.append(self.say().code)
        check(codes[-1] == 200, f"{self.user}@{self.domain} heard {codes}")


def with_pbxs(cast, changes, body):
    outer, ringfence = begin(cast.folder, "registrars", changes, (OUTSIDE, INNER, OFFICE, HOSTED, PHONES))
    with outer, Registrar(OFFICE, INNER, "sip.example.com") as office, Registrar(HOSTED, INNER, "hosted") as hosted:
        ringfence.start()
        body(ringfence, office, hosted)


def by_domain(cast, changes=()):
    def body(ringfence, office, hosted):
        office_phone, bakery = Phone("201", "sip.example.com", 5070), Phone("201", "bakery.example.com", 5071)
        with office_phone.wire, bakery.wire:
            office_phone.register()
            bakery.register()
            check(len(office.logins("201")) == 1, f"the office heard {len(office.logins('201'))} logins")
            logins = hosted.logins("201")
            check(len(logins) == 1 and "<sip:201@bakery.example.com>" in logins[0], f"the other PBX heard {len(logins)} logins")
            bakery.wire.send(
                f"INVITE sip:300@bakery.example.com SIP/2.0\r\nVia: SIP/2.0/UDP {PHONES}:5071;branch=z9hG4bKcall;rport\r\n"
                "Max-Forwards: 70\r\nFrom: <sip:201@bakery.example.com>;tag=x\r\nTo: <sip:300@bakery.example.com>\r\n"
                f"Call-ID: {token()}\r\nCSeq: 1 INVITE\r\nContact: <sip:201@{PHONES}:5071>\r\nContent-Length: 0\r\n\r\n")
            answer = bakery.wire.receive(10.0)
            check(answer and answer.code == 100, "the call was not taken")
            bakery.wire.receive(1.0)
            check(any("INVITE sip:300@bakery" in text for text in hosted.others), "the call went elsewhere")
            check(not any("INVITE" in text for text in office.others), "the office was called")
            rows = ringfence.rows("registrations", "list")
            check(sorted(row["account"] for row in rows) == ["201@bakery.example.com", "201@sip.example.com"], f"{rows}")
    with_pbxs(cast, changes, body)


BAKERY = "    registrar { domain bakery.example.com  register-to hosted  probe-user ringfence-probe }\n"


@test("registrars.conf: phones of each domain register to its PBX, and their calls follow")
def registrars_domains(cast):
    by_domain(cast)
    fails("without the registrar", by_domain, cast, [(BAKERY, "")])


def seldom(cast, changes=()):
    def body(ringfence, office, _):
        phone, blank = Phone("201", "sip.example.com", 5072), Phone("202", "sip.example.com", 5073)
        with phone.wire, blank.wire:
            phone.register()
            blank.register()
            for _ in range(4):
                check(phone.say().code == 200, "a refresh with the PBX's nonce was not answered at once")
                blank.challenge = None
                blank.register()
            told = len(office.logins("201")), len(office.logins("202"))
            check(told == (1, 1), f"the PBX heard {told} logins")
            check(ringfence.counters()["registrations_held"] == 8, "not all refreshes were held here")
    with_pbxs(cast, changes, body)


@test("registrars.conf: refreshes, with credentials and without, are answered between two questions to the PBX")
def registrars_refresh(cast):
    seldom(cast)
    fails("with ask-pbx-every 0s", seldom, cast, [("    register-to office\n",
                                                  "    register-to office\n    ask-pbx-every 0s\n")])


def logs_in(cast, changes=()):
    outer, ringfence = begin(cast.folder, "stay-on-pbx", changes, (OUTSIDE, INNER, OFFICE, CARRIER))
    with outer, Trunk(OFFICE, INNER) as pbx, Trunk(CARRIER, OUTSIDE) as carrier:
        ringfence.start()
        host, call_id, login = "sip.carrier.example", token(20), []
        for cseq in (1, 2):
            pbx.send(f"REGISTER sip:{host} SIP/2.0", [
                f"Via: SIP/2.0/UDP {OFFICE}:5060;branch=z9hG4bK{token(12)}", "Max-Forwards: 70",
                f"From: <sip:4420@{host}>;tag=p", f"To: <sip:4420@{host}>", f"Call-ID: {call_id}",
                f"CSeq: {cseq} REGISTER", f"Contact: <sip:line@{OFFICE}:5060>", "Expires: 300"] + login)
            came = carrier.hear("REGISTER ")
            check("10.0.0." not in came.text, f"it shows the inside: {came.text}")
            contact = re.search(r"<(sip:[^>]+)>", came.value("Contact")).group(1)
            if cseq == 1:
                carrier.answer(came, "401 Unauthorized",
                               more=['WWW-Authenticate: Digest realm="carrier", nonce="n1", qop="auth"'])
                challenge = {"realm": "carrier", "nonce": "n1", "qop": "auth"}
                check('nonce="n1"' in pbx.hear("SIP/2.0 401").text, "the challenge was changed")
                login = ["Authorization: " + digest(challenge, "4420", "secret", "REGISTER", f"sip:{host}")]
        check('username="4420"' in came.text, f"no credentials came: {came.text}")
        carrier.answer(came, "200 OK", more=[f"Contact: <{contact}>;expires=120"])
        check(f"<sip:line@{OFFICE}:5060>;expires=120" in pbx.hear("SIP/2.0 200").text, "its own Contact is missing")
        carrier.invite("unused")
        carrier.hear("SIP/2.0 4")
        carrier.uri, carrier.to, carrier.call_id = contact, "<sip:+441512960000@sip.carrier.example>", token(20)
        carrier.request("INVITE", carrier.sdp())
        invite = pbx.hear(f"INVITE sip:line@{OFFICE}:5060 ")
        pbx.answer(invite, "200 OK", pbx.sdp())
        check("10.0.0." not in carrier.hear("SIP/2.0 200").text, "the answer shows the inside")


@test("stay-on-pbx.conf: the PBX registers with its carrier by itself, and is called by that registration")
def registrars_stay(cast):
    logs_in(cast)
    fails("without stay-on-pbx", logs_in, cast, [("    stay-on-pbx\n", "")])


ROUTE = "<sip:edge.carrier.example;lr>, <sip:core.carrier.example;lr>"


def by_service_route(cast, lines):
    secret = os.path.join(cast.folder, "first.secret")
    with open(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
        file.write("quiet harbour")
    more = test_routes.TRUNKS.replace("check-every 5s", f"credentials user 4420  password file:{secret}  register-every 10m")
    with Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, Trunk(test_routes.FIRST, OUTSIDE_ADDRESS) as carrier:
        ringfence = test_routes.stage(cast, more=more)
        carrier.answer(carrier.hear("REGISTER "), "200 OK", more=lines)
        check(until(lambda: any(row.get("registered") == "yes" for row in ringfence.rows("peers", "list")), 5),
              "the carrier's answer was not taken")
        invite, _ = test_routes.call(pbx, carrier, "00353155512345", f"sip:00353155512345@{test_routes.FIRST}")
        test_routes.hang_up(pbx, carrier)
        check(invite.value("Route") == ROUTE, f"it was called by {invite.value('Route')!r}")


@test("a carrier that names a Service-Route is called by it, at its address, and by none where it names none")
def trunk_by_service_route(cast):
    for lines in (["Service-Route: " + ROUTE], []):
        with Cast(cast.folder + ("-route" if lines else "-none")) as apart:
            if lines:
                by_service_route(apart, lines)
            else:
                fails("without Service-Route", by_service_route, apart, lines)
