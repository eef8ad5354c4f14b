# SPDX-License-Identifier: Apache-2.0
"""Phones behind a proxy: reached by the Path with which they registered."""

from edge import Edge
from harness import Skip, check, test
from pbx import PBX_ADDRESS, Pbx, password_of
from process import Cast
from ringfence import OUTSIDE_ADDRESS, PROBE_USER, Ringfence, is_built
from sip_text import token
from softphone import Softphone, hang_up, must_hear
from test_survival import fails

ANN, BOB = "200", "210"
EDGE = "127.0.0.40"
NOWHERE = "192.0.2.77"  # what a phone in a network of its own calls itself


class Hidden(Softphone):
    """Nobody but its proxy knows where it is."""

    def register_text(self, more=()):
        text = super().register_text(["Supported: path", *more])
        return text.replace(f"Contact: <{self.contact()}>", f"Contact: <sip:{self.user}@{NOWHERE}>")


def is_called(cast, has_path):
    if not is_built():
        raise Skip("the program is not built yet")
    users = {user: password_of(user) for user in (ANN, BOB)}
    users[PROBE_USER] = token(32)
    Pbx(cast, PBX_ADDRESS, users=users).start()
    Ringfence(cast).start()
    with Cast(cast.folder + "-edge") as apart:
        Edge(apart, EDGE, OUTSIDE_ADDRESS, has_path).start()
        with Softphone("127.0.0.31", OUTSIDE_ADDRESS, ANN, password_of(ANN)) as ann, \
                Hidden("127.0.0.32", EDGE, BOB, password_of(BOB)) as bob:
            ann.register()
            bob.register()
            for caller, callee in ((ann, bob), (bob, ann)):
                one, other = caller.call(callee)
                must_hear(one, other)
                hang_up(one, other)
                check(callee is ann or other.routes, "the proxy was passed by")


@test("a phone that only its proxy can reach is called by that proxy's Path, and is not without one")
def edge_path(cast):
    for has_path in (True, False):
        with Cast(cast.folder + ("-path" if has_path else "-none")) as apart:
            if has_path:
                is_called(apart, has_path)
            else:
                fails("without Path", is_called, apart, has_path)
