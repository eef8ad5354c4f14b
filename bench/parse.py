#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Our parser beside others on the same mix, in turns, as one table of medians, and what it has
to be at most of theirs: 1 where a gate is not met.

    bench/parse.py [MIX]

MIX is a file of 16-bit lengths and messages; without it our own generator's.
Kamailio's parser takes part where RINGFENCE_PEERS (../shared/peers) has its
harness; it is built in a copy that is removed afterwards."""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAMS = os.environ.get("RINGFENCE_BENCH", os.path.join(ROOT, "build/bench/bench"))
PEERS = os.environ.get("RINGFENCE_PEERS", os.path.join(ROOT, "../shared/peers"))
ROUNDS = 3
# Ours, a peer's, and how much of the peer's time ours may take at most.
GATES = (
    ("ringfence index", "kamailio kam +headers", 1 / 8),
    ("ringfence index", "sofia-sip full", 1 / 15),
    ("ringfence full with SDP", "kamailio kam full+sdp", 1 / 6),
)
# The last processor: the first has the interrupts.
PINNED = ["taskset", "-c", str((os.cpu_count() or 1) - 1)]


def measure(program, mix, figures):
    """Adds the median of each line that the program prints."""
    path = os.path.join(PROGRAMS, "bench-" + program)
    if not os.access(path, os.X_OK):
        return
    text = subprocess.run(PINNED + [path, mix], check=True, capture_output=True, text=True).stdout
    for name, median, rejected in re.findall(r"^(.+?): min .*? med ([0-9.]+) .*?rejected (\d+)", text, re.M):
        figures.setdefault(name, []).append(float(median))
        if int(rejected):
            print(f"{name} refused {rejected} of the messages", file=sys.stderr)


def measure_kamailio(copy, mix, figures):
    """Kamailio's own parser inside its server, with its fastest allocator."""
    harness = os.path.join(copy, "1-parse/kam_parsebench")
    shutil.copy(mix, os.path.join(copy, "lib/mix.bin"))
    run = subprocess.run(["sh", "run.sh", os.path.join(copy, "out")], cwd=harness, capture_output=True, text=True,
                         env=dict(os.environ, KOPT="-x tlsf"), check=False)
    for name, median in re.findall(r"^(.*?)\s+mix1024 .*? med ([0-9.]+)", run.stdout, re.M):
        figures.setdefault("kamailio " + name.strip(), []).append(float(median))


def let_it_take_its_time(copy):
    """On a busy machine Kamailio's rounds take longer than its harness waits."""
    path = os.path.join(copy, "1-parse/kam_parsebench/run.sh")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("$(seq 120)", "$(seq 900)"))


def are_gates_met(medians):
    """Prints each gate beside its figure."""
    are_met = True
    for ours, peer, most in GATES:
        if peer not in medians:
            print(f"not measured: {ours} beside {peer}, which is not here")
            continue
        ratio = medians[ours] / medians[peer]
        are_met = are_met and ratio <= most
        print(f"{'met' if ratio <= most else 'NOT MET'}: {ours} takes {ratio:.3f} of {peer}, at most {most:.3f}")
    return are_met


def main():
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        mix = sys.argv[1] if len(sys.argv) > 1 else os.path.join(folder, "mix.bin")
        if len(sys.argv) < 2:
            subprocess.run([os.path.join(PROGRAMS, "bench-parse"), "--write", mix], check=True)
        has_kamailio = os.path.isdir(PEERS) and shutil.which("kamailio")
        if has_kamailio:
            shutil.copytree(PEERS, os.path.join(folder, "peers"))
            subprocess.run([sys.executable, "gen_msgs.py", "."], cwd=os.path.join(folder, "peers/lib"), check=True,
                           stdout=subprocess.DEVNULL)
            let_it_take_its_time(os.path.join(folder, "peers"))
        for _ in range(ROUNDS):
            for program in ("parse", "parse-sofia", "parse-osip"):
                measure(program, mix, figures)
            if has_kamailio:
                measure_kamailio(os.path.join(folder, "peers"), mix, figures)
    medians = {name: statistics.median(values) for name, values in figures.items()}
    index, full = medians["ringfence index"], medians["ringfence full"]
    print(f"{'parser':36} {'ns/message':>10} {'/ our index':>11} {'/ our full':>10}")
    for name, median in sorted(medians.items(), key=lambda item: item[1]):
        print(f"{name:36} {median:10.0f} {median / index:10.1f}x {median / full:9.1f}x")
    return 0 if are_gates_met(medians) else 1


if __name__ == "__main__":
    sys.exit(main())
