# SPDX-License-Identifier: Apache-2.0
"""What the table says must be found is found, and what it says is harmless stays unflagged.

Each attack is looked at again with the detector switched off that found it: the
finding must be gone then, else the test proves nothing.
"""

import glob
import json
import os
import re

import field
import truth

# Of the messages of a corpus of single ones, this many of a hundred must be named.
LEAST_NAMED = 95


def recorded(row):
    """The message of a row of a collection whose parts are parted by byte 30 (octal) and
    filled up with a byte C0 and zeros. Where the body was not recorded, its length was."""
    message = row["buffers"].encode("latin-1", "replace").rstrip(b"0")
    message = message[:-1] if message.endswith(b"\xc0") else message
    return message.replace(b"\x18", b"").ljust(row["udp_len"] - 8, b"x")


def inputs_of(path):
    """Captures that stand for the file: itself, a log converted, or its single messages."""
    if path.endswith(".json"):
        with open(path, encoding="utf-8") as file:
            rows = json.load(file)["dataset"]
        return field.capture_of([recorded(row) for row in rows]), len(rows)
    if path.endswith(".sip"):
        return conversation(story_of(path)), 1
    if path.endswith(".txt"):
        return field.capture_of_log(path), 0
    return path, 0


def sent_by(message):
    """Host and port of the topmost Via; of a response that is who asked."""
    match = re.search(rb"(?im)^via\s*:\s*SIP/2\.0/\w+\s+([^;,\s]+)", message)
    return match[1] if match else b""


def conversation(paths):
    """Messages of one story, in order: whose request came first is the first address."""
    out, caller = [field.CONVERTER.file_head()], None
    for i, path in enumerate(paths):
        with open(path, "rb") as file:
            message = file.read()
        caller = caller or sent_by(message)
        is_response = message.startswith(b"SIP/2.0")
        is_callers = (sent_by(message) == caller) != is_response
        ends = (field.address_of(0), 5060), (field.TARGET, 5060)
        data = field.CONVERTER.datagram(*(ends if is_callers else ends[::-1]), message)
        out.append(field.CONVERTER.packet(1700000000 + i, data))
    return b"".join(out)


def story_of(path):
    """The paths NAME-1, NAME-2 ... that belong together; all but the first name of them: none."""
    match = re.fullmatch(r"(.*-)(\d+)(\.sip)", path)
    if not match:
        return [path]
    found = sorted(p for p in glob.glob(glob.escape(match[1]) + "*" + match[3])
                   if re.fullmatch(re.escape(match[1]) + r"\d+" + re.escape(match[3]), p))
    return found if found[0] == path else []


def check_messages(row, report, count):
    """Single messages, each from a source of its own."""
    named = sum(1 for i in range(count)
                if set(row.detectors) & report.detectors(str(field.address_of(i))))
    if named * 100 < count * LEAST_NAMED:
        raise field.Failure(f"{named} of {count} messages are named, {100 * named / count:.1f} %")
    return f"{named} of {count} messages named"


def check_sources(row, report):
    missing = []
    for address in row.sources:
        source = report.source(address)
        if source is None or source["verdict"] == "clean":
            missing.append(f"{address} is {source['verdict'] if source else 'not listed'}")
        elif row.outcome and source["outcome"] != row.outcome:
            missing.append(f"{address}: outcome {source['outcome']}, not {row.outcome}")
    found = set().union(*(report.detectors(address) for address in row.sources)) if row.sources else report.detectors()
    missing += [f"nothing of {name}" for name in row.detectors if name not in found]
    if missing:
        raise field.Failure("; ".join(missing))
    return ", ".join(f"{s['address']} {s['verdict']} {s['outcome']}" for s in report.above_clean()[:4])


def detect(row, path):
    capture, count = inputs_of(path)
    report = field.read(capture)
    if not row.detectors and not row.sources:
        if not report.json["capture"]["skipped"] and not report.detectors():
            raise field.Failure("nothing malformed was counted")
        return f"skipped {report.json['capture']['skipped']}, findings of {sorted(report.detectors())}"
    return check_messages(row, report, count) if count else check_sources(row, report)


def detect_without(row, path, detector):
    """The same with that detector switched off must come to nothing."""
    config = os.path.join(field.WORK, f"without-{detector}.conf")
    with open(config, "w", encoding="ascii") as file:
        file.write(f"detector {detector} off\n")
    capture, _ = inputs_of(path)
    if detector in field.read(capture, "-c", config).detectors():
        raise field.Failure(f"{detector} is off and finds all the same")


def must_not(path):
    flagged = field.read(path).above_clean()
    if flagged:
        raise field.Failure("; ".join(
            f"{s['address']} {s['verdict']} {s['score']}: " + ", ".join(f["evidence"] for f in s["findings"])
            for s in flagged))


def is_input(path):
    return path.endswith((".json", ".sip", ".txt")) or path in field.all_captures()


def skip_log():
    raise field.Skip("a log or a table, no capture: nothing here reads it yet")


def name_of(kind, path):
    return f"{kind}-{os.path.basename(path)}"


def tests():
    for row in truth.rows():
        if not row.is_capture:
            yield f"row-{row.folder}", f"{row.verdict}: {row.what}", skip_log
            continue
        for relative in row.files:
            path = os.path.join(field.DATA, relative)
            if not is_input(path) or (path.endswith(".sip") and not story_of(path)):
                continue
            if row.verdict.startswith("DETECT"):
                yield (name_of("detect", path), f"names who did it and how: {row.what}",
                       lambda row=row, path=path: detect(row, path))
                for detector in row.detectors:
                    yield (name_of(f"without-{detector}", path), f"finds no {detector} when that is switched off",
                           lambda row=row, path=path, detector=detector: detect_without(row, path, detector))
            elif row.verdict.startswith("MUST-NOT"):
                yield (name_of("must-not", path), "flags nobody above clean", lambda path=path: must_not(path))
