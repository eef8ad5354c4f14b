# SPDX-License-Identifier: Apache-2.0
"""ringfence doctor: content with what is well, and finding what was put in the way."""

import json
import os
import socket
import subprocess

from harness import Skip, check, test
from pbx import PBX_ADDRESS, Pbx, password_of
from process import until
from ringfence import INSTALLED, OUTSIDE_ADDRESS, PROBE_USER, Ringfence, is_built

INSIDE_REALM = "10.1.2.3"
NOBODY = 65534


def a_ringfence(cast, **changes):
    if not is_built():
        raise Skip("the program is not built yet")
    return Ringfence(cast, **changes)


def a_pbx(cast, **changes):
    pbx = Pbx(cast, PBX_ADDRESS, users={"200": password_of("200"), PROBE_USER: "5ab1e07c44d9"}, **changes)
    pbx.start()
    return pbx


def visit(ringfence):
    """(exit code, {(level, id): [what]}) of a visit with the configuration's file."""
    code, text = ringfence.ask("-o", "json", "doctor", "-c", ringfence.config_path)
    found = {}
    for row in json.loads(text):
        check(row["level"] == "ok" or (row["why"] and row["remedy"]), f"no remedy: {row}")
        found.setdefault((row["level"], row["id"]), []).append(row["what"])
    return code, found


def visited(ringfence, wanted):
    """The first visit that finds it: learning a PBX takes some seconds."""
    last = []

    def is_found():
        last[:] = visit(ringfence)
        return wanted in last[1]
    check(until(is_found, 10, pause=0.3), f"{wanted} is not among {last}")
    return last


@test("doctor is content with a setup that works, and knows its own ports from others'")
def doctor_is_content(cast):
    a_pbx(cast)
    ringfence = a_ringfence(cast)
    ringfence.start()
    code, found = visited(ringfence, ("ok", "refusal"))
    check(code == 0 and not [level for level, _ in found if level == "fault"], f"exit {code}: {found}")
    for wanted in ("configuration", "media-ports", "seccomp", "memory-seals", "processes", "pbx-answers",
                   "challenge", "probe-user", "realm", "store", "mode", "rings", "limits"):
        check(("ok", wanted) in found, f"{wanted} is not well: {found}")
    check(all("the Ringfence that runs" in what for what in found["ok", "listen-port"])
          and len(found["ok", "listen-port"]) == 2, found)
    code, text = ringfence.ask("-o", "csv", "doctor", "headers")
    check(code == 0 and text.startswith("direction,header,from,to,count"), f"exit {code}: {text}")


@test("doctor names the program that holds a port, before anything starts")
def doctor_finds_a_taken_port(cast):
    ringfence = a_ringfence(cast)
    code, found = visit(ringfence)
    check(code == 0 and len(found["ok", "listen-port"]) == 2 and ("warning", "service") in found,
          f"exit {code}: {found}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((OUTSIDE_ADDRESS, 5060))
        code, found = visit(ringfence)
    what = found.get(("fault", "listen-port"), [""])
    check(code == 1 and len(what) == 1 and OUTSIDE_ADDRESS in what[0] and f"process {os.getpid()})" in what[0],
          f"exit {code}: {found}")


@test("doctor looks at the ports of connections too: free, its own, and another program's")
def doctor_examines_streams(cast):
    a_pbx(cast)
    ringfence = a_ringfence(cast, outside_more=f"\n    tcp {OUTSIDE_ADDRESS}:5060")
    code, found = visit(ringfence)
    place = f"tcp {OUTSIDE_ADDRESS}:5060"
    check(code == 0 and f"{place} is free" in found["ok", "listen-port"], f"exit {code}: {found}")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.bind((OUTSIDE_ADDRESS, 5060))
        taken.listen(1)
        code, found = visit(ringfence)
    what = found.get(("fault", "listen-port"), [""])
    check(code == 1 and len(what) == 1 and what[0].startswith(place) and f"process {os.getpid()})" in what[0],
          f"exit {code}: {found}")
    ringfence.start()
    with socket.create_connection((OUTSIDE_ADDRESS, 5060)):
        code, found = visited(ringfence, ("ok", "refusal"))
    check(f"{place} is held by the Ringfence that runs" in found["ok", "listen-port"] and code == 0, f"exit {code}: {found}")


def doubts(cast, *lines):
    """What config check says of the peer with these lines; it holds the file for valid."""
    ringfence = a_ringfence(cast, peer_more="\n    ".join(lines))
    code, text = ringfence.ask("config", "check", "-c", ringfence.config_path)
    check(code == 0 and ": valid" in text, f"exit {code}: {text}")
    with open(ringfence.config_path, encoding="utf-8") as file:
        places = {line.strip(): number for number, line in enumerate(file, 1)}
    return [line for line in text.splitlines() if line.startswith("warning: ")], places


@test("config check warns where a peer's requests are used up before the calls that it may begin")
def config_check_doubts(cast):
    limit, requests = "at-most 200 new calls per second", "requests 1000 in 2s"
    said, places = doubts(cast, limit, requests)
    check(len(said) == 1 and f":{places[limit]}:" in said[0] and f":{places[requests]})" in said[0]
          and "write `requests`" in said[0], f"{said}, {places}")
    limit = "at-most 4000 new calls per second"  # beyond the 10,000 requests of who writes none
    said, places = doubts(cast, limit)
    check(len(said) == 1 and f":{places[limit]}:" in said[0], f"{said}, {places}")
    for lines in ((), (requests,), ("at-most 166 new calls per second", requests), ("at-most 3000 new calls per second",),
                  ("at-most 4000 new calls per second", "requests 16000 in 1s"), ("at-most 4000 calls at once",)):
        check(doubts(cast, *lines)[0] == [], f"{lines} are warned of")


@test("doctor finds a PBX that is away, and in mode observe reminds of it")
def doctor_finds_an_absent_pbx(cast):
    ringfence = a_ringfence(cast, mode="observe")
    ringfence.start()
    code, found = visited(ringfence, ("fault", "pbx-answers"))
    check(code == 1 and ("note", "mode") in found, f"exit {code}: {found}")


@test("doctor warns of a realm that is an address of the inside, and of a PBX without a probe user")
def doctor_warns_of_a_realm(cast):
    a_pbx(cast, domain=INSIDE_REALM)
    ringfence = a_ringfence(cast, probe="not-" + PROBE_USER)
    ringfence.start()
    code, found = visited(ringfence, ("warning", "probe-user"))
    check(code == 0 and ("warning", "challenge") in found, f"exit {code}: {found}")
    ringfence.stop()
    ringfence = a_ringfence(cast)
    ringfence.start()
    code, found = visited(ringfence, ("warning", "realm"))
    check(code == 0 and INSIDE_REALM in found["warning", "realm"][0], f"exit {code}: {found}")


@test("doctor's exit code tells a mistake from a file that is not there and from a service that is away")
def doctor_exit_codes(cast):
    ringfence = a_ringfence(cast)
    code, text = ringfence.ask("doctor", "headers")
    check(code == 6, f"no service: exit {code}: {text}")
    code, text = ringfence.ask("doctor", "-c", ringfence.config_path + ".absent")
    check(code == 5, f"no file: exit {code}: {text}")
    with open(ringfence.config_path, "a", encoding="utf-8") as file:
        file.write("nonsense\n")
    code, found = visit(ringfence)
    check(code == 1 and "nonsense" in found["fault", "configuration"][0], f"exit {code}: {found}")


@test("doctor finds no fault where it only may not look")
def doctor_without_rights(cast):
    if os.geteuid() != 0:
        raise Skip("needs root to become another user")
    ringfence = a_ringfence(cast)
    folder = os.path.dirname(os.path.abspath(INSTALLED))
    while len(folder) > 1:
        if not os.stat(folder).st_mode & 0o001:
            raise Skip(f"{folder} is closed to other users")
        folder = os.path.dirname(folder)
    os.chmod(ringfence.config_path, 0o644)
    ringfence.start()
    for mode, want in ((0o644, 0), (0o600, 4)):
        os.chmod(ringfence.config_path, mode)
        done = subprocess.run([INSTALLED, "--socket", ringfence.socket_path, "doctor", "-c", ringfence.config_path],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              user=NOBODY, group=NOBODY, extra_groups=[], timeout=20, check=False, text=True)
        check(done.returncode == want and "service-right" in done.stdout and "fault" not in done.stdout,
              f"exit {done.returncode}, not {want}: {done.stdout}")
