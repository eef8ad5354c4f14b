/* SPDX-License-Identifier: Apache-2.0 */
/* The halves of a flow: source.c decides who speaks, flow.c what becomes of it. */
#ifndef MEDIA_FLOW_PRIV_H
#define MEDIA_FLOW_PRIV_H

#include "media/flow.h"

enum source_kind {
	SOURCE_STRANGER,
	SOURCE_LOCKED,    /* the one that the leg takes packets from */
	SOURCE_CANDIDATE, /* at the allowed host, to be proven */
};

enum source_kind media_source_of_rtp(const struct flow_leg *leg, const struct addr *from);
enum source_kind media_source_of_rtcp(const struct flow_leg *leg, const struct addr *from);

/* Notes a packet of a candidate, or of the locked source while the leg learns
 * again. True where `from` is locked now. */
bool media_source_learn(struct flow_leg *leg, const struct addr *from, const struct rtp_packet *p,
                        uint64_t now_us);
/* The leg has other addresses or trust than before. */
void media_source_changed(struct flow_leg *leg);

/* Where packets to this leg go; family 0 where that is not known. */
struct addr media_source_destination(const struct flow_leg *leg);
struct addr media_source_rtcp_destination(const struct flow_leg *leg);

/* Whether the packet continues an SSRC of the leg, and counts it. */
bool media_source_continues(struct flow_leg *leg, const struct rtp_packet *p, uint64_t now_us,
                            uint32_t clock_hz);

#endif
