# SPDX-License-Identifier: Apache-2.0
"""SIPVicious and our own attackers, each started against a target on this machine."""

import json
import os
import re
import sys

from process import Failure

FOLDER = os.path.dirname(os.path.abspath(__file__))


def home(cast):
    """SIPVicious keeps its sessions below HOME, so it gets one that goes away."""
    path = os.path.join(cast.folder, "home")
    os.makedirs(path, exist_ok=True)
    return {"HOME": path, "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}


def sipvicious(name, source):
    """The beginning of a command that leaves from that address."""
    return ["/usr/bin/python3", os.path.join(FOLDER, "bound.py"), source, os.path.join("/usr/bin", name)]


def table_rows(process):
    return [tuple(cell.strip() for cell in line.strip("|").split("|"))
            for line in process.log().splitlines()
            if line.startswith("|") and not line.startswith("| Extension")]


def svwar(cast, target, source, extensions, method="REGISTER", force=False, seconds=120):
    """The extensions that svwar calls existing."""
    host, port = target.split(":")
    command = sipvicious("svwar", source) + ["-e", extensions, "-x", source, "-p", port, "-m", method,
                                             "--maximumtime", "10"]
    process = cast.run(f"svwar-{method}-{source}", command + (["--force"] if force else []) + [host],
                       seconds, home(cast))
    return sorted(row[0] for row in table_rows(process))


def svcrack(cast, target, source, user, words, domain, seconds=120):
    """(the password or None, how many passwords were sent)"""
    host, port = target.split(":")
    process = cast.run(f"svcrack-{source}", sipvicious("svcrack", source) + [
        "-vv", "-u", str(user), "-d", words, "-x", source, "-p", port,
        "--domain", domain, "--maximumtime", "6", host], seconds, home(cast))
    rows = table_rows(process)
    sent = len(re.findall(r"trying ", process.log()))
    return (rows[0][1] if rows else None), sent


def attacker(cast, kind, target, source, seconds=300, **options):
    """Our own tool; its report as a dictionary."""
    command = [sys.executable, os.path.join(FOLDER, "attacker.py"), kind,
               "--target", target, "--from", source]
    for name, value in options.items():
        command.append("--" + name.replace("_", "-"))
        if value is not True:
            command.append(str(value))
    process = cast.run(f"{kind}-{source}", command, seconds,
                       {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"})
    try:
        return json.loads(process.log().strip().splitlines()[-1])
    except (ValueError, IndexError):
        raise Failure(f"no report from the {kind} tool, see {process.log_path}") from None
