# SPDX-License-Identifier: Apache-2.0
"""What SIPp does as a telephone. It says what it hears (-rtp_echo), so the other hears his own
tone where audio passes both ways."""

import contextlib

import office as offices
import script
from office import expect
from process import Failure, until


@contextlib.contextmanager
def acting(sipp, scenario, **keys):
    """SIPp plays that while the block runs, and must come to its end."""
    process = sipp.acts(scenario, **keys)
    try:
        yield process
        code = process.wait(45)
        if code != 0:
            raise Failure(f"{process.name} ended with {code}, see {process.log_path}")
    finally:
        sipp.hang_up_all()


def answered(*phones):
    """To be had before anything begins: what waits until each has one more call answered."""
    wanted = [(phone, phone.talked() + 1) for phone in phones]

    def waits(*those):
        for phone, target in wanted:
            if phone in those and not until(lambda: phone.talked() >= target, offices.patience, pause=0.1):
                raise Failure(f"phone {phone.user} ({phone.program}): no call answered in {offices.patience} s")
    return waits


def hears_itself(other, seconds=1.0):
    before = other.host.ears.heard(other.tone)
    if not until(lambda: other.host.ears.heard(other.tone) >= before + seconds, offices.patience, pause=0.3):
        raise Failure(f"{other.user} does not hear itself by way of SIPp: {other.host.ears.heard(other.tone) - before:.1f} s")


def call(office, sipp, other):
    """It calls, and is called."""
    for is_called in (False, True):
        waits = answered(other)
        with acting(sipp, script.talk(office.pbx.challenge, is_called), callee=other.user):
            if is_called:
                other.call(sipp.user)
            waits(other)
            hears_itself(other)
            expect(other.hang_up, ended=(other,))
        office.ends()


def hold(office, sipp, other):
    waits = answered(other)
    with acting(sipp, script.hold(office.pbx.challenge), callee=other.user):
        waits(other)
        hears_itself(other)
        office.stops_hearing(other, other)
        hears_itself(other)
        expect(other.hang_up, ended=(other,))
    office.ends()


def is_told(sipp):
    if not until(lambda: "200" in sipp.told(), offices.patience, pause=0.2):
        raise Failure(f"SIPp was not told that its transfer is through, but {sipp.told()}")


def blind(office, sipp, other, third, is_called=False):
    """It sends whom it talks with to the third."""
    waits = answered(other, third)
    with acting(sipp, script.transfer(office.pbx.challenge, is_called), callee=other.user, third=third.user):
        if is_called:
            other.call(sipp.user)
        waits(other)
        hears_itself(other)
        waits(third)
        is_told(sipp)
    office.hear_each_other(other, third)
    expect(third.hang_up, ended=(third, other))
    office.ends()


def attended(office, sipp, other, third, is_called=False):
    """It asks the third first, then joins both."""
    waits = answered(other, third)
    with acting(sipp, script.join(office.pbx.challenge, is_called), callee=other.user, third=third.user):
        if is_called:
            other.call(sipp.user)
        waits(other, third)
        office.hear_each_other(other, third)
        is_told(sipp)
    office.hear_each_other(other, third)
    expect(third.hang_up, ended=(third, other))
    office.ends()


def park(office, sipp, other, third):
    """It parks whom it talks with, and the third takes him up."""
    waits = answered(other)
    with acting(sipp, script.transfer(office.pbx.challenge), callee=other.user, third="700"):
        waits(other)
        hears_itself(other)
    expect(lambda: third.call("701"), talked=(third,))
    office.hear_each_other(other, third)
    expect(third.hang_up, ended=(third, other))
    office.ends()


def deeds(office, sipp, other, third):
    rows = [("call both ways", lambda: call(office, sipp, other)),
            ("hold", lambda: hold(office, sipp, other)),
            ("blind transfer by the caller", lambda: blind(office, sipp, other, third)),
            ("blind transfer by the callee", lambda: blind(office, sipp, other, third, True)),
            ("attended transfer by the caller", lambda: attended(office, sipp, other, third)),
            ("attended transfer by the callee", lambda: attended(office, sipp, other, third, True))]
    if office.pbx.has_park:
        rows.append(("park", lambda: park(office, sipp, other, third)))
    return rows
