# SPDX-License-Identifier: Apache-2.0
"""A peer whose media passes only while the kernel's IPsec covers it."""

import os
import subprocess

from capture import UDP, Capture
from harness import ROOT, TREE, Skip, check, test
from hosts import ip
from machine import Machine, is_there
from process import Failure, until
from ringfence import INSIDE_ADDRESS, INSTALLED, Ringfence
from softphone import MAGIC, Softphone, audio, hang_up, must_hear
from stage import Stage

ANN, BOB = "200", "210"
# The PBX hands a call back to us: what is inside is between our own ports.
ENDS = ["src", INSIDE_ADDRESS, "dst", INSIDE_ADDRESS]
OUT, IN = "out", "in"
IN_MACHINE = "RINGFENCE_TEST_MACHINE"
MODULES = ("drbg", "sha512_generic", "hmac", "xfrm_user", "esp4", "gcm", "seqiv", "ctr", "ghash-generic")
WORDS = """
mkdir -p /run/modules/lib
ln -s /usr/lib/uml/modules /run/modules/lib/modules
for module in {modules}; do modprobe -d /run/modules $module; done
cd {root}
mount -t tmpfs none build/system
{inside}=1 RINGFENCE_TREE={tree} python3 tests/system/run.py =ipsec_covered
"""
CIPHER = ["aead", "rfc4106(gcm(aes))", "0x" + "0102030405060708090a0b0c0d0e0f10" "11121314", "128"]


def add_policy(direction):
    ip("xfrm", "policy", "add", *ENDS, "dir", direction, "tmpl", *ENDS, "proto", "esp", "mode", "transport")


def add_state():
    ip("xfrm", "state", "add", *ENDS, "proto", "esp", "spi", "0x100", "mode", "transport", *CIPHER)


def has_esp():
    try:
        add_state()
    except OSError:
        return False
    flush()
    return True


def in_machine(cast):
    """The same test on a kernel that has ESP."""
    if not is_there() or os.environ.get(IN_MACHINE):
        raise Skip("this kernel makes no state of ESP, and there is no user-mode Linux")
    machine = Machine(cast.folder, WORDS.format(root=ROOT, modules=" ".join(MODULES), inside=IN_MACHINE,
                                                tree=os.path.relpath(TREE, ROOT)), memory="768M")
    try:
        found = machine.read_until(rb"(\d+) passed, (\d+) failed, (\d+) skipped", 300)
    finally:
        machine.cut()
    check(found, f"the machine said nothing: {machine.text[-600:]}")
    print("     run in user-mode Linux, whose kernel has ESP", flush=True)
    check(found.groups() == (b"1", b"0", b"0"), machine.text[-1500:].decode("utf-8", "replace"))


def flush():
    for what in ("state", "policy"):
        subprocess.run(["ip", "xfrm", what, "flush"], stderr=subprocess.DEVNULL, check=False)


def begin(cast, wants="media ipsec"):
    stage = Stage(cast, (ANN, BOB), peer_more=wants).start()
    phones = [Softphone(address, stage.address, user, stage.users[user])
              for user, address in ((ANN, "127.0.0.70"), (BOB, "127.0.0.71"))]
    for phone in phones:
        phone.register()
    return stage, *phones


def causes(ringfence):
    return " ".join(str(row.get("cause")) for row in ringfence.rows("calls", "list"))


def must_end(stage, cause):
    check(until(lambda: cause in causes(stage.ringfence), 15), f"no call ended by {cause!r}: {causes(stage.ringfence)}")
    check(stage.ringfence.counters()["refused_ipsec"] > 0, "nothing was counted")


def must_be_refused(cast, cause):
    """The call may be answered before the kernel has said no; nothing is heard in either case, nor leaves."""
    with Capture() as capture:
        stage, ann, bob = begin(cast)
        try:
            one, other = ann.call(bob)
        except Failure:
            heard = [0, 0]
        else:
            heard = audio(one, other, seconds=2.0)
        must_end(stage, cause)
        check(heard == [0, 0] and not left_uncovered(capture), f"audio passed: {heard} frames")


def left_uncovered(capture):
    """Audio that left us for the peer, which hands a call back to us."""
    return [packet for packet in capture.sent(INSIDE_ADDRESS, INSIDE_ADDRESS, UDP) if MAGIC in packet.data]


@test("media ipsec without a policy: the call is ended with that reason, and no packet passes")
def ipsec_no_policy(cast):
    must_be_refused(cast, "IPsec: no policy to send by")


@test("media ipsec with policies and no keys: the call is ended with that reason, and no packet passes")
def ipsec_no_keys(cast):
    add_policy(OUT)
    add_policy(IN)
    must_be_refused(cast, "IPsec: no keys to send by")


@test("without media ipsec nobody asks the kernel: the same call has audio, so that the tests before it can fail")
def ipsec_not_wanted(cast):
    with Capture() as capture:
        _, ann, bob = begin(cast, "")
        one, other = ann.call(bob)
        must_hear(one, other)
        hang_up(one, other)
        check(left_uncovered(capture), "the counter sees no audio")


@test("media ipsec with policies and keys: audio, until they go, which ends the call")
def ipsec_covered(cast):
    if not has_esp():
        in_machine(cast)
        return
    add_policy(OUT)
    add_policy(IN)
    add_state()
    stage, ann, bob = begin(cast)
    one, other = ann.call(bob)
    must_hear(one, other)
    flush()
    must_end(stage, "IPsec: no keys to send by")


@test("media ipsec on a kernel that has no IPsec is refused when the configuration is read, with line and remedy")
def ipsec_no_kernel(cast):
    if not is_there():
        raise Skip("there is no user-mode Linux")
    ringfence = Ringfence(cast, peer_more="media ipsec")
    machine = Machine(cast.folder, f"{INSTALLED} config check -c {ringfence.config_path}; echo ended with $?")
    try:
        check(machine.read_until(rb"ended with 3", 120), f"it was not refused: {machine.text[-600:]}")
    finally:
        machine.cut()
    check(b"load the module xfrm_user" in machine.text, f"there is no remedy: {machine.text[-600:]}")
    code, text = ringfence.ask("config", "check", "-c", ringfence.config_path)
    check(code == 0, f"this kernel has IPsec, and it was refused: {text}")


@test("config ipsec writes strongSwan's configuration of both ends")
def ipsec_configuration(cast):
    ringfence = Ringfence(cast, peer_more="media ipsec")
    code, text = ringfence.ask("config", "ipsec", "-c", ringfence.config_path, "office")
    check(code == 0, text)
    for word in ("of this machine", "of the peer", f"local_addrs = {INSIDE_ADDRESS}", f"remote_addrs = {INSIDE_ADDRESS}"):
        check(word in text, f"{word} is missing: {text}")
    check(ringfence.ask("config", "ipsec", "-c", ringfence.config_path, "nobody")[0] == 5, "a peer that is not there")
