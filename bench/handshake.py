# SPDX-License-Identifier: Apache-2.0
"""What a TLS handshake costs beside `openssl s_server` in the same run: processor time of signal and keys.

The same client shakes hands with both in turns: in full with ECDSA and with RSA keys, and going on from
an earlier session. Ours has its keys in another process, and takes the connection into its table.

    handshake.py [--count N] [--rounds N]
"""

import argparse
import os
import shutil
import socket
import ssl
import statistics
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "system"))

from certificates import Authority  # noqa: E402
from hosts import enter_namespace  # noqa: E402
from process import Cast, until  # noqa: E402
from ringfence import OUTSIDE_ADDRESS, Ringfence, is_built  # noqa: E402

NAME, OTHER = "sip.office.example", "127.0.0.20"
WARM = 50


def spent(pids):
    """Processor time in seconds, to the nanosecond."""
    total = 0
    for pid in pids:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
    return total / 1e9


def shake(context, address, session=None):
    plain = socket.create_connection((address, 5061), timeout=10)
    with context.wrap_socket(plain, server_hostname=NAME, session=session) as one:
        if session and not one.session_reused:
            raise SystemExit("handshake: the session was not gone on from")
        return one.session


def per_handshake(context, address, pids, args):
    """(milliseconds of each in full, of each that goes on)"""
    session = None
    for _ in range(WARM):
        session = shake(context, address)
    before = spent(pids)
    for _ in range(args.count):
        shake(context, address)
    middle = spent(pids)
    for _ in range(args.count):
        shake(context, address, session)
    return (middle - before) * 1000 / args.count, (spent(pids) - middle) * 1000 / args.count


def measure(folder, kind, args):
    shutil.rmtree(folder, ignore_errors=True)
    with Cast(folder) as cast:
        authority = Authority(cast.folder)
        chain, key = authority.issue("main", [f"DNS:{NAME}"], use="serverAuth", kind=kind)
        ringfence = Ringfence(cast, outside_more=f"tls {OUTSIDE_ADDRESS}:5061  certificate main",
                              more=f"certificate main {{ chain {chain}  key {key} }}\n"
                                   "connections { per-source 10000  handshakes 100000 per second\n"
                                   "    handshakes-together 100000 per second }\n")
        ringfence.start()
        other = cast.start("s_server", ["openssl", "s_server", "-accept", f"{OTHER}:5061", "-cert", chain, "-key", key, "-quiet",
                                        "-naccept", "1000000", "-rev"])
        context = ssl.create_default_context(cafile=authority.certificate)
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # of 1.3 a session is known only once bytes came

        def is_up():
            with socket.socket() as one:
                return one.connect_ex((OTHER, 5061)) == 0
        until(is_up, 10)
        children = ringfence.children()
        ours, theirs = [], []
        for _ in range(args.rounds):
            ours.append(per_handshake(context, OUTSIDE_ADDRESS, [children["signal"], children["keys"]], args))
            theirs.append(per_handshake(context, OTHER, [other.child.pid], args))
        for place, words in enumerate(("in full", "gone on")):
            us, them = (statistics.median(row[place] for row in rows) for rows in (ours, theirs))
            print(f"{kind}, {words}: {us:.3f} ms of ours ({1000 / us:.0f} a second and core), {them:.3f} ms of s_server "
                  f"({1000 / them:.0f}), {us / them:.2f} of it ({args.rounds} rounds of {args.count})", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    if not is_built():
        print("bench handshake: run script/build release first; the program is not built")
        return 1
    enter_namespace(os.path.abspath(__file__))
    for kind in ("ec", "rsa"):
        measure(os.path.join(ROOT, "build", "bench-handshake"), kind, args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
