# SPDX-License-Identifier: Apache-2.0
"""How many calls a second one core carries: all processes of Ringfence on it, both ends of the calls on another.

bench-rate is the carrier and the PBX. Each rate is held for --seconds, one after the other,
until one breaks: a message that anybody sent again, a call that was refused or lost, or a
record or fact that found its ring full. The gate is GATE calls a second, held for longer than
transactions live (32 s), so that their table is as full as it will ever be.

    rate.py [--rate N...] [--seconds N] [--no-gate]
"""

import argparse
import os
import shutil
import subprocess
import sys
import types

import b2bua
from b2bua import CARRIER, INSIDE, INSTALLED, OUTSIDE, PBX, ROOT, RINGFENCE
from hosts import enter_namespace
from process import Cast, Failure, until
from ringfence import Ringfence, is_built
from trunk import LOAD, go_first, two_cores

FOLDER = os.path.join(ROOT, "build", "bench-rate")
GATE, GATE_SECONDS, CALLS = 8000, 40, "50000 with-media 4500"
NAMES = ("begun", "ended", "failed", "lost", "late", "repeated", "stray", "seconds", "most", "median_us", "slow_us",
         "answered", "picked_up", "hung_up")
SPOILT = ("records_dropped", "facts_dropped", "orders_dropped", "limit_calls", "limit_ports", "limit_transactions",
          "send_failures", "retransmitted", "calls_unprotected", "dropped_budget", "dropped_bound", "dropped_mismatch")


class Service:
    """Ringfence on a core of its own, with a carrier's trunk and a PBX."""

    def __init__(self, cast, core, calls=CALLS):
        self.socket_path = os.path.join(cast.folder, "api.sock")
        config = os.path.join(cast.folder, "ringfence.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(RINGFENCE.format(folder=cast.folder, **b2bua.words_of("udp", calls)))
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {core})
        try:
            self.process = cast.start("ringfence", [INSTALLED, "run", "-c", config])
        finally:
            os.sched_setaffinity(0, cores)
        if not until(lambda: b2bua.listens("udp") or not self.process.is_running(), 30) or \
                not self.process.is_running():
            raise Failure(f"ringfence does not listen, see {self.process.log_path}")
        go_first(self.process.child.pid)

    def counters(self):
        asked = types.SimpleNamespace(socket_path=self.socket_path)
        asked.metrics = lambda: Ringfence.metrics(asked)
        return Ringfence.counters(asked)

    def spent(self):
        """{process: seconds of its threads}."""
        found = {}
        for name in os.listdir("/proc"):
            try:
                if not name.isdigit() or os.getpgid(int(name)) != self.process.child.pid:
                    continue
                with open(f"/proc/{name}/comm", encoding="ascii") as file:
                    comm = file.read().strip()
                for task in os.listdir(f"/proc/{name}/task"):
                    with open(f"/proc/{name}/task/{task}/schedstat", encoding="ascii") as file:
                        found[comm] = found.get(comm, 0) + int(file.read().split()[0]) / 1e9
            except OSError:
                continue
        return found


class Load:
    def __init__(self, core):
        self.core, self.runs = core, 0
        go_first(os.getpid())

    def run(self, rate, calls, *words):
        """What bench-rate counted, by its names."""
        self.runs += 1
        done = subprocess.run([LOAD, "--core", str(self.core), "--caller", CARRIER, "--callee", PBX, "--outside", OUTSIDE,
                               "--inside", INSIDE, "--rate", str(rate), "--calls", str(calls), "--mark",
                               f"r{self.runs}x", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              timeout=60 + 3 * calls / rate, check=False)
        if done.returncode != 0:
            raise Failure(f"bench-rate ended with {done.returncode}")
        return dict(zip(NAMES, (float(word) for word in done.stdout.split())))


def hold(service, load, rate, seconds):
    """Whether nothing was sent again, refused or lost."""
    calls, counted, spent = int(rate * seconds), service.counters(), service.spent()
    found = load.run(rate, calls)
    spent = {name: value - spent.get(name, 0) for name, value in service.spent().items()}
    after = service.counters()
    spoilt = {name: after[name] - counted[name] for name in SPOILT if after[name] != counted[name]}
    spoilt.update({name: int(found[name]) for name in ("failed", "lost", "late", "repeated", "stray") if found[name]})
    got = calls / found["seconds"] if found["seconds"] else 0
    if got < 0.97 * rate:
        spoilt["calls a second"] = round(got)
    print(f"{rate:6} calls/s for {seconds} s: {sum(spent.values()) / found['seconds']:.0%} of the core, "
          f"{sum(spent.values()) * 1e6 / calls:.1f} us a call ("
          + ", ".join(f"{name} {value * 1e6 / calls:.1f}" for name, value in
                      sorted(spent.items(), key=lambda row: -row[1]) if value * 1e6 / calls >= 0.1)
          + f"), answered after {found['median_us'] / 1000:.2f} ms, 99 of 100 within {found['slow_us'] / 1000:.1f} ms; "
          + (", ".join(f"{name} {value}" for name, value in spoilt.items()) + ": BROKEN" if spoilt else
             "0 sent again, 0 lost"), flush=True)
    return not spoilt


def climb(options):
    """The highest rate that held, and whether the gate did."""
    ours, theirs = two_cores()
    shutil.rmtree(FOLDER, ignore_errors=True)
    most, is_met = 0, False
    with Cast(FOLDER) as cast:
        service, load = Service(cast, ours), Load(theirs)
        load.run(500, 500)
        for rate in sorted(options.rate):
            is_gate = rate == GATE and options.gate
            if not hold(service, load, rate, GATE_SECONDS if is_gate else options.seconds):
                break
            most, is_met = rate, is_met or is_gate
    print(f"most that held: {most} calls/s on one core" + (f" (at least {GATE})" if options.gate else ""))
    return is_met or not options.gate


def main():
    parser = argparse.ArgumentParser(description="Calls a second on one core.")
    parser.add_argument("--rate", type=int, nargs="+", default=[2000, 4000, 6000, GATE, 9000, 10000, 11000, 12000])
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--no-gate", dest="gate", action="store_false")
    options = parser.parse_args()
    enter_namespace(__file__)
    if not is_built():
        print("bench rate: run script/build release first; the program is not built")
        return 1
    try:
        return 0 if climb(options) else 1
    except Failure as failure:
        print(f"bench rate: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
