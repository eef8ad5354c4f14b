/* SPDX-License-Identifier: Apache-2.0 */
/* Covers cli_trace_line and cli_trace_label: a stranger's message is drawn in one line, without
 * control bytes, and within its room. */
#include "cli/trace_ladder.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char line[CLI_TRACE_LINE_MAX];
	struct buffer b = BUFFER_ON(line);
	struct cli_trace t = { .time = VIEW("2026-11-22T10:11:12.345Z"),
		               .from = VIEW("192.0.2.7:5060"),
		               .to = VIEW("[2001:db8:1111:2222:3333:4444:5555:6666]:50600"),
		               .text = view_bytes(data, size),
		               .side = size & 1,
		               .is_sent = (size & 2) != 0,
		               .is_watching = (size & 4) != 0 };

	cli_trace_line(&b, &t);
	for (size_t i = 0; i < b.len; i++)
		assert((unsigned char)b.at[i] >= 0x20);
	return 0;
}
