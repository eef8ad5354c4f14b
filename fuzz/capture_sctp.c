/* SPDX-License-Identifier: Apache-2.0 */
/* Covers capture/sctp.c: in whatever order the chunks come and however often, the
 * messages come out whole, in order, and once. A byte is the chunk that comes next. */
#include <stdlib.h>

#include "capture/sctp.h"

static uint8_t heard;

static void hear(void *context, const struct capture_sctp_message *m)
{
	(void)context;
	if (m->bytes.len != 3 || (uint8_t)m->bytes.at[0] != heard || heard++ != m->stream)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t flags[] = { CAPTURE_SCTP_BEGINNING, 0, CAPTURE_SCTP_END };
	static const struct capture_sctp_settings settings = { { { 1 } }, 4, 1 << 20 };
	static const struct capture_sctp_ports ports = { NULL, hear };
	struct capture_skipped skipped = { { 0 } };
	struct capture_sctp *t = NULL;

	heard = 0;
	(void)!capture_sctp_new(&settings, &ports, &skipped, &t);
	for (size_t i = 0; i < size + 60; i++) {
		unsigned tsn = i < size ? (uint8_t)(data[i] - data[0]) % 60u : (unsigned)(i - size);
		char byte = (char)(tsn / 3);
		struct capture_chunk c = { .tsn = tsn - 30, .stream = (uint8_t)byte };

		c.flags = flags[tsn % 3];
		c.payload = view_bytes(&byte, 1);
		(void)!capture_sctp_take(t, &c);
	}
	if (heard != 20 || capture_sctp_end(t) != ERR_NONE)
		abort();
	capture_sctp_free(&t);
	return 0;
}
