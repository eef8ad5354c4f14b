# SPDX-License-Identifier: Apache-2.0
"""What connections are abused for: hoarding, stalling, slamming, starving. Each test ends with a phone that
registers and calls in the same process as before, and has a twin that shows it can fail."""

import os
import resource
import socket
import time

from harness import Skip, check, test
from process import until
from ringfence import OUTSIDE_ADDRESS
from sip_text import register, token
from stream import Stream, audio_offer
from test_tcp import CALLEE, CALLER, PHONES, call_and_hang_up, phone, tcp_stage

ATTACKER = "127.0.0.77"


class Watch:
    """The signal process: that it is the same all along, and what it costs."""

    def __init__(self, stage):
        self.stage = stage
        self.process_id = stage.ringfence.children()["signal"]
        self.counters = stage.ringfence.counters()

    def risen(self, name):
        return self.stage.ringfence.counters()[name] - self.counters[name]

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process_id}/fd"))

    def memory_kb(self):
        with open(f"/proc/{self.process_id}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def cpu_seconds(self):
        with open(f"/proc/{self.process_id}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0]) / 1e9

    def is_same(self):
        return self.stage.ringfence.children().get("signal") == self.process_id

    def serves(self):
        """The same process, and two phones register by it and call each other."""
        check(self.is_same(), "signal was started again")
        with phone(self.stage, CALLER, PHONES[0]) as caller, phone(self.stage, CALLEE, PHONES[1]) as callee:
            caller.must_register()
            callee.must_register()
            call_and_hang_up(caller, callee)
        check(self.is_same(), "signal was started again")


def connect(address, count):
    found = []
    for _ in range(count):
        try:
            found.append(Stream(address, OUTSIDE_ADDRESS))
        except OSError:
            break
    return found


@test("a thousand connections opened and closed at once leave nothing behind; kept open, they are held to the cap")
def tcp_rapid_connects(cast):
    stage = tcp_stage(cast, connections="register 600s  first-byte 600s  message 600s").start()
    watch = Watch(stage)
    before = watch.descriptors()
    for round_ in range(1000):
        stream = Stream(ATTACKER, OUTSIDE_ADDRESS)
        (stream.slam if round_ % 2 else stream.close)()
    check(until(lambda: watch.descriptors() <= before, 5), f"{watch.descriptors() - before} descriptors stay behind")
    watch.serves()
    kept = connect(ATTACKER, 100)
    check(until(lambda: watch.risen("connections_over_source") >= 68, 3), "more than 32 of one source were taken")
    check(until(lambda: watch.descriptors() - before == 32, 8), f"the twin: {watch.descriptors() - before} are held, wanted 32")
    watch.serves()
    for stream in kept:
        stream.close()


@test("a phone that half closes gets its answer, is closed within seconds, and costs no processor meanwhile")
def tcp_half_close(cast):
    stage = tcp_stage(cast).start()
    watch = Watch(stage)
    with Stream(PHONES[0], OUTSIDE_ADDRESS) as shut, Stream(PHONES[1], OUTSIDE_ADDRESS) as twin:
        for stream in (shut, twin):
            stream.send(register(stream, CALLER, "office.example"))
        shut.socket.shutdown(socket.SHUT_WR)
        before = watch.cpu_seconds()
        for stream in (shut, twin):
            reply = stream.receive(3)
            check(reply and reply.code == 401, "no answer came")
        check(shut.is_closed(8), "the half-closed connection stays")
        check(watch.cpu_seconds() - before < 1, "signal turns about a half-closed connection")
        check(not twin.is_closed(0.2), "the twin that did not half close was closed too")
    watch.serves()


def drip(stage, text, pause, seconds):
    """A byte at a time; how long the connection lived, None where it lives on."""
    started = time.monotonic()
    with Stream(ATTACKER, OUTSIDE_ADDRESS) as stream:
        for place in range(len(text)):
            try:
                stream.send(text[place:place + 1])
            except OSError:
                return time.monotonic() - started
            if stream.is_closed(pause):
                return time.monotonic() - started
            if time.monotonic() - started > seconds:
                return None
    return None


@test("who says nothing, a byte at a time, or less than announced is closed in time; with long times he is not")
def tcp_slow_senders(cast):
    stage = tcp_stage(cast, connections="first-byte 1s  message 2s  register 5s").start()
    watch = Watch(stage)
    with Stream(ATTACKER, OUTSIDE_ADDRESS) as silent:
        check(silent.is_closed(2.5), "who says nothing stays")
    slow = b"OPTIONS sip:203.0.113.7 SIP/2.0\r\nX: " + b"a" * 200
    lived = drip(stage, slow, 0.1, 6)
    check(lived is not None and lived < 3.5, f"a slow sender stays {lived}")
    with Stream(ATTACKER, OUTSIDE_ADDRESS) as stream:
        stream.send("OPTIONS sip:203.0.113.7 SIP/2.0\r\nContent-Length: 60000\r\n\r\nbody")
        check(stream.is_closed(3.5), "a body that never comes is waited for")
    with Stream(ATTACKER, OUTSIDE_ADDRESS) as stream:
        deadline = time.monotonic() + 8
        while not stream.is_over and time.monotonic() < deadline:
            stream.send(register(stream, CALLER, "office.example"))
            stream.is_closed(1)
        check(stream.is_over, "a stranger who never registers stays")
    for name in ("connections_silent", "connections_slow", "connections_unproven"):
        check(watch.risen(name) > 0, f"{name} was not counted")
    watch.serves()
    stage.ringfence.stop()
    twin = tcp_stage(cast, connections="first-byte 60s  message 60s  register 60s")
    twin.ringfence = type(stage.ringfence)(cast, **twin.changes)
    twin.ringfence.start()
    check(drip(twin, slow, 0.1, 4) is None, "the twin was closed too")


def flood_pings(reads, seconds):
    """Keep-alives until the connection is closed or the time is over; whether it was closed."""
    with Stream(ATTACKER, OUTSIDE_ADDRESS, receive_bytes=4096) as stream:
        stream.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            stream.socket.settimeout(0.2)
            try:
                stream.socket.send(b"\r\n\r\n")
            except socket.timeout:
                pass
            except OSError:
                return True
            if reads:
                stream.waiting = b""
                stream.read_some(0)
        return stream.is_over


@test("who never reads is cut off and holds no more than his share; one who reads is not")
def tcp_never_reads(cast):
    stage = tcp_stage(cast, connections="first-byte 60s  message 60s  register 60s  unread 2s").start()
    watch = Watch(stage)
    before = watch.memory_kb()
    check(flood_pings(False, 120), "who never reads stays")
    check(watch.risen("connections_unread") == 1, "it was not counted")
    check(watch.memory_kb() - before < 4096, f"{watch.memory_kb() - before} KiB more are in use")
    watch.serves()
    check(not flood_pings(True, 5), "the twin that reads was cut off too")


def slam_invites(stage, registered):
    """Ten INVITEs of one Call-ID, then a reset, with answers under way."""
    # Strangers have a bound of their own, which a phone at their address would share.
    device = phone(stage, CALLER, PHONES[0] if registered else ATTACKER)
    if registered:
        device.must_register()
    call = {"callee": CALLEE, "tag": token(), "id": token(20)}
    text = "".join(device.request("INVITE", f"sip:{CALLEE}@office.example", call, cseq=number,
                                  body=audio_offer(PHONES[0], 40000)) for number in range(1, 11))
    device.stream.send(text)
    device.stream.slam()


@test("ten INVITEs of one Call-ID and a reset, again and again: the same process serves on, and keeps nothing")
def tcp_send_then_slam(cast):
    stage = tcp_stage(cast).start()
    watch = Watch(stage)
    before = watch.descriptors()
    for _ in range(200):
        slam_invites(stage, False)
    for _ in range(10):
        slam_invites(stage, True)
    check(until(lambda: watch.descriptors() <= before, 5), "descriptors stay behind")
    check(not stage.ringfence.rows("registrations", "list"), "registrations outlive their connections")
    watch.serves()
    # The twin: a process that ends is noticed.
    os.kill(watch.process_id, 9)
    check(until(stage.ringfence.is_ready, 10) and not watch.is_same(), "a new process passes for the old one")


@test("resets after each number of bytes of a REGISTER leave nothing behind")
def tcp_reset_at_each_byte(cast):
    stage = tcp_stage(cast).start()
    watch = Watch(stage)
    before = watch.descriptors()
    with Stream(ATTACKER, OUTSIDE_ADDRESS) as stream:
        text = register(stream, CALLER, "office.example")
    for length in range(0, len(text) + 1):
        stream = Stream(ATTACKER, OUTSIDE_ADDRESS)
        stream.send(text[:length])
        stream.slam()
    check(until(lambda: watch.descriptors() <= before, 5), "descriptors stay behind")
    watch.serves()


def hoard(stage, count):
    """Idle connections from many addresses; those that were taken."""
    return [stream for number in range(count // 50) for stream in
            connect(f"127.1.{number // 200}.{number % 200 + 1}", 50)]


@test("9,900 idle connections within the caps cost little and hinder no phone; beyond the cap they are held to it")
def tcp_hoarding(cast):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 12000:
        raise Skip("needs 12,000 open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    times = "first-byte 600s  message 600s  register 600s"
    stage = tcp_stage(cast, connections=f"at-most 14000  per-source 64  {times}").start()
    watch = Watch(stage)
    before, descriptors = watch.memory_kb(), watch.descriptors()
    held = hoard(stage, 9900)
    check(until(lambda: watch.descriptors() - descriptors == 9900, 10),
          f"{watch.descriptors() - descriptors} of 9,900 are held")
    grown = watch.memory_kb() - before
    check(grown < 24576, f"{grown} KiB for 9,900 idle connections")
    watch.serves()
    print(f"     9,900 idle connections: {grown} KiB", flush=True)
    for stream in held:
        stream.close()
    stage.ringfence.stop()
    twin = tcp_stage(cast, connections=f"per-source 64  {times}")
    twin.ringfence = stage.ringfence = type(stage.ringfence)(cast, **twin.changes)
    twin.ringfence.start()
    watch = Watch(twin)
    descriptors = watch.descriptors()
    held = hoard(twin, 4000)
    check(watch.descriptors() - descriptors <= 1536, f"{watch.descriptors() - descriptors} strangers are held")
    check(watch.risen("connections_crowded") > 0, "nobody made room")
    watch.serves()
    for stream in held:
        stream.close()


@test("with no descriptor left signal waits, without turning, and serves again once there are some")
def tcp_no_descriptors(cast):
    stage = tcp_stage(cast, connections="first-byte 600s  message 600s  register 600s").start()
    watch = Watch(stage)
    limits = resource.prlimit(watch.process_id, resource.RLIMIT_NOFILE)
    highest = max(int(name) for name in os.listdir(f"/proc/{watch.process_id}/fd"))
    held = connect(ATTACKER, 8)
    check(until(lambda: watch.descriptors() >= highest + 1 - 4, 2), "connections were not taken")
    check(watch.risen("accepts_paused") == 0, "the twin with descriptors left paused too")
    for more in range(0, 21):
        resource.prlimit(watch.process_id, resource.RLIMIT_NOFILE, (highest + more, limits[1]))
        streams = connect(f"127.0.1.{more + 1}", 30)
        for stream in streams:
            stream.close()
    streams = connect("127.0.1.100", 30)
    before, started = watch.cpu_seconds(), time.monotonic()
    check(until(lambda: watch.risen("accepts_paused") > 0, 3), "nobody was left waiting")
    time.sleep(1)
    share = (watch.cpu_seconds() - before) / (time.monotonic() - started)
    check(share < 0.3, f"signal turns: {share:.2f} of a processor")
    check(watch.is_same(), "signal was started again")
    for stream in streams + held:
        stream.close()
    resource.prlimit(watch.process_id, resource.RLIMIT_NOFILE, limits)
    watch.serves()
