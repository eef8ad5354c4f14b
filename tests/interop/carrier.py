# SPDX-License-Identifier: Apache-2.0
"""A carrier: Kamailio with its module tls, which shows a certificate and asks for one, in a host of its own,
with one subscriber behind it (a phone in the same host that speaks plain SIP and RTP with it)."""

import os

from harness import Skip
from pbx import MODULE_FOLDERS
from process import Failure, until

CONFIG = """\
debug=1
log_stderror=yes
fork=yes
children=2
enable_tls=yes
tcp_children=2
auto_aliases=no
listen=udp:{address}:5060
listen=tls:{address}:5061
mpath="{modules}"
loadmodule "tls.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
modparam("tls", "config", "{folder}/tls.cfg")

request_route {{
	if (!mf_process_maxfwd_header("10")) {{
		sl_send_reply("483", "Too Many Hops");
		exit;
	}}
	if (is_method("OPTIONS")) {{
		sl_send_reply("200", "OK");
		exit;
	}}
	if (is_method("CANCEL")) {{
		if (t_check_trans()) t_relay();
		exit;
	}}
	if (has_totag()) {{
		if (loose_route() || (is_method("ACK") && t_check_trans())) t_relay();
		else sl_send_reply("404", "Not Here");
		exit;
	}}
	if (is_method("ACK")) {{
		t_check_trans();
		exit;
	}}
	record_route();
	if ($proto == "tls") {{
		xlog("L_ALERT", "call for <$rU> over TLS\\n");
		$ru = "sip:{user}@{phone}:5060";
	}} else {{
		$rd = "{border}";
		$du = "sip:{border}:5061;transport=tls";
	}}
	if (!t_relay()) sl_reply_error();
	exit;
}}
"""

TLS = """\
[server:default]
method = TLSv1.2+
verify_certificate = yes
require_certificate = yes
private_key = {key}
certificate = {chain}
ca_list = {authority}
[client:default]
method = TLSv1.2+
verify_certificate = yes
require_certificate = yes
private_key = {key}
certificate = {chain}
ca_list = {authority}
"""


class Carrier:
    def __init__(self, cast, host, *, address, phone, user, border, pair, authority):
        self.modules = next((path for path in MODULE_FOLDERS if os.path.exists(os.path.join(path, "tls.so"))), None)
        if not self.modules:
            raise Skip("kamailio-tls-modules is not installed")
        self.cast, self.host, self.process = cast, host, None
        self.folder = os.path.join(cast.folder, "carrier")
        self.words = {"address": address, "phone": phone, "user": user, "border": border, "folder": self.folder,
                      "modules": self.modules, "chain": pair[0], "key": pair[1], "authority": authority}

    def start(self):
        os.makedirs(os.path.join(self.folder, "run"), exist_ok=True)
        for name, text in (("carrier.cfg", CONFIG), ("tls.cfg", TLS)):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(text.format(**self.words))
        self.process = self.cast.start("carrier", self.host.enter + [
            "/usr/sbin/kamailio", "-DD", "-E", "-x", "fm", "-m", "32", "-M", "8",
            "-Y", os.path.join(self.folder, "run"), "-f", os.path.join(self.folder, "carrier.cfg")])
        if not until(self.listens, 15, pause=0.1):
            raise Failure(f"the carrier does not come up, see {self.process.log_path}")
        return self

    def listens(self):
        if not self.process.is_running():
            raise Failure(f"the carrier ended at once, see {self.process.log_path}")
        with open(f"/proc/{self.process.child.pid}/net/tcp", encoding="ascii") as file:
            return any(line.split()[1].endswith(f":{5061:04X}") and line.split()[3] == "0A" for line in file.readlines()[1:])

    def calls(self):
        """How many calls have come to it over TLS."""
        return self.process.log().count("call for <")
