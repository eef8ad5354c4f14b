# SPDX-License-Identifier: Apache-2.0
"""Every capture there is is read, or refused in a sentence; single messages too; keys open what they should."""

import glob
import os
from concurrent.futures import ThreadPoolExecutor

import field

MESSAGES = ("*.sip", "*.dat", "*.raw", "*.msg")
AT_ONCE = 2


def every_capture():
    captures = field.all_captures()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        reports = list(pool.map(field.analyse, captures))
    bad = [f"{path}: exit {r.code} {r.complaint[-300:]}" for path, r in zip(captures, reports)
           if r.has_crashed or (r.code == 1 and not r.complaint.startswith("ringfence: "))]
    if bad:
        raise field.Failure("\n  ".join(bad))
    refused = [f"{os.path.basename(p)}: {r.complaint.strip()}" for p, r in zip(captures, reports) if r.code == 1]
    sip = sum(r.json["capture"]["sip_messages"] for r in reports if r.json)
    rtp = sum(r.json["capture"]["rtp_packets"] for r in reports if r.json)
    return "\n".join([f"{len(captures)} captures, {sip} SIP messages, {rtp} RTP packets", *refused])


def every_message():
    """All at once: a message that breaks the reader takes the others with it, and is looked for then."""
    paths = sorted(p for pattern in MESSAGES for p in glob.glob(os.path.join(field.DATA, "**", pattern), recursive=True))
    messages = []
    for path in paths:
        with open(path, "rb") as file:
            messages.append(file.read())
    report = field.analyse(field.capture_of(messages))
    if report.code == 0 and not report.has_crashed:
        return f"{len(paths)} messages, findings of {sorted(report.detectors())}"
    for path, message in zip(paths, messages):
        if field.analyse(field.capture_of([message])).has_crashed:
            raise field.Failure(f"{path} breaks the reader")
    raise field.Failure(report.complaint[-1000:])


def opens_with_key():
    """A key beside a capture opens more of it than is readable without."""
    keys = glob.glob(os.path.join(field.DATA, "*", "*.key"))
    told = []
    for key in keys:
        for path in field.all_captures():
            if os.path.dirname(path) != os.path.dirname(key):
                continue
            closed, opened = field.read(path), field.read(path, "--key", key)
            if "tls-without-key" not in closed.json["capture"]["skipped"]:
                continue
            before, after = closed.json["capture"]["sip_messages"], opened.json["capture"]["sip_messages"]
            if after <= before:
                raise field.Failure(f"{path}: {after} SIP messages with the key, {before} without")
            if opened.above_clean():
                raise field.Failure(f"{path}: flagged once it is open: {opened.above_clean()}")
            told.append(f"{os.path.basename(path)}: {before} SIP messages, {after} with the key")
    if not told:
        raise field.Skip("no capture with a key beside it")
    return "\n".join(told)


def tests():
    yield "every-capture", "reads every capture, or refuses it in a sentence", every_capture
    yield "every-message", "reads every single message that was collected to break readers", every_message
    yield "key-opens", "a server's key opens what it should", opens_with_key
