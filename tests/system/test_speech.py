# SPDX-License-Identifier: Apache-2.0
"""A board, Ringfence and a speech server: what is recognised arrives, and nothing that is not agreed passes."""

import hashlib
import os
import signal
import socket
import threading

from capture import UDP, Capture
from certificates import Authority
from harness import Skip, check, test
from process import Failure, until
from ringfence import INSIDE_ADDRESS, OUTSIDE_ADDRESS, Ringfence, is_built
from speech import (BOARD_ADDRESS, SERVER_ADDRESS, STRANGER, Board, Certificate, Line, SecureBoard,
                    SecureSpeechServer, SpeechServer, make_voice, mrcp)
from test_tls import NAME, client_context, server_context

PEERS = """\
peer board {{
    kind board
    may place-calls receive-calls
    side inside
    address {board}:5060
    media over {board_over}
    channels {board_channels}
}}
peer speech {{
    kind speech-server
    side outside
    address {server}:5060
    media over {server_over}
    channels {server_channels}
}}
route {{ from board  to speech }}
"""


def stage(cast, **changes):
    if not is_built():
        raise Skip("the program is not built yet")
    words = {"board": BOARD_ADDRESS, "server": SERVER_ADDRESS, "board_over": "udp", "server_over": "udp",
             "board_channels": "tcp", "server_channels": "tcp", **changes}
    ringfence = Ringfence(cast, more=PEERS.format(**words), calls="100\n    streams 8")
    ringfence.start()
    return ringfence


def connect(board, server):
    board.invite("recognise")
    invite = server.hear("INVITE ")
    server.take_call(invite)
    board.take_up(board.hear("SIP/2.0 200"))
    server.hear("ACK ")
    return invite


def play_until_heard(speaker, hearer, path):
    """Audio that comes before the other leg's connection stands is nobody's."""
    for _ in range(5):
        speaker.play(path, speaker.where())
        hearer.record()
        if hearer.has_heard(path):
            return
    raise Failure(f"{hearer.address} heard {sum(map(len, hearer.heard.values()))} packets of "
                  f"{os.path.basename(path)}, not all")


def recognise(cast, board, server):
    """The words that come back for what the board's line plays."""
    voice = make_voice(os.path.join(cast.folder, "voice.ulaw"))
    board.ask()
    number = server.begin()
    check("200 IN-PROGRESS" in board.control.message(), "the request was not taken")
    play_until_heard(board, server, voice)
    server.complete(number, "opening hours")
    result = board.control.message()
    check("RECOGNITION-COMPLETE 1 COMPLETE" in result and "<input>opening hours</input>" in result,
          f"this is no result: {result!r}")
    play_until_heard(server, board, voice)


@test("a board has a caller's words recognised: channel and audio pass, digits too, and end with the call")
def speech_recognised(cast):
    with Board(INSIDE_ADDRESS) as board, SpeechServer(OUTSIDE_ADDRESS) as server:
        ringfence = stage(cast)
        invite = connect(board, server)
        check(BOARD_ADDRESS not in invite.body, f"the board's audio shows outside: {invite.text}")
        recognise(cast, board, server)
        board.press(5, board.where())
        server.record()
        check(any(payload[0] == 5 for payload in server.heard.get(101, ())), "the digit did not come")
        board.cseq += 1
        board.request("BYE")
        server.answer(server.hear("BYE "), "200 OK")
        board.hear("SIP/2.0 200")
        check(board.control.is_closed() and server.control.is_closed(), "the channel outlives its call")
        check(ringfence.counters()["mrcp_messages"] == 3, f"other messages than three: {ringfence.counters()}")


@test("audio of a board over a connection reaches a speech server as datagrams, and back")
def speech_over_tcp(cast):
    with Board(INSIDE_ADDRESS, over="tcp") as board, SpeechServer(OUTSIDE_ADDRESS) as server:
        stage(cast, board_over="tcp")
        invite = connect(board, server)
        check(Line(invite.body, "audio").protocol == "RTP/AVP", f"audio is offered otherwise: {invite.body}")
        recognise(cast, board, server)


@test("an end that connects for its audio at once is waited for, though media was not told yet")
def speech_at_once(cast):
    with Board(INSIDE_ADDRESS, over="tcp") as board, SpeechServer(OUTSIDE_ADDRESS) as server:
        ringfence = stage(cast, board_over="tcp")
        media = ringfence.children()["media"]
        board.invite("recognise")
        taking = threading.Thread(target=server.take_call, args=(server.hear("INVITE "),))
        os.kill(media, signal.SIGSTOP)
        try:
            taking.start()
            board.take_up(board.hear("SIP/2.0 200"))
        finally:
            os.kill(media, signal.SIGCONT)
        taking.join()
        server.hear("ACK ")
        recognise(cast, board, server)


@test("audio goes as a connection to a speech server that wants it so, while the board sends datagrams")
def speech_to_tcp(cast):
    with Board(INSIDE_ADDRESS) as board, SpeechServer(OUTSIDE_ADDRESS, over="tcp") as server:
        stage(cast, server_over="tcp")
        invite = connect(board, server)
        check(Line(invite.body, "audio").protocol == "TCP/RTP/AVP", f"audio is offered otherwise: {invite.body}")
        recognise(cast, board, server)


@test("a message that names another channel, and an answer to nothing, end the channel and reach nobody")
def speech_wrong_channel(cast):
    with Board(INSIDE_ADDRESS) as board, SpeechServer(OUTSIDE_ADDRESS) as server:
        ringfence = stage(cast)
        connect(board, server)
        board.ask(channel="x" + board.channel)
        check(server.control.is_closed() and board.control.is_closed(), "the channel goes on")
        check(ringfence.counters()["link_malformed"] == 1, f"nothing was counted: {ringfence.counters()}")
    with Board(INSIDE_ADDRESS) as board, SpeechServer(OUTSIDE_ADDRESS) as server:
        connect(board, server)
        server.control.send(mrcp("MRCP/2.0 LEN 7 200 COMPLETE", server.channel))
        check(server.control.is_closed() and board.control.is_closed(), "the channel goes on")


def is_refused(address, line):
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.bind((address, 0))
    made.settimeout(8.0)
    try:
        made.connect((line.address, line.port))
        return made.recv(1) == b""
    except ConnectionError:
        return True
    finally:
        made.close()


@test("a channel's port takes the call's own end, refuses a stranger, and hears nobody before and after")
def speech_stranger(cast):
    with Board(INSIDE_ADDRESS) as board, SpeechServer(OUTSIDE_ADDRESS) as server:
        ringfence = stage(cast)
        board.invite("recognise")
        invite = server.hear("INVITE ")
        port = server.wait_at()
        server.answer(invite, "200 OK", server.describe(
            f"m=application {port} TCP/MRCPv2 1\r\na=setup:passive\r\na=connection:new\r\na=channel:{server.channel}\r\n"
            "m=audio 41000 RTP/AVP 0\r\n"))
        answer = board.hear("SIP/2.0 200")
        line = Line(answer.body, "application")
        # The answer may be here before the port hears: until then nobody is let in, and nobody counted.
        check(until(lambda: not is_refused(STRANGER, line) or ringfence.counters()["link_strangers"] > 0, 5),
              "the stranger was not counted")
        check(is_refused(STRANGER, line), "a stranger was heard")
        board.take_up(answer)
        server.control = server.shaken(server.take_connection(), line)
        board.ask()
        server.begin()
        board.control.message()
        check(is_refused(BOARD_ADDRESS, line), "a second connection was taken")
        board.cseq += 1
        board.request("BYE")
        server.answer(server.hear("BYE "), "200 OK")
        board.hear("SIP/2.0 200")
        check(board.control.is_closed(), "the channel outlives its call")
        check(is_refused(BOARD_ADDRESS, line), "the port hears after its call")


def is_refused_as(code, board, server):
    """Nobody is asked, and the board is told why."""
    board.invite("recognise")
    refusal = board.hear("SIP/2.0 488")
    check(f'"{code} ' in refusal.value("Warning"), f"another reason: {refusal.text}")
    try:
        server.hear("INVITE ", 0.5)
    except Failure:
        return
    raise Failure("the speech server was asked")


@test("a channel is refused where the server may have none, audio where it comes otherwise than is set")
def speech_refused(cast):
    cases = (({"server_channels": "none"}, "17"), ({"board_over": "tcp"}, "16"))
    folder = cast.folder
    for number, (changes, code) in enumerate(cases):
        cast.folder = os.path.join(folder, str(number))
        os.makedirs(cast.folder, exist_ok=True)
        with Board(INSIDE_ADDRESS) as board, SpeechServer(OUTSIDE_ADDRESS) as server:
            ringfence = stage(cast, **changes)
            is_refused_as(code, board, server)
            ringfence.stop()


@test("a call goes on without its channel where its peer has none: the line is refused and the rest is not")
def speech_left_out(cast):
    with Board(INSIDE_ADDRESS) as board, SpeechServer(OUTSIDE_ADDRESS) as server:
        stage(cast, board_channels="none")
        board.invite("recognise")
        invite = server.hear("INVITE ")
        check(Line(invite.body, "application").port == 0, f"the channel passed: {invite.body}")


SECURE = """\
certificate main {{ chain {chain}  key {key} }}
peer board {{
    kind board
    may place-calls receive-calls
    side inside
    address sips:{board}:5061
    signalling mutual-tls  name board.example  authority {authority}
    media over {board_over}
    channels tls
}}
peer speech {{
    kind speech-server
    side outside
    address sips:{server}:5061
    signalling mutual-tls  name speech.example  authority {authority}
    media over {server_over}
    channels tls
}}
route {{ from board  to speech  {route} }}
"""


class Secured:
    """Board and server by mutual TLS, with certificates for their media too."""

    def __init__(self, cast, board_over="tls", server_over="tls", route=""):
        if not is_built():
            raise Skip("the program is not built yet")
        over = {"tls": "tls-tcp", "tcp": "tcp", "udp": "udp", "srtp": "udp\n    media srtp required",
                "either": "udp\n    media srtp preferred"}
        authority = Authority(cast.folder)
        chain, key = authority.issue("main", [f"DNS:{NAME}"])
        self.authority, self.cast = authority, cast
        self.board = self.end(cast, SecureBoard, "board", INSIDE_ADDRESS, board_over)
        self.server = self.end(cast, SecureSpeechServer, "speech", OUTSIDE_ADDRESS, server_over)
        tls = "\n    tls {}:5061  certificate main"
        self.ringfence = Ringfence(
            cast, calls="100\n    streams 8", inside_more=tls.format(INSIDE_ADDRESS),
            outside_more=tls.format(OUTSIDE_ADDRESS),
            more=SECURE.format(chain=chain, key=key, board=BOARD_ADDRESS, server=SERVER_ADDRESS,
                               authority=authority.certificate, board_over=over[board_over],
                               server_over=over[server_over], route=route))

    def end(self, cast, kind, name, next_hop, over):
        pair = self.authority.issue(name, [f"DNS:{name}.example"])
        certificate = Certificate(cast.folder, name + "-media")
        return kind(server_context(pair, self.authority.certificate),
                    client_context(self.authority.certificate, pair), NAME, next_hop=next_hop, over=over.replace("either", "udp"),
                    certificate=certificate)

    def __enter__(self):
        self.ringfence.start()
        return self

    def __exit__(self, *what):
        self.board.__exit__(*what)
        self.server.__exit__(*what)


@test("all of it under TLS: signalling by mutual TLS, the channel and the audio by the certificates that SDP names")
def speech_secured(cast):
    with Secured(cast) as scene:
        invite = connect(scene.board, scene.server)
        for kind, protocol in (("application", "TCP/TLS/MRCPv2"), ("audio", "TCP/TLS/RTP/AVP")):
            line = Line(invite.body, kind)
            check(line.protocol == protocol, f"{kind} is offered as {line.protocol}")
            check(line.get("fingerprint").startswith("sha-256 "), f"{kind} names no certificate")
        recognise(cast, scene.board, scene.server)


@test("a channel under TLS is refused to who shows another certificate than its description names")
def speech_impostor(cast):
    with Secured(cast, board_over="udp", server_over="udp") as scene:
        honest = scene.board.certificate
        scene.board.invite("recognise")
        invite = scene.server.hear("INVITE ")
        port = scene.server.wait_at()
        scene.server.answer(invite, "200 OK", scene.server.describe(
            f"m=application {port} TCP/TLS/MRCPv2 1\r\na=setup:passive\r\na=connection:new\r\n"
            f"a=channel:{scene.server.channel}\r\n" + scene.server.fingerprint("TLS") + "m=audio 41000 RTP/AVP 0\r\n"))
        answer = scene.board.hear("SIP/2.0 200")
        scene.board.certificate = Certificate(cast.folder, "impostor")
        try:
            scene.board.take_up(answer)
            is_shut = scene.board.control.is_closed()
        except OSError:
            is_shut = True
        check(is_shut, "the impostor's channel stands")
        check(until(lambda: scene.ringfence.counters()["link_certificates"] == 1, 5),
              f"it was not counted: {scene.ringfence.counters()}")
        check(honest.fingerprint != scene.board.certificate.fingerprint, "the certificates are one")


@test("where TLS is wanted a channel in the clear is refused, and audio over plain TCP; the same call under TLS passes")
def speech_clear_refused(cast):
    with Secured(cast, server_over="udp") as scene:
        scene.board.channels = "TCP/MRCPv2"
        is_refused_as("17", scene.board, scene.server)
        scene.board.channels, scene.board.over = "TCP/TLS/MRCPv2", "tcp"
        is_refused_as("16", scene.board, scene.server)
        scene.board.over = "tls"
        connect(scene.board, scene.server)
        recognise(cast, scene.board, scene.server)


def under_srtp(scene, capture, server_profile):
    """A call whose words are recognised; how many packets of it could be read on each side by anybody."""
    invite = connect(scene.board, scene.server)
    check(Line(invite.body, "audio").protocol == server_profile, f"audio is offered otherwise: {invite.body}")
    recognise(cast=scene.cast, board=scene.board, server=scene.server)
    check(scene.board.strange + scene.server.strange == 0, "packets came that were not under the agreed keys")
    voice = [hashlib.sha512(b"voice%d" % number).digest() for number in range(50)]
    return [len([p for p in capture.sent(ours, end.address, UDP) if any(words in p.data for words in voice)])
            for ours, end in ((INSIDE_ADDRESS, scene.board), (OUTSIDE_ADDRESS, scene.server))]


@test("audio of both ends under SRTP, each by keys of its own: the words are recognised, and nobody else could read a packet")
def speech_srtp(cast):
    with Secured(cast, board_over="srtp", server_over="srtp") as scene, Capture() as capture:
        check(under_srtp(scene, capture, "RTP/SAVP") == [0, 0], "audio left in the clear")


@test("a route whose application forbids SRTP is honoured: the server is offered no keys and hears RTP, the board's end stays under its own")
def speech_srtp_forbidden(cast):
    with Secured(cast, board_over="srtp", server_over="either", route="media srtp forbidden") as scene, Capture() as capture:
        clear = under_srtp(scene, capture, "RTP/AVP")
        check(clear[0] == 0 and clear[1] >= 50, f"{clear} packets could be read")


@test("without that word on the route the same server is offered keys")
def speech_srtp_not_forbidden(cast):
    with Secured(cast, board_over="srtp", server_over="either") as scene:
        scene.board.invite("recognise")
        check("a=crypto:1 " in scene.server.hear("INVITE ").body, "no keys are offered")
