# SPDX-License-Identifier: Apache-2.0
"""The story that script/run tells: a leaky PBX attacked directly, then through Ringfence.

Everything runs on loopback addresses and is written below build/demo.
"""

import argparse
import fcntl
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import phones
from pbx import DOMAIN, PBX_ADDRESS, Pbx, password_of
from process import Cast, Failure
from ringfence import INSTALLED, OUTSIDE_ADDRESS, PROBE_USER, ROOT, TREE, Ringfence, is_built
from scanners import attacker, svcrack, svwar

FOLDER = os.path.join(ROOT, "build", "demo")

EXTENSIONS = "200-299"
USERS = [str(200 + 5 * i) for i in range(20)]
VICTIM, WEAK_PASSWORD, WEAK_AT = "215", "letmein", 40
CALLER, CALLEE = "200", "210"


def say(text=""):
    print(text, flush=True)


class Half:
    """What the attackers learn and what the phones can do, by one way to the PBX."""

    def __init__(self, cast, pbx, target, words, sources):
        self.cast, self.pbx, self.target, self.words = cast, pbx, target, words
        self.sources = iter(sources)

    def place_call(self):
        rtp_talk = os.path.join(TREE, "tests", "system", "rtp_talk")
        pair = [phones.Phone(self.cast, user, password_of(user), f"127.0.0.{31 + i}", rtp_talk)
                for i, user in enumerate((CALLER, CALLEE))]
        for phone in pair:
            phone.register(self.target, DOMAIN)
        audio = phones.call(*pair, self.target, DOMAIN)
        if not all(phones.is_good(report) for report in audio):
            raise Failure(f"audio was lost or changed: {json.dumps(audio)}")
        say(f"    {CALLER} called {CALLEE}: audio both ways, {audio[0]['received']} and "
            f"{audio[1]['received']} of {phones.FRAMES} frames heard")
        return audio

    def enumerate(self):
        by_svwar = svwar(self.cast, self.target, next(self.sources), EXTENSIONS)
        report = attacker(self.cast, "enumerate", self.target, next(self.sources),
                          extensions=EXTENSIONS, domain=DOMAIN)
        found = (set(by_svwar) | set(report["found"])) & set(USERS)
        say(f"    svwar found {len(by_svwar)} extensions, our enumerator {len(report['found'])}, "
            f"of {len(USERS)} that exist")
        return found

    def guess(self):
        source = next(self.sources)
        before = self.pbx.logins(VICTIM)
        by_svcrack, sent = svcrack(self.cast, self.target, source, VICTIM, self.words, DOMAIN)
        say(f"    svcrack from {source}: {said(by_svcrack)}, {sent} guesses sent, "
            f"{self.pbx.logins(VICTIM) - before} reached the PBX")
        before, own_source = self.pbx.logins(VICTIM), next(self.sources)
        report = attacker(self.cast, "guess", self.target, own_source, user=VICTIM,
                          words=self.words, domain=DOMAIN)
        say(f"    our guesser from {own_source}: {said(report['found'])}, {report['guesses']} guesses sent, "
            f"{self.pbx.logins(VICTIM) - before} reached the PBX")
        return {"password": by_svcrack or report["found"], "blocked_at": report["silent_from"],
                "sources": (source, own_source)}


def said(password):
    return f"password {password}" if password else "no password"


def write_words(path):
    words = [f"winter{number}" for number in range(100)]
    words[WEAK_AT - 1] = WEAK_PASSWORD
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(words) + "\n")


def show(ringfence, *words):
    code, text = ringfence.ask(*words)
    say(f"$ ringfence {' '.join(words)}")
    say("\n".join("    " + line for line in text.splitlines()))
    if code != 0:
        raise Failure(f"ringfence {' '.join(words)} ended with {code}")


def tell_direct(direct):
    say("The PBX, reached directly:")
    direct.place_call()
    found, guessed = direct.enumerate(), direct.guess()
    if len(found) != len(USERS) or guessed["password"] != WEAK_PASSWORD:
        raise Failure("the attackers did not find everything at the bare PBX, so nothing can be proven")
    return f"directly: {len(found)} of {len(USERS)} extensions found, password found"


def tell_through(through):
    say("The same through Ringfence:")
    through.place_call()
    found, guessed = through.enumerate(), through.guess()
    through.place_call()
    extensions = f"{len(found)} of {len(USERS)} extensions found" if found else "none"
    if guessed["password"]:
        ending = "password found"
    elif guessed["blocked_at"]:
        ending = f"blocked at guess {guessed['blocked_at']}"
    else:
        ending = "never blocked"
    is_good = not found and not guessed["password"] and guessed["blocked_at"]
    return bool(is_good), f"through Ringfence: {extensions}, {ending}", guessed["sources"]


def forget_last_time():
    """A block that is in force from last time would decide this story before it begins."""
    for entry in os.scandir(FOLDER):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        elif entry.name != "lock":
            os.unlink(entry.path)


def demonstrate(cast, seconds):
    started = time.monotonic()
    words = os.path.join(FOLDER, "words.txt")
    write_words(words)
    users = {user: password_of(user) for user in USERS}
    users[VICTIM] = WEAK_PASSWORD
    users[PROBE_USER] = f"{random.getrandbits(128):032x}"
    pbx = Pbx(cast, PBX_ADDRESS, users=users)
    pbx.start()
    direct_line = tell_direct(Half(cast, pbx, f"{PBX_ADDRESS}:5060", words,
                                   (f"127.0.0.{host}" for host in range(60, 70))))
    say("  " + direct_line)
    # The phones registered at the PBX itself; it would call them around Ringfence.
    pbx.stop()
    pbx = Pbx(cast, PBX_ADDRESS, users=users)
    pbx.start()
    ringfence = Ringfence(cast)
    ringfence.start()
    is_good, through_line, guessers = tell_through(Half(cast, pbx, f"{OUTSIDE_ADDRESS}:5060", words,
                                                      (f"127.0.0.{host}" for host in range(70, 80))))
    say()
    say(f"{direct_line}; {through_line}")
    say()
    show(ringfence, "calls", "list")
    show(ringfence, "blocks", "list")
    for guesser in guessers:
        show(ringfence, "blocks", "why", guesser)
    if not is_good:
        raise Failure("Ringfence did not hold")
    say()
    say(f"Ringfence stays up on {OUTSIDE_ADDRESS}:5060 before the PBX on {PBX_ADDRESS}:5060; "
        + ("Ctrl-C ends it." if seconds is None else f"it ends by itself after {seconds:g} s."))
    stay(ringfence.process, None if seconds is None else started + seconds)


def stay(process, until_when):
    while until_when is None or time.monotonic() < until_when:
        left = 3600 if until_when is None else until_when - time.monotonic()
        if process.wait(max(0.0, min(left, 3600))) is not None:
            raise Failure(f"Ringfence ended by itself with {process.child.returncode}, see {process.log_path}")


def run_own(cast, config_path, seconds):
    """`--config FILE`: a configuration of the user's, no demonstration."""
    if not is_built():
        raise Failure(f"{os.path.relpath(INSTALLED, ROOT)} is not built")
    checked = subprocess.run([INSTALLED, "config", "check", "-c", config_path], stdin=subprocess.DEVNULL,
                             check=False)
    if checked.returncode != 0:
        return checked.returncode
    process = cast.start("ringfence", [INSTALLED, "run", "-c", config_path])
    say(f"Ringfence runs with {config_path}; its log is {os.path.relpath(process.log_path, ROOT)}")
    code = process.wait(seconds if seconds is not None else 10 ** 8)
    if code:
        say(process.log().rstrip())
    return code or 0


class Ended(Exception):
    """A signal asked us to end; everything started is ended on the way out."""


SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def on_signal(number, _frame):
    for other in SIGNALS:  # a second one must not disturb the cleaning up
        signal.signal(other, signal.SIG_IGN)
    raise Ended(number)


def main():
    parser = argparse.ArgumentParser(prog="script/run", description="a PBX, its attackers, and Ringfence")
    parser.add_argument("--seconds", type=float, help="ends by itself after so long")
    parser.add_argument("--config", help="runs with this configuration, without a demonstration")
    options = parser.parse_args()
    for number in SIGNALS:
        signal.signal(number, on_signal)
    os.makedirs(FOLDER, exist_ok=True)
    lock = open(os.path.join(FOLDER, "lock"), "w", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print("script/run: another one of this folder runs already", file=sys.stderr)
        return 1
    try:
        with Cast(FOLDER) as cast:
            if options.config:
                return run_own(cast, os.path.abspath(options.config), options.seconds)
            forget_last_time()
            demonstrate(cast, options.seconds)
    except Failure as failure:
        print(f"script/run: {failure}", file=sys.stderr)
        return 1
    except Ended as ended:
        return 0 if ended.args[0] == signal.SIGINT else 128 + ended.args[0]
    return 0


if __name__ == "__main__":
    sys.exit(main())
