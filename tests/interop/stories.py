# SPDX-License-Identifier: Apache-2.0
"""What people do with telephones: each story begins and ends with no call standing."""

from office import expect
from process import Failure, until


def call(office, one, other):
    """They talk; the caller hangs up. Then the other way round, and the callee hangs up."""
    expect(lambda: one.call(other.user), talked=(one, other))
    office.hear_each_other(one, other)
    expect(one.hang_up, ended=(one, other))
    office.ends()
    expect(lambda: other.call(one.user), talked=(one, other))
    office.hear_each_other(one, other)
    expect(one.hang_up, ended=(one, other))
    office.ends()


def hold(office, one, other):
    """Each holds the other in turn and takes the call up again."""
    expect(lambda: one.call(other.user), talked=(one, other))
    for holder, held in ((one, other), (other, one)):
        office.hear_each_other(one, other)
        holder.hold()
        office.stops_hearing(holder, held)
        if not holder.plays_on:
            office.stops_hearing(held, holder)
        holder.resume()
    office.hear_each_other(one, other)
    expect(one.hang_up, ended=(one, other))
    office.ends()


def leaves(mover, before):
    """Its call ends once the transfer is through. linphone refuses NOTIFY (491) while it awaits the
    ACK to a re-INVITE, as direct media brings one just then: it is not told, and hangs up itself."""
    if not until(lambda: mover.ended() > before, 5) and mover.program == "linphone":
        mover.hang_up()
    if not until(lambda: mover.ended() > before, 15):
        raise Failure(f"phone {mover.user} ({mover.program}) was not told that its transfer is through")


def blind_transfer(office, one, other, third):
    """The caller sends the callee to a third, then the callee the caller."""
    for mover, moved in ((one, other), (other, one)):
        expect(lambda: one.call(other.user), talked=(one, other))
        office.hear_each_other(one, other)
        before = mover.ended()
        expect(lambda: mover.transfer(third.user), talked=(third,))
        leaves(mover, before)
        office.hear_each_other(moved, third)
        expect(third.hang_up, ended=(third, moved))
        office.ends()


def attended_transfer(office, one, other, third):
    """The caller asks the third first, then joins both."""
    expect(lambda: one.call(other.user), talked=(one, other))
    office.hear_each_other(one, other)
    one.hold()
    office.stops_hearing(one, other)
    expect(lambda: one.call(third.user), talked=(one, third))
    office.hear_each_other(one, third)
    expect(one.transfer_to_other, ended=(one,))
    office.hear_each_other(other, third)
    expect(third.hang_up, ended=(third, other))
    office.ends()


def park(office, one, other, third):
    """The callee parks the caller, and the third takes him up."""
    expect(lambda: one.call(other.user), talked=(one, other))
    office.hear_each_other(one, other)
    expect(lambda: other.transfer("700"), ended=(other,))
    expect(lambda: third.call("701"), talked=(third,))
    office.hear_each_other(one, third)
    expect(one.hang_up, ended=(one, third))
    office.ends()
