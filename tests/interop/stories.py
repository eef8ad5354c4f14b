# SPDX-License-Identifier: Apache-2.0
"""What people do with telephones: each story begins and ends with no call standing."""

import os

import office as offices
from office import INSIDE, PBX_AT, expect
from process import Failure, until


def call(office, one, other):
    """They talk; the caller hangs up. Then the other way round, and the callee hangs up."""
    expect(lambda: one.call(other.user), talked=(one, other))
    office.hear_each_other(one, other)
    office.bypasses_pbx(one)
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


def leaves(mover, target):
    """So many of its calls have ended once the transfer is through. linphone refuses NOTIFY (491) while it awaits the
    ACK to a re-INVITE, as direct media brings one just then: it is not told, and hangs up itself."""
    if not until(lambda: mover.ended() >= target, 5) and mover.program == "linphone":
        mover.hang_up_all()
    if not until(lambda: mover.ended() >= target, 15):
        raise Failure(f"phone {mover.user} ({mover.program}) was not told that its transfer is through")


def blind_transfer(office, one, other, third, mover):
    """One calls the other, and one of both sends his partner to a third."""
    moved = other if mover is one else one
    expect(lambda: one.call(other.user), talked=(one, other))
    office.hear_each_other(one, other)
    target = mover.ended() + 1
    expect(lambda: mover.transfer(third.user), talked=(third,))
    leaves(mover, target)
    office.hear_each_other(moved, third)
    expect(third.hang_up, ended=(third, moved))
    office.ends()


def attended_transfer(office, one, other, third, mover):
    """One calls the other; one of both asks a third first, then joins his partner and the third."""
    moved = other if mover is one else one
    expect(lambda: one.call(other.user), talked=(one, other))
    office.hear_each_other(one, other)
    mover.hold()
    office.stops_hearing(mover, moved)
    expect(lambda: mover.call(third.user), talked=(mover, third))
    office.hear_each_other(mover, third)
    target = mover.ended() + 2
    mover.transfer_to_other()
    leaves(mover, target)
    office.hear_each_other(moved, third)
    expect(third.hang_up, ended=(third, moved))
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


def lamp(office, watcher, one, other):
    """The watcher's lamp shows the other's call begin and end, and nothing of the inside."""
    def shows(state):
        if not until(lambda: watcher.lamp()[-1:] == [state], offices.patience, pause=0.1):
            raise Failure(f"the lamp of {watcher.user} shows {watcher.lamp()}, not {state}")

    playing = watcher.plays("lamp", callee=other.user)
    shows("terminated")
    expect(lambda: one.call(other.user), talked=(one, other))
    shows("confirmed")
    expect(one.hang_up, ended=(one, other))
    shows("terminated")
    for hidden in (INSIDE, PBX_AT):
        if hidden in watcher.messages():
            raise Failure(f"{hidden} shows in what {watcher.user} was told")
    playing.stop()
    office.ends()


def presence(office, watcher, one, other):
    """The same on a phone that asks for presence. baresip does not say what it was told first."""
    for state, deed in (("on", lambda: expect(lambda: one.call(other.user), talked=(one, other))),
                        ("off", lambda: expect(one.hang_up, ended=(one, other)))):
        deed()
        if not until(lambda state=state: watcher.lamp()[-1:] == [state], offices.patience, pause=0.1):
            raise Failure(f"the lamp of {watcher.user} ({watcher.program}) shows {watcher.lamp()}, not {state}")
    office.ends()


def fax(office, one, other):
    """A call turns into a fax; each end gets at least nine tenths of the other's packets."""
    for machine in (one, other):
        if os.path.exists(machine.to_file):
            os.unlink(machine.to_file)
    machines = [one.faxes(), other.faxes()]
    answering = other.plays("fax_answer", to_file=other.to_file, rtp_port=41000, fax_port=42000)
    calling = one.plays("fax_call", "-d", "6000", callee=other.user, to_file=one.to_file, rtp_port=41000,
                        fax_port=42000)
    for process in (calling, answering):
        if process.wait(3 * offices.patience) != 0:
            raise Failure(f"{process.name} failed, see {process.log_path}")
    for machine, process in zip((one, other), machines):
        process.wait(20)
        if int(process.log().strip() or 0) < 45:
            raise Failure(f"the fax machine {machine.user} heard {process.log().strip() or 'nothing'} of 50 packets")
    office.ends()
