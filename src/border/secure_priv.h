/* SPDX-License-Identifier: Apache-2.0 */
/* Protection of a call's audio (RFC 4568; where a handshake gives the keys, shake_priv.h):
 * what each end may, must and must not
 * have, which keys were agreed, and what is written of them. Each leg has keys of
 * its own; ours are made of a seed that we draw for it.
 *
 * An offer that is protected alone (RTP/SAVP) is taken where the leg's signalling is
 * protected and its policy lets; one that may be (RTP/AVP with a=crypto) is protected
 * then, else it is in the clear. We offer RTP/SAVP where it is required or in use, RTP/AVP
 * with a=crypto where it is preferred: whoever knows no SRTP passes those lines over.
 * Over signalling in the clear no key is written, and none that comes counts. */
#ifndef BORDER_SECURE_PRIV_H
#define BORDER_SECURE_PRIV_H

#include "border/shake_priv.h"

struct border_peer;
struct border_route;
struct border;
struct call;

enum { SECURE_SEED_SIZE = 32, MAX_SECURE_OFFERED = 4 };

/* One leg of a stream; all zero: nothing was agreed. Kept in the checkpoint. */
struct stream_secure {
	struct order_key theirs;        /* what this end sends under; SUITE_NONE: in the clear */
	uint8_t seed[SECURE_SEED_SIZE]; /* of our keys for this end, one a suite */
	uint32_t tag;                   /* of the line in use */
	uint8_t protocol;               /* enum sdp_protocol + 1 of this end's last description */
	uint8_t is_seeded;
	uint8_t mid_id; /* of the extension by which packets of a bundle name their line; 0: none */
	uint8_t unused[1];
	struct stream_shake shake; /* where a handshake gives the keys */
};

/* What counts for a leg: a route's word goes before that of the peer it leads to. NULL: a phone;
 * no route. */
uint8_t secure_policy(const struct border *b, const struct border_peer *peer,
                      const struct border_route *route);

/* The line in `came` is RTP over UDP at that leg: lines of other kinds, and connections, have no
 * keys of this sort. */
bool secure_has_keys(const struct call *call, unsigned leg, unsigned stream);

/* All but these say REFUSAL_COUNT where nothing is wrong. */

/* The offer in `came` by that leg: *ret is what would be agreed. */
enum refusal secure_take_offer(struct call *call, unsigned from, unsigned stream,
                               struct stream_secure *ret) MUST_USE;
/* Whether the offer in `came` can be made to that leg; its seed is drawn where it needs one. */
enum refusal secure_can_offer(struct call *call, unsigned to, unsigned stream) MUST_USE;
/* The answer in `came` by that leg to our offer in `asked`. */
enum refusal secure_take_answer(struct call *call, unsigned from, unsigned stream,
                                struct stream_secure *ret) MUST_USE;

/* Protocol and keys of the line for that leg; keys are written to `keys`, to be wiped. */
void secure_describe_offer(const struct call *call, unsigned to, unsigned stream,
                           struct sdp_local *local, struct sdp_crypto keys[MAX_SECURE_OFFERED]);
void secure_describe_answer(const struct call *call, unsigned to, unsigned stream,
                            struct sdp_local *local, struct sdp_crypto keys[1]);

/* What was agreed for one end counts from now on. */
void secure_settle(struct call *call, unsigned leg, unsigned stream,
                   const struct stream_secure *agreed);
/* The keys of a leg as media is told; false: it has none. To be wiped. */
bool secure_keys(const struct call *call, unsigned leg, unsigned stream, struct order_keys *ret);
/* Whether a description that was made for the callee would be the same for another flow and
 * policy. */
bool secure_is_alike(const struct call *call, uint8_t policy, const struct flow *flow);
void secure_wipe(struct call *call);

#endif
