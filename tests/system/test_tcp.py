# SPDX-License-Identifier: Apache-2.0
"""SIP over TCP: phones register and call by connections, and whoever abuses them is held off. Each
defence has a twin where it is switched off or not needed, which shows that the test can fail."""

import os
import signal
import socket

from harness import check, test
from pbx import PBX_ADDRESS
from process import until
from ringfence import INSIDE_ADDRESS, OUTSIDE_ADDRESS, signal_workers
from sip_text import register, token
from stage import Stage
from stream import Stream, StreamPhone, is_request
from test_routes import Trunk, hang_up, stage as routes_stage

CALLER, CALLEE = "200", "210"
PHONES = "127.0.0.30", "127.0.0.31"


class Lost(Exception):
    """A worker was killed within a call."""


def tcp_stage(cast, *users, peer_transport="udp", connections="", **changes):
    more = f"connections {{ {connections} }}\n" if connections else ""
    changes.setdefault("outside_more", f"\n    tcp {OUTSIDE_ADDRESS}:5060")
    return Stage(cast, users or (CALLER, CALLEE), inside_more=f"\n    tcp {INSIDE_ADDRESS}:5060",
                 peer_more=f"transport {peer_transport}", more=more + changes.pop("more", ""), **changes)


def phone(stage, user, address):
    return StreamPhone(address, OUTSIDE_ADDRESS, user, stage.users[user])


def call_and_hang_up(caller, callee):
    call = caller.call(callee.user, callee.take_call)
    check(callee.stream.await_message(is_request("ACK")), "no ACK came over the callee's connection")
    bye = caller.request("BYE", call["target"], call, cseq=3, to_tag=call["to_tag"])
    caller.stream.send(bye)
    came = callee.stream.await_message(is_request("BYE"))
    check(came, "no BYE came over the callee's connection")
    callee.answer(came, 200, "OK")
    done = caller.stream.await_message(lambda m: m.code >= 200)
    check(done and done.code == 200, f"BYE was answered {done and done.code}")


def registers_and_calls(cast, peer_transport):
    stage = tcp_stage(cast, peer_transport=peer_transport).start(has_tcp=peer_transport == "tcp")
    with phone(stage, CALLER, PHONES[0]) as caller, phone(stage, CALLEE, PHONES[1]) as callee:
        caller.must_register()
        callee.must_register()
        rows = stage.ringfence.rows("registrations", "list")
        check(len(rows) == 2, f"two phones are registered, the list has {rows}")
        call_and_hang_up(caller, callee)
        call_and_hang_up(callee, caller)
    return stage


@test("phones over TCP register and call each other, the PBX on UDP")
def tcp_phones_pbx_udp(cast):
    registers_and_calls(cast, "udp")


@test("phones over TCP register and call each other, the PBX on TCP over one connection of ours")
def tcp_phones_pbx_tcp(cast):
    registers_and_calls(cast, "tcp")


def bye(caller, call, callee):
    """The caller hangs up; whether the callee's connection brings the BYE and the caller hears 200."""
    caller.stream.send(caller.request("BYE", call["target"], call, cseq=3, to_tag=call["to_tag"]))
    came = callee.stream.await_message(is_request("BYE"), 5)
    if came is None:
        return False
    callee.answer(came, 200, "OK")
    done = caller.stream.await_message(lambda m: m.code >= 200)
    return done is not None and done.code == 200


def talk_and_lose(stage, comes_back):
    """A call whose callee loses its connection; whether the caller's BYE reaches it afterwards."""
    with phone(stage, CALLER, PHONES[0]) as caller, phone(stage, CALLEE, PHONES[1]) as callee:
        caller.must_register()
        callee.must_register()
        call = caller.call(CALLEE, callee.take_call)
        check(callee.stream.await_message(is_request("ACK")), "no ACK came")
        callee.stream.slam()
        check(until(lambda: len(stage.ringfence.rows("registrations", "list")) == 1, 5),
              "the registration did not end with its connection")
        callee.reconnect()
        if comes_back:
            callee.must_register()
        return bye(caller, call, callee)


@test("a call outlives its connection: it goes on over the one from which the phone registers again")
def tcp_call_outlives_connection(cast):
    stage = tcp_stage(cast).start()
    check(talk_and_lose(stage, True), "BYE did not come over the new connection")
    check(not talk_and_lose(stage, False), "BYE came over a connection from which nobody had registered")


@test("killed in a call, signal is back: the phone registers over a new connection and its call ends by BYE")
def tcp_call_outlives_worker(cast):
    stage = tcp_stage(cast).start()
    with phone(stage, CALLER, PHONES[0]) as caller, phone(stage, CALLEE, PHONES[1]) as callee:
        caller.must_register()
        callee.must_register()
        call = caller.call(CALLEE, callee.take_call)
        check(callee.stream.await_message(is_request("ACK")), "no ACK came")
        for number in stage.ringfence.workers("signal"):
            os.kill(number, signal.SIGKILL)
        check(callee.stream.is_closed(5) and caller.stream.is_closed(5), "a dead worker's connections stayed")
        check(until(stage.ringfence.is_ready, 10), "signal did not come back")
        for each in (callee, caller):
            each.reconnect()
            each.must_register()
        check(bye(caller, call, callee), "BYE did not come over the new connection")


@test("killed while a call of phones over TCP rings, signal comes back at once, and they register and call anew")
def tcp_ringing_worker_killed(cast):
    stage = tcp_stage(cast).start()
    with phone(stage, CALLER, PHONES[0]) as caller, phone(stage, CALLEE, PHONES[1]) as callee:

        def ring_and_lose():
            check(callee.stream.await_message(is_request("INVITE")), "no INVITE came")
            for number in stage.ringfence.workers("signal"):
                os.kill(number, signal.SIGKILL)
            check(callee.stream.is_closed(5) and caller.stream.is_closed(5), "a dead worker's connections stayed")
            check(until(stage.ringfence.is_ready, 10), "signal did not come back")
            raise Lost

        caller.must_register()
        callee.must_register()
        try:
            caller.call(CALLEE, ring_and_lose)
        except Lost:
            pass
        for each in (callee, caller):
            each.reconnect()
            each.must_register()
        call_and_hang_up(caller, callee)
        # What it owes to connections that died must not end the next one too.
        again = stage.ringfence.process.log().count("starting it again")
        check(again == signal_workers(), f"signal was started again {again} times")


def stranger_request(wire, method, user="400"):
    return register(wire, user, "office.example").replace("REGISTER", method)


@test("strangers over TCP: REGISTER is challenged, INVITE gets 403, OPTIONS nothing, another protocol is closed")
def tcp_strangers(cast):
    stage = tcp_stage(cast).start()
    before = stage.ringfence.counters()
    with Stream(PHONES[0], OUTSIDE_ADDRESS) as stream:
        reply = stream.ask(register(stream, CALLER, "office.example"))
        check(reply and reply.code == 401, f"REGISTER was answered {reply and reply.code}")
        for method in ("INVITE", "SUBSCRIBE", "MESSAGE"):
            reply = stream.ask(stranger_request(stream, method))
            check(reply and reply.code == 403, f"{method} was answered {reply and reply.code}")
        check(stream.ask(stranger_request(stream, "OPTIONS"), 1) is None, "OPTIONS was answered")
        check(not stream.is_over, "the connection was closed")
    # From an address each: two of these are enough for a block.
    for last, bytes_ in enumerate((b"GET /phpinfo.php HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00\x01", b"SSH-2.0-probe\r\n",
                   b"OPTIONS sip:x SIP/2.0\r\nContent-Length: 4294967328\r\n\r\n")):
        with Stream(f"127.0.0.{90 + last}", OUTSIDE_ADDRESS) as stream:
            stream.send(bytes_)
            check(stream.is_closed(2), f"{bytes_[:24]!r} was not closed")
    after = stage.ringfence.counters()
    check(after["connections_broken"] - before["connections_broken"] == 4, "not all four were counted")


@test("a keep-alive over TCP is answered by CRLF, and messages after it come through")
def tcp_keepalive(cast):
    tcp_stage(cast).start()
    with Stream(PHONES[0], OUTSIDE_ADDRESS) as stream:
        stream.send(b"\r\n\r\n")
        check(until(lambda: stream.read_some(0.2) or stream.waiting, 2) and stream.waiting == b"\r\n",
              f"a keep-alive was answered {stream.waiting!r}")
        stream.waiting = b""
        stream.send(b"\r\n")
        check(not stream.read_some(0.5), "half a keep-alive was answered")
        reply = stream.ask(register(stream, CALLER, "office.example"))
        check(reply and reply.code == 401, "REGISTER after it was lost")


def guess(stream, stage, count):
    """Wrong passwords over one connection, until it is closed."""
    guesser = StreamPhone.__new__(StreamPhone)
    guesser.stream, guesser.user, guesser.secret = stream, CALLEE, "wrong"
    guesser.call_id, guesser.tag, guesser.cseq = token(20), token(), 0
    for number in range(count):
        guesser.secret, guesser.call_id = f"wrong{number}", token(20)
        if stream.is_over or guesser.register() == 0:
            return


def guess_and_look(stage):
    """Whether another open connection of a guesser is closed, and a new one is not taken."""
    with Stream("127.0.0.66", OUTSIDE_ADDRESS) as idle, Stream("127.0.0.66", OUTSIDE_ADDRESS) as stream:
        idle.send(register(idle, CALLER, "office.example"))
        guess(stream, stage, 14)
        is_closed = idle.is_closed(3)
        with Stream("127.0.0.66", OUTSIDE_ADDRESS) as late:
            return is_closed, late.is_closed(1.5)


@test("a guesser over TCP is blocked: his open connections are closed and new ones too; not in mode observe")
def tcp_guesser_is_blocked(cast):
    stage = tcp_stage(cast, more="connections { register 600s  first-byte 600s  message 600s }\n").start()
    check(guess_and_look(stage) == (True, True), "a connection of the guesser stayed open")
    with phone(stage, CALLER, PHONES[0]) as honest:
        honest.must_register()
    stage.ringfence.stop()
    twin = tcp_stage(cast, mode="observe",
                     more="connections { register 600s  first-byte 600s  message 600s }\n")
    twin.pbx = stage.pbx
    twin.ringfence = type(stage.ringfence)(cast, **twin.changes)
    twin.ringfence.start()
    check(guess_and_look(twin) == (False, False), "in mode observe connections were closed")


def proxy_header(address, port):
    source = bytes(int(part) for part in address.split(".")) + bytes([203, 0, 113, 7])
    return (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + source + port.to_bytes(2, "big") + b"\x13\xc4")


@test("behind a configured balancer a phone is who the PROXY header names; others may not send one")
def tcp_proxy_header(cast):
    balancer = "127.0.0.50"
    stage = tcp_stage(cast, outside_more=f"\n    tcp {OUTSIDE_ADDRESS}:5060\n    balancers {balancer}").start()
    device = phone(stage, CALLER, balancer)
    device.stream.send(proxy_header("198.51.100.77", 40123))
    device.must_register()
    rows = stage.ringfence.rows("registrations", "list")
    check("198.51.100.77" in str(rows), f"the source is not the phone's: {rows}")
    device.stream.close()
    for address, first in ((balancer, b"OPTIONS sip:x SIP/2.0\r\n"), (PHONES[0], proxy_header("198.51.100.77", 1))):
        with Stream(address, OUTSIDE_ADDRESS) as stream:
            stream.send(first)
            check(stream.is_closed(2), f"{address} was not closed for {first[:20]!r}")


class FlowPhone(StreamPhone):
    """One of the connections of an instance (RFC 5626)."""

    reg_id, answered = 1, None

    def register_text(self, authorization=None):
        text = super().register_text(authorization)
        return text.replace("reg-id=1", f"reg-id={self.reg_id}").replace("Supported: path", "Supported: path, outbound")

    def register(self):
        asking = self.stream.ask

        def ask(text):
            self.answered = asking(text)
            return self.answered

        self.stream.ask = ask
        try:
            return super().register()
        finally:
            del self.stream.ask


@test("an instance with two connections is called by the fresher one alone, and by the other when that ends")
def tcp_flows(cast):
    stage = tcp_stage(cast).start()
    with phone(stage, CALLER, PHONES[0]) as caller, \
            FlowPhone(PHONES[1], OUTSIDE_ADDRESS, CALLEE, stage.users[CALLEE]) as one, \
            FlowPhone(PHONES[1], OUTSIDE_ADDRESS, CALLEE, stage.users[CALLEE]) as other:
        other.reg_id = 2
        for each in (caller, one, other):
            each.must_register()
        for each in (one, other):
            check(each.answered.header("Require") == "outbound" and each.answered.header("Flow-Timer"), each.answered)
        check(len(stage.ringfence.rows("registrations", "list")) == 3, "the flows are not kept apart")
        call_and_hang_up(caller, other)
        check(one.stream.await_message(is_request("INVITE"), 0.5) is None, "both connections were called")
        other.stream.slam()
        check(until(lambda: len(stage.ringfence.rows("registrations", "list")) == 2, 5), "the flow did not end")
        call_and_hang_up(caller, one)


CARRIER, NUMBER = "127.0.0.41", "441632960700"
CARRIER_PEER = f"""
peer north {{
    kind carrier
    side outside
    address {CARRIER}:5060
    transport tcp
}}
route {{ from office  to north }}
"""


class StreamTrunk(Trunk):
    """A carrier that is called by connections, and answers by the last that came."""

    def __init__(self, address):
        super().__init__(address, OUTSIDE_ADDRESS)
        self.socket.close()
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, 5060))
        self.listener.listen()
        self.listener.settimeout(8)
        self.came = []

    def __exit__(self, *_):
        for one in [self.listener, self.audio, *self.came]:
            one.close()

    def accept(self):
        self.socket, _ = self.listener.accept()
        self.came.append(self.socket)

    def send(self, start, lines, body=""):
        kind = ["Content-Type: application/sdp"] if body else []
        text = "\r\n".join([start] + lines + kind + [f"Content-Length: {len(body)}", "", body])
        self.socket.sendall(text.encode())


def is_closed(connection, seconds=10):
    connection.settimeout(seconds)
    return connection.recv(1) == b""


@test("a peer shuts its connection: what it was asked since by the next one goes on when the old one is closed")
def tcp_peer_shuts(cast):
    with Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, StreamTrunk(CARRIER) as carrier:
        routes_stage(cast, more=CARRIER_PEER, outside_more=f"tcp {OUTSIDE_ADDRESS}:5060")
        for is_next in False, True:
            pbx.invite(NUMBER)
            carrier.accept()
            invite = carrier.hear("INVITE ")
            # The old one waits for answers to what was asked before, and is closed then.
            check(not is_next or is_closed(carrier.came[0]), "the connection was not closed")
            carrier.answer(invite, "200 OK", carrier.sdp())
            pbx.learn(pbx.hear("SIP/2.0 200"))
            pbx.request("ACK")
            carrier.hear("ACK ")
            hang_up(pbx, carrier)
            carrier.socket.shutdown(socket.SHUT_WR)
        # By the connection that broke it had been asked.
        pbx.invite(NUMBER)
        carrier.accept()
        carrier.hear("INVITE ")
        carrier.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        carrier.socket.close()
        check(pbx.hear("SIP/2.0 504"), "")
