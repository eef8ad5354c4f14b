/* SPDX-License-Identifier: Apache-2.0 */
/* Covers rtp_frame_cut: bytes that come in two parts give the packets that they give at once. */
#include "rtp/frame.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t cut(struct view *bytes, size_t *sum)
{
	struct view packet;
	size_t count = 0;

	for (; rtp_frame_cut(bytes, &packet) == ERR_NONE; count++)
		*sum += packet.len * (count + 1);
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
