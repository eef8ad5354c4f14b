/* SPDX-License-Identifier: Apache-2.0 */
/* The relay's inside: relay.c keeps streams and answers orders, pair.c opens and
 * closes ports, turn.c carries datagrams.
 *
 * A pair that had a stream stays in the set, deaf, so that the next stream costs no system
 * call of its own but the look at the set (media_pair_sweep). What comes to it meanwhile wakes
 * us, MAX_KNOCKS times a socket, and is drained; then it is out of the set and full, as one
 * that had no stream yet. */
#ifndef MEDIA_RELAY_PRIV_H
#define MEDIA_RELAY_PRIV_H

#include "base/list.h"
#include "base/map.h"
#include "base/pool.h"
#include "media/dtls.h"
#include "media/flow.h"
#include "media/ice.h"
#include "media/relay.h"
#include "rtp/bundle.h"

/* One more than the longest, so that what is too long shows. */
enum { RELAY_DATAGRAM = MAX_RTP_PACKET + SRTP_MAX_TRAILER + 1 };

enum relay_half { RELAY_RTP, RELAY_RTCP, RELAY_SOCKETS };

struct relay_stream {
	uint32_t pairs[2];
	uint32_t generation;
	uint8_t owner;
	bool is_closed; /* its ports are given back, MEDIA_CLOSED found no room yet */
	struct media_flow flow;
	struct map_node node;
	uint64_t number;
	uint64_t statistics_due_us;
};

struct relay_socket {
	int fd;          /* -1 until given */
	bool is_watched; /* in the set */
	bool is_hearing; /* else deaf: a few datagrams fill it */
	uint8_t knocks;  /* wakes that it cost since its last stream */
};

struct relay_link;

struct relay_pair {
	struct relay_stream *stream; /* NULL: idle, deaf */
	struct relay_link *link;     /* a row of PORT_STREAM, which has no sockets; else NULL */
	struct relay_socket sockets[RELAY_SOCKETS];
	uint64_t closed_at; /* media_relay.sweeps then */
	uint8_t leg;
	uint8_t lines; /* that share its sockets (bundle.c); 0: its stream alone has them */
	uint32_t
		path; /* the pair whose sockets, path and keys its stream uses: itself, or a host */
};

/* Of a pair whose leg shakes hands; all zero: it does not. */
struct relay_shake {
	struct dtls_leg dtls;
	struct ice ice;
	bool has_ice;
	bool is_consented; /* the flow knows the place */
};

/* Lines that share a host's port, and the pair of each. */
struct relay_bundle {
	struct rtp_bundle lines;
	uint32_t pairs[MAX_BUNDLE_LINES];
	uint8_t mid_id;
};

/* What goes out of a socket. */
struct relay_departure {
	struct flow_output what;
	int fd; /* -1: nothing */
	bool is_rtcp;
};

/* A datagram on its way through a turn. */
struct relay_arrival {
	struct relay_stream *stream; /* whose it is; NULL: nothing came */
	uint32_t pair;
	struct flow_datagram d;
	struct relay_departure departure;
	char bytes[RELAY_DATAGRAM + SRTP_MAX_TRAILER + RTP_LABEL_SIZE];
	char scratch[MAX_RTCP_DATAGRAM + SRTP_MAX_TRAILER];
};

/* As many go through each step of a turn together. */
enum { RELAY_AT_ONCE = 32 };

struct media_relay {
	const struct port_table *table;
	struct media_options options;
	struct media_relay_ports ports;
	struct relay_pair *pairs;
	struct relay_link *links; /* of rows of PORT_STREAM */
	char *link_memory;
	struct ssl_ctx_st *link_tls; /* NULL: no certificate */
	uint32_t link_count;
	uint32_t pair_count;
	uint32_t open_count;
	int epoll;
	uint64_t looked_us; /* when all that was waiting was last to be taken; or never */
	uint64_t sweeps;    /* how often it was */
	bool is_swept;      /* it was at looked_us */
	uint32_t came;      /* sockets that were ready, ever */
	struct pool *streams;
	struct map by_number;
	struct relay_arrival arrivals[RELAY_AT_ONCE];
	struct relay_arrival carried; /* the packet that a connection brought */
	struct flow_secure_tools tools;
	struct flow_secure *secures;  /* by pair */
	struct flow_marks *own_marks; /* where none were given */
	struct media_dtls *dtls;
	struct relay_shake *shakes;   /* by pair */
	struct relay_bundle *bundles; /* likewise */
};

/* For keys that come or go: a leg in clear leaves its row untouched. */
static inline struct flow_secure *relay_secure_of(struct media_relay *r, uint32_t pair)
{
	r->secures[pair].marks = &r->ports.marks[pair];
	return &r->secures[pair];
}

/* Which of a pair's two sockets an epoll event means. */
static inline uint64_t relay_event_of(uint32_t pair, bool is_rtcp)
{
	return (uint64_t)pair << 1 | is_rtcp;
}

/* Which of a pair's two sockets carries that kind to or from a leg. */
static inline enum relay_half relay_half_of(const struct order_leg *leg, bool is_rtcp)
{
	return is_rtcp && !leg->is_mux ? RELAY_RTCP : RELAY_RTP;
}

/* What is waiting anywhere is taken, once for each now_us: then a pair that is watched, and was
 * idle before, holds nothing. */
void media_pair_sweep(struct media_relay *r, uint64_t now_us);
/* In the set, nothing in it that came before. It stays deaf until media_pair_hear. On ERR_IO
 * the pair is idle as before. */
enum err media_pair_open(struct media_relay *r, uint32_t index, struct relay_stream *s,
                         uint8_t leg) MUST_USE;
/* A datagram is there: from now on room for over a second of them. */
void media_pair_hear(struct relay_socket *s);
/* One is there, and no stream: it is drained, and watched no longer when that happens often. */
void media_pair_knock(struct media_relay *r, uint64_t event);
/* The key that was heard of that leg. */
void media_relay_tell_heard(struct media_relay *r, struct relay_stream *s, uint8_t leg);
/* A packet that came on a connection; its bytes are changed. */
void media_relay_carry_packet(struct media_relay *r, uint32_t row, struct view packet,
                              uint64_t now_us);
/* Deaf; what is still in it is a knock. */
void media_pair_close(struct media_relay *r, uint32_t index);

/* shake.c: handshakes and checks of the legs that have them. */
enum err media_shake_open(struct media_relay *r, uint32_t room) MUST_USE;
void media_shake_close(struct media_relay *r);
/* As the order says, which has passed media_shake_check. */
enum err media_shake_check(const struct order_shake *o) MUST_USE;
void media_shake_begin(struct media_relay *r, struct relay_stream *s, const struct order_shake *o,
                       uint64_t now_us);
void media_shake_end(struct media_relay *r, uint32_t pair);
/* A datagram that came on the RTP socket of a leg that shakes hands. True where it was none of a
 * flow's: STUN, DTLS, or nobody's. */
bool media_shake_receive(struct media_relay *r, uint32_t pair, const struct flow_datagram *d,
                         uint64_t now_us);
/* The flow took a packet of that leg as authentic. */
void media_shake_heard(struct media_relay *r, uint32_t pair, const struct addr *from,
                       uint64_t now_us);
void media_shake_tick(struct media_relay *r, struct relay_stream *s, uint64_t now_us);

/* bundle.c: lines that share one port. */
/* The leg's stream joins the host's, which may be itself; both shake hands. ERR_SYNTAX: the host
 * is a guest itself; ERR_FULL. */
enum err media_bundle_join(struct media_relay *r, struct relay_stream *s,
                           const struct relay_stream *host, const struct order_bundle *o) MUST_USE;
/* The pair's stream is alone from now on; guests that it had pass nothing any more. */
void media_bundle_leave(struct media_relay *r, uint32_t pair);
/* All lines of a host are where it is. */
void media_bundle_prove(struct media_relay *r, uint32_t host, const struct addr *place);
/* Whose a datagram is that came on a host's port. */
struct relay_claim {
	uint32_t pair, ssrc;
	unsigned line;
};
bool media_bundle_find(const struct media_relay *r, uint32_t host, const struct flow_datagram *d,
                       struct relay_claim *ret);
/* RTCP whose sender no line knows, as of an end that only receives: its protection is taken off,
 * and the pairs of the lines that it is about are told (RFC 8843 9.2). 0: none, or not
 * authentic. */
size_t media_bundle_open(struct media_relay *r, uint32_t host, struct flow_datagram *d,
                         uint64_t now_us, uint32_t ret[MAX_BUNDLE_LINES]);
/* It was authentic. */
void media_bundle_heard(struct media_relay *r, uint32_t host, const struct relay_claim *claim,
                        uint64_t now_us);

#endif
