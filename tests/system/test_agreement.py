# SPDX-License-Identifier: Apache-2.0
"""One attack, three judges: the border that met it, `watch` on its wire, `analyse` over what
was recorded there. They must tell the same story."""

import json
import os
import sys
import tempfile

import harness
from harness import ROOT, check, test
from hosts import Host, forward, ip
from pbx import DOMAIN
from process import until
from ringfence import INSTALLED
from scanners import home, sipvicious
from stage import WEAK_PASSWORD, Stage

FOLDER = os.path.join(ROOT, "tests", "system")
ATTACKER, FENCE_OUTSIDE = "198.51.100.66", "198.51.100.1"
PBX_AT, FENCE_INSIDE = "10.0.0.20", "10.0.0.1"
VICTIM = "215"
# Of a network for examples; the last digits are the same, what stands before them is tried.
HUNTED = ["00353205550123", "011353205550123", "900353205550123", "9011353205550123", "810353205550123",
          "000353205550123", "80011353205550123", "7011353205550123"]


class Wire:
    """Ringfence between two hosts, with two observers on the wire outside."""

    def __init__(self, cast):
        self.cast = cast
        self.outside = Host(cast, "outside", [ATTACKER + "/24"], [FENCE_OUTSIDE + "/24"])
        self.inside = Host(cast, "inside", [PBX_AT + "/24"], [FENCE_INSIDE + "/24"])
        for host, gateway in ((self.outside, FENCE_OUTSIDE), (self.inside, FENCE_INSIDE)):
            ip("route", "add", "default", "via", gateway, inside=host.enter)
        self.stage = Stage(cast, ["200", "210", VICTIM], outside=FENCE_OUTSIDE, inside=FENCE_INSIDE, pbx=PBX_AT)
        self.stage.users[VICTIM] = WEAK_PASSWORD
        self.stage.place_apart(FENCE_OUTSIDE, PBX_AT, self.inside.enter)
        self.capture = os.path.join(cast.folder, "wire.pcap")

    def start(self):
        if harness.is_bare:
            forward()
        self.stage.start()
        self.recorder = self.cast.start("recorder", [sys.executable, os.path.join(FOLDER, "recorder.py"),
                                                     self.outside.interface, self.capture])
        check(until(lambda: "recording" in self.recorder.log(), 5), "the recorder does not record")
        # A path for a socket is short: the folder of the test may be too long for another one.
        self.socket = os.path.join(tempfile.mkdtemp(dir="/tmp"), "api.sock")
        self.config = os.path.join(self.cast.folder, "watch.conf")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"mode observe\nstore {{ sqlite {self.cast.folder}/watch.db }}\nweb {{ socket {self.socket} }}\n")
        self.watch = self.cast.start("watch", [INSTALLED, "watch", self.outside.interface, "-c", self.config])
        check(until(lambda: self.ask_watch("-o", "json", "status")[0] == 0, 15), "watch did not come up: "
              + self.watch.log())
        return self

    def ask_watch(self, *words):
        return self.run_cli("--socket", self.socket, *words)

    def run_cli(self, *words):
        process = self.cast.run("cli", [INSTALLED, *words], 60)
        return process.child.returncode, process.log()

    def stories(self):
        """{judge: (phases, outcome) of the attacker}"""
        self.recorder.stop()
        code, text = self.run_cli("analyse", "-o", "json", self.capture)
        check(code == 0, f"analyse ended with {code}: {text[-300:]}")
        return {"border": story(json.loads(self.stage.ringfence.ask("-o", "json", "incidents", "list")[1])),
                "watch": story(json.loads(self.ask_watch("-o", "json", "incidents", "list")[1])),
                "analyse": story(json.loads(text)["incidents"])}


def story(incidents):
    rows = incidents["items"] if isinstance(incidents, dict) else incidents
    mine = [row for row in rows if ATTACKER in str(row.get("source", "")) or ATTACKER in str(row.get("sources", ""))]
    phases = sorted({phase for row in mine for phase in row["phases"]})
    outcomes = {row["outcome"] for row in mine}
    return phases, "succeeded" if "succeeded" in outcomes else "failed" if "failed" in outcomes else \
        "unknown" if outcomes else None


def check_same(wire, wanted):
    check(wire.stage.ringfence, "nobody judged at the border")
    check(until(lambda: wanted <= set(story(json.loads(
        wire.stage.ringfence.ask("-o", "json", "incidents", "list")[1]))[0]), 60, pause=1),
        "the border tells no such incident: " + wire.stage.ringfence.ask("-o", "json", "incidents", "list")[1][-600:])
    check(until(lambda: len(set(map(str, wire.stories().values()))) == 1, 40, pause=2),
          f"they tell different stories: {wire.stories()}")
    check(wanted <= set(wire.stories()["analyse"][0]), f"not the whole story: {wire.stories()}")


def tool(wire):
    return wire.outside.enter


@test("svmap: border, watch and analyse tell the same", fails_bare=True)
def svmap_agreed(cast):
    wire = Wire(cast).start()
    cast.run("svmap", tool(wire) + sipvicious("svmap", ATTACKER) + ["-x", ATTACKER, wire.stage.address], 60, home(cast))
    check_same(wire, {"scan"})


# Where every user is met alike svwar gives up after its first test, so that its story is short.
@test("svwar: border, watch and analyse tell the same", fails_bare=True)
def svwar_agreed(cast):
    wire = Wire(cast).start()
    cast.run("svwar", tool(wire) + sipvicious("svwar", ATTACKER) + [
        "-e", "100-180", "-x", ATTACKER, "--maximumtime", "10", "--force", wire.stage.address], 120, home(cast))
    check_same(wire, {"scan"})


@test("svcrack: border, watch and analyse tell the same", fails_bare=True)
def svcrack_agreed(cast):
    wire = Wire(cast).start()
    cast.run("svcrack", tool(wire) + sipvicious("svcrack", ATTACKER) + [
        "-u", VICTIM, "-d", wire.stage.words(40, 100), "-x", ATTACKER, "--domain", DOMAIN, "--maximumtime", "6",
        wire.stage.address], 120, home(cast))
    check_same(wire, {"guess"})


@test("a hunt for prefixes: border, watch and analyse tell the same", fails_bare=True)
def hunt_agreed(cast):
    wire = Wire(cast).start()
    path = os.path.join(cast.folder, "numbers.csv")
    with open(path, "w", encoding="ascii") as file:
        file.write("SEQUENTIAL\n" + "".join(number + "\n" for number in HUNTED))
    cast.run("hunt", tool(wire) + ["/usr/bin/sipp", "-sf", os.path.join(FOLDER, "sipp", "hunt.xml"), wire.stage.address,
                                   "-i", ATTACKER, "-m", str(len(HUNTED)), "-r", "4", "-inf", path, "-nostdin",
                                   "-timeout", "60s"], 90)
    check_same(wire, {"dial"})
