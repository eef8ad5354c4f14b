# SPDX-License-Identifier: Apache-2.0
"""Debian's Kamailio as a proxy between phones and us, which is reached by its Path alone (RFC 3327)."""

from pbx import Pbx

CONFIG = """\
debug=1
log_stderror=yes
fork=yes
children=2
{tcp}
auto_aliases=no
listen=udp:{address}:{port}
mpath="{modules}"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "path.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
modparam("path", "use_received", 1)

request_route {{
	if (is_method("CANCEL")) {{
		if (t_check_trans()) t_relay();
		exit;
	}}
	t_check_trans();
	force_rport();
	if (is_method("REGISTER")) {{
		PATH
		$du = "sip:NEXT:5060";
		t_relay();
		exit;
	}}
	if (loose_route()) {{
		if (!has_totag()) record_route();
		t_relay();
		exit;
	}}
	if (is_method("ACK")) {{
		if (t_check_trans()) t_relay();
		exit;
	}}
	record_route();
	if ($si != "NEXT") $du = "sip:NEXT:5060";
	t_relay();
}}
"""


class Edge(Pbx):
    def __init__(self, cast, address, next_hop, has_path=True):
        super().__init__(cast, address)
        self.configuration = CONFIG.replace("NEXT", next_hop).replace("PATH", "add_path_received();" if has_path else "")
