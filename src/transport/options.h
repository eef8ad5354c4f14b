/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks `listen SIDE` and `connections` of the configuration: where SIP is
 * heard, how that side sees us, and what a connection may cost. Sides are numbered as
 * they are written. */
#ifndef TRANSPORT_OPTIONS_H
#define TRANSPORT_OPTIONS_H

#include "conf/schema.h"
#include "event/flow.h"
#include "transport/tls_budget.h"
#include "transport/tls_options.h"
#include "transport/ws_upgrade.h"

enum { MAX_SIDE_ENDPOINTS = 8, MAX_SIDE_LANS = 8, MAX_SIDE_BALANCERS = 8 };

struct transport_side {
	char name[32];
	char interface[16];                  /* empty: addresses are written */
	struct addr udp[MAX_SIDE_ENDPOINTS]; /* family 0: the interface's address */
	struct addr tcp[MAX_SIDE_ENDPOINTS]; /* likewise */
	struct addr tls[MAX_SIDE_ENDPOINTS];
	/* Labels of those that TLS shows there. */
	char certificates[MAX_SIDE_CERTIFICATES][TLS_LABEL_SIZE];
	struct addr ws[MAX_SIDE_ENDPOINTS], wss[MAX_SIDE_ENDPOINTS];
	struct ws_origins origins; /* of the pages that may connect there */
	struct addr advertise;     /* family 0: none */
	struct addr_net lan[MAX_SIDE_LANS];
	/* Whose TCP connections begin with a PROXY header. */
	struct addr_net balancers[MAX_SIDE_BALANCERS];
	uint8_t udp_count, tcp_count, tls_count, ws_count, wss_count, lan_count, balancer_count;
	uint8_t certificate_count;
	uint8_t oldest; /* enum tls_version */
};

/* Where a side listens over one transport. */
struct transport_ends {
	const struct addr *at; /* in the side */
	size_t count;
};

struct transport_ends transport_side_ends(const struct transport_side *side,
                                          enum transport_kind transport);

/* What one connection, one source and all of them may cost. */
struct tcp_limits {
	uint32_t at_most;                      /* connections at once */
	uint32_t per_source, known_per_source; /* of one address, IPv6 by /64 */
	uint32_t handshake_s;                  /* of TLS, whoever it is */
	/* Handshakes that a stranger's address may begin, and all strangers together. */
	struct tls_rate handshakes, handshakes_together;
	uint32_t first_byte_s; /* a stranger's, after the connection stands */
	uint32_t message_s;    /* until a message is whole, and a stranger's first one there */
	uint32_t stranger_s;   /* until it has registered */
	uint32_t idle_s;       /* of known flows and peers */
	uint32_t unread_s;     /* until something of what waits is taken */
};

extern const struct conf_block transport_side_block;
extern const struct conf_block transport_connections_block;

#endif
