# SPDX-License-Identifier: Apache-2.0
"""docs/howto: each command and configuration of its pages is tried as it stands there."""

import json
import os
import re
import subprocess

from harness import ROOT, Skip, check, test
from ringfence import INSTALLED, OUTSIDE_ADDRESS, Ringfence, is_built

FOLDER = os.path.join(ROOT, "docs", "howto")
PLACE = "/etc/ringfence/certificates"
# Where nobody is: it tells so, and that is what can be seen of it here.
WITHOUT_PEER = "certificates test"


def blocks_of(page):
    """[(language, text)] of its fenced blocks."""
    with open(os.path.join(FOLDER, page), encoding="utf-8") as file:
        return re.findall(r"^```(\w*)\n(.*?)^```$", file.read(), re.M | re.S)


def commands_of(page):
    return [line for language, text in blocks_of(page) if language == "sh" for line in text.splitlines()]


def run(line, place, config):
    """(exit code, text); the folder of certificates is the test's own."""
    words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', line)]
    check(words[0] == "ringfence", f"not a command of ours: {line}")
    more = ["--folder", place] if words[1] == "certificates" and words[2] != "test" else []
    more += ["-c", config] if words[2] in ("list", "test") else []
    done = subprocess.run([INSTALLED, *words[1:], *more], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=30, check=False, text=True)
    return done.returncode, done.stdout


@test("the pages of docs/howto can be followed: commands as they stand there, and a configuration that is valid")
def howto_pages(cast):
    if not is_built():
        raise Skip("the program is not built yet")
    place = os.path.join(cast.folder, "certificates")
    settings = [text for page in ("certificates.md", "mutual-tls.md") for language, text in blocks_of(page)
                if not language and "{" in text]
    text = "\n".join(settings).replace(PLACE, place).replace("interface eth0", "").replace("udp tcp 5060", f"tcp {OUTSIDE_ADDRESS}:5060") \
        .replace("tls 5061", f"tls {OUTSIDE_ADDRESS}:5061")
    listen = re.search(r"^listen outside \{\n(.*?)^\}\n", text, re.M | re.S)
    ringfence = Ringfence(cast, outside_more=listen.group(1), inside_more="tls 127.0.0.11:5061  certificate main",
                          more=text.replace(listen.group(0), ""))
    done = 0
    for page in ("certificates.md", "mutual-tls.md", "renewal.md"):
        for line in commands_of(page):
            code, said = run(line, place, ringfence.config_path)
            done += 1
            if WITHOUT_PEER in line:
                check(code == 1 and "our own" in said, f"{page}: {line}: exit {code}: {said}")
            else:
                check(code == 0, f"{page}: {line}: exit {code}: {said}")
        if page == "certificates.md":
            code, said = ringfence.ask("config", "check", "-c", ringfence.config_path)
            check(code == 0, f"config check: exit {code}: {said}")
    check(done >= 9, f"only {done} commands were found")


# Of the present: a decision is of its day.
PAGES = [os.path.join(ROOT, name) for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")] + [
    os.path.join(folder, name) for folder in (os.path.join(ROOT, "docs"), FOLDER) for name in sorted(os.listdir(folder))
    if name.endswith(".md")]
ALWAYS = ("-o", "-q", "-c", "--socket", "--store", "--no-color", "--wide", "--reason", "--help")


def commands_in(text):
    """Words behind each `ringfence` of code, in a line of its own or within a sentence."""
    spans = [span for form in (r"^ringfence (.*)$", r"`ringfence ([^`]*)`", r"\| ringfence ([^|\n]*)")
             for span in re.findall(form, text, re.M)]
    for span in spans:
        yield re.split(r" +#| \| |; ", " ".join(span.split()))[0].split()


def help_of(words):
    done = subprocess.run([INSTALLED, "help", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=10, check=False, text=True)
    return done.stdout if done.returncode == 0 else None


@test("each command that a page names is one, and each of its options")
def howto_commands(_cast):
    if not is_built():
        raise Skip("the program is not built yet")
    tried = 0
    for path in PAGES:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for words in commands_in(text):
            name = [word for word in words[:2] if re.fullmatch(r"[a-z][a-z-]*", word)]
            told = name and help_of(name)
            where = f"{os.path.relpath(path, ROOT)}: ringfence {' '.join(words)}"
            check(name and (told or name == ["help"]), f"{where}: no such command")
            unknown = [word for word in words if re.match(r"--?[a-z]", word) and word.split("=")[0] not in ALWAYS
                       and not re.search(re.escape(word.split("=")[0]) + r"[] |]", told or "")]
            check(not unknown, f"{where}: it has no {unknown}")
            tried += 1
    check(tried > 50, f"only {tried} commands were found")
    for words in (["calls", "lst"], ["call"]):
        check(help_of(words) is None, f"{words} is taken for a command")


# What a fragment says wrongly of itself, whatever it may lack around it.
WRONG = ("unknown word", "expected", "has no }", "has no {", "belongs into")


@test("each piece of configuration in the howtos is written in words that there are")
def howto_words(cast):
    ringfence = Ringfence(cast)
    words = ("-o", "json", "config", "check", "--without-secrets", "-c", ringfence.config_path)
    tried = 0
    for page in sorted(os.listdir(FOLDER)):
        for language, text in blocks_of(page):
            # strongSwan's have an = between a word and its value.
            if language or "{" not in text or re.search(r"^ +\w+ = ", text, re.M):
                continue
            for planted in (text, text.replace("{", "{ nonsense", 1)):
                with open(ringfence.config_path, "w", encoding="utf-8") as file:
                    file.write(planted)
                faults = [row["text"] for row in json.loads(ringfence.ask(*words)[1])["faults"]]
                wrong = [fault for fault in faults if any(word in fault for word in WRONG)]
                check(bool(wrong) == (planted != text), f"{page}: {wrong or faults}: {planted}")
            tried += 1
    check(tried >= 10, f"only {tried} pieces were found")
