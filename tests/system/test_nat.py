# SPDX-License-Identifier: Apache-2.0
"""Routers that translate addresses, on either side of the wire: each phone is heard and hears."""

import os
import socket
import struct
import subprocess
import time

import harness
from examples import Example
from harness import Skip, check, test
from hosts import ip
from nodes import Node, wire
from pbx import PBX_ADDRESS, Pbx, password_of
from process import Cast
from ringfence import PROBE_USER, Ringfence, is_built
from sip_text import token
from softphone import Act, Softphone, audio, hang_up, must_hear
from test_survival import fails

FENCE = "203.0.113.10"
ANN, BOB = "200", "210"


def office(cast, outside=FENCE, pbx=PBX_ADDRESS, **changes):
    """The PBX and Ringfence, or where a test runs bare the PBX in its place."""
    if not is_built():
        raise Skip("the program is not built yet")
    users = {user: password_of(user) for user in (ANN, BOB)}
    users[PROBE_USER] = token(32)
    Pbx(cast, outside if harness.is_bare else pbx, users=users).start()
    if harness.is_bare:
        return None
    ringfence = Ringfence(cast, outside=outside, **changes)
    ringfence.start()
    return ringfence


def phone(user, address, target=FENCE, node=None, **places):
    return Softphone(address, target, user, password_of(user), sockets=node.udp, **places)


class World:
    """Ringfence has a public address; each host has a wire to it."""

    wires = []

    def __init__(self, cast):
        self.cast, self.ours = cast, Node(None)
        # Those of the test before go with its hosts, a little later than that.
        for name in World.wires:
            subprocess.run(["ip", "link", "del", name], stderr=subprocess.DEVNULL, check=False)
        ip("address", "replace", FENCE + "/32", "dev", "lo")
        self.ours.forward()

    def reach(self, node, address, ours):
        """A wire from that node to us, and its way to everywhere."""
        World.wires.append(f"wire{len(World.wires)}")
        wire(self.ours, World.wires[-1], [ours + "/25"], node, "eth0", [address + "/25"])
        node.route("default", "via", ours)

    def public(self, name, address, ours):
        node = Node(self.cast, name)
        self.reach(node, address, ours)
        return node

    def home(self, name, public, ours, rules=None):
        """(router, phone's host): the phone is 192.168.77.2 behind the router."""
        router, host = Node(self.cast, name + "-router"), Node(self.cast, name)
        self.reach(router, public, ours)
        router.forward()
        wire(router, "lan0", ["192.168.77.1/24"], host, "eth0", ["192.168.77.2/24"])
        host.route("default", "via", "192.168.77.1")
        router.translate(**(rules or {"source": ['oifname "eth0" masquerade random']}))
        return router, host


def talk(ann, bob):
    """Calls each way, audio both ways in each; where our audio went must be Ringfence."""
    ann.register()
    bob.register()
    for caller, callee in ((ann, bob), (bob, ann)):
        one, other = caller.call(callee)
        must_hear(one, other)
        hang_up(one, other)


@test("a phone with a public address and one behind a router that translates ports hear each other",
      fails_bare=True)
def nat_ports(cast):
    world = World(cast)
    office(cast)
    there = world.public("ann", "198.51.100.2", "198.51.100.1")
    _, home = world.home("bob", "198.51.100.130", "198.51.100.129")
    with phone(ANN, "198.51.100.2", node=there) as ann, phone(BOB, "192.168.77.2", node=home) as bob:
        talk(ann, bob)


@test("phones of one address behind a router each, one to one and by ports, hear each other", fails_bare=True)
def nat_one_to_one(cast):
    world = World(cast)
    office(cast)
    _, there = world.home("ann", "198.51.100.2", "198.51.100.1", {
        "source": ['oifname "eth0" ip saddr 192.168.77.2 snat to 198.51.100.2'],
        "destination": ['iifname "eth0" ip daddr 198.51.100.2 dnat to 192.168.77.2']})
    _, home = world.home("bob", "198.51.100.130", "198.51.100.129")
    with phone(ANN, "192.168.77.2", node=there) as ann, phone(BOB, "192.168.77.2", node=home) as bob:
        talk(ann, bob)


def moves(cast, move, has_proof):
    """Bob moves in mid-call. With proof (a REGISTER from there) the call follows him, without it nothing does."""
    world = World(cast)
    office(cast)
    there = world.public("ann", "198.51.100.2", "198.51.100.1")
    router, home = world.home("bob", "198.51.100.130", "198.51.100.129")
    with phone(ANN, "198.51.100.2", node=there) as ann, phone(BOB, "192.168.77.2", node=home) as bob:
        ann.register()
        bob.register()
        one, other = ann.call(bob)
        must_hear(one, other)
        move(world, router, bob)
        check(min(audio(one, other, seconds=1.0)) == 0, "audio followed without any proof")
        if has_proof:
            bob.register()
        reply = other.ask("INVITE", bob.description(), patience=8.0,
                          answered=[reinvited(one)])
        check(reply.code == 200, f"the re-INVITE was answered {reply.start}")
        must_hear(one, other)
        hang_up(one, other)


def reinvited(dialog):
    """That end takes a new offer."""
    def take(request):
        dialog.hears_at = request.media()
        dialog.phone.answer(request, 200, "OK", dialog.phone.description())

    return Act(dialog.phone, "INVITE", take)


def new_address(_world, router, _bob):
    """The line drops and comes back with another address, as at many providers by night."""
    router.ip("address", "del", "198.51.100.130/25", "dev", "eth0")
    router.ip("address", "add", "198.51.100.200/25", "dev", "eth0")
    router.route("default", "via", "198.51.100.129")


def new_ports(_world, router, _bob):
    """The router forgets what it translated: the same address, other ports."""
    router.ip("link", "set", "eth0", "down")
    router.ip("link", "set", "eth0", "up")
    router.route("default", "via", "198.51.100.129")


def to_mobile(world, _router, bob):
    """From Wi-Fi to the mobile network: other addresses, other router, other sockets."""
    router, mobile = Node(world.cast, "mobile-router"), Node(world.cast, "mobile")
    world.reach(router, "192.0.2.2", "192.0.2.1")
    router.forward()
    wire(router, "lan0", ["100.64.0.1/24"], mobile, "eth0", ["100.64.0.9/24"])
    mobile.route("default", "via", "100.64.0.1")
    router.translate(source=['oifname "eth0" masquerade random'])
    bob.move("100.64.0.9", 5062, 42000, mobile.udp)


def follows(cast, move):
    with Cast(cast.folder + "-proven") as apart:
        moves(apart, move, True)
    with Cast(cast.folder + "-unproven") as apart:
        fails("without a REGISTER from there", moves, apart, move, False)


@test("a router gets another address in mid-call: the call follows once the phone has registered anew, not before")
def nat_new_address(cast):
    follows(cast, new_address)


@test("a router forgets its ports in mid-call: the call follows once the phone has registered anew, not before")
def nat_new_ports(cast):
    follows(cast, new_ports)


@test("a phone goes from Wi-Fi to the mobile network in mid-call: REGISTER and re-INVITE from there bring the audio")
def nat_wifi_to_mobile(cast):
    follows(cast, to_mobile)


# ---- flows over UDP, kept by STUN (RFC 5626) ----

COOKIE = 0x2112A442
NAT_SECONDS = 2  # after which that router forgets


class FlowPhone(Softphone):
    """Asks for a flow of its instance, and keeps it."""

    reg_id = 1

    def register_text(self, more=()):
        contact = f"Contact: <{self.contact()}>"
        text = super().register_text(["Supported: path, outbound", *more])
        return text.replace(contact, f'{contact};+sip.instance="<urn:uuid:{self.user}>";reg-id={self.reg_id}')

    def register(self):
        heard, asking = [], self.ask
        self.ask = lambda text: heard.append(asking(text)) or heard[-1]
        super().register()
        del self.ask
        return heard[-1]

    def ping(self, seconds=2.0):
        """A Binding request, once: what it says of where we are, (address, port), or None."""
        transaction = os.urandom(12)
        self.socket.sendto(struct.pack("!HHI", 1, 0, COOKIE) + transaction, self.target)
        self.socket.settimeout(seconds)
        try:
            data = self.socket.recv(65535)
        except (socket.timeout, ConnectionRefusedError):
            return None
        kind, length, cookie = struct.unpack("!HHI", data[:8])
        check((kind, length, cookie, data[8:20]) == (0x0101, 12, COOKIE, transaction), f"an odd answer: {data!r}")
        form, size, family, port, host = struct.unpack("!HHHHI", data[20:])
        check((form, size, family) == (0x0020, 8, 1), f"no XOR-MAPPED-ADDRESS: {data!r}")
        return socket.inet_ntoa(struct.pack("!I", host ^ COOKIE)), port ^ COOKIE >> 16


def forgetful(world, name, public, ours):
    """A home whose router forgets soon where nothing is said."""
    router, home = world.home(name, public, ours)
    for kind in ("udp_timeout", "udp_timeout_stream"):
        router.sh(f"echo {NAT_SECONDS} > /proc/sys/net/netfilter/nf_conntrack_{kind}")
    return router, home


def is_called(cast, pings):
    """Bob is called after three times as long as his router remembers him."""
    world = World(cast)
    ringfence = office(cast)
    there = world.public("ann", "198.51.100.2", "198.51.100.1")
    _, home = forgetful(world, "bob", "198.51.100.130", "198.51.100.129")
    with phone(ANN, "198.51.100.2", node=there) as ann, \
            FlowPhone("192.168.77.2", FENCE, BOB, password_of(BOB), sockets=home.udp) as bob:
        ann.register()
        reply = bob.register()
        check(reply.value("Require") == "outbound" and not reply.value("Flow-Timer"), "no flow was offered")
        places = set()
        for _ in range(3 * NAT_SECONDS):
            if pings:
                places.add(bob.ping())
            time.sleep(1.0)
        check(not pings or len(places) == 1, f"the flow was seen at {places}")
        check(not pings or places.pop()[0] == "198.51.100.130", "it was seen elsewhere than it is")
        check(ringfence.counters()["pings_answered"] == (3 * NAT_SECONDS if pings else 0), "pings were not counted")
        one, other = ann.call(bob)
        must_hear(one, other)
        hang_up(one, other)


@test("a phone behind a router that soon forgets keeps its flow over UDP by STUN and is called, and is not without")
def nat_pings(cast):
    for pings in (True, False):
        with Cast(cast.folder + ("-pings" if pings else "-silent")) as apart:
            if pings:
                is_called(apart, pings)
            else:
                fails("without pings", is_called, apart, pings)


@test("STUN of strangers is not answered: before a phone is registered, from its neighbour, and when it has gone")
def nat_pings_of_strangers(cast):
    world = World(cast)
    ringfence = office(cast)
    there = world.public("ann", "198.51.100.2", "198.51.100.1")
    places = {"port": 5060, "audio_port": 40000}, {"port": 5062, "audio_port": 40010}
    with FlowPhone("198.51.100.2", FENCE, ANN, password_of(ANN), sockets=there.udp, **places[0]) as ann, \
            FlowPhone("198.51.100.2", FENCE, BOB, password_of(BOB), sockets=there.udp, **places[1]) as bob:
        check(ann.ping(1.0) is None, "somebody was answered")
        ann.register()
        check(ann.ping() == ("198.51.100.2", 5060), "a registered phone was not answered")
        check(bob.ping(1.0) is None, "its neighbour was answered")
        bob.register()
        check(bob.ping() == ("198.51.100.2", 5062), "a registered neighbour was not answered")
        check(ringfence.counters()["pings_answered"] == 2 and ringfence.counters()["dropped_keepalive"] == 2,
              "what was answered and what was not is not told")


# ---- Ringfence itself behind a router: etc/examples ----

PUBLIC = "203.0.113.7"
EXAMPLE_DOMAIN = "sip.example.com"


class House:
    """Ringfence and the PBX behind a router, with phones beside them and phones far away."""

    def __init__(self, cast, name, place, network, forwarded):
        """`network` is written 192.168.1.; `place` is Ringfence's last digits, the router's is 1."""
        self.cast, self.network = cast, network
        self.ours, self.router = Node(None), Node(cast, "house-router")
        subprocess.run(["ip", "link", "del", "house"], stderr=subprocess.DEVNULL, check=False)
        ip("link", "add", "house", "type", "bridge")
        ip("address", "add", f"{network}{place}/24", "dev", "house")
        ip("link", "set", "house", "up")
        self.plug(self.router, "lan0", "1")
        ip("route", "replace", "default", "via", network + "1")
        self.router.ip("address", "add", PUBLIC + "/32", "dev", "lo")
        self.router.forward()
        self.router.translate(
            source=[f'oifname "far*" ip saddr {network}0/24 snat to {PUBLIC}'],
            destination=[f'iifname "far*" ip daddr {PUBLIC} {match}dnat to {network}{place}' for match in forwarded])
        self.name = name

    def plug(self, node, interface, place):
        World.wires.append(f"wire{len(World.wires)}")
        wire(self.ours, World.wires[-1], [], node, interface, [f"{self.network}{place}/24"])
        ip("link", "set", World.wires[-1], "master", "house")

    def beside(self, user):
        """A phone on the same network as Ringfence."""
        node = Node(self.cast, "near" + user)
        self.plug(node, "eth0", "50")
        node.route("default", "via", self.network + "1")
        return self.phone(user, self.network + "50", self.network + "5", node)

    def far(self, user, place, gateway):
        """A phone somewhere else, with a public address."""
        node = Node(self.cast, "far" + user)
        wire(self.router, "far" + user, [gateway + "/25"], node, "eth0", [place + "/25"])
        node.route("default", "via", gateway)
        return self.phone(user, place, PUBLIC, node)

    @staticmethod
    def phone(user, address, target, node):
        return Softphone(address, target, user, password_of(user), sockets=node.udp, domain=EXAMPLE_DOMAIN)

    def begin(self, pbx, changes):
        """As `office`, by the example of that name."""
        if not is_built():
            raise Skip("the program is not built yet")
        users = {user: password_of(user) for user in (ANN, BOB)}
        users[PROBE_USER] = token(32)
        Pbx(self.cast, pbx, users=users, domain=EXAMPLE_DOMAIN).start()
        Example(self.cast, self.name, changes).start()


FORWARDED = ("udp dport 5060 ", "udp dport 20000-29999 ")


def talk_at(ann, bob, wanted):
    """As `talk`; and each was told to speak to its place, whatever else might have been reached."""
    ann.register()
    bob.register()
    for caller, callee in ((ann, bob), (bob, ann)):
        ends = caller.call(callee)
        must_hear(*ends)
        places = {end.phone.user: end.hears_at[0] for end in ends}
        check(places == wanted, f"they were told to speak to {places}")
        hang_up(*ends)


def lan_and_far(cast, changes=()):
    with Cast(cast.folder + ("-changed" if changes else "-asis")) as apart:
        house = House(apart, "nat-router", "5", "192.168.1.", FORWARDED)
        house.begin("127.0.0.1", changes)
        with house.beside(ANN) as ann, house.far(BOB, "198.51.100.2", "198.51.100.1") as bob:
            talk_at(ann, bob, {ANN: "192.168.1.5", BOB: PUBLIC})


@test("nat-router.conf: a phone in the house and one far away, ports forwarded: each is told the address it can reach")
def nat_house(cast):
    lan_and_far(cast)
    lan = "    lan 192.168.1.0/24  # phones in the house reach us without the router\n"
    fails("without lan", lan_and_far, cast, [(lan, "")])
    advertise = "    advertise 203.0.113.7  # the router's outside address, as phones far away see it\n"
    fails("without advertise", lan_and_far, cast, [(advertise, ""), (lan, "")])


def far_and_far(cast, changes=()):
    with Cast(cast.folder + ("-changed" if changes else "-asis")) as apart:
        house = House(apart, "cloud", "5", "10.0.0.", ("",))
        ip("address", "replace", "10.0.0.20/32", "dev", "lo")
        house.begin("10.0.0.20", changes)
        with house.far(ANN, "198.51.100.2", "198.51.100.1") as ann, \
                house.far(BOB, "198.51.100.130", "198.51.100.129") as bob:
            talk_at(ann, bob, {ANN: PUBLIC, BOB: PUBLIC})


@test("cloud.conf: behind an address translated one to one, phones far away are told the public one and are heard")
def nat_cloud(cast):
    far_and_far(cast)
    fails("without advertise", far_and_far, cast, [("    advertise 203.0.113.7\n", "")])
