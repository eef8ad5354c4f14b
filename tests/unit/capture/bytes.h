/* SPDX-License-Identifier: Apache-2.0 */
/* Writes capture files and packets by hand, in either byte order. */
#ifndef UNIT_CAPTURE_BYTES_H
#define UNIT_CAPTURE_BYTES_H

#include "base/buffer.h"

struct bytes {
	char at[8192];
	size_t len;
	bool is_big;
};

static inline void bytes_put(struct bytes *b, struct view v)
{
	struct buffer out = buffer_on(b->at + b->len, sizeof(b->at) - b->len);

	buffer_put(&out, v);
	b->len += out.len;
}

static inline void bytes_number(struct bytes *b, uint64_t number, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		size_t place = b->is_big ? size - 1 - i : i;
		char byte = (char)(number >> (8 * place));

		bytes_put(b, view_bytes(&byte, 1));
	}
}

static inline void bytes_u16(struct bytes *b, unsigned number) { bytes_number(b, number, 2); }
static inline void bytes_u32(struct bytes *b, uint32_t number) { bytes_number(b, number, 4); }
static inline struct view bytes_view(const struct bytes *b) { return view_bytes(b->at, b->len); }

/* pcapng: a block with its padding. */
static inline void bytes_block(struct bytes *b, uint32_t type, struct view body)
{
	uint32_t len = (uint32_t)(body.len + 3) / 4 * 4 + 12;

	bytes_u32(b, type);
	bytes_u32(b, len);
	bytes_put(b, body);
	bytes_number(b, 0, (4 - body.len % 4) % 4);
	bytes_u32(b, len);
}

#endif
