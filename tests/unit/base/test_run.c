/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of bytes: by sixteen and one by one the same, up to the last byte that is ours. */
#include "base/run.h"
#include "runner/test.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LOWER (RUN_DIGITS | RUN_BYTE(' ') | RUN_BYTE('?'))
#define UPPER (RUN_LETTERS | RUN_BYTE('@'))

static const struct run_set ascii = { .rows = RUN_ROWS(LOWER, UPPER) };
static const struct run_set beyond = { .rows = RUN_ROWS(LOWER, UPPER), .has_high = true };

TEST(run_sets, "holds exactly the bytes that a set was written with")
{
	for (int byte = 0; byte < 256; byte++) {
		bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
		bool is_digit = byte >= '0' && byte <= '9';
		bool is_in = is_letter || is_digit || byte == ' ' || byte == '?' || byte == '@';

		CHECK(run_holds(&ascii, (char)byte) == is_in);
		CHECK(run_holds(&beyond, (char)byte) == (is_in || byte >= 0x80));
	}
	return ERR_NONE;
}

TEST(run_each_byte, "tells every byte alike by sixteen and one by one")
{
	char text[40];

	for (int byte = 0; byte < 256; byte++)
		for (size_t at = 0; at < sizeof(text); at++) {
			const char *end = text + sizeof(text);

			memset(text, 'x', sizeof(text));
			text[at] = (char)byte;
			CHECK(run_end(text, end, &ascii) == run_end_plain(text, end, &ascii));
			CHECK(run_end(text, end, &beyond) == run_end_plain(text, end, &beyond));
		}
	return ERR_NONE;
}

/* A page of 'x', and one behind it that nobody may look into; NULL where there is none. */
static char *page_before_none(size_t page)
{
	char *pages =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		return NULL;
	memset(pages, 'x', page);
	return mprotect(pages + page, page, PROT_NONE) == 0 ? pages : NULL;
}

TEST(run_ends, "ends with what is its own, and looks into no page behind it")
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages = page_before_none(page);

	CHECK(pages != NULL);
	for (size_t behind = 0; behind < 40; behind++)
		for (size_t len = 0; len < 40; len++) {
			const char *end = pages + page - behind;

			CHECK(run_end(end - len, end, &ascii) == end);
			CHECK(run_end_plain(end - len, end, &ascii) == end);
		}
	CHECK(munmap(pages, 2 * page) == 0);
	return ERR_NONE;
}

static uint64_t places_of(const char *at, size_t len, char byte)
{
	uint64_t places = 0;

	for (size_t i = 0; i < len; i++)
		places |= (uint64_t)(at[i] == byte) << i;
	return places;
}

TEST(run_places, "tells where a byte stands, to the last of 64 and at the end of what is its own")
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(pages != MAP_FAILED);
	for (size_t i = 0; i < page; i++)
		pages[i] = i % 3 && i % 7 ? '.' : 'x';
	CHECK(mprotect(pages + page, page, PROT_NONE) == 0);
	for (size_t behind = 0; behind < 80; behind++)
		for (size_t len = 0; len <= RUN_PLACES; len++) {
			const char *at = pages + page - behind - len;

			CHECK(run_places(at, len, '.') == places_of(at, len, '.'));
			CHECK(run_places(at, len, '?') == 0);
		}
	CHECK(munmap(pages, 2 * page) == 0);
	return ERR_NONE;
}

TEST(run_digits, "copies what is there, and tells the ten digits from all else")
{
	char bytes[RUN_LOAD], text[RUN_LOAD];

	for (size_t len = 0; len <= RUN_LOAD; len++) {
		memset(text, 'x', sizeof(text));
		run_load(text, len, bytes);
		CHECK(memcmp(bytes, text, len) == 0);
	}
	for (int byte = 0; byte < 256; byte++)
		for (size_t at = 0; at < RUN_LOAD; at++) {
			bool is_digit = byte >= '0' && byte <= '9';

			memset(text, '/', sizeof(text));
			text[at] = (char)byte;
			CHECK(run_digits(text) == (is_digit ? 1U << at : 0));
		}
	return ERR_NONE;
}

static bool is_missed(struct run_misses m, size_t i)
{
	return ((i < 64 ? m.low >> i : m.high >> (i - 64)) & 1) != 0;
}

/* All ways, and the choice among them; room for what they load from behind the end. */
static bool misses_agree(const char *at, size_t len)
{
	for (size_t way = 0; way == 0 || run_misses_by(way - 1); way++) {
		struct run_misses m = run_misses_by(way) ? run_misses_by(way)(at, len, &ascii)
		                                         : run_misses(at, len, &ascii);

		for (size_t i = 0; i < len; i++)
			if (is_missed(m, i) == run_holds(&ascii, at[i]))
				return false;
		if (!is_missed(m, len))
			return false;
	}
	return true;
}

TEST(run_misses, "tells what is not in a set by each way alike, and sets an end behind it")
{
	char text[RUN_SPAN + RUN_MARGIN];

	for (size_t len = 1; len < RUN_SPAN; len++) {
		memset(text, 'x', sizeof(text));
		CHECK(misses_agree(text, len));
		memset(text, '.', sizeof(text));
		CHECK(misses_agree(text, len));
	}
	for (int byte = 0; byte < 256; byte++)
		for (size_t at = 0; at < RUN_SPAN - 1; at++) {
			memset(text, 'x', sizeof(text));
			text[at] = (char)byte;
			CHECK(misses_agree(text, RUN_SPAN - 1));
		}
	return ERR_NONE;
}

TEST(run_misses_end, "looks for what is not in a set into no page behind the last byte")
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages = page_before_none(page);

	CHECK(pages != NULL);
	for (size_t behind = 0; behind < 40; behind++)
		for (size_t len = 1; len < RUN_SPAN; len++) {
			const char *at = pages + page - behind - len;
			struct run_misses m = run_misses(at, len, &ascii);

			CHECK(is_missed(m, len) && !is_missed(m, 0) && !is_missed(m, len - 1));
		}
	CHECK(munmap(pages, 2 * page) == 0);
	return ERR_NONE;
}
