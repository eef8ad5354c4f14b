/* SPDX-License-Identifier: Apache-2.0 */
/* Covers capture_fragments_take: a datagram that is cut anywhere and sent in any order,
 * some of it again, comes out as it was; odd pieces only ever refuse it. */
#include "base/cursor.h"
#include "capture/fragment.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[64 * 8];
	struct cursor in = cursor_on(view_bytes(data, size));
	static struct capture_skipped skipped;
	static struct capture_fragments *f; /* empty again after each end */
	struct capture_whole whole;
	uint64_t sent = 0;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7 / 3);
	if (!f && capture_fragments_new(&(struct hash_key){ { 0 } }, &skipped, &f) != ERR_NONE)
		abort();
	while (!cursor_is_at_end(&in)) {
		uint32_t from = cursor_byte(&in) % 64, len = cursor_byte(&in) % 64 + 1;
		struct capture_fragment p = { .offset = from * 8, .from.family = 4 };
		len = from + len > 64 ? 64 - from : len;
		p.bytes = view_bytes(text + from * 8, len * 8);
		p.is_last = from + len == 64;
		sent |= (len == 64 ? UINT64_MAX : (UINT64_C(1) << len) - 1) << from;
		if (capture_fragments_take(f, &p, &whole) != ERR_NONE)
			continue;
		if (sent != UINT64_MAX || !view_equal(whole.bytes, view_bytes(text, sizeof(text))))
			abort();
		capture_fragments_give(f, &whole);
		sent = 0;
	}
	capture_fragments_end(f);
	return 0;
}
