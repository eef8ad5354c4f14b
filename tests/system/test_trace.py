# SPDX-License-Identifier: Apache-2.0
"""The live ladder: what passes is seen on both sides, in clear but for secrets, and only while somebody asks."""

import json
import os
import shutil
import subprocess

from harness import Skip, check, test
from process import until
from ringfence import INSTALLED
from stage import Stage
from test_watch import NEIGHBOUR, Wire

CALLER, CALLEE = "200", "210"


def traced(cast, ringfence, name, *words):
    """`ringfence trace` in the background; it asks from its start on."""
    tracer = cast.start(name, [INSTALLED, "--socket", ringfence.socket_path, *words])
    check(until(lambda: ringfence.counters()["http_requests"] > 3, 5), "nobody asks")
    return tracer


def rows_of(tracer):
    return [json.loads(line) for line in tracer.log().splitlines() if line.startswith("{")]


@test("a call is traced on both sides with its messages in order, its passwords masked, and kept as pcapng")
def trace_shows_call(cast):
    stage = Stage(cast, (CALLER, CALLEE)).start()
    path = os.path.join(cast.folder, "trace.pcapng")
    tracer = traced(cast, stage.ringfence, "trace", "-o", "jsonl", "trace", "-w", path)
    only = traced(cast, stage.ringfence, "trace-only", "-o", "jsonl", "trace", f"user={CALLEE}", "method=INVITE")
    ladder = traced(cast, stage.ringfence, "trace-ladder", "trace", "method=INVITE")
    stage.call(stage.phone(CALLER, "127.0.0.31"), stage.phone(CALLEE, "127.0.0.32"))
    check(until(lambda: sum(row["text"].startswith("BYE") for row in rows_of(tracer)) >= 2, 5), tracer.log()[-300:])
    for process in (tracer, only, ladder):
        process.stop()
    rows = rows_of(tracer)
    invites = {(row["side"], row["sent"]) for row in rows if row["text"].startswith(f"INVITE sip:{CALLEE}")}
    check({(0, False), (1, True)} <= invites, f"INVITE was seen {invites} only")
    texts = "".join(row["text"] for row in rows)
    check('response="..."' in texts and texts.count("response=") == texts.count('response="..."'), "a secret is shown")
    check([row["time_us"] for row in rows] == sorted(row["time_us"] for row in rows), "not in order")
    check(rows_of(only) and all("INVITE" in row["text"] for row in rows_of(only)), only.log()[-300:])
    check(len(rows_of(only)) < len(rows), "the filter took all")
    check("── INVITE" in ladder.log() and "│" in ladder.log(), ladder.log()[-300:])
    with open(path, "rb") as file:
        bytes_kept = file.read()
    check(bytes_kept[:4] == b"\x0a\x0d\x0d\x0a" and bytes_kept.count(b"INVITE sip:") >= 2, "no capture file")
    if shutil.which("tcpdump"):
        done = subprocess.run(["tcpdump", "-r", path, "-n"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        check(done.returncode == 0 and len(done.stdout.splitlines()) >= len(rows), done.stdout.decode()[-300:])


@test("on a wire that is watched the trace shows both ends; a filter that cannot be read is refused")
def trace_shows_wire(cast):
    if os.geteuid() != 0:
        raise Skip("needs root")
    wire = Wire(cast)
    tracer = traced(cast, wire.watch, "trace", "-o", "jsonl", "trace", f"address={NEIGHBOUR}", "method=REGISTER")
    check(wire.phone(NEIGHBOUR, 5060).can_register(), "the phone cannot register")
    check(until(lambda: any("SIP/2.0 200" in row["text"] for row in rows_of(tracer)), 5), tracer.log()[-300:])
    check(all(NEIGHBOUR in row["from"] + row["to"] for row in rows_of(tracer)), "others are shown too")
    code, text = wire.watch.ask("trace", "address=nobody", "--for", "1s")
    check(code != 0 and "filter" in text, f"{code}: {text}")
    code, text = wire.watch.ask("trace", "bogus=1", "--for", "1s")
    check(code != 0 and "user=" in text, f"{code}: {text}")
