/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded writing with the first error kept. */
#include "base/buffer.h"
#include "runner/test.h"
#include <inttypes.h>
#include <stdio.h>

static bool holds(const struct buffer *b, const char *text)
{
	return view_equal(buffer_view(b), view_of(text));
}

TEST(buffer_writes, "writes texts, numbers, hex and network order")
{
	char storage[64];
	struct buffer b = BUFFER_ON(storage);

	buffer_text(&b, "n=");
	buffer_decimal(&b, 0);
	buffer_char(&b, ' ');
	buffer_decimal(&b, UINT64_MAX);
	buffer_char(&b, ' ');
	buffer_hex(&b, "\x00\xaf\x09", 3);
	buffer_put(&b, VIEW_EMPTY);
	CHECK(b.err == ERR_NONE);
	CHECK(holds(&b, "n=0 18446744073709551615 00af09"));

	buffer_reset(&b);
	buffer_u16(&b, 0x0102);
	buffer_u32(&b, 0xfffefdfc);
	CHECK(view_equal(buffer_view(&b), VIEW("\x01\x02\xff\xfe\xfd\xfc")));
	return ERR_NONE;
}

TEST(buffer_full, "fills to the last byte, then writes nothing, whole or in part")
{
	char storage[4] = "____";
	struct buffer b = buffer_on(storage, 3);

	buffer_text(&b, "ab");
	buffer_text(&b, "cd");
	CHECK(b.err == ERR_LIMIT);
	CHECK(holds(&b, "ab"));
	buffer_char(&b, 'c');
	CHECK(holds(&b, "ab"));
	CHECK(memcmp(storage, "ab__", 4) == 0);

	buffer_reset(&b);
	buffer_text(&b, "abc");
	CHECK(b.err == ERR_NONE && holds(&b, "abc"));
	buffer_char(&b, 'd');
	CHECK(b.err == ERR_LIMIT && storage[3] == '_');
	return ERR_NONE;
}

TEST(buffer_limits, "survives lengths that would overflow")
{
	char storage[4];
	struct buffer b = BUFFER_ON(storage);

	buffer_hex(&b, storage, SIZE_MAX / 2 + 1);
	CHECK(b.err == ERR_LIMIT);
	buffer_reset(&b);
	buffer_put(&b, view_bytes(storage, SIZE_MAX));
	CHECK(b.err == ERR_LIMIT && b.len == 0);
	return ERR_NONE;
}

TEST(buffer_fails, "keeps the first error that it was told")
{
	char storage[4];
	struct buffer b = BUFFER_ON(storage);

	buffer_fail(&b, ERR_DENIED);
	buffer_fail(&b, ERR_LIMIT);
	buffer_text(&b, "toolong");
	CHECK(b.err == ERR_DENIED && b.len == 0);
	return ERR_NONE;
}

TEST(buffer_decimals, "writes numbers of any length")
{
	char storage[64];
	struct buffer b = BUFFER_ON(storage);

	for (uint64_t number = 1; number <= 1000000; number *= 10) {
		buffer_decimal(&b, number - 1);
		buffer_char(&b, ' ');
		buffer_decimal(&b, number);
		buffer_char(&b, ' ');
	}
	CHECK(holds(&b, "0 1 9 10 99 100 999 1000 9999 10000 99999 100000 999999 1000000 "));
	return ERR_NONE;
}

TEST(buffer_digits_alike, "writes each number next to a power of two or ten as printf does")
{
	for (unsigned base = 2; base <= 10; base += 8) {
		for (uint64_t power = 1; power <= UINT64_MAX / base; power *= base) {
			for (uint64_t number = power - 1; number <= power + 1; number++) {
				char want[32], have[BUFFER_DIGITS_MAX];
				size_t len =
					(size_t)snprintf(want, sizeof(want), "%" PRIu64, number);

				CHECK(buffer_digits(have, number) == have + len);
				CHECK(memcmp(have, want, len) == 0);
			}
		}
	}
	return ERR_NONE;
}

TEST(buffer_rooms, "gives room that counts as written, or none")
{
	char storage[4], *at;
	struct buffer b = BUFFER_ON(storage);

	at = buffer_room(&b, 3);
	CHECK(at == storage && b.len == 3);
	CHECK(!buffer_room(&b, 2) && b.err == ERR_LIMIT && b.len == 3);
	CHECK(!buffer_room(&b, 1));
	return ERR_NONE;
}
