# SPDX-License-Identifier: Apache-2.0
"""TLS handshakes a second of processor time, in full and resumed, of Ringfence and of `openssl s_server` in turns.

Both show one certificate (ECDSA P-256, then RSA 2048) to `openssl s_time`; what counts is the processor time that the server
spent (of Ringfence: signal, which talks, and keys, which signs), not how fast the client was.

    tls.py [--seconds N] [--rounds N]
"""

import argparse
import os
import re
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "system"))

from certificates import Authority  # noqa: E402
from hosts import enter_namespace  # noqa: E402
from process import Cast, Failure, until  # noqa: E402
from ringfence import OUTSIDE_ADDRESS, Ringfence, is_built  # noqa: E402

FOLDER = os.path.join(ROOT, "build", "bench-tls")
TICK = os.sysconf("SC_CLK_TCK")
NAME, BESIDE = "sip.office.example", "127.0.0.60"


def spent(processes):
    """Processor seconds of all of them so far."""
    total = 0
    for process in processes:
        with open(f"/proc/{process}/stat", encoding="ascii") as file:
            words = file.read().rsplit(")", 1)[1].split()
        total += int(words[11]) + int(words[12])
    return total / TICK


def drive(where, way, seconds):
    """How many handshakes came about."""
    done = subprocess.run(["openssl", "s_time", "-connect", f"{where}:5061", f"-{way}", "-tls1_2", "-time", str(seconds)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    found = re.search(r"(\d+) connections in \d+ real seconds", done.stdout.decode(errors="replace"))
    if not found:
        raise Failure("s_time said: " + done.stdout.decode(errors="replace")[-300:])
    return int(found.group(1))


def rate(where, way, seconds, processes):
    before = spent(processes)
    count = drive(where, way, seconds)
    used = spent(processes) - before
    return count / used if used > 0 else 0.0


def measure(cast, pair, seconds, rounds):
    own = Ringfence(cast, more=f"certificate main {{ chain {pair[0]}  key file:{pair[1]} }}\n"
                               "connections { handshakes 100000 in 1s  handshakes-together 100000 in 1s  per-source 2000 }\n",
                    outside_more=f"\n    tls {OUTSIDE_ADDRESS}:5061  certificate main\n")
    own.start()
    children = own.children()
    ours = [children[role] for role in ("signal", "keys") if role in children]
    other = cast.start("s_server", ["openssl", "s_server", "-accept", f"{BESIDE}:5061", "-cert", pair[0], "-key", pair[1],
                                    "-quiet", "-naccept", "100000000"])
    if not until(lambda: subprocess.run(["openssl", "s_client", "-connect", f"{BESIDE}:5061"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0, 5):
        raise Failure("s_server does not answer")
    for way in ("new", "reuse"):
        rates = {"ringfence": [], "s_server": []}
        for _ in range(rounds):
            rates["ringfence"].append(rate(OUTSIDE_ADDRESS, way, seconds, ours))
            rates["s_server"].append(rate(BESIDE, way, seconds, [other.child.pid]))
        yield way, {name: statistics.median(values) for name, values in rates.items()}
    own.stop()
    other.stop()
    cast.processes.remove(other)


def main():
    parser = argparse.ArgumentParser(description="TLS handshakes a second of processor time.")
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    if not is_built():
        print("tls: the program is not built")
        return 1
    with Cast(FOLDER) as cast:
        authority = Authority(cast.folder)
        for kind in ("ec", "rsa"):
            pair = authority.issue(f"bench-{kind}", [f"DNS:{NAME}"], kind=kind)
            for way, rates in measure(cast, pair, wanted.seconds, wanted.rounds):
                print(f"tls {kind} {'full' if way == 'new' else 'resumed'}: ringfence {rates['ringfence']:.0f}, s_server "
                      f"{rates['s_server']:.0f} handshakes a second of processor time "
                      f"({rates['ringfence'] / max(rates['s_server'], 1):.2f})")
    return 0


if __name__ == "__main__":
    enter_namespace(__file__)
    sys.exit(main())
