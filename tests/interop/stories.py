# SPDX-License-Identifier: Apache-2.0
"""What people do with telephones: each story begins and ends with no call standing."""

import os

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


def lamp(office, watcher, one, other):
    """The watcher's lamp shows the other's call begin and end, and nothing of the inside."""
    def shows(state):
        if not until(lambda: watcher.lamp()[-1:] == [state], 20, pause=0.1):
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
        if process.wait(60) != 0:
            raise Failure(f"{process.name} failed, see {process.log_path}")
    for machine, process in zip((one, other), machines):
        process.wait(20)
        if int(process.log().strip() or 0) < 45:
            raise Failure(f"the fax machine {machine.user} heard {process.log().strip() or 'nothing'} of 50 packets")
    office.ends()
