# SPDX-License-Identifier: Apache-2.0
"""Those who guess are blocked in time; those who do not, never."""

import concurrent.futures
import random
import socket
import struct

from harness import check, test
from pbx import DOMAIN
from process import until
from scanners import attacker, svcrack
from sip_text import register, token
from stage import WEAK_PASSWORD, Stage, needs_long

ATTACKER = "127.0.0.66"
VICTIM, CALLER, CALLEE = "215", "200", "210"
MAX_PROVEN = 11  # the guess at which the guesser is blocked at the latest


def office(cast, **changes):
    stage = Stage(cast, (CALLER, CALLEE, VICTIM), **changes)
    stage.users[VICTIM] = WEAK_PASSWORD
    return stage.start()


def check_blocked(stage, reached, address=ATTACKER):
    check(reached <= MAX_PROVEN, f"{reached} guesses reached the PBX")
    check(until(lambda: stage.is_blocked(address), 3), f"{address} is not on the block list")
    before = stage.pbx.logins(VICTIM)
    with_another_try = attacker(stage.cast, "guess", stage.target, address, user=VICTIM, words=stage.words(1, 3))
    check(with_another_try["found"] is None, "the right password came through after the block")
    check(stage.pbx.logins(VICTIM) == before, "a guess reached the PBX after the block")


@test("svcrack is blocked at the 11th proven guess at the latest, and none later reaches the PBX", fails_bare=True)
def svcrack_blocked(cast):
    stage = office(cast)
    password, sent = svcrack(cast, stage.target, ATTACKER, VICTIM, stage.words(40, 100), DOMAIN)
    check(password is None, f"svcrack found {password} with {sent} tries")
    check_blocked(stage, stage.pbx.logins(VICTIM))


@test("a guesser with a phone's User-Agent is blocked as soon", fails_bare=True)
def guesser_blocked(cast):
    stage = office(cast)
    report = attacker(cast, "guess", stage.target, ATTACKER, user=VICTIM, words=stage.words(40, 100))
    check(report["found"] is None and report["silent_from"], f"{report}")
    check_blocked(stage, stage.pbx.logins(VICTIM))


@test("60 guesses at once on one nonce bring no more to the PBX than 11 one by one", fails_bare=True)
def guesser_at_once_blocked(cast):
    stage = office(cast)
    report = attacker(cast, "guess", stage.target, ATTACKER, user=VICTIM, words=stage.words(40, 60), burst=60)
    check(report["found"] is None, f"{report}")
    check_blocked(stage, stage.pbx.logins(VICTIM))


@test("one guess in 30 s is blocked all the same", fails_bare=True)
def slow_guesser_blocked(cast):
    needs_long()
    stage = office(cast)
    report = attacker(cast, "guess", stage.target, ATTACKER, seconds=900, user=VICTIM,
                      words=stage.words(40, 20), every=30)
    check(report["found"] is None and report["silent_from"], f"{report}")
    check_blocked(stage, stage.pbx.logins(VICTIM))


@test("a block stands again after a restart, with its reason")
def block_survives_restart(cast):
    stage = office(cast)
    attacker(cast, "guess", stage.target, ATTACKER, user=VICTIM, words=stage.words(0, 20))
    check(until(lambda: stage.is_blocked(ATTACKER), 3), "not blocked in the first place")
    code = stage.ringfence.stop()
    check(code == 0, f"Ringfence ended with {code}")
    stage.ringfence.start()
    check(until(lambda: stage.is_blocked(ATTACKER), 3), "the block was forgotten")
    before = stage.pbx.logins(VICTIM)
    report = attacker(cast, "guess", stage.target, ATTACKER, user=VICTIM, words=stage.words(1, 3))
    check(report["found"] is None and stage.pbx.logins(VICTIM) == before, "the block does not act")
    code, text = stage.ringfence.ask("blocks", "why", ATTACKER)
    check(code == 0 and "login refused" in text, f"exit {code}: {text}")


@test("posing as a device with an old password is not blocked, and brings at most 10 guesses to the PBX", fails_bare=True)
def posing_guesser_slowed(cast):
    stage = office(cast)
    report = attacker(cast, "guess", stage.target, ATTACKER, user=VICTIM, words=stage.words(30, 40), posing=True)
    check(report["found"] is None, f"{report}")
    check(stage.pbx.logins(VICTIM) <= 10, f"{stage.pbx.logins(VICTIM)} guesses reached the PBX")
    check(not stage.is_blocked(ATTACKER), "blocked, which would lock out an honest device")


@test("with the detector off nobody is blocked, so the block is its work")
def nobody_blocked_without_detector(cast):
    stage = office(cast, guessing="off")
    report = attacker(cast, "guess", stage.target, ATTACKER, user=VICTIM, words=stage.words(0, 20))
    check(report["silent_from"] is None, f"{report}")
    check(not stage.is_blocked(ATTACKER), "blocked by a detector that is off")


@test("in observe mode the guesser is noticed and not blocked")
def nobody_blocked_in_observe(cast):
    stage = office(cast, mode="observe")
    report = attacker(cast, "guess", stage.target, ATTACKER, user=VICTIM, words=stage.words(0, 20))
    check(report["silent_from"] is None, f"{report}")


@test("who knows the password is let in at the second try, so a guess can succeed at all")
def right_password_passes(cast):
    stage = office(cast)
    report = attacker(cast, "guess", stage.target, ATTACKER, user=VICTIM, words=stage.words(2, 5))
    check(report["found"] == WEAK_PASSWORD, f"{report}")


@test("a phone at the attacker's own address goes on registering and calling while the address is blocked", fails_bare=True)
def neighbour_of_attacker_lives(cast):
    stage = office(cast)
    caller, callee = stage.phone(CALLER, ATTACKER, port=5071), stage.phone(CALLEE, "127.0.0.32")
    stage.call(caller, callee)
    attacker(cast, "guess", stage.target, ATTACKER, user=VICTIM, words=stage.words(0, 20))
    check(until(lambda: stage.is_blocked(ATTACKER), 3), "the attacker is not blocked")
    stage.call(caller, callee)


def forge(datagram, source, source_port, target, target_port):
    """The same datagram as if another had sent it."""
    udp = struct.pack("!HHHH", source_port, target_port, 8 + len(datagram), 0) + datagram
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), random.getrandbits(16), 0, 64, 17, 0,
                       socket.inet_aton(source), socket.inet_aton(target))
    return head + udp


class Forged:
    """Looks like a Wire to register(), at an address that is not ours."""

    transport, parameter = "UDP", ""

    def __init__(self, address, port):
        self.address, self.port = address, port


def forged_guess(target, source, port):
    credentials = (f'Digest username="{VICTIM}", realm="{DOMAIN}", nonce="{token(32)}", uri="sip:{DOMAIN}", '
                   f'response="{random.getrandbits(128):032x}", opaque="{token(40)}"')
    text = register(Forged(source, port), VICTIM, DOMAIN, authorization=credentials, cseq=2)
    return forge(text.encode(), source, port, target, 5060)


@test("10,000 guesses with a phone's and the PBX's address forged touch neither")
def forged_guesses_touch_nobody(cast):
    stage = office(cast)
    caller, callee = stage.phone(CALLER, "127.0.0.31"), stage.phone(CALLEE, "127.0.0.32")
    stage.call(caller, callee)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for number in range(10000):
            source = ("127.0.0.31", "127.0.0.20")[number % 2]
            port = 5060 if number % 4 < 2 else 20000 + number % 30000
            raw.sendto(forged_guess(stage.address, source, port), (stage.address, 0))
    check(not stage.is_blocked("127.0.0.31") and not stage.is_blocked("127.0.0.20"),
          "a forged address is blocked")
    stage.call(caller, callee)


@test("200 phones behind one address that come back at once, 10 with an old password: none is blocked")
def office_behind_one_address_lives(cast):
    users = [str(1000 + number) for number in range(200)]
    stage = Stage(cast, users).start()
    devices = [stage.device("127.0.0.77", user, "old" if number % 20 == 7 else None)
               for number, user in enumerate(users)]
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        codes = list(pool.map(lambda device: device.register(patience=20), devices))
        old = [device for device in devices if device.secret == "old"]
        for _ in range(3):  # they try again and again, as such devices do
            list(pool.map(lambda device: device.register(), old))
    honest = [code for code, device in zip(codes, devices) if device.secret != "old"]
    for device in devices:
        device.close()
    check(honest.count(200) == 190, f"{honest.count(200)} of 190 registered")
    check(not stage.is_blocked("127.0.0.77"), "blocked")
