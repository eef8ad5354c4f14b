# SPDX-License-Identifier: Apache-2.0
"""Commands about calls that stand: by an operator on the local socket."""

import json
import subprocess

from harness import check, test
from process import Failure, until
from softphone import Act, Softphone, audio, must_hear
from stage import Stage

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
