# SPDX-License-Identifier: Apache-2.0
"""Certificates had by ACME from pebble, the test authority of Let's Encrypt: it checks signatures, nonces, the request
and asks our door or DNS itself. And from an authority of ours that refuses, lies and wants to be left alone."""

import json
import os
import shutil
import socket
import ssl
import stat
import subprocess
import urllib.request

from certificates import Authority
from harness import Skip, check, test
from process import until
from ringfence import OUTSIDE_ADDRESS, Ringfence, is_built
from test_tls import NAME
from tls_stream import client_context

SERVER, SECOND = "127.0.0.70", "sip2.office.example"
DOOR = OUTSIDE_ADDRESS, 5002
PATIENCE = 60

BLOCKS = """\
acme pebble {{
    directory https://{server}:{port}/dir
    key {folder}/account.key
    authority {authority}
    contact admin@office.example
    agree yes
    {more}
}}
certificate main {{ chain {folder}/main.pem  key {folder}/main.key  acme pebble  name {names} }}
"""
HOOK = """\
#!/bin/sh
# add|remove NAME VALUE, for the name server of the test
echo "$1 $2 $3" >>{folder}/hook.log
if [ "$1" = add ]; then path=set-txt; else path=clear-txt; fi
exec {python} -c 'import sys, urllib.request
urllib.request.urlopen(sys.argv[1], data=sys.argv[2].encode(), timeout=10)' \
    "http://{server}:8055/$path" "{{\\"host\\":\\"$2.\\",\\"value\\":\\"$3\\"}}"
"""
HTTP = f"challenge http  listen {DOOR[0]}:{DOOR[1]}"


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def is_heard(*place):
    with socket.socket() as one:
        one.settimeout(5)
        return one.connect_ex(place) == 0


def is_door_open():
    return is_heard(*DOOR)


class Pebble:
    """The authority and the name server that it asks."""

    def __init__(self, cast, leads_to=OUTSIDE_ADDRESS):
        for program in ("pebble", "pebble-challtestsrv"):
            if not shutil.which(program):
                raise Skip(f"{program} is not installed (Debian's pebble)")
        self.cast = cast
        self.own = Authority(cast.folder, "of-pebble")
        chain, key = self.own.issue("pebble", [f"IP:{SERVER}"], use="serverAuth")
        self.context = ssl.create_default_context(cafile=self.own.certificate)
        config = os.path.join(cast.folder, "pebble.json")
        with open(config, "w", encoding="ascii") as file:
            json.dump({"pebble": {"listenAddress": f"{SERVER}:14000", "managementListenAddress": f"{SERVER}:15000",
                                  "certificate": chain, "privateKey": key, "httpPort": DOOR[1], "tlsPort": 5001,
                                  "ocspResponderURL": "", "externalAccountBindingRequired": False}}, file)
        cast.start("challtestsrv", ["pebble-challtestsrv", "-dns01", f"{SERVER}:8053", "-http01", "", "-https01", "",
                                    "-tlsalpn01", "", "-management", f"{SERVER}:8055",
                                    "-defaultIPv4", leads_to, "-defaultIPv6", ""])
        # One nonce in five is refused, as by default: who cannot bear that gets nothing.
        cast.start("pebble", ["pebble", "-config", config, "-dnsserver", f"{SERVER}:8053"],
                   environment={**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "20"})
        check(until(self.root, 20, pause=0.1) and until(lambda: is_heard(SERVER, 8055), 20),
              "pebble, or its name server, did not come up")
        self.roots = os.path.join(cast.folder, "roots.pem")
        with open(self.roots, "wb") as file:
            file.write(self.root())

    def root(self):
        try:
            with urllib.request.urlopen(f"https://{SERVER}:15000/roots/0", context=self.context, timeout=5) as answer:
                return answer.read()
        except OSError:
            return None


def ringfence_of(cast, authority, more, names=NAME, port=14000):
    if not is_built():
        raise Skip("the program is not built yet")
    blocks = BLOCKS.format(server=SERVER, port=port, folder=cast.folder, authority=authority, more=more, names=names)
    return Ringfence(cast, more=blocks, outside_more=f"\n    tls {OUTSIDE_ADDRESS}:5061  certificate main")


def shown(roots, name=NAME):
    """What a client that trusts the authority is shown, in DER; None where it hangs up."""
    try:
        with socket.create_connection((OUTSIDE_ADDRESS, 5061), timeout=10) as plain, \
                client_context(roots).wrap_socket(plain, server_hostname=name) as one:
            return one.getpeercert(binary_form=True)
    except OSError:
        return None


def await_certificate(ringfence, roots, before=None):
    """A certificate of that authority's that is not the one before."""
    found = []

    def has_come():
        found[:] = [shown(roots)]
        check(ringfence.counters()["certificates_not_had"] == 0, f"none was had\n{words(ringfence)}")
        return found[0] and found[0] != before
    check(until(has_come, PATIENCE, pause=0.3), f"no certificate came\n{words(ringfence)}")
    return found[0]


def words(ringfence):
    """What the log says of it."""
    return "\n".join(line for line in ringfence.process.log().splitlines() if "acme" in line or "certificate" in line)


@test("a certificate is had by ACME with HTTP-01, and renewed when asked for, and the door is shut again")
def acme_http(cast):
    pebble = Pebble(cast)
    ringfence = ringfence_of(cast, pebble.own.certificate, HTTP, names=f"{NAME} {SECOND}")
    check(not os.path.exists(f"{cast.folder}/main.key"), "there is a key already")
    ringfence.start()
    first = await_certificate(ringfence, pebble.roots)
    check(shown(pebble.roots, SECOND), "the second name is not in the certificate")
    for file in ("account.key", "main.key", "main.pem"):
        check(mode_of(f"{cast.folder}/{file}") == 0o600, f"others may read {file}")
    check(until(lambda: not is_door_open(), 10), "the door stays open")
    with open(f"{cast.folder}/main.key", "rb") as file:
        key = file.read()
    check(told_of(ringfence)["acme"] == "pebble", f"the list says {told_of(ringfence)}")
    code, text = ringfence.ask("certificates", "renew", "main", "-c", ringfence.config_path)
    check(code == 0, f"renew ended with {code}: {text}")
    first = await_certificate(ringfence, pebble.roots, before=first)
    # A new start finds what it had, and asks for nothing.
    ringfence.stop()
    ringfence.start()
    check(shown(pebble.roots) == first, "after a new start another certificate is shown")
    check(ringfence.counters()["certificates_obtained"] == 0, "it was had once more")
    with open(f"{cast.folder}/main.key", "rb") as file:
        check(file.read() == key, "the key is another one")


def told_of(ringfence):
    """The row of the list."""
    rows = ringfence.rows("certificates", "list", "-c", ringfence.config_path)
    return [row for row in rows if row["name"] == "certificate main"][0]


def is_refused_with(ringfence, roots, *wanted):
    """Nothing was had: with these words of the list, and what stood there before goes on being shown."""
    check(until(lambda: ringfence.counters()["certificates_not_had"] > 0, PATIENCE, pause=0.2), words(ringfence))
    told = told_of(ringfence)["acme"]
    check(all(word in told for word in wanted), f"{wanted} were wanted, the list says {told}")
    check(shown(roots) is None and not is_door_open(), "something is shown, or the door is open")
    check(ringfence.counters()["certificates_obtained"] == 0, "something was had")


@test("who cannot show that a name is his, or is not sure of the authority, has no certificate, and is told why")
def acme_refused(cast):
    pebble = Pebble(cast, leads_to="127.0.0.12")
    ringfence = ringfence_of(cast, pebble.own.certificate, HTTP)
    ringfence.start()
    is_refused_with(ringfence, pebble.roots, "pebble: not had", f"{NAME} was not proven to be ours", "connection")
    with open(f"{cast.folder}/main.pem", "rb") as file:
        before = file.read()
    ringfence.stop()
    # The same server, vouched for by nobody whom we were told to believe.
    ringfence = ringfence_of(cast, Authority(cast.folder, "another").certificate, HTTP)
    ringfence.start()
    is_refused_with(ringfence, pebble.roots, "no answer", "certificate")
    with open(f"{cast.folder}/main.pem", "rb") as file:
        check(file.read() == before, "the file was written")


def put(cast, pebble, days):
    """A certificate of somebody else's, as it was had before; (its chain, its key)."""
    found = []
    for file, end in zip(pebble.own.issue("before", [f"DNS:{NAME}"], use="serverAuth", days=days), ("pem", "key")):
        shutil.copyfile(file, f"{cast.folder}/main.{end}")
        os.chmod(f"{cast.folder}/main.{end}", 0o600)
        with open(file, "rb") as one:
            found.append(one.read())
    return found


@test("a certificate of which a third is left is renewed by ACME with DNS-01, by a program that writes the record and "
      "removes it; one of which more is left stays")
def acme_dns(cast):
    pebble = Pebble(cast)
    before = put(cast, pebble, (-61, 29))
    hook = os.path.join(cast.folder, "hook")
    with open(hook, "w", encoding="ascii") as file:
        file.write(HOOK.format(folder=cast.folder, server=SERVER, python="/usr/bin/python3"))
    os.chmod(hook, 0o700)
    ringfence = ringfence_of(cast, pebble.own.certificate, f"challenge dns  hook {hook}")
    ringfence.start()
    await_certificate(ringfence, pebble.roots)
    with open(f"{cast.folder}/hook.log", encoding="ascii") as file:
        calls = [line.split() for line in file]
    check([call[:2] for call in calls] == [["add", f"_acme-challenge.{NAME}"], ["remove", f"_acme-challenge.{NAME}"]],
          f"the hook was called as {calls}")
    check(calls[0][2] == calls[1][2] and len(calls[0][2]) == 43, f"the record was {calls}")
    check(not is_door_open(), "a door is open, and nobody asked for it")
    with open(f"{cast.folder}/main.key", "rb") as file:
        check(file.read() == before[1], "the key is another one")
    ringfence.stop()
    before = put(cast, pebble, (-59, 31))
    ringfence.start()
    check(until(lambda: "certificate main is good" in ringfence.process.log(), PATIENCE, pause=0.2), words(ringfence))
    with open(f"{cast.folder}/main.pem", "rb") as file:
        check(file.read() == before[0], "it was renewed before its time")
    check(ringfence.process.log().count("is asked for") == 0, words(ringfence))
