# SPDX-License-Identifier: Apache-2.0
"""Many calls between hosts of our own: outside 198.51.100.0/24, inside 10.0.0.0/24."""

import json
import os
import re
import socket
import struct

import harness
from harness import TREE, check, test
from hosts import Host, forward, ip
from phones import SCENARIOS
from pbx import DOMAIN
from process import until
from stage import Stage

CALLERS_AT, CALLEES_AT, FENCE_OUTSIDE = "198.51.100.10", "198.51.100.11", "198.51.100.1"
FENCE_INSIDE, PBX_AT = "10.0.0.1", "10.0.0.20"
CALLERS = [str(300 + number) for number in range(20)]
CALLEES = [str(400 + number) for number in range(20)]
CALLS_A_SECOND = 50
AUDIO_BYTES = 16000  # 2 s of G.711
WATCH = os.path.join(TREE, "tests", "system", "wire_watch")
IDENTIFIERS = re.compile(
    rb"(?:branch=|tag=)([^;>\s]+)|^(?:Call-ID|i)\s*:\s*(\S+)", re.I | re.M)


def number_of_calls():
    return 2000 if os.environ.get("RINGFENCE_LONG") else 250


class Load:
    """The two hosts, the office behind them, and SIPp on the outside."""

    def __init__(self, cast):
        self.cast = cast
        self.outside = Host(cast, "outside", [CALLERS_AT + "/24", CALLEES_AT + "/24"], [FENCE_OUTSIDE + "/24"])
        self.inside = Host(cast, "inside", [PBX_AT + "/24"], [FENCE_INSIDE + "/24"])
        for host, gateway in ((self.outside, FENCE_OUTSIDE), (self.inside, FENCE_INSIDE)):
            ip("route", "add", "default", "via", gateway, inside=host.enter)
        self.stage = Stage(cast, CALLERS + CALLEES, calls=1000, outside=FENCE_OUTSIDE,
                           inside=FENCE_INSIDE, pbx=PBX_AT)
        self.stage.place_apart(FENCE_OUTSIDE, PBX_AT, self.inside.enter)
        if harness.is_bare:
            forward()
        with open(os.path.join(cast.folder, "audio.raw"), "wb") as file:
            file.write(bytes(range(256)) * (AUDIO_BYTES // 256 + 1))

    def users(self, name, users, others):
        path = os.path.join(self.cast.folder, name + ".csv")
        with open(path, "w", encoding="ascii") as file:
            file.write("SEQUENTIAL\n")
            for user, other in zip(users, others):
                secret = self.stage.users[user]
                file.write(f"{user};[authentication username={user} password={secret}];{other}\n")
        return path

    def sipp(self, scenario, address, users, calls, *more):
        return self.outside.enter + [
            "/usr/bin/sipp", "-sf", os.path.join(SCENARIOS, scenario + ".xml"), self.stage.target,
            "-i", address, "-p", "5060", "-m", str(calls), "-inf", users, "-nostdin", "-key", "domain", DOMAIN,
            "-timeout", "300s", "-timeout_error", "-trace_err",
            "-error_file", os.path.join(self.cast.folder, scenario + ".errors"), *more]

    def register(self):
        for name, address, users in (("callers", CALLERS_AT, CALLERS), ("callees", CALLEES_AT, CALLEES)):
            path = self.users(name, users, reversed(CALLEES))
            process = self.cast.run(f"register-{name}", self.sipp("load_register", address, path, len(users),
                                                                  "-r", "5"), 120)
            check(process.child.returncode == 0, f"not all {name} could register, see {process.log_path}")

    def call(self, calls, calls_a_second=CALLS_A_SECOND):
        """How many calls SIPp counts as failed."""
        folder = self.cast.folder
        answering = self.cast.start("answering", self.sipp(
            "load_answer", CALLEES_AT, os.path.join(folder, "callees.csv"), calls, "-rtp_echo", "-mp", "6000"))
        calling = self.cast.run("calling", self.sipp(
            "load_call", CALLERS_AT, os.path.join(folder, "callers.csv"), calls, "-r", str(calls_a_second),
            "-l", "1000", "-d", "2300", "-mp", "20000",
            "-trace_screen", "-screen_file", os.path.join(folder, "calling.screen")), 400)
        answering.stop()
        found = re.search(r"Failed call\s*\|[^|]*\|\s*(\d+)", calling.log())
        return int(found.group(1)) if found and calling.child.returncode in (0, 1) else calls


def watch(cast, interface):
    process = cast.start(f"watch-{interface}", [
        WATCH, interface, os.path.join(cast.folder, interface + ".packets")])
    check(until(lambda: "watching" in process.log(), 5), f"cannot watch {interface}: {process.log()}")
    return process


def watched(process):
    process.stop()
    return json.loads(process.log().strip().splitlines()[-1])


def packets(cast, interface):
    """[(is sent by us, source, payload)]"""
    found = []
    with open(os.path.join(cast.folder, interface + ".packets"), "rb") as file:
        data = file.read()
    at = 0
    while at < len(data):
        length, source, _, _, _, is_sent = struct.unpack_from("!I4s4sHHB", data, at)
        at += 17
        found.append((bool(is_sent), socket.inet_ntoa(source), data[at:at + length]))
        at += length
    return found


def identifiers(found):
    return {first or second for _, _, payload in found for first, second in IDENTIFIERS.findall(payload)}


def check_hidden(outside, inside):
    for secret in (FENCE_INSIDE.encode(), PBX_AT.encode(), b"office-pbx"):
        shown = [payload for _, _, payload in outside if secret in payload]
        check(not shown, f"{secret.decode()} shows outside in {len(shown)} packets, like {shown[:1]}")
    shared = identifiers(outside) & identifiers(inside)
    check(not shared, f"{len(shared)} identifiers show on both sides, like {sorted(shared)[:3]}")


def named_drops(ringfence):
    """{reason: how many} of audio that came and did not leave: by media's counters, and by the
    system at ports whose call was over (their filter drops, and the system counts it)."""
    named = {name: count for name, count in ringfence.counters().items()
             if count and name.startswith(("media_dropped_", "media_send_failures"))}
    with open("/proc/net/udp", encoding="ascii") as file:
        rows = [line.split() for line in file.readlines()[1:]]
    at_ports = sum(int(row[12]) for row in rows if 20000 <= int(row[1].split(":")[1], 16) < 30000)
    return named | {"port_of_no_call": at_ports}


@test("calls at 50 a second between hosts: none fails, no audio is lost within, nothing inside shows outside",
      fails_bare=True)
def load_of_calls(cast):
    load = Load(cast)
    load.stage.start()
    load.register()
    watches = [watch(cast, host.interface) for host in (load.outside, load.inside)]
    calls = number_of_calls()
    failed = load.call(calls)
    outside, inside = [watched(process) for process in watches]
    print(f"     {calls} calls, {failed} failed; outside {outside}; inside {inside}")
    check(failed == 0, f"{failed} of {calls} calls failed, see {cast.folder}/load_call.errors")
    check(outside["missed"] == 0 and inside["missed"] == 0, "the watch itself missed packets")
    check_hidden(packets(cast, load.outside.interface), packets(cast, load.inside.interface))
    # SIPp sends 200 packets a call where it is given the time; what counts is that none of them is lost.
    check(outside["audio_in"] >= calls * 100, f"hardly any audio came: {outside}")
    entered = outside["audio_in"] + inside["audio_in"]
    left = outside["audio_out"] + inside["audio_out"]
    if harness.is_bare:
        return
    named = named_drops(load.stage.ringfence)
    print(f"     {entered} audio packets entered, {left} left; named: {named}")
    check(entered - left == sum(named.values()), f"{entered - left} audio packets are missing, named are {named}")
    counts = load.stage.ringfence.counters()
    check(2 * counts["commits"] < counts["records_committed"],
          f"{counts['commits']} commits of {counts['records_committed']} records: those of a moment do not share one")
