# SPDX-License-Identifier: Apache-2.0
"""What must be protected and cannot be does not leave: each policy beside each thing that its end lacks, counted
on the wire. With the policy off the same calls pass, and the same counter sees them."""

import base64
import os
import re
import socket
import time

import test_routes
import test_speech
from capture import SIP_TEXT, UDP, Capture
from certificates import Authority
from dtls import HANDSHAKE
from harness import check, test
from pbx import PBX_ADDRESS
from process import Failure, until
from ringfence import INSIDE_ADDRESS, OUTSIDE_ADDRESS
from speech import SERVER_ADDRESS, Board, Certificate, Pipe, SpeechServer
from srtp import FRAME, SUITE, Key
from test_media_attacks import must_talk, shaking
from test_speech import Secured
from test_tls import CALLEE, CARRIER, NAME, OTHER, PHONES, SBC, carrier_of, tls_stage

OURS, THEIRS = b"said by the office in words", b"said by the carrier in words"
DIALLED, OFFICE = "00353155512345", "+441512960123"

PEERS = """\
certificate main {{ chain {chain}  key file:{key} }}
peer carrier {{
    kind carrier
    side outside
    address {address}
    {policy}
}}
peer other {{
    kind carrier
    side outside
    address {other}
    {other_policy}
}}
route {{ from office  number 00353155510000-9999  to carrier }}
route {{ from office  number 00353155520000-9999  to other }}
route {{ number +441512960000-0999  from carrier  to office }}
"""


def stage(cast, authority, srtp, *, is_plain=False):
    chain, key = authority.issue("main", [f"DNS:{NAME}"])
    vouched = f"authority {authority.certificate}"
    words = {"chain": chain, "key": key, "address": f"sips:{CARRIER}:5061", "other": f"sips:{OTHER}:5061",
             "policy": f"signalling mutual-tls  name {SBC}  {vouched}\n    media srtp {srtp}",
             "other_policy": f"signalling tls  name {SBC}  {vouched}"}
    if is_plain:
        words.update(address=f"sip:{CARRIER}:5060", other=f"sip:{OTHER}:5060", policy="", other_policy="")
    tls = f"\n    tcp {OUTSIDE_ADDRESS}:5060\n    tls {OUTSIDE_ADDRESS}:5061  certificate main\n"
    return test_routes.stage(cast, more=PEERS.format(**words), outside_more=tls)


# ---- keys of audio ----

SECRET = os.urandom(30)
INLINE = base64.b64encode(SECRET).decode()


def crypto(tag=1, suite=SUITE, inline=INLINE):
    return f"a=crypto:{tag} {suite} inline:{inline}\r\n"


def description(profile, lines=""):
    return (f"v=0\r\no=- 1 {int(time.time() * 1000)} IN IP4 {CARRIER}\r\ns=-\r\nc=IN IP4 {CARRIER}\r\nt=0 0\r\n"
            f"m=audio 41000 {profile} 0\r\n{lines}")


# (what the end can do, its description, the Warning's code); the first may pass where nothing is required.
ASKED = (("plain RTP", description("RTP/AVP"), 12),
         ("SRTP without a key", description("RTP/SAVP"), 15),
         ("a suite that nobody knows", description("RTP/SAVP", crypto(suite="F8_128_HMAC_SHA1_80")), 15),
         ("keys that change by an MKI", description("RTP/SAVP", crypto(inline=INLINE + "|2^20|1:4")), 15),
         ("half a key", description("RTP/SAVP", crypto(inline=INLINE[:20])), 15),
         ("packets that are not encrypted", description("RTP/SAVP", crypto(inline=INLINE + " UNENCRYPTED_SRTP")), 15),
         ("a handshake without a certificate", description("UDP/TLS/RTP/SAVP", "a=setup:actpass\r\n"), 18),
         ("a handshake by a hash that is broken",
          description("UDP/TLS/RTP/SAVP", "a=setup:actpass\r\na=fingerprint:sha-1 " + ":".join(["AB"] * 20) + "\r\n"), 18))
ANSWERED = (("plain RTP", description("RTP/AVP"), 12),
            ("SRTP without a key", description("RTP/SAVP"), 12),
            ("a key that was not asked for", description("RTP/SAVP", crypto(tag=77)), 15),
            ("two keys", description("RTP/SAVP", crypto() + crypto(inline=base64.b64encode(bytes(30)).decode())), 15))


def say(end, where, words, count=5):
    for _ in range(count):
        end.frame = number = getattr(end, "frame", 0) + 1
        head = bytes([0x80, 0]) + number.to_bytes(2, "big") + (160 * number).to_bytes(4, "big") + b"TEST"
        end.audio.sendto(head + words.ljust(160, b"\xd5"), where)


def asks(carrier, body):
    """What a call of the carrier with that description is answered."""
    carrier.sdp = lambda: body
    carrier.invite(OFFICE)
    reply = carrier.hear("SIP/2.0 4")
    carrier.request("ACK", cseq=1)
    return reply


def answers(pbx, carrier, body):
    """What the office hears that calls the carrier, which answers so, ringing and for good."""
    pbx.invite(DIALLED)
    invite = carrier.hear("INVITE ")
    where = test_routes.media_of(invite)
    carrier.answer(invite, "183 Session Progress", body)
    say(carrier, where, THEIRS)
    carrier.answer(invite, "200 OK", body)
    reply = pbx.hear("SIP/2.0 4")
    pbx.request("ACK", cseq=1)
    carrier.hear("ACK ")
    carrier.answer(carrier.hear("BYE "), "200 OK")
    say(carrier, where, THEIRS)
    return reply


def must_say(reply, code, what):
    check(reply.start.startswith("SIP/2.0 488") and f'"{code} ' in reply.value("Warning"),
          f"{what}: {reply.start}, Warning {reply.value('Warning')}")
    return re.search(r'"\d+ (.*)"', reply.value("Warning")).group(1)


def talk_under_keys(pbx, carrier, capture):
    """A call that the carrier makes with a key: all that comes to it is under ours, whatever it tries later."""
    carrier.sdp = lambda: description("RTP/SAVP", crypto())
    carrier.invite(OFFICE)
    invite = pbx.hear("INVITE ")
    pbx.answer(invite, "200 OK", test_routes.Trunk.sdp(pbx))
    answer = carrier.hear("SIP/2.0 200")
    ours = Key(base64.b64decode(re.search(r"inline:(\S+)", answer.body).group(1)))
    carrier.learn(answer)
    carrier.request("ACK")
    pbx.hear("ACK ")
    heard_at, told = test_routes.media_of(invite), test_routes.media_of(answer)

    def comes():
        say(pbx, heard_at, OURS)
        return [ours.unprotect(p.data) for p in capture.sent(OUTSIDE_ADDRESS, CARRIER, UDP)]
    check(until(lambda: len(comes()) > 20, 20, pause=0.1), "no audio came under keys")
    say(carrier, told, THEIRS, 20)
    carrier.cseq += 1
    carrier.request("INVITE", description("RTP/AVP"))
    must_say(carrier.hear("SIP/2.0 488"), 12, "a change to plain RTP")
    carrier.request("ACK")
    say(carrier, told, THEIRS, 20)
    before = len(comes())
    check(until(lambda: len(comes()) > before + 20, 20, pause=0.1), "the call ended by a change that was refused")
    check(all(clear and OURS in clear for clear in comes()), "packets came that were not under our key")
    test_routes.hang_up(carrier, pbx)


@test("media srtp required: who lacks keys, or drops them in a call, is refused by name, and no packet leaves in the clear")
def closed_srtp(cast):
    authority = Authority(cast.folder)
    pair = authority.issue("carrier", [f"DNS:{SBC}"])
    with test_routes.Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, carrier_of(authority, pair) as carrier, Capture() as capture:
        ringfence = stage(cast, authority, "required")
        words = [("offer refused: ", must_say(asks(carrier, body), code, f"asked with {what}"))
                 for what, body, code in ASKED]
        words += [("answer refused: ", must_say(answers(pbx, carrier, body), code, f"answered with {what}"))
                  for what, body, code in ANSWERED]
        check(not capture.sent(OUTSIDE_ADDRESS, CARRIER, UDP), "packets left for a carrier without keys")
        talk_under_keys(pbx, carrier, capture)
        check(not capture.plain(OUTSIDE_ADDRESS, CARRIER, OURS), "something left in the clear")
        check(not [p for p in capture.listen() if p.to == PBX_ADDRESS and THEIRS in p.data],
              "the office was given audio that came in the clear")
        def causes():
            return [row["cause"] for row in ringfence.rows("calls", "list")]
        wanted = [begin + text for begin, text in words]
        check(until(lambda: sorted(set(wanted)) == sorted({c for c in causes() if "refused" in c}), 10),
              f"recorded are {sorted(causes())}, not {sorted(wanted)}")


@test("media srtp preferred: the same calls in the clear pass, and are seen in the clear")
def closed_srtp_off(cast):
    authority = Authority(cast.folder)
    pair = authority.issue("carrier", [f"DNS:{SBC}"])
    with test_routes.Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, carrier_of(authority, pair) as carrier, Capture() as capture:
        stage(cast, authority, "preferred")
        plain = ASKED[0][1]
        for caller, callee, number in ((carrier, pbx, OFFICE), (pbx, carrier, DIALLED)):
            carrier.sdp = lambda: plain
            invite, answer = test_routes.call(caller, callee, number, number)
            at_carrier, at_pbx = test_routes.media_of(answer if caller is carrier else invite), \
                test_routes.media_of(invite if caller is carrier else answer)
            def pass_both():
                say(pbx, at_pbx, OURS)
                say(carrier, at_carrier, THEIRS)
                return capture.plain(OUTSIDE_ADDRESS, CARRIER, OURS) and \
                    [p for p in capture.packets if p.to == PBX_ADDRESS and THEIRS in p.data]
            check(until(pass_both, 10, pause=0.1), "the counter sees no plain audio")
            capture.packets.clear()
            test_routes.hang_up(caller, callee)


# ---- signalling ----

class Plain:
    """An end that speaks no TLS where TLS is wanted, and would take SIP by anything."""

    def __init__(self, address):
        self.sockets, self.taken = [], []
        for port in (5060, 5061):
            made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((address, port))
            made.listen(8)
            made.setblocking(False)
            self.sockets.append(made)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for made in self.sockets + self.taken:
            made.close()

    def refuse_all(self):
        """Says in the clear that it cannot read what came."""
        for made in self.sockets:
            try:
                came = made.accept()[0]
            except BlockingIOError:
                continue
            came.settimeout(2)
            try:
                came.recv(1)
                came.sendall(b"SIP/2.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            except OSError:
                pass
            self.taken.append(came)


def calls_plain_end(pbx, end, number):
    pbx.invite(number)
    for _ in range(100):
        end.refuse_all()
        try:
            reply = pbx.hear("SIP/2.0 5", 0.1)
        except Failure:
            continue
        pbx.request("ACK", cseq=1)
        return reply
    raise Failure("the office heard no end of its call")


@test("signalling tls and mutual-tls: an end that speaks SIP in the clear alone is called by no byte of it, nor heard")
def closed_signalling(cast):
    authority = Authority(cast.folder)
    with test_routes.Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, Capture() as capture:
        ringfence = stage(cast, authority, "required")
        for address, number in ((CARRIER, DIALLED), (OTHER, "00353155522345")):
            with Plain(address) as end, test_routes.Trunk(address, OUTSIDE_ADDRESS) as datagrams:
                calls_plain_end(pbx, end, number)
                before = ringfence.counters()["datagrams_received"]
                datagrams.invite(OFFICE)
                check(until(lambda known=before: ringfence.counters()["datagrams_received"] > known, 10), "nothing came in")
            left = [p.data for p in capture.plain(OUTSIDE_ADDRESS, address)]
            check(not left, f"in the clear left {left}")
        check(not [p for p in capture.listen() if p.to == PBX_ADDRESS and p.data.startswith(b"INVITE ")], "the office was called")
        check(until(lambda: [row["cause"] for row in ringfence.rows("calls", "list")] == ["TLS: plain"] * 2, 10),
              f"recorded are {[row['cause'] for row in ringfence.rows('calls', 'list')]}")


@test("without a policy of signalling the same end is called in the clear, and heard")
def closed_signalling_off(cast):
    authority = Authority(cast.folder)
    with test_routes.Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, \
            test_routes.Trunk(CARRIER, OUTSIDE_ADDRESS) as carrier, Capture() as capture:
        stage(cast, authority, "", is_plain=True)
        test_routes.call(pbx, carrier, DIALLED, DIALLED)
        check(any(p.data.startswith(b"INVITE") for p in capture.plain(OUTSIDE_ADDRESS, CARRIER)), "the counter sees no SIP")
        test_routes.hang_up(pbx, carrier)
        test_routes.call(carrier, pbx, OFFICE, OFFICE)
        check(SIP_TEXT in b"".join(p.data for p in capture.sent(CARRIER, OUTSIDE_ADDRESS)), "nothing was heard")


# ---- handshakes of audio ----

def speaks_for_nothing(caller, callee, capture, times=50):
    """The other end speaks: whatever leaves for the caller is of a handshake."""
    for _ in range(times):
        callee.speak()
        callee.listen(caller)
        time.sleep(0.01)
    left = [p for p in capture.sent(OUTSIDE_ADDRESS, PHONES[0], UDP) if p.data[0] not in HANDSHAKE]
    check(not left, f"{len(left)} packets left for who has no keys")


@test("media srtp required and DTLS: who never begins the handshake, or shows another certificate than he named, gets no packet of audio")
def closed_handshakes(cast):
    authority = Authority(cast.folder)
    stage_of_phones = tls_stage(cast, authority, subscribers_more="media srtp required").start()
    caller, callee = shaking(cast, authority, stage_of_phones)
    with caller, callee, Capture() as capture:
        caller.must_register()
        callee.must_register()
        caller.call(CALLEE, callee.take_call)
        speaks_for_nothing(caller, callee, capture)
        def is_found():
            return stage_of_phones.ringfence.counters()["dtls_wrong_certificate"] > 0
        check(not caller.shake(Certificate(cast.folder, "impostor").path, is_enough=is_found) and is_found(),
              "keys came of another certificate")
        speaks_for_nothing(caller, callee, capture)
        check(any(p.data[0] in HANDSHAKE for p in capture.sent(OUTSIDE_ADDRESS, PHONES[0], UDP)), "the capture is deaf")
        # The right one all the same: nothing but the certificate was in its way.
        check(caller.shake(), "no keys came of the handshake")
        must_talk(caller, callee)
        check(not capture.plain(OUTSIDE_ADDRESS, PHONES[0], FRAME), "something left in the clear")


@test("a call whose handshake never gives keys is ended by that reason, though its other end speaks on")
def closed_handshake_ends(cast):
    authority = Authority(cast.folder)
    scene = tls_stage(cast, authority, subscribers_more="media srtp required", calls="100\n    timeout 5s").start()
    caller, callee = shaking(cast, authority, scene)
    with caller, callee, Capture() as capture:
        caller.must_register()
        callee.must_register()
        caller.call(CALLEE, callee.take_call)

        def is_ended():
            speaks_for_nothing(caller, callee, capture, 10)
            return "DTLS: no keys agreed" in [row["cause"] for row in scene.ringfence.rows("calls", "list")]
        check(until(is_ended, 30, pause=0.3), f"recorded are {scene.ringfence.rows('calls', 'list')}")


# ---- audio and channels as connections ----

MRCP_TEXT = b"MRCP/2.0"


def lines_of(server, audio=None, channel=None):
    """What a server answers that can but what is told; by default all under TLS, by its certificate."""
    port, mark = server.wait_at(), server.fingerprint("TLS")
    setup = "a=setup:passive\r\na=connection:new\r\n"
    return server.describe(
        (channel or f"m=application PORT TCP/TLS/MRCPv2 1\r\n{setup}{mark}").replace("PORT", str(port))
        + f"a=channel:{server.channel}\r\n"
        + (audio or f"m=audio PORT TCP/TLS/RTP/AVP 0\r\n{setup}{mark}").replace("PORT", str(port)))


SETUP = "a=setup:passive\r\na=connection:new\r\n"
# (what the server can do, its audio, its channel, the Warning's code)
STREAMS = (("audio as datagrams", "m=audio 41000 RTP/AVP 0\r\n", None, 16),
           ("audio over TCP in the clear", f"m=audio PORT TCP/RTP/AVP 0\r\n{SETUP}", None, 16),
           ("audio under TLS by no certificate", f"m=audio PORT TCP/TLS/RTP/AVP 0\r\n{SETUP}", None, 16),
           ("a channel in the clear", None, f"m=application PORT TCP/MRCPv2 1\r\n{SETUP}", 17),
           ("a channel by no certificate", None, f"m=application PORT TCP/TLS/MRCPv2 1\r\n{SETUP}", 17))


@test("media over tls-tcp and channels tls: a server that lacks TLS there is refused by name, and gets no audio")
def closed_streams(cast):
    with Secured(cast) as scene, Capture() as capture:
        board, server, words = scene.board, scene.server, []
        for what, audio, channel, code in STREAMS:
            board.invite("recognise")
            invite = server.hear("INVITE ")
            server.answer(invite, "200 OK", lines_of(server, audio, channel))
            words.append("answer refused: " + must_say(board.hear("SIP/2.0 488"), code, what))
            board.request("ACK", cseq=1)
            server.hear("ACK ")
            server.answer(server.hear("BYE "), "200 OK")
            server.waiting_at.settimeout(0.2)
            check(is_left_alone(server), f"{what}: it was connected to")
        check(not capture.sent(OUTSIDE_ADDRESS, SERVER_ADDRESS, UDP), "datagrams left for the server")
        takes_no_tls(scene, capture)
        check(not capture.plain(OUTSIDE_ADDRESS, SERVER_ADDRESS, OURS, MRCP_TEXT), "something left in the clear")
        rows = lambda: {row["cause"] for row in scene.ringfence.rows("calls", "list")}
        check(until(lambda: set(words) <= rows(), 10), f"recorded are {rows()}, not {words}")


def is_left_alone(server):
    try:
        server.waiting_at.accept()[0].close()
    except (socket.timeout, TimeoutError):
        return True
    return False


def takes_no_tls(scene, capture):
    """A server that names a certificate, and then hears in the clear: it gets a ClientHello, and nothing said."""
    board, server = scene.board, scene.server
    board.invite("recognise")
    invite = server.hear("INVITE ")
    server.answer(invite, "200 OK", lines_of(server))
    answer = board.hear("SIP/2.0 200")
    server.waiting_at.settimeout(8)
    plain = [server.waiting_at.accept()[0] for _ in range(2)]
    board.take_up(answer)
    board.ask()
    for _ in range(20):
        board.say(OURS.ljust(160, b"\xd5"), None)
    came = [made.recv(65536) for made in plain]
    check(all(data[:1] == b"\x16" for data in came), f"the server heard {came}")
    for made in plain:
        made.sendall(OURS + MRCP_TEXT)
        check(Pipe(made).is_closed(), "who speaks no TLS is listened to")
        made.close()
    check(capture.sent(OUTSIDE_ADDRESS, SERVER_ADDRESS), "the capture is deaf")


@test("media over tcp and channels tcp: the same passes in the clear, and is seen")
def closed_streams_off(cast):
    with Board(INSIDE_ADDRESS, over="tcp") as board, SpeechServer(OUTSIDE_ADDRESS, over="tcp") as server, Capture() as capture:
        test_speech.stage(cast, board_over="tcp", server_over="tcp")
        test_speech.connect(board, server)
        board.ask()
        server.begin()

        def is_seen():
            board.say(OURS.ljust(160, b"\xd5"), None)
            seen = b"".join(p.data for p in capture.sent(OUTSIDE_ADDRESS, SERVER_ADDRESS))
            return OURS in seen and MRCP_TEXT in seen and SIP_TEXT in seen
        check(until(is_seen, 10), "the counter sees nothing in the clear")
