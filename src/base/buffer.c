/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded writing with the first error kept. A put that does not fit writes
 * nothing at all, so what stands in the buffer always ends at a put. */
#include "base/buffer.h"

struct buffer buffer_on(void *storage, size_t max)
{
	return (struct buffer){ .at = storage, .max = max };
}

char *buffer_room(struct buffer *b, size_t len)
{
	char *at;

	if (b->err != ERR_NONE)
		return NULL;
	if (len > b->max - b->len) {
		b->err = ERR_LIMIT;
		return NULL;
	}
	at = b->at + b->len;
	b->len += len;
	return at;
}

void buffer_put(struct buffer *b, struct view v)
{
	char *at;

	if (v.len == 0)
		return;
	at = buffer_room(b, v.len);
	if (at)
		memcpy(at, v.at, v.len);
}

void buffer_text(struct buffer *b, const char *text) { buffer_put(b, view_of(text)); }

void buffer_char(struct buffer *b, char c)
{
	char *at = buffer_room(b, 1);

	if (at)
		*at = c;
}

void buffer_decimal(struct buffer *b, uint64_t number)
{
	char digits[20]; /* 2^64 - 1 has 20 */
	size_t first = sizeof(digits);

	/* By pairs: each step waits for the division before it. */
	for (; number >= 10; number /= 100) {
		uint32_t pair = (uint32_t)(number % 100);

		digits[--first] = (char)('0' + pair % 10);
		digits[--first] = (char)('0' + pair / 10);
	}
	if (number > 0 || first == sizeof(digits))
		digits[--first] = (char)('0' + number);
	buffer_put(b, view_bytes(digits + first, sizeof(digits) - first));
}

void buffer_hex(struct buffer *b, const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *from = bytes;
	char *at;

	if (len > SIZE_MAX / 2) {
		buffer_fail(b, ERR_LIMIT);
		return;
	}
	at = len > 0 ? buffer_room(b, 2 * len) : NULL;
	if (!at)
		return;
	for (size_t i = 0; i < len; i++) {
		*at++ = digits[from[i] >> 4];
		*at++ = digits[from[i] & 15];
	}
}

void buffer_u16(struct buffer *b, uint16_t number)
{
	const uint8_t bytes[] = { (uint8_t)(number >> 8), (uint8_t)number };

	buffer_put(b, view_bytes(bytes, sizeof(bytes)));
}

void buffer_u32(struct buffer *b, uint32_t number)
{
	const uint8_t bytes[] = { (uint8_t)(number >> 24), (uint8_t)(number >> 16),
		                  (uint8_t)(number >> 8), (uint8_t)number };

	buffer_put(b, view_bytes(bytes, sizeof(bytes)));
}

void buffer_fail(struct buffer *b, enum err err)
{
	if (b->err == ERR_NONE)
		b->err = err;
}

void buffer_reset(struct buffer *b)
{
	b->len = 0;
	b->err = ERR_NONE;
}

struct view buffer_view(const struct buffer *b) { return (struct view){ b->at, b->len }; }
