/* SPDX-License-Identifier: Apache-2.0 */
/* What a datagram on a media port is, told by its first bytes alone (RFC 7983, RFC 5761):
 * who reads it, not whether it is well formed. */
#ifndef RTP_KIND_H
#define RTP_KIND_H

#include "base/view.h"

enum rtp_kind {
	RTP_KIND_RTP,
	RTP_KIND_RTCP, /* only where RTP and RTCP share a port; elsewhere the port tells */
	RTP_KIND_STUN,
	RTP_KIND_DTLS,
	RTP_KIND_OTHER, /* ZRTP, TURN channels, what is nobody's, nothing */
};

static inline enum rtp_kind rtp_kind_of(struct view datagram)
{
	uint8_t first, second;

	if (datagram.len < 2)
		return RTP_KIND_OTHER;
	first = (uint8_t)datagram.at[0];
	second = (uint8_t)datagram.at[1];
	if (first <= 3)
		return RTP_KIND_STUN;
	if (first >= 20 && first <= 63)
		return RTP_KIND_DTLS;
	if (first < 128 || first > 191)
		return RTP_KIND_OTHER;
	/* RFC 5761 4: payload types 64 to 95 are not for RTP on a port that both share. */
	return second >= 192 && second <= 223 ? RTP_KIND_RTCP : RTP_KIND_RTP;
}

#endif
