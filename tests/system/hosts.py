# SPDX-License-Identifier: Apache-2.0
"""Several hosts on one machine: network namespaces joined to ours by a wire each.

A namespace lives as long as the process that holds it, so nothing is left
behind, whatever happens to the test. Ours must be one that enter_namespace() made.
"""

import os
import shutil
import subprocess
import sys

from harness import Skip
from process import until


INSIDE = "RINGFENCE_TEST_NAMESPACE"


def own_namespace():
    """The words that start a program where 127.0.0.0/8 is all its own; none where that is not allowed."""
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"):
        return []
    probe = subprocess.run(["unshare", "--net", "ip", "link", "set", "lo", "up"], stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return ["unshare", "--net"] if probe.returncode == 0 else []


def enter_namespace(program):
    """Starts the program again in a namespace of its own; goes on here where there is none."""
    if os.environ.get(INSIDE):
        ip("link", "set", "lo", "up")
        return
    words = own_namespace()
    if words:
        os.environ[INSIDE] = "1"
        os.execvp(words[0], [*words, sys.executable, os.path.abspath(program)] + sys.argv[1:])


def ip(*words, inside=()):
    done = subprocess.run([*inside, "ip", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        # No Failure: that a host could not be made must never count as the failure of a bare run.
        raise OSError(f"ip {' '.join(words)}: {done.stdout.decode().strip()}")


def forward():
    """Lets packets through from host to host, as without a border."""
    with open("/proc/sys/net/ipv4/ip_forward", "w", encoding="ascii") as file:
        file.write("1")


class Host:
    """A namespace with one interface, whose other end is ours."""

    made = 0

    def __init__(self, cast, name, addresses, our_addresses):
        if not os.environ.get(INSIDE):
            raise Skip("no network namespace could be made here")
        self.holder = cast.start(f"host-{name}", ["unshare", "--net", "sleep", "3600"])
        place = f"/proc/{self.holder.child.pid}/ns/net"
        ours = os.stat("/proc/self/ns/net").st_ino
        if not until(lambda: os.path.exists(place) and os.stat(place).st_ino != ours, 5):
            raise OSError("no network namespace could be made")
        self.enter = ["nsenter", f"--net={place}"]
        # The one before goes with its namespace, a little later than that.
        Host.made += 1
        self.interface = f"to-{name}{Host.made}"
        ip("link", "add", self.interface, "type", "veth", "peer", "name", "eth0",
           "netns", str(self.holder.child.pid))
        for address in our_addresses:
            ip("address", "add", address, "dev", self.interface)
        ip("link", "set", self.interface, "up")
        for address in addresses:
            ip("address", "add", address, "dev", "eth0", inside=self.enter)
        ip("link", "set", "lo", "up", inside=self.enter)
        ip("link", "set", "eth0", "up", inside=self.enter)
