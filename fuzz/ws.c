/* SPDX-License-Identifier: Apache-2.0 */
/* Covers transport/ws.c: however the bytes of a connection are cut, the same messages, control
 * frames and end come out, none longer than it may be. The first byte is the size of the pieces. */
#include <stdlib.h>

#include "base/hash.h"
#include "transport/ws.h"

static uint64_t hear_all(struct view bytes, size_t each)
{
	static const struct hash_key key = { { 1 } };
	uint64_t sum = 0, len = 0;
	struct ws_piece p;
	struct ws *w;

	if (ws_new(&w) != ERR_NONE)
		return 0;
	for (; bytes.len > 0; bytes = view_after(bytes, each))
		for (ws_feed(w, view_first(bytes, each)); ws_next(w, &p);) {
			for (size_t i = 0; i < p.bytes.len; i++, len++)
				sum = sum * 1099511628211U + (unsigned char)p.bytes.at[i] + 1;
			if (p.kind != WS_PART || p.is_last)
				sum = hash_siphash(&key, &sum, sizeof(sum)) + p.kind + p.code;
			if (p.kind == WS_PART ? len > WS_MESSAGE_MAX : p.bytes.len > WS_CONTROL_MAX)
				abort();
			len = p.kind == WS_PART && p.is_last ? 0 : len;
		}
	sum += ws_is_midway(w);
	ws_free(&w);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view bytes = view_after(view_bytes(data, size), 1);

	if (size > 1 && hear_all(bytes, (size_t)data[0] % 64 + 1) != hear_all(bytes, bytes.len))
		abort();
	return 0;
}
