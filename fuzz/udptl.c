/* SPDX-License-Identifier: Apache-2.0 */
/* Covers udptl_packet_parse: a packet that is taken is taken whole, and cut
 * anywhere it is not taken any more. */
#include "rtp/udptl.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view whole = view_bytes(data, size);
	struct udptl_packet p, q;

	if (udptl_packet_parse(whole, &p) != ERR_NONE)
		return 0;
	for (size_t len = 0; len < size; len++)
		if (udptl_packet_parse(view_first(whole, len), &q) == ERR_NONE)
			abort();
	return 0;
}
