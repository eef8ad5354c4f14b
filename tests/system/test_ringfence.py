# SPDX-License-Identifier: Apache-2.0
"""Ringfence itself, as installed, before a real PBX."""

import os
import re
import subprocess

from harness import ROOT, Skip, check, test
from ringfence import INSTALLED, is_built


@test("the demonstration holds: nothing found, the guesser blocked, calls with audio before and after",
      is_long=True)
def demonstration_holds(_cast):
    done = subprocess.run([os.path.join(ROOT, "script", "run"), "--seconds", "20"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, timeout=400)
    text = done.stdout.decode("utf-8", "replace")
    if "ringfence is not built" in text:
        raise Skip("the program is not built yet")
    check(done.returncode == 0, "\n" + text)
    check(re.search(r"directly: (\d+) of \1 extensions found, password found; "
                    r"through Ringfence: none, blocked at guess (\d+)", text), "\n" + text)


def config_check(path):
    if not is_built():
        raise Skip("the program is not built yet")
    done = subprocess.run([INSTALLED, "config", "check", "-c", path], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=20)
    return done.returncode, done.stdout.decode("utf-8", "replace")


@test("the configuration that is installed has no mistake")
def installed_configuration_is_sound(_cast):
    code, text = config_check(os.path.join(ROOT, "etc", "ringfence.conf"))
    check(code == 0, f"exit {code}: {text}")


@test("an unknown word is named by file, line and column with what may be meant, and nothing starts")
def unknown_word_is_named(cast):
    path = os.path.join(cast.folder, "wrong.conf")
    with open(os.path.join(ROOT, "etc", "ringfence.conf"), encoding="utf-8") as file:
        text = file.read().replace("register-to office", "registr-to office")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    line = text[:text.index("registr-to")].count("\n") + 1
    for words in (("config", "check", "-c", path), ("run", "-c", path)):
        if not is_built():
            raise Skip("the program is not built yet")
        done = subprocess.run([INSTALLED, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, timeout=20)
        said = done.stdout.decode("utf-8", "replace")
        check(done.returncode == 3, f"{words[0]}: exit {done.returncode}: {said}")
        check(f"wrong.conf:{line}:" in said and "register-to" in said, f"{words[0]}: {said}")
