# SPDX-License-Identifier: Apache-2.0
"""SIPp's own scenarios, a caller's with its callee's, and what of them is adapted so that they can be
played through a border at all; each adaptation says itself in words."""

import dataclasses
import glob
import os
import re

from harness import ROOT

DATA = os.path.join(ROOT, os.environ.get("RINGFENCE_FIELD_DATA", "../shared/data"), "sipp", "scenarios")
REGISTRY = ["-sf", f"{DATA}/sipp_scenarios/mcd_register.xml"]
ANY = ["-sf", f"{DATA}/docs/ooc_default.xml"]

# How a caller's scenario finds its callee's among those that Mitel gave to SIPp.
KINDS = {"apattern": "audio", "vpattern": "video", "bpattern": "both", "avpattern": "audiovideo"}
LONG = 75  # seconds, of those that play six patterns in turn

# What the border refuses on purpose: (why, the answer that the caller gets, what stands in it).
CALLS_ALONE = "a carrier calls and asks for OPTIONS: its NOTIFY goes nowhere (RFC 3261, 21.4.4)"
MULTIPART = "a multipart body (RFC 3261, 8.2.3)"
NO_EVENT = "an event that nobody knows (RFC 6665, 8.3.2)"
REFUSED = {
    "docs/ooc_default": (CALLS_ALONE, 403, ""),
    "github-0018/notify-brackets": (CALLS_ALONE, 403, ""),
    "github-0034/notify-1234": (CALLS_ALONE, 403, ""),
    "github-0034/notify-manylf": (CALLS_ALONE, 403, ""),
    "github-0034/notify-nocrlf": (CALLS_ALONE, 403, ""),
    "github-0034/notify-withlf": (CALLS_ALONE, 403, ""),
    "github-0364/empty-keyword-allowed": (CALLS_ALONE, 403, ""),
    "github-0152/uac": ("a method that nobody knows (RFC 3261, 8.2.1)", 405, "\nAllow: "),
    "github-0207/uac": (MULTIPART, 415, "\nAccept:"),
    "github-0862/uac": (MULTIPART, 415, "\nAccept:"),
    "github-0034/notify-1234 from the PBX": (NO_EVENT, 489, ""),
    "github-0034/notify-withlf from the PBX": (NO_EVENT, 489, ""),
}

OFFER = """Content-Type: application/sdp
      Content-Length: [len]

      v=0
      o=user1 1 1 IN IP[local_ip_type] [local_ip]
      s=-
      c=IN IP[media_ip_type] [media_ip]
      t=0 0
      m=audio [media_port] RTP/AVP 0
      a=rtpmap:0 PCMU/8000
"""


@dataclasses.dataclass
class Played:
    """One row. `callee` is what answers without the border, `through` with it, where that is another."""

    name: str
    caller: list
    callee: list
    through: list = None
    words: str = ""  # what was adapted
    is_from_pbx: bool = False  # the PBX asks a phone that has registered
    seconds: int = 22


def bears_100(text):
    """After an INVITE that was sent, and before any other answer."""
    return re.sub(r'(<recv response="(?:200|404)" response_txn="invite"| *<recv response="200" rrs="true" response_txn="invite")',
                  r'<recv response="100" optional="true" response_txn="invite"/>\n  \1', text, count=1)


def with_body(start):
    """A body in the place of none, in the message that begins so."""
    def change(text):
        at = text.index(start)
        end = text.index("Content-Length: 0", at)
        return text[:end] + OFFER + text[end + len("Content-Length: 0"):]
    return change


def replaced(old, new):
    def change(text):
        if old not in text:
            raise ValueError(f"a scenario does not say {old}")
        return text.replace(old, new)
    return change


def without_register(text):
    """What answers the INVITE that follows."""
    return text[:text.index("<recv")] + text[text.index("<!-- Set variable 3"):]


def or_refused(text):
    """The NOTIFY of its own, whose answer may be 403; what follows in the call keeps the call's tag."""
    at = text.index("unrelated-notify")
    text = text[:at] + text[at:].replace('<recv response="200"/>', '<recv response="403" optional="true" next="9"/>\n'
                                         '  <recv response="200"/>\n  <label id="9"/>', 1).replace("[peer_tag_param]", "[$tag]")
    return text.replace('<recv response="200" rtd="true"></recv>', '<recv response="200" rtd="true"><action><ereg regexp="(;tag=[^;]*)"'
                        ' search_in="hdr" header="To:" assign_to="all,tag"/></action></recv>').replace(
                            "</scenario>", '<Reference variables="all"/></scenario>')


def lingers(text):
    """Who leaves at once takes the connection along, which its callee counts as a failure. Nothing is played
    meanwhile, for nobody plays it back."""
    at = text.rindex("</recv>") + len("</recv>")
    stops = "".join(f'<exec rtp_stream="pause{kind}"/>' for kind in ("apattern", "vpattern") if f'"{kind},' in text)
    stops = f"<nop><action>{stops}</action></nop>\n  " if stops else ""
    return text[:at] + f'\n  {stops}<timewait milliseconds="1500"/>' + text[at:]


def of_messages(text):
    return text.replace("Event: telephone-event", "Event: message-summary").replace(
        "audio/telephone-event", "application/simple-message-summary")


def to_phone(text):
    return text.replace("127.0.0.1:5070", "[service]@[remote_ip]:[remote_port]", 1).replace(
        "127.0.0.1:5070", "[local_ip]:[local_port]", 1).replace("sip:127.0.0.1:5070", "sip:[service]@[remote_ip]").replace(
        "127.0.0.1:5060", "[local_ip]:[local_port]")


class Pairs:
    """`folder` is where adapted scenarios are written."""

    def __init__(self, folder):
        self.folder = folder

    def adapted(self, name, *changes):
        with open(os.path.join(DATA, name), encoding="iso-8859-1") as file:
            text = file.read()
        for change in changes:
            text = change(text)
        path = os.path.join(self.folder, "adapted-" + name.replace("/", "-"))
        with open(path, "w", encoding="iso-8859-1") as file:
            file.write(text)
        return ["-sf", path]

    @staticmethod
    def scenario(name):
        return ["-sf", os.path.join(DATA, name)]

    def all(self):
        return [*self.documented(), *self.notifies(), *self.regressions(), *self.of_mitel()]

    def documented(self):
        uas = self.scenario("docs/uas.xml")
        yield Played("built in", ["-sn", "uac"], ["-sn", "uas"])
        yield Played("docs/uac", self.scenario("docs/uac.xml"), uas)
        yield Played("docs/uac_pcap", self.scenario("docs/uac_pcap.xml"), uas)
        yield Played("docs/branch", self.adapted("docs/branchc.xml", replaced("ua[call_number]", "ua2")),
                     self.scenario("docs/branchs.xml"), self.adapted("docs/branchs.xml", without_register),
                     "calls as ua2, whom its callee does not refuse; its REGISTER goes to the registry, so its callee begins with "
                     "the INVITE")
        yield Played("docs/regexp", self.adapted("docs/regexp.xml", replaced("o=([[:alnum:]]*)", "o=([-[:alnum:]]*)")), uas,
                     words="the name in o= may be '-', as the border writes it (RFC 8866, 5.2)")

    def notifies(self):
        names = ["regress/github-0018/notify-brackets", *(f"regress/github-0034/notify-{kind}" for kind in
                                                          ("1234", "manylf", "nocrlf", "withlf")),
                 "regress/github-0364/empty-keyword-allowed"]
        for name in ["docs/ooc_default", *names]:
            yield Played(name, [*self.scenario((names[0] if name == "docs/ooc_default" else name) + ".xml"), "-key", "keyword", ""], ANY)
        for name in names:
            # What has no body could tell of messages.
            change, words = (of_messages, ", and tells of messages") if not name.endswith(("1234", "withlf")) else (str, "")
            yield Played(f"{name} from the PBX", [*self.adapted(name + ".xml", to_phone, change), "-key", "keyword", ""], ANY,
                         words="goes from the PBX to a phone that has registered, by its Contact" + words, is_from_pbx=True)

    def regressions(self):
        for caller in sorted(glob.glob(f"{DATA}/regress/*/uac*.xml")):
            name = os.path.relpath(caller, DATA)
            callee = name.replace("uac", "uas")
            callee = self.scenario(callee) if os.path.exists(os.path.join(DATA, callee)) else ["-sn", "uas"]
            yield self.regression(name, callee)
        yield Played("regress/github-0103/uas-modified", ["-sn", "uac"], self.scenario("regress/github-0103/uas-modified.xml"))

    def regression(self, name, callee):
        row = Played(name[:-4], self.scenario(name), callee)
        if "0085" in name:
            row.caller = self.adapted(name, or_refused)
            row.callee, row.words = [*callee, "-aa"], "its NOTIFY may be answered 403; what follows in the call keeps the call's tag"
        elif "0152" in name:
            row.callee = self.adapted(name.replace("uac", "uas"), replaced(' chance="0.5"', ""))
        elif "0192" in name or "0196" in name:
            row.callee, row.words = [*callee, "-key", "custom_media_port", "7000"], "told a port for audio"
        elif "0458" in name:
            row.caller, row.words = self.adapted(name, bears_100), "bears 100 (RFC 3261, 17.2.1)"
        elif "0234" in name or "0238" in name or "0850" in name:
            row.caller = self.adapted(name, bears_100, with_body("ACK "))
            row.callee = self.adapted(name.replace("uac", "uas"), with_body("SIP/2.0 200"))
            row.words = "bears 100 (RFC 3261, 17.2.1); its 200 to an INVITE without an offer makes one (13.2.1)"
        return row

    def of_mitel(self):
        yield Played("uc360_register", self.scenario("sipp_scenarios/uc360_register.xml"), REGISTRY)
        for row in self.patterns(lambda name: "crypto" not in name, LONG):
            row.callee = [*row.callee, "-rtp_echo"]
            yield row

    def patterns(self, is_wanted, seconds, *changes):
        """Those that play patterns and look whether they come back."""
        for caller in sorted(glob.glob(f"{DATA}/sipp_scenarios/pfca_uac*.xml")):
            name = os.path.basename(caller)
            callee = name
            for ours, theirs in KINDS.items():
                callee = callee.replace(f"uac_{ours}", f"uas_{theirs}")
            callee = "sipp_scenarios/" + callee.replace("pfca_uac.xml", "pfca_uas.xml")
            if is_wanted(name) and os.path.exists(os.path.join(DATA, callee)):
                # Over the border each side has keys of its own: what is not offered here is not answered there.
                other = callee.replace("sha132", "sha180")
                is_changed = changes and other != callee and not callee.endswith("_ue.xml") and "null" not in callee
                yield Played(name[:-4], self.adapted(f"sipp_scenarios/{name}", *changes), self.scenario(callee),
                             self.scenario(other) if is_changed else None, seconds=seconds,
                             words=("stays until its callee is content" if changes else "")
                             + ("; its callee takes the suite of SHA1_80 that is offered to it" if is_changed else ""))
