/* SPDX-License-Identifier: Apache-2.0 */
/* The option tables of `control` and `server`. */
#include "web/control_options.h"

#include "conf/tree.h"

static const struct conf_option control_options[] = {
	{ "listen", CONF_ENDPOINT, CONF_AT(struct web_control_options, listen),
	  .help = "address and port where servers command calls, by HTTPS and no other way" },
	{ "certificate", CONF_NAME, CONF_AT(struct web_control_options, certificate),
	  .refers_to = "certificate", .help = "the certificate that we show there" },
	{ "authority", CONF_PATH, CONF_AT(struct web_control_options, authority), .min = 1,
	  .max = 255, .help = "file with the certificates that may have signed a server's (PEM)" },
	{ "revoked", CONF_PATH, CONF_AT(struct web_control_options, revoked), .min = 1, .max = 255,
	  .help = "file with that authority's revoked certificates (PEM); with a list that is too "
	          "old nobody gets in" },
};

static void check_control(struct conf_check *c, const void *row)
{
	const struct web_control_options *o = row;

	if (o->listen.family == 0) {
		if (conf_block_is_written(c->tree, &web_control_block))
			conf_object(c, NULL, NULL, "nobody can reach it",
			            "write listen ADDRESS:PORT, or leave control out");
		return;
	}
	if (o->certificate == CONF_NO_ROW)
		conf_object(c, "listen", NULL, "TLS has no certificate to show",
		            "write certificate NAME, and a certificate block of that name");
	if (!o->authority[0])
		conf_object(c, "listen", "certificate",
		            "nobody says whose signature counts, so any certificate would do",
		            "write authority PATH, the file of who signs the servers'");
	if (addr_kind(&o->listen) == ADDR_UNSPECIFIED)
		conf_object(c, "listen", NULL, "it listens on no particular address",
		            "write the address of this machine that the servers reach");
}

const struct conf_block web_control_block = {
	.word = "control",
	.check = check_control,
	.help = "where servers command the calls of their peers: HTTPS by mutual TLS",
	CONF_ROWS(struct web_control_options, control_options),
};

/* In the order of enum command_verb. */
static const char *const verbs[] = { "end", "transfer", "hold", "dtmf", NULL };

static const struct conf_option server_options[] = {
	{ "name", CONF_TEXT, CONF_AT(struct web_control_server, name), .flags = CONF_REQUIRED,
	  .min = 1, .help = "name in its certificate (subjectAltName, DNS or URI), exactly" },
	{ "from", CONF_NETWORKS, CONF_LIST(struct web_control_server, from, from_count),
	  .flags = CONF_REQUIRED,
	  .help = "networks it comes from; others are closed before TLS, "
	          "and with `kernel on` hear nothing" },
	{ "peer", CONF_NAME, CONF_AT(struct web_control_server, peer), .refers_to = "peer",
	  .help = "the peer whose calls it sees and may command" },
	{ "may", CONF_FLAGS, CONF_AT(struct web_control_server, may), .choices = verbs,
	  .help = "what it may do with them; without this it only sees them" },
};

const struct conf_block web_server_block = {
	.word = "server",
	CONF_LABEL("name of the server", struct web_control_server, label),
	.within = "control",
	.parent_offset = offsetof(struct web_control_server, parent),
	.max_rows = WEB_MAX_SERVERS,
	.help = "a server that may command calls; who is not named here may nothing",
	CONF_ROWS(struct web_control_server, server_options),
};
