/* SPDX-License-Identifier: Apache-2.0 */
/* The option table of `web { ... }`. */
#include "web/options.h"

static const struct conf_option options[] = {
	{ "socket", CONF_PATH, CONF_AT(struct web_options, socket), .min = 1, .max = 107,
	  .fallback = "/run/ringfence/api.sock", .help = "Unix socket of the API" },
	{ "administrators", CONF_TEXT, CONF_AT(struct web_options, administrators), .min = 1,
	  .max = 32, .help = "group whose members may change everything, as root may" },
	{ "operators", CONF_TEXT, CONF_AT(struct web_options, operators), .min = 1, .max = 32,
	  .help = "group whose members may read, and add and remove blocks" },
	{ "readers", CONF_TEXT, CONF_AT(struct web_options, readers), .min = 1, .max = 32,
	  .help = "group whose members may read" },
};

const struct conf_block web_block = {
	.word = "web",
	.help = "the API that the command line and others use, and who may",
	CONF_ROWS(struct web_options, options),
};
