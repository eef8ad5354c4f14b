# SPDX-License-Identifier: Apache-2.0
"""SIPp's own scenarios between a carrier and the PBX: what passes without the border passes through it."""

import glob
import os

from harness import ROOT, Skip, check, test
from hosts import Host, forward, ip
from office import INSIDE, OUTSIDE, PBX_AT
from ringfence import Ringfence, is_built

CARRIER_AT = "198.51.100.2"
DATA = os.path.join(ROOT, os.environ.get("RINGFENCE_FIELD_DATA", "../shared/data"), "sipp", "scenarios")
MORE = f"""\
peer carrier {{
    kind carrier
    side outside
    address {CARRIER_AT}:5060
}}
route {{ from carrier  to office }}
"""

# How a caller's scenario finds its callee's among those that Mitel gave to SIPp.
KINDS = {"apattern": "audio", "vpattern": "video", "bpattern": "both", "avpattern": "audiovideo"}

# What the border does otherwise on purpose, or the scenario does not bear from any B2BUA.
OTHERWISE = {
    "crypto": "SRTP is refused with 488",
    "docs/branch": "registers and calls under one Call-ID: these get two inside",
    "docs/regexp": "looks for the name in o=, which is not told",
    "github-0152": "a method that nobody knows gets 405",
    "github-0207": "a multipart body gets 415",
    "github-0234": "does not take 100 for an answer",
    "github-0238": "does not take 100 for an answer, and its 200 has no Contact",
    "github-0458": "does not take 100 for an answer",
}


def pairs():
    """(name, words for the caller, words for the callee)"""
    yield "built in", ["-sn", "uac"], ["-sn", "uas"]
    yield "docs/uac", ["-sf", f"{DATA}/docs/uac.xml"], ["-sf", f"{DATA}/docs/uas.xml"]
    yield "docs/branch", ["-sf", f"{DATA}/docs/branchc.xml"], ["-sf", f"{DATA}/docs/branchs.xml"]
    yield "docs/uac_pcap", ["-sf", f"{DATA}/docs/uac_pcap.xml"], ["-sf", f"{DATA}/docs/uas.xml"]
    yield "docs/regexp", ["-sf", f"{DATA}/docs/regexp.xml"], ["-sf", f"{DATA}/docs/uas.xml"]
    for caller in sorted(glob.glob(f"{DATA}/regress/*/uac*.xml")):
        callee = caller.replace("uac", "uas")
        if os.path.exists(callee):
            yield os.path.relpath(caller, DATA)[:-4], ["-sf", caller], ["-sf", callee]
    for caller in sorted(glob.glob(f"{DATA}/sipp_scenarios/pfca_uac*.xml")):
        name = os.path.basename(caller)
        for ours, theirs in KINDS.items():
            name = name.replace(f"uac_{ours}", f"uas_{theirs}")
        callee = os.path.join(os.path.dirname(caller), name.replace("pfca_uac.xml", "pfca_uas.xml"))
        if os.path.exists(callee):
            yield os.path.basename(caller)[:-4], ["-sf", caller], ["-sf", callee]


class Pair:
    def __init__(self, cast):
        if not is_built() or not os.access("/usr/bin/sipp", os.X_OK):
            raise Skip("SIPp or the program is not there")
        if not os.path.isdir(DATA):
            raise Skip(f"SIPp's scenarios are not at {DATA}; RINGFENCE_FIELD_DATA says where")
        self.cast, self.count = cast, 0
        self.inside = Host(cast, "pbx", [PBX_AT + "/24"], [INSIDE + "/24"])
        self.outside = Host(cast, "carrier", [CARRIER_AT + "/30"], ["198.51.100.1/30"])
        ip("address", "replace", OUTSIDE + "/32", "dev", "lo")
        ip("route", "add", "default", "via", INSIDE, inside=self.inside.enter)
        ip("route", "add", "default", "via", "198.51.100.1", inside=self.outside.enter)

    def sipp(self, role, host, address, words, target=()):
        name = f"{self.count}-{role}"
        return self.cast.start(name, host.enter + [
            "env", "TERM=dumb", "/usr/bin/sipp", *words, *target, "-i", address, "-p", "5060", "-m", "1", "-nostdin",
            "-timeout", "14s", "-timeout_error", "-recv_timeout", "9000", "-trace_err", "-error_file",
            os.path.join(self.cast.folder, name + ".errors")])

    def passes(self, caller, callee, target):
        self.count += 1
        answering = self.sipp("callee", self.inside, PBX_AT, callee)
        calling = self.sipp("caller", self.outside, CARRIER_AT, caller, [f"{target}:5060", "-d", "600"])
        good = calling.wait(18) == 0
        good = answering.wait(4 if good else 0.1) == 0 and good
        for process in (calling, answering):
            process.stop()
            self.cast.processes.remove(process)
        return good


@test("each of SIPp's scenarios that passes without the border passes through it")
def sipp_scenarios(cast):
    pair = Pair(cast)
    forward()
    rows = [row for row in pairs() if os.environ.get("RINGFENCE_LONG") or "crypto" not in row[0] or row[0].endswith("crypto_simple")]
    bare = {name: pair.passes(caller, callee, PBX_AT) for name, caller, callee in rows}
    ringfence = Ringfence(cast, outside=OUTSIDE, inside=INSIDE, pbx=PBX_AT, more=MORE)
    ringfence.start()
    through = {name: pair.passes(caller, callee, OUTSIDE) for name, caller, callee in rows if bare[name]}
    wrong = []
    for name, good in through.items():
        reason = next((why for part, why in OTHERWISE.items() if part in name), "")
        print(f"     {name}: {'passes' if good else 'fails'}" + (f" ({reason})" if reason else ""), flush=True)
        if good == bool(reason):
            wrong.append(name)
    print(f"     without the border these fail already: {sorted(name for name, good in bare.items() if not good)}", flush=True)
    check(len(through) >= 5, f"only {len(through)} pass without the border, so little was shown")
    ringfence.stop()
    pair.count = 1000
    check(not pair.passes(*rows[0][1:], OUTSIDE), "passes though the border is dead")
    check(not wrong, f"otherwise through the border: {wrong}")
