# SPDX-License-Identifier: Apache-2.0
"""What the field tests share: where the data is, running the analysis, captures of single messages."""

import importlib.machinery
import importlib.util
import ipaddress
import json
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TREE = os.path.join(ROOT, os.environ.get("RINGFENCE_FIELD_TREE", "build/gcc-san"))
DATA = os.path.join(ROOT, os.environ.get("RINGFENCE_FIELD_DATA", "../shared/data"))
PROGRAM = os.path.join(TREE, "src", "proc", "ringfence-analyse")
WORK = os.path.join(ROOT, "build", "field")

MAGICS = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d",
          b"\x0a\x0d\x0d\x0a", b"GMBU", b"\x34\xcd\xb2\xa1", b"\xa1\xb2\xcd\x34")


class Failure(Exception):
    """What is wrong, for a person."""


class Skip(Exception):
    """Why there was nothing to test."""


def load_script(name):
    path = os.path.join(ROOT, "script", name)
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


CONVERTER = load_script("to-capture")


class Report:
    """What came of one analysis."""

    def __init__(self, code, out, complaint):
        self.code, self.complaint = code, complaint
        self.json = json.loads(out) if code == 0 else None

    @property
    def has_crashed(self):
        return self.code not in (0, 1) or "Sanitizer" in self.complaint or "runtime error" in self.complaint

    def source(self, address):
        wanted = ipaddress.ip_address(address)
        for row in self.json["sources"]:
            text = row["address"]
            if "/" in text and wanted in ipaddress.ip_network(text) or text == str(wanted):
                return row
        return None

    def detectors(self, address=None):
        """Of one source, or of all."""
        rows = self.json["sources"] if address is None else filter(None, [self.source(address)])
        return {finding["detector"] for row in rows for finding in row["findings"]}

    def above_clean(self):
        return [row for row in self.json["sources"] if row["verdict"] != "clean"]


def analyse(capture, *options):
    """Of a path, or of bytes, which go in by standard input."""
    is_path = isinstance(capture, str)
    words = [PROGRAM, "-o", "json", "-q", *options, capture if is_path else "-"]
    done = subprocess.run(words, input=None if is_path else capture, capture_output=True, timeout=300, check=False)
    return Report(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace"))


def read(capture, *options):
    """The same of what must be readable."""
    report = analyse(capture, *options)
    if report.code != 0 or report.has_crashed:
        name = capture if isinstance(capture, str) else "capture"
        raise Failure(f"{name}: exit {report.code}: {report.complaint[-2000:]}")
    return report


def data_path(*parts):
    path = os.path.join(DATA, *parts)
    if not os.path.exists(path):
        raise Skip(f"{os.path.join(*parts)} is not there")
    return path


def all_captures():
    found = []
    for folder, _, names in os.walk(DATA):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                if file.read(4).startswith(MAGICS):
                    found.append(path)
    return sorted(found)


# --- Captures of single messages ---

ATTACKER, TARGET = ipaddress.ip_address("198.51.100.7"), ipaddress.ip_address("192.0.2.1")


def capture_of(messages):
    """Each message from an address of its own, a second apart; how to name the sources: address_of."""
    out = [CONVERTER.file_head()]
    for i, message in enumerate(messages):
        data = CONVERTER.datagram((address_of(i), 5060), (TARGET, 5060), message[:65000])
        out.append(CONVERTER.packet(1700000000 + i, data))
    return b"".join(out)


def address_of(number):
    return ipaddress.ip_address(int(ipaddress.ip_address("198.18.0.1")) + number)


def capture_of_log(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as log:
        return CONVERTER.convert(log.read(), (TARGET, 5060))[0]
