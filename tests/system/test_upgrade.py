# SPDX-License-Identifier: Apache-2.0
"""The program is changed under calls: another parent takes over, or cannot and the old one goes on. Each test
runs a second time with what it relies on switched off."""

import os
import shutil

from harness import Skip, check, test
from process import Cast, until
from ringfence import TREE, is_built
from test_survival import LOST_BY_MEDIA, Story, fails, is_gone, roles_of, wipe

UPGRADES = 3
# Three times ours end, others begin and end, and ours begin again.
LOST_BY_TRIALS = 200


class Copy:
    """An installation of its own, so that its programs can be changed."""

    def __init__(self, cast):
        if not is_built():
            raise Skip("the program is not built yet")
        self.folder = os.path.join(cast.folder, "usr")
        shutil.copytree(os.path.join(TREE, "root", "usr"), self.folder, symlinks=True)
        self.program = os.path.join(self.folder, "bin", "ringfence")

    def path(self, role):
        return os.path.join(self.folder, "libexec", "ringfence", role)

    def replace(self, role, content):
        """As a package does it: another file by the same name."""
        path = self.path(role)
        with open(path + ".new", "wb") as file:
            file.write(content)
        os.chmod(path + ".new", 0o755)
        os.rename(path + ".new", path)

    def content(self, role):
        with open(self.path(role), "rb") as file:
            return file.read()


class Change(Story):
    """The story of test_survival, told while the program is changed."""

    def __init__(self, cast):
        super().__init__(cast)
        self.copy = Copy(cast)
        self.stage.program = self.copy.program

    def upgrade(self):
        return self.ringfence.ask("upgrade", "--reason", "test")

    def upgrade_well(self):
        before, old = self.ringfence.parent(), roles_of(self.ringfence)
        self.copy.replace("parent", self.copy.content("parent"))
        code, text = self.upgrade()
        check(code == 0 and "serves now" in text, f"upgrade ended with {code}: {text}")
        after, new = self.ringfence.parent(), roles_of(self.ringfence)
        check(after != before and not set(new.values()) & set(old.values()),
              f"the same processes go on: {before} {old}, {after} {new}")
        check(until(lambda: is_gone(before) or before == self.ringfence.process.child.pid, 2),
              "the parent before the last one is still there")

    def end(self, lost=LOST_BY_MEDIA):
        """lost: frames that may be missing, of each direction."""
        self.look("media", ())
        if self.figures["frames_lost"] <= lost:
            self.problems.pop("hearing", None)
        print(f"     {self.figures}", flush=True)
        check(not self.problems, "; ".join(f"{name}: {text}" for name, text in self.problems.items()))


def change(folder, is_checkpoint_lost):
    with Cast(folder) as cast:
        story = Change(cast)
        story.begin()
        for number in range(UPGRADES):
            if is_checkpoint_lost:
                wipe(story.ringfence.parent(), "checkpoint")
            story.upgrade_well()
            text = story.ringfence.ask("-o", "json", "status")[1]
            check(f'"upgrades": {number + 1}' in text, text)
        story.end()
        ringfence = story.ringfence
        check(ringfence.stop() == 0, "who stood in for the parent did not end with 0")
        check(not os.path.exists(ringfence.socket_path), "the API's socket was left in its folder")


@test("another program takes over three times under load: no call ends, no phone registers again, audio goes on")
def upgrade_under_load(cast):
    change(cast.folder, False)
    fails("the checkpoint is wiped", change, cast.folder + "-wiped", True)


ENDS_AT_ONCE = b"#!/bin/sh\nexit 1\n"


# Another version's parent, as far as the channel between two goes: it is given all, and then WORD.
STAND_IN = b"""#!/usr/bin/python3
import socket, struct
channel = socket.socket(fileno=3)
channel.setblocking(True)
while struct.unpack_from("I", channel.recv(8192))[0] != 3:
    pass
WORD
"""
REFUSES = STAND_IN.replace(b"WORD", b'channel.send(struct.pack("4I", 7, 0, 0, 0) + b"of another version")')
DIES_LATER = STAND_IN.replace(b"WORD", b'channel.send(struct.pack("4I", 4, 0, 0, 0))\nchannel.recv(8192)')

BAD = (("parent", ENDS_AT_ONCE, "ended before it served"),
       ("parent", REFUSES, "failed: of another version"),
       ("parent", DIES_LATER, "ended before it served"),
       ("signal", ENDS_AT_ONCE, "ended before it served"),
       ("store", ENDS_AT_ONCE, "ended before it served"))


def change_badly(folder):
    with Cast(folder) as cast:
        story = Change(cast)
        story.begin()
        parent, copy = story.ringfence.parent(), story.copy
        for role, content, words in BAD:
            good = copy.content(role)
            copy.replace(role, content)
            code, text = story.upgrade()
            check(code == 1 and words in text, f"with a bad {role}, upgrade ended with {code}: {text}")
            check(story.ringfence.parent() == parent, f"with a bad {role}, another parent serves")
            check(until(story.ringfence.is_ready, 10), f"with a bad {role}, it is not ready again")
            copy.replace(role, good)
        story.end(lost=LOST_BY_TRIALS)


@test("a program that cannot take over is refused with a reason, and calls go on with the old one")
def upgrade_refused(cast):
    change_badly(cast.folder)


@test("children of a parent are those that stood there when it began, whatever stands there now")
def images_kept(cast):
    with Cast(cast.folder + "-1") as inner:
        story = Change(inner)
        story.begin()
        story.copy.replace("signal", ENDS_AT_ONCE)
        story.kill("signal", None)
        story.look("signal", ())
        check(not story.problems, str(story.problems))
