/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets of the media process: a table of port pairs, the streams that
 * are open on them, and one epoll set. Idle ports are deaf (os/socket.h). One
 * that had a stream stays in the set: the next stream on it finds it there, and
 * empty, without a system call of its own; a stranger who sends to it wakes us a
 * few times and then no more. A port gets its buffer when the first datagram of
 * a stream comes, so that a call without audio costs nothing here.
 * Plain recvfrom and sendto, one datagram each: with one socket a leg a batch
 * holds one datagram, and recvmmsg was measured a sixth slower. */
#ifndef MEDIA_RELAY_H
#define MEDIA_RELAY_H

#include "base/hash.h"
#include "base/now.h"
#include "event/counters.h"
#include "event/order.h"
#include "media/flow_secure.h"
#include "media/options.h"

struct media_relay;

struct media_relay_ports {
	void *context;
	/* Hands an event to signal; false where it finds no room. MEDIA_CLOSED, MEDIA_SILENT
	 * and MEDIA_STATISTICS are then offered again by media_relay_tick, MEDIA_REFUSED
	 * and MEDIA_AGREED are lost. */
	bool (*event)(void *context, const struct media_event *event);
	/* Asks for a connection from the host of that row of the table; media_relay_connected tells
	 * what came of it. False where it cannot be asked now. NULL: none is ever made. */
	bool (*connect)(void *context, uint32_t index, const struct addr *remote);
	struct counters *counters;
	struct hash_key table; /* of the table of streams; may be new at each start */
	/* Of SSRC masks and CNAMEs; the same at each start, so that a stream that is ordered
	 * again after a restart goes on under its names. */
	struct hash_key names;
	/* A row a pair of the table, in memory that outlives us (see flow_secure.h); NULL: media's
	 * own, which begins with it. */
	struct flow_marks *marks;
};

/* Takes all memory and the epoll set. `table` must outlive the relay. ERR_NO_MEMORY,
 * ERR_LIMIT (more than MAX_PORT_PAIRS), ERR_IO. */
enum err media_relay_new(const struct port_table *table, const struct media_options *options,
                         const struct media_relay_ports *ports, struct media_relay **ret) MUST_USE;
/* Leaves its ports deaf and closes the descriptors that it was given. */
void media_relay_free(struct media_relay **r);

/* Gives the two sockets of row `index` of the table, which the relay owns from
 * then on: deafens and drains them, whatever a predecessor left. On an error
 * they stay the caller's. ERR_LIMIT, ERR_EXISTS, ERR_IO. */
enum err media_relay_give_pair(struct media_relay *r, uint32_t index, int rtp, int rtcp) MUST_USE;

/* The same for a row of PORT_STREAM: a socket that is bound and does not listen. */
enum err media_relay_give_stream(struct media_relay *r, uint32_t index, int fd) MUST_USE;
/* By which TLS legs are known, one for all; shared, not taken over. Without it they are refused.
 * ERR_NO_MEMORY, ERR_UNSUPPORTED. */
struct x509_st;
struct evp_pkey_st;
enum err media_relay_use_certificate(struct media_relay *r, struct x509_st *certificate,
                                     struct evp_pkey_st *key) MUST_USE;
/* What came of `connect`: a connection under way, the relay's from now on; or -1. */
void media_relay_connected(struct media_relay *r, uint32_t index, const struct addr *remote, int fd,
                           uint64_t now_us);

/* Times from the options; ports and calls are as they were at the start. */
void media_relay_set_options(struct media_relay *r, const struct media_options *options);

/* Carries an order out; what cannot be done is answered with MEDIA_REFUSED and
 * the reason: ERR_SYNTAX (see media_flow_order_check), ERR_NOT_FOUND (stream or
 * port), ERR_STALE (another generation than the stream's), ERR_DENIED (another
 * owner's port), ERR_UNSUPPORTED (address of another family than the port's),
 * ERR_FULL, ERR_IO. */
void media_relay_order(struct media_relay *r, const struct order *order, uint64_t now_us);

/* The keys of one leg of an open stream; both wiped by the caller afterwards. Answered like an
 * order. */
void media_relay_keys(struct media_relay *r, const struct order_keys *keys, uint64_t now_us);
/* How one leg shakes hands. */
void media_relay_shake(struct media_relay *r, const struct order_shake *shake, uint64_t now_us);
/* Whose port one leg shares. */
void media_relay_bundle(struct media_relay *r, const struct order_bundle *bundle);
/* SHA-256 of the certificate that it shows, MEDIA_FINGERPRINT_SIZE bytes. */
const uint8_t *media_relay_fingerprint(const struct media_relay *r);

/* Digits towards one leg. Refused as orders are: ERR_NOT_FOUND, ERR_STALE, ERR_SYNTAX, ERR_FULL
 * (others are under way). */
void media_relay_digits(struct media_relay *r, const struct order_digits *o, uint64_t now_us);

/* A leg's connection, of a stream that an order before opened. Refused as orders are: ERR_NOT_FOUND
 * (stream, or a leg without connections), ERR_STALE, ERR_SYNTAX, ERR_IO. */
void media_relay_connect(struct media_relay *r, const struct order_connect *order, uint64_t now_us);

/* The epoll set: readable when media_relay_turn has something to do. */
int media_relay_descriptor(const struct media_relay *r);
/* Receives and sends once for each socket that is ready now, at most
 * MEDIA_RELAY_TURN of them; true where it were so many that more may be
 * waiting. Never blocks. */
bool media_relay_turn(struct media_relay *r, uint64_t now_us);
enum { MEDIA_RELAY_TURN = 256 };
/* How many sockets were found ready, ever; it wraps. */
uint32_t media_relay_came(const struct media_relay *r);
/* To be called about once a second: silence, statistics, events that found no room. */
void media_relay_tick(struct media_relay *r, uint64_t now_us);
/* Handshakes' own times: what is due, and when something will be (UINT64_MAX: nothing). */
void media_relay_advance(struct media_relay *r, uint64_t now_us);
uint64_t media_relay_wait_us(const struct media_relay *r, uint64_t now_us);

uint32_t media_relay_open_count(const struct media_relay *r);

#endif
