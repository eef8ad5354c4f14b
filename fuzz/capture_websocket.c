/* SPDX-License-Identifier: Apache-2.0 */
/* Covers capture/websocket.c: however the bytes are cut, the same messages come out.
 * The first byte is the size of the pieces. */
#include <stdlib.h>

#include "base/hash.h"
#include "capture/websocket.h"

static void hear(void *context, struct view bytes)
{
	static const struct hash_key key = { { 1 } };
	uint64_t *sum = context;

	*sum = *sum * 31 + hash_siphash(&key, bytes.at, bytes.len) + 1;
}

static void skip(void *context) { (*(uint64_t *)context)++; }

static uint64_t hear_all(struct view bytes, size_t piece)
{
	struct capture_websocket w = { .pass = 0 };
	uint64_t sum = 0;
	const struct capture_websocket_sink sink = { &sum, hear, skip };

	while (bytes.len > 0 &&
	       capture_websocket_take(&w, view_first(bytes, piece), &sink) == ERR_NONE)
		bytes = view_after(bytes, piece);
	capture_websocket_clear(&w);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view bytes = view_after(view_bytes(data, size), 1);
	size_t end = 0;

	if (capture_websocket_upgrade(bytes, &end) == CAPTURE_UPGRADE_DONE && end > bytes.len)
		abort();
	(void)capture_websocket_starts(bytes);
	if (size > 0 && hear_all(bytes, bytes.len) != hear_all(bytes, data[0] + 1u))
		abort();
	return 0;
}
