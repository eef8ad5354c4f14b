/* SPDX-License-Identifier: Apache-2.0 */
/* 128 bits in hex: two SipHashes that differ in a first byte. */
#include "border/names.h"

#include <string.h>

enum { TEXT_MAX = 2048 };

/* Pieces are joined with their lengths, so that ("ab","c") and ("a","bc") differ. */
static size_t join(char text[TEXT_MAX], enum names_purpose purpose, const struct view *pieces,
                   size_t count)
{
	struct buffer b = buffer_on(text, TEXT_MAX);

	buffer_u16(&b, (uint16_t)purpose);
	for (size_t i = 0; i < count; i++) {
		/* What does not fit is cut, and its length still counts. */
		size_t room = TEXT_MAX - b.len;
		size_t wanted = pieces[i].len + sizeof(uint32_t);

		if (room < sizeof(uint32_t))
			break;
		buffer_u32(&b, (uint32_t)pieces[i].len);
		buffer_put(&b, view_first(pieces[i], wanted <= room ? pieces[i].len
		                                                    : room - sizeof(uint32_t)));
	}
	return b.len;
}

void names_write(struct buffer *b, const struct hash_key *key, enum names_purpose purpose,
                 const struct view *pieces, size_t count)
{
	char text[TEXT_MAX] __attribute__((uninitialized)); /* its length guards it */
	size_t len = join(text, purpose, pieces, count);
	uint64_t halves[2];

	halves[0] = hash_siphash(key, text, len);
	text[0] ^= 0x40;
	halves[1] = hash_siphash(key, text, len);
	buffer_hex(b, halves, sizeof(halves));
}

void names_own(struct buffer *b, unsigned owners, unsigned owner)
{
	if (owners > 1 && b->err == ERR_NONE && b->len >= NAMES_HASH_LEN)
		b->at[b->len - NAMES_HASH_LEN] = (char)('0' + owner);
}

static uint64_t number(const struct hash_key *key, enum names_purpose purpose,
                       const struct view *pieces, size_t count)
{
	char text[TEXT_MAX] __attribute__((uninitialized)); /* its length guards it */

	return hash_siphash(key, text, join(text, purpose, pieces, count));
}

uint64_t names_serial(const struct hash_key *key, const struct view *pieces, size_t count)
{
	return number(key, NAMES_SERIAL, pieces, count);
}

uint32_t names_target(const struct hash_key *key, const struct view *pieces, size_t count)
{
	return (uint32_t)number(key, NAMES_TARGET, pieces, count);
}
