# SPDX-License-Identifier: Apache-2.0
"""Commands about calls that stand: by an operator on the local socket, and by servers at the control listener."""

import http.client
import json
import os
import re
import signal
import socket
import ssl
import struct
import subprocess
import time

from api import Api
from certificates import Authority
from harness import Skip, check, test
from process import until
from softphone import Act, Softphone, audio, must_hear
from stage import Stage
from test_keys import secrets_of, traces

CALLER, CALLEE, THIRD = "200", "210", "220"


class Talk:
    """Two phones in a call through a PBX, and one that waits."""

    def __init__(self, cast, **changes):
        self.stage = Stage(cast, (CALLER, CALLEE, THIRD), **changes).start()
        self.ringfence = self.stage.ringfence
        self.phones = [Softphone(f"127.0.0.{31 + place}", self.stage.address, user, self.stage.users[user]).register()
                       for place, user in enumerate((CALLER, CALLEE, THIRD))]
        self.one, self.other = self.phones[0].call(self.phones[1])
        must_hear(self.one, self.other)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for phone in self.phones:
            phone.__exit__()

    def numbers(self):
        return {row["call"] for row in self.ringfence.rows("calls", "list", "--live")}

    def number(self):
        numbers = self.numbers()
        check(len(numbers) == 1, f"calls that stand: {numbers}")
        return numbers.pop()

    def command(self, *words):
        return subprocess.Popen(
            [self.ringfence.program, "--socket", self.ringfence.socket_path, "--reason", "tried", "calls", *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def trail(self):
        return [(row["verb"], row["result"]) for row in self.ringfence.rows("audit-trail", "list")
                if row["reason"] == "tried"]


def end_of(process, code):
    text, _ = process.communicate(timeout=30)
    check(process.returncode == code, f"ended with {process.returncode}, not {code}: {text}")
    return text


@test("an operator ends a call, both ends hear why, and it stands in the trail")
def operator_ends(cast):
    with Talk(cast) as talk:
        number = talk.number()
        end_of(talk.command("end", number), 0)
        for phone in talk.phones[:2]:
            bye = phone.hear_request("BYE")
            check('text="ended by command"' in bye.value("Reason") or phone is talk.phones[1], bye.start)
            phone.answer(bye, 200, "OK")
        check(until(lambda: not talk.numbers(), 10), "a call stands that was ended")
        check(talk.trail() == [("calls end", "done"), ("calls end", "asked")], talk.trail())
        end_of(talk.command("end", number), 5)
        check(("calls end", "no such call") in talk.trail(), talk.trail())


def hold(talk, verb, answers, *more):
    """What the phone was told in our ACK."""
    process = talk.command(verb, talk.number(), "--side", "caller", *more)
    phone = talk.phones[0]
    invite = phone.hear_request("INVITE")
    check(not invite.body, "a held phone is asked what it can do")
    phone.answer(invite, 200, "OK", phone.description() if answers else "", tag="")
    told = phone.hear_request("ACK").body
    end_of(process, 0)
    return told


@test("a phone that an operator holds is not heard, is told so, and is heard again when taken back")
def operator_holds(cast):
    with Talk(cast) as talk:
        told = hold(talk, "hold", True)
        check("a=sendonly" in told, told)
        heard = audio(talk.one, talk.other, seconds=3, enough=50)
        check(heard[1] == 0 and heard[0] > 25, f"caller and callee heard {heard} frames while the caller is held")
        told = hold(talk, "unhold", True)
        check("a=sendrecv" in told, told)
        must_hear(talk.one, talk.other)
        told = hold(talk, "hold", True, "--silent")
        check("a=inactive" in told and max(audio(talk.one, talk.other, seconds=2)) == 0, told)


@test("a phone that an operator transfers calls the third, and the first call ends")
def operator_transfers(cast):
    with Talk(cast) as talk:
        phone, third = talk.phones[0], talk.phones[2]
        process = talk.command("transfer", talk.number(), THIRD)
        refer = phone.hear_request("REFER")
        check(f"sip:{THIRD}@" in refer.value("Refer-To"), refer.value("Refer-To"))
        phone.answer(refer, 202, "Accepted")
        end_of(process, 0)
        one, other = phone.call(third)
        event = ["Event: refer", "Subscription-State: terminated;reason=noresource"]
        reply = talk.one.ask("NOTIFY", "SIP/2.0 200 OK\r\n", kind="message/sipfrag", more=event)
        check(reply.code == 200, reply.start)
        phone.answer(phone.hear_request("BYE"), 200, "OK")
        talk.phones[1].answer(talk.phones[1].hear_request("BYE"), 200, "OK")
        must_hear(one, other)
        check(until(lambda: len(talk.numbers()) == 1, 10), talk.numbers())
        check(("calls transfer", "done 200") in talk.trail(), talk.trail())


def keys_heard(phone, seconds=3.0):
    """The keys that began in what waits at its audio port, by RFC 4733."""
    keys, end = "", time.monotonic() + seconds
    phone.audio.setblocking(False)
    while time.monotonic() < end:
        try:
            packet = phone.audio.recv(2048)
        except BlockingIOError:
            return keys
        if packet[1] == 0x80 | 101:
            keys += "0123456789*#ABCD"[packet[12]]
    return keys


@test("digits that an operator presses are heard as keys by the end that is meant, and by no other")
def operator_presses(cast):
    with Talk(cast) as talk:
        for phone in talk.phones[:2]:
            keys_heard(phone)
        end_of(talk.command("dtmf", talk.number(), "15*#", "--side", "caller"), 0)
        for _ in range(80):
            talk.other.phone.speak(talk.other.hears_at)
            talk.one.phone.speak(talk.one.hears_at)
            time.sleep(0.02)
        heard = [keys_heard(phone) for phone in talk.phones[:2]]
        check(heard == ["15*#", ""], f"caller and callee heard {heard}")
        must_hear(talk.one, talk.other)
        check(until(lambda: talk.trail().count(("calls dtmf", "done")) == 2, 10), talk.trail())
        end_of(talk.command("dtmf", talk.number(), "1x"), 2)


# ---- servers ----

CONTROL_ADDRESS, CONTROL_PORT = "127.0.0.12", 8443
SERVER_ADDRESS, OTHER_ADDRESS, UNLISTED_ADDRESS = "127.0.0.41", "127.0.0.42", "127.0.0.43"

CONTROL = """
peer elsewhere {{
    kind speech-server
    side inside
    address 127.0.0.60:5060
}}
certificate ours {{
    chain {chain}
    key {key}
}}
control {{
    listen {listen}
    certificate ours
    authority {authority}
    revoked {revoked}
    server app {{
        name app.example
        from {from_app}
        peer office
        may {may}
    }}
    server other {{
        name urn:example:other
        from 127.0.0.42
        peer {other_peer}
        may end transfer hold dtmf
    }}
}}
"""


class Papers:
    """Every certificate of these tests."""

    def __init__(self, folder):
        self.authority = Authority(folder, "control")
        issue = self.authority.issue
        self.ours = issue("ours", [f"IP:{CONTROL_ADDRESS}"], use="serverAuth")
        self.app = issue("app", ["DNS:other-name.example", "DNS:app.example"], use="clientAuth")
        self.other = issue("other", ["URI:urn:example:other"])
        self.unlisted = issue("unlisted", ["DNS:app.example.evil.example"])
        self.wildcard = issue("wildcard", ["DNS:*.example"])
        self.common_name = issue("app.example", ["DNS:nothing.example"])
        self.expired = issue("expired", ["DNS:app.example"], days=(-9, -1))
        self.early = issue("early", ["DNS:app.example"], days=(1, 9))
        self.server_only = issue("server-only", ["DNS:app.example"], use="serverAuth")
        self.no_purpose = issue("no-purpose", ["DNS:app.example"], use="")
        self.revoked = issue("taken-back", ["DNS:app.example"])
        self.authority.revoke(self.revoked)
        self.foreign = Authority(folder, "foreign").issue("app", ["DNS:app.example"])

    def words(self, **changes):
        words = {"chain": self.ours[0], "key": self.ours[1], "authority": self.authority.certificate, "revoked": self.authority.list,
                 "listen": f"{CONTROL_ADDRESS}:{CONTROL_PORT}", "from_app": SERVER_ADDRESS,
                 "may": "end transfer hold dtmf", "other_peer": "elsewhere"}
        return CONTROL.format(**{**words, **changes})


class Server:
    """A server that commands calls."""

    def __init__(self, papers, certificate, address=SERVER_ADDRESS, newest=None):
        self.counter = 0
        self.context = ssl.create_default_context(cafile=papers.authority.certificate)
        if certificate:
            self.context.load_cert_chain(*certificate)
        if newest:
            self.context.minimum_version = ssl.TLSVersion.TLSv1
            self.context.maximum_version = newest
            self.context.set_ciphers("ALL:@SECLEVEL=0")
        self.address = address

    def ask(self, method, path, body=None):
        """(status, JSON); (0, reason) where there was no answer."""
        connection = http.client.HTTPSConnection(CONTROL_ADDRESS, CONTROL_PORT, timeout=10, context=self.context,
                                                 source_address=(self.address, 0))
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None,
                               {"Content-Type": "application/json"} if body is not None else {})
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read() or b"{}")
        except (OSError, http.client.HTTPException) as error:
            return 0, f"{type(error).__name__}: {error}"
        finally:
            connection.close()

    def calls(self):
        status, answer = self.ask("GET", "/api/v1/control/calls")
        check(status == 200, f"the list of calls: {status} {answer}")
        return answer["items"]

    def command(self, call, verb, **members):
        self.counter += 1
        body = {"token": call["token"], "counter": str(self.counter), "reason": "tried", **members}
        return self.ask("POST", f"/api/v1/calls/{call['call']}/{verb}", body)


QUESTION = b"GET /api/v1/control/calls HTTP/1.1\r\nHost: control\r\n%s\r\n"


class Slow:
    """A server whose handshake is taken step by step."""

    def __init__(self, server):
        self.wire = socket.create_connection((CONTROL_ADDRESS, CONTROL_PORT), 10, (server.address, 0))
        self.come, self.go = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = server.context.wrap_bio(self.come, self.go, server_hostname=CONTROL_ADDRESS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.close()

    def step(self, act):
        """What it gives, in a list; None where it waits for the other end."""
        try:
            return [act()]
        except ssl.SSLWantReadError:
            return None
        finally:
            said = self.go.read()
            if said:
                self.wire.sendall(said)

    def hears(self):
        """Whether something came; raises where it is closed or silent."""
        heard = self.wire.recv(65536)
        check(heard, "it was closed")
        self.come.write(heard)

    def until_done(self, act):
        while (done := self.step(act)) is None:
            self.hears()
        return done[0]

    def is_unanswered(self):
        self.wire.setblocking(False)
        try:
            self.wire.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        finally:
            self.wire.settimeout(10)
        return False


class Controlled(Talk):
    def __init__(self, cast, **changes):
        self.papers = Papers(cast.folder)
        super().__init__(cast, more=self.papers.words(**changes))
        self.app = Server(self.papers, self.papers.app)

    def answers(self, phone, method, status, reason, body=""):
        request = phone.hear_request(method)
        phone.answer(request, status, reason, body, tag="")
        return request

    def trail_of(self, verb):
        return [(row["actor"], row["result"]) for row in self.ringfence.rows("audit-trail", "list")
                if row["verb"] == verb]


def in_background(function, *words, **named):
    """Its result, once joined."""
    import threading  # pylint: disable=import-outside-toplevel
    found = []
    thread = threading.Thread(target=lambda: found.append(function(*words, **named)))
    thread.start()
    return lambda: (thread.join(30), found[0])[1]


@test("the right server sees its call and holds, transfers and ends it; each command is in the trail")
def server_commands(cast):
    with Controlled(cast) as talk:
        calls = talk.app.calls()
        check(len(calls) == 2 and all(re.fullmatch("[0-9a-f]{32}", call["token"]) for call in calls), calls)
        check(CALLER in calls[0]["from"] and not any("127.0.0.3" in str(call) for call in calls), calls)
        caller = talk.phones[0]
        done = in_background(talk.app.command, calls[0], "hold", side="caller")
        talk.answers(caller, "INVITE", 200, "OK", caller.description())
        check("a=sendonly" in caller.hear_request("ACK").body, "it is not held")
        check(done()[0] == 200, done())
        done = in_background(talk.app.command, calls[0], "unhold", side="caller")
        talk.answers(caller, "INVITE", 200, "OK", caller.description())
        caller.hear_request("ACK")
        check(done()[0] == 200, done())
        must_hear(talk.one, talk.other)
        done = in_background(talk.app.command, calls[0], "transfer", to=THIRD, side="caller")
        refer = talk.answers(caller, "REFER", 202, "Accepted")
        check(f"sip:{THIRD}@" in refer.value("Refer-To"), refer.value("Refer-To"))
        check(done()[0] == 200, done())
        done = in_background(talk.app.command, calls[0], "end")
        talk.answers(caller, "BYE", 200, "OK")
        check(done()[0] == 200, done())
        check(until(lambda: not talk.numbers(), 10) and talk.app.calls() == [], "a call stands that was ended")
        trail = talk.trail()
        for verb in ("hold", "unhold", "transfer", "end"):
            check((f"calls {verb}", "asked") in trail and (f"calls {verb}", "done") in trail, f"{verb}: {trail}")
        check(("server app", "done") in talk.trail_of("calls end"), talk.trail_of("calls end"))


@test("a server that is not who it must be gets no answer, and the trail says why")
def servers_refused(cast):
    with Controlled(cast) as talk:
        papers = talk.papers
        for certificate, why in (
                (None, "no certificate"), (papers.foreign, "wrong authority"), (papers.expired, "certificate expired"),
                (papers.early, "certificate not yet valid"),
                (papers.revoked, "certificate revoked"), (papers.server_only, "certificate not for clients"),
                (papers.no_purpose, "certificate not for clients"), (papers.unlisted, "name not listed"),
                (papers.wildcard, "name not listed"), (papers.common_name, "name not listed"),
                (papers.other, "name from elsewhere")):
            before = talk.trail_of("control").count((None, None))
            told = sum(result == why for _, result in talk.trail_of("control"))
            status, answer = Server(papers, certificate).ask("GET", "/api/v1/control/calls")
            check(status == 0, f"{why}: answered {status} {answer}")
            check(until(lambda: sum(result == why for _, result in talk.trail_of("control")) > told, 10),
                  f"{why}: not in the trail: {talk.trail_of('control')} {before}")
        old = Server(papers, papers.app, newest=ssl.TLSVersion.TLSv1_1).ask("GET", "/api/v1/control/calls")
        check(old[0] == 0, f"TLS 1.1 was answered: {old}")
        check(len(talk.app.calls()) == 2, "the right one is refused as well")
        check(talk.numbers(), "a call ended")


@test("a list of revoked certificates that bears the authority's name and was not signed by it counts for none")
def control_list_of_another(cast):
    twin = os.path.join(cast.folder, "twin")
    os.makedirs(twin)
    with Controlled(cast, revoked=Authority(twin, "control").list) as talk:
        check(talk.app.ask("GET", "/api/v1/control/calls")[0] == 0, "a server is answered, though nobody knows whether it is revoked")
        check(until(lambda: any(result == "no revocations of its authority" for _, result in talk.trail_of("control")), 10),
              talk.trail_of("control"))


@test("who comes from an unlisted address is closed before TLS; once the address is listed, it is answered")
def unlisted_address(cast):
    with Controlled(cast) as talk:
        with socket.create_connection((CONTROL_ADDRESS, CONTROL_PORT), 5, (UNLISTED_ADDRESS, 0)) as connection:
            connection.settimeout(5)
            try:
                said = connection.recv(1)
            except ConnectionResetError:
                said = b""
            check(said == b"", "something was said to an unlisted address")
        check(Server(talk.papers, talk.papers.app, UNLISTED_ADDRESS).ask("GET", "/api/v1/control/calls")[0] == 0,
              "an unlisted address was answered")
        check(until(lambda: any(result == "unlisted address" for _, result in talk.trail_of("control")), 10),
              talk.trail_of("control"))


@test("with the address listed the same server is answered")
def listed_address(cast):
    with Controlled(cast, from_app=f"{SERVER_ADDRESS} {UNLISTED_ADDRESS}") as talk:
        check(len(Server(talk.papers, talk.papers.app, UNLISTED_ADDRESS).calls()) == 2, "it sees no call")


def shown_serial(papers):
    context = ssl.create_default_context(cafile=papers.authority.certificate)
    context.load_cert_chain(*papers.app)
    with socket.create_connection((CONTROL_ADDRESS, CONTROL_PORT), 5, (SERVER_ADDRESS, 0)) as plain:
        with context.wrap_socket(plain, server_hostname=CONTROL_ADDRESS) as stream:
            return stream.getpeercert()["serialNumber"]


@test("a new list of servers, a renewed certificate and a revocation are in force without a new start")
def control_renewed(cast):
    with Controlled(cast) as talk:
        papers, ringfence = talk.papers, talk.ringfence
        elsewhere = Server(papers, papers.app, UNLISTED_ADDRESS)
        check(elsewhere.ask("GET", "/api/v1/control/calls")[0] == 0, "an unlisted address was answered")
        before = shown_serial(papers)
        fresh = papers.authority.issue("fresh", [f"IP:{CONTROL_ADDRESS}"], use="serverAuth")
        for old, new in zip(papers.ours, fresh):
            with open(new, "rb") as source, open(old, "wb") as target:
                target.write(source.read())
        with open(ringfence.config_path, "r+", encoding="utf-8") as file:
            text = file.read().replace(f"from {SERVER_ADDRESS}\n", f"from {SERVER_ADDRESS} {UNLISTED_ADDRESS}\n")
            file.seek(0)
            file.write(text)
        with Slow(talk.app) as there:
            there.until_done(there.tls.do_handshake)
            there.step(lambda: there.tls.write(QUESTION % b""))
            answer = b""
            while not answer.endswith(b"}"):
                answer += there.until_done(lambda: there.tls.read(65536))
            check(answer.startswith(b"HTTP/1.1 200 "), answer)
            code, text = ringfence.ask("config", "apply", "--reason", "another server")
            check(code == 0, f"config apply: {text}")
            check(there.until_done(lambda: there.tls.read(65536)) == b"", "who was there need not show anew who it is")
        check(len(elsewhere.calls()) == 2, "the server that was listed sees no call")
        check(shown_serial(papers) != before, "the certificate of before is shown")
        # Read again by itself: within ten seconds.
        papers.authority.revoke(papers.app)
        check(until(lambda: talk.app.ask("GET", "/api/v1/control/calls")[0] == 0 and
                    any(result == "certificate revoked" for _, result in talk.trail_of("control")), 40, pause=0.5),
              f"who was revoked is answered, or not told of: {talk.trail_of('control')}")
        check(talk.numbers(), "the call ended")


@test("no private key of the control listener lies in a core of web; while keys stands still servers fail and the API answers")
def control_key_elsewhere(cast):
    if os.geteuid() != 0:
        raise Skip("needs root to read the memory of others")
    with Controlled(cast) as talk:
        ringfence, children = talk.ringfence, talk.ringfence.children()
        older = Server(talk.papers, talk.papers.app, newest=ssl.TLSVersion.TLSv1_2)
        check(len(talk.app.calls()) == 2 and len(older.calls()) == 2, "it sees no call")
        secrets = secrets_of(talk.papers.ours[1])
        found, size = traces(children["web"], secrets)
        check(size > 1 << 20, f"of web only {size} bytes could be read")
        check(not found, f"web has the key: {sorted(found)}")
        found, size = traces(children["keys"], secrets)
        check(any("limbs" in what for what in found), f"the search finds nothing where it is ({size} bytes): it proves nothing")
        os.kill(children["keys"], signal.SIGSTOP)
        try:
            check(talk.app.ask("GET", "/api/v1/control/calls")[0] == 0, "it is answered while keys stands still")
            check(talk.numbers(), "the API does not answer while keys stands still, or the call ended")
            check("our own signature failed: keys-late" in ringfence.process.log(), "nothing says why")
        finally:
            os.kill(children["keys"], signal.SIGCONT)
        check(until(lambda: talk.app.ask("GET", "/api/v1/control/calls")[0] == 200, 20, pause=0.2), "it is not answered any more")
        os.kill(children["keys"], signal.SIGKILL)
        check(until(lambda: talk.app.ask("GET", "/api/v1/control/calls")[0] == 200, 20, pause=0.2), "nor after keys died")
        check(ringfence.children()["web"] == children["web"], "web died with it")


def is_closed(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@test("while keys stands still a handshake at the control listener waits alone: who is there already and the API are answered; then it goes on")
def control_keys_stand_still(cast):
    with Controlled(cast) as talk:
        api = Api(talk.ringfence.socket_path)
        keys, web = (talk.ringfence.children()[role] for role in ("keys", "web"))
        there = http.client.HTTPSConnection(CONTROL_ADDRESS, CONTROL_PORT, timeout=10, context=talk.app.context,
                                            source_address=(SERVER_ADDRESS, 0))

        def asks():
            there.request("GET", "/api/v1/control/calls")
            reply = there.getresponse()
            return reply.status, len(json.loads(reply.read())["items"])

        check(asks() == (200, 2), "it sees no call")
        for newest in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
            server = Server(talk.papers, talk.papers.app)
            server.context.maximum_version = newest
            os.kill(keys, signal.SIGSTOP)
            try:
                with Slow(server) as comes:
                    check(comes.step(comes.tls.do_handshake) is None, "it was done without a signature")
                    for _ in range(5):
                        check(asks() == (200, 2), "who is there already is not answered")
                        check(api.ask("GET", "/api/v1/status")[0] == 200, "the API does not answer")
                    check(comes.is_unanswered(), f"its handshake ended without keys ({newest.name})")
                    os.kill(keys, signal.SIGCONT)
                    comes.until_done(comes.tls.do_handshake)
                    comes.step(lambda: comes.tls.write(QUESTION % b""))
                    answer = comes.until_done(lambda: comes.tls.read(65536))
                    check(answer.startswith(b"HTTP/1.1 200 "), answer)
            finally:
                os.kill(keys, signal.SIGCONT)
        os.kill(keys, signal.SIGSTOP)
        try:
            waiting = [Slow(talk.app) for _ in range(12)]
            for one in waiting:
                check(one.step(one.tls.do_handshake) is None, "it was done without a signature")
            check(until(lambda: sum(is_closed(one.wire) for one in waiting) >= 8, 10), "of twelve that wait not four are left")
            check(asks() == (200, 2), "who is there already is not answered while others are put out")
        finally:
            os.kill(keys, signal.SIGCONT)
        for one in waiting:
            one.wire.close()
        check(len(talk.app.calls()) == 2, "nobody is let in any more")
        there.close()
        check(talk.ringfence.children()["web"] == web and talk.ringfence.children()["keys"] == keys, "somebody was started again")


@test("a server that has said all still hears its answer, and hears properly when we have said all")
def control_says_all(cast):
    with Controlled(cast) as talk:
        with Slow(talk.app) as comes:
            comes.until_done(comes.tls.do_handshake)
            comes.step(lambda: comes.tls.write(QUESTION % b""))
            comes.step(comes.tls.unwrap)
            answer = comes.until_done(lambda: comes.tls.read(65536))
            check(answer.startswith(b"HTTP/1.1 200 "), answer)
        with Slow(talk.app) as comes:
            comes.until_done(comes.tls.do_handshake)
            comes.step(lambda: comes.tls.write(QUESTION % b"Connection: close\r\n"))
            answer = b""
            while piece := comes.until_done(lambda: comes.tls.read(65536)):
                answer += piece
            check(answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"}"), answer)


@test("a command of a server that hangs up at once, without a word, is done all the same")
def control_hangs_up(cast):
    with Controlled(cast) as talk:
        call = talk.app.calls()[0]
        body = json.dumps({"token": call["token"], "counter": "1", "reason": "tried"}).encode()
        with Slow(talk.app) as comes:
            comes.until_done(comes.tls.do_handshake)
            comes.step(lambda: comes.tls.write(
                b"POST /api/v1/calls/%s/end HTTP/1.1\r\nHost: control\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" %
                (call["call"].encode(), len(body), body)))
        talk.answers(talk.phones[0], "BYE", 200, "OK")
        check(until(lambda: ("server app", "done") in talk.trail_of("calls end"), 10), talk.trail_of("calls end"))


@test("who says nothing, says a greeting byte by byte, or shows who it is and then asks nothing, is closed within seconds")
def control_deadlines(cast):
    with Controlled(cast) as talk:
        ends = [socket.create_connection((CONTROL_ADDRESS, CONTROL_PORT), 10, (SERVER_ADDRESS, 0)) for _ in range(2)]
        greeting = ssl.MemoryBIO()
        try:
            talk.app.context.wrap_bio(ssl.MemoryBIO(), greeting, server_hostname=CONTROL_ADDRESS).do_handshake()
        except ssl.SSLWantReadError:
            pass
        slowly = greeting.read()
        with Slow(talk.app) as idle:
            idle.until_done(idle.tls.do_handshake)
            ends.append(idle.wire)
            for at in range(30):
                try:
                    ends[1].sendall(slowly[at:at + 1])
                except OSError:
                    break
                time.sleep(1)
            for end, who in zip(ends, ("who says nothing", "who greets byte by byte", "who asks nothing")):
                end.settimeout(5)
                try:
                    while end.recv(65536):
                        pass
                except ConnectionResetError:
                    pass
                except TimeoutError:
                    check(False, f"{who} is still there")
        check(talk.app.ask("GET", "/api/v1/control/calls")[0] == 200, "nobody else is answered")
        for end in ends:
            end.close()


@test("a server that asks and asks and takes no answer is stopped, and cut off within seconds; others are answered meanwhile")
def control_never_reads(cast):
    with Controlled(cast) as talk:
        web = talk.ringfence.children()["web"]

        def descriptors():
            return len(os.listdir(f"/proc/{web}/fd"))

        before = descriptors()
        check(len(talk.app.calls()) == 2, "it sees no call")
        with Slow(talk.app) as greedy:
            greedy.wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            greedy.until_done(greedy.tls.do_handshake)
            greedy.wire.settimeout(2)
            sent = 0
            try:
                while sent < 64 << 20:
                    greedy.step(lambda: greedy.tls.write((QUESTION % b"") * 100))
                    sent += 1
            except OSError:
                pass
            check(0 < sent < 64 << 20, f"{sent} times a hundred questions were taken")
            check(talk.app.ask("GET", "/api/v1/control/calls")[0] == 200, "nobody else is answered")
            check(resident_kb(web) < 65536, f"web has {resident_kb(web)} KB")
            check(until(lambda: descriptors() <= before, 60, pause=0.2), "it is still there")


def resident_kb(process_id):
    with open(f"/proc/{process_id}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def slam(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def come_and_go(server, round_):
    """One connection that ends in one of many ways; of fifty one has shown who it is, and may have asked."""
    if round_ % 50 == 0:
        known = Slow(server)
        known.until_done(known.tls.do_handshake)
        if round_ % 100 == 0:
            known.step(lambda: known.tls.write(QUESTION % b""))
        (slam if round_ % 3 else socket.socket.close)(known.wire)
        return
    connection = socket.create_connection((CONTROL_ADDRESS, CONTROL_PORT), 10, (server.address, 0))
    how = round_ % 5
    if how == 1:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01")
    elif how == 2:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
    elif how in (3, 4):
        greeting = ssl.MemoryBIO()
        try:
            server.context.wrap_bio(ssl.MemoryBIO(), greeting, server_hostname=CONTROL_ADDRESS).do_handshake()
        except ssl.SSLWantReadError:
            connection.sendall(greeting.read())
        if how == 4:
            connection.settimeout(0.01)
            try:
                connection.recv(1)
            except OSError:
                pass
    (slam if round_ % 2 else socket.socket.close)(connection)


@test("10,000 connections to the control listener that end in the middle leave no descriptor and no memory behind")
def control_slams(cast):
    with Controlled(cast) as talk:
        web = talk.ringfence.children()["web"]

        def descriptors():
            return len(os.listdir(f"/proc/{web}/fd"))

        before = descriptors()
        check(len(talk.app.calls()) == 2, "it sees no call")
        for round_ in range(2000):
            come_and_go(talk.app, round_)
        check(until(lambda: descriptors() <= before, 20), f"{descriptors() - before} descriptors stay behind")
        warm = resident_kb(web)
        for round_ in range(8000):
            come_and_go(talk.app, round_)
        check(until(lambda: descriptors() <= before, 20), f"{descriptors() - before} descriptors stay behind")
        check(resident_kb(web) - warm < 2048, f"{resident_kb(web) - warm} KB stay behind of 8,000 connections")
        check(len(talk.app.calls()) == 2, "it is not answered any more")
        check(talk.ringfence.children()["web"] == web, "web was started again")


@test("four listed addresses that say nothing on all connections do not keep out a server that shows its certificate")
def control_crowd(cast):
    crowd = ("127.0.0.44", "127.0.0.45", "127.0.0.46", "127.0.0.47")
    with Controlled(cast, from_app=f"{SERVER_ADDRESS} 127.0.0.44/30") as talk:
        held = [socket.create_connection((CONTROL_ADDRESS, CONTROL_PORT), 5, (address, 0)) for address in crowd for _ in range(12)]
        try:
            check(len(talk.app.calls()) == 2, "it sees no call")
            held += [socket.create_connection((CONTROL_ADDRESS, CONTROL_PORT), 5, (SERVER_ADDRESS, 0)) for _ in range(12)]
            check(len(talk.app.calls()) == 2, "it sees no call beside silent connections of its own address")
            for one in held:
                one.close()
            elder = [socket.create_connection((CONTROL_ADDRESS, CONTROL_PORT), 5, (SERVER_ADDRESS, 0)) for _ in range(4)]
            held = elder + [socket.create_connection((CONTROL_ADDRESS, CONTROL_PORT), 5, (crowd[0], 0)) for _ in range(12)]
            check(until(lambda: sum(is_closed(one) for one in held[4:]) == 8, 10), "of twelve of one address not four are left")
            check(not any(is_closed(one) for one in elder), "who crowds put out one of another address")
        finally:
            for one in held:
                one.close()


@test("another server's call, a wrong token, a repeated command and a missing right are refused, each by its name")
def commands_refused(cast):
    with Controlled(cast, may="end hold") as talk:
        call = talk.app.calls()[0]
        other = Server(talk.papers, talk.papers.other, OTHER_ADDRESS)
        check(other.calls() == [], "it sees calls that are not its own")
        check(other.command(call, "end")[0] == 404, "it ended another's call")
        check(talk.app.command({**call, "token": "0" * 32}, "end")[0] == 403, "a wrong token will do")
        check(talk.app.command({**call, "token": ""}, "end")[0] == 403, "no token will do")
        check(talk.app.command(call, "transfer", to=THIRD)[0] == 403, "it transfers what it may not")
        check(talk.app.command({**call, "call": "7"}, "end")[0] == 404, "a call that is none")
        check(talk.app.ask("GET", "/api/v1/status")[0] == 403 and talk.app.ask("GET", "/metrics")[0] == 403 and
              talk.app.ask("POST", "/api/v1/blocks", {"net": "192.0.2.1"})[0] == 403, "it may more than command calls")
        caller = talk.phones[0]
        done = in_background(talk.app.command, call, "hold", side="caller")
        talk.answers(caller, "INVITE", 200, "OK", caller.description())
        caller.hear_request("ACK")
        check(done()[0] == 200, done())
        talk.app.counter -= 1
        status, answer = talk.app.command(call, "end")
        check(status == 403 and "counter" in answer["detail"], f"a repeated command: {status} {answer}")
        trail = talk.trail()
        for why in ("call of another", "wrong token", "may not", "no such call", "replayed"):
            check(any(result == why for _, result in trail), f"{why} is not in the trail: {trail}")
        check(talk.numbers(), "the call was ended after all")


@test("with the peer and the rights widened the same commands pass")
def commands_widened(cast):
    with Controlled(cast, may="end hold transfer", other_peer="office") as talk:
        other = Server(talk.papers, talk.papers.other, OTHER_ADDRESS)
        call = other.calls()[0]
        done = in_background(talk.app.command, talk.app.calls()[0], "transfer", to=THIRD, side="caller")
        talk.answers(talk.phones[0], "REFER", 202, "Accepted")
        check(done()[0] == 200, done())
        check(other.command(call, "end")[0] == 200, "it cannot end its own call")
