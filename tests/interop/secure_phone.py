# SPDX-License-Identifier: Apache-2.0
"""baresip that registers over TLS and protects its audio, and what is seen of it on its wire."""

import glob
import os

from baresip import ACCOUNT, CONFIG, Baresip
from harness import Skip, check
from tones import Ears, heard_seconds

MODULES = {"srtp-mand": "srtp", "dtls_srtp": "dtls_srtp"}
WORDS = ("SIP/2.0", "INVITE sip", "m=audio", "a=crypto", "a=fingerprint")


RECORDING = CONFIG.replace("module aufile.so", "module aufile.so\nmodule aubridge.so\nmodule sndfile.so\n"
                           "audio_player aubridge,nobody\nsnd_path {folder}")


class RecordingBaresip(Baresip):
    """What it hears it writes to a file: on the wire nobody can tell."""

    configuration = RECORDING

    def heard(self, hertz):
        return sum(heard_seconds(path, hertz) for path in glob.glob(os.path.join(self.folder, "dump-*-dec.wav")))


class SecureBaresip(RecordingBaresip):
    def __init__(self, *words, authority, protection, **more):
        super().__init__(*words, **more)
        module = MODULES[protection] + ".so"
        if not os.path.exists(os.path.join(self.modules, module)):
            raise Skip(f"this baresip has no {module}")
        self.program = f"baresip over TLS, {protection}"
        self.configuration = RECORDING.replace("net_interface", f"sip_cafile {authority}\nnet_interface").replace(
            "module aufile.so", f"module aufile.so\nmodule {module}")
        self.account = ACCOUNT.replace("{domain}>", "{domain};transport=tls>").replace(
            ":5060\"", ":5061;transport=tls\"").replace("ptime=20", f"ptime=20;mediaenc={protection}")


class DeskPhone(RecordingBaresip):
    """In the PBX's own network, behind the border; speaks plain SIP and RTP with it."""

    configuration = RECORDING.replace("net_interface eth0", "net_interface {address}")
    # One that asks a proxy for its messages without end has no time for what it is told.
    for module in ("mwi", "contact", "presence"):
        configuration = configuration.replace(f"module_app {module}.so\n", "")


class Wire:
    """What passes an interface to any of these addresses."""

    def __init__(self, interface, *addresses):
        self.ways = [Ears(interface, address, WORDS) for address in addresses]

    def listen(self):
        for way in self.ways:
            way.listen()

    def shown(self):
        """Packets with words of SIP or of a description in the clear."""
        return [packet for way in self.ways for packet in way.shown]

    def frames(self):
        return [frame for way in self.ways for frame in way.frames]

    def seconds(self, tones):
        return sum(way.heard(tone) for way in self.ways for tone in tones)


def check_protected(secure, clear, tones):
    """The one wire shows nothing of what the other, watched alike, shows as it is."""
    for wire in (secure, clear):
        wire.listen()
    payloads = {frame[:160] for frame in clear.frames()}
    check(clear.shown() and payloads and clear.seconds(tones) > 1, "the watch is deaf: it found nothing on the wire in clear")
    frames = secure.frames()
    check(len(frames) > 50, f"no audio went over the wire that is protected: {len(frames)} packets")
    check(not secure.shown(), f"SIP stood in clear on the wire: {secure.shown()[:1]}")
    check(secure.seconds(tones) == 0, "a tone was heard on the wire that is protected")
    known = sum(frame[:160] in payloads for frame in frames)
    check(known == 0, f"{known} of {len(frames)} packets bore audio in clear")
    print(f"     {len(frames)} packets of audio on the wire that is protected, 0 in clear, and 0 words of SIP; on the other wire "
          f"{len(clear.frames())} and {len(clear.shown())}", flush=True)
