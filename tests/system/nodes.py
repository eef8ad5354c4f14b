# SPDX-License-Identifier: Apache-2.0
"""Networks on one machine: hosts, routers that translate addresses, and wires between any two.

As hosts.py, but a host has as many wires as the test lays, to us or to another host.
"""

import ctypes
import os
import socket
import subprocess
import threading

from harness import Skip
from hosts import INSIDE, ip
from process import until

CLONE_NEWNET = 0x40000000
OURS = "/proc/self/ns/net"


class Node:
    """A network namespace, which lives as long as its holder. Node(None) is ours."""

    def __init__(self, cast, name=""):
        if not os.environ.get(INSIDE):
            raise Skip("no network namespace could be made here")
        self.name, self.enter, self.pid = name, [], os.getpid()
        if cast is None:
            return
        holder = cast.start(f"node-{name}", ["unshare", "--net", "sleep", "3600"])
        self.pid = holder.child.pid
        place, ours = f"/proc/{self.pid}/ns/net", os.stat(OURS).st_ino
        if not until(lambda: os.path.exists(place) and os.stat(place).st_ino != ours, 5):
            raise OSError("no network namespace could be made")
        self.enter = ["nsenter", f"--net={place}"]
        self.ip("link", "set", "lo", "up")

    def ip(self, *words):
        ip(*words, inside=self.enter)

    def route(self, *words):
        self.ip("route", "add", *words)

    def forward(self):
        self.sh("echo 1 > /proc/sys/net/ipv4/ip_forward")

    def sh(self, words):
        done = subprocess.run([*self.enter, "sh", "-c", words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            raise OSError(f"{words}: {done.stdout.decode().strip()}")

    def translate(self, *, source=(), destination=()):
        """Rules of nftables for what leaves and for what comes."""
        text = "table ip nat {\n chain out {\n type nat hook postrouting priority 100\n"
        text += "".join(f" {rule}\n" for rule in source)
        text += " }\n chain in {\n type nat hook prerouting priority -100\n"
        text += "".join(f" {rule}\n" for rule in destination) + " }\n}\n"
        done = subprocess.run([*self.enter, "nft", "-f", "-"], input=text.encode(), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            raise Skip(f"the kernel translates no addresses: {done.stdout.decode().strip()[:120]}")

    def udp(self, address, port):
        """A bound socket in that namespace: a thread of its own enters it."""
        made = []

        def make():
            with open(f"/proc/{self.pid}/ns/net", "rb") as place:
                if ctypes.CDLL(None, use_errno=True).setns(place.fileno(), CLONE_NEWNET) != 0:
                    return
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            one.bind((address, port))
            made.append(one)

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        if not made:
            raise OSError(f"no socket at {address}:{port} in {self.name}")
        return made[0]


def wire(one, one_name, one_addresses, other, other_name, other_addresses):
    """Lays a wire between two nodes; addresses are written with their length, 192.0.2.1/24."""
    ip("link", "add", one_name, "netns", str(one.pid), "type", "veth", "peer", "name", other_name,
       "netns", str(other.pid))
    for node, name, addresses in ((one, one_name, one_addresses), (other, other_name, other_addresses)):
        for address in addresses:
            node.ip("address", "add", address, "dev", name)
        node.ip("link", "set", name, "up")
