# SPDX-License-Identifier: Apache-2.0
"""Audio under SRTP outside, plain inside: both ways, with junk thrown in, and refused where it cannot be."""

import os
import signal
import time

from certificates import Authority
from harness import check, test
from pbx import DOMAIN
from process import Failure
from ringfence import OUTSIDE_ADDRESS
from sip_text import token
from srtp import SrtpPhone
from stream import is_request
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


class FussyPhone(SrtpPhone):
    """Takes audio in one form, or in none, and refuses every other."""

    takes, refusal = "RTP/SAVP", (488, "Not Acceptable Here")

    def __init__(self, *where, **how):
        super().__init__(*where, **how)
        self.offered = []

    def take_call(self, seconds=20):
        while True:
            invite = self.stream.await_message(is_request("INVITE"), seconds)
            check(invite, f"no other INVITE came after {self.offered}")
            self.offered.append(self.came_profile)
            if self.came_profile == self.takes and "a=crypto:" in invite.body:
                self.answer(invite, 180, "Ringing")
                self.answer(invite, 200, "OK", "x")
                return
            self.answer(invite, *self.refusal)
            check(self.stream.await_message(is_request("ACK"), seconds), "the refusal was not acknowledged")
            if len(self.offered) == self.most:
                return

    most = 0


def hang_up(caller, callee, call):
    caller.stream.send(caller.request("BYE", call["target"], call, cseq=3, to_tag=call["to_tag"]))
    callee.answer(callee.stream.await_message(is_request("BYE"), 20), 200, "OK")
    caller.stream.await_message(lambda m: m.code >= 200, 20)


def refused(caller, callee):
    """With what a call to who takes none of it ends."""
    try:
        caller.call(CALLEE, callee.take_call, 20)
    except Failure as failure:
        return str(failure).rpartition(" ")[2]
    return "200"


@test("a phone over TLS that takes RTP/SAVP alone is called and heard after what it refused, and at once from then on")
def srtp_reoffered(cast):
    authority = Authority(cast.folder)
    stage = tls_stage(cast, authority).start()
    context = client_context(authority.certificate)
    with srtp_phone(stage, CALLER, PHONES[0], authority) as caller, \
            FussyPhone(PHONES[1], OUTSIDE_ADDRESS, CALLEE, stage.users[CALLEE], context=context, name=NAME) as callee:
        caller.must_register()
        callee.must_register()
        call = caller.call(CALLEE, callee.take_call, 20)
        check(callee.offered == ["RTP/AVP", "UDP/TLS/RTP/SAVP", "RTP/SAVP"], f"it was offered {callee.offered}")
        heard = talk(caller, callee)
        check(min(heard) >= 25, f"{heard} frames were heard under SRTP")
        hang_up(caller, callee, call)
        callee.offered.clear()
        hang_up(caller, callee, caller.call(CALLEE, callee.take_call, 20))
        check(callee.offered == ["RTP/SAVP"], f"the next call offered {callee.offered}")
        callee.offered.clear()
        callee.takes, callee.most = "nothing", 4
        check(refused(caller, callee) == "488", "who called was not told what it refused at last")
        check(callee.offered == ["RTP/SAVP", "RTP/AVP", "UDP/TLS/RTP/SAVP", "RTP/AVP"], f"it was offered {callee.offered}")
        callee.offered.clear()
        callee.refusal, callee.most = (486, "Busy Here"), 1
        check(refused(caller, callee) == "486", "who called was not told that it is busy")
        counted = stage.ringfence.counters()["calls_offered_again"]
        check(counted == 5, f"{counted} INVITEs were counted as sent again")
