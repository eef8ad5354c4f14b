# SPDX-License-Identifier: Apache-2.0
"""Debian's Kamailio as the PBX that is protected: registrar and proxy.

It leaks on purpose, as many do: 404 for a user it does not have, 403 for a
wrong password, an answer to OPTIONS and INVITE that tells users apart, MD5,
nothing asked about User-Agent or rate.
"""

import os

from process import Failure, until
from sip_text import Wire, register

DOMAIN = "office.example"
PBX_ADDRESS = "127.0.0.20"

CONFIG = """\
debug=1
log_stderror=yes
fork=yes
children=4
{tcp}
auto_aliases=no
listen=udp:{address}:{port}
alias="{domain}"
server_header="Server: office-pbx"
user_agent_header="User-Agent: office-pbx"
mpath="{modules}"
loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "htable.so"
loadmodule "auth.so"
loadmodule "xlog.so"
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_contacts", 5)
modparam("registrar", "min_expires", 10)
modparam("auth", "nonce_expire", 300)
modparam("htable", "htable", "password=>size=11;")

request_route {{
	if (!mf_process_maxfwd_header("10")) {{
		sl_send_reply("483", "Too Many Hops");
		exit;
	}}
	if (is_method("CANCEL")) {{
		if (t_check_trans()) t_relay();
		exit;
	}}
	if (has_totag()) {{
		if (loose_route()) {{
			t_relay();
			exit;
		}}
		if (is_method("ACK")) {{
			if (t_check_trans()) t_relay();
			exit;
		}}
		if (!uri == myself) {{
			t_relay();
			exit;
		}}
		if (lookup("location")) {{
			t_relay();
			exit;
		}}
		sl_send_reply("404", "Not Here");
		exit;
	}}
	t_check_trans();
	if (is_method("REGISTER")) route(REGISTRATION);
	if ($rU == $null) {{
		if (is_method("OPTIONS")) sl_send_reply("200", "OK");
		else sl_send_reply("484", "Address Incomplete");
		exit;
	}}
	if ($sht(password=>$rU) == $null) {{
		sl_send_reply("404", "Not Found");
		exit;
	}}
	if (!is_method("OPTIONS|ACK")) {{
		if ($sht(password=>$fU) == $null
				|| !pv_proxy_authenticate("{domain}", "$sht(password=>$fU)", "0")) {{
			if ($hdr(Proxy-Authorization) != $null) sl_send_reply("403", "Forbidden");
			else proxy_challenge("{domain}", "1");
			exit;
		}}
		consume_credentials();
	}}
	record_route();
	if (!lookup("location")) {{
		sl_send_reply("480", "Temporarily Unavailable");
		exit;
	}}
	if (!t_relay()) sl_reply_error();
	exit;
}}

route[REGISTRATION] {{
	if ($sht(password=>$tU) == $null) {{
		sl_send_reply("404", "Not Found");
		exit;
	}}
	if ($hdr(Authorization) == $null) {{
		www_challenge("{domain}", "1");
		exit;
	}}
	xlog("L_ALERT", "login of <$tU> by way of $si:$sp\n");
	if (!pv_www_authenticate("{domain}", "$sht(password=>$tU)", "0")) {{
		switch ($retcode) {{
		case -4:
			www_challenge("{domain}", "17");
			break;
		case -5:
			www_challenge("{domain}", "1");
			break;
		default:
			sl_send_reply("403", "Forbidden");
		}}
		exit;
	}}
	if ($au != $tU) {{
		sl_send_reply("403", "Forbidden");
		exit;
	}}
	if (!save("location")) sl_reply_error();
	exit;
}}

event_route[htable:mod-init] {{
{users}}}
"""

MODULE_FOLDERS = (
    "/usr/lib/x86_64-linux-gnu/kamailio/modules",
    "/usr/lib/aarch64-linux-gnu/kamailio/modules",
    "/usr/lib/kamailio/modules",
)


def password_of(extension):
    """What the users of the demonstration chose: hard to guess but for one."""
    return f"k7-{extension}-{(int(extension) * 7919) % 10007:05d}"


class Pbx:
    configuration = CONFIG

    def __init__(self, cast, address, port=5060, domain=DOMAIN, users=None, host=(),
                 has_tcp=False):
        self.address, self.port, self.domain = address, port, domain
        self.users = users or {}
        self.has_tcp = has_tcp
        self.host = list(host)
        self.folder = cast.folder
        self.process = None
        self.cast = cast

    def start(self):
        modules = next((path for path in MODULE_FOLDERS if os.path.isdir(path)), None)
        if modules is None:
            raise Failure("Kamailio's modules are not installed")
        config_path = os.path.join(self.folder, "pbx.cfg")
        users = "".join(
            f'\t$sht(password=>{user}) = "{secret}";\n' for user, secret in self.users.items())
        with open(config_path, "w", encoding="utf-8") as file:
            file.write(self.configuration.format(address=self.address, port=self.port, domain=self.domain,
                                     tcp=(f"listen=tcp:{self.address}:{self.port}\ntcp_children=2"
                                          if self.has_tcp else "disable_tcp=yes"),
                                     modules=modules, users=users))
        runtime = os.path.join(self.folder, "pbx-run")
        os.makedirs(runtime, exist_ok=True)
        self.process = self.cast.start("pbx", self.host + [
            "/usr/sbin/kamailio", "-DD", "-E", "-x", "fm", "-m", "32", "-M", "8",
            "-Y", runtime, "-f", config_path])
        if not until(self.answers, 10, pause=0.1):
            raise Failure(f"the PBX does not answer, see {self.process.log_path}")

    def logins(self, user):
        """How many REGISTERs with credentials for this user have reached the PBX."""
        return self.process.log().count(f"login of <{user}>")

    def stop(self):
        if self.process:
            self.process.stop()

    def answers(self):
        if not self.process.is_running():
            raise Failure(f"the PBX ended at once, see {self.process.log_path}")
        with Wire("0.0.0.0" if self.host else "127.0.0.1", (self.address, self.port)) as wire:
            reply = wire.ask(register(wire, "nobody", self.domain), 0.3)
        return reply is not None
