/* SPDX-License-Identifier: Apache-2.0 */
/* One media stream with its two legs: who may send, where it goes, what is
 * counted. Pure: datagrams, source addresses and the time go in, a verdict and
 * the datagram to send come out; sockets are relay.h's.
 *
 * Strict source, always. What a leg accepts and where it is sent:
 *
 *   TRUST_EXACT               the SDP's address and port, nothing is learnt.
 *   TRUST_PORT_AT_SDP         the SDP's host. Its own port counts at once, any
 *                             other port must be learnt. Until then we send to
 *                             the SDP's address.
 *   TRUST_PORT_AT_SIGNALLING  the signalling source's host; the port is learnt.
 *                             Until then nothing is sent: the SDP's address is
 *                             private and means somebody else here.
 *
 * Learning: a source at the allowed host is locked after FLOW_LEARN_PACKETS RTP
 * packets of one SSRC in unbroken sequence, or with two when FLOW_LEARN_US have
 * passed since its first. Nothing is forwarded before: whoever sprays ports
 * hears and says nothing. Once locked, a source is displaced only when the
 * SDP's own port proves itself in the same way, or after signalling changed the
 * leg; meanwhile the old source goes on, and stays if it is still heard
 * FLOW_LEARN_US after the change.
 *
 * A fax's packets (MEDIA_UDPTL) are walked and go on as they are; a source of them is learnt
 * by their numbers in the same way.
 *
 * A leg over TCP (rtp/frame.h) has its packets from one connection, which link.h saw made by
 * the right end: all are the locked source's. It has no RTCP.
 *
 * RTCP is taken from the host that RTP is taken from, and no other; where both share a port, from
 * RTP's own source. A leg that shakes hands (PROTECTION_DTLS) learns nothing from packets: it is
 * where ICE or a handshake has proven it to be.
 *
 * A protected leg (flow_secure.h) is heard only by what is authentic: before a source is
 * learnt, counted against its rate, or anything of a packet is believed. Without keys
 * nothing passes to it or from it. */
#ifndef MEDIA_FLOW_H
#define MEDIA_FLOW_H

#include "event/order.h"
#include "media/flow_digits.h"
#include "media/flow_secure.h"
#include "rtp/bundle.h"
#include "rtp/rtcp.h"
#include "rtp/statistics.h"

enum { FLOW_LEARN_PACKETS = 4, FLOW_LEARN_LEAST = 2, FLOW_LEARN_US = 3 * 1000000 };
enum { MAX_FLOW_CANDIDATES = 4, MAX_FLOW_SOURCES = 2 };
enum { FLOW_PACKETS_PER_S = 400, FLOW_RTCP_PER_S = 25 };
/* To a host that is not the signalling's and never spoke: about 30 s of audio,
 * so that no third party can be made a target (voice hammer). */
enum { MAX_FLOW_UNCONFIRMED = 1500 };

enum flow_verdict {
	FLOW_SEND,     /* bytes in `out` go to `to`, from the other leg's socket */
	FLOW_LEARNING, /* from an allowed host, not proven yet */
	FLOW_WRONG_SOURCE,
	FLOW_MALFORMED,
	FLOW_DIRECTION, /* held, barred, or not allowed to send */
	FLOW_UNREADY,   /* the other end is not known yet, or not confirmed */
	FLOW_RATE,
	FLOW_SEQUENCE, /* source on probation, or sequence far off */
	FLOW_UNAUTHENTIC,
	FLOW_REPLAY,
	FLOW_KEY, /* no key yet, or none left */
	FLOW_VERDICT_COUNT
};

struct flow_candidate {
	struct addr from; /* family 0: free */
	uint64_t first_us;
	uint32_t ssrc;
	uint16_t next_sequence, count;
};

struct flow_bucket {
	uint64_t at_us;
	uint64_t micropackets;
};

/* In order of use: what each packet touches comes first, what is asked now and then behind it. */
struct flow_leg {
	struct order_leg order;
	struct flow_secure *secure; /* borrowed; NULL: a protected leg passes nothing */
	struct addr locked;         /* family 0 until learnt */
	uint32_t ssrc_mask;         /* secret; for what comes from this leg */
	uint32_t unconfirmed;       /* packets sent to it before it spoke */
	uint8_t newest;             /* index in sources */
	bool is_relearning, has_spoken;
	char heard;        /* the key that began; whoever told it sets it back */
	uint8_t label_len; /* of label */
	struct flow_bucket rtp_bucket;
	struct media_leg_statistics totals; /* all but what the sources know */
	struct rtp_statistics sources[MAX_FLOW_SOURCES];
	struct flow_digits digits; /* to this leg */
	struct tone_detector ear;  /* of what comes from it */
	struct flow_candidate candidates[MAX_FLOW_CANDIDATES];
	struct flow_candidate probation; /* an SSRC that is new on the locked source */
	struct addr rtcp_locked;         /* family 0 until learnt */
	struct flow_bucket rtcp_bucket;
	uint64_t retired_lost;       /* of sources that were displaced */
	char cname[RTCP_CNAME_SIZE]; /* under which the other end sees it */
	char label[RTP_LABEL_SIZE];  /* header extension of what goes to this leg */
};

struct media_flow {
	uint64_t last_packet_us;
	struct order_format formats[MAX_ORDER_FORMATS];
	uint16_t packets_per_s;
	uint8_t form; /* enum media_form */
	uint8_t hears_keys;
	bool is_held;
	bool is_barred;
	bool is_silent; /* reported, until a packet comes */
	struct flow_leg legs[2];
};

struct flow_datagram {
	/* Changed in place; SRTP_MAX_TRAILER and RTP_LABEL_SIZE bytes of room behind len. */
	char *bytes;
	size_t len;
	struct addr from;
	uint8_t leg; /* on whose port it came */
	bool is_rtcp;
	bool is_open; /* its protection was taken off */
};

struct flow_output {
	struct view out; /* within the datagram or the scratch; as long-lived as they are */
	struct addr to;
};

enum { FLOW_SEED_SIZE = 2 * (4 + RTCP_CNAME_SIZE / 2) };

/* ERR_SYNTAX where the order is not one that signal can have meant: unknown
 * trust or form, no or no single host to send to, RTCP at another host than RTP. */
enum err media_flow_order_check(const struct order *o) MUST_USE;

/* The order must have passed media_flow_order_check. Under the seed, bytes that nobody
 * else can tell, both ends see each other: SSRCs and CNAMEs. */
void media_flow_open(struct media_flow *f, const struct order *o,
                     const uint8_t seed[FLOW_SEED_SIZE], uint64_t now_us);
/* Where the keys of a leg are; for as long as the flow is used, NULL again before it ends. */
static inline void media_flow_secure(struct media_flow *f, size_t leg, struct flow_secure *secure)
{
	f->legs[leg].secure = secure;
}
/* What goes to the leg names its line so (rtp/bundle.h); empty: no more. */
void media_flow_label(struct media_flow *f, size_t leg, struct view label);
/* Whether what goes to the leg is of that SSRC. */
bool media_flow_has_source(const struct media_flow *f, size_t leg, uint32_t ssrc);
/* For a leg of PROTECTION_DTLS: it is there, by ICE or a handshake; family 0: nowhere any more. */
void media_flow_prove(struct media_flow *f, size_t leg, const struct addr *place);
/* Whether who is there may begin a handshake, by the trust that the order gave. */
bool media_flow_may_shake(const struct media_flow *f, size_t leg, const struct addr *from);
/* New addresses, trust and directions. A leg whose addresses and trust stay the
 * same keeps what it learnt. */
void media_flow_change(struct media_flow *f, const struct order *o, uint64_t now_us);

/* One datagram. *ret is set for FLOW_SEND only. `scratch` takes RTCP that is
 * written anew; at least MAX_RTCP_DATAGRAM + SRTP_MAX_TRAILER bytes. */
enum flow_verdict media_flow_receive(struct media_flow *f, const struct flow_datagram *d,
                                     struct buffer *scratch, uint64_t now_us,
                                     struct flow_output *ret);

/* True once when neither end sent anything usable for timeout_us; never while
 * held; again only after a packet came. */
bool media_flow_is_silent(struct media_flow *f, uint64_t timeout_us, uint64_t now_us);

void media_flow_statistics(const struct media_flow *f, struct media_leg_statistics ret[2]);

#endif
