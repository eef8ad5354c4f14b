# SPDX-License-Identifier: Apache-2.0
"""A board, Ringfence and a speech server: what is recognised arrives, and nothing that is not agreed passes."""

import os
import socket

from harness import Skip, check, test
from process import Failure, until
from ringfence import INSIDE_ADDRESS, OUTSIDE_ADDRESS, Ringfence, is_built
from speech import BOARD_ADDRESS, SERVER_ADDRESS, STRANGER, Board, Line, SpeechServer, make_voice, mrcp

PEERS = """\
peer board {{
    kind board
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
    server.take(invite)
    board.take(board.hear("SIP/2.0 200"))
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
    with Board((INSIDE_ADDRESS)) as board, SpeechServer(OUTSIDE_ADDRESS) as server:
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
        port = server.listen()
        server.answer(invite, "200 OK", server.describe(
            f"m=application {port} TCP/MRCPv2 1\r\na=setup:passive\r\na=connection:new\r\na=channel:{server.channel}\r\n"
            "m=audio 41000 RTP/AVP 0\r\n"))
        answer = board.hear("SIP/2.0 200")
        line = Line(answer.body, "application")
        check(is_refused(STRANGER, line), "a stranger was heard")
        check(until(lambda: ringfence.counters()["link_strangers"] == 1, 5), "the stranger was not counted")
        board.take(answer)
        server.control = server.shaken(server.accept(), line)
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


@test("a plain channel is refused where TLS is wanted, any where none is allowed; audio in another dress too")
def speech_refused(cast):
    cases = (({"board_channels": "tls"}, "udp", "17"), ({"server_channels": "none"}, "udp", "17"),
             ({"board_over": "tcp"}, "udp", "16"), ({"board_over": "tls-tcp"}, "tcp", "16"))
    for number, (changes, over, code) in enumerate(cases):
        cast.folder = os.path.join(cast.folder, str(number))
        os.makedirs(cast.folder, exist_ok=True)
        with Board(INSIDE_ADDRESS, over=over) as board, SpeechServer(OUTSIDE_ADDRESS) as server:
            ringfence = stage(cast, **changes)
            board.invite("recognise")
            refusal = board.hear("SIP/2.0 488")
            check(f'"{code} ' in refusal.value("Warning"), f"another reason: {refusal.text}")
            try:
                server.hear("INVITE ", 0.5)
            except Failure:
                ringfence.stop()
                continue
            raise Failure(f"the speech server was asked though {changes}")


@test("a call goes on without its channel where its peer has none: the line is refused and the rest is not")
def speech_left_out(cast):
    with Board(INSIDE_ADDRESS) as board, SpeechServer(OUTSIDE_ADDRESS) as server:
        stage(cast, board_channels="none")
        board.invite("recognise")
        invite = server.hear("INVITE ")
        check(Line(invite.body, "application").port == 0, f"the channel passed: {invite.body}")
