/* SPDX-License-Identifier: Apache-2.0 */
/* Covers rtp_packet_parse, both writers and rtp_statistics_note: what is written
 * parses to the same fields, in place and aside alike. */
#include "rtp/statistics.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rtp_statistics s;
	static char bytes[MAX_RTP_PACKET], aside[MAX_RTP_PACKET];
	struct buffer b = BUFFER_ON(aside);
	struct rtp_packet p, q;
	struct view out;

	memcpy(bytes, data, size < sizeof(bytes) ? size : sizeof(bytes));
	if (rtp_packet_parse(view_bytes(bytes, size), &p) != ERR_NONE)
		return 0;
	(void)rtp_statistics_note(&s, &p, p.timestamp * UINT64_C(977), p.ssrc);
	rtp_packet_write(&b, &p, 0x5a5a5a5a);
	out = rtp_packet_write_in_place(bytes, &p, 0x5a5a5a5a);
	if (!view_equal(out, buffer_view(&b)) || rtp_packet_parse(out, &q) != ERR_NONE)
		abort();
	if (q.ssrc != (p.ssrc ^ 0x5a5a5a5a) || q.sequence != p.sequence ||
	    q.payload.len != p.payload.len)
		abort();
	return 0;
}
