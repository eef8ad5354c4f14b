# SPDX-License-Identifier: Apache-2.0
"""Ringfence as installed: started, asked and ended as an operator would."""

import collections
import http.client
import json
import os
import re
import socket
import subprocess

from pbx import DOMAIN, PBX_ADDRESS
from process import Failure, until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Another build's tree may be tried instead, by RINGFENCE_TREE=build/NAME.
TREE = os.path.join(ROOT, os.environ.get("RINGFENCE_TREE", "build/release"))
INSTALLED = os.path.join(TREE, "root", "usr", "bin", "ringfence")


OUTSIDE_ADDRESS, INSIDE_ADDRESS = "127.0.0.10", "127.0.0.11"
PROBE_USER = "ringfence-probe"

CONFIG = """\
mode {mode}
listen outside {{
    udp {outside}:5060 {outside_more}
}}
listen inside {{
    udp {inside}:5060 {inside_more}
}}
peer office {{
    kind pbx
    side inside
    address sip:{pbx}:5060
    {peer_more}
    domain {domain}
}}
subscribers {{
    domain {domain}
    register-to office
    probe-user {probe}
    {subscribers_more}
}}
numbers {{
    emergency 112 999
    {numbers}
}}
detector guessing {{
    {guessing}
}}
media {{
    ports 20000-29999
    calls {calls}
}}
store {{
    sqlite {folder}/ringfence.db
}}
web {{
    socket {socket}
}}
{more}"""


def is_built():
    return os.access(INSTALLED, os.X_OK)


def signal_workers():
    """How many the tests are to be run with: RINGFENCE_SIGNAL_WORKERS=N, for those that say nothing of it themselves."""
    return int(os.environ.get("RINGFENCE_SIGNAL_WORKERS", 1))


def shared_out(text):
    """That configuration with so many workers of signal."""
    if signal_workers() == 1 or re.search(r"^(signal|observe) \{", text, re.M):
        return text
    return f"{text}\nsignal {{\n    workers {signal_workers()}\n}}\n"


class Ringfence:
    """The installed program: started, asked and ended as an operator would."""

    def __init__(self, cast, **changes):
        self.cast, self.process = cast, None
        self.program = INSTALLED
        self.arguments = []  # of `ringfence run`, after the configuration
        self.last_status = None
        self.config_path = os.path.join(cast.folder, "ringfence.conf")
        self.socket_path = os.path.join(cast.folder, "api.sock")
        words = {"mode": "block", "outside": OUTSIDE_ADDRESS,
                 "inside": INSIDE_ADDRESS, "pbx": PBX_ADDRESS, "domain": DOMAIN, "probe": PROBE_USER,
                 "guessing": "block", "more": "", "numbers": "", "outside_more": "", "inside_more": "",
                 "peer_more": "", "subscribers_more": "", "calls": 100, "folder": cast.folder,
                 "socket": self.socket_path}
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(shared_out(CONFIG.format(**{**words, **changes})))

    def command(self):
        return [self.program, "run", "-c", self.config_path] + self.arguments

    def start(self):
        if not is_built():
            raise Failure(f"{os.path.relpath(INSTALLED, ROOT)} is not built")
        self.process = self.cast.start("ringfence", self.command())
        if not until(self.is_ready, 15, pause=0.1):
            raise Failure(f"Ringfence did not come up within 15 s, see {self.process.log_path}; "
                          f"its status is {self.last_status}\n" + self.last_words())

    def stop(self):
        """Ends it as a service manager would; its exit code."""
        code = self.process.stop()
        self.cast.processes.remove(self.process)
        return code

    def is_ready(self):
        if not self.process.is_running():
            raise Failure(f"Ringfence ended at once, see {self.process.log_path}\n" + self.last_words())
        self.last_status = self.ask("-o", "json", "status")
        return self.last_status[0] == 0 and '"state": "ready"' in self.last_status[1].split("processes")[0]

    def last_words(self):
        return "\n".join("    " + line for line in self.process.log().splitlines()[-5:])

    def ask(self, *words):
        """(exit code, text) of `ringfence WORDS`."""
        try:
            done = subprocess.run([self.program, "--socket", self.socket_path] + list(words), stdin=subprocess.DEVNULL, timeout=10,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        except subprocess.TimeoutExpired:
            return -1, "no answer within 10 s"
        return done.returncode, done.stdout.decode("utf-8", "replace").rstrip()

    def rows(self, *words):
        """The machine's form of a list, as Python values."""
        code, text = self.ask("-o", "json", *words)
        if code != 0:
            raise Failure(f"ringfence {' '.join(words)} ended with {code}: {text}")
        try:
            return json.loads(text)
        except ValueError:
            raise Failure(f"ringfence {' '.join(words)} wrote no JSON: {text[:200]}") from None

    def counters(self):
        """{name: count over all processes}, as /metrics tells them."""
        found = collections.Counter()
        for name, _, count in self.metrics():
            found[name] += count
        return found

    def counters_by_process(self, wanted):
        """{process: its count of that}"""
        return {process: count for name, process, count in self.metrics() if name == wanted}

    def metrics(self):
        connection = http.client.HTTPConnection("ringfence")
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(10)
        connection.sock.connect(self.socket_path)
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
        connection.close()
        rows = (re.match(r'ringfence_(\w+?)_total\{process="([^"]*)"\} (\d+)$', line) for line in lines)
        return [(row.group(1), row.group(2), int(row.group(3))) for row in rows if row]

    def parent(self):
        """Process id of the parent: the one that was started, or who took over from it while it waits."""
        first = self.process.child.pid
        return self.children_of(first).get("parent", first)

    def children(self):
        """{role: process id} of the processes that the parent has started, signal-2 that of signal's second worker."""
        return self.children_of(self.parent())

    def workers(self, role):
        """Process ids of all children that do the same."""
        return [number for name, number in self.children().items() if re.fullmatch(rf"(ringfence-)?{role}(-[0-9]+)?", name)]

    @staticmethod
    def children_of(parent):
        found = {}
        for number in sorted(int(name) for name in os.listdir("/proc") if name.isdigit()):
            try:
                with open(f"/proc/{number}/stat", encoding="ascii") as file:
                    name, words = file.read().split("(", 1)[1].rsplit(")", 1)
                if int(words.split()[1]) != parent:
                    continue
                role = os.path.basename(os.readlink(f"/proc/{number}/exe")).removesuffix(" (deleted)")
            except (OSError, IndexError):
                continue
            found[name if name.startswith(role + "-") else role] = number
        return found
