# SPDX-License-Identifier: Apache-2.0
"""The tools must find everything at the bare PBX, else finding nothing later proves nothing."""

import os
import shutil
import subprocess

import phones
from harness import ROOT, RTP_TALK, check, test
from pbx import DOMAIN, PBX_ADDRESS, Pbx, password_of
from scanners import attacker, svcrack, svwar

ATTACKER = "127.0.0.66"
TARGET = f"{PBX_ADDRESS}:5060"
REAL = [str(1000 + 47 * i) for i in range(20)]
VICTIM, WEAK_PASSWORD = REAL[3], "letmein"


def bare_pbx(cast):
    users = {user: password_of(user) for user in REAL}
    users[VICTIM] = WEAK_PASSWORD
    pbx = Pbx(cast, PBX_ADDRESS, users=users)
    pbx.start()
    return pbx


def words(cast, at, count=100):
    path = os.path.join(cast.folder, "words.txt")
    with open(path, "w", encoding="ascii") as file:
        file.writelines((WEAK_PASSWORD if number == at else f"winter{number}") + "\n"
                        for number in range(1, count + 1))
    return path


@test("our enumerator finds 20 of 20 among 1,000 extensions at the bare PBX")
def enumerator_finds_all(cast):
    bare_pbx(cast)
    report = attacker(cast, "enumerate", TARGET, ATTACKER, extensions="1000-1999", truth=",".join(REAL))
    check(report["found"] == REAL, f"found {report['found']}")


@test("our enumerator finds none where there is none")
def enumerator_finds_none(cast):
    bare_pbx(cast)
    report = attacker(cast, "enumerate", TARGET, ATTACKER, extensions="3000-3199")
    check(report["found"] == [], f"found {report['found']}")


@test("svwar finds all extensions by REGISTER, INVITE and OPTIONS at the bare PBX")
def svwar_finds_all(cast):
    bare_pbx(cast)
    real = [user for user in REAL if user < "1200"]
    for method in ("REGISTER", "INVITE", "OPTIONS"):
        found = svwar(cast, TARGET, ATTACKER, "1000-1199", method)
        check(found == real, f"by {method} found {found}")


@test("svcrack finds the password at the bare PBX")
def svcrack_finds_password(cast):
    pbx = bare_pbx(cast)
    password, sent = svcrack(cast, TARGET, ATTACKER, VICTIM, words(cast, 40), DOMAIN)
    check(password == WEAK_PASSWORD, f"found {password} with {sent} tries")
    check(pbx.logins(VICTIM) >= 40, f"the PBX counted {pbx.logins(VICTIM)} logins")


@test("our guesser finds the password one by one, at once on one nonce, and posing as a device")
def guesser_finds_password(cast):
    pbx = bare_pbx(cast)
    for options in ({}, {"burst": 60}, {"posing": True}):
        before = pbx.logins(VICTIM)
        report = attacker(cast, "guess", TARGET, ATTACKER, user=VICTIM, words=words(cast, 40), **options)
        check(report["found"] == WEAK_PASSWORD, f"{options}: {report}")
        check(pbx.logins(VICTIM) - before == report["guesses"], f"{options}: the PBX counted otherwise")


@test("our guesser finds nothing where no guess is right")
def guesser_finds_nothing(cast):
    bare_pbx(cast)
    report = attacker(cast, "guess", TARGET, ATTACKER, user=VICTIM, words=words(cast, 0, 30))
    check(report["found"] is None and report["answers"] == {"403": 30}, f"{report}")


@test("two phones register at the bare PBX, call, and hear each other")
def phones_call(cast):
    bare_pbx(cast)
    pair = [phones.Phone(cast, user, password_of(user), f"127.0.0.{31 + i}", RTP_TALK)
            for i, user in enumerate(REAL[:2])]
    for phone in pair:
        phone.register(TARGET, DOMAIN)
    audio = phones.call(*pair, TARGET, DOMAIN)
    check(all(phones.is_good(report) for report in audio), f"{audio}")


@test("the audio oracle sees changed frames, a second source, and silence")
def audio_oracle_sees_damage(cast):
    good = {"received": 100, "damaged": 0, "twice": 0, "sources": 1}
    check(phones.is_good(good), "a good report must pass")
    for change in ({"received": 90}, {"damaged": 1}, {"twice": 1}, {"sources": 2}, {"sources": 0}):
        check(not phones.is_good({**good, **change}), f"{change} must not pass")
    talk = cast.run("audio-alone", [RTP_TALK, "--bind", "127.0.0.31:40000", "--to", "127.0.0.32:40000",
                                    "--frames", "10"], 10)
    check(talk.child.returncode == 1, "hearing nothing must end with 1")


@test("the demonstration refuses where something listens on a SIP port")
def demonstration_refuses(cast):
    bare_pbx(cast)
    done = subprocess.run([os.path.join(ROOT, "script", "run"), "--seconds", "1"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60)
    check(done.returncode == 1 and b"already listens on" in done.stdout, done.stdout.decode())


@test("everything that these tests need is installed")
def tools_are_there(_cast):
    missing = [name for name in ("kamailio", "sipp", "svmap", "svwar", "svcrack", "ip", "nft", "nsenter", "setpriv", "tcpdump",
                                 "unshare")
               if not shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")]
    check(not missing, f"missing: {missing}")
