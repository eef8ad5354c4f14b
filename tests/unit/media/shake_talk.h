/* SPDX-License-Identifier: Apache-2.0 */
/* What the browser of shake_case.h and the PBX say and hear. */
#ifndef SHAKE_TALK_H
#define SHAKE_TALK_H

#include "unit/media/shake_case.h"

static inline void browser_says(struct view packet, bool is_rtcp)
{
	char bytes[256];
	size_t len = packet.len;

	memcpy(bytes, packet.at, packet.len);
	(void)!(is_rtcp ? rtp_srtcp_protect(&said, bytes, sizeof(bytes), &len)
	                : rtp_srtp_protect(&said, bytes, sizeof(bytes), &len));
	say(bench.ends[BROWSER][0], view_bytes(bytes, len));
}

static inline void office_says(struct view packet, bool is_rtcp)
{
	const struct addr *to =
		is_rtcp ? &bench.pair_rtcp[OFFICE] : &bench.table->pairs[OFFICE].local;

	(void)send_to(bench.ends[OFFICE][is_rtcp], to, packet);
	turn();
}

static inline bool office_hears(bool is_rtcp)
{
	char storage[MAX_RTP_PACKET];

	return receive_from(bench.ends[OFFICE][is_rtcp], storage).len > 0;
}

/* What the browser hears is protected under its keys; -1: it is not. */
static inline int browser_hears(bool is_rtcp)
{
	char storage[MAX_RTP_PACKET];
	size_t len = receive_from(bench.ends[BROWSER][0], storage).len;

	if (len == 0)
		return 0;
	return (is_rtcp ? rtp_srtcp_unprotect(&heard, storage, &len)
	                : rtp_srtp_unprotect(&heard, storage, &len)) == ERR_NONE
	             ? 1
	             : -1;
}

/* A packet of the PBX, whose SSRC is another. */
static inline struct view packet_of(uint16_t sequence)
{
	static char bytes[64];
	struct buffer b = BUFFER_ON(bytes);
	struct rtp_packet p = { .ssrc = 0x22222222,
		                .sequence = sequence,
		                .payload = VIEW("music") };

	rtp_packet_write(&b, &p, 0);
	return buffer_view(&b);
}

#endif
