/* SPDX-License-Identifier: Apache-2.0 */
/* Covers rtp_event_parse and rtp_player_take: what is read is written the same but for a reserved
 * bit, and a player ends whatever stamps it is given. */
#include "rtp/digit.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtp_player p;
	struct rtp_event e;
	char bytes[RTP_EVENT_SIZE];

	if (rtp_event_parse(view_bytes(data, size), &e) == ERR_NONE) {
		rtp_event_write(&e, bytes);
		if (bytes[0] != (char)data[0] || memcmp(bytes + 2, data + 2, 2) != 0)
			abort();
	}
	if (!rtp_player_begin(&p, VIEW("12#"), 101))
		abort();
	for (size_t i = 0; i + 4 <= size; i += 4) {
		struct rtp_packet packet = { .payload_type = 0 };

		memcpy(&packet.timestamp, data + i, 4);
		if (rtp_player_take(&p, &packet, 8000, bytes) != (packet.payload_type == 101))
			abort();
	}
	return 0;
}
