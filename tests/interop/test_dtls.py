# SPDX-License-Identifier: Apache-2.0
"""A phone that protects its audio by DTLS-SRTP calls and is called by one of plain RTP, at a PBX that
knows plain RTP alone."""

import glob
import os

from baresip import ACCOUNT, CONFIG, Baresip
from harness import check, test
from office import Office, expect
from tones import heard_seconds


class ShakingBaresip(Baresip):
    """What it hears it writes to a file: on the wire nobody can tell."""

    program = "baresip with DTLS-SRTP"
    configuration = CONFIG.replace("module aufile.so", "module aufile.so\nmodule dtls_srtp.so\nmodule aubridge.so\n"
                                   "module sndfile.so\naudio_player aubridge,nobody\nsnd_path {folder}")
    account = ACCOUNT.replace("ptime=20", "ptime=20;mediaenc=dtls_srtp")

    def heard(self, hertz):
        return sum(heard_seconds(path, hertz) for path in glob.glob(os.path.join(self.folder, "dump-*-dec.wav")))


def counters(office):
    return office.ringfence.counters()


def office_of(cast, **changes):
    office = Office(cast, "kamailio", has_direct_media=False, **changes)
    return office, office.phone("200", ShakingBaresip), office.phone("201")


@test("baresip with DTLS-SRTP calls a phone of plain RTP and is heard, and hears", fails_bare=True)
def dtls_call(cast):
    office, shaking, plain = office_of(cast)
    expect(lambda: shaking.call(plain.user), talked=(shaking, plain))
    office.hear_each_other(shaking, plain)
    expect(shaking.hang_up, ended=(shaking, plain))
    office.ends()
    check(counters(office)["dtls_agreed"] == 1, f"handshakes: {counters(office)['dtls_agreed']}")
    shaking.host.ears.listen()
    check(shaking.host.ears.heard(plain.tone) == 0, "audio went to the phone in the clear")
