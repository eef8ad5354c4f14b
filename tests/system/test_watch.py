# SPDX-License-Identifier: Apache-2.0
"""Watching a wire: hosts outside talk through us to a PBX inside, and we only look, or let the kernel drop."""

import json
import os
import signal
import sys

from harness import RTP_TALK, Skip, check, test
from hosts import Host, forward, ip
from pbx import DOMAIN, Pbx, password_of
from phones import Phone
from process import Cast, Failure, until
from ringfence import INSTALLED, Ringfence, is_built
from scanners import FOLDER, home, sipvicious, table_rows
from stage import WEAK_PASSWORD
from test_kernel import has_table, holds, needs_nft, nft
from test_survival import fails

PBX_AT, PBX_NET = "198.51.100.20", "198.51.100.0/24"
GUESSER, FRIEND, NEIGHBOUR = "10.0.0.66", "10.0.0.67", "10.0.0.68"
PHONE, VICTIM = "200", "215"
MAX_GUESSES = 16  # that the PBX sees before the kernel drops the rest; 40 are needed

CONFIG = """\
never-block {{ {friend} "a friend who has forgotten his password" }}
store {{
    sqlite {folder}/ringfence.db
}}
web {{
    socket {socket}
}}
"""


class Watch(Ringfence):
    """`ringfence watch` on the wire to the PBX."""

    def __init__(self, cast, interface, *arguments):
        super().__init__(cast)
        self.interface, self.arguments = interface, list(arguments)
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(friend=FRIEND, folder=cast.folder, socket=self.socket_path))

    def command(self):
        return [INSTALLED, "watch", self.interface, "-c", self.config_path] + self.arguments


class FarPhone(Phone):
    """Speaks from a host of its own."""

    def __init__(self, cast, host, user, address, port):
        super().__init__(cast, user, password_of(user), address, RTP_TALK, port=port)
        self.host = host

    def sipp(self, *words, **keys):
        return self.host.enter + super().sipp(*words, **keys)

    def can_register(self):
        try:
            self.register(f"{PBX_AT}:5060", DOMAIN)
        except Failure:
            return False
        return True


class Wire:
    """A host outside, the PBX inside, and we between them, as a router."""

    def __init__(self, cast, *arguments):
        if not is_built():
            raise Skip("the program is not built yet")
        self.cast = cast
        self.outside = Host(cast, "outside", [f"{a}/24" for a in (GUESSER, FRIEND, NEIGHBOUR)], ["10.0.0.1/24"])
        self.inside = Host(cast, "inside", [PBX_AT + "/24"], ["198.51.100.1/24"])
        ip("route", "add", "default", "via", "10.0.0.1", inside=self.outside.enter)
        ip("route", "add", "default", "via", "198.51.100.1", inside=self.inside.enter)
        forward()
        self.pbx = Pbx(cast, PBX_AT, users={PHONE: password_of(PHONE), VICTIM: WEAK_PASSWORD}, host=self.inside.enter)
        self.pbx.start()
        self.watch = Watch(cast, self.inside.interface, "--inside", PBX_NET, *arguments)
        self.watch.start()

    def guess(self, address):
        """The guesser's report; the right word is the 40th."""
        words = os.path.join(self.cast.folder, "words.txt")
        with open(words, "w", encoding="ascii") as file:
            file.writelines((WEAK_PASSWORD if n == 40 else f"winter{n}") + "\n" for n in range(1, 51))
        process = self.cast.run(f"guess-{address}", self.outside.enter + [
            sys.executable, os.path.join(FOLDER, "attacker.py"), "guess", "--target", f"{PBX_AT}:5060",
            "--from", address, "--user", VICTIM, "--words", words, "--every", "0.1"],
            60, {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"})
        return json.loads(process.log().strip().splitlines()[-1])

    def phone(self, address, port):
        return FarPhone(self.cast, self.outside, PHONE, address, port)

    def is_listed(self, *words):
        return GUESSER in self.watch.ask("-o", "jsonl", *words)[1]


def guesser_dropped(folder, *arguments):
    with Cast(folder) as cast:
        wire = Wire(cast, *arguments)
        report = wire.guess(GUESSER)
        check(report["found"] is None, f"the password was found: {report}")
        check(wire.pbx.logins(VICTIM) <= MAX_GUESSES, f"{wire.pbx.logins(VICTIM)} guesses reached the PBX")
        check(holds("source4", GUESSER), nft("list", "table", "inet", "ringfence"))
        check(wire.is_listed("blocks", "list") and wire.is_listed("incidents", "list"), "not listed")
        code, text = wire.watch.ask("blocks", "why", GUESSER)
        check(code == 0 and VICTIM in text, f"blocks why: {code} {text}")
        check(wire.phone(NEIGHBOUR, 5060).can_register(), "a neighbour is dropped")
        check(wire.watch.stop() == 0, "ended with an error")
        check(until(lambda: not has_table(), 2), "the table stays behind")


@test("watch --block: a guesser's packets end in the kernel, others pass; without --block he goes on to the end")
def watch_blocks_guesser(cast):
    needs_nft()
    guesser_dropped(cast.folder, "--block")
    fails("without --block", guesser_dropped, cast.folder + "-watching")


@test("watch alone tells of a guesser and of calls, changes nothing in nftables and drops nothing")
def watch_only_looks(cast):
    needs_nft()
    wire = Wire(cast)
    report = wire.guess(GUESSER)
    check(report["found"] == WEAK_PASSWORD, f"something was dropped: {report}")
    check(until(lambda: wire.is_listed("incidents", "list"), 3), wire.watch.ask("incidents", "list")[1])
    check(not has_table(), "a table stands in nftables")
    observed = wire.watch.ask("-o", "jsonl", "blocks", "list")[1]
    check(GUESSER not in observed or '"observed": true' in observed.replace(":true", ": true"), f"a block acts: {observed}")
    check(set(wire.watch.children()) == {"observe", "judge", "store", "web"}, f"{wire.watch.children()}")


@test("a scanner that sweeps extensions is an incident, and is not dropped: nothing proves that the address is his")
def watch_finds_scanner(cast):
    needs_nft()
    wire = Wire(cast, "--block")
    process = cast.run("svwar", wire.outside.enter + sipvicious("svwar", GUESSER) + [
        "-e", "100-399", "-x", GUESSER, "-p", "5060", "--force", "--maximumtime", "8", PBX_AT], 60, home(cast))
    check(until(lambda: wire.is_listed("incidents", "list"), 40, pause=0.5), wire.watch.ask("incidents", "list")[1])
    check(len(table_rows(process)) == 2, "it was dropped on the way")
    check(not holds("source4", GUESSER), "anybody could have sent that in the name of this address")


@test("a guesser on the never-block list is told of and passes, one who is not is dropped")
def watch_spares_friend(cast):
    needs_nft()
    wire = Wire(cast, "--block")
    report = wire.guess(FRIEND)
    check(report["found"] == WEAK_PASSWORD, f"the friend was dropped: {report}")
    check(holds("never4", FRIEND) and not holds("source4", FRIEND), nft("list", "table", "inet", "ringfence"))
    check(wire.guess(GUESSER)["found"] is None, "the guesser was not dropped")


@test("a phone that registered from the guesser's address goes on from its port, a new port there is dropped")
def watch_excepts_known_flow(cast):
    needs_nft()
    wire = Wire(cast, "--block")
    phone = wire.phone(GUESSER, 5071)
    check(phone.can_register(), "the phone cannot register")
    wire.guess(GUESSER)
    check(until(lambda: holds("source4", GUESSER), 2), "not blocked")
    check(holds("known4", f"{GUESSER} . 5071") and holds("sip", "5060"), nft("list", "table", "inet", "ringfence"))
    check(phone.can_register(), "the phone's own flow is dropped")
    before = wire.pbx.logins(PHONE)
    stranger = cast.start("stranger", wire.phone(GUESSER, 5072).sipp("register", f"{PBX_AT}:5060", DOMAIN))
    check(stranger.wait(3) is None and wire.pbx.logins(PHONE) == before, "another port of the address is let in")
    stranger.stop()


@test("the block stands while kernel, observer and judge are killed, and watching goes on")
def watch_survives(cast):
    needs_nft()
    wire = Wire(cast, "--block")
    wire.guess(GUESSER)
    check(until(lambda: holds("source4", GUESSER), 2), "not blocked")
    for role in ("kernel", "observe", "judge"):
        os.kill(wire.watch.children()[role], signal.SIGKILL)
        check(holds("source4", GUESSER), f"the block fell with {role}")
        check(until(wire.watch.is_ready, 10), f"{role} did not come back")
    check(until(lambda: holds("source4", GUESSER), 2), "the block was forgotten")
    before = wire.watch.counters()["packets_watched"]
    check(wire.phone(NEIGHBOUR, 5060).can_register(), "nothing passes")
    check(until(lambda: wire.watch.counters()["packets_watched"] > before, 2), "nothing is seen any more")


@test("what cannot be watched or blocked is said with its remedy, and nothing starts")
def watch_refuses(cast):
    needs_nft()
    cases = (("nothing0", (), (), "no such interface"),
             ("lo", (), ("--bounding-set=-net_raw", "--inh-caps=-net_raw"), "CAP_NET_RAW"),
             ("lo", ("--block",), ("--bounding-set=-net_admin", "--inh-caps=-net_admin"), "CAP_NET_ADMIN"))
    for number, (interface, arguments, less, words) in enumerate(cases):
        watch = Watch(cast, interface, *arguments)
        process = cast.run(f"refused-{number}", (["setpriv", *less] if less else []) + watch.command(), 20)
        check(process.child.returncode == 1 and words in process.log(),
              f"{interface} {arguments}: exit {process.child.returncode}: {process.log()[-300:]}")
