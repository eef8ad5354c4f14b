# SPDX-License-Identifier: Apache-2.0
"""SIP over WebSocket: a page registers, calls and is called, whoever asks for something else is told
so and closed. Each thing a second time without what is under test, where it must come out otherwise."""

import functools
import re
import ssl

from certificates import Authority
from harness import check, test
from process import until
from ringfence import OUTSIDE_ADDRESS
from sip_text import register
from softphone import Act, Softphone, hang_up, must_hear
from stage import Stage
from stream import Stream
from tls_stream import client_context
from websocket import (BINARY, CLOSE, PAGE, PING, TEXT, WS_PORT, WSS_PORT, Refused, SecureWebSocket, WebPhone,
                       WebSocket, upgrade_lines)

WEB, DESK = "200", "210"
# No browser talks without DTLS; these pages do, for what is looked at here lies beneath audio.
PLAIN = "media srtp forbidden"
WEB_PLACE, DESK_PLACE = "127.0.0.30", "127.0.0.31"


def web_stage(cast, origins=PAGE, more="", **changes):
    listens = f"\n    ws {OUTSIDE_ADDRESS}:{WS_PORT}\n    origins {origins}" if origins else ""
    return Stage(cast, (WEB, DESK), outside_more=listens, more=more, subscribers_more=PLAIN, **changes).start()


def desk(stage):
    return Softphone(DESK_PLACE, OUTSIDE_ADDRESS, DESK, stage.users[DESK]).register()


def page(stage, place=WEB_PLACE):
    return WebPhone(place, OUTSIDE_ADDRESS, WEB, stage.users[WEB])


@test("a page registers over WebSocket, calls, is called, talks and hangs up; without the listener nobody is there")
def websocket_calls(cast):
    stage = web_stage(cast)
    with page(stage).register() as web, desk(stage) as phone:
        rows = stage.ringfence.rows("registrations", "list")
        check(len(rows) == 2, f"two phones are registered, the list has {rows}")
        for caller, callee in ((web, phone), (phone, web)):
            ends = caller.call(callee)
            must_hear(*ends)
            hang_up(*ends)
            ends = caller.call(callee)
            hang_up(*ends[::-1])
    stage.ringfence.stop()
    twin = Stage(cast, (WEB, DESK))
    twin.pbx, twin.ringfence = stage.pbx, type(stage.ringfence)(cast, **twin.changes)
    twin.ringfence.start()
    try:
        WebSocket(WEB_PLACE, OUTSIDE_ADDRESS).close()
    except ConnectionError:
        return
    check(False, "somebody listens for WebSocket where none is written")


@test("what a page is told names us and its own Contact, and a request in the call comes over its connection")
def websocket_names(cast):
    stage = web_stage(cast)
    with page(stage) as web, desk(stage) as phone:
        reply = web.ask(web.register_text())
        check(reply.code == 401, f"REGISTER was answered {reply.start}")
        web.register()
        answering = Act(web, "INVITE", web.accept)
        dialog = phone.dialog_to(WEB)
        check(dialog.ask("INVITE", phone.description(), answered=[answering]).code == 200, "the page was not reached")
        invite = answering.request
        check(invite.start.split()[1].startswith(f"sip:{web.name}@{web.host}"), f"it was called {invite.start}")
        check(invite.value("Via").startswith("SIP/2.0/WS "), f"its Via is {invite.value('Via')}")
        contact = invite.uri_in("Contact")
        check(contact.endswith(";transport=ws") and f"@{OUTSIDE_ADDRESS}:{WS_PORT}" in contact, f"Contact {contact}")
        again = Act(web, "INVITE", lambda request: web.answer(request, 200, "OK", web.description()))
        check(dialog.ask("INVITE", phone.description(), answered=[again]).code == 200, "the change was not taken")
        hang_up(answering.result, dialog)


NAME = "pbx.office.example"


def secure_stage(cast, origins=PAGE):
    """A listener within TLS alone, and what opens a WebSocket to it."""
    authority = Authority(cast.folder)
    chain, key = authority.issue("main", [f"DNS:{NAME}"], use="serverAuth")
    stage = Stage(cast, (WEB, DESK), more=f"certificate main {{ chain {chain}  key file:{key} }}\n",
                  outside_more=f"\n    wss {OUTSIDE_ADDRESS}:{WSS_PORT}  certificate main\n    origins {origins}",
                  subscribers_more=PLAIN)
    kind = functools.partial(SecureWebSocket, context=client_context(authority.certificate), name=NAME)
    return stage.start(), kind


@test("a page calls and is called within TLS, by Via WSS; another authority's name and plain WebSocket do not get in")
def websocket_secure(cast):
    stage, kind = secure_stage(cast)
    secret = stage.users[WEB]
    with WebPhone(WEB_PLACE, OUTSIDE_ADDRESS, WEB, secret, kind=kind).register() as web, desk(stage) as phone:
        for caller, callee in ((web, phone), (phone, web)):
            ends = caller.call(callee)
            must_hear(*ends)
            hang_up(*ends)
        answering = Act(web, "INVITE", web.accept)
        dialog = phone.dialog_to(WEB)
        check(dialog.ask("INVITE", phone.description(), answered=[answering]).code == 200, "the page was not reached")
        invite = answering.request
        check(invite.value("Via").startswith("SIP/2.0/WSS "), f"its Via is {invite.value('Via')}")
        check(invite.uri_in("Contact").endswith(";transport=ws"), f"its Contact is {invite.uri_in('Contact')}")
        hang_up(dialog, answering.result)
        web.web.slam()
        check(until(lambda: len(stage.ringfence.rows("registrations", "list")) == 1, 5),
              "the registration did not end with its connection")
    stranger = Authority(cast.folder, "stranger")
    try:
        kind(WEB_PLACE, OUTSIDE_ADDRESS, context=client_context(stranger.certificate)).close()
        check(False, "a client that trusts another authority was content")
    except ssl.SSLError:
        pass
    try:
        kind(WEB_PLACE, OUTSIDE_ADDRESS, lines=upgrade_lines("https://evil.example.net")).close()
        check(False, "a foreign page was let in")
    except Refused as refused:
        check(refused.code == 403, f"a foreign page was answered {refused.code}")
    with Stream(WEB_PLACE, OUTSIDE_ADDRESS, port=WSS_PORT) as plain:
        plain.send("\r\n".join(upgrade_lines()) + "\r\n\r\n")
        check(plain.is_closed(10) and b"101" not in plain.waiting, f"an upgrade in clear got {plain.waiting[:40]!r}")


class Terse(WebPhone):
    """Leaves Content-Length out, as the transport allows."""

    def send(self, text):
        super().send(re.sub(r"Content-Length: \d+\r\n", "", text))


@test("a page that never says Content-Length registers, calls and is called")
def websocket_length(cast):
    stage = web_stage(cast)
    with Terse(WEB_PLACE, OUTSIDE_ADDRESS, WEB, stage.users[WEB]).register() as web, desk(stage) as phone:
        for caller, callee in ((web, phone), (phone, web)):
            ends = caller.call(callee)
            must_hear(*ends)
            hang_up(*ends)


@test("a lost connection ends its registration; calls find nobody, and the page again once it is back")
def websocket_lost(cast):
    stage = web_stage(cast)
    with page(stage).register() as web, desk(stage) as phone:
        web.web.slam()
        check(until(lambda: len(stage.ringfence.rows("registrations", "list")) == 1, 5),
              "the registration did not end with its connection")
        code = phone.dialog_to(WEB).ask("INVITE", phone.description()).code
        check(code == 480, f"a page that is gone was called: {code}")
        web.reconnect().register()
        hang_up(*phone.call(web))
        web.web.send_frame(b"\x03\xe9", CLOSE)
        check(web.web.ended_with(5) == 1001, "a close was not answered by its code")
        check(until(lambda: len(stage.ringfence.rows("registrations", "list")) == 1, 5), "a close ended nothing")


def answer_to(lines, place=WEB_PLACE):
    """(code, words) of the answer, 101 for a WebSocket."""
    try:
        WebSocket(place, OUTSIDE_ADDRESS, lines=lines).close()
    except Refused as refused:
        return refused.code, refused.words
    return 101, ""


def without(name, lines):
    return [line for line in lines if not line.lower().startswith(name + ":")]


@test("other origins, other protocols and broken upgrades are refused with their reasons; with origins any a page may be any")
def websocket_refused(cast):
    stage = web_stage(cast, mode="observe")
    usual = upgrade_lines()
    cases = [
        (upgrade_lines("https://evil.example.net"), 403, "origin", "websockets_origin"),
        (upgrade_lines(None), 403, "origin", "websockets_origin"),
        (upgrade_lines(protocol=None), 400, "subprotocol", "websockets_protocol"),
        (upgrade_lines(protocol="chat"), 400, "subprotocol", "websockets_protocol"),
        (["GET / HTTP/1.1", "Host: pbx.example.com"], 426, "only WebSocket", "websockets_plain"),
        (without("connection", usual), 400, "without Connection", "websockets_strange"),
        (without("sec-websocket-version", usual), 426, "version 13", "websockets_strange"),
        (without("sec-websocket-key", usual), 400, "Key", "websockets_strange"),
        (without("host", usual), 400, "malformed", "websockets_strange"),
        (usual + ["Content-Length: 4"], 400, "malformed", "websockets_strange"),
        (["GET / HTTP/1.0"] + usual[1:], 400, "malformed", "websockets_strange"),
        (usual + ["Cookie: " + "a" * 9000], 400, "too long", "websockets_strange"),
        (["REGISTER sip:office.example SIP/2.0"], 0, "", "websockets_strange"),
    ]
    check(answer_to(usual)[0] == 101, "a browser's upgrade was refused")
    for lines, code, words, counter in cases:
        before = stage.ringfence.counters()[counter]
        got = answer_to(lines)
        check(got[0] == code and words in got[1], f"{lines[0]} ... {lines[-1][:40]}: {got}, wanted {code} {words}")
        check(stage.ringfence.counters()[counter] == before + 1, f"{counter} did not count {words}")
    stage.ringfence.stop()
    twin = web_stage_again(cast, stage, "any")
    for origin in ("https://evil.example.net", None):
        check(answer_to(upgrade_lines(origin))[0] == 101, f"{origin} was refused with origins any")
    twin.ringfence.stop()


def web_stage_again(cast, stage, origins, **changes):
    """Another service before the same PBX."""
    listens = f"\n    ws {OUTSIDE_ADDRESS}:{WS_PORT}\n    origins {origins}"
    twin = Stage(cast, (WEB, DESK), outside_more=listens, subscribers_more=PLAIN, **changes)
    twin.users, twin.pbx = stage.users, stage.pbx
    twin.ringfence = type(stage.ringfence)(cast, **twin.changes)
    twin.ringfence.start()
    return twin


def is_shut_out(place):
    """Whether a browser's upgrade from there has no answer at all."""
    try:
        return answer_to(upgrade_lines(), place)[0] == 0
    except OSError:
        return True


@test("an upgrade that no browser writes blocks its source; a foreign page in an honest browser does not, nor mode observe")
def websocket_blocks(cast):
    stage = web_stage(cast)
    attacker, reader, framer, writer = "127.0.0.66", "127.0.0.67", "127.0.0.68", "127.0.0.69"
    check(not is_shut_out(attacker), "blocked before anything")
    for _ in range(8):
        answer_to(upgrade_lines("https://evil.example.net"), reader)
        answer_to(["GET /favicon.ico HTTP/1.1", "Host: pbx.example.com"], reader)
    answer_to(without("connection", upgrade_lines()), attacker)
    check(until(lambda: is_shut_out(attacker), 10), "a strange upgrade had no consequence")
    with WebSocket(framer, OUTSIDE_ADDRESS) as web:
        web.send_frame(b"REGISTER sip:office.example SIP/2.0\r\n\r\n", TEXT, is_masked=False)
        check(web.ended_with(5) == 1002, "a frame without a mask was taken")
    check(until(lambda: is_shut_out(framer), 10), "a frame without a mask had no consequence")
    with WebSocket(writer, OUTSIDE_ADDRESS) as web:
        web.send_frame(b"a" * 70000, TEXT)
        check(web.ended_with(5) == 1009, "a message beyond the limit was taken")
    for place in (reader, writer):
        check(not is_shut_out(place), f"{place} was blocked for what a page can make its browser do")
    stage.ringfence.stop()
    twin = web_stage_again(cast, stage, PAGE, mode="observe")
    answer_to(without("connection", upgrade_lines()), attacker)
    check(not until(lambda: is_shut_out(attacker), 2), "in mode observe it was blocked")
    twin.ringfence.stop()


@test("fragments, binary frames, pings and keep-alives are what they should be, all else is closed with its code")
def websocket_frames(cast):
    stage = web_stage(cast, mode="observe", more="connections { per-source 200 }\n")

    def opened():
        return WebSocket(WEB_PLACE, OUTSIDE_ADDRESS)

    with opened() as web:
        text = register(web, WEB, "office.example").encode()
        for size in (len(text), 400, 40):
            pieces = [text[at:at + size] for at in range(0, len(text), size)]
            for number, piece in enumerate(pieces):
                web.send_frame(piece, BINARY if number == 0 else 0, is_last=number == len(pieces) - 1)
                web.send_frame(b"%d" % number, PING)
            reply = web.await_reply()
            check(reply.startswith(b"SIP/2.0 401 "), f"fragments of {size} were answered {reply[:40]!r}")
        check(web.pongs and len(web.pongs) <= 2 * len(text), "pings were not answered")
        for message, answer in ((b"\r\n\r\n", b"\r\n"), (b"\r\n", None), (b"", None)):
            web.send_frame(message, TEXT)
            came = web.next_message(5 if answer else 0.5)
            check(came == answer, f"{message!r} was answered {came!r}")
    cases = [
        ("unmasked", 1002, lambda web: web.send_frame(b"x", TEXT, is_masked=False)),
        ("compressed", 1002, lambda web: web.send_frame(b"x", TEXT | 0x40)),
        ("a continuation first", 1002, lambda web: web.send_frame(b"x", 0)),
        ("a ping of 126 bytes", 1002, lambda web: web.send_frame(b"x" * 126, PING)),
        ("a length of 2 to the 62", 1009, lambda web: web.send_bytes(b"\x81\xff\x40" + bytes(11) + b"x")),
        ("70,000 bytes", 1009, lambda web: web.send_frame(b"x" * 70000, TEXT)),
        ("1,000 fragments", 1008, lambda web: web.send_bytes(b"\x01\x81\0\0\0\0x" + b"\x00\x81\0\0\0\0x" * 999)),
        ("text that is no UTF-8", 1007, lambda web: web.send_frame(b"REGISTER sip:\xff SIP/2.0", TEXT)),
    ]
    for name, code, does in cases:
        with opened() as web:
            does(web)
            got = web.ended_with(5)
            check(got == code, f"{name}: closed with {got}, wanted {code}")


@test("half an upgrade, half a frame and silence are closed in time, a page that speaks in time stays")
def websocket_slow(cast):
    limits = "connections { first-byte 1s  message 2s  register 600s }\n"
    stage = web_stage(cast, more=limits, mode="observe")
    before = stage.ringfence.counters()
    with page(stage) as web:
        web.register()
        with Stream(WEB_PLACE, OUTSIDE_ADDRESS, port=WS_PORT) as silent, \
                Stream(WEB_PLACE, OUTSIDE_ADDRESS, port=WS_PORT) as half, \
                WebSocket(WEB_PLACE, OUTSIDE_ADDRESS) as framed, WebSocket(WEB_PLACE, OUTSIDE_ADDRESS) as mute:
            half.send(b"GET / HTTP/1.1\r\nHost: x\r\n")
            framed.send_frame(b"REGISTER sip:office.example SIP/2.0\r\n", TEXT, is_last=False)
            for name, stream in (("silent", silent), ("half", half), ("framed", framed), ("mute", mute)):
                check(stream.is_closed(15), f"{name} was not closed")
            check(framed.ended_with(1) == mute.ended_with(1) == 1001, "who was closed was not told")
        after = stage.ringfence.counters()
        check(after["connections_silent"] - before["connections_silent"] == 1, "silence was not counted")
        check(after["connections_slow"] - before["connections_slow"] == 3, "slowness was not counted")
        check(web.register_code() == 200, "the page that spoke was closed")


@test("many connections of one source are refused beyond its share, upgraded or not, and others get in")
def websocket_crowd(cast):
    stage = web_stage(cast, more="connections { per-source 8  first-byte 600s  message 600s  register 600s }\n",
                      mode="observe")
    held = [Stream("127.0.0.66", OUTSIDE_ADDRESS, port=WS_PORT) for _ in range(4)]
    held += [WebSocket("127.0.0.66", OUTSIDE_ADDRESS) for _ in range(4)]
    late = Stream("127.0.0.66", OUTSIDE_ADDRESS, port=WS_PORT)
    check(late.is_closed(5), "a ninth connection was taken")
    check(not any(stream.read_some(0.05) or stream.is_over for stream in held), "one of the first eight was closed")
    with page(stage) as web:
        web.register()
    for stream in held + [late]:
        stream.close()


def proxy_header(address, port):
    source = bytes(int(part) for part in address.split(".")) + bytes([203, 0, 113, 7])
    return b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + source + port.to_bytes(2, "big") + b"\x1f\x90"


class Balanced(WebSocket):
    """By way of a balancer, who says from where it comes."""

    def enter(self):
        self.send_bytes(proxy_header("198.51.100.77", 40123))


@test("behind a configured balancer a page is whom the PROXY header names; without that line the header is no upgrade")
def websocket_balancer(cast):
    stage = web_stage(cast, f"{PAGE}\n    balancers 127.0.0.50", mode="observe")
    with WebPhone("127.0.0.50", OUTSIDE_ADDRESS, WEB, stage.users[WEB], kind=Balanced).register():
        rows = stage.ringfence.rows("registrations", "list")
        check("198.51.100.77" in str(rows), f"the source is not the page's: {rows}")
    try:
        Balanced(WEB_PLACE, OUTSIDE_ADDRESS).close()
        check(False, "a header was taken from somebody else")
    except Refused as refused:
        check(refused.code == 0, f"a header of somebody else was answered {refused.code}")
