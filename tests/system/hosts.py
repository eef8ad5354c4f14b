# SPDX-License-Identifier: Apache-2.0
"""Several hosts on one machine: network namespaces joined to ours by a wire each.

A namespace lives as long as the process that holds it, so nothing is left
behind, whatever happens to the test. Ours must be one that `run.py` made.
"""

import os
import subprocess

from harness import Skip
from process import Failure, until


def ip(*words, inside=()):
    done = subprocess.run([*inside, "ip", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise Failure(f"ip {' '.join(words)}: {done.stdout.decode().strip()}")


def forward():
    """Lets packets through from host to host, as without a border."""
    with open("/proc/sys/net/ipv4/ip_forward", "w", encoding="ascii") as file:
        file.write("1")


class Host:
    """A namespace with one interface, whose other end is ours."""

    def __init__(self, cast, name, addresses, our_addresses):
        if not os.environ.get("RINGFENCE_TEST_NAMESPACE"):
            raise Skip("no network namespace could be made here")
        self.holder = cast.start(f"host-{name}", ["unshare", "--net", "sleep", "3600"])
        place = f"/proc/{self.holder.child.pid}/ns/net"
        ours = os.stat("/proc/self/ns/net").st_ino
        if not until(lambda: os.path.exists(place) and os.stat(place).st_ino != ours, 5):
            raise Failure("no network namespace could be made")
        self.enter = ["nsenter", f"--net={place}"]
        self.interface = f"to-{name}"
        ip("link", "add", self.interface, "type", "veth", "peer", "name", "eth0",
           "netns", str(self.holder.child.pid))
        for address in our_addresses:
            ip("address", "add", address, "dev", self.interface)
        ip("link", "set", self.interface, "up")
        for address in addresses:
            ip("address", "add", address, "dev", "eth0", inside=self.enter)
        ip("link", "set", "lo", "up", inside=self.enter)
        ip("link", "set", "eth0", "up", inside=self.enter)
