/* SPDX-License-Identifier: Apache-2.0 */
/* The borrowed run of bytes. */
#include "base/view.h"
#include "runner/test.h"

TEST(view_compares, "compares byte for byte, and letters without case where asked")
{
	static const struct {
		const char *a, *b;
		bool same, alike;
	} cases[] = {
		{ "abc", "abc", true, true },
		{ "abc", "ABC", false, true },
		{ "abc", "abcd", false, false },
		{ "", "", true, true },
		{ "@", "`", false, false }, /* one bit apart like letters, yet none */
		{ "[", "{", false, false },
		{ "\xc4", "\xe4", false, false }, /* letters of Latin-1 are no ASCII */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct view a = view_of(cases[i].a), b = view_of(cases[i].b);

		CHECK_CASE(view_equal(a, b) == cases[i].same, cases[i].a);
		CHECK_CASE(view_equal_nocase(a, b) == cases[i].alike, cases[i].a);
	}
	CHECK(view_equal(VIEW_EMPTY, VIEW("")));
	return ERR_NONE;
}

TEST(view_starts, "knows how a view starts, also where the prefix is longer")
{
	CHECK(view_starts(VIEW("sip:a"), VIEW("sip:")));
	CHECK(!view_starts(VIEW("SIP:a"), VIEW("sip:")));
	CHECK(view_starts_nocase(VIEW("SIP:a"), VIEW("sip:")));
	CHECK(!view_starts(VIEW("si"), VIEW("sip:")));
	CHECK(!view_starts_nocase(VIEW_EMPTY, VIEW("s")));
	CHECK(view_starts(VIEW_EMPTY, VIEW_EMPTY));
	return ERR_NONE;
}

TEST(view_finds, "finds bytes and parts, and the end where there are none")
{
	struct view v = VIEW("a=b=c");

	CHECK(view_find(v, '=', 0) == 1);
	CHECK(view_find(v, '=', 1) == 1);
	CHECK(view_find(v, '=', 2) == 3);
	CHECK(view_find(v, '=', 4) == 5);
	CHECK(view_find(v, '=', 99) == 5);
	CHECK(view_find(VIEW_EMPTY, '=', 0) == 0);
	CHECK(view_contains(v, VIEW("b=")));
	CHECK(!view_contains(v, VIEW("b=d")));
	CHECK(!view_contains(VIEW("ab"), VIEW("abc")));
	CHECK(view_contains(VIEW_EMPTY, VIEW_EMPTY));
	return ERR_NONE;
}

TEST(view_parts, "clamps its parts to itself")
{
	struct view v = VIEW("abc");

	CHECK(view_equal(view_after(v, 1), VIEW("bc")));
	CHECK(view_is_empty(view_after(v, 3)));
	CHECK(view_is_empty(view_after(v, 99)));
	CHECK(view_equal(view_first(v, 2), VIEW("ab")));
	CHECK(view_equal(view_first(v, 99), v));
	CHECK(view_equal(view_trim(VIEW(" \t\r\nab \n")), VIEW("ab")));
	CHECK(view_is_empty(view_trim(VIEW(" \t "))));
	CHECK(view_is_empty(view_trim(VIEW_EMPTY)));
	CHECK(view_is_empty(view_of(NULL)));
	return ERR_NONE;
}

TEST(view_decimals, "reads a whole view as a number or leaves the result alone")
{
	static const struct {
		const char *text;
		uint64_t max, want;
		bool is_number;
	} cases[] = {
		{ "0", 10, 0, true },
		{ "10", 10, 10, true },
		{ "11", 10, 0, false },
		{ "0000000000000000000000010", 10, 10, true },
		{ "18446744073709551615", UINT64_MAX, UINT64_MAX, true },
		{ "18446744073709551616", UINT64_MAX, 0, false },
		{ "99999999999999999999", UINT64_MAX, 0, false },
		{ "", 10, 0, false },
		{ "+1", 10, 0, false },
		{ " 1", 10, 0, false },
		{ "1 ", 10, 0, false },
		{ "1a", 10, 0, false },
		{ "/", 10, 0, false },
		{ ":", 10, 0, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t number = 77;

		CHECK_CASE(view_decimal(view_of(cases[i].text), cases[i].max, &number) ==
		                   cases[i].is_number,
		           cases[i].text);
		CHECK_CASE(number == (cases[i].is_number ? cases[i].want : 77), cases[i].text);
	}
	return ERR_NONE;
}

TEST(view_copies, "copies with a NUL, cut where it does not fit, and says so")
{
	char array[4];

	CHECK(VIEW_COPY(VIEW("abc"), array));
	CHECK(memcmp(array, "abc", 4) == 0);
	CHECK(!VIEW_COPY(VIEW("abcd"), array));
	CHECK(memcmp(array, "abc", 4) == 0);
	CHECK(VIEW_COPY(VIEW_EMPTY, array));
	CHECK(array[0] == '\0');
	CHECK(!view_copy(VIEW("a"), array, 0));
	return ERR_NONE;
}
