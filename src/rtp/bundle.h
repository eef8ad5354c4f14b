/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a packet is where several m= lines share one port (RFC 8843 9.2): told by the MID that it
 * bears in a header extension (RFC 8285), else by its SSRC, once a packet of it was authentic,
 * else by its payload type where one line alone has that. What is told by none is nobody's.
 *
 * Pure, and of fixed size: who sends more sources than there is room for has the quietest
 * forgotten, and told again by the next packet. */
#ifndef RTP_BUNDLE_H
#define RTP_BUNDLE_H

#include "base/err.h"
#include "base/view.h"
#include "rtp/packet.h"

enum { MAX_BUNDLE_LINES = 4, MAX_BUNDLE_MID = 16, MAX_BUNDLE_SOURCES = 16, BUNDLE_TYPES_SIZE = 16 };

/* What a packet says of its line in the clear, SRTP too; `mid` borrows from the datagram. */
struct rtp_label {
	uint32_t ssrc;
	uint8_t payload_type;
	struct view mid; /* empty: none */
};

/* `mid_id`: the extension that is a MID; 0: none is. ERR_SHORT: a length points past the end.
 * ERR_SYNTAX: not version 2. */
enum err rtp_label_read(struct view datagram, uint8_t mid_id, struct rtp_label *ret) MUST_USE;

/* The header extension that says so, with its own head; returns how long it is. `mid_id` is not 0,
 * `mid` of 1 to MAX_BUNDLE_MID bytes. */
enum { RTP_LABEL_SIZE = 24 };
size_t rtp_label_write(uint8_t mid_id, struct view mid, char ret[RTP_LABEL_SIZE]);
/* rtp_packet_write_in_place with such a label. Where that does not fit before the payload, this is
 * moved, and `p` with it: label.len bytes of room behind the datagram are needed. */
struct view rtp_label_put(char *datagram, struct rtp_packet *p, uint32_t ssrc_mask,
                          struct view label);

struct rtp_bundle_line {
	uint8_t is_used, mid_len;
	char mid[MAX_BUNDLE_MID];
	uint8_t types[BUNDLE_TYPES_SIZE]; /* a bit a payload type */
};

struct rtp_bundle { /* all zero: no lines */
	struct rtp_bundle_line lines[MAX_BUNDLE_LINES];
	struct {
		uint64_t used_us;
		uint32_t ssrc;
		uint8_t line, is_used;
	} sources[MAX_BUNDLE_SOURCES];
};

/* Nobody's: not one of the lines. */
enum { BUNDLE_NOBODY = MAX_BUNDLE_LINES };

/* A line begins or has other types; its sources stay known. `line` < MAX_BUNDLE_LINES, `mid` at
 * most MAX_BUNDLE_MID bytes. */
void rtp_bundle_put(struct rtp_bundle *b, unsigned line, struct view mid,
                    const uint8_t types[BUNDLE_TYPES_SIZE]);
/* It ends: its sources are forgotten. */
void rtp_bundle_drop(struct rtp_bundle *b, unsigned line);

/* The line of a packet, or BUNDLE_NOBODY: a MID that no line has, a payload type that its source's
 * line does not have, or one that no line or more than one has. Nothing is learnt. */
unsigned rtp_bundle_find(const struct rtp_bundle *b, const struct rtp_label *label);
/* The line whose source that is: of RTCP, which bears nothing else in the clear. */
unsigned rtp_bundle_find_source(const struct rtp_bundle *b, uint32_t ssrc);
/* The packet was authentic, and of that line. */
void rtp_bundle_learn(struct rtp_bundle *b, uint32_t ssrc, unsigned line, uint64_t now_us);

#endif
