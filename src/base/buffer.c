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

void buffer_char(struct buffer *b, char c)
{
	char *at = buffer_room(b, 1);

	if (at)
		*at = c;
}

const char buffer_pairs[200] = {
	"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243"
	"4445464748495051525354555657585960616263646566676869707172737475767778798081828384858687"
	"888990919293949596979899"
};

/* 1233 / 4096 is a little more than the decimal digits of a bit: one too many at most. */
static size_t digits_of(uint64_t number)
{
	static const uint64_t least[] = {
		0,
		10,
		100,
		1000,
		10000,
		100000,
		1000000,
		10000000,
		100000000,
		1000000000,
		10000000000,
		100000000000,
		1000000000000,
		10000000000000,
		100000000000000,
		1000000000000000,
		10000000000000000,
		100000000000000000,
		1000000000000000000,
		10000000000000000000U,
	};
	unsigned guess = (64 - (unsigned)__builtin_clzll(number | 1)) * 1233 >> 12;

	return guess + (number >= least[guess]);
}

char *buffer_digits(char *at, uint64_t number)
{
	char *end, *to;

	if (number < 10) {
		*at = (char)('0' + number);
		return at + 1;
	}
	end = to = at + digits_of(number);
	for (; number >= 100; number /= 100)
		(void)buffer_pair(to -= 2, (uint32_t)(number % 100));
	if (number >= 10)
		(void)buffer_pair(to - 2, (uint32_t)number);
	else
		to[-1] = (char)('0' + number);
	return end;
}

void buffer_decimal(struct buffer *b, uint64_t number)
{
	char digits[BUFFER_DIGITS_MAX] __attribute__((uninitialized)); /* as many as were written */

	buffer_put(b, view_bytes(digits, (size_t)(buffer_digits(digits, number) - digits)));
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
