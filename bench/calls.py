# SPDX-License-Identifier: Apache-2.0
"""What a call costs while others stand: memory of each, and processor time of a short one.

Four parts, each in one run of its program, so that figures are ratios:

The border alone (bench-border --standing, no sockets) with 100 to 50,000 calls: memory of
signal and its checkpoint.
The service with open media ports and 100 to 4,000 calls between SIPp's ends: proportional set
size of all processes, rings and checkpoint with it. Calls end where no packet comes for long,
so `timeout` is raised: no audio flows, which needs no memory of its own.

The service on one core, and calls that offer no stream and need no port: 100 to 50,000 of them
over the wire, with bench-rate for both ends on another core. And the same, none of which stands, while
the service has heard from 1,000 to 1,000,000 strangers.

First short calls warm it up for longer than transactions live, at the rate that is measured.

    calls.py [--part border|service|wire|sources] [--rate N]
"""

import argparse
import os
import re
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import time

import b2bua
import rate as one_core
from b2bua import FOLDER, INSTALLED, NUMBER, OUTSIDE, PBX, ROOT, RINGFENCE, SCENARIOS
from hosts import enter_namespace
from process import Cast, Failure, until
from ringfence import is_built

MOST_BYTES, MOST_OF_FIRST = 8192, 1.15
CROWDS, ROUNDS, ROUND_S, WARM_S = (100, 1000, 4000), 3, 5, 36
WIRE_CROWDS, WIRE_RATE, WIRE_ROUND_S, WIRE_CALLS = (100, 4000, 50000), 2000, 3, "56000 with-media 100"
SHORT = "127.0.0.2"
IP_PKTINFO = 8  # linux/in.h; Python has no name for it
SOURCES, STRANGERS = (1000, 100000, 1000000), 0x7F400000  # 127.64.0.0 on
KNOCK = (b"OPTIONS sip:100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.64.0.1:5060;branch=z9hG4bK%d;rport\r\n"
         b"From: <sip:100@127.0.0.1>;tag=1\r\nTo: <sip:100@127.0.0.1>\r\nCall-ID: knock\r\nCSeq: 1 OPTIONS\r\n"
         b"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n")
CARRIER = """\
peer {name} {{
    kind carrier
    side outside
    address {address}:5060
    at-most 20000 calls at once, 20000 new calls per second
}}
route {{ from {name} to office }}
"""


def judge(title, rows):
    """rows: (calls, bytes of one beyond the first crowd, time of a short call). Whether the gates are met."""
    first = rows[0][2]
    is_met = True
    for calls, size, spent in rows:
        is_fine = size <= MOST_BYTES and spent <= MOST_OF_FIRST * first
        is_met &= is_fine
        print(f"{title}: {calls:6} calls stand, {size:5.0f} bytes each (at most {MOST_BYTES}), a short one "
              f"{spent * 1000:.4f} ms, {spent / first:.2f} of the first (at most {MOST_OF_FIRST})"
              f"{'' if is_fine else ': MISSED'}", flush=True)
    return is_met


def border():
    program = os.path.join(ROOT, "build", "bench", "bench", "bench-border")
    done = subprocess.run([program, "--standing"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
    rows = [line.split() for line in done.stdout.decode().splitlines()]
    return judge("border", [(int(calls), int(size), int(spent) / 1e9) for calls, size, spent in rows])


class Service:
    def __init__(self, cast, rate):
        self.cast, self.rate, self.place = cast, rate, 0
        config = os.path.join(cast.folder, "ringfence.conf")
        words = {**b2bua.words_of("udp", 4500), "carrier": SHORT}
        text = RINGFENCE.format(folder=cast.folder, **words)
        text = text.replace("    calls 4500\n", "    calls 4500\n    timeout 1h\n")
        text += "".join(CARRIER.format(name=f"crowd{place}", address=self.crowd_address(place))
                        for place in range(len(CROWDS)))
        with open(config, "w", encoding="ascii") as file:
            file.write(text)
        self.process = cast.start("ringfence", [INSTALLED, "run", "-c", config])
        if not until(lambda: b2bua.listens("udp") or not self.process.is_running(), 30) or \
                not self.process.is_running():
            raise Failure(f"ringfence does not listen, see {self.process.log_path}")
        cast.start("answering", [*self.sipp("callee.xml", PBX), "-timeout", "3000"])

    @staticmethod
    def crowd_address(place):
        return f"127.0.0.{30 + place}"

    def sipp(self, scenario, address):
        return ["/usr/bin/sipp", "-t", "u1", "-nostdin", "-buff_size", "4000000", "-p", "5060",
                "-sf", os.path.join(SCENARIOS, scenario), "-i", address, "-trace_stat", "-fd", "1",
                "-stf", os.path.join(self.cast.folder, address + ".csv")]

    def counted(self, address, name):
        """SIPp's own count so far."""
        try:
            with open(os.path.join(self.cast.folder, address + ".csv"), encoding="ascii") as lines:
                names, *_, last = [line.rstrip("\n").split(";") for line in lines]
            return int(dict(zip(names, last))[name])
        except (OSError, ValueError, KeyError):
            return 0

    def stand(self, count):
        address = self.crowd_address(self.place)
        self.place += 1
        self.cast.start("crowd" + address, [*self.sipp("caller.xml", address), "-s", NUMBER, "-r", str(self.rate),
                                            "-m", str(count), "-l", "20000", "-d", "3000000",
                                            "-timeout", "3000", OUTSIDE + ":5060"])
        if not until(lambda: self.counted(address, "OutgoingCall(C)") >= count, 60 + 3 * count / self.rate, 0.5):
            raise Failure(f"not all of {count} calls began")
        until(lambda: False, 3)
        if self.counted(address, "FailedCall(C)"):
            raise Failure("some of the calls that are to stand have failed")

    def short(self, seconds):
        """Processor seconds of one."""
        before, calls = self.process.cpu_seconds(), self.rate * seconds
        self.cast.run("calling", [*self.sipp("caller.xml", SHORT), "-s", NUMBER, "-r", str(self.rate), "-m",
                                  str(calls), "-l", "20000", "-d", "0", "-timeout", "200", OUTSIDE + ":5060"], 250)
        spent = self.process.cpu_seconds() - before
        succeeded = self.counted(SHORT, "SuccessfulCall(C)")
        if succeeded < calls * 0.995:
            raise Failure(f"only {succeeded} of {calls} calls succeeded")
        return spent / calls


def memory(process):
    """Of all processes, what they share once; {name: bytes}."""
    found = {}
    for name in os.listdir("/proc"):
        try:
            if not name.isdigit() or os.getpgid(int(name)) != process.child.pid:
                continue
            with open(f"/proc/{name}/smaps_rollup", encoding="ascii") as file:
                size = int(re.search(r"^Pss: +(\d+)", file.read(), re.M).group(1)) * 1024
            with open(f"/proc/{name}/comm", encoding="ascii") as file:
                comm = file.read().strip()
            found[comm] = found.get(comm, 0) + size
        except (OSError, AttributeError):
            continue
    return found


def grown(sizes, first, crowd, least):
    """Bytes of each call beyond the first crowd, and a line about who has them."""
    more = {name: sizes[name] - first.get(name, 0) for name in sizes}
    print(f"    {crowd} calls: {sum(sizes.values()) / 1e6:.1f} MB; grown since the first: "
          + ", ".join(f"{name} {size / 1e6:.1f}" for name, size in sorted(more.items()) if size > 100000), flush=True)
    return sum(more.values()) / (crowd - least) if crowd > least else 0


def service(rate):
    folder = os.path.join(os.path.dirname(FOLDER), "bench-calls")
    shutil.rmtree(folder, ignore_errors=True)
    rows, standing, first = [], 0, None
    with Cast(folder) as cast:
        stage = Service(cast, rate)
        stage.short(WARM_S)
        for crowd in CROWDS:
            stage.stand(crowd - standing)
            standing = crowd
            sizes = memory(stage.process)
            first = first or sizes
            each = grown(sizes, first, crowd, CROWDS[0])
            rows.append((crowd, each, statistics.median(stage.short(ROUND_S) for _ in range(ROUNDS))))
    return judge("service", rows)


class Wire:
    """The service and both ends of calls without streams, warm."""

    def __init__(self, cast):
        ours, theirs = one_core.two_cores()
        self.stage, self.load = one_core.Service(cast, ours, calls=WIRE_CALLS), one_core.Load(theirs)
        self.some(WIRE_RATE * WARM_S)

    def some(self, count, *words):
        """Processor seconds of a call."""
        before = sum(self.stage.spent().values())
        found = self.load.run(WIRE_RATE, count, "--silent", *words)
        if found["ended"] != count or found["late"] or found["repeated"]:
            raise Failure(f"not all of {count} calls went well: {found}")
        return (sum(self.stage.spent().values()) - before) / count

    def short(self):
        return statistics.median(self.some(WIRE_RATE * WIRE_ROUND_S) for _ in range(ROUNDS))


def empty_folder(name):
    folder = os.path.join(os.path.dirname(FOLDER), name)
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def wire():
    rows, standing, first = [], 0, None
    with Cast(empty_folder("bench-calls-wire")) as cast:
        wire_of = Wire(cast)
        for crowd in WIRE_CROWDS:
            wire_of.some(crowd - standing, "--stand")
            standing = crowd
            sizes = memory(wire_of.stage.process)
            first = first or sizes
            each = grown(sizes, first, crowd, WIRE_CROWDS[0])
            rows.append((crowd, each, wire_of.short()))
        counted = wire_of.stage.counters()
        if counted["calls_answered"] - counted["calls_ended"] < standing:
            raise Failure("some of the calls that are to stand have ended")
    return judge("wire", rows)


def knock(first, last):
    """Each of them asks once, from an address of his own, at a pace at which none is lost."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as guest:
        guest.bind(("0.0.0.0", 0))
        for number in range(first, last):
            # in_pktinfo: any interface, the address to send from.
            own = struct.pack("=I4s4s", 0, (STRANGERS + number).to_bytes(4, "big"), bytes(4))
            guest.sendmsg([KNOCK % number], [(socket.IPPROTO_IP, IP_PKTINFO, own)], 0, (OUTSIDE, 5060))
            if number % 50 == 0:
                time.sleep(0.002)


def sources():
    rows, known = [], 0
    with Cast(empty_folder("bench-calls-sources")) as cast:
        wire_of = Wire(cast)
        before = wire_of.stage.counters()["datagrams_received"]
        for count in SOURCES:
            knock(known, count)
            known = count
            rows.append((count, wire_of.short()))
        heard = wire_of.stage.counters()["datagrams_received"] - before
    is_met = True
    for count, spent in rows:
        is_fine = spent <= MOST_OF_FIRST * rows[0][1]
        is_met &= is_fine
        print(f"sources: {count:7} strangers were heard, a short call {spent * 1000:.4f} ms, {spent / rows[0][1]:.2f} of the "
              f"first (at most {MOST_OF_FIRST}){'' if is_fine else ': MISSED'}", flush=True)
    if heard < known:
        raise Failure(f"of {known} strangers and all calls {heard} datagrams were heard")
    return is_met


def main():
    parser = argparse.ArgumentParser(description="What a call costs while others stand.")
    parser.add_argument("--part", choices=("border", "service", "wire", "sources"))
    parser.add_argument("--rate", type=int, default=400)
    options = parser.parse_args()
    enter_namespace(__file__)
    is_met = options.part not in (None, "border") or border()
    if options.part == "border":
        return 0 if is_met else 1
    if not is_built():
        print("bench calls: run script/build release first; the program is not built")
        return 1
    try:
        for part, run in (("wire", wire), ("sources", sources), ("service", lambda: service(options.rate))):
            if options.part in (None, part):
                is_met = run() and is_met
        return 0 if is_met else 1
    except Failure as failure:
        print(f"bench calls: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
