/* SPDX-License-Identifier: Apache-2.0 */
/* SIP over TCP: accepts, reads, cuts into messages, writes, closes. Whoever
 * reads slowly, writes slowly or says nothing is closed in time; nothing that
 * a stranger does holds more than its share of table and memory. Each message
 * that is sent is written once, whole or never, and in order.
 *
 * A connection is named by its flow's number. The parent opens those to peers: what is
 * sent to a flow without a number goes over the one that we have to there, or waits for it. */
#ifndef TRANSPORT_TCP_H
#define TRANSPORT_TCP_H

#include "base/now.h"
#include "event/counters.h"
#include "os/loop.h"
#include "transport/tcp_table.h"

struct tcp_listener {
	int fd; /* non-blocking, borrowed; -1 where the row is no stream's socket */
	uint8_t side;
	uint8_t transport;                /* enum transport_kind */
	const struct ws_origins *origins; /* borrowed; of WS and WSS */
	struct addr local;
	const struct addr_net *balancers; /* borrowed */
	uint8_t balancer_count;
};

struct tcp_ports {
	void *context;
	/* Who that flow is now; *ret_is_blocked: shall not stand. */
	enum tcp_standing (*standing)(void *context, const struct flow *flow, bool *ret_is_blocked);
	/* One message, or what came in the place of one. May be changed; may send. */
	void (*message)(void *context, const struct flow *flow, char *bytes, size_t len);
	/* It became no WebSocket, or broke its rules; it is answered and will be closed. */
	void (*declined)(void *context, const struct flow *flow, enum ws_answer why);
	/* The connection is gone, or one that was asked for will not be. Until then things were
	 * sent by it; a peer that shut its end is sent what follows by another. */
	void (*closed)(void *context, const struct flow *flow, uint64_t until_us);
	/* Ask for a connection to flow->remote from flow->listener; tcp_connected answers. */
	enum err (*connect)(void *context, const struct flow *flow);
	/* TLS was refused, and why. */
	void (*refused)(void *context, const struct flow *flow, enum tls_refusal why);
	struct counters *counters;
};

struct tcp;

/* Where it hears, and who wakes it; borrowed. */
struct tcp_place {
	struct loop *loop;
	struct tls *tls; /* NULL: no listener speaks it */
	const struct tcp_listener *listeners;
	size_t listener_count;
};

/* Begins to listen at once. ERR_NO_MEMORY, ERR_LIMIT, ERR_IO. */
enum err tcp_new(struct tcp_table *table, const struct tcp_ports *ports,
                 const struct tcp_place *place, struct tcp **ret) MUST_USE;
void tcp_free(struct tcp **t); /* closes all; tells nobody */

/* Whole or not at all; what cannot be sent is counted (send_failures), and who takes
 * nothing is closed. */
void tcp_send(struct tcp *t, const struct flow *to, struct view bytes, struct now now);
/* The peer that showed by TLS who it is, on that connection; empty: nobody did. Lives until
 * the next call. */
const char *tcp_peer_label(const struct tcp *t, const struct flow *flow);
/* Certificates and policies are others now: who does not fit any more is closed, with his
 * reason. */
void tcp_reconsider(struct tcp *t, struct now now);
/* What came of ports.connect: a descriptor that is connecting, ours from now on; -1: none. */
void tcp_connected(struct tcp *t, const struct flow *to, int fd, struct now now);

/* End of a turn: standings of those to whom something was said, and the closing of what ended. */
void tcp_settle(struct tcp *t, struct now now);
/* Timers; now and then, whose source was blocked. */
void tcp_advance(struct tcp *t, struct now now);
uint64_t tcp_wait_us(const struct tcp *t, struct now now);

#endif
