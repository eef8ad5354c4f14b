/* SPDX-License-Identifier: Apache-2.0 */
/* A leg's connection: link.c has it made, or waits for it, and ends it; link_carry.c cuts what
 * comes and hands it to the other leg; link_tls.c is TLS.
 *
 * A row of PORT_STREAM has a socket that is bound and does not listen: who connects to it is
 * refused by the kernel as if nothing were there. Signal has it listen as soon as a call has it,
 * for an end may connect before media was told; from the order on who waits there is taken, until
 * the one connection is there, at most LINK_CONNECT_US. From another host than the call's end
 * nobody is taken. A connection that we make is asked for, and comes as a descriptor. */
#ifndef MEDIA_LINK_PRIV_H
#define MEDIA_LINK_PRIV_H

#include "media/relay_priv.h"
#include "rtp/mrcp.h"

enum {
	LINK_CONNECT_US = 10 * SECOND_US,
	LINK_MESSAGE_US = 30 * SECOND_US, /* from a message's first byte to its last */
	LINK_BUFFER = MAX_MRCP_MESSAGE,
	LINK_READS = 16,    /* at once, then others have their turn */
	LINK_STRANGERS = 64 /* refused on one port, then it listens no more */
};

enum link_state {
	LINK_IDLE,
	LINK_LISTENING,
	LINK_ASKED,      /* for a connection */
	LINK_CONNECTING, /* it is under way */
	LINK_SHAKING,    /* TLS */
	LINK_UP,
	LINK_ENDED, /* until another order */
};

struct ssl_st;

struct relay_link {
	struct relay_stream *stream; /* NULL: the row is idle */
	struct order_connect wanted; /* kind 0: not known yet */
	struct ssl_st *tls;          /* NULL: none */
	char *in, *out;              /* LINK_BUFFER bytes each */
	size_t in_len, out_len;
	uint64_t since_us;     /* of the state */
	uint64_t partial_us;   /* a message's first byte came; 0: there is none */
	uint32_t row;          /* of the table */
	uint32_t interest;     /* of epoll, in fd */
	int listener, fd;      /* -1: none */
	struct mrcp_talk talk; /* of the asking end, on both */
	uint8_t state;         /* enum link_state */
	uint8_t leg, strangers;
	bool is_stuck; /* a message waits for room at the other end */
};

/* What epoll says of a link's sockets. */
enum { RELAY_LINK_BIT = 63 };
static inline uint64_t relay_link_event_of(uint32_t row, bool is_listener)
{
	return UINT64_C(1) << RELAY_LINK_BIT | (uint64_t)row << 1 | is_listener;
}
static inline bool relay_is_link_event(uint64_t event) { return event >> RELAY_LINK_BIT != 0; }

/* ---- link.c ---- */

/* One link for each row of PORT_STREAM. ERR_NO_MEMORY. */
enum err media_link_new(struct media_relay *r) MUST_USE;
void media_link_free(struct media_relay *r);
void media_link_open(struct relay_link *l, struct relay_stream *s, uint8_t leg);
/* Ends its connection and stops listening. */
void media_link_close(struct media_relay *r, struct relay_link *l);
enum err media_link_order(struct media_relay *r, struct relay_link *l,
                          const struct order_connect *o, uint64_t now_us) MUST_USE;
void media_link_event(struct media_relay *r, uint64_t event, uint32_t what, uint64_t now_us);
void media_link_tick(struct media_relay *r, uint64_t now_us);
/* It is over until another order; a channel's other connection with it. */
void media_link_end(struct media_relay *r, struct relay_link *l, enum counter why);
/* The stream is barred now, or is no longer. */
void media_link_bar(struct media_relay *r, struct relay_stream *s, uint64_t now_us);
/* Which events count now. */
void media_link_watch(struct media_relay *r, struct relay_link *l);
/* It is up, and what it carries must wait (struct order). */
static inline bool media_link_is_barred(const struct relay_link *l)
{
	return l->state == LINK_UP && l->stream->flow.is_barred;
}
/* The link of the stream's other leg; NULL: it has none. */
struct relay_link *media_link_other(const struct media_relay *r, const struct relay_link *l);

/* ---- link_carry.c ---- */

/* A packet for that end. What finds no connection or no room is dropped and counted. */
void media_link_send(struct media_relay *r, struct relay_link *l, struct view packet);
/* Takes what has come, and hands on what is whole. */
void media_link_pump(struct media_relay *r, struct relay_link *l, uint64_t now_us);
/* Sends what waits. */
void media_link_flush(struct media_relay *r, struct relay_link *l);

/* ---- link_tls.c ---- */

void media_link_tls_free(struct media_relay *r);
/* ERR_UNSUPPORTED: media has no certificate; ERR_NO_MEMORY. */
enum err media_link_tls_begin(struct media_relay *r, struct relay_link *l) MUST_USE;
/* ERR_AGAIN; ERR_DENIED: TLS failed, or the certificate is another than the order's. */
enum err media_link_tls_shake(struct relay_link *l) MUST_USE;
/* As socket_read and socket_write. */
enum err media_link_tls_read(struct relay_link *l, char *ret, size_t size,
                             size_t *ret_len) MUST_USE;
enum err media_link_tls_write(struct relay_link *l, struct view bytes, size_t *ret_len) MUST_USE;
void media_link_tls_end(struct relay_link *l);

#endif
