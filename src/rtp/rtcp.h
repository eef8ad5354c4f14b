/* SPDX-License-Identifier: Apache-2.0 */
/* A compound RTCP packet (RFC 3550 6), walked strictly. What comes in is
 * understood and written anew: sender information, report blocks and BYE are
 * kept, the CNAME is ours, other SDES items, APP, XR, feedback and unknown
 * packets stay out and are counted (what asks for a picture: rtp/picture.h). */
#ifndef RTP_RTCP_H
#define RTP_RTCP_H

#include "base/buffer.h"
#include "base/err.h"

enum { MAX_RTCP_DATAGRAM = 1500, MAX_RTCP_PACKETS = 32, MAX_RTCP_REPORTS = 31, MAX_RTCP_BYES = 31 };
enum { RTCP_SR = 200, RTCP_RR = 201, RTCP_SDES = 202, RTCP_BYE = 203, RTCP_APP = 204 };
enum { RTCP_CNAME_SIZE = 16 }; /* hex digits */

struct rtcp_report { /* RFC 3550 6.4.1, one block */
	uint32_t ssrc;
	uint32_t highest_sequence, jitter, last_sr, delay_since_sr;
	int32_t lost; /* 24 bits, signed */
	uint8_t fraction_lost;
};

struct rtcp_compound {
	uint64_t ntp;
	uint32_t sender;                         /* SSRC of the first report */
	uint32_t rtp_timestamp, packets, octets; /* sender information; has_sender_info */
	bool has_sender_info;
	uint8_t report_count, bye_count;
	uint8_t dropped; /* packets of kinds that stay out */
	struct rtcp_report reports[MAX_RTCP_REPORTS];
	uint32_t byes[MAX_RTCP_BYES];
};

/* The whole datagram. ERR_SHORT: fewer than 8 bytes or a length past the end.
 * ERR_SYNTAX: not version 2; does not begin with SR or RR (RFC 5506 reduced
 * size is not carried); padding elsewhere than in the last packet; count and
 * length disagree; SDES chunk without its end; BYE reason past the end.
 * ERR_LIMIT: longer than MAX_RTCP_DATAGRAM, more packets, reports or byes than
 * the ceilings above. */
enum err rtcp_parse(struct view datagram, struct rtcp_compound *ret) MUST_USE;

struct rtcp_rewrite {
	uint32_t sender_mask;        /* for SSRCs that the writer of the packet sends with */
	uint32_t report_mask;        /* for SSRCs that it reports about */
	char cname[RTCP_CNAME_SIZE]; /* ours, random, one a leg and stream */
};

/* SR or RR, SDES with the CNAME, BYE without a reason. */
void rtcp_write(struct buffer *b, const struct rtcp_compound *c, const struct rtcp_rewrite *how);

#endif
