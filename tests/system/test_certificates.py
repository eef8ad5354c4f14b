# SPDX-License-Identifier: Apache-2.0
"""ringfence certificates: what it makes is taken and refused by plain OpenSSL, and `test` says what would fail."""

import json
import os
import socket
import stat
import subprocess
import time

from harness import Skip, check, test
from process import until
from ringfence import INSTALLED, OUTSIDE_ADDRESS, Ringfence, is_built

PEER_ADDRESS, PEER_PORT = "127.0.0.20", 5061
PEER_NAME = "carrier.example.net"


class Folder:
    """An authority in a folder of the test's own."""

    def __init__(self, cast, name="ca", *only):
        if not is_built():
            raise Skip("the program is not built yet")
        self.path = os.path.join(cast.folder, name)
        self.must("init", "Office", *(word for one in only for word in ("--only", one)))

    def ask(self, verb, *words):
        done = subprocess.run([INSTALLED, "certificates", verb, *words, "--folder", self.path], check=False, timeout=20,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout.strip()

    def must(self, verb, *words):
        code, text = self.ask(verb, *words)
        check(code == 0, f"{verb} {words}: exit {code}: {text}")
        return text

    def file(self, name):
        return os.path.join(self.path, name)

    def states(self):
        done = subprocess.run([INSTALLED, "-o", "json", "certificates", "list", "--folder", self.path], check=False,
                              timeout=20, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return {row["name"]: row["state"] for row in json.loads(done.stdout)}


def openssl(*words):
    done = subprocess.run(["openssl", *words], check=False, timeout=20, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def verdict(ca, name, *more):
    """'' where OpenSSL takes it, else why not."""
    code, text = openssl("verify", "-CAfile", ca.file("authority.pem"), "-crl_check", "-CRLfile", ca.file("authority.crl"),
                         *more, ca.file(name + ".pem"))
    return "" if code == 0 else text


@test("certificates that are made here are taken by plain OpenSSL for their use, and refused for another")
def certificates_are_taken(cast):
    ca = Folder(cast)
    for use, server, client in (("peer", True, True), ("server", True, False), ("client", False, True), ("control", False, True)):
        for extra in ([], ["--rsa"]):
            name = use + "".join(extra)
            ca.must("issue", name, "--san", f"{use}.example.com", "--for", use, *extra)
            for purpose, wanted in (("sslserver", server), ("sslclient", client)):
                said = verdict(ca, name, "-purpose", purpose)
                check((said == "") == wanted and (wanted or "purpose" in said), f"{name} as {purpose}: {said}")
            said = verdict(ca, name, "-verify_hostname", f"{use}.example.com")
            check(said == "", f"{name}: {said}")
            said = verdict(ca, name, "-verify_hostname", "other.example.com")
            check("mismatch" in said, f"{name}: {said}")
            key = stat.S_IMODE(os.stat(ca.file(name + ".key")).st_mode)
            check(key == 0o600, f"the key of {name} has mode {key:o}")
    other = Folder(cast, "other")
    code, text = openssl("verify", "-CAfile", other.file("authority.pem"), ca.file("peer.pem"))
    check(code != 0, f"another authority vouches for it: {text}")


@test("a certificate that is revoked is refused by plain OpenSSL, one that was renewed is taken, each with its own serial number")
def certificates_are_revoked(cast):
    ca = Folder(cast)
    for name in ("a.example.com", "b.example.com"):
        ca.must("issue", name)
    ca.must("revoke", "a.example.com")
    check("revoked" in verdict(ca, "a.example.com"), "the revoked one is taken")
    check(verdict(ca, "b.example.com") == "", "the other one is refused")
    before = openssl("x509", "-noout", "-serial", "-in", ca.file("b.example.com.pem"))[1]
    ca.must("renew", "b.example.com")
    after = openssl("x509", "-noout", "-serial", "-in", ca.file("b.example.com.pem"))[1]
    check(before != after and verdict(ca, "b.example.com") == "", "the renewed one is refused, or not new")
    code, text = ca.ask("renew", "a.example.com")
    check(code == 4, f"a revoked one is renewed: exit {code}: {text}")
    check(ca.states()["a.example.com"] == "revoked", f"{ca.states()}")


@test("an authority that was confined vouches for nobody else, though its own key signs it")
def certificates_are_confined(cast):
    ca = Folder(cast, "ca", "example.com")
    ca.must("issue", "sbc.example.com")
    check(verdict(ca, "sbc.example.com") == "", "its own domain is refused")
    code, text = ca.ask("issue", "sbc.example.net")
    check(code == 4, f"another domain is issued: exit {code}: {text}")
    # Whoever has its key can go past the command, and is stopped by who verifies.
    for name, san in (("forged", "DNS:bank.example.net"), ("address", "IP:192.0.2.1"), ("mine", "DNS:x.example.com")):
        code, text = openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x",
                             "-keyout", ca.file(name + ".key"), "-out", ca.file(name + ".pem"), "-CA", ca.file("authority.pem"),
                             "-CAkey", ca.file("authority.key"), "-addext", "subjectAltName=" + san,
                             "-addext", "basicConstraints=critical,CA:FALSE")
        check(code == 0, f"openssl req: {text}")
    check("permitted" in verdict(ca, "forged") and "excluded" in verdict(ca, "address"),
          f"{verdict(ca, 'forged')} {verdict(ca, 'address')}")
    check(verdict(ca, "mine") == "", verdict(ca, "mine"))


@test("the list marks what ends within 30, 14 and 3 days, and `renew` takes care of them alone")
def certificates_are_listed(cast):
    ca = Folder(cast)
    for name, days in (("long.example.com", 31), ("thirty.example.com", 29), ("fourteen.example.com", 13), ("three.example.com", 2)):
        ca.must("issue", name, "--days", str(days))
    wanted = {"long.example.com": "good", "thirty.example.com": "ends-in-30", "fourteen.example.com": "ends-in-14",
              "three.example.com": "ends-in-3", "authority": "good"}
    check(ca.states() == wanted, f"{ca.states()}")
    with open(ca.file("broken.pem"), "w", encoding="ascii") as file:
        file.write("-----BEGIN CERTIFICATE-----\nnonsense\n")
    check(ca.states()["broken"] == "unreadable", f"{ca.states()}")
    serials = {name: openssl("x509", "-noout", "-serial", "-in", ca.file(name + ".pem"))[1] for name in wanted}
    ca.must("renew")
    for name in wanted:
        is_new = serials[name] != openssl("x509", "-noout", "-serial", "-in", ca.file(name + ".pem"))[1]
        check(is_new == (name not in ("long.example.com", "authority")), f"{name}: new: {is_new}")


@test("a command that is refused says why by its exit code, and leaves the files as they were")
def certificates_exit_codes(cast):
    ca = Folder(cast)
    ca.must("issue", "sbc.example.com")
    with open(ca.file("sbc.example.com.pem"), "rb") as file:
        before = file.read()
    for wanted, words in ((1, ("init",)), (1, ("issue", "sbc.example.com")), (2, ("issue", "../x")), (2, ("issue", "*.example.com")),
                          (2, ("issue", "x.example.com", "--for", "god")), (2, ("issue", "x.example.com", "--days", "0")),
                          (4, ("issue", "x.example.com", "--days", "9999")), (5, ("revoke", "nobody")), (5, ("renew", "nobody")),
                          (4, ("revoke", "authority"))):
        code, text = ca.ask(*words)
        check(code == wanted, f"{words}: exit {code}: {text}")
    check(sorted(os.listdir(ca.path)) == ["authority.crl", "authority.key", "authority.pem", "sbc.example.com.key",
                                          "sbc.example.com.pem"], f"{os.listdir(ca.path)}")
    with open(ca.file("sbc.example.com.pem"), "rb") as file:
        check(file.read() == before, "the certificate was changed")
    os.chmod(ca.path, 0o777)
    code, text = ca.ask("issue", "y.example.com")
    check(code == 4 and "others may write" in text, f"exit {code}: {text}")
    os.chmod(ca.path, 0o700)


# ---- test PEER ----

def a_server(cast, ca, name, *more):
    """openssl s_server with that certificate of ours."""
    cast.start("s_server", ["openssl", "s_server", "-accept", f"{PEER_ADDRESS}:{PEER_PORT}", "-cert", ca.file(name + ".pem"),
                            "-key", ca.file(name + ".key"), "-CAfile", ca.file("authority.pem"), "-rev", *more])

    def is_up():
        with socket.socket() as one:
            return one.connect_ex((PEER_ADDRESS, PEER_PORT)) == 0
    check(until(is_up, 10, pause=0.05), "openssl s_server does not come up")


def steps(*words):
    """(exit code, {step: (result, words)}) of `certificates test`."""
    done = subprocess.run([INSTALLED, "-o", "json", "certificates", "test", f"{PEER_ADDRESS}:{PEER_PORT}", *words], check=False,
                          timeout=30, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return done.returncode, {row["step"]: (row["result"], row["words"]) for row in json.loads(done.stdout or "[]")}


def ours(ca, name):
    return ("--chain", ca.file(name + ".pem"), "--key", ca.file(name + ".key"))


@test("test says that a peer would do, and what would fail: authority, name, use, revocation, our own certificate")
def certificates_test_tells(cast):
    ca, other = Folder(cast), Folder(cast, "other")
    for name, use in ((PEER_NAME, "peer"), ("client.example.net", "client"), ("sbc.example.com", "peer"), ("only.example.com", "server")):
        ca.must("issue", name, "--for", use)
    other.must("issue", "sbc.example.com")
    a_server(cast, ca, PEER_NAME, "-Verify", "3", "-verify_return_error")
    right = ("--authority", ca.file("authority.pem"), "--revocations", ca.file("authority.crl"), "--name", PEER_NAME)
    code, found = steps(*right, *ours(ca, "sbc.example.com"))
    check(code == 0 and found["certificate"][0] == "ok" and found["name"][0] == "ok" and found["our own"][0] == "ok",
          f"exit {code}: {found}")
    for step, words in (("certificate", ("--authority", other.file("authority.pem"), "--name", PEER_NAME, *ours(ca, "sbc.example.com"))),
                        ("name", (*right, "--name", "bank.example.net", *ours(ca, "sbc.example.com"))),
                        ("our own", (*right, *ours(ca, "only.example.com"))),
                        ("answer", (*right, *ours(other, "sbc.example.com"))), ("answer", right)):
        code, found = steps(*words)
        check(code == 1 and found.get(step, ("",))[0] == "fails", f"{step}: exit {code}: {found}")
    ca.must("revoke", PEER_NAME)
    code, found = steps(*right, *ours(ca, "sbc.example.com"))
    check(code == 1 and "revoked" in found["certificate"][1], f"exit {code}: {found}")


@test("test tells a port that is closed from one that speaks no TLS, and a certificate that is not for servers")
def certificates_test_tells_more(cast):
    ca = Folder(cast)
    ca.must("issue", PEER_NAME, "--for", "client")
    ca.must("issue", "sbc.example.com")
    words = ("--authority", ca.file("authority.pem"), "--name", PEER_NAME)
    code, found = steps(*words)
    check(code == 1 and found["connection"][0] == "fails", f"exit {code}: {found}")
    with socket.socket() as plain:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        plain.bind((PEER_ADDRESS, PEER_PORT))
        plain.listen()
        plain.settimeout(10)
        with subprocess.Popen([INSTALLED, "-o", "json", "certificates", "test", f"{PEER_ADDRESS}:{PEER_PORT}", *words],
                              stdout=subprocess.PIPE, text=True) as asked:
            taken, _ = plain.accept()
            with taken:
                taken.recv(4096)
                taken.sendall(b"SIP/2.0 400 Bad Request\r\n\r\n")
                text = asked.communicate(timeout=20)[0]
            found = {row["step"]: row["result"] for row in json.loads(text)}
            check(asked.returncode == 1 and found["handshake"] == "fails", f"exit {asked.returncode}: {found}")
    a_server(cast, ca, PEER_NAME)
    started = time.monotonic()
    code, found = steps(*words, *ours(ca, "sbc.example.com"))
    check(code == 1 and "not for servers" in found["certificate"][1], f"exit {code}, {time.monotonic() - started:.0f} s: {found}")


@test("list and test read the configuration: files that it names, and how we would connect to a peer of it")
def certificates_of_configuration(cast):
    ca = Folder(cast)
    for name in (PEER_NAME, "sbc.example.com"):
        ca.must("issue", name)
    ringfence = Ringfence(cast, outside_more=f"tls {OUTSIDE_ADDRESS}:5061  certificate main", more=f"""
certificate main {{ chain {ca.file("sbc.example.com.pem")}  key {ca.file("sbc.example.com.key")} }}
peer carrier {{
    kind carrier
    side outside
    address sips:{PEER_ADDRESS}:{PEER_PORT}
    signalling {{ mutual-tls  name {PEER_NAME}  authority {ca.file("authority.pem")}  revoked {ca.file("authority.crl")} }}
}}
""")
    code, text = ringfence.ask("-o", "json", "certificates", "list", "-c", ringfence.config_path, "--folder", ca.path)
    found = {row["name"]: row["state"] for row in json.loads(text)} if code == 0 else {}
    check({"certificate main", "authority of carrier", "revocations of carrier", PEER_NAME} <= set(found), f"exit {code}: {text}")
    a_server(cast, ca, PEER_NAME, "-Verify", "3", "-verify_return_error")
    code, text = ringfence.ask("-o", "json", "certificates", "test", "carrier", "-c", ringfence.config_path)
    check(code == 0, f"exit {code}: {text}")
    ca.must("revoke", PEER_NAME)
    code, text = ringfence.ask("-o", "json", "certificates", "test", "carrier", "-c", ringfence.config_path)
    check(code == 1 and "revoked" in text, f"exit {code}: {text}")
    code, text = ringfence.ask("certificates", "test", "nobody", "-c", ringfence.config_path)
    check(code == 5, f"exit {code}: {text}")


@test("config check names each file that is missing or another by its line; what ACME makes may be missing")
def certificates_missing(cast):
    ca = Folder(cast)
    ca.must("issue", "sbc.example.com")
    absent = os.path.join(cast.folder, "absent")
    more = f"""
certificate main {{ chain {absent}.pem  key {ca.file("sbc.example.com.key")} }}
acme office {{ directory https://ca.example/dir  key {absent}.account  agree yes
    authority {ca.file("authority.pem")}  challenge dns  hook HOOK }}
certificate made {{ chain {absent}.made  key {absent}.made.key  acme office  name sip.example.com }}
control {{ listen 127.0.0.11:8443  certificate made  authority {ca.file("authority.pem")} }}
"""
    ringfence = Ringfence(cast, outside_more=f"tls {OUTSIDE_ADDRESS}:5061  certificate main",
                          more=more.replace("HOOK", absent + ".hook"))
    code, text = ringfence.ask("config", "check", "-c", ringfence.config_path)
    lines = [line for line in text.splitlines() if absent in line]
    check(code == 3 and len(lines) == 2, f"exit {code}: {text}")
    for line, words in zip(lines, ("certificate main: chain ", "acme office: hook ")):
        check(line.startswith(ringfence.config_path + ":") and words in line and ": not found; name " in line, line)
    ringfence = Ringfence(cast, outside_more=f"tls {OUTSIDE_ADDRESS}:5061  certificate main",
                          more=more.replace("HOOK", "/bin/true").replace(absent + ".pem", ca.file("sbc.example.com.pem")))
    code, text = ringfence.ask("config", "check", "-c", ringfence.config_path)
    check(code == 0, f"exit {code}: {text}")
    ringfence = Ringfence(cast, outside_more=f"tls {OUTSIDE_ADDRESS}:5061  certificate main", more=f"""
certificate main {{ chain {ca.file("sbc.example.com.pem")}  key {ca.file("sbc.example.com.key")} }}
peer carrier {{ side outside  address sips:{PEER_ADDRESS}  signalling {{ mutual-tls  name {PEER_NAME}
    authority {ca.file("authority.crl")}  revoked {ca.file("authority.pem")} }} }}
""")
    code, text = ringfence.ask("config", "check", "-c", ringfence.config_path)
    check(code == 3 and "authority.crl: has no certificate in PEM; " in text and
          "authority.pem: has no list of revoked certificates in PEM; " in text, f"exit {code}: {text}")
    for part in ("authority.pem", "authority.crl"):
        with open(ca.file(part), encoding="ascii") as file:
            whole = file.read()
        for name, text in (("whole", 2 * whole), ("broken", whole + whole.replace("M", "!", 1))):
            with open(os.path.join(cast.folder, f"{part}.{name}"), "w", encoding="ascii") as file:
                file.write(text)
    for name, exits in (("whole", 0), ("broken", 3)):
        parts = [os.path.join(cast.folder, f"{part}.{name}") for part in ("authority.pem", "authority.crl")]
        ringfence = Ringfence(cast, outside_more=f"tls {OUTSIDE_ADDRESS}:5061  certificate main", more=f"""
certificate main {{ chain {ca.file("sbc.example.com.pem")}  key {ca.file("sbc.example.com.key")} }}
peer carrier {{ side outside  address sips:{PEER_ADDRESS}  signalling {{ mutual-tls  name {PEER_NAME}
    authority {parts[0]}  revoked {parts[1]} }} }}
""")
        code, text = ringfence.ask("config", "check", "-c", ringfence.config_path)
        check(code == exits, f"{name}: exit {code}: {text}")
        for part, words in zip(parts, ("certificate 2 in it is broken; copy", "list 2 in it is broken; copy")):
            line = [line for line in text.splitlines() if part in line]
            check(not line if exits == 0 else line[0].startswith(ringfence.config_path + ":") and words in line[0], text)
    code, text = ringfence.ask("config", "explain")
    check(code == 0 and "acme NAME { ... }" in text and "server NAME { ... }  (within control)" in text, text)
