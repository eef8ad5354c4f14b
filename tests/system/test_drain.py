# SPDX-License-Identifier: Apache-2.0
"""`ringfence drain`: calls that stand go on, none begins, and the service ends by itself."""

import contextlib
import os
import sqlite3

from harness import check, test
from pbx import DOMAIN
from process import Cast, Failure, until
import phones
from sip_text import Wire, token
from stage import Stage
from test_survival import fails
from traffic import Talk

BALANCER_AT = "127.0.0.90"
TALKERS, OTHERS = ("200", "210"), ("220", "230")
TALK_S = 8
BALANCER = f"""peer balancer {{
    kind carrier
    side outside
    address {BALANCER_AT}:5060
}}
"""


def ask(stage):
    """What a balancer hears of the service: code, Retry-After."""
    with Wire(BALANCER_AT, (stage.address, 5060), 5060) as wire:
        text = (f"OPTIONS sip:{stage.address} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {BALANCER_AT}:5060;branch=z9hG4bK{token()};rport\r\n"
                f"Max-Forwards: 70\r\nFrom: <sip:{BALANCER_AT}>;tag={token()}\r\nTo: <sip:{stage.address}>\r\n"
                f"Call-ID: {token()}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
        for _ in range(5):
            reply = wire.ask(text, 1)
            if reply:
                return reply.code, reply.header("Retry-After")
    raise Failure("nobody answers OPTIONS")


class Scene:
    def __init__(self, cast):
        self.stage = Stage(cast, TALKERS + OTHERS, more=BALANCER).start()
        self.ringfence = self.stage.ringfence
        talkers = [self.stage.phone(user, f"127.0.0.{31 + at}") for at, user in enumerate(TALKERS)]
        self.others = [self.stage.phone(user, f"127.0.0.{33 + at}") for at, user in enumerate(OTHERS)]
        for phone in talkers + self.others:
            phone.register(self.stage.target, DOMAIN)
        self.talk = Talk(self.stage, *talkers, TALK_S)
        self.talk.start()
        check(until(self.talk.is_heard, 15), "no call came about")
        check(ask(self.stage)[0] == 200, f"OPTIONS is answered {ask(self.stage)}")

    def drain(self, *words):
        code, text = self.ringfence.ask("drain", *words, "--reason", "test")
        check(code == 0, text)
        return text

    def is_calling(self):
        try:
            phones.call(*self.others, self.stage.target, DOMAIN)
        except Failure:
            return False
        return True

    def causes(self):
        with contextlib.closing(sqlite3.connect(os.path.join(self.stage.cast.folder, "ringfence.db"))) as database:
            return [row[0] for row in database.execute("SELECT cause FROM calls")]


def drain(folder, is_draining):
    with Cast(folder) as cast:
        scene = Scene(cast)
        scene.drain("on")
        if not is_draining:
            scene.drain("off")
        code, after = ask(scene.stage)
        check(code == 503 and int(after) > 0, f"OPTIONS is answered {code}, Retry-After {after}")
        check('"drain": "on"' in scene.ringfence.ask("-o", "json", "status")[1], "status does not tell")
        check(not scene.is_calling(), "a new call came about")
        problem, audio = scene.talk.finish()
        check(not problem and all(phones.is_good(report) for report in audio), f"{problem}, {audio}")
        check(scene.ringfence.process.wait(15) == 0, "it does not end when no call is left")


@test("drained: the call that stands goes on, a new one and OPTIONS get 503 with Retry-After, then the service ends")
def drain_to_the_end(cast):
    drain(cast.folder, True)
    fails("taken back", drain, cast.folder + "-off", False)


@test("drained with a deadline: then both ends get their BYE, and the service ends")
def drain_deadline(cast):
    scene = Scene(cast)
    said = scene.drain("on", "--for", "1s")
    check("when the time is over" in said, f"the deadline is not told: {said}")
    check(scene.ringfence.process.wait(20) == 0, "it did not end")
    for process in (scene.talk.calling, scene.talk.answering):
        check(until(lambda: not process.is_running(), 10), "an end of the call was not told")
    check("service ends" in scene.causes(), f"the calls ended by {scene.causes()}")
    trail = scene.ringfence.ask("audit-trail", "list", "--store", os.path.join(cast.folder, "ringfence.db"))[1]
    check("on for 1s" in trail, f"the audit trail does not tell the deadline: {trail}")
