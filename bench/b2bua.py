# SPDX-License-Identifier: Apache-2.0
"""Processor time of one call (INVITE, 180, 200, ACK, BYE, 200) through Ringfence and through Kamailio, in turns.

A carrier calls a number, the program in the middle gives it to the PBX; SIPp is
both ends. Kamailio (-x fm) hides the topology by topoh, or only stays in the path
by Record-Route, with dialogs followed. Ringfence hides it too, judges,
opens two ports for audio and keeps a record of the call. The gates are 0.3
of the first and 0.45 of the second, at each rate. What each process of ours spent follows.

    b2bua.py [--tcp] [--calls N] [--rate N...] [--rounds N] [--only NAME]

The more calls a second, the more messages are read at once and the less is spent
on being woken, by both; --calls is for the first rate, others last as long.
"""

import argparse
import os
import shutil
import statistics
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "system"))

from hosts import enter_namespace  # noqa: E402
from process import Cast, Failure, until  # noqa: E402
from ringfence import INSTALLED, is_built  # noqa: E402

FOLDER = os.path.join(ROOT, "build", "bench-b2bua")
SCENARIOS = os.path.join(ROOT, "bench", "scenario")
CARRIER, OUTSIDE, INSIDE, PBX = "127.0.0.2", "127.0.0.10", "127.0.0.11", "127.0.0.20"
NUMBER = "441632960700"
MOST_OF_TOPOH, MOST_OF_PLAIN = 0.3, 0.45
MOST_CALLS = 4500  # each has four ports, and 20,000 files is what many systems allow

KAMAILIO = """\
debug=0
log_stderror=no
fork=yes
children=1
tcp_children=1
auto_aliases=no
{transport_words}
listen={transport}:{outside}:5060
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "sanity.so"
loadmodule "pike.so"
loadmodule "dialog.so"
{topoh}
modparam("rr", "enable_full_lr", 0)
modparam("rr", "append_fromtag", 1)
modparam("pike", "reqs_density_per_unit", 10000000)
modparam("dialog", "dlg_flag", 4)
request_route {{
    if (!pike_check_req()) exit;
    if (!mf_process_maxfwd_header("10")) exit;
    if (!sanity_check("17895", "7")) exit;
    if (has_totag()) {{
        loose_route();
        t_relay();
        exit;
    }}
    t_check_trans();
    record_route();
    dlg_manage();
    $du = "sip:{pbx}:5060;transport={transport}";
    t_relay();
}}
"""
TOPOH = """\
loadmodule "topoh.so"
modparam("topoh", "mask_key", "of this bench")
modparam("topoh", "mask_ip", "127.0.0.8")
modparam("topoh", "mask_callid", 1)
"""

RINGFENCE = """\
mode block
listen outside {{
    {transport} {outside}:5060
}}
listen inside {{
    {transport} {inside}:5060
}}
peer office {{
    kind pbx
    side inside
    address {pbx}:5060
    transport {transport}
    domain office.example
}}
peer north {{
    kind carrier
    side outside
    address {carrier}:5060
    transport {transport}
    at-most 20000 calls at once, 20000 new calls per second
}}
route {{ from north  to office }}
numbers {{
    emergency 112 999
    country GB
}}
media {{
    ports 20000-59999
    calls {calls}
}}
store {{
    sqlite {folder}/ringfence.db
}}
web {{
    socket {folder}/api.sock
}}
"""


def start_kamailio(cast, words, topoh):
    config = os.path.join(cast.folder, "kamailio.cfg")
    transport_words = "disable_tcp=yes" if words["transport"] == "udp" else "tcp_max_connections=4096"
    with open(config, "w", encoding="ascii") as file:
        file.write(KAMAILIO.format(topoh=topoh, transport_words=transport_words, **words))
    return cast.start("kamailio", ["kamailio", "-DD", "-E", "-f", config, "-m", "512", "-M", "32", "-x", "fm",
                                   "-X", "fm", "-Y", cast.folder, "-P", os.path.join(cast.folder, "kamailio.pid")])


def start_ringfence(cast, words):
    config = os.path.join(cast.folder, "ringfence.conf")
    with open(config, "w", encoding="ascii") as file:
        file.write(RINGFENCE.format(folder=cast.folder, **words))
    return cast.start("ringfence", [INSTALLED, "run", "-c", config])


STARTERS = {
    "topoh": lambda cast, words: start_kamailio(cast, words, TOPOH),
    "plain": lambda cast, words: start_kamailio(cast, words, ""),
    "ringfence": start_ringfence,
}


def listens(transport):
    """Whether someone listens on 127.0.0.10:5060."""
    with open(f"/proc/net/{transport}", encoding="ascii") as file:
        return any("0A00007F:13C4" in line for line in file)


def call(cast, words, calls, rate):
    """How many calls succeeded and how many messages had to be sent again, as SIPp tells."""
    sipp = ["/usr/bin/sipp", "-t", "u1" if words["transport"] == "udp" else "t1", "-nostdin", "-trace_stat",
            "-fd", "1", "-buff_size", "4000000", "-timeout", "120", "-p", "5060"]
    answering = cast.start("answering", [*sipp, "-sf", os.path.join(SCENARIOS, "callee.xml"), "-i", PBX,
                                         "-stf", os.path.join(cast.folder, "callee.csv")])
    file = os.path.join(cast.folder, "caller.csv")
    if os.path.exists(file):
        os.unlink(file)
    cast.run("calling", [*sipp, "-sf", os.path.join(SCENARIOS, "caller.xml"), "-i", CARRIER, "-s", NUMBER,
                         "-r", str(rate), "-m", str(calls), "-l", "20000", "-d", "0", "-stf", file,
                         OUTSIDE + ":5060"], 150)
    answering.stop()
    with open(file, encoding="ascii") as lines:
        names, *_, last = [line.rstrip("\n").split(";") for line in lines]
    row = dict(zip(names, last))
    return int(row["SuccessfulCall(C)"]), int(row["Retransmissions(C)"])


def by_process(process):
    """{name: processor seconds} of each process of the group."""
    spent = {}
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.getpgid(int(name)) == process.child.pid:
                with open(f"/proc/{name}/comm", encoding="ascii") as file:
                    comm = file.read().strip()
                with open(f"/proc/{name}/schedstat", encoding="ascii") as file:
                    spent[comm] = spent.get(comm, 0) + int(file.read().split()[0]) / 1e9
        except OSError:
            continue
    return spent


def measure(name, words, calls, rate):
    """Processor seconds per 1,000 calls, in all and of each process."""
    folder = os.path.join(FOLDER, name)
    shutil.rmtree(folder, ignore_errors=True)
    with Cast(folder) as cast:
        process = STARTERS[name](cast, words)
        if not until(lambda: listens(words["transport"]) or not process.is_running(), 15) or not process.is_running():
            raise Failure(f"{name} does not listen, see {process.log_path}")
        call(cast, words, 200, 100)
        before, parts = process.cpu_seconds(), by_process(process)
        succeeded, again = call(cast, words, calls, rate)
        spent = process.cpu_seconds() - before
        parts = {part: (seconds - parts.get(part, 0)) * 1000 / calls
                 for part, seconds in by_process(process).items()}
        if succeeded < calls * 0.995:
            if name == "ringfence":
                raise Failure(f"{name}: only {succeeded} of {calls} calls succeeded")
            print(f"    {name}: only {succeeded} of {calls} calls succeeded, its figure is for them")
        print(f"    {name}: {spent * 1000 / succeeded:.3f} CPU s per 1,000 calls, {again} sent again", flush=True)
        return spent * 1000 / succeeded, parts


def compare(options, rate):
    # Transactions stay for half a minute: `calls` bounds them too.
    calls = options.calls * rate // options.rate[0]
    words = {"calls": min(max(1000, 3 * rate), MOST_CALLS), "transport": "tcp" if options.tcp else "udp", "carrier": CARRIER,
             "outside": OUTSIDE, "inside": INSIDE, "pbx": PBX}
    figures, parts = {}, {}
    for _ in range(options.rounds):
        for name in [options.only] if options.only else STARTERS:
            spent, parts[name] = measure(name, words, calls, rate)
            figures.setdefault(name, []).append(spent)
    medians = {name: statistics.median(values) for name, values in figures.items()}
    print(f"{calls} calls at {rate}/s over {words['transport']}, CPU s per 1,000: "
          + ", ".join(f"{name} {seconds:.3f}" for name, seconds in medians.items()))
    if "ringfence" in parts:
        print("ours by process: " + ", ".join(f"{name} {seconds:.3f}" for name, seconds in
                                              sorted(parts["ringfence"].items(), key=lambda row: -row[1])))
    is_met = True
    for name, most in (("topoh", MOST_OF_TOPOH), ("plain", MOST_OF_PLAIN)):
        if name in medians and "ringfence" in medians:
            ratio = medians["ringfence"] / medians[name]
            is_met &= ratio <= most
            print(f"of {name}: {ratio:.2f} (at most {most}){'' if ratio <= most else ': MISSED'}")
    return is_met


def main():
    parser = argparse.ArgumentParser(description="Processor time of calls, beside Kamailio.")
    parser.add_argument("--tcp", action="store_true")
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--rate", type=int, nargs="+", default=[400, 1600])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=sorted(STARTERS))
    options = parser.parse_args()
    enter_namespace(__file__)
    if not is_built():
        print("bench b2bua: run script/build release first; the program is not built")
        return 1
    try:
        return 0 if all([compare(options, rate) for rate in options.rate]) else 1
    except Failure as failure:
        print(f"bench b2bua: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
