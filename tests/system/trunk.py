# SPDX-License-Identifier: Apache-2.0
"""Hundreds and thousands of calls a second from a carrier to a PBX, both of them bench-rate (bench/rate.c): what SIPp
cannot place beside what it is placed for on two cores. Ringfence has one core of its own, as bench/rate.py gives it."""

import os
import signal

from process import Failure
from ringfence import INSIDE_ADDRESS, OUTSIDE_ADDRESS, ROOT, Ringfence

LOAD = os.path.join(ROOT, "build", "bench", "bench", "bench-rate")
CARRIER, PBX = "127.0.0.2", "127.0.0.20"
NAMES = ("placed", "ended", "refused_calls", "lost", "sent_again", "heard_again", "stray", "seconds", "at_once",
         "median_us", "slow_us", "answered", "picked_up", "hung_up")
MOST_CALLS, PRECEDENCE = 4000000, -15

CONFIG = """\
mode block
listen outside {{
    udp {outside}:5060
}}
listen inside {{
    udp {inside}:5060
}}
peer office {{
    kind pbx
    side inside
    address sip:{pbx}:5060
    domain office.example
}}
peer north {{
    kind carrier
    side outside
    address sip:{carrier}:5060
    requests 200000 in 2s
    at-most 100000 calls at once, 20000 new calls per second
}}
route {{ from north  to office }}
numbers {{
    emergency 112 999
    country GB
}}
media {{
    ports 20000-59999
    calls 50000 with-media {with_media}
}}
store {{
    sqlite {folder}/ringfence.db
}}
web {{
    socket {socket}
}}
"""


def two_cores():
    """(of Ringfence, of all else)."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise Failure("two cores are needed: one of them for the load")
    return cores[-1], cores[0]


def go_first(process):
    """What else runs on the machine waits: a core is measured, not what is left of one."""
    try:
        os.setpriority(os.PRIO_PGRP, os.getpgid(process), PRECEDENCE)
        # Linux may weigh sessions, each with all of its processes.
        with open(f"/proc/{process}/autogroup", "w", encoding="ascii") as file:
            file.write(str(PRECEDENCE))
    except FileNotFoundError:
        pass
    except OSError:
        print("    (beside whatever else runs: no right to go first)")


class Trunk(Ringfence):
    """With a carrier and a PBX in place of subscribers, all its processes on one core."""

    def __init__(self, cast):
        super().__init__(cast)
        # Each has four ports, and 20,000 files is what many systems allow.
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(outside=OUTSIDE_ADDRESS, inside=INSIDE_ADDRESS, pbx=PBX, carrier=CARRIER,
                                     with_media=4500, folder=cast.folder, socket=self.socket_path))

    def start(self):
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {two_cores()[0]})
        try:
            super().start()
        finally:
            os.sched_setaffinity(0, cores)
        go_first(self.process.child.pid)


class TrunkLoad:
    def __init__(self, cast, rate, talk_ms):
        if not os.access(LOAD, os.X_OK):
            raise Failure("run script/build bench first: bench-rate is not built")
        self.rate, self.process = rate, cast.start("load", [
            LOAD, "--core", str(two_cores()[1]), "--caller", CARRIER, "--callee", PBX, "--outside", OUTSIDE_ADDRESS,
            "--inside", INSIDE_ADDRESS, "--rate", str(rate), "--talk", str(talk_ms), "--calls", str(MOST_CALLS)])
        go_first(self.process.child.pid)

    def finish(self):
        """Begins no more calls, and waits for those that stand; a call that fails is given up after 40 s."""
        self.process.child.send_signal(signal.SIGTERM)
        if self.process.wait(120) is None:
            raise Failure(f"bench-rate does not end, see {self.process.log_path}")
        lines = self.process.log().strip().splitlines()
        for line in lines[:-1]:
            print(f"    {line}")
        if self.process.child.returncode != 0 or len(lines[-1].split()) != len(NAMES):
            raise Failure(f"bench-rate ended with {self.process.child.returncode}, see {self.process.log_path}")
        return dict(zip(NAMES, (float(word) if "." in word else int(word) for word in lines[-1].split())))
