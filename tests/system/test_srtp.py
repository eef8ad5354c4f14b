# SPDX-License-Identifier: Apache-2.0
"""Audio under SRTP outside, plain inside: both ways, with junk thrown in, and refused where it cannot be."""

import os
import signal
import time

from certificates import Authority
from harness import check, test
from pbx import DOMAIN
from ringfence import OUTSIDE_ADDRESS
from sip_text import token
from srtp import SrtpPhone
from test_tls import CALLEE, CALLER, NAME, PHONES, tls_stage
from tls_stream import client_context

JUNK = 20000


def srtp_phone(stage, user, address, authority):
    return SrtpPhone(address, OUTSIDE_ADDRESS, user, stage.users[user],
                     context=client_context(authority.certificate), name=NAME)


def talk(caller, callee, seconds=30.0, enough=25):
    heard, end = [0, 0], time.monotonic() + seconds
    while min(heard) < enough and time.monotonic() < end:
        caller.speak()
        callee.speak()
        time.sleep(0.02)
        heard[0] += caller.listen(callee)
        heard[1] += callee.listen(caller)
    return heard


@test("two phones hear each other under SRTP, their PBX RTP; neither junk nor the end of media's process ends it, and no plain packet leaves")
def srtp_audio(cast):
    authority = Authority(cast.folder)
    stage = tls_stage(cast, authority).start()
    with srtp_phone(stage, CALLER, PHONES[0], authority) as caller, srtp_phone(stage, CALLEE, PHONES[1], authority) as callee:
        caller.must_register()
        callee.must_register()
        caller.call(CALLEE, callee.take_call)
        check(caller.came_profile == "RTP/SAVP", f"RTP/SAVP was answered by {caller.came_profile}")
        heard = talk(caller, callee)
        check(min(heard) >= 25, f"{heard} frames were heard under SRTP")
        for _ in range(JUNK // 2):
            caller.speak_plain()
            caller.audio.sendto(bytes([0x80, 0]) + os.urandom(180), caller.sent_to)
        heard = talk(caller, callee)
        check(min(heard) >= 25, f"{heard} frames were heard after junk")
        os.kill(stage.ringfence.children()["media"], signal.SIGKILL)
        heard = talk(caller, callee)
        check(min(heard) >= 25, f"{heard} frames were heard after media was killed")
        check(caller.strange + callee.strange == 0,
              f"{caller.strange} and {callee.strange} packets came to the phones that were not under their keys")
        counted = stage.ringfence.counters()["media_dropped_auth"]
        check(counted > 0, f"{counted} packets were counted as not authentic")


def asks_without(stage, authority):
    """The final answer to an INVITE that offers RTP/AVP alone."""
    with srtp_phone(stage, CALLER, PHONES[0], authority) as caller:
        caller.must_register()
        call = {"callee": CALLEE, "tag": token(), "id": token(20), "cseq": 1}
        caller.profile, plain = "RTP/AVP", caller.description(0, "RTP/AVP")
        text = caller.request("INVITE", f"sip:{CALLEE}@{DOMAIN}", call, cseq=1, body="x")
        head = text.partition("\r\n\r\n")[0].rpartition("Content-Length")[0]
        caller.stream.send(f"{head}Content-Length: {len(plain)}\r\n\r\n{plain}")
        return caller.stream.await_message(lambda m: m.code >= 200, 20)


@test("where SRTP is required, a call without it is refused with its reason")
def srtp_required(cast):
    authority = Authority(cast.folder)
    reply = asks_without(tls_stage(cast, authority, subscribers_more="media srtp required").start(), authority)
    check(reply and reply.code == 488, f"INVITE without SRTP was answered {reply and reply.code}")
    check('"12 ' in (reply.header("Warning") or ""), f"the Warning is {reply.header('Warning')}")


@test("where SRTP is preferred, a call without it reaches the PBX")
def srtp_preferred(cast):
    authority = Authority(cast.folder)
    reply = asks_without(tls_stage(cast, authority, subscribers_more="media srtp preferred").start(), authority)
    check(reply and reply.code == 407, f"INVITE without SRTP was answered {reply and reply.code}, not by the PBX")
