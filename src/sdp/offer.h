/* SPDX-License-Identifier: Apache-2.0 */
/* Offer and answer (RFC 3264) across the border: whether a description may be
 * acted on, and the description that goes to the other side, written anew. */
#ifndef SDP_OFFER_H
#define SDP_OFFER_H

#include "base/buffer.h"
#include "sdp/connection.h"
#include "sdp/crypto.h"
#include "sdp/handshake.h"

/* --- addresses ----------------------------------------------------------- */

enum sdp_side { SDP_FROM_OUTSIDE, SDP_FROM_INSIDE };

/* Each names the trust that media is to have in the leg (event/order.h). */
enum sdp_address_verdict {
	SDP_ADDRESS_EXACT,       /* reachable as written: only this address and port may send */
	SDP_ADDRESS_PORT_LEARNT, /* reachable, but not where signalling came from: port learnt */
	SDP_ADDRESS_BEHIND_NAT,  /* private, from outside: port learnt at the signalling source */
	SDP_ADDRESS_HOLD,        /* 0.0.0.0 or ::, nothing is sent */
	SDP_ADDRESS_FORBIDDEN,   /* loopback, link-local, multicast, broadcast, rest of 0/8 */
};

/* Judges an address of a description. `listener` is the local address of the
 * socket that took the message, `signalling` where the message came from. An
 * address of the listener's own kind (loopback on a loopback listener) is no
 * more forbidden than the listener. Whether it is an address of ours is the
 * border's question, not asked here. */
enum sdp_address_verdict sdp_address_check(const struct addr *a, const struct addr *listener,
                                           const struct addr *signalling, enum sdp_side side);

/* --- offer and answer ----------------------------------------------------- */

enum sdp_answer_verdict {
	SDP_ANSWER_FITS,
	SDP_ANSWER_COUNT,   /* other number of m= lines */
	SDP_ANSWER_KIND,    /* m= line of another kind or protocol, or in another order */
	SDP_ANSWER_REFUSED, /* takes up an m= line that the offer had with port 0 */
	SDP_ANSWER_EMPTY,   /* no carried m= line left: the call has no media */
};

/* Does the answer fit the offer line by line (RFC 3264 6)? RTP/AVP for
 * RTP/AVPF and back passes, and so do those with keys: real devices mix them. */
enum sdp_answer_verdict sdp_answer_check(const struct sdp_session *offer,
                                         const struct sdp_session *answer);
const char *sdp_answer_text(enum sdp_answer_verdict v); /* for a person; static storage */

/* A fax over UDPTL (ITU-T T.38). */
bool sdp_media_is_fax(const struct sdp_media *m);
/* A channel of MRCPv2 (RFC 6787 4.2). */
bool sdp_media_is_control(const struct sdp_media *m);
/* Of a kind and protocol that can be relayed (audio or video by RTP/AVP, RTP/AVPF, RTP/SAVP,
 * RTP/SAVPF or TCP/RTP/AVP with or without TLS, a fax, or a channel of MRCPv2), with a port
 * and at least one usable format. */
bool sdp_media_is_carried(const struct sdp_session *s, const struct sdp_media *m);
/* m= lines that are carried. */
size_t sdp_carried_count(const struct sdp_session *s);

/* --- written anew --------------------------------------------------------- */

/* Our ports for one m= line; rtp.port 0 writes the line refused (port 0). */
struct sdp_local {
	struct addr rtp;
	struct addr rtcp; /* same host; a=rtcp is written where its port is not rtp's + 1 */
	uint8_t protocol; /* enum sdp_protocol + 1 that is written; 0: as it came */
	const struct sdp_crypto *cryptos; /* RTP over UDP alone: its a=crypto lines */
	uint8_t crypto_count;
	/* Lines over TCP alone: */
	uint8_t setup;                 /* enum sdp_setup */
	bool is_existing;              /* a=connection */
	const uint8_t *fingerprint;    /* ours, SDP_FINGERPRINT_SIZE bytes; NULL: no TLS */
	const struct sdp_shake *shake; /* RTP over UDP alone: its handshake; NULL: none */
};

struct sdp_rewrite {
	uint64_t session_id;            /* ours, at most 63 bits so that every peer can hold it */
	uint64_t version;               /* rises with every description that we send in a dialog */
	struct addr address;            /* ours, for o= and for c= */
	const struct sdp_local *locals; /* one a m= line, in order */
	size_t local_count;             /* lines beyond it are written refused */
	/* Filled by sdp_write where not NULL: attributes that stayed out. */
	uint32_t *dropped_attributes;
};

/* Writes the description for the other side: o=, c=, ports and RTCP are ours,
 * formats, packet times and directions are kept, of the attributes those on the
 * allowed list (sdp/attribute.def); names, keys, candidates, fingerprints and
 * everything unknown stay out. Number and order of m= lines are kept; a line
 * that is not carried, or has no ports of ours, is written with port 0. A line
 * held by its address is written as sendonly or inactive with our address. A line over TCP says
 * who connects as its sdp_local does, and that there is no RTCP; a channel keeps its resource,
 * name and the audio that it belongs to. Where a line has ICE of ours, the session says that we
 * are its lite end; all lines that are bundled are of one group.
 * Fails only by the buffer: ERR_LIMIT. What is written parses again without
 * anything sloppy, and writing that again with the same rewrite gives the same. */
enum err sdp_write(const struct sdp_session *s, const struct sdp_rewrite *how,
                   struct buffer *b) MUST_USE;

#endif
