# SPDX-License-Identifier: Apache-2.0
"""docs/howto: each command and configuration of its pages is tried as it stands there."""

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
    text = "\n".join(settings).replace(PLACE, place).replace("interface eth0", "").replace("udp tcp 5060", "") \
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
