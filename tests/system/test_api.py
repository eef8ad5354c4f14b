# SPDX-License-Identifier: Apache-2.0
"""The API and the command line of a running Ringfence."""

import json
import os
import subprocess
import sys

from api import Api
from harness import Skip, check, test
from ringfence import INSTALLED, Ringfence, is_built

HERE = os.path.dirname(os.path.abspath(__file__))
NOBODY = 65534


def running(cast):
    if not is_built():
        raise Skip("the program is not built yet")
    ringfence = Ringfence(cast)
    ringfence.start()
    return ringfence


def cli(socket, *words):
    done = subprocess.run([INSTALLED, "--socket", socket, *words], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


@test("each command ends with the exit code that the interface promises")
def exit_codes(cast):
    socket = running(cast).socket_path
    for want, words in (
            (0, ["status"]), (0, ["version"]), (0, ["blocks", "add", "198.51.100.7", "--for", "2h"]),
            (0, ["blocks", "why", "198.51.100.7"]), (0, ["blocks", "remove", "198.51.100.7"]),
            (2, ["blocks", "add", "office.example"]), (2, ["bloks"]), (2, ["incidents", "list", "bad=1"]),
            (4, ["blocks", "add", "127.0.0.0/8"]), (5, ["blocks", "remove", "198.51.100.9"]),
            (5, ["calls", "show", "7"]), (5, ["blocks", "why", "192.0.2.99"])):
        code, _, said = cli(socket, *words)
        check(code == want, f"{' '.join(words)}: exit {code}, not {want}: {said}")
    code, _, said = cli(os.path.join(cast.folder, "absent.sock"), "status")
    check(code == 6 and said.count("\n") == 1, f"daemon away: exit {code}: {said}")


@test("every change stands in the audit trail with who and why")
def changes_are_audited(cast):
    socket = running(cast).socket_path
    cli(socket, "--reason", "seen in the log", "blocks", "add", "198.51.100.7")
    cli(socket, "blocks", "add", "127.0.0.0/8")
    _, text, _ = cli(socket, "-o", "json", "audit-trail", "list")
    lines = [(row["verb"], row["object"], row["result"], row["reason"]) for row in json.loads(text)]
    check(("blocks add", "198.51.100.7", "asked", "seen in the log") in lines, lines)
    check(("blocks add", "198.51.100.7", "done", "seen in the log") in lines, lines)
    check(("blocks add", "127.0.0.0/8", "is not allowed", "") in lines, lines)


@test("blocks and exceptions come back after a restart of all")
def blocks_come_back(cast):
    ringfence = running(cast)
    cli(ringfence.socket_path, "blocks", "add", "198.51.100.7", "--for", "2h")
    cli(ringfence.socket_path, "never-block", "add", "203.0.113.0/28")
    check(ringfence.stop() == 0, "it did not end well")
    ringfence.start()
    # The judge refuses what the exception protects: so both stand in the judge, not only in the store.
    check(cli(ringfence.socket_path, "blocks", "add", "203.0.113.5")[0] == 4, "the exception is gone")
    code, text, _ = cli(ringfence.socket_path, "blocks", "why", "198.51.100.7")
    check(code == 0 and "is blocked until" in text, f"the block is gone: {text}")


ASK_AS_NOBODY = """
import os, sys
sys.path.insert(0, sys.argv[1])
from api import Api
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
for method, target in (("GET", "/healthz"), ("GET", "/api/v1/status"), ("POST", "/api/v1/blocks"),
                       ("GET", "/api/v1/nothing"), ("DELETE", "/metrics")):
    print(Api(sys.argv[3]).ask(method, target, {} if method == "POST" else None)[0])
"""


@test("a user without a right learns whether it lives and nothing else")
def stranger_is_denied(cast):
    if os.geteuid() != 0:
        raise Skip("needs root to become another user")
    socket = running(cast).socket_path
    for folder in (os.path.dirname(socket), HERE):
        while len(folder) > 1 and not os.stat(folder).st_mode & 0o001:
            raise Skip(f"{folder} is closed to other users")
    done = subprocess.run([sys.executable, "-B", "-c", ASK_AS_NOBODY, HERE, str(NOBODY), socket], text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=60, check=False)
    check(done.stdout.split() == ["200", "403", "403", "403", "403"], done.stdout)


@test("no request can be smuggled in another, and a path leads nowhere else")
def requests_are_read_one_way(cast):
    api = Api(running(cast).socket_path)
    inner = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    for name, request, want in (
            ("two ways to end", b"POST /api/v1/blocks HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
             b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner, [400]),
            ("two lengths", b"POST /api/v1/blocks HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
             b"Content-Length: 40\r\n\r\n" + inner, [400]),
            ("a way out", b"GET /api/v1/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", [400]),
            ("an escaped way out", b"GET /api/v1/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", [400]),
            ("a long target", b"GET /" + b"a" * 2100 + b" HTTP/1.1\r\nHost: x\r\n\r\n", [414]),
            ("a large body", b"POST /api/v1/blocks HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n", [413]),
            ("as it should be", inner, [200])):
        got = api.raw(request)
        check(got == want, f"{name}: {got}")
