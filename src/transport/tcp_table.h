/* SPDX-License-Identifier: Apache-2.0 */
/* The bounded table of connections: who may have how many, and how long each
 * may be silent, slow or unread. Pure: addresses and the time go in, and it says
 * which connection has to end and why; sockets are tcp.c's. */
#ifndef TRANSPORT_TCP_TABLE_H
#define TRANSPORT_TCP_TABLE_H

#include "base/map.h"
#include "base/wheel.h"
#include "event/flow.h"
#include "transport/held.h"
#include "transport/options.h"
#include "transport/stream.h"
#include "transport/tcp_share.h"
#include "transport/tls.h"
#include "transport/ws.h"

enum tcp_standing {
	TCP_STRANGER,
	TCP_KNOWN,   /* a registration or a call of it lives */
	TCP_PEER,    /* a configured peer, shown by TLS where that is spoken: no cap of a source */
	TCP_PROXIED, /* to admit alone: a stranger, from whom a balancer has yet to say */
};

/* Why a connection ends. */
enum tcp_end {
	TCP_END_NONE,
#define TCP_END(name, counter) TCP_END_##name,
#include "transport/tcp_end.def"
#undef TCP_END
	TCP_END_COUNT
};

struct tcp_source;
struct tcp_table;
struct loop_watch;

struct tcp_connection {
	struct flow flow;
	struct map_node by_number;
	struct list order;   /* strangers: the one that has been one for longest comes first */
	struct list ours;    /* that we opened */
	struct list doomed;  /* to be closed at the end of the turn */
	struct list touched; /* something was said to it: it may stand otherwise now */
	struct timer timer;
	struct tcp_table *table;
	struct tcp_source *source; /* NULL: of a peer, or not known yet */
	struct stream stream;      /* of a WebSocket that is none yet: `seen` alone */
	struct ws *ws;             /* NULL: no WebSocket, or not upgraded yet */
	struct held_in in;         /* of a WebSocket: the message in hand, unmasked */
	struct held_out out;
	uint64_t since_us;              /* accepted, or a stranger since */
	uint64_t heard_us;              /* anything */
	uint64_t begun_us, progress_us; /* a message that is not whole; what waits to be taken */
	uint64_t shut_us;               /* the other end says no more */
	struct loop_watch *watch;
	struct tls_session *tls; /* NULL: none, or not begun */
	int fd;
	uint8_t standing; /* enum tcp_standing */
	uint8_t end;      /* enum tcp_end; NONE: it lives */
	uint8_t why;      /* enum tls_refusal of TCP_END_TLS; none: its time was over */
	bool is_ours, is_connecting, is_proxied, is_shaking, has_spoken, has_message, is_shut;
	bool is_expected; /* a peer may be there: TLS has yet to show it */
};

struct tcp_table {
	struct tcp_limits limits;
	struct pool *connections, *sources;
	struct map by_number, by_source;
	struct wheel wheel;
	struct list strangers, ours, doomed, touched;
	struct held_memory memory;
	uint32_t stranger_count;
	uint32_t next_number, holder; /* see flow_holder */
	struct tcp_share share;
	struct hash_key share_key;
};

/* `first` is drawn at random, so that a number of an earlier process names nothing here.
 * ERR_NO_MEMORY, ERR_LIMIT. */
enum err tcp_table_new(const struct tcp_limits *limits, const struct hash_key *key, uint32_t first,
                       uint64_t now_us, struct tcp_table **ret) MUST_USE;
/* Caps are those of all workers from now on; before anything is admitted. `key` is the same for
 * all of them. */
void tcp_table_share(struct tcp_table *t, const struct tcp_share *share,
                     const struct hash_key *key);
void tcp_table_free(struct tcp_table **t); /* descriptors and watches are the owner's */

/* Whom to close first where a stranger wants in and there is no room; NULL: there is room, or
 * nobody who may be closed for it. */
struct tcp_connection *tcp_table_victim(const struct tcp_table *t);
/* Takes a connection in; its flow gets a number. A proxied one is counted under its
 * source later. ERR_LIMIT: too many strangers of that source; ERR_FULL. */
enum err tcp_table_admit(struct tcp_table *t, const struct flow *flow, enum tcp_standing standing,
                         uint64_t now_us, struct tcp_connection **ret) MUST_USE;
/* The balancer said from whom it comes (c->flow.remote), and how that one stands. ERR_LIMIT,
 * ERR_FULL as above. */
enum err tcp_table_unproxy(struct tcp_table *t, struct tcp_connection *c,
                           enum tcp_standing standing) MUST_USE;
/* Takes it out and gives all its memory back. */
void tcp_table_remove(struct tcp_table *t, struct tcp_connection **c);

struct tcp_connection *tcp_table_find(const struct tcp_table *t, uint32_t number);
/* The one that we opened to there from that listener, or NULL. */
struct tcp_connection *tcp_table_ours(const struct tcp_table *t, const struct flow *to);

void tcp_table_stand(struct tcp_table *t, struct tcp_connection *c, enum tcp_standing standing,
                     uint64_t now_us);
/* A peer has shown who it is: it counts under no source any more. */
void tcp_table_prove(struct tcp_table *t, struct tcp_connection *c);
/* Sets the timer anew from what is noted in the connection: after each event. */
void tcp_table_time(struct tcp_table *t, struct tcp_connection *c);
/* To be closed at the end of the turn; the first reason stays. */
void tcp_table_doom(struct tcp_table *t, struct tcp_connection *c, enum tcp_end why);
/* Dooms those whose time is over. */
void tcp_table_advance(struct tcp_table *t, uint64_t now_us);
uint64_t tcp_table_wait_us(const struct tcp_table *t, uint64_t now_us);

#endif
