/* SPDX-License-Identifier: Apache-2.0 */
/* What srtp.c and srtcp.c share: the place of a packet's sender. */
#ifndef RTP_SRTP_PRIV_H
#define RTP_SRTP_PRIV_H

#include "rtp/srtp.h"

/* What is known of an SSRC; either may be missing. */
struct srtp_place {
	struct srtp_recent *recent;
	struct srtp_mark *mark;
};

struct srtp_place rtp_srtp_find(struct srtp *s, uint32_t ssrc);
/* Whether an SSRC that has no mark could have one. */
bool rtp_srtp_has_room(const struct srtp *s);
/* To be called for a packet that is right: gives the SSRC what it is missing, and counts. */
void rtp_srtp_settle(struct srtp *s, uint32_t ssrc, struct srtp_place *place);

static inline uint32_t rtp_srtp_word(const char *at)
{
	return (uint32_t)(uint8_t)at[0] << 24 | (uint32_t)(uint8_t)at[1] << 16 |
	       (uint32_t)(uint8_t)at[2] << 8 | (uint8_t)at[3];
}

static inline void rtp_srtp_put_word(char *at, uint32_t word)
{
	for (size_t i = 0; i < 4; i++)
		at[i] = (char)(word >> (24 - 8 * i));
}

#endif
