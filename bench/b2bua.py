# SPDX-License-Identifier: Apache-2.0
"""Processor time of one call (INVITE, 180, 200, ACK, BYE, 200) through Ringfence and through Kamailio, in turns.

A carrier calls a number, the program in the middle gives it to the PBX; SIPp is
both ends. Kamailio (-x fm) hides the topology by topoh, or only stays in the path
by Record-Route, with dialogs followed. Ringfence hides it too, judges,
opens two ports for audio and keeps a record of the call. The gates are 0.3
of the first and 0.45 of the second, at each rate. What each process of ours spent follows.
Beside them runs the floor (floor.c): a loop that passes on the same messages as they are, and nothing else.
Over TLS both ask for certificates on both sides, on connections that stand; SIPp knows no TLS, and
speaks it through tls_bridge.c. There the gate is 0.5 of Kamailio with topoh.

    b2bua.py [--over udp|tcp|tls...] [--calls N] [--rate N...] [--rounds N] [--only NAME...]

The more calls a second, the more messages are read at once and the less is spent
on being woken, by both; --calls is for the first rate, others last as long.
"""

import argparse
import os
import shutil
import socket
import statistics
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "system"))

from certificates import Authority  # noqa: E402
from hosts import enter_namespace  # noqa: E402
from pbx import MODULE_FOLDERS  # noqa: E402
from process import Cast, Failure, until  # noqa: E402
from ringfence import INSTALLED, is_built  # noqa: E402

FOLDER = os.path.join(ROOT, "build", "bench-b2bua")
SCENARIOS = os.path.join(ROOT, "bench", "scenario")
FLOOR = os.path.join(ROOT, "build", "bench", "bench", "bench-floor")
CARRIER, OUTSIDE, INSIDE, PBX = "127.0.0.2", "127.0.0.10", "127.0.0.11", "127.0.0.20"
NUMBER = "441632960700"
MOST = {"udp": {"topoh": 0.3, "plain": 0.45}, "tcp": {"topoh": 0.3, "plain": 0.45}, "tls": {"topoh": 0.5}}
PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}
BRIDGE, BRIDGE_PORT = os.path.join(ROOT, "build", "bench", "bench", "bench-tls_bridge"), 5070
MOST_CALLS = 4500  # each has four ports, and 20,000 files is what many systems allow

KAMAILIO = """\
debug=0
log_stderror=no
fork=yes
children=1
tcp_children=1
auto_aliases=no
{transport_words}
listen={transport}:{outside}:{port}
{tls_words}
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
    $du = "sip:{pbx}:{port};transport={transport}";
    t_relay();
}}
"""
TOPOH = """\
loadmodule "topoh.so"
modparam("topoh", "mask_key", "of this bench")
modparam("topoh", "mask_ip", "127.0.0.8")
modparam("topoh", "mask_callid", 1)
"""

KAMAILIO_TLS = """\
[server:default]
method = TLSv1.2+
verify_certificate = yes
require_certificate = yes
private_key = {key}
certificate = {chain}
ca_list = {authority}
[client:default]
method = TLSv1.2+
verify_certificate = yes
require_certificate = yes
private_key = {key}
certificate = {chain}
ca_list = {authority}
"""

RINGFENCE = """\
mode block
{certificate}
listen outside {{
    {transport} {outside}:{port} {shown}
}}
listen inside {{
    {transport} {inside}:{port} {shown}
}}
peer office {{
    kind pbx
    side inside
    address {scheme}{pbx}:{port}
    {office_words}
    domain office.example
}}
peer north {{
    kind carrier
    side outside
    address {scheme}{carrier}:{port}
    {north_words}
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
    transport_words, tls_words = "disable_tcp=yes" if words["transport"] == "udp" else "tcp_max_connections=4096", ""
    if words["transport"] == "tls":
        path = os.path.join(cast.folder, "tls.cfg")
        with open(path, "w", encoding="ascii") as file:
            file.write(KAMAILIO_TLS.format(**words))
        transport_words += "\nenable_tls=yes"
        tls_words = f'loadmodule "tls.so"\nmodparam("tls", "config", "{path}")'
    with open(config, "w", encoding="ascii") as file:
        file.write(KAMAILIO.format(topoh=topoh, transport_words=transport_words, tls_words=tls_words, **words))
    return cast.start("kamailio", ["kamailio", "-DD", "-E", "-f", config, "-m", "512", "-M", "32", "-x", "fm",
                                   "-X", "fm", "-Y", cast.folder, "-P", os.path.join(cast.folder, "kamailio.pid")])


def start_ringfence(cast, words):
    config = os.path.join(cast.folder, "ringfence.conf")
    with open(config, "w", encoding="ascii") as file:
        file.write(RINGFENCE.format(folder=cast.folder, **words))
    return cast.start("ringfence", [INSTALLED, "run", "-c", config])


def start_floor(cast, words, way):
    return cast.start(f"floor-{way}", [FLOOR, way, OUTSIDE, INSIDE, CARRIER, PBX])


STARTERS = {
    "topoh": lambda cast, words: start_kamailio(cast, words, TOPOH),
    "plain": lambda cast, words: start_kamailio(cast, words, ""),
    "ringfence": start_ringfence,
}
FLOORS = {
    "udp": {"floor, one at a time": lambda cast, words: start_floor(cast, words, "one"),
            "floor, in batches": lambda cast, words: start_floor(cast, words, "batch")},
    "tcp": {"floor": lambda cast, words: start_floor(cast, words, "stream")},
    "tls": {},
}


def starters(transport):
    return {**STARTERS, **(FLOORS[transport] if os.access(FLOOR, os.X_OK) else {})}


def listens(transport, host, port):
    """Whether someone has that port open; connections of it do not count."""
    name = f"{int.from_bytes(socket.inet_aton(host), 'little'):08X}:{port:04X}"
    with open(f"/proc/net/{'udp' if transport == 'udp' else 'tcp'}", encoding="ascii") as file:
        rows = [line.split() for line in file]
    return any(row[1] == name and row[3] in ("07", "0A") for row in rows)


def scenario(cast, name, transport):
    """The file of that name; over TLS one that says so, whatever SIPp believes."""
    path = os.path.join(SCENARIOS, name)
    if transport != "tls":
        return path
    with open(path, encoding="ascii") as file:
        text = file.read()
    for word, value in (("[transport]", "TLS"), ("[remote_ip]:[remote_port]", f"{OUTSIDE}:5061"), ("[local_port]", "5061")):
        text = text.replace(word, value)
    path = os.path.join(cast.folder, name)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def start_bridges(cast, words):
    pair = [words["bridge_chain"], words["bridge_key"], words["authority"]]
    return [cast.start("bridge-" + way, [BRIDGE, way, here, there, *pair]) for way, here, there in (
        ("to", f"{CARRIER}:{BRIDGE_PORT}", f"{OUTSIDE}:5061"), ("from", f"{PBX}:5061", f"{PBX}:5060"))]


def call(cast, words, calls, rate):
    """How many calls succeeded and how many messages had to be sent again, as SIPp tells."""
    sipp = ["/usr/bin/sipp", "-t", "u1" if words["transport"] == "udp" else "t1", "-nostdin", "-trace_stat",
            "-fd", "1", "-buff_size", "4000000", "-timeout", "120", "-p", "5060"]
    answering = cast.start("answering", [*sipp, "-sf", scenario(cast, "callee.xml", words["transport"]), "-i", PBX,
                                         "-stf", os.path.join(cast.folder, "callee.csv")])
    # Who calls before it listens ends at the first refusal.
    until(lambda: listens("udp" if words["transport"] == "udp" else "tcp", PBX, 5060), 10)
    file = os.path.join(cast.folder, "caller.csv")
    if os.path.exists(file):
        os.unlink(file)
    target = f"{CARRIER}:{BRIDGE_PORT}" if words["transport"] == "tls" else OUTSIDE + ":5060"
    cast.run("calling", [*sipp, "-sf", scenario(cast, "caller.xml", words["transport"]), "-i", CARRIER, "-s", NUMBER,
                         "-r", str(rate), "-m", str(calls), "-l", "20000", "-d", "0", "-stf", file, target], 150)
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


def certify(cast):
    authority = Authority(cast.folder)
    ours, ends = authority.issue("border", ["DNS:border.example"]), authority.issue("ends", ["DNS:ends.example"])
    words = {"chain": ours[0], "key": ours[1], "authority": authority.certificate,
             "bridge_chain": ends[0], "bridge_key": ends[1], "scheme": "sips:", "shown": " certificate main",
             "certificate": f"certificate main {{ chain {ours[0]}  key file:{ours[1]} }}"}
    words["office_words"] = words["north_words"] = f"signalling mutual-tls  name ends.example  authority {authority.certificate}"
    return words


def measure(name, words, calls, rate):
    """Processor seconds per 1,000 calls, in all and of each process."""
    folder = os.path.join(FOLDER, name)
    shutil.rmtree(folder, ignore_errors=True)
    with Cast(folder) as cast:
        if words["transport"] == "tls":
            words = {**words, **certify(cast)}
            start_bridges(cast, words)
        process = starters(words["transport"])[name](cast, words)
        if not until(lambda: listens(words["transport"], OUTSIDE, words["port"]) or not process.is_running(), 15) or not process.is_running():
            raise Failure(f"{name} does not listen, see {process.log_path}")
        call(cast, words, 200, 100)
        before, parts = process.cpu_seconds(), by_process(process)
        succeeded, again = call(cast, words, calls, rate)
        spent = process.cpu_seconds() - before
        parts = {part: (seconds - parts.get(part, 0)) * 1000 / calls
                 for part, seconds in by_process(process).items()}
        if succeeded < calls * 0.995:
            if name == "ringfence" or succeeded == 0:
                raise Failure(f"{name}: only {succeeded} of {calls} calls succeeded")
            print(f"    {name}: only {succeeded} of {calls} calls succeeded, its figure is for them")
        print(f"    {name}: {spent * 1000 / succeeded:.3f} CPU s per 1,000 calls, {again} sent again", flush=True)
        return spent * 1000 / succeeded, parts


def words_of(transport, calls):
    """What the configurations above leave open, without a certificate."""
    return {"calls": calls, "transport": transport, "port": PORTS[transport], "carrier": CARRIER, "outside": OUTSIDE,
            "inside": INSIDE, "pbx": PBX, "scheme": "", "shown": "", "certificate": "",
            "office_words": f"transport {transport}", "north_words": f"transport {transport}"}


def compare(options, transport, rate):
    # Transactions stay for half a minute: `calls` bounds them too.
    calls = options.calls * rate // options.rate[0]
    words = words_of(transport, min(max(1000, 3 * rate), MOST_CALLS))
    figures, parts = {}, {}
    for _ in range(options.rounds):
        for name in options.only or starters(transport):
            spent, parts[name] = measure(name, words, calls, rate)
            figures.setdefault(name, []).append(spent)
    medians = {name: statistics.median(values) for name, values in figures.items()}
    print(f"{calls} calls at {rate}/s over {transport}, CPU s per 1,000: "
          + ", ".join(f"{name} {seconds:.3f}" for name, seconds in medians.items()))
    if "ringfence" in parts:
        print("ours by process: " + ", ".join(f"{name} {seconds:.3f}" for name, seconds in
                                              sorted(parts["ringfence"].items(), key=lambda row: -row[1])))
    is_met = True
    for name in ("topoh", "plain"):
        if name in medians and "ringfence" in medians:
            ratio, most = medians["ringfence"] / medians[name], MOST[transport].get(name)
            is_met &= most is None or ratio <= most
            words = [f"at most {most}" + ("" if ratio <= most else ": MISSED")] if most else []
            words += [f"{other} {seconds / medians[name]:.2f}" for other, seconds in medians.items() if other.startswith("floor")]
            print(f"of {name}: {ratio:.2f}" + (f" ({'; '.join(words)})" if words else ""))
    return is_met


def may_run(transport):
    if transport != "tls":
        return True
    has_module = any(os.path.exists(os.path.join(folder, "tls.so")) for folder in MODULE_FOLDERS)
    if not has_module or not os.access(BRIDGE, os.X_OK):
        print("over tls: skipped, " + ("bench-tls_bridge is not built" if has_module else "kamailio-tls-modules is not installed"))
        return False
    return True


def main():
    parser = argparse.ArgumentParser(description="Processor time of calls, beside Kamailio.")
    parser.add_argument("--over", nargs="+", choices=sorted(PORTS), default=["udp", "tcp", "tls"])
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--rate", type=int, nargs="+", default=[400, 1600])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=[*STARTERS, *FLOORS["udp"], *FLOORS["tcp"]])
    options = parser.parse_args()
    enter_namespace(__file__)
    if not is_built():
        print("bench b2bua: run script/build release first; the program is not built")
        return 1
    try:
        return 0 if all([compare(options, transport, rate) for transport in options.over if may_run(transport)
                         for rate in options.rate]) else 1
    except Failure as failure:
        print(f"bench b2bua: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
