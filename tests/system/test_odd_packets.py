# SPDX-License-Identifier: Apache-2.0
"""Packets and handshakes as no honest end sends them: nothing answers itself, nothing ends, the next one gets in."""

import os
import socket
import ssl
import struct

import harness
import test_media_attacks
import test_routes
from capture import SIP_TEXT, UDP, Capture
from certificates import Authority
from harness import check, test
from hosts import INSIDE
from pbx import PBX_ADDRESS
from process import until
from ringfence import INSIDE_ADDRESS, OUTSIDE_ADDRESS
from sip_text import Wire, register
from softphone import bound, hang_up
from speech import STRANGER
from stage import Stage
from test_media_attacks import hear_each_other, rtp
from test_tls import CARRIER, NAME, SBC, PlainOnTls, client_context, gets_in, refused_words, trunk_stage
from tls_stream import TlsStream

LARGEST = 65507


def datagram(source, target, data, *, offset=0, more=False, only=None):
    """An IP packet; `only`: that part of it, as a fragment."""
    whole = struct.pack("!HHHH", source[1], target[1], 8 + len(data), 0) + data
    part = whole if only is None else whole[only]
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(part), 0x4242, (more << 13) | offset, 64, UDP, 0,
                       socket.inet_aton(source[0]), socket.inet_aton(target[0]))
    return head + part


def throw(raw, target, data):
    """That from whom nobody is: port 0, the target itself, its neighbours, everybody, and in pieces that overlap."""
    own = target[0]
    for source in ((STRANGER, 0), target, (own, target[1] + 2), (INSIDE_ADDRESS, 5060), (own, 7), (own, 53),
                   ("255.255.255.255", 5060), ("224.0.0.1", 5060), ("0.0.0.0", 5060), ("127.255.255.255", 5060)):
        try:
            raw.sendto(datagram(source, target, data), (own, 0))
        except OSError:
            continue  # this machine's kernel sends nothing of that kind
    for offset, only, more in ((0, slice(0, 104), True), (6, slice(48, None), False)):
        raw.sendto(datagram((STRANGER, 4000), target, data, offset=offset, only=only, more=more), (own, 0))


def texts(address):
    """Requests that would be answered to where they seem to come from."""
    wire = Wire(STRANGER, (address, 5060))
    text = register(wire, "200", "office.example")
    wire.socket.close()
    own = text.replace(STRANGER, address)
    return text.encode(), own.encode(), own.replace("REGISTER", "OPTIONS").encode(), b"\r\n\r\n"


@test("datagrams of no byte and of all, from port 0, from our own ports and from everybody: nothing answers itself, no process ends, the call goes on",
      fails_bare=True)
def odd_datagrams(cast):
    if not os.environ.get(INSIDE):
        raise harness.Skip("no network of the test's own could be made here")
    if harness.is_bare:
        stage = Stage(cast, ("200", "210")).start()
        ends, ringfence, address = (), None, stage.address
    else:
        ends, ringfence = test_media_attacks.begin(cast)
        address = OUTSIDE_ADDRESS
    places = [(address, 5060)] + [end.hears_at for end in ends]
    before = ringfence.children() if ringfence else None
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw, bound(STRANGER, 40000) as plain, \
            Capture() as capture:
        for place in places:
            for data in (*texts(address), rtp(1), b"", bytes(LARGEST)):
                plain.sendto(data, place)
                if len(data) < 2000:
                    throw(raw, place, data)
            plain.sendto(texts(address)[0].ljust(LARGEST, b"x"), place)
        if ringfence:
            hear_each_other(*ends)

        def answered():
            # What is no request was not thrown by us.
            return [p for p in capture.sent(address, address, UDP) if p.to_port == 5060 and p.data.startswith(SIP_TEXT)]
        check(not until(answered, 1.0), "it answers itself")
        check(len(capture.listen()) > 50, "the capture is deaf")
    if ringfence:
        hang_up(*ends)
        check(ringfence.children() == before, "a process ended")


# ---- TLS ----

def hello(name):
    """A ClientHello of Python's OpenSSL."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    came, left = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        context.wrap_bio(came, left, server_hostname=name).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return left.read()


SSL2_HELLO = bytes.fromhex("802e0100020015000000100100800200800300800400800500800600400700c0") + bytes(16)


def says(data):
    """Connects, says that and waits for its end: whether it came."""
    with PlainOnTls(CARRIER, OUTSIDE_ADDRESS) as stream:
        try:
            stream.socket.sendall(data)
        except OSError:
            pass
        return stream.is_closed(15)


@test("TLS as nobody speaks it: an SSL 2 hello, a record that never ends, a chain of 2,000 certificates, flights cut anywhere, and the right one gets in")
def odd_tls(cast):
    authority = Authority(cast.folder)
    chain, key = authority.issue("good", [f"DNS:{SBC}"])
    long_chain = chain + ".long"
    with open(chain, encoding="ascii") as file, open(authority.certificate, encoding="ascii") as root:
        leaf, one = file.read(), root.read()
    with test_routes.Trunk(PBX_ADDRESS, INSIDE_ADDRESS) as pbx:
        ringfence = trunk_stage(cast, authority)
        before = ringfence.children()
        check(says(SSL2_HELLO), "SSL 2 was heard")
        first = hello(NAME)
        check(says(b"\x16\x03\x01\x40\x00\x01"), "a record that never ends was waited for")
        for cut in range(0, len(first), 16):
            with PlainOnTls(CARRIER, OUTSIDE_ADDRESS) as stream:
                stream.socket.sendall(first[:cut])
        check(until(lambda: {"plain", "too-slow"} <= set(refused_words(ringfence)), 5), f"refused as {refused_words(ringfence)}")

        def comes(certificates, name=NAME, alpn=None):
            with open(long_chain, "w", encoding="ascii") as file:
                file.write(leaf + one * certificates)
            context = client_context(authority.certificate, (long_chain, key))
            if alpn:
                context.set_alpn_protocols([alpn])
            try:
                with TlsStream(CARRIER, OUTSIDE_ADDRESS, context, name, check_name=False) as stream:
                    check(not alpn or stream.socket.selected_alpn_protocol() in (None, "sip"), "another protocol was agreed on")
                    return gets_in(pbx, stream)
            except OSError:
                return False
        check(not comes(2000), "a chain of 2,000 certificates was read")
        check(comes(1), "the right one was kept out")
        check(comes(1, name="elsewhere.example"), "who names another host is not told who we are")
        comes(1, alpn="h2")
        check(comes(1, alpn="sip"), "who offers sip by ALPN was kept out")
        check(ringfence.children() == before, "a process ended")
