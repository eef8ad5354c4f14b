/* SPDX-License-Identifier: Apache-2.0 */
/* Audio whose keys a handshake gives (DTLS-SRTP, RFC 5763), with ends that check the path by ICE:
 * what such an end says is judged, ours is written, and media is told how its leg shakes hands.
 *
 * An offer that shakes is taken where the leg's policy does not forbid SRTP; the certificate that
 * it names is what counts, over signalling in the clear no more than that signalling. We offer a
 * handshake to ends over WebSocket, which know nothing else, and to those that have one already. We
 * wait for the ClientHello wherever the other end lets us choose.
 *
 * Lines that an offer has in a bundle or not at all (RFC 8843) share the port, path and keys of
 * the first of them that is answered, the host, where their payload types tell them apart; on the
 * other leg each has its own. A line does not change its port within a call: what would have it do
 * so is refused. */
#ifndef BORDER_SHAKE_PRIV_H
#define BORDER_SHAKE_PRIV_H

#include "event/order.h"
#include "event/refusal.h"
#include "sdp/offer.h"

struct call;
struct stream_secure;

enum { SHAKE_MID_SIZE = 16 };
enum shake_bundle { SHAKE_ALONE, SHAKE_HOST, SHAKE_GUEST };

/* One leg of a stream, within its stream_secure, whose `theirs` are the keys of what comes in;
 * all zero: it does not shake. */
struct stream_shake {
	uint8_t is_on, is_active; /* we begin */
	uint8_t has_ice, has_mux;
	uint8_t bundle; /* enum shake_bundle, or SHAKE_GUEST + the stream whose port it shares */
	uint8_t hash;   /* enum media_hash */
	uint8_t is_drawn, mid_len;
	char mid[SHAKE_MID_SIZE];
	uint64_t path; /* of the other end's ICE names: another one is another path */
	uint8_t random[SDP_ICE_RANDOM_SIZE]; /* of ours */
	uint8_t fingerprint[MAX_SDP_FINGERPRINT];
	struct addr tuple;    /* where the handshake's keys came from; family 0: none yet */
	struct order_key out; /* what we send under since then */
	uint8_t association;  /* counts them; what came of another is nothing to this one */
	uint32_t own;         /* hash of the certificate of ours that the end was told */
};

/* Written lines of one stream, for as long as the description is being written. */
struct shake_lines {
	struct sdp_shake shake;
	char ufrag[SDP_UFRAG_SIZE], pwd[SDP_PWD_SIZE];
};

/* Lines in `came` of an end that checks paths: where it is is where its signalling is from, until
 * a check says more. Which of them share a port; who exists in a bundle alone gets its port. */
void shake_prepare(struct call *call, unsigned from, bool is_offer);
/* The row of the host by what was agreed; the stream itself where it is no guest. */
unsigned shake_host_of(const struct stream_shake *k, unsigned stream);
/* Of the names by which the line in `came` checks paths; 0: it does not. */
uint64_t shake_path_of(const struct call *call, unsigned stream);
/* The stream with whose port the one in `came` is to go, which has one already; or itself. */
unsigned shake_host(const struct call *call, unsigned stream);
/* A line in `came` would have to leave the port that it shares. */
bool shake_is_torn(const struct call *call, unsigned from);
/* Of the offered lines that `came` carries the first is the host. */
void shake_choose_host(struct call *call);

/* The line in `came` shakes hands; a line that goes to that leg will. */
bool shake_is_asked(const struct call *call, unsigned stream);
bool shake_is_offered(const struct call *call, unsigned to, unsigned stream);

/* As their namesakes of secure_priv.h, for lines that shake. */
enum refusal shake_take_offer(struct call *call, unsigned from, unsigned stream,
                              struct stream_secure *ret) MUST_USE;
enum refusal shake_can_offer(struct call *call, unsigned to, unsigned stream) MUST_USE;
enum refusal shake_take_answer(struct call *call, unsigned from, unsigned stream,
                               struct stream_secure *ret) MUST_USE;
/* The leg does not shake any more. */
void shake_drop(struct stream_secure *s);
/* `fresh` is about to count: our certificate is told in the answer that goes to that end. */
void shake_answered(const struct call *call, unsigned stream, struct stream_secure *fresh);
/* In `fresh` is what media has agreed on meanwhile in the same association. */
void shake_keep(const struct stream_secure *now, struct stream_secure *fresh);

/* After secure_describe_offer or _answer, of which nothing stays where the line shakes. */
void shake_describe_offer(const struct call *call, unsigned to, unsigned stream,
                          struct sdp_local *local, struct shake_lines *ret);
void shake_describe_answer(const struct call *call, unsigned to, unsigned stream,
                           struct sdp_local *local, struct shake_lines *ret);

/* How the leg shakes, and under which keys it goes on where it has; false: it does not, has none.
 * Keys are to be wiped. */
bool shake_order(const struct call *call, unsigned leg, unsigned stream, struct order_shake *ret);
bool shake_keys(const struct call *call, unsigned leg, unsigned stream, struct order_keys *ret);
/* Whose port the leg shares, but for the numbers of streams: those are rows; false: nobody's. */
bool shake_bundle(const struct call *call, unsigned leg, unsigned stream, struct order_bundle *ret);
/* Whether no handshake has given that leg keys yet. */
bool shake_is_awaited(const struct call *call, unsigned leg, unsigned stream);
/* Media has agreed. */
void shake_agreed(struct call *call, unsigned stream, const struct media_agreed *agreed);

#endif
