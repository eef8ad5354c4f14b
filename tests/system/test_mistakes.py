# SPDX-License-Identifier: Apache-2.0
"""What an administrator gets wrong is told as what it is, with what to do."""

import json
import os
import pwd
import re
import socket
import subprocess

from harness import Skip, check, test
from process import until
from ringfence import INSTALLED, OUTSIDE_ADDRESS, Ringfence
from test_certificates import Folder

CERTIFICATE = "certificate main {{ chain {0}  key {1} }}\n"


def ask_as_nobody(*words):
    """Without rights, as who forgets sudo."""
    nobody = pwd.getpwnam("nobody")
    try:
        done = subprocess.run([INSTALLED, *words], check=False, timeout=20, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[])
    except PermissionError as error:
        raise Skip(f"nobody may not start {INSTALLED}: {error}") from None
    return done.returncode, done.stdout


def with_certificate(cast):
    """A border whose certificate root alone may read."""
    ca = Folder(cast)
    ca.must("issue", "sbc.example.com")
    for folder in (cast.folder, os.path.dirname(cast.folder)):
        os.chmod(folder, 0o755)
    return ca, Ringfence(cast, outside_more=f"tls {OUTSIDE_ADDRESS}:5061  certificate main",
                         more=CERTIFICATE.format(ca.file("sbc.example.com.pem"), ca.file("sbc.example.com.key")))


@test("certificates tells a configuration that is not there, or may not be read, from one with mistakes in it")
def mistakes_configuration(cast):
    ca, ringfence = with_certificate(cast)
    absent = os.path.join(cast.folder, "absent.conf")
    code, text = ca.ask("list", "-c", absent)
    check(code == 5 and f"{absent} is not there" in text, f"exit {code}: {text}")
    code, text = ringfence.ask("certificates", "test", "carrier", "-c", absent)
    check(code == 5 and f"{absent} is not there" in text, f"exit {code}: {text}")
    with open(absent, "w", encoding="utf-8") as file:
        file.write("lisen outside\n")
    code, text = ca.ask("list", "-c", absent)
    check(code == 3 and "ringfence config check" in text, f"exit {code}: {text}")
    os.chmod(ringfence.config_path, 0o600)
    code, text = ask_as_nobody("certificates", "test", "carrier", "-c", ringfence.config_path)
    check(code == 4 and "ask as root" in text, f"exit {code}: {text}")


@test("a certificate that who asks may not read is told as that by config check and by doctor, not as absent")
def mistakes_rights(cast):
    ca, ringfence = with_certificate(cast)
    code, text = ringfence.ask("config", "check", "-c", ringfence.config_path)
    check(code == 0, f"as root: exit {code}: {text}")
    code, text = ask_as_nobody("config", "check", "-c", ringfence.config_path)
    lines = [line for line in text.splitlines() if "certificate main" in line]
    check(code == 3 and len(lines) == 2, f"exit {code}: {text}")
    check(all("may not be read by who asks" in line and "ask as root" in line for line in lines), text)
    code, text = ask_as_nobody("config", "check", "-c", ringfence.config_path, "--without-secrets")
    check(code == 0, f"without what is in files: exit {code}: {text}")
    code, text = ask_as_nobody("-o", "json", "doctor", "-c", ringfence.config_path)
    found = {row["id"]: row for row in json.loads(text)}
    check(found.get("certificate-right", {}).get("level") == "warning", f"exit {code}: {text}")
    check("certificate-unread" not in found, f"told as absent: {text}")
    os.unlink(ca.file("sbc.example.com.pem"))
    code, text = ringfence.ask("-o", "json", "doctor", "-c", ringfence.config_path)
    check("certificate-unread" in {row["id"] for row in json.loads(text)}, f"exit {code}: {text}")


@test("config check answers programs in JSON, with line and column of each mistake; what writes text takes no -o json")
def mistakes_json(cast):
    ringfence = Ringfence(cast)
    words = ("-o", "json", "config", "check", "-c", ringfence.config_path)
    code, text = ringfence.ask(*words)
    found = json.loads(text)
    check(code == 0 and found["valid"] and found["faults"] == [] and found["file"] == ringfence.config_path, f"exit {code}: {text}")
    with open(ringfence.config_path, "a", encoding="utf-8") as file:
        file.write("\nlisen x {\n}\n")
    code, text = ringfence.ask(*words)
    found = json.loads(text)
    check(code == 3 and not found["valid"] and found["count"] == len(found["faults"]) == 1, f"exit {code}: {text}")
    check(found["faults"][0]["line"] > 1 and found["faults"][0]["column"] == 1 and "listen" in found["faults"][0]["text"], text)
    for form, verb in (("csv", "check"), ("json", "fmt"), ("json", "show")):
        code, text = ringfence.ask("-o", form, "config", verb)
        check(code == 2 and "-o" in text, f"-o {form} config {verb}: exit {code}: {text}")


@test("certificates test says of a peer that is reached in the clear that there is no TLS, and which word is missing")
def mistakes_in_the_clear(cast):
    ringfence = Ringfence(cast)
    code, text = ringfence.ask("certificates", "test", "office", "-c", ringfence.config_path)
    check(code == 1 and "sips:" in text and "connection" not in text, f"exit {code}: {text}")
    code, text = ringfence.ask("certificates", "test", "127.0.0.20:5061", "--chain", "one.pem")
    check(code == 2 and "--key" in text, f"exit {code}: {text}")


@test("a border started by a relative path takes config apply of the same file from another folder")
def mistakes_relative(cast):
    ringfence = Ringfence(cast)
    ringfence.command = lambda: ["/bin/sh", "-c", f"cd {cast.folder} && exec {INSTALLED} run -c ringfence.conf"]
    ringfence.start()
    code, text = ringfence.ask("config", "apply", "-c", ringfence.config_path)
    check(code == 0 and "in force already" in text, f"exit {code}: {text}")
    with open(ringfence.config_path, encoding="utf-8") as file:
        changed = file.read().replace("mode block", "mode observe")
    with open(ringfence.config_path, "w", encoding="utf-8") as file:
        file.write(changed)
    code, text = ringfence.ask("config", "apply", "-c", ringfence.config_path)
    check(code == 0 and "in force already" not in text, f"exit {code}: {text}")
    check(until(lambda: ringfence.ask("mode")[1] == "observe", 5), ringfence.ask("mode")[1])


@test("doctor looks at the port where servers command calls, and explain tells of the block that names them")
def mistakes_control(cast):
    ca, ringfence = with_certificate(cast)
    with open(ringfence.config_path, "a", encoding="utf-8") as file:
        file.write(f"control {{ listen {OUTSIDE_ADDRESS}:8443  certificate main  authority {ca.file('authority.pem')} }}\n")
    words = ("-o", "json", "doctor", "-c", ringfence.config_path)
    text = ringfence.ask(*words)[1]
    found = {row["subject"]: row["level"] for row in json.loads(text) if row["id"] == "listen-port"}
    check(found.get(f"tcp {OUTSIDE_ADDRESS}:8443") == "ok", text)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((OUTSIDE_ADDRESS, 8443))
        other.listen()
        text = ringfence.ask(*words)[1]
        found = {row["subject"]: row["level"] for row in json.loads(text) if row["id"] == "listen-port"}
        check(found.get(f"tcp {OUTSIDE_ADDRESS}:8443") == "fault", text)
    code, text = ringfence.ask("config", "explain", "control")
    check(code == 0 and "server NAME { ... }: " in text, f"exit {code}: {text}")


@test("mode tells for how long it holds yet, and why what to do about who was never heard of")
def mistakes_silence(cast):
    ringfence = Ringfence(cast)
    ringfence.start()
    check(ringfence.ask("mode")[1] == "block", ringfence.ask("mode")[1])
    code, text = ringfence.ask("mode", "observe", "--for", "5m")
    check(code == 0, text)
    check(until(lambda: re.fullmatch(r"observe \((29\d|300) s more\)", ringfence.ask("mode")[1]), 5), ringfence.ask("mode")[1])
    for word, field in (("999", "user"), ("198.51.100.9", "address")):
        code, text = ringfence.ask("why", word)
        check(code == 0 and f"ringfence trace {field}={word}" in text, f"exit {code}: {text}")
    code, text = ringfence.ask("-q", "why", "999")
    check(code == 0 and "trace" not in text, f"exit {code}: {text}")


@test("who may not use the service's socket is told that, by every command and by doctor, not that nothing runs")
def mistakes_socket(cast):
    _, ringfence = with_certificate(cast)
    os.chmod(ringfence.config_path, 0o644)
    ringfence.start()
    code, text = ask_as_nobody("--socket", ringfence.socket_path, "status")
    check(code == 4 and "ask as root" in text, f"exit {code}: {text}")
    code, text = ask_as_nobody("--socket", ringfence.socket_path + ".none", "status")
    check(code == 6, f"exit {code}: {text}")
    # And where the folder is closed: then not even that is heard.
    os.chmod(cast.folder, 0o700)
    code, text = ask_as_nobody("--socket", ringfence.socket_path, "status")
    check(code == 4 and "ask as root" in text, f"exit {code}: {text}")
    code, text = ask_as_nobody("--socket", ringfence.socket_path, "-o", "json", "doctor")
    found = {row["id"]: row["level"] for row in json.loads(text[text.index("["):])}
    check("service-right" in found and found.get("service") != "warning", f"exit {code}: {text}")


@test("without -c what runs is meant: config diff compares its file, doctor looks at the certificates in it; the log names control")
def mistakes_other_file(cast):
    ca, ringfence = with_certificate(cast)
    with open(ringfence.config_path, "a", encoding="utf-8") as file:
        file.write(f"control {{ listen {OUTSIDE_ADDRESS}:8443  certificate main  authority {ca.file('authority.pem')} }}\n")
    ringfence.start()
    check(until(lambda: f"listening: control {OUTSIDE_ADDRESS}:8443" in ringfence.process.log(), 5), ringfence.process.log())
    code, text = ringfence.ask("config", "diff")
    check(code == 0 and text == "", f"exit {code}: {text}")
    with open(ringfence.config_path, "a", encoding="utf-8") as file:
        file.write("detector anomaly { off }\n")
    code, text = ringfence.ask("config", "diff")
    check(code == 0 and "anomaly" in text, f"exit {code}: {text}")
    os.unlink(ca.file("authority.pem"))
    code, text = ringfence.ask("-o", "json", "doctor")
    check("certificate-unread" in {row["id"] for row in json.loads(text)}, f"exit {code}: {text}")


@test("a start that fails is told by its cause: those that were to start beside it say nothing of their own")
def mistakes_start(cast):
    ringfence = Ringfence(cast)
    with open(ringfence.config_path, encoding="utf-8") as file:
        text = file.read().replace("ringfence.db", "absent/below/ringfence.db")
    with open(ringfence.config_path, "w", encoding="utf-8") as file:
        file.write(text)
    for _ in range(3):
        done = subprocess.run(ringfence.command(), check=False, timeout=20, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        errors = [line for line in done.stdout.splitlines() if " error " in line]
        check(done.returncode == 1 and "absent/below/ringfence.db" in errors[0], done.stdout)
        check(all("store" in line for line in errors), done.stdout)


@test("config check warns where half of the internet is a trusted peer, or may knock where servers command; not of networks")
def mistakes_wide(cast):
    ca, ringfence = with_certificate(cast)
    with open(ringfence.config_path, encoding="utf-8") as file:
        text = file.read()
    carrier = "peer carrier {{ kind carrier  side outside  address 198.51.100.5  from {0}  {1} }}\n"
    control = "control {{ listen 127.0.0.2:8443  certificate main  authority " + ca.file("authority.pem") + \
              "  server ivr {{ name ivr.example.com  from {0}  peer carrier }} }}\n"
    mutual = f"address sips:198.51.100.5  signalling mutual-tls  name sbc.example.com  authority {ca.file('authority.pem')}"
    for nets, how, server, warned in (
            ("198.51.100.0/27", "", "10.0.0.0/8", ()), ("0.0.0.0/0", "", "10.0.0.30", ("peer carrier",)),
            ("198.51.100.5 128.0.0.0/1", "", "10.0.0.30", ("peer carrier",)), ("2000::/3", "", "10.0.0.30", ("peer carrier",)),
            ("0.0.0.0/0", mutual, "10.0.0.30", ()), ("198.51.100.0/27", "", "0.0.0.0/0", ("server ivr",))):
        with open(ringfence.config_path, "w", encoding="utf-8") as file:
            file.write(text + carrier.format(nets, how).replace("address 198.51.100.5  ", "" if how else "address 198.51.100.5  ") +
                       control.format(server))
        code, said = ringfence.ask("-o", "json", "config", "check", "-c", ringfence.config_path)
        found = json.loads(said)
        check(code == 0, f"{nets} {how} {server}: exit {code}: {said}")
        check(len(found["warnings"]) == len(warned), f"{nets} {how} {server}: {said}")
        check(all(name in found["warnings"][at]["text"] for at, name in enumerate(warned)), f"{nets} {how} {server}: {said}")
        said = ringfence.ask("-o", "json", "doctor", "-c", ringfence.config_path)[1]
        doubted = [row["what"] for row in json.loads(said) if row["id"] == "configuration-doubt"]
        check(len(doubted) == len(warned) and all(name in doubted[at] for at, name in enumerate(warned)), f"{nets}: {said}")
