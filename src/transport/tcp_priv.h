/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of TCP share: tcp.c accepts and closes, tcp_way.c reads and writes,
 * ws_way.c does so for WebSocket. */
#ifndef TRANSPORT_TCP_PRIV_H
#define TRANSPORT_TCP_PRIV_H

#include "transport/tcp.h"

enum { MAX_TCP_LISTENERS = MAX_LISTENERS };

struct tcp_door {
	struct tcp *tcp;
	struct loop_watch *watch;
};

/* Peers that could not be reached: they are not tried again for a moment. */
enum { MAX_TCP_AWAY = 16 };
struct tcp_away {
	struct addr remote;
	uint64_t until_us;
};

/* Messages of one turn to one connection, which leave together: a peer's calls share it. */
enum { TCP_PARCELS = 4, TCP_PARCEL_SIZE = 65536 };
struct tcp_parcel {
	struct tcp_connection *to; /* NULL: free */
	size_t len;
	char bytes[TCP_PARCEL_SIZE];
};

struct tcp {
	struct tcp_table *table;
	struct tcp_ports ports;
	struct loop *loop;
	struct tls *tls;
	struct tls_budget handshakes;
	const struct tcp_listener *listeners;
	size_t listener_count;
	struct tcp_door doors[MAX_TCP_LISTENERS];
	uint64_t paused_us; /* until then nobody is accepted; 0: open */
	uint64_t sweep_us;  /* when standings are looked at next */
	struct tcp_away away[MAX_TCP_AWAY];
	uint32_t next_away;
	char scratch[HELD_LARGE];
	char framed[HELD_LARGE + WS_HEAD_MAX]; /* a message of ours on its way out */
	struct tcp_parcel parcels[TCP_PARCELS];
	uint32_t next_parcel; /* that makes room for another connection's */
};

/* ---- tcp_way.c ---- */

void tcp_way_ready(struct tcp *t, struct tcp_connection *c, int what, struct now now);
/* What the loop shall tell of it. */
void tcp_way_watch(struct tcp_connection *c);
/* As tcp_send, bytes as they are: they leave with all others of this turn, in order. */
void tcp_way_write(struct tcp *t, struct tcp_connection *c, struct view bytes, uint64_t now_us);
/* What is there leaves: all of it, or that of a connection which is about to be closed. */
void tcp_way_leave(struct tcp *t, uint64_t now_us);
void tcp_way_leave_one(struct tcp *t, const struct tcp_connection *c);

/* ---- ws_way.c: where the flow's transport is WS or WSS ---- */

/* What came; how much of it was used. All is, once it is a WebSocket. */
size_t ws_way_take(struct tcp *t, struct tcp_connection *c, struct view bytes, struct now now);
/* Says that it ends, before it is closed. */
void ws_way_end(struct tcp *t, struct tcp_connection *c);
/* One message, in a frame. */
void ws_way_send(struct tcp *t, struct tcp_connection *c, struct view bytes, uint64_t now_us);

/* ---- tcp_tls.c ---- */

/* The connection stands and TLS begins on it; doomed where that cannot be. */
void tcp_tls_begin(struct tcp *t, struct tcp_connection *c);
void tcp_tls_shake(struct tcp *t, struct tcp_connection *c, struct now now);
/* Its handshake can go on. */
void tcp_woken(struct tcp_connection *c);
/* As socket_read and socket_write, through TLS where it is. */
enum err tcp_tls_read(struct tcp_connection *c, char *ret, size_t size, size_t *ret_len) MUST_USE;
enum err tcp_tls_write(struct tcp_connection *c, struct view bytes, size_t *ret_len) MUST_USE;
/* Bytes wait that the socket will not tell of. */
bool tcp_tls_has_more(const struct tcp_connection *c);

#endif
