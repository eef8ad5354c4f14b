# SPDX-License-Identifier: Apache-2.0
"""Private keys live in a process of their own: not in signal's memory, and what happens when that process is away,
when files are renewed while it runs, and when they are about to end."""

import base64
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time

from certificates import Authority, openssl
from harness import Skip, check, test
from process import Cast, until
from ringfence import OUTSIDE_ADDRESS, Ringfence
from test_confines import ACTS, FORBIDDEN, act, await_ready
from test_tls import NAME, phone, tls_stage
from tls_stream import client_context

USERS = "200", "210"
PHONES = "127.0.0.30", "127.0.0.31"
TRUNK, TRUNK_ADDRESS = "carrier.example.net", "127.0.0.41"
CHUNK = 1 << 16
PIECE = 16  # bytes of a number that are enough to know it by


def shake(context, address="127.0.0.40"):
    """A handshake and nothing else: the certificate that was shown; raises OSError."""
    with context.wrap_socket(connected(address), server_hostname=NAME) as one:
        return one.getpeercert(binary_form=True)


def connected(address):
    one = socket.socket()
    one.settimeout(10)
    one.bind((address, 0))
    one.connect((OUTSIDE_ADDRESS, 5061))
    return one


def does_shake(context):
    try:
        shake(context)
    except OSError:
        return False
    return True


# ---- no private key in a core of signal ----

def secrets_of(key):
    """{what: bytes} that give a private key away, however it is written down."""
    text = openssl("pkey", "-in", key, "-noout", "-text")
    found = {}
    for name, digits in re.findall(r"^(priv|privateExponent|prime1|prime2|exponent1|exponent2|coefficient):\n((?: +[0-9a-f:]+\n)+)",
                                   text, re.M):
        number = bytes.fromhex(re.sub(r"[^0-9a-f]", "", digits)).lstrip(b"\0")
        found[f"{name}, big-endian, first half"] = number[:PIECE]
        found[f"{name}, big-endian, last half"] = number[-PIECE:]
        # Limbs of 8 bytes in the machine's order, the least one first, are the number back to front.
        found[f"{name}, limbs, first half"] = number[::-1][:PIECE]
        found[f"{name}, limbs, last half"] = number[::-1][-PIECE:]
    check(found, f"no number was read of {key}: {text}")
    with open(key, "rb") as file:
        lines = [line for line in file.read().splitlines() if b"-----" not in line]
    # The last line may be short; the first ones say the sort of key.
    for number, line in enumerate(lines[1:] if len(lines) > 2 else lines):
        if len(line) >= 32:
            found[f"PEM, line {number}"] = line
    # What stands before and after says that it is a key; the end of a key on a curve is public.
    der, first = base64.b64decode(b"".join(lines)), next(iter(found.values()))
    found["DER"] = der[der.index(first) - 4:][:PIECE]
    return found


def memory_of(pid):
    """All that a core of that process would hold."""
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in maps:
            area, rights = line.split()[:2]
            start, end = (int(one, 16) for one in area.split("-"))
            if "r" not in rights or "[v" in line:
                continue
            try:
                mem.seek(start)
                yield mem.read(end - start)
            except OSError:
                continue


def traces(pid, secrets):
    """Which of them lie in its memory, and how many bytes were looked at."""
    found, size, nothing = set(), 0, bytes(CHUNK)
    for area in memory_of(pid):
        size += len(area)
        for at in range(0, len(area), CHUNK):
            # Most of it was never touched. A little of the next chunk, for what lies across.
            if area[at:at + CHUNK] != nothing:
                chunk = area[max(0, at - 100):at + CHUNK + 100]
                found |= {what for what, one in secrets.items() if one in chunk}
    return found, size


@test("no private key lies in a core of signal while it shakes hands, nor of the parent; the same search finds it in keys")
def keys_not_in_signal(cast):
    if os.geteuid() != 0:
        raise Skip("needs root to read the memory of others")
    authority = Authority(cast.folder)
    pairs = {"main": authority.issue("main", [f"DNS:{NAME}"], use="serverAuth"),
             "old": authority.issue("old", [f"DNS:{NAME}"], use="serverAuth", kind="rsa")}
    stage = tls_stage(cast, authority, pairs=pairs).start()
    elliptic = client_context(authority.certificate)
    rsa = client_context(authority.certificate, newest=ssl.TLSVersion.TLSv1_2)
    rsa.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")
    with phone(stage, USERS[0], PHONES[0], elliptic) as caller:
        caller.must_register()
        for context in [elliptic, rsa] * 5:
            shake(context)
        children = stage.ringfence.children()
        check({"signal", "keys"} <= set(children), f"only {sorted(children)} run")
        for label, (_, key) in pairs.items():
            secrets = secrets_of(key)
            for role, pid in (("signal", children["signal"]), ("parent", stage.ringfence.parent())):
                found, size = traces(pid, secrets)
                check(size > 1 << 20, f"of {role} only {size} bytes could be read")
                check(not found, f"{role} has the key of {label}: {sorted(found)}")
            found, size = traces(children["keys"], secrets)
            check(any("limbs" in what for what in found),
                  f"the search finds nothing of {label} where it is ({size} bytes): it proves nothing")
    check(stage.ringfence.counters()["keys_signed"] >= 11, f"{stage.ringfence.counters()}")


# ---- when keys is away ----

@test("when keys dies, connections stay and the next handshakes work; while it stands still, one fails with its reason")
def keys_away(cast):
    authority = Authority(cast.folder)
    stage = tls_stage(cast, authority).start()
    context = client_context(authority.certificate)
    with phone(stage, USERS[0], PHONES[0], context) as caller:
        caller.must_register()
        before = stage.ringfence.children()
        os.kill(before["keys"], signal.SIGKILL)
        check(until(lambda: does_shake(context), 15, pause=0.05), "no handshake works after keys was killed")
        check(stage.ringfence.children()["keys"] != before["keys"], "it is the same process")
        check(stage.ringfence.children()["signal"] == before["signal"], "signal died with it")
        caller.must_register()
        standing = stage.ringfence.children()["keys"]
        os.kill(standing, signal.SIGSTOP)
        try:
            started = time.monotonic()
            check(not does_shake(context), "a handshake is done while keys stands still")
            check(time.monotonic() - started > 1, "it failed before it could be late")
            caller.must_register()
        finally:
            os.kill(standing, signal.SIGCONT)
        check("keys-late" in stage.ringfence.process.log(), "nothing says why it failed")
        check(until(lambda: does_shake(context), 15, pause=0.05), "no handshake works after keys goes on")
        check(stage.ringfence.counters()["tls_refused_ours"] >= 1, f"{stage.ringfence.counters()}")


# ---- renewal ----

def replace(pair, by):
    for old, new in zip(pair, by):
        os.replace(new, old)


def serial(der):
    return openssl_serial(ssl.DER_cert_to_PEM_cert(der))


def openssl_serial(pem):
    return subprocess.run(["openssl", "x509", "-noout", "-serial"], input=pem, stdout=subprocess.PIPE, check=True,
                          text=True).stdout.strip()


@test("a renewed certificate is shown without a restart, connections stay, and a broken one is refused with words")
def keys_renewed(cast):
    authority = Authority(cast.folder)
    pair = authority.issue("main", [f"DNS:{NAME}"], use="serverAuth")
    stage = tls_stage(cast, authority, pairs={"main": pair}).start()
    ringfence, context = stage.ringfence, client_context(authority.certificate)
    with phone(stage, USERS[0], PHONES[0], context) as caller:
        caller.must_register()
        before, first = ringfence.children(), serial(shake(context))
        replace(pair, authority.issue("renewed", [f"DNS:{NAME}"], use="serverAuth"))
        check(until(lambda: serial(shake(context)) != first, 40, pause=0.5), "the new certificate is not shown")
        second = serial(shake(context))
        check("read again" in ringfence.process.log(), "nothing says that files were read again")
        caller.must_register()
        # A key of another certificate: refused at once where somebody asks.
        other = authority.issue("other", [f"DNS:{NAME}"], use="serverAuth")
        os.replace(other[1], pair[1])
        check(until(lambda: "stay in force" in ringfence.process.log(), 40, pause=0.5), "a wrong key was not refused")
        check("not that of the first certificate" in ringfence.process.log(), "nothing says what is wrong")
        check(serial(shake(context)) == second, "the old certificate is not shown any more")
        os.remove(pair[0])
        code, text = ringfence.ask("config", "apply")
        check(code != 0 and pair[0] in text, f"exit {code}: {text}")
        check(serial(shake(context)) == second, "the old certificate is not shown any more")
        os.replace(other[0], pair[0])
        code, text = ringfence.ask("config", "apply")
        check(code == 0, f"exit {code}: {text}")
        check(serial(shake(context)) not in (first, second), "the third certificate is not shown")
        caller.must_register()
        check(ringfence.children() == before, f"{before} became {ringfence.children()}")


@test("files that do not belong together, or are not there, are found before anything starts: exit 3, with both lines")
def keys_mistaken(cast):
    authority = Authority(cast.folder)
    one, other = (authority.issue(name, [f"DNS:{NAME}"], use="serverAuth") for name in ("one", "other"))
    for chain, key, words in ((one[0], one[1], ""), (one[0], other[1], "not that of the first certificate"),
                              (one[0], one[0], "not in PEM"), (one[0] + ".absent", one[1], "not found")):
        ringfence = Ringfence(cast, **tls_stage(cast, authority, pairs={"main": (chain, key)}).changes)
        code, text = ringfence.ask("config", "check", "-c", ringfence.config_path)
        check(code == (3 if words else 0) and words in text, f"check: exit {code}: {text}")
        if words:
            done = subprocess.run(ringfence.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=30, check=False, text=True)
            check(done.returncode == 3 and words in done.stdout, f"run: exit {done.returncode}: {done.stdout}")


@test("a handshake works after an upgrade, with keys that the new parent has read itself")
def keys_upgraded(cast):
    authority = Authority(cast.folder)
    stage = tls_stage(cast, authority).start()
    context = client_context(authority.certificate)
    check(does_shake(context), "no handshake works")
    before = stage.ringfence.children()
    code, text = stage.ringfence.ask("upgrade")
    check(code == 0, f"exit {code}: {text}")

    def is_new():
        return stage.ringfence.children().get("keys", before["keys"]) != before["keys"] and does_shake(context)
    check(until(is_new, 30, pause=0.2), "no handshake works after the upgrade")


@test("who is revoked while it runs is refused from then on, and who is not is let in")
def keys_revoked_later(cast):
    authority = Authority(cast.folder)
    pairs = {name: authority.issue(name, [f"DNS:{TRUNK}"], use="serverAuth,clientAuth") for name in ("first", "second")}
    more = (f"peer carrier {{\n kind carrier\n side outside\n address sips:{TRUNK_ADDRESS}:5061\n"
            f" signalling {{ mutual-tls  name {TRUNK}  authority {authority.certificate}  revoked {authority.list} }}\n}}\n")
    stage = tls_stage(cast, authority, more=more).start()

    def is_let_in(name):
        context = client_context(authority.certificate, pairs[name])
        try:
            with context.wrap_socket(connected(TRUNK_ADDRESS), server_hostname=NAME) as one:
                one.settimeout(2)
                # Of TLS 1.3 the client's end is done before its certificate is looked at.
                one.sendall(b"OPTIONS sip:x SIP/2.0\r\n")
                return one.recv(1) != b""
        except TimeoutError:
            return True
        except OSError:
            return False
    check(is_let_in("first") and is_let_in("second"), "one of two good certificates is refused")
    authority.revoke(pairs["first"])
    code, text = stage.ringfence.ask("config", "apply")
    check(code == 0, f"exit {code}: {text}")
    check(not is_let_in("first"), "the revoked one is let in")
    check(is_let_in("second"), "the other one is refused")


# ---- ends ----

@test("what ends within 30, 14 or 3 days is told once at the start, and what does not is not")
def keys_endings(cast):
    authority = Authority(cast.folder)
    pairs = {name: authority.issue(name, [f"DNS:{NAME}"], use="serverAuth", days=(-1, days))
             for name, days in (("long", 60), ("thirty", 29), ("fourteen", 13), ("three", 2))}
    # What the listener of servers asks for: a list that is too old, and an authority of 30 days.
    authority.write_list("-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200102000000Z")
    control = (f"control {{\n listen 127.0.0.12:8443\n certificate long\n authority {authority.certificate}\n"
               f" revoked {authority.list}\n server app {{ name app.example  from 127.0.0.41  peer office }}\n}}\n")
    stage = tls_stage(cast, authority, pairs=pairs, more=control).start()
    log = stage.ringfence.process.log()
    check(log.count("authority of control ends within 30 days") == 1, f"control's authority is not told once:\n{log}")
    check(log.count("revocations of control are too old") == 1, f"control's list is not told once:\n{log}")
    for name, days in (("thirty", 30), ("fourteen", 14), ("three", 3)):
        check(log.count(f"certificate {name} ends within {days} days") == 1, f"{name} is not told once:\n{log}")
    check("certificate long" not in log, f"what does not end is told:\n{log}")
    check(stage.ringfence.counters()["certificates_ending"] == 5, f"{stage.ringfence.counters()}")
    code, text = stage.ringfence.ask("-o", "json", "doctor", "-c", stage.ringfence.config_path)
    warned = [row["subject"] for row in json.loads(text) if row["id"] == "certificate-ending"]
    want = {f"certificate {name}" for name in pairs if name != "long"} | {"authority of control"}
    check(want == set(warned), f"exit {code}: {warned}")
    ended = [row["subject"] for row in json.loads(text) if row["id"] == "certificate-ended"]
    check(ended == ["revocations of control"], f"exit {code}: {ended}")


# ---- what keys may not do ----

def acts_of_keys(folder, *arguments):
    """{act: what came of it} from inside the running process."""
    found = {}
    with Cast(folder) as cast:
        stage = tls_stage(cast, Authority(cast.folder))
        ringfence = Ringfence(cast, **stage.changes)
        ringfence.arguments = list(arguments)
        ringfence.start()
        victim = cast.start("victim", ["sleep", "600"])
        for name in ACTS:
            check(until(lambda: "keys" in ringfence.children(), 10), "keys does not run")
            await_ready(ringfence)
            found[name] = act(ringfence.children()["keys"], name, victim.child.pid)
        check(victim.is_running(), "the victim did not live")
    return found


@test("forbidden acts made from inside keys are all denied, and done where it has no sandbox")
def keys_confined(cast):
    if os.geteuid() != 0 or not os.access(FORBIDDEN, os.X_OK):
        raise Skip("needs root and the program forbidden")
    found = acts_of_keys(cast.folder)
    check(all(text.startswith("denied") for text in found.values()), f"not denied: {found}")
    found = acts_of_keys(cast.folder + "-off", "--no-sandbox")
    check(not any(text.startswith("denied") for text in found.values()), f"fails without the sandbox too: {found}")
