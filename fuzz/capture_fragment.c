/* SPDX-License-Identifier: Apache-2.0 */
/* Covers capture_fragments_take: a datagram that is cut anywhere and sent in any order,
 * some of it again, comes out as it was; odd pieces only ever refuse it. Two bytes are a piece:
 * where it begins, and how long it is; from 192 on, of a datagram that has no other. */
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
		uint32_t how = cursor_byte(&in), from = how % 64, len = cursor_byte(&in) % 64 + 1;
		struct capture_fragment p = { .offset = from * 8, .from.family = 4 };
		p.bytes = view_first(view_after(view_bytes(text, sizeof(text)), from * 8), len * 8);
		p.id = how >= 192 ? (uint32_t)(in.end - in.at) + 1 : 0;
		p.is_last = from + len >= 64 && p.id == 0;
		sent |= p.id ? 0 : UINT64_MAX >> (64 - len) << from;
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
