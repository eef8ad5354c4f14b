# SPDX-License-Identifier: Apache-2.0
"""Kamailio as the PBX that is a proxy: it holds no call, and audio never comes to it. Where its
presence modules are there, it tells of calls (event dialog), which it publishes itself."""

import os
import shutil

import pbx
from pbx import MODULE_FOLDERS, Pbx

TABLES = "/usr/share/kamailio/dbtext/kamailio"
MODULES = """\
loadmodule "xlog.so"
loadmodule "db_text.so"
loadmodule "dialog.so"
loadmodule "presence.so"
loadmodule "presence_dialoginfo.so"
loadmodule "pua.so"
loadmodule "pua_dialoginfo.so"
modparam("presence|pua", "db_url", "text://{folder}/tables")
modparam("presence", "server_address", "sip:{address}:5060")
modparam("presence", "subs_db_mode", 0)
modparam("presence", "send_fast_notify", 1)
modparam("presence_dialoginfo", "force_dummy_dialog", 1)
modparam("presence_dialoginfo", "force_single_dialog", 1)
modparam("pua", "outbound_proxy", "sip:{address}:5060")
modparam("pua_dialoginfo", "include_callid", 1)
"""
PUBLISHED = """\
	t_check_trans();
	if (is_method("PUBLISH") && $si == "{address}") {{
		handle_publish();
		exit;
	}}
"""
AUTHORIZED = """\
		consume_credentials();
	}}
	if (is_method("SUBSCRIBE")) {{
		handle_subscribe();
		exit;
	}}
	if (is_method("INVITE")) dlg_manage();
"""
WITHIN = """\
	if (has_totag()) {{
		if (is_method("SUBSCRIBE")) {{
			handle_subscribe();
			exit;
		}}
"""


class Kamailio(Pbx):
    challenge = "407"
    has_park = has_presence = False
    is_proxy = True

    def start(self):
        folder = next((path for path in MODULE_FOLDERS if os.path.exists(os.path.join(path, "presence_dialoginfo.so"))), None)
        self.has_lamps = bool(folder) and os.path.isdir(TABLES)
        if self.has_lamps:
            shutil.copytree(TABLES, os.path.join(self.folder, "tables"), dirs_exist_ok=True)
            words = {"folder": self.folder, "address": self.address}
            text = pbx.CONFIG
            for old, new in (('loadmodule "xlog.so"\n', MODULES), ("\tt_check_trans();\n\tif (is_method(\"REG", PUBLISHED + "\tif (is_method(\"REG"),
                             ("\t\tconsume_credentials();\n\t}}\n", AUTHORIZED), ("\tif (has_totag()) {{\n", WITHIN)):
                for name, word in words.items():
                    new = new.replace("{" + name + "}", word)
                text = text.replace(old, new, 1)
            self.configuration = text
        super().start()

    def trace(self):
        pass

    def channels(self):
        return 0
