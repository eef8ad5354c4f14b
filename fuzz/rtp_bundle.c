/* SPDX-License-Identifier: Apache-2.0 */
/* Covers what tells a packet's line: a MID lies within its datagram, what was found of a packet is
 * found of it once learnt, and a label that was put is read. */
#include "rtp/bundle.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char room[MAX_RTP_PACKET + RTP_LABEL_SIZE], put[RTP_LABEL_SIZE];
	struct view in = view_bytes(data, size);
	struct rtp_bundle b = { 0 };
	uint8_t types[BUNDLE_TYPES_SIZE] = { [12] = 0xff }, id = (uint8_t)(size | 1);
	struct rtp_label label;
	struct rtp_packet p;
	unsigned line;

	rtp_bundle_put(&b, size % 2, VIEW("1"), types);
	if (rtp_label_read(in, 4, &label) != ERR_NONE)
		return 0;
	if (label.mid.len > 0 &&
	    (label.mid.at < in.at || label.mid.at + label.mid.len > in.at + size))
		abort();
	line = rtp_bundle_find(&b, &label);
	rtp_bundle_learn(&b, label.ssrc, size % 2, 1);
	if (line != BUNDLE_NOBODY && rtp_bundle_find(&b, &label) != line)
		abort();
	rtp_bundle_drop(&b, size % 2);
	if (rtp_packet_parse(in, &p) != ERR_NONE)
		return 0;
	memcpy(room, data, size);
	p.payload.at = room + (p.payload.at - in.at);
	in = rtp_label_put(room, &p, 0, view_bytes(put, rtp_label_write(id, VIEW("mid"), put)));
	if (rtp_label_read(in, id, &label) != ERR_NONE || !view_equal(label.mid, VIEW("mid")))
		abort();
	return 0;
}
