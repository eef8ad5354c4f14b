# SPDX-License-Identifier: Apache-2.0
"""What other programs' own tests expect of the same captures, beside what we say.

A difference is no failure by itself, but each must be explained in differences.tsv,
and an explanation that no longer explains anything must go.
"""

import csv
import glob
import os
import re

import field

FOLDER = os.path.dirname(os.path.abspath(__file__))


def manifest():
    """Packets, SIP messages and RTP packets as whoever collected the files counted them."""
    with open(field.data_path("MANIFEST.tsv"), encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["packets"]]
    for row in rows:
        path = os.path.join(field.DATA, row["path"])
        if not os.path.exists(path):
            continue
        capture = field.read(path).json["capture"]
        for name, member in (("packets", "packets"), ("sip", "sip_messages"), ("rtp", "rtp_packets")):
            yield path, f"count of {name}", row[name], str(capture[member])


def ndpi():
    """Packets of flows that nDPI takes for SIP and RTP."""
    for expected in sorted(glob.glob(os.path.join(field.DATA, "ndpi-voip", "expected", "*.out"))):
        path = os.path.join(field.DATA, "ndpi-voip", os.path.basename(expected)[:-4])
        with open(expected, encoding="utf-8", errors="replace") as file:
            text = file.read()
        report = field.read(path)
        for name, member in (("SIP", "sip_messages"), ("RTP", "rtp_packets")):
            match = re.search(rf"^{name}\t(\d+)\t", text, re.M)
            yield path, f"packets of {name}", match[1] if match else "0", str(report.json["capture"][member])


def suricata():
    """SIP messages by direction, where a rule of Suricata's test matches every message."""
    for expected in sorted(glob.glob(os.path.join(field.DATA, "suricata-verify-sip", "*", "test.yaml"))):
        folder = os.path.dirname(expected)
        with open(expected, encoding="utf-8") as file:
            text = file.read()
        pcap = re.search(r"^pcap:\s*(\S+)", text, re.M)
        found = [os.path.join(folder, pcap[1])] if pcap else glob.glob(os.path.join(folder, "*.pcap"))
        if not found or not os.path.exists(found[0]):
            continue
        path = os.path.normpath(found[0])
        counts = [int(n) for n in re.findall(r"count:\s*(\d+)", text)]
        report = field.read(path)
        messages = report.json["capture"]["sip_messages"]
        if "sip.protocol" in rules(folder):
            yield path, "messages of both directions", str(counts[0]), str(messages)
        else:
            wanted = any(counts)
            yield path, f"{os.path.basename(folder)}: SIP is seen", "yes" if wanted else "no", "yes" if messages else "no"


def rules(folder):
    text = ""
    for path in glob.glob(os.path.join(folder, "*.rules")):
        with open(path, encoding="utf-8") as file:
            text += file.read()
    return text


def zeek_rows(path):
    names, rows = [], []
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#fields"):
                names = line.rstrip("\n").split("\t")[1:]
            elif not line.startswith("#"):
                rows.append(dict(zip(names, line.rstrip("\n").split("\t"))))
    return rows


def zeek():
    """Calls by Call-ID, and sources with a notice."""
    captures = {"wireshark": "wireshark.pcap", "invalid-content-length": "invalid-content-length.pcap"}
    for name, capture in captures.items():
        path = os.path.join(field.DATA, "zeek-sip", capture)
        for log in glob.glob(os.path.join(field.DATA, "zeek-sip", "expected", f"*.{name}", "sip.log")):
            wanted = {row["call_id"] for row in zeek_rows(log) if row.get("method") == "INVITE"}
            calls = {call["call_id"] for call in field.read(path).json["calls"]}
            yield path, "calls", str(len(wanted)), str(len(calls))
            yield path, "calls that both name", str(len(wanted)), str(len(wanted & calls))
    for log in sorted(glob.glob(os.path.join(field.DATA, "zeek-sip-attacks", "expected", "*", "notice.log"))):
        name = os.path.basename(os.path.dirname(log)).split(".", 1)[1]
        path = os.path.join(field.DATA, "zeek-sip-attacks", f"{name}.pcap")
        wanted = {row["src"] for row in zeek_rows(log) if row.get("src", "-") != "-"}
        flagged = {source["address"] for source in field.read(path).above_clean()}
        yield path, "sources with a notice", str(len(wanted)), str(len(flagged & wanted))
        yield path, "sources above clean", str(len(wanted)), str(len(flagged))


def explanations(origin):
    with open(os.path.join(FOLDER, "differences.tsv"), encoding="utf-8", newline="") as file:
        return {(row["capture"], row["what"]): row["why"]
                for row in csv.DictReader(file, delimiter="\t") if row["origin"] == origin}


def compare(origin, rows, is_long=False):
    """Prints what is compared; of long lists what differs. Origin: who says so."""
    known, used, lines, bad = explanations(origin), set(), [], []
    for path, what, theirs, ours in rows:
        name = os.path.relpath(path, field.DATA)
        key = (name, what)
        why = "" if theirs == ours else known.get(key, "NOT EXPLAINED")
        used.add(key) if why else None
        if theirs != ours or not is_long:
            lines.append(f"{name:70} {what:34} {theirs:>6} {ours:>6}  {why}".rstrip())
        if why == "NOT EXPLAINED":
            bad.append(f"{name}: {what}: {theirs} expected, {ours} said")
    stale = [key for key in known if key not in used]
    bad += [f"{name}: {what}: explained, but there is no difference any more" for name, what in stale]
    if bad:
        raise field.Failure("\n  ".join(bad))
    return "\n".join([f"{'capture':70} {'what':34} {'theirs':>6} {'ours':>6}", *lines])


def tests():
    yield ("beside-manifest", "what was counted when the data was collected, or a reason why not",
           lambda: compare("manifest", manifest(), is_long=True))
    for name, rows in (("ndpi", ndpi), ("suricata", suricata), ("zeek", zeek)):
        yield (f"beside-{name}", f"what {name}'s own tests expect, or a reason why not",
               lambda name=name, rows=rows: compare(name, rows()))
