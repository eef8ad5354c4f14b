/* SPDX-License-Identifier: Apache-2.0 */
/* The option tables of `listen SIDE` and `connections`. */
#include "transport/options.h"

#include "conf/tree.h"

/* In the order of enum tls_version. */
static const char *const versions[] = { "1.2", "1.3", "1.1", "1.0", NULL };

static const struct conf_option side_options[] = {
	{ "interface", CONF_TEXT, CONF_AT(struct transport_side, interface), .min = 1,
	  .help = "interface whose address is taken where udp names a port alone" },
	{ "udp", CONF_ENDPOINTS, CONF_LIST(struct transport_side, udp, udp_count), .port = 5060,
	  .flags = CONF_SHARES | CONF_PORT_ALONE,
	  .help = "address and port where SIP over UDP is heard" },
	{ "tcp", CONF_ENDPOINTS, CONF_LIST(struct transport_side, tcp, tcp_count), .port = 5060,
	  .flags = CONF_SHARES | CONF_PORT_ALONE,
	  .help = "address and port where SIP over TCP is heard" },
	{ "tls", CONF_ENDPOINTS, CONF_LIST(struct transport_side, tls, tls_count), .port = 5061,
	  .flags = CONF_PORT_ALONE, .help = "address and port where SIP over TLS is heard" },
	{ "certificate", CONF_TEXTS,
	  CONF_LIST(struct transport_side, certificates, certificate_count), .min = 1,
	  .help = "certificates that TLS shows there: one for each name and kind of key, RSA and "
	          "ECDSA" },
	{ "oldest", CONF_CHOICE, CONF_AT(struct transport_side, oldest), .choices = versions,
	  .fallback = "1.2",
	  .help = "oldest version of TLS that is spoken; 1.1 and 1.0 protect little" },
	{ "ws", CONF_ENDPOINTS, CONF_LIST(struct transport_side, ws, ws_count), .port = 80,
	  .flags = CONF_PORT_ALONE,
	  .help = "address and port where SIP over WebSocket is heard in clear" },
	{ "wss", CONF_ENDPOINTS, CONF_LIST(struct transport_side, wss, wss_count), .port = 443,
	  .flags = CONF_PORT_ALONE,
	  .help = "address and port where SIP over WebSocket is heard within TLS" },
	{ "origins", CONF_TEXTS, CONF_LIST(struct transport_side, origins.names, origins.count),
	  .min = 1,
	  .help = "pages whose scripts may connect by WebSocket, as https://phone.example.com; "
	          "none: programs that are no browser; any: all" },
	{ "advertise", CONF_ADDRESS, CONF_AT(struct transport_side, advertise),
	  .help = "address by which this side reaches us, where a router translates ours" },
	{ "lan", CONF_NETWORKS, CONF_LIST(struct transport_side, lan, lan_count),
	  .help = "networks that reach us without that router" },
	{ "balancers", CONF_NETWORKS, CONF_LIST(struct transport_side, balancers, balancer_count),
	  .help = "networks whose connections begin with a PROXY header (version 2)" },
};

struct transport_ends transport_side_ends(const struct transport_side *side,
                                          enum transport_kind transport)
{
	switch (transport) {
	case TRANSPORT_UDP:
		return (struct transport_ends){ side->udp, side->udp_count };
	case TRANSPORT_TCP:
		return (struct transport_ends){ side->tcp, side->tcp_count };
	case TRANSPORT_TLS:
		return (struct transport_ends){ side->tls, side->tls_count };
	case TRANSPORT_WS:
		return (struct transport_ends){ side->ws, side->ws_count };
	case TRANSPORT_WSS:
		return (struct transport_ends){ side->wss, side->wss_count };
	default:
		return (struct transport_ends){ NULL, 0 };
	}
}

static void check_addresses(struct conf_check *c, const struct transport_side *side,
                            const char *word, const struct addr *at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (at[i].family == 0 && side->interface[0] == '\0')
			conf_object(c, word, NULL, "a port stands without an address",
			            "write the address, or interface NAME beside it");
	for (size_t i = 0; i < count; i++)
		if (at[i].family != 0 && addr_kind(&at[i]) == ADDR_UNSPECIFIED)
			conf_object(c, word, NULL, "it listens on no particular address",
			            "write an address of this machine, messages have to name it");
}

static void check_origins(struct conf_check *c, const struct transport_side *side)
{
	size_t count = (size_t)side->ws_count + side->wss_count;

	if (count > 0 && side->origins.count == 0)
		conf_object(c, side->ws_count ? "ws" : "wss", NULL,
		            "any page in a browser could use it",
		            "write origins https://PAGE, or origins any");
	if (count == 0 && side->origins.count > 0)
		conf_object(c, "origins", NULL, "there is no WebSocket on this side",
		            "write wss ADDRESS:PORT, or leave origins out");
	for (unsigned i = 0; i < side->origins.count; i++)
		if (!ws_origin_is_sound(view_of(side->origins.names[i])))
			conf_object(c, "origins", NULL, "one is not as a browser writes it",
			            "write scheme and host in small letters, without a path or the "
			            "usual port: https://phone.example.com");
}

static void check_certificates(struct conf_check *c, const struct transport_side *side)
{
	size_t count = (size_t)side->tls_count + side->wss_count;

	if (count > 0 && side->certificate_count == 0)
		conf_object(c, side->tls_count ? "tls" : "wss", NULL,
		            "TLS has no certificate to show",
		            "write certificate NAME, and a certificate block of that name");
	if (count == 0 && side->certificate_count > 0)
		conf_object(c, "certificate", NULL,
		            "a certificate is shown by TLS, which is not heard",
		            "write tls ADDRESS:PORT, or leave certificate out");
}

static size_t ends_of(const struct transport_side *side)
{
	size_t count = 0;

	for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
		count += transport_side_ends(side, t).count;
	return count;
}

static void side_check(struct conf_check *c, const void *row)
{
	const struct transport_side *side = row;

	if (ends_of(side) == 0)
		conf_object(c, NULL, NULL, "nothing is heard on this side",
		            "write udp ADDRESS:PORT, tcp ADDRESS:PORT, or both");
	check_certificates(c, side);
	for (unsigned t = 0; t < TRANSPORT_COUNT; t++) {
		struct transport_ends ends = transport_side_ends(side, t);

		check_addresses(c, side, flow_transport_word(t), ends.at, ends.count);
	}
	check_origins(c, side);
	if (side->balancer_count > 0 && ends_of(side) == side->udp_count)
		conf_object(c, "balancers", NULL,
		            "balancers forward connections, and none are heard",
		            "write tcp ADDRESS:PORT, or leave balancers out");
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

static const struct conf_option connection_options[] = {
	{ "at-most", CONF_COUNT, CONF_AT(struct tcp_limits, at_most), .min = 16, .max = 16384,
	  .fallback = "2048",
	  .help = "TCP connections at once; strangers never have the last quarter" },
	{ "per-source", CONF_COUNT, CONF_AT(struct tcp_limits, per_source), .min = 1, .max = 50000,
	  .fallback = "32", .help = "those of one address (IPv6: /64) that have not registered" },
	{ "known-per-source", CONF_COUNT, CONF_AT(struct tcp_limits, known_per_source), .min = 1,
	  .max = 50000, .fallback = "256", .help = "those of one address that have" },
	{ "handshake", CONF_SECONDS, CONF_AT(struct tcp_limits, handshake_s), .min = 1, .max = 60,
	  .fallback = "5s", .help = "time in which TLS has to be agreed on" },
	{ "handshakes", CONF_RATE, CONF_AT(struct tcp_limits, handshakes), .min = 1, .max = 100000,
	  .fallback = "100 in 10s",
	  .help = "TLS handshakes that one address (IPv6: /64), no peer's, may begin in a time" },
	{ "handshakes-together", CONF_RATE, CONF_AT(struct tcp_limits, handshakes_together),
	  .min = 1, .max = 100000, .fallback = "300 in 1s",
	  .help = "those of all addresses together that are no peer's" },
	{ "first-byte", CONF_SECONDS, CONF_AT(struct tcp_limits, first_byte_s), .min = 1,
	  .max = 3600, .fallback = "5s", .help = "time in which a stranger says anything" },
	{ "message", CONF_SECONDS, CONF_AT(struct tcp_limits, message_s), .min = 1, .max = 3600,
	  .fallback = "10s",
	  .help = "time until a message is whole, and until a stranger's first is there" },
	{ "register", CONF_SECONDS, CONF_AT(struct tcp_limits, stranger_s), .min = 5, .max = 3600,
	  .fallback = "60s", .help = "time after which who has not registered is closed" },
	{ "idle", CONF_SECONDS, CONF_AT(struct tcp_limits, idle_s), .min = 30, .max = 604800,
	  .fallback = "2h", .help = "time after which a silent phone's or peer's is closed" },
	{ "unread", CONF_SECONDS, CONF_AT(struct tcp_limits, unread_s), .min = 1, .max = 3600,
	  .fallback = "10s", .help = "time after which who takes nothing of what waits is closed" },
};

const struct conf_block transport_connections_block = {
	.word = "connections",
	CONF_ROWS(struct tcp_limits, connection_options),
	.help = "how many connections there may be, and how long each may take",
};
