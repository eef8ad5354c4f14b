/* SPDX-License-Identifier: Apache-2.0 */
/* The block `names`. */
#include "dns/options.h"

enum { DAY_S = 86400, DNS_PORT = 53 };

static const struct conf_option options[] = {
	{ "server", CONF_ENDPOINTS, CONF_LIST(struct dns_options, servers, server_count),
	  .port = DNS_PORT,
	  .help = "name servers that are asked; without this those of /etc/resolv.conf" },
	{ "at-least", CONF_SECONDS, CONF_AT(struct dns_options, least_s), .min = 1, .max = DAY_S,
	  .fallback = "30s", .help = "an answer counts so long, however short it says" },
	{ "at-most", CONF_SECONDS, CONF_AT(struct dns_options, most_s), .min = 1, .max = 7 * DAY_S,
	  .fallback = "1h", .help = "an answer counts no longer, however long it says" },
};

static void check(struct conf_check *c, const void *row)
{
	const struct dns_options *o = row;

	if (o->least_s > o->most_s)
		conf_object(c, "at-least", "at-most", "the least is more than the most",
		            "write a shorter at-least, or a longer at-most");
}

const struct conf_block dns_names_block = {
	.word = "names",
	.check = check,
	.help = "how names of peers are turned into addresses",
	CONF_ROWS(struct dns_options, options),
};
