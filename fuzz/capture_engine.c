/* SPDX-License-Identifier: Apache-2.0 */
/* Covers capture/engine.c with all stages below it, from raw IP packets: what is told is
 * of a bounded length, from somebody and writable. A byte of length, then the packet. */
#include <stdlib.h>
#include <string.h>

#include "capture/engine.h"
#include "capture/sip_stream.h"

static void hear(void *context, const struct capture_message *m)
{
	(void)context;
	if (m->len > MAX_CAPTURE_SIP || m->kind >= CAPTURE_KIND_COUNT || m->flow.remote.family == 0)
		abort();
	memset(m->bytes, 'x', m->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct capture_settings settings = { { { 1 } }, 4, 16 << 10 };
	const struct capture_ports ports = { NULL, hear, NULL };
	struct capture_engine *e = NULL;
	static char copy[1 << 16];
	struct view rest = view_bytes(copy, size < sizeof(copy) ? size : sizeof(copy));

	memcpy(copy, data, rest.len);
	if (capture_engine_new(&settings, &ports, &e) != ERR_NONE)
		abort();
	for (int64_t now_us = 0; rest.len > 0; now_us += 300000) {
		struct view bytes = view_first(view_after(rest, 1), (uint8_t)rest.at[0]);
		struct capture_packet p = { now_us, LINKTYPE_RAW, (uint32_t)bytes.len, bytes };

		(void)!capture_engine_take(e, &p);
		rest = view_after(rest, 1 + bytes.len);
	}
	(void)!capture_engine_end(e);
	capture_engine_free(&e);
	return 0;
}
