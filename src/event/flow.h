/* SPDX-License-Identifier: Apache-2.0 */
/* A flow: the way by which bytes came and by which an answer goes back. Local
 * socket, remote address and port, transport; a connection number where the
 * transport has connections. A plain value: may be copied, kept and sent. */
#ifndef EVENT_FLOW_H
#define EVENT_FLOW_H

#include "base/addr.h"

enum transport_kind {
	TRANSPORT_UDP,
	TRANSPORT_TCP,
	TRANSPORT_TLS,
	TRANSPORT_WS,
	TRANSPORT_WSS,
	TRANSPORT_SCTP, /* seen in captures; we speak none */
	TRANSPORT_COUNT
};

/* What a peer's signalling must be. */
enum signalling {
	SIGNALLING_CLEAR,  /* whatever it comes by: known by its address */
	SIGNALLING_TLS,    /* TLS alone; who is connected to shows who it is */
	SIGNALLING_MUTUAL, /* both ends show who they are */
};

enum { MAX_SIDES = 8, MAX_LISTENERS = 32 };

struct flow {
	struct addr local; /* where it was received: never a wildcard */
	struct addr remote;
	uint32_t connection; /* 0 on UDP */
	uint16_t listener;   /* row in the configuration's list of listening sockets */
	uint8_t transport;   /* enum transport_kind */
	uint8_t side;        /* index of the `listen` block; 0 is the first that is written */
};

/* "UDP", "TCP" ... as a Via writes it; static storage. */
const char *flow_transport_name(enum transport_kind t);
/* "udp", "tcp" ... as the configuration writes it; static storage. */
const char *flow_transport_word(enum transport_kind t);
/* Whether it is one of the transports that have connections of ours. */
static inline bool flow_is_connected(const struct flow *f)
{
	return f->transport > TRANSPORT_UDP && f->transport < TRANSPORT_SCTP;
}
/* Whether TLS carries it. */
static inline bool flow_is_secure(const struct flow *f)
{
	return f->transport == TRANSPORT_TLS || f->transport == TRANSPORT_WSS;
}
/* The worker of signal that has the connection: its number's first bits. */
enum { FLOW_HOLDER_SHIFT = 29 };
static inline unsigned flow_holder(const struct flow *f)
{
	return f->connection >> FLOW_HOLDER_SHIFT;
}
/* Same local and remote address, port, transport and connection. */
bool flow_equal(const struct flow *a, const struct flow *b);

#endif
