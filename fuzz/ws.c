/* SPDX-License-Identifier: Apache-2.0 */
/* Covers transport/ws.c: however the bytes of a connection are cut, the same messages, control
 * frames and end come out. The first byte is the size of the pieces. */
#include <stdlib.h>

#include "transport/ws.h"

static uint64_t hear_all(struct view bytes, size_t each)
{
	char text[WS_CONTROL_MAX + 2 * WS_HEAD_MAX];
	uint64_t sum = 0;
	struct ws_piece p;
	struct ws *w;

	if (ws_new(&w) != ERR_NONE)
		return 0;
	for (; bytes.len > 0; bytes = view_after(bytes, each))
		for (ws_feed(w, view_first(bytes, each)); ws_next(w, &p);) {
			struct buffer reply = BUFFER_ON(text);

			for (size_t i = 0; i < p.bytes.len; i++)
				sum = sum * 1099511628211U + (unsigned char)p.bytes.at[i] + 1;
			sum += (p.kind != WS_PART || p.is_last) * (31U + p.kind + p.code);
			ws_write(w, WS_FRAME_PONG, view_first(p.bytes, WS_CONTROL_MAX), &reply);
			ws_write_close(w, p.code, &reply);
		}
	sum += ws_is_midway(w);
	ws_free(&w);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view bytes = view_after(view_bytes(data, size), 1);

	if (size > 1 && hear_all(bytes, data[0] % 64U + 1) != hear_all(bytes, size))
		abort();
	return 0;
}
