# SPDX-License-Identifier: Apache-2.0
"""GROUND-TRUTH.tsv, read as expectations: which files, which sources, which detectors, which outcome."""

import csv
import fnmatch
import os
import re

import field

# What the people who labelled the data call it -> what we call it.
WORDS = (
    (r"\bscan|svmap", "scanner"),
    (r"svwar|enumerat|distinct users", "enumeration"),
    (r"crack|brute", "guessing"),
    (r"toll fraud", "toll-fraud"),
    (r"malformed|PoC|abnormal", "anomaly"),
)
OUTCOMES = ((r"password found", "succeeded"), (r"never answered", "failed"))
NOT_CAPTURES = ("fail2ban-logs", "crowdsec-hub", "maxmind-testdb", "passport")


class Row:
    """One line of the table."""

    def __init__(self, fields):
        self.pattern, self.verdict = fields["file"], fields["verdict"]
        self.what, self.who, self.detail = fields["what"], fields["who"] or "", fields["detail"] or ""

    @property
    def folder(self):
        return self.pattern.split("/")[0]

    @property
    def is_capture(self):
        return self.folder not in NOT_CAPTURES

    @property
    def files(self):
        """Paths that exist; a pattern without a folder belongs to the folder before it."""
        found, folder = [], ""
        for part in re.split(r",\s*", self.pattern):
            part = re.sub(r" family$", "*", part)
            part = part.replace(".pcap*", "*").replace(".pcap", ".pcap")
            if "/" in part:
                folder = part.rsplit("/", 1)[0]
            else:
                part = f"{folder}/{part}"
            found += [p for p in every_file() if fnmatch.fnmatch(p, part) or fnmatch.fnmatch(p, part.replace(".", "*", 1))]
        return sorted(set(found))

    @property
    def sources(self):
        """Addresses that are named; 192.0.2.1/.7 are two, and letters stand for what was blotted out."""
        found = []
        for match in re.finditer(r"(\d+\.\d+\.[\w]+\.)([\w]+)((?:/\.\w+)*)", self.who):
            for last in [match[2], *match[3].split("/.")]:
                if last:
                    found.append(str(field.CONVERTER.read_address(match[1] + last)[0]))
        for match in re.finditer(r"\b(\d+\.\d+\.\d+|\d+\.\d+)\.([A-Z])(?![\w.])", self.who):
            found.append(str(field.CONVERTER.read_address(f"{match[1]}.{match[2]}")[0]))
        return sorted(set(found))

    @property
    def detectors(self):
        return [name for pattern, name in WORDS if re.search(pattern, self.what + " " + self.detail.split(";")[0])]

    @property
    def outcome(self):
        return next((word for pattern, word in OUTCOMES if re.search(pattern, self.detail)), None)


_every = []


def every_file():
    """Paths below the data's folder."""
    if not _every:
        for folder, _, names in os.walk(field.DATA):
            _every.extend(os.path.relpath(os.path.join(folder, name), field.DATA) for name in names)
    return _every


def rows():
    with open(field.data_path("GROUND-TRUTH.tsv"), encoding="utf-8", newline="") as table:
        return [Row(fields) for fields in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)]
