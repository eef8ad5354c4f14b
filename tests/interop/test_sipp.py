# SPDX-License-Identifier: Apache-2.0
"""SIPp's own scenarios between a carrier and the PBX: what passes without the border passes through it."""

import glob
import os
import re
import socket
import time

from harness import ROOT, Skip, check, test
from hosts import Host, forward, ip
from office import INSIDE, OUTSIDE, PBX_AT
from process import until
from ringfence import Ringfence, is_built
from rows import FAILED, PASSED, REFUSED, SKIPPED, tell
from tones import write_tone

CARRIER_AT = "198.51.100.2"
# Where REGISTERs go, so that no scenario is disturbed by what the border asks of who registers phones.
REGISTRY_PORT = 5070
DATA = os.path.join(ROOT, os.environ.get("RINGFENCE_FIELD_DATA", "../shared/data"), "sipp", "scenarios")
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
route {{ from carrier  to office }}
"""

# How a caller's scenario finds its callee's among those that Mitel gave to SIPp.
KINDS = {"apattern": "audio", "vpattern": "video", "bpattern": "both", "avpattern": "audiovideo"}

# What scenarios play and SIPp does not bring with them under that name: made here.
PLAYED = ("beep_1sec_50x160b.alaw", "sipp_scenarios/coco_jamboo_ulaw.wav")
PCAPS = os.path.join(os.path.dirname(DATA), "pcap")

# What the border does otherwise on purpose: (why, the answer that the caller gets, what stands in it). A
# scenario that does not bear 100, which it must, is played with 100 borne, and then ends with that answer.
NO_100 = "does not bear 100 (RFC 3261, 17.2.1)"
NO_OFFER = NO_100 + ", and its 200 to an INVITE without an offer makes none (RFC 3261, 13.2.1)"
CALLS_ALONE = "a carrier calls and asks for OPTIONS: its NOTIFY goes nowhere (RFC 3261, 21.4.4)"
MULTIPART = "a multipart body (RFC 3261, 8.2.3)"
OTHERWISE = {
    "docs/branch": ("a REGISTER and a call under one Call-ID: inside these are two (RFC 3261, 8.1.1.4)", 200, "REGISTER"),
    "docs/regexp": ("looks for the name in o=, which is not told (RFC 8866, 5.2)", 200, "\no=- "),
    "docs/ooc_default": (CALLS_ALONE, 403, ""),
    "github-0018": (CALLS_ALONE, 403, ""),
    "github-0034": (CALLS_ALONE, 403, ""),
    "github-0364": (CALLS_ALONE, 403, ""),
    "github-0152": ("a method that nobody knows (RFC 3261, 8.2.1)", 405, "\nAllow: "),
    "github-0207": (MULTIPART, 415, "\nAccept:"),
    "github-0862": (MULTIPART, 415, "\nAccept:"),
    "github-0234": (NO_OFFER, 488, ""),
    "github-0238": (NO_OFFER, 488, ""),
    "github-0458": (NO_100, 404, ""),
}
REGISTRY = ["-sf", f"{DATA}/sipp_scenarios/mcd_register.xml"]
ASKED = re.compile(r'(<recv response="(?:200|404)" response_txn="invite")')
BEARING = r'<recv response="100" optional="true" response_txn="invite"/>\n  \1'


def pairs():
    """(name, words for the caller, words for the callee)"""
    yield "built in", ["-sn", "uac"], ["-sn", "uas"]
    yield "docs/uac", ["-sf", f"{DATA}/docs/uac.xml"], ["-sf", f"{DATA}/docs/uas.xml"]
    yield "docs/branch", ["-sf", f"{DATA}/docs/branchc.xml"], ["-sf", f"{DATA}/docs/branchs.xml"]
    yield "docs/uac_pcap", ["-sf", f"{DATA}/docs/uac_pcap.xml"], ["-sf", f"{DATA}/docs/uas.xml"]
    yield "docs/regexp", ["-sf", f"{DATA}/docs/regexp.xml"], ["-sf", f"{DATA}/docs/uas.xml"]
    yield "docs/ooc_default", ["-sf", f"{DATA}/regress/github-0018/notify-brackets.xml"], ["-sf", f"{DATA}/docs/ooc_default.xml"]
    for caller in sorted(glob.glob(f"{DATA}/regress/*/notify*.xml") + glob.glob(f"{DATA}/regress/*/empty*.xml")):
        yield os.path.relpath(caller, DATA)[:-4], ["-sf", caller], ["-sf", f"{DATA}/docs/ooc_default.xml"]
    for caller in sorted(glob.glob(f"{DATA}/regress/*/uac*.xml")):
        callee = caller.replace("uac", "uas")
        callee = ["-sf", callee] if os.path.exists(callee) else ["-sn", "uas"]
        yield os.path.relpath(caller, DATA)[:-4], ["-sf", caller], callee
    yield "regress/github-0103/uas-modified", ["-sn", "uac"], ["-sf", f"{DATA}/regress/github-0103/uas-modified.xml"]
    yield "uc360_register", ["-sf", f"{DATA}/sipp_scenarios/uc360_register.xml"], REGISTRY
    for caller in sorted(glob.glob(f"{DATA}/sipp_scenarios/pfca_uac*.xml")):
        name = os.path.basename(caller)
        for ours, theirs in KINDS.items():
            name = name.replace(f"uac_{ours}", f"uas_{theirs}")
        callee = os.path.join(os.path.dirname(caller), name.replace("pfca_uac.xml", "pfca_uas.xml"))
        if os.path.exists(callee):
            yield os.path.basename(caller)[:-4], ["-sf", caller], ["-sf", callee]


def bearing(folder, words):
    """The same scenario, but that it bears 100."""
    path = os.path.join(folder, "bearing.xml")
    with open(words[1], encoding="utf-8") as file, open(path, "w", encoding="utf-8") as new:
        new.write(ASKED.sub(BEARING, file.read()))
    return ["-sf", path]


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


class Pair:
    def __init__(self, cast):
        if not is_built() or not os.access("/usr/bin/sipp", os.X_OK):
            raise Skip("SIPp or the program is not there")
        if not os.path.isdir(DATA):
            raise Skip(f"SIPp's scenarios are not at {DATA}; RINGFENCE_FIELD_DATA says where")
        self.cast, self.count, self.why = cast, 0, ""
        for name in PLAYED:
            os.makedirs(os.path.dirname(os.path.join(cast.folder, name)), exist_ok=True)
            write_tone(os.path.join(cast.folder, name), 500, 8)
        if not os.path.exists(os.path.join(cast.folder, "pcap")):
            os.symlink(os.path.realpath(PCAPS), os.path.join(cast.folder, "pcap"))
        self.inside = Host(cast, "pbx", [PBX_AT + "/24"], [INSIDE + "/24"])
        self.outside = Host(cast, "carrier", [CARRIER_AT + "/30"], ["198.51.100.1/30"])
        ip("address", "replace", OUTSIDE + "/32", "dev", "lo")
        ip("route", "add", "default", "via", INSIDE, inside=self.inside.enter)
        ip("route", "add", "default", "via", "198.51.100.1", inside=self.outside.enter)
        self.answers = Answers(self.outside.interface)

    def begins_registry(self):
        """Takes every REGISTER, as Mitel's scenario does."""
        self.cast.start("registry", self.inside.enter + [
            "env", "TERM=dumb", "/usr/bin/sipp", *REGISTRY, "-i", PBX_AT, "-p", str(REGISTRY_PORT), "-nostdin"])

    def sipp(self, role, host, address, words, target=()):
        name = f"{self.count}-{role}"
        return self.cast.start(name, host.enter + [
            "env", "TERM=dumb", "/usr/bin/sipp", "-m", "1", *words, *target, "-i", address, "-p", "5060", "-nostdin",
            "-timeout", "22s", "-timeout_error", "-recv_timeout", "12000", "-trace_err", "-error_file",
            os.path.join(self.cast.folder, name + ".errors"),
            "-trace_msg", "-message_file", os.path.join(self.cast.folder, name + ".messages")])

    def passes(self, caller, callee, target):
        self.count += 1
        self.answers.heard()
        # The registry stands beside the border already, where REGISTERs go.
        is_registered = callee is REGISTRY and target == OUTSIDE
        answering = self.sipp("callee", self.inside, PBX_AT, callee)
        until(lambda: self.listens(answering) or not answering.is_running(), 5)
        calling = self.sipp("caller", self.outside, CARRIER_AT, caller, [f"{target}:5060", "-d", "600"])
        good = calling.wait(26) == 0
        good = (is_registered or answering.wait(6 if good else 0.1) == 0) and good
        for process in (calling, answering):
            process.stop()
            self.cast.processes.remove(process)
        errors = [line for role in ("caller", "callee") for line in self.text(f"{self.count}-{role}.errors").splitlines()
                  if line[:4] == time.strftime("%Y")]
        self.why = errors[0].split(": ", 1)[-1] if errors else "it does not come to its end"
        return good

    @staticmethod
    def listens(process):
        try:
            with open(f"/proc/{process.child.pid}/net/udp", encoding="ascii") as file:
                return any(line.split()[1].endswith(f":{5060:04X}") for line in file.readlines()[1:])
        except OSError:
            return False

    def text(self, name):
        try:
            with open(os.path.join(self.cast.folder, name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def drains(self):
        """Whatever is sent again to the PBX of a call that nobody there knows any more is answered."""
        answering = self.sipp("drain", self.inside, PBX_AT, ["-sf", f"{DATA}/docs/ooc_default.xml", "-m", "20"])
        answering.wait(5)
        answering.stop()
        self.cast.processes.remove(answering)

    def row(self, name, caller, callee):
        """One scenario through the border: what it came to, and the words for it."""
        rule = next((rule for part, rule in OTHERWISE.items() if part in name), None)
        # That it does not bear 100 stands in it: nothing is played of which a call would be left.
        is_bearing = rule and rule[0].startswith(NO_100)
        first = not is_bearing and self.passes(caller, callee, OUTSIDE)
        if not rule:
            return (PASSED, "") if first else (FAILED, self.why)
        why, status, inside = rule
        good = self.passes(bearing(self.cast.folder, caller), callee, OUTSIDE) if is_bearing else first
        answers = self.answers.heard()
        if not any(each == status and re.search(inside, text) for each, text in answers):
            return FAILED, f"no {status} ({why}), but {sorted({each for each, _ in answers})}: {self.why}"
        method = next((line for line in self.text(f"{self.count}-callee.messages").splitlines()
                       if line.split(" ")[0] in ("NOTIFY", "OPTIONS", "WITHOUTTO")), "")
        if first and status < 300 or method or (good and is_bearing and status == 488):
            return FAILED, f"passes, though it should not ({why}): {method}"
        if is_bearing and status != 488 and not good:
            return FAILED, f"{why}; where it bears 100 it fails still: {self.why}"
        if is_bearing:
            self.drains()
        return REFUSED, f"{status}: {why}" + ("; where it bears 100 it passes" if is_bearing and good else "")


@test("each of SIPp's scenarios that passes without the border passes through it, or is refused as decided")
def sipp_scenarios(cast):
    pair = Pair(cast)
    forward()
    rows = [row for row in pairs() if os.environ.get("RINGFENCE_LONG") or "crypto" not in row[0] or row[0].endswith("crypto_simple")]
    bare = {}
    for name, caller, callee in rows:
        bare[name] = "" if pair.passes(caller, callee, PBX_AT) else pair.why
    ringfence = Ringfence(cast, outside=OUTSIDE, inside=INSIDE, pbx=PBX_AT, more=MORE)
    with open(ringfence.config_path, encoding="utf-8") as file:
        text = file.read().replace("register-to office", "register-to registry")
    with open(ringfence.config_path, "w", encoding="utf-8") as file:
        file.write(text)
    pair.begins_registry()
    ringfence.start()
    through = {row[0]: pair.row(*row) for row in rows if not bare[row[0]]}
    ringfence.stop()
    for name, caller, callee in rows:
        outcome, words = through.get(name, (SKIPPED, f"fails without the border too: {bare[name]}"))
        if outcome == PASSED and pair.passes(caller, callee, OUTSIDE):
            outcome, words = FAILED, "passes though the border is dead"
        tell(f"sipp_scenarios {name}", outcome, words)
    failed = [name for name, (outcome, _) in through.items() if outcome == FAILED]
    check(not failed, f"otherwise through the border: {failed}")
    check(len(through) >= 10, f"only {len(through)} pass without the border, so little was shown")
