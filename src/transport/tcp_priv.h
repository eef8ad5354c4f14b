/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of TCP share: tcp.c accepts and closes, tcp_way.c reads
 * and writes. */
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

struct tcp {
	struct tcp_table *table;
	struct tcp_ports ports;
	struct loop *loop;
	const struct tcp_listener *listeners;
	size_t listener_count;
	struct tcp_door doors[MAX_TCP_LISTENERS];
	uint64_t paused_us; /* until then nobody is accepted; 0: open */
	uint64_t sweep_us;  /* when standings are looked at next */
	struct tcp_away away[MAX_TCP_AWAY];
	uint32_t next_away;
	char scratch[HELD_LARGE];
};

/* ---- tcp_way.c ---- */

void tcp_way_ready(struct tcp *t, struct tcp_connection *c, int what, struct now now);
/* What the loop shall tell of it. */
void tcp_way_watch(struct tcp_connection *c);

#endif
