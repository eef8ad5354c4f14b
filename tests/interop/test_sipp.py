# SPDX-License-Identifier: Apache-2.0
"""SIPp's own scenarios between a carrier and the PBX: what passes without the border passes through it, or is
refused as decided. By the SIPp of script/pbx 22 where it is there, for Debian 12's knows not all of them."""

import os
import re
import socket
import time

from asterisk import folder_of
from harness import Skip, check, test
from hosts import Host, forward, ip
from office import INSIDE, OUTSIDE, PBX_AT
from process import until
from ringfence import Ringfence, is_built
from rows import FAILED, PASSED, REFUSED, SKIPPED, tell
from sipp_pairs import DATA, REFUSED as RULES, REGISTRY, Pairs, lingers
from tones import write_tone

CARRIER_AT, SECOND_AT = "198.51.100.2", "198.51.100.3"
NUMBERS = "+441632960701", "+441632960702"
# Where REGISTERs go, so that no scenario is disturbed by what the border asks of who registers phones.
REGISTRY_PORT = 5070
MORE = f"""\
peer carrier {{
    kind carrier
    side outside
    address {CARRIER_AT}:5060
}}
peer registry {{
    kind pbx
    side inside
    address {PBX_AT}:{REGISTRY_PORT}
}}
peer second {{
    kind carrier
    side outside
    address {SECOND_AT}:5060
}}
route {{ from carrier  to office }}
route {{ number {NUMBERS[0]}  from office  to carrier }}
route {{ number {NUMBERS[1]}  from office  to second }}
"""

# What scenarios play and SIPp does not bring with them under that name: made here.
PLAYED = ("beep_1sec_50x160b.alaw", "sipp_scenarios/coco_jamboo_ulaw.wav")
PCAPS = os.path.join(os.path.dirname(DATA), "pcap")
# How long is waited for what cannot come.
DEAD = 4


def program():
    """SIPp as a command: the newest that is there."""
    try:
        root = folder_of("22")
    except Skip:
        root = ""
    if os.access(root + "/usr/bin/sipp", os.X_OK) and root:
        machine = os.uname().machine
        loader = next((path for path in (f"{root}/lib64/ld-linux-x86-64.so.2", f"{root}/lib/ld-linux-{machine}.so.1")
                       if os.path.exists(path)), None)
        if loader:
            return [loader, "--library-path", f"{root}/usr/lib/{machine}-linux-gnu", f"{root}/usr/bin/sipp"]
    return ["/usr/bin/sipp"]


class Answers:
    """Every answer of SIP that reaches a host, whatever port it goes to."""

    def __init__(self, interface):
        # What we send is told to those alone who ask for all kinds of frames (ETH_P_ALL).
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0003))
        self.socket.bind((interface, 0x0003))
        self.socket.setblocking(False)

    def heard(self):
        """[(status, text)] since this was asked last."""
        found = []
        while True:
            try:
                packet = self.socket.recv(65536)
            except BlockingIOError:
                return found
            text = packet[4 * (packet[0] & 15) + 8:].decode("utf-8", "replace").replace("\r", "")
            if packet[9] == 17 and text.startswith("SIP/2.0 "):
                found.append((int(text.split()[1]), text))


class Stage:
    """A carrier's host and the PBX's, and SIPp in both."""

    port, transport = 5060, "udp"

    def __init__(self, cast):
        self.sipp_words, self.transport_words = program(), []
        if not is_built() or not os.access(self.sipp_words[-1], os.X_OK):
            raise Skip("SIPp or the program is not there")
        if not os.path.isdir(DATA):
            raise Skip(f"SIPp's scenarios are not at {DATA}; RINGFENCE_FIELD_DATA says where")
        self.cast, self.count, self.why, self.user, self.is_answered = cast, 0, "", "service", False
        for name in PLAYED:
            os.makedirs(os.path.dirname(os.path.join(cast.folder, name)), exist_ok=True)
            write_tone(os.path.join(cast.folder, name), 500, 8)
        if not os.path.exists(os.path.join(cast.folder, "pcap")):
            os.symlink(os.path.realpath(PCAPS), os.path.join(cast.folder, "pcap"))
        self.inside = Host(cast, "pbx", [PBX_AT + "/24"], [INSIDE + "/24"])
        self.outside = Host(cast, "carrier", [CARRIER_AT + "/29", SECOND_AT + "/29"], ["198.51.100.1/29"])
        ip("address", "replace", OUTSIDE + "/32", "dev", "lo")
        ip("route", "add", "default", "via", INSIDE, inside=self.inside.enter)
        ip("route", "add", "default", "via", "198.51.100.1", inside=self.outside.enter)
        # Who leaves first takes the other along.
        self.controllers = {"A": Pairs(cast.folder).adapted("docs/3pcc-C-A.xml", lingers), "B": ["-sf", f"{DATA}/docs/3pcc-C-B.xml"]}
        self.answers = {False: Answers(self.outside.interface), True: Answers(self.inside.interface)}

    def begins_registry(self):
        """Takes every REGISTER, as Mitel's scenario does."""
        self.cast.start("registry", self.inside.enter + [
            "env", "TERM=dumb", *self.sipp_words, *REGISTRY, "-i", PBX_AT, "-p", str(REGISTRY_PORT), "-nostdin",
            "-trace_msg", "-message_file", os.path.join(self.cast.folder, "registry.messages")])

    def registers(self, rows):
        """The carrier's host as a phone too; the PBX knows it by the Contact that the registry was told."""
        row = next(row for row in rows if row.name == "uc360_register")
        if self.passes(row, is_through=True):
            contacts = re.findall(r"Contact: <sip:([^@;>]+)@", self.text("registry.messages").split("REGISTER", 1)[-1])
            self.user = contacts[0] if contacts else self.user

    def sipp(self, role, host, address, words, seconds, port=None):
        name = f"{self.count}-{role}"
        return self.cast.start(name, host.enter + [
            "env", "TERM=dumb", *self.sipp_words, "-m", "1", *words, "-i", address, "-p", f"{port or self.port}", "-nostdin",
            *self.transport_words,
            "-timeout", f"{seconds}s", "-timeout_error", "-recv_timeout", f"{12000 if seconds <= 22 else 45000}", "-trace_err",
            "-error_file", os.path.join(self.cast.folder, name + ".errors"),
            "-trace_msg", "-message_file", os.path.join(self.cast.folder, name + ".messages")])

    def passes(self, row, is_through, seconds=None, reaches=True):
        self.count += 1
        seconds = seconds or row.seconds
        for answers in self.answers.values():
            answers.heard()
        callee = row.through if is_through and row.through else row.callee
        # The registry stands beside the border already, where REGISTERs go.
        is_registered = callee is REGISTRY and is_through
        ends = [(self.outside, CARRIER_AT, OUTSIDE), (self.inside, PBX_AT, INSIDE)]
        (near, here, border), (far, there, _) = reversed(ends) if row.is_from_pbx else ends
        answering = self.sipp("callee", far, there, callee, seconds)
        until(lambda: self.listens(answering, self.transport, self.port) or not answering.is_running(), 5)
        target = f"{border if is_through else there}:{self.port}"
        calling = self.sipp("caller", near, here, [*row.caller, target, "-s", self.user if row.is_from_pbx else "service",
                                                   "-d", "600"], seconds)
        good = calling.wait(seconds + 4) == 0
        self.is_answered = is_registered or answering.wait((8 if reaches else 1) if good else 0.1) == 0
        good = self.is_answered and good
        self.ends(calling, answering)
        errors = [line for role in ("caller", "callee") for line in self.text(f"{self.count}-{role}.errors").splitlines()
                  if line[:4] == time.strftime("%Y") and "couldn't be found next to the scenario" not in line]
        self.why = errors[0].split(": ", 1)[-1] if errors else "it does not come to its end"
        return good

    def ends(self, *processes):
        for process in processes:
            process.stop()
            self.cast.processes.remove(process)

    def third_party(self, is_through, seconds=20):
        """What went wrong: the PBX calls two carriers and lets each hear the other's description (`3pcc`)."""
        self.count += 1
        places = CARRIER_AT, SECOND_AT
        ends = [self.sipp(f"3pcc-{name}", self.outside, place, ["-sf", f"{DATA}/docs/3pcc-{name}.xml"], seconds)
                for name, place in zip("AB", places)]
        until(lambda: all(self.listens(end) for end in ends), 5)
        controllers = []
        # Who is told first listens for who tells.
        for name, port in (("B", 5062), ("A", 5060)):
            target = INSIDE if is_through else places["AB".index(name)]
            controllers.append(self.sipp(f"3pcc-C-{name}", self.inside, PBX_AT, [
                *self.controllers[name], "-3pcc", f"{PBX_AT}:6060", f"{target}:5060",
                "-s", NUMBERS["AB".index(name)]], seconds, port))
            if name == "B":
                until(lambda: self.listens(controllers[0], "tcp", 6060), 5)
        wrong = [process.name for process in [*controllers, *ends] if process.wait(seconds + 4) != 0]
        self.ends(*controllers, *ends)
        return f"these failed: {wrong}" if wrong else ""

    @staticmethod
    def listens(process, transport="udp", port=5060):
        try:
            with open(f"/proc/{process.child.pid}/net/{transport}", encoding="ascii") as file:
                return any(line.split()[1].endswith(f":{port:04X}") for line in file.readlines()[1:])
        except OSError:
            return False

    def text(self, name):
        try:
            with open(os.path.join(self.cast.folder, name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def row(self, row):
        """One scenario through the border: what it came to, and the words for it."""
        rule = RULES.get(row.name.removeprefix("regress/"))
        good = self.passes(row, is_through=True, reaches=not rule)
        if not rule:
            return (PASSED, f"adapted: {row.words}" if row.words else "") if good else (FAILED, self.why)
        why, status, inside = rule
        answers = self.answers[row.is_from_pbx].heard()
        if not any(each == status and re.search(inside, text) for each, text in answers):
            return FAILED, f"no {status} ({why}), but {sorted({each for each, _ in answers})}: {self.why}"
        reached = next((line for line in self.text(f"{self.count}-callee.messages").splitlines()
                        if line.split(" ")[0] in ("NOTIFY", "OPTIONS", "INVITE", "WITHOUTTO")), "")
        if reached:
            return FAILED, f"passes, though it should not ({why}): {reached}"
        return REFUSED, f"{status}: {why}"


def tell_third_party(stage, bare, through):
    """The row of four scenarios at once; the border is dead by now."""
    outcome, words = PASSED, "adapted: the PBX calls two carriers; who leads stays until both calls are over"
    if bare:
        outcome, words = SKIPPED, f"fails without the border too: {bare}"
    elif through:
        outcome, words = FAILED, through
    elif not stage.third_party(is_through=True, seconds=DEAD):
        outcome, words = FAILED, "passes though the border is dead"
    tell("sipp_scenarios docs/3pcc", outcome, words)
    return outcome


@test("each of SIPp's scenarios that passes without the border passes through it, or is refused as decided")
def sipp_scenarios(cast):
    stage = Stage(cast)
    forward()
    wanted = os.environ.get("RINGFENCE_SCENARIOS", "").split(",")
    every = Pairs(cast.folder).all()
    rows = [row for row in every if any(word in row.name for word in wanted)]
    bare = {row.name: "" if stage.passes(row, is_through=False) else stage.why for row in rows}
    triple = stage.third_party(is_through=False)
    ringfence = Ringfence(cast, outside=OUTSIDE, inside=INSIDE, pbx=PBX_AT, more=MORE)
    with open(ringfence.config_path, encoding="utf-8") as file:
        text = file.read().replace("register-to office", "register-to registry")
    with open(ringfence.config_path, "w", encoding="utf-8") as file:
        file.write(text)
    stage.begins_registry()
    ringfence.start()
    stage.registers(every)
    through = {row.name: stage.row(row) for row in rows if not bare[row.name]}
    triple_through = stage.third_party(is_through=True)
    ringfence.stop()
    for row in rows:
        outcome, words = through.get(row.name, (SKIPPED, f"fails without the border too: {bare[row.name]}"))
        if outcome == PASSED and stage.passes(row, is_through=True, seconds=DEAD):
            outcome, words = FAILED, "passes though the border is dead"
        tell(f"sipp_scenarios {row.name}", outcome, words)
    failed = [name for name, (outcome, _) in through.items() if outcome == FAILED]
    if tell_third_party(stage, triple, triple_through) == FAILED:
        failed.append("docs/3pcc")
    check(not failed, f"otherwise through the border: {failed}")
    check(len(through) >= 10 or wanted != [""], f"only {len(through)} pass without the border, so little was shown")
