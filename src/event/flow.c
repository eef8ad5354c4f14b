/* SPDX-License-Identifier: Apache-2.0 */
/* Flows compared and named. */
#include "event/flow.h"

const char *flow_transport_name(enum transport_kind t)
{
	static const char *const names[] = {
		[TRANSPORT_UDP] = "UDP", [TRANSPORT_TCP] = "TCP", [TRANSPORT_TLS] = "TLS",
		[TRANSPORT_WS] = "WS",   [TRANSPORT_WSS] = "WSS", [TRANSPORT_SCTP] = "SCTP",
	};

	return (size_t)t < sizeof(names) / sizeof(names[0]) ? names[t] : "?";
}

const char *flow_transport_word(enum transport_kind t)
{
	static const char *const words[] = {
		[TRANSPORT_UDP] = "udp", [TRANSPORT_TCP] = "tcp", [TRANSPORT_TLS] = "tls",
		[TRANSPORT_WS] = "ws",   [TRANSPORT_WSS] = "wss", [TRANSPORT_SCTP] = "sctp",
	};

	return (size_t)t < sizeof(words) / sizeof(words[0]) ? words[t] : "?";
}

bool flow_equal(const struct flow *a, const struct flow *b)
{
	return a->transport == b->transport && a->connection == b->connection &&
	       addr_equal(&a->remote, &b->remote) && addr_equal(&a->local, &b->local);
}
