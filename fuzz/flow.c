/* SPDX-License-Identifier: Apache-2.0 */
/* Covers media_flow_receive: datagrams of three hosts; the third's never go on. */
#include "media/flow.h"
#include "base/cursor.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct addr a = { { 1 }, 9, 4, 0 }, b = { { 2 }, 9, 4, 0 };
	static struct media_flow f;
	static char bytes[256], storage[MAX_RTCP_DATAGRAM];
	struct cursor in = cursor_on(view_bytes(data, size));
	struct order o = { .legs = { { 1, TRUST_EXACT, 1, 1, 1, a, a, b },
		                     { 2, TRUST_PORT_AT_SDP, 1, 1, 1, b, b, a } } };
	struct buffer scratch = BUFFER_ON(storage), cut = BUFFER_ON(bytes);
	struct flow_output out;

	media_flow_open(&f, &o, (const uint8_t[FLOW_SEED_SIZE]){ 1 }, 1);
	for (uint64_t us = 1; !cursor_is_at_end(&in); us += 20000, buffer_reset(&cut)) {
		uint8_t how = cursor_byte(&in), leg = how & 1;
		buffer_put(&cut, cursor_take(&in, cursor_byte(&in)));
		struct flow_datagram d = { bytes, cut.len, a, leg, how & 2 };
		d.from.bytes[0] = how % 3 + 1;
		if (media_flow_receive(&f, &d, &scratch, us, &out) == FLOW_SEND &&
		    (d.from.bytes[0] != leg + 1 || out.to.bytes[0] != 2 - leg))
			abort();
	}
	return 0;
}
