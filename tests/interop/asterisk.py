# SPDX-License-Identifier: Apache-2.0
"""Asterisk as the PBX that is protected, in its own Debian (script/pbx) and its own host.

Extensions are the users; 600 echoes, 700 parks (701 to 705). It may send phones to
each other directly (`direct media`), as many do that know of no border.
"""

import os
import subprocess

from harness import ROOT, Skip
from process import Failure, until

VERSIONS = {"22": "pjsip", "16": "sip"}  # and the driver that is looked at there

ASTERISK_CONF = """\
[directories]
astetcdir => /mnt/etc
astmoddir => {modules}
astvarlibdir => /mnt/lib
astdbdir => /mnt/lib
astkeydir => /mnt/lib
astdatadir => /usr/share/asterisk
astagidir => /usr/share/asterisk/agi-bin
astspooldir => /mnt/spool
astrundir => /mnt/run
astlogdir => /mnt/log
[options]
verbose = 3
"""

PJSIP = """\
[transport-udp]
type=transport
protocol=udp
bind={address}:5060
"""

PJSIP_USER = """\
[{user}]
type=endpoint
context=office
aors={user}
auth={user}
disallow=all
allow=ulaw
direct_media={direct}
t38_udptl=yes
t38_udptl_ec=redundancy
allow_subscribe=yes
notify_early_inuse_ringing=yes
[{user}]
type=auth
auth_type=userpass
username={user}
password={secret}
[{user}]
type=aor
max_contacts=2
"""

SIP = """\
[general]
context=strangers
udpbindaddr={address}:5060
realm=office.example
disallow=all
allow=ulaw
directmedia={direct}
t38pt_udptl=yes,redundancy
allowsubscribe=yes
subscribecontext=office
callcounter=yes
notifyringing=yes
notifyhold=yes
srvlookup=no
"""

SIP_USER = """\
[{user}]
type=friend
host=dynamic
context=office
secret={secret}
"""

DIALPLAN = """\
[strangers]
[office]
include => parkedcalls
exten => 600,1,Answer()
 same => n,Echo()
exten => _2XX,1,Dial({technology}/${{EXTEN}},20)
 same => n,Hangup()
{hints}
"""

PARKING = """\
[general]
[default]
parkext => 700
parkpos => 701-705
context => parkedcalls
parkingtime => 120
comebacktoorigin = no
"""


def folder_of(version):
    done = subprocess.run([os.path.join(ROOT, "script", "pbx"), "--path", version], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise Skip(done.stderr.decode().strip())
    return done.stdout.decode().strip()


class Asterisk:
    challenge = "401"  # to who calls
    has_park = has_lamps = has_presence = True
    is_proxy = False

    def __init__(self, cast, version, address, users, host, has_direct_media=False):
        self.cast, self.version, self.address, self.users = cast, version, address, users
        self.driver, self.host = VERSIONS[version], list(host)
        self.direct = "yes" if has_direct_media else "no"
        self.root = folder_of(version)
        self.folder = os.path.join(cast.folder, "asterisk")
        self.process = None

    def write(self, name, text):
        with open(os.path.join(self.folder, "etc", name), "w", encoding="utf-8") as file:
            file.write(text)

    def write_files(self):
        for name in ("etc", "lib", "spool", "run", "log"):
            os.makedirs(os.path.join(self.folder, name), exist_ok=True)
        is_pjsip = self.driver == "pjsip"
        technology = "PJSIP" if is_pjsip else "SIP"
        modules = next(path for path in ("/usr/lib/x86_64-linux-gnu/asterisk/modules",
                                         "/usr/lib/aarch64-linux-gnu/asterisk/modules",
                                         "/usr/lib/asterisk/modules")
                       if os.path.isdir(self.root + path))
        head, row = (PJSIP, PJSIP_USER) if is_pjsip else (SIP, SIP_USER)
        rows = [head] + [row.replace("{direct}", self.direct).format(user=user, secret=secret)
                         for user, secret in self.users.items()]
        rows[0] = head.format(address=self.address, direct=self.direct)
        self.write("asterisk.conf", ASTERISK_CONF.format(modules=modules))
        self.write("modules.conf", "[modules]\nautoload=yes\n" + "".join(f"noload={name}.so\n" for name in (
            "chan_sip" if is_pjsip else "chan_pjsip", "chan_iax2", "chan_skinny", "chan_mgcp", "chan_unistim",
            "chan_dahdi", "pbx_dundi", "pbx_ael", "pbx_lua", "res_calendar", "cdr_csv", "cdr_manager", "cel_manager")))
        self.write("pjsip.conf" if is_pjsip else "sip.conf", "\n".join(rows))
        hints = "".join(f"exten => {user},hint,{technology}/{user}\n" for user in self.users if user.isdigit())
        self.write("extensions.conf", DIALPLAN.format(technology=technology, hints=hints))
        self.write("res_parking.conf", PARKING)
        self.write("features.conf", "[general]\n[featuremap]\n")
        self.write("rtp.conf", "[general]\nrtpstart=30000\nrtpend=30999\nstrictrtp=yes\n")
        self.write("udptl.conf", "[general]\nudptlstart=31000\nudptlend=31999\n")
        self.write("logger.conf", "[logfiles]\nconsole => notice,warning,error,verbose\n")

    def start(self):
        self.write_files()
        inside = f'mount --bind "{self.folder}" "{self.root}/mnt" && exec chroot "{self.root}" asterisk -f -n -v -C /mnt/etc/asterisk.conf'
        self.process = self.cast.start("asterisk", self.host + [
            "unshare", "--mount", "--propagation", "private", "sh", "-c", inside])
        if not until(self.answers, 60, pause=0.2):
            raise Failure(f"Asterisk does not come up, see {self.process.log_path}")

    def ask(self, words):
        """What its console says to that."""
        pid = str(self.process.child.pid)
        done = subprocess.run(["nsenter", "-t", pid, "--mount", "--net", "chroot", self.root, "asterisk",
                               "-C", "/mnt/etc/asterisk.conf", "-rx", words], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, check=False)
        return done.stdout.decode("utf-8", "replace")

    def answers(self):
        if not self.process.is_running():
            raise Failure(f"Asterisk ended at once, see {self.process.log_path}")
        return "has been up" in self.ask("core waitfullybooted") or "fully booted" in self.ask("core waitfullybooted")

    def trace(self):
        """Every message of SIP goes to its log."""
        self.ask("pjsip set logger on" if self.driver == "pjsip" else "sip set debug on")

    def channels(self):
        """How many ends of calls it holds."""
        for line in self.ask("core show channels count").splitlines():
            if "active channel" in line:
                return int(line.split()[0])
        return -1
