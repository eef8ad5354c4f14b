/* SPDX-License-Identifier: Apache-2.0 */
/* Covers rtp_frame_cut: bytes that come in two parts give the packets that they give at once,
 * and each is written again as it came. */
#include "rtp/frame.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t cut(struct view *bytes, size_t *sum)
{
	static char text[MAX_RTP_FRAME];
	struct view packet, before = *bytes;
	size_t count = 0;

	for (; rtp_frame_cut(bytes, &packet) == ERR_NONE; before = *bytes) {
		struct buffer b = BUFFER_ON(text);

		rtp_frame_write(&b, packet);
		if (!view_equal(buffer_view(&b), view_first(before, before.len - bytes->len)))
			abort();
		rtp_frame_write(&b, view_bytes(text, sizeof(text)));
		*sum += packet.len * (++count);
	}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view whole = view_bytes(data, size), part, rest;
	size_t split = size ? data[0] % (size + 1) : 0, sums[2] = { 0 }, count = 0;

	part = rest = view_first(whole, split);
	while (rtp_frame_cut(&rest, &part) == ERR_NONE)
		sums[1] += part.len * (++count);
	rest = view_after(whole, split - rest.len);
	while (rtp_frame_cut(&rest, &part) == ERR_NONE)
		sums[1] += part.len * (++count);
	if (cut(&whole, &sums[0]) != count || sums[0] != sums[1])
		abort();
	return 0;
}
