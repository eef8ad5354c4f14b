# SPDX-License-Identifier: Apache-2.0
"""What goes on while something is done to Ringfence: many short calls and one that is listened to."""

import csv
import glob
import os

from phones import SCENARIOS, audio_of
from pbx import DOMAIN
from process import Failure

CALLERS_AT, CALLEES_AT = "127.0.0.41", "127.0.0.42"
CALLERS = [str(300 + number) for number in range(20)]
CALLEES = [str(400 + number) for number in range(20)]
AUDIO_BYTES = 8000  # 1 s of G.711
ANSWERED, ENDED = "ACK", "BYE"


class Load:
    """SIPp places calls at a steady rate between phones that have registered."""

    def __init__(self, cast, stage):
        self.cast, self.stage = cast, stage
        self.answering = self.calling = None
        self.patience_s = 120  # after which SIPp ends by itself
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
        return ["/usr/bin/sipp", "-sf", os.path.join(SCENARIOS, scenario + ".xml"), self.stage.target,
                "-i", address, "-p", "5060", "-m", str(calls), "-inf", users, "-nostdin", "-key", "domain",
                DOMAIN, "-timeout", f"{self.patience_s}s", "-trace_err", "-trace_counts", "-fd", "1",
                "-error_file", os.path.join(self.cast.folder, scenario + ".errors"), *more]

    def register(self):
        for name, address, users in (("callers", CALLERS_AT, CALLERS), ("callees", CALLEES_AT, CALLEES)):
            path = self.users(name, users, reversed(CALLEES))
            process = self.cast.run(f"register-{name}", self.sipp("load_register", address, path, len(users),
                                                                  "-r", "20"), 60)
            if process.child.returncode != 0:
                raise Failure(f"not all {name} could register, see {process.log_path}")

    def start(self, calls, calls_a_second, talk_ms, patience_s=120):
        self.patience_s = patience_s
        folder = self.cast.folder
        # SIPp counts what comes late for a call that it has forgotten as one more: finish() ends it.
        self.answering = self.cast.start("answering", self.sipp(
            "load_answer", CALLEES_AT, os.path.join(folder, "callees.csv"), 2 * calls, "-rtp_echo", "-mp", "6000"))
        self.calling = self.cast.start("calling", self.sipp(
            "load_call", CALLERS_AT, os.path.join(folder, "callers.csv"), calls, "-r", str(calls_a_second),
            "-l", "1000", "-d", str(talk_ms), "-mp", "20000"))

    def finish(self, seconds=60):
        """{"placed", "answered", "ended": as the callers saw it, "picked_up", "hung_up": as the callees did}."""
        if self.calling.wait(seconds) is None:
            self.calling.stop()
        # What the last BYE needs on the other leg; calls that were never answered there are not waited for.
        self.answering.wait(2)
        self.answering.stop()
        caller, callee = self.counts("load_call"), self.counts("load_answer")
        return {"placed": caller["0_INVITE_Sent"], "answered": caller["9_ACK_Sent"],
                "ended": caller["13_200_Recv"], "picked_up": callee["4_ACK_Recv"],
                "hung_up": callee["5_BYE_Recv"]}

    def counts(self, scenario):
        found = glob.glob(os.path.join(self.cast.folder, f"{scenario}_*_counts.csv"))
        if len(found) != 1:
            raise Failure(f"SIPp wrote {len(found)} counts of {scenario}")
        with open(found[0], encoding="ascii") as file:
            rows = list(csv.reader(file, delimiter=";"))
        return {name: int(value) for name, value in zip(rows[0], rows[-1]) if value.strip().isdigit()}


class Talk:
    """One call of two phones for some seconds, with numbered audio both ways."""

    def __init__(self, stage, caller, callee, seconds):
        self.stage, self.caller, self.callee, self.seconds = stage, caller, callee, seconds
        self.frames = seconds * 50
        self.audio, self.calling, self.answering = [], None, None

    def start(self):
        cast, caller, callee, target = self.stage.cast, self.caller, self.callee, self.stage.target
        for phone in (caller, callee):
            phone.frames = self.frames
        self.audio = [phone.start_audio() for phone in (caller, callee)]
        self.answering = cast.start(f"answer-{callee.user}", callee.sipp(
            "answer", target, DOMAIN, to_file=callee.to_file, rtp_port=callee.rtp_port))
        self.calling = cast.start(f"call-{caller.user}", caller.sipp(
            "call", target, DOMAIN, callee=callee.user, to_file=caller.to_file,
            rtp_port=caller.rtp_port) + ["-d", str(self.seconds * 1000 + 1200)])

    def is_heard(self):
        return all(os.path.exists(phone.to_file) for phone in (self.caller, self.callee))

    def finish(self):
        """(None or what went wrong with the call, the audio reports of both)"""
        problem = None
        if self.calling.wait(self.seconds + 20) != 0:
            problem = f"caller {self.caller.user}, see {self.calling.log_path}"
        elif self.answering.wait(5) != 0:
            problem = f"callee {self.callee.user}, see {self.answering.log_path}"
        self.calling.stop()
        self.answering.stop()
        return problem, [audio_of(process) for process in self.audio]
