# SPDX-License-Identifier: Apache-2.0
"""What phones do within calls and without: hold, transfers, lamps, early dialogs, messages, fax.

The PBX is a proxy, so each message passes Ringfence twice: inward from one phone, outward to the
other. What one phone says the other must be told in its own names.
"""

import re
import socket
import time

from harness import check, test
from pbx import DOMAIN, PBX_ADDRESS
from process import Failure
from ringfence import INSIDE_ADDRESS, OUTSIDE_ADDRESS
from softphone import Act, Softphone, audio, hang_up, must_hear, says_yes
from sip_text import token
from stage import Stage
from test_routes import FIRST, TRUNKS, Trunk, call, stage as trunk_stage

ANN, BOB, CID = "200", "210", "215"
PLACES = {ANN: "127.0.0.31", BOB: "127.0.0.32", CID: "127.0.0.33"}


class Office:
    """Registered phones around Kamailio behind Ringfence."""

    def __init__(self, cast, users):
        self.stage = Stage(cast, users).start()
        self.phones = {}
        for user in users:
            self.phones[user] = Softphone(PLACES[user], self.stage.address, user, self.stage.users[user])

    def __enter__(self):
        return [phone.register() for phone in self.phones.values()]

    def __exit__(self, *_):
        for phone in self.phones.values():
            phone.__exit__()


def is_hidden(message):
    for secret in (PBX_ADDRESS, INSIDE_ADDRESS):
        check(secret not in message.text, f"{secret} shows in {message.text}")
    return message


def renew(dialog, other, offer, answer, method="INVITE"):
    """A new offer within the call, taken by the other end. What came there."""
    taking = Act(other.phone, method, lambda request: other.phone.answer(request, 200, "OK", answer))
    reply = dialog.ask(method, offer, answered=[taking])
    check(reply.code == 200, f"{method} was answered {reply.start}")
    if method == "INVITE":
        other.phone.hear_request("ACK")
    return is_hidden(taking.request), is_hidden(reply)


def hold_and_resume(one, other, method, held):
    ann, bob = one.phone, other.phone
    must_hear(one, other)
    came, _ = renew(one, other, held, bob.description("a=recvonly\r\n"), method)
    check(re.search(r"a=(sendonly|inactive)|c=IN IP4 0\.0\.0\.0", came.body), f"no hold: {came.body}")
    audio(one, other, seconds=0.3)  # what was on its way
    heard = audio(one, other, seconds=0.7)
    check(heard[0] == 0, f"who holds the call hears {heard} frames")
    renew(one, other, ann.description(), bob.description(), method)
    must_hear(one, other)


@test("a call is held and resumed from either end, by direction, c=0.0.0.0 and UPDATE; audio stops and comes back",
      fails_bare=True)
def methods_hold(cast):
    with Office(cast, (ANN, BOB)) as (ann, bob):
        ends = ann.call(bob)
        hold_and_resume(ends[0], ends[1], "INVITE", ann.description("a=sendonly\r\n"))
        hold_and_resume(ends[1], ends[0], "INVITE", bob.description("a=sendonly\r\n"))
        hold_and_resume(ends[0], ends[1], "INVITE", ann.description(address="0.0.0.0"))
        hold_and_resume(ends[0], ends[1], "UPDATE", ann.description("a=sendonly\r\n"))
        hang_up(*ends)


def notified(dialog, phone, wanted):
    """Tells who referred how it went; the NOTIFY as that phone hears it."""
    hearing = says_yes(phone, "NOTIFY")
    reply = dialog.ask("NOTIFY", wanted + "\r\n", kind="message/sipfrag", answered=[hearing],
                       more=["Event: refer", "Subscription-State: terminated;reason=noresource"])
    check(reply.code == 200, f"NOTIFY was answered {reply.start}")
    return is_hidden(hearing.request)


def refer(referrer, referred, target, more=()):
    """REFER from one end of a call: the Refer-To that the other end reads."""
    taking = Act(referred.phone, "REFER", lambda request: referred.phone.answer(request, 202, "Accepted"))
    reply = referrer.ask("REFER", more=[f"Refer-To: <{target}>", *more], answered=[taking])
    check(reply.code == 202, f"REFER was answered {reply.start}")
    return is_hidden(taking.request)


def transfer_blind(referrer, referred, cid):
    bob = referred.phone
    came = refer(referrer, referred, f"sip:{CID}@{DOMAIN}", [f"Referred-By: <sip:{referrer.phone.user}@{DOMAIN}>"])
    check(f"sip:{CID}@" in came.value("Refer-To"), came.text)
    told = notified(referred, referrer.phone, "SIP/2.0 200 OK")
    check(told.body.startswith("SIP/2.0 200"), told.text)
    hang_up(referrer, referred)
    new = bob.call(cid)
    must_hear(*new)
    hang_up(*new)


@test("a blind transfer by who called and by who was called: REFER, its NOTIFY, and the new call speaks",
      fails_bare=True)
def methods_transfer_blind(cast):
    with Office(cast, (ANN, BOB, CID)) as (ann, bob, cid):
        caller, called = ann.call(bob)
        transfer_blind(caller, called, cid)
        caller, called = bob.call(ann)
        transfer_blind(called, caller, cid)


def replaces_of(dialog):
    """The dialog as its own phone names it, for who shall replace the other end."""
    return f"{dialog.call_id}%3Bto-tag%3D{dialog.remote_tag}%3Bfrom-tag%3D{dialog.local_tag}"


def transfer_attended(referrer, referred, consult, consulted):
    """`referrer` has two calls and joins their other ends: one asks, the other's call is replaced."""
    cid = consulted.phone
    came = refer(referrer, referred, f"sip:{cid.user}@{DOMAIN}?Replaces={replaces_of(consult)}")
    found = re.search(r"Replaces=([^>&]+)", came.value("Refer-To"))
    check(found, f"no Replaces: {came.value('Refer-To')}")
    check(consult.call_id not in came.text, "a name of the other call shows to a phone that is not in it")
    name = found.group(1).replace("%3B", ";").replace("%3b", ";").replace("%3D", "=").replace("%3d", "=")
    name = name.replace("%40", "@")
    bob, new = referred.phone, referred.phone.dialog_to(cid.user)
    replacing = Act(cid, "INVITE", cid.accept)
    reply = new.ask("INVITE", bob.description(), more=[f"Replaces: {name}"], patience=15.0, answered=[replacing])
    check(reply.code == 200, f"the INVITE that replaces was answered {reply.start}")
    value = replacing.request.value("Replaces")
    check(value.startswith(consulted.call_id + ";") and f"to-tag={consulted.local_tag}" in value,
          f"{cid.user} reads {value!r} and knows its call as {consulted.call_id} {consulted.local_tag}")
    cid.hear_request("ACK")
    hang_up(consulted, consult)
    notified(referred, referrer.phone, "SIP/2.0 200 OK")
    hang_up(referrer, referred)
    must_hear(new, replacing.result)
    hang_up(new, replacing.result)


@test("an attended transfer: each phone reads the dialog that is replaced by the names that it knows itself",
      fails_bare=True)
def methods_transfer_attended(cast):
    with Office(cast, (ANN, BOB, CID)) as (ann, bob, cid):
        referrer, referred = ann.call(bob)
        consult, consulted = ann.call(cid)
        transfer_attended(referrer, referred, consult, consulted)
        # The other way round: who was called transfers.
        referred, referrer = bob.call(ann)
        consult, consulted = ann.call(cid)
        transfer_attended(referrer, referred, consult, consulted)


@test("Replaces that names no call of ours ends in 481, in a REFER in 403; the call stays")
def methods_transfer_unknown(cast):
    with Office(cast, (ANN, BOB, CID)) as (ann, bob, _):
        one, other = ann.call(bob)
        reply = one.ask("REFER", more=[f"Refer-To: <sip:{CID}@{DOMAIN}?Replaces=nobody%3Bto-tag%3Da%3Bfrom-tag%3Db>"])
        check(reply.code == 403, f"REFER: {reply.start}")
        reply = bob.dialog_to(CID).ask("INVITE", bob.description(), more=["Replaces: nobody;to-tag=a;from-tag=b"])
        check(reply.code == 481, f"INVITE: {reply.start}")
        must_hear(one, other)
        hang_up(one, other)


def referred_by_carrier(cast, more):
    with Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, Trunk(FIRST, OUTSIDE_ADDRESS) as first:
        trunk_stage(cast, [first], more)
        call(first, pbx, "+441512960123", "sip:+441512960123@")
        first.cseq += 1
        plain = first.send
        first.send = lambda start, lines, body="": plain(
            start, lines + ["Refer-To: <sip:00353155512345@pbx.example>"], body)
        first.request("REFER")
        first.send = plain
        try:
            request = pbx.hear("REFER ", 2.0)
        except Failure:
            return first.hear("SIP/2.0 ").start
        pbx.answer(request, "202 Accepted")
        return first.hear("SIP/2.0 202").start


@test("a carrier has no call made by REFER, unless `may transfer` is written for it")
def methods_transfer_right(cast):
    said = referred_by_carrier(cast, TRUNKS)
    check("403" in said, said)


@test("a carrier that may transfer is let")
def methods_transfer_right_given(cast):
    said = referred_by_carrier(cast, TRUNKS.replace("check-every 5s",
                                                    "check-every 5s\n    may place-calls receive-calls transfer"))
    check("202" in said, said)


LAMP = ('<?xml version="1.0"?>\r\n<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="{version}" '
        'state="full" entity="sip:{user}@{domain}">\r\n<dialog id="1"><state>{state}</state></dialog>\r\n'
        '</dialog-info>\r\n')


def lamp(dialog, phone, version, state):
    """The notifier tells a state; what the watching phone reads."""
    hearing = says_yes(phone, "NOTIFY")
    body = LAMP.format(version=version, user=dialog.phone.user, domain=DOMAIN, state=state)
    reply = dialog.ask("NOTIFY", body, kind="application/dialog-info+xml", answered=[hearing],
                       more=["Event: dialog", "Subscription-State: active;expires=600"])
    check(reply.code == 200, f"NOTIFY was answered {reply.start}")
    check(f"<state>{state}</state>" in hearing.request.body, hearing.request.text)
    return is_hidden(hearing.request)


@test("a lamp: SUBSCRIBE, each NOTIFY that changes it, and its end; an event that does not pass is 489",
      fails_bare=True)
def methods_lamp(cast):
    with Office(cast, (ANN, BOB)) as (ann, bob):
        watching = ann.dialog_to(BOB)
        more = ["Event: dialog", "Expires: 600", "Accept: application/dialog-info+xml"]

        def accept(request):
            dialog = bob.dialog_of(request)
            bob.answer(request, 200, "OK", more=["Expires: 600"], tag=dialog.local_tag)
            return dialog

        taking = Act(bob, "SUBSCRIBE", accept)
        reply = watching.ask("SUBSCRIBE", more=more, answered=[taking])
        check(reply.code == 200 and reply.value("Expires"), f"SUBSCRIBE was answered {reply.text}")
        watching.learn(is_hidden(reply))
        told = taking.result
        for version, state in enumerate(("early", "confirmed", "terminated")):
            came = lamp(told, ann, version, state)
            check(f"sip:{BOB}@" in came.body, f"whose lamp is it? {came.body}")
        ending = Act(bob, "SUBSCRIBE", lambda request: bob.answer(request, 200, "OK", more=["Expires: 0"],
                                                                  tag=told.local_tag))
        reply = watching.ask("SUBSCRIBE", more=["Event: dialog", "Expires: 0"], answered=[ending])
        check(reply.code == 200, f"its end was answered {reply.start}")
        reply = ann.dialog_to(BOB).ask("SUBSCRIBE", more=["Event: weather", "Expires: 600"])
        check(reply.code == 489 and "dialog" in reply.value("Allow-Events"), reply.text)


class Late:
    """What is done once, as soon as a condition holds."""

    def __init__(self, condition, does):
        self.condition, self.does = condition, does

    def attempt(self):
        if self.does and self.condition():
            self.does, now = None, self.does
            now()


@test("reliable ringing: 183 is repeated until its PRACK, and its audio is heard before anybody picks up",
      fails_bare=True)
def methods_prack(cast):
    with Office(cast, (ANN, BOB)) as (ann, bob):
        dialog, seen = ann.dialog_to(BOB), []
        late = Late(lambda: ann.repeats > 0, lambda: dialog.send(
            "PRACK", more=[f"RAck: {seen[0].value('RSeq')} {seen[0].value('CSeq')}"]))

        def ring(request):
            end = bob.dialog_of(request)
            bob.answer(request, 183, "Session Progress", bob.description(), tag=end.local_tag,
                       more=["Require: 100rel", "RSeq: 7"])
            return end

        ringing = Act(bob, "INVITE", ring)

        def early(reply):
            if reply.value("RSeq"):
                seen.append(is_hidden(reply))
                dialog.learn(reply)

        def acknowledged(request):
            bob.answer(request, 200, "OK", tag=ringing.result.local_tag)
            must_hear(dialog, ringing.result)  # before anybody has picked up
            bob.answer(ringing.request, 200, "OK", tag=ringing.result.local_tag)

        reply = dialog.ask("INVITE", ann.description(), more=["Supported: 100rel"], patience=20.0,
                           answered=[ringing, late, Act(bob, "PRACK", acknowledged)], ringing=early)
        check(reply.code == 200 and len(seen) == 1, f"{reply.start}, {len(seen)} times 183")
        ann.hear(lambda message: message.code == 200 and "PRACK" in message.value("CSeq"), what="the answer to PRACK")
        bob.hear_request("ACK")
        must_hear(dialog, ringing.result)
        hang_up(dialog, ringing.result)


@test("a short message reaches the other phone, in a call and without one; a body that may name hosts does not",
      fails_bare=True)
def methods_message(cast):
    with Office(cast, (ANN, BOB)) as (ann, bob):
        hearing = says_yes(bob, "MESSAGE")
        reply = ann.dialog_to(BOB).ask("MESSAGE", "tea at four", kind="text/plain", answered=[hearing])
        check(reply.code == 200 and hearing.request.body == "tea at four", f"{reply.start}")
        is_hidden(hearing.request)
        reply = ann.dialog_to(BOB).ask("MESSAGE", "<img src='http://10.0.0.1'>", kind="text/html")
        check(reply.code == 415, f"HTML was answered {reply.start}")
        one, other = ann.call(bob)
        hearing = says_yes(ann, "MESSAGE")
        reply = other.ask("MESSAGE", "coming", kind="text/plain", answered=[hearing])
        check(reply.code == 200 and hearing.request.body == "coming", f"{reply.start}")
        hang_up(one, other)


FAX = "m=image {port} udptl t38\r\na=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\na=T38FaxUdpEC:t38UDPRedundancy\r\n"


def fax(one, other, places, seconds=5.0):
    """UDPTL both ways: how many datagrams each end got whole."""
    heard, number, end = [0, 0], 0, time.monotonic() + seconds
    ends = (one.phone, other.phone)
    while time.monotonic() < end and min(heard) < 10:
        packet = number.to_bytes(2, "big") + b"\x01\x06\x00\x00"
        number += 1
        for phone, place in zip(ends, places):
            phone.audio.sendto(packet, place)
        time.sleep(0.02)
        for place, phone in enumerate(ends):
            phone.audio.setblocking(False)
            try:
                while True:
                    heard[place] += phone.audio.recv(2048).endswith(b"\x01\x06\x00\x00")
            except (BlockingIOError, socket.error):
                pass
    return heard


@test("a call becomes a fax by a re-INVITE and talks again; where the other end refuses it goes on talking",
      fails_bare=True)
def methods_fax(cast):
    with Office(cast, (ANN, BOB)) as (ann, bob):
        one, other = ann.call(bob)
        must_hear(one, other)
        offer = [phone.description("", media=FAX.format(port=phone.audio_port)) for phone in (ann, bob)]
        refusing = Act(ann, "INVITE", lambda request: ann.answer(request, 488, "Not Acceptable Here"))
        reply = other.ask("INVITE", offer[1], answered=[refusing])
        check(reply.code == 488, f"the refusal came as {reply.start}")
        must_hear(one, other)
        taking = Act(ann, "INVITE", lambda request: ann.answer(request, 200, "OK", offer[0]))
        reply = other.ask("INVITE", offer[1], answered=[taking])
        check(reply.code == 200, f"the fax was answered {reply.start}")
        ann.hear_request("ACK")
        places = (is_hidden(taking.request).media("image"), is_hidden(reply).media("image"))
        heard = fax(one, other, places)
        check(min(heard) >= 10, f"{heard} datagrams of fax came")
        renew(other, one, bob.description(), ann.description())
        must_hear(one, other)
        hang_up(one, other)


def send_back(trunk, message, number, at):
    """What a proxy does with a call that it will not take: on to us, its own Via above ours, media by itself."""
    lines = [f"Via: SIP/2.0/UDP {trunk.address}:5060;branch=z9hG4bK{token(12)};rport",
             f"Via: {message.value('Via')};received={at}",
             f"Max-Forwards: {int(message.value('Max-Forwards')) - 1}"]
    lines += [f"{name}: {message.value(name)}" for name in ("Max-Breadth", "From", "To", "Call-ID", "CSeq", "Contact")]
    trunk.send(f"INVITE sip:{number}@{trunk.next_hop[0]} SIP/2.0", lines, trunk.sdp())


@test("a call that two servers send to each other through us is ended by 482 the third time round, and Max-Breadth passes")
def methods_loop(cast):
    ways = (("+441512960123", OUTSIDE_ADDRESS), ("00353155512345", INSIDE_ADDRESS))
    with Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, Trunk(FIRST, OUTSIDE_ADDRESS) as carrier:
        ends = (carrier, pbx)
        trunk_stage(cast, more=TRUNKS.replace("    at-most 2 calls at once\n    check-every 5s\n", ""))
        pbx.invite(ways[1][0])
        for turn in range(4):
            # Each is for somebody else than the one before: a spiral, which goes on.
            came = ends[turn % 2].hear("INVITE ")
            check(came.value("Max-Breadth") == "60", came.text)
            send_back(ends[turn % 2], came, *ways[turn % 2])
        refusal = pbx.hear("SIP/2.0 482")
        check('"50 ' in refusal.value("Warning"), refusal.text)


@test("a request that comes by two ways is answered 482, but a PBX that rings two phones of one account rings both")
def methods_merged(cast):
    with Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx, Trunk(FIRST, OUTSIDE_ADDRESS) as carrier:
        service = trunk_stage(cast, [carrier])
        pbx.invite("00353155512345")
        came = carrier.hear("INVITE ")
        pbx.request("INVITE", pbx.sdp())  # the same CSeq, another branch
        check('"49 ' in pbx.hear("SIP/2.0 482").value("Warning"), "no reason was told")
        carrier.answer(came, "200 OK", carrier.sdp())
        pbx.hear("SIP/2.0 200")
        service.stop()
    with Office(cast, (ANN, BOB)) as (ann, bob):
        with Softphone(PLACES[CID], bob.target[0], BOB, bob.secret).register() as desk:
            ringing = Act(desk, "INVITE", lambda request: desk.answer(request, 486, "Busy Here"))
            taking = Act(bob, "INVITE", bob.accept)
            reply = ann.dialog_to(BOB).ask("INVITE", ann.description(), answered=[ringing, taking], patience=15.0)
            check(reply.code == 200 and ringing.request and taking.request, f"{reply.start}")


class TwoLines(Softphone):
    """A phone with a second Contact, which it names beside its first one."""

    expires = 300

    def second(self):
        return self.contact().replace(f"sip:{self.user}@", f"sip:{self.user}-2@")

    def register_text(self, more=()):
        first = f"Contact: <{self.contact()}>"
        return super().register_text(more).replace(first, f"{first}, <{self.second()}>;expires={self.expires}")


def reached(caller, phone):
    """The Contacts at which a message to that phone's account was heard."""
    heard = []

    def take(request):
        heard.append(request.start.split()[1])
        phone.answer(request, 200, "OK")

    reply = caller.dialog_to(phone.user).ask("MESSAGE", "tea", kind="text/plain",
                                             answered=[Act(phone, "MESSAGE", take), Act(phone, "MESSAGE", take)])
    check(reply.code == 200, reply.start)
    late = phone.overhear("MESSAGE")
    return sorted(heard + ([late.start.split()[1]] if late else []))


@test("a REGISTER that names two Contacts binds both, each by its own name, and ends one of them")
def methods_contacts(cast):
    stage = Stage(cast, (ANN, BOB)).start()
    with Softphone(PLACES[ANN], stage.address, ANN, stage.users[ANN]).register() as ann, \
            TwoLines(PLACES[BOB], stage.address, BOB, stage.users[BOB]) as bob:
        bob.register()
        check(reached(ann, bob) == sorted([bob.contact(), bob.second()]), "not both were asked")
        bob.expires = 0
        bob.register()
        check(reached(ann, bob) == [bob.contact()], "the one that had ended was asked")
