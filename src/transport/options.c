/* SPDX-License-Identifier: Apache-2.0 */
/* The option table of `listen SIDE`. */
#include "transport/options.h"

#include "conf/tree.h"

static const struct conf_option side_options[] = {
	{ "interface", CONF_TEXT, CONF_AT(struct transport_side, interface), .min = 1,
	  .help = "interface whose address is taken where udp names a port alone" },
	{ "udp", CONF_ENDPOINTS, CONF_LIST(struct transport_side, udp, udp_count), .port = 5060,
	  .flags = CONF_REQUIRED | CONF_PORT_ALONE,
	  .help = "address and port where SIP over UDP is heard" },
	{ "advertise", CONF_ADDRESS, CONF_AT(struct transport_side, advertise),
	  .help = "address by which this side reaches us, where a router translates ours" },
	{ "lan", CONF_NETWORKS, CONF_LIST(struct transport_side, lan, lan_count),
	  .help = "networks that reach us without that router" },
};

static void side_check(struct conf_check *c, const void *row)
{
	const struct transport_side *side = row;

	for (size_t i = 0; i < side->udp_count; i++)
		if (side->udp[i].family == 0 && side->interface[0] == '\0')
			conf_object(c, "udp", NULL, "udp names a port without an address",
			            "write the address, or interface NAME beside it");
	for (size_t i = 0; i < side->udp_count; i++)
		if (side->udp[i].family != 0 && addr_kind(&side->udp[i]) == ADDR_UNSPECIFIED)
			conf_object(c, "udp", NULL, "udp listens on no particular address",
			            "write an address of this machine, messages have to name it");
	if (side->lan_count > 0 && side->advertise.family == 0)
		conf_object(c, "lan", NULL, "lan excepts networks from advertise, which is missing",
		            "write advertise ADDRESS, or leave lan out");
}

const struct conf_block transport_side_block = {
	.word = "listen",
	CONF_LABEL("name of the side", struct transport_side, name),
	CONF_ROWS(struct transport_side, side_options),
	.max_rows = MAX_SIDES,
	.check = side_check,
	.help = "a side: where SIP is heard, and how that side sees us",
};
