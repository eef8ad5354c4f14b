/* SPDX-License-Identifier: Apache-2.0 */
/* Left-to-right reading with the first error kept. */
#include "base/cursor.h"
#include "runner/test.h"

TEST(cursor_sticks, "keeps its first error, moves no more and returns nothing")
{
	struct cursor in = cursor_on(VIEW("ab12"));

	cursor_expect(&in, 'x');
	CHECK(in.err == ERR_SYNTAX);
	CHECK(cursor_is_at_end(&in));
	CHECK(cursor_peek(&in) == -1);
	CHECK(!cursor_skip(&in, 'a'));
	CHECK(view_is_empty(cursor_token(&in)));
	CHECK(view_is_empty(cursor_take(&in, 1)));
	CHECK(view_is_empty(cursor_digits(&in)));
	CHECK(view_is_empty(cursor_until(&in, '1')));
	CHECK(view_is_empty(cursor_quoted(&in)));
	CHECK(cursor_byte(&in) == 0 && cursor_u16(&in) == 0 && cursor_u32(&in) == 0);
	CHECK(cursor_decimal(&in, 9) == 0);
	cursor_blanks(&in);
	cursor_expect_text(&in, VIEW("ab"));
	cursor_end(&in);
	cursor_fail(&in, ERR_LIMIT);
	CHECK(in.err == ERR_SYNTAX);
	CHECK(view_equal(cursor_rest(&in), VIEW("ab12")));
	return ERR_NONE;
}

TEST(cursor_short, "tells a text that ends from one that differs")
{
	static const struct {
		const char *text;
		enum err want;
	} cases[] = {
		{ "", ERR_SHORT },     { "SI", ERR_SHORT }, { "SIP", ERR_NONE },
		{ "SIX", ERR_SYNTAX }, { "X", ERR_SYNTAX },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cursor in = cursor_on(view_of(cases[i].text));

		cursor_expect_text(&in, VIEW("SIP"));
		CHECK_CASE(in.err == cases[i].want, cases[i].text);
	}
	return ERR_NONE;
}

TEST(cursor_empty, "reads an empty view that holds no address")
{
	struct cursor in = cursor_on(VIEW_EMPTY);

	CHECK(cursor_is_at_end(&in));
	cursor_blanks(&in);
	CHECK(view_is_empty(cursor_until(&in, 'x')));
	cursor_end(&in);
	CHECK(in.err == ERR_NONE);
	(void)cursor_byte(&in);
	CHECK(in.err == ERR_SHORT);
	return ERR_NONE;
}

TEST(cursor_tokens, "takes exactly the bytes of a token")
{
	static const char marks[] = "-.!%*_+`'~";

	for (int byte = 0; byte < 256; byte++) {
		bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
		bool is_digit = byte >= '0' && byte <= '9';
		bool is_token = is_letter || is_digit || (byte != 0 && strchr(marks, byte));
		char text[2] = { (char)byte, ';' };
		struct cursor in = cursor_on(view_bytes(text, sizeof(text)));
		struct view token = cursor_token(&in);

		CHECK(token.len == (is_token ? 1 : 0));
		CHECK(in.err == (is_token ? ERR_NONE : ERR_SYNTAX));
		CHECK(cursor_is_token_byte((char)byte) == is_token);
	}
	return ERR_NONE;
}

TEST(cursor_numbers, "reads decimals up to their maximum and network order")
{
	static const struct {
		const char *text;
		uint32_t max;
		enum err err;
		uint32_t want;
	} cases[] = {
		{ "4294967295", UINT32_MAX, ERR_NONE, UINT32_MAX },
		{ "4294967296", UINT32_MAX, ERR_LIMIT, 0 },
		{ "99999999999999999999999999", UINT32_MAX, ERR_LIMIT, 0 },
		{ "70", 70, ERR_NONE, 70 },
		{ "71", 70, ERR_LIMIT, 0 },
		{ "a", 70, ERR_SYNTAX, 0 },
		{ "", 70, ERR_SHORT, 0 },
	};
	struct cursor in;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		in = cursor_on(view_of(cases[i].text));
		CHECK_CASE(cursor_decimal(&in, cases[i].max) == cases[i].want, cases[i].text);
		CHECK_CASE(in.err == cases[i].err, cases[i].text);
	}
	in = cursor_on(VIEW("\x01\x02\x80\xff\xfe\xfd\xfc"));
	CHECK(cursor_byte(&in) == 1);
	CHECK(cursor_u16(&in) == 0x0280);
	CHECK(cursor_u32(&in) == 0xfffefdfc);
	CHECK(in.err == ERR_NONE);
	CHECK(cursor_u16(&in) == 0 && in.err == ERR_SHORT);
	return ERR_NONE;
}

TEST(cursor_takes, "takes what there is and not a byte more")
{
	struct cursor in = cursor_on(VIEW("abcd"));

	CHECK(view_equal(cursor_take(&in, 3), VIEW("abc")));
	CHECK(view_is_empty(cursor_take(&in, SIZE_MAX)));
	CHECK(in.err == ERR_SHORT);
	CHECK(view_equal(cursor_rest(&in), VIEW("d")));

	in = cursor_on(VIEW("a,b"));
	CHECK(view_equal(cursor_until(&in, ','), VIEW("a")));
	CHECK(cursor_skip(&in, ','));
	CHECK(view_equal(cursor_until(&in, ','), VIEW("b")));
	cursor_end(&in);
	CHECK(in.err == ERR_NONE);
	return ERR_NONE;
}

TEST(cursor_quotes, "reads a quoted text with its escapes, and no control bytes")
{
	static const struct {
		const char *text;
		enum err err;
		const char *want;
	} cases[] = {
		{ "\"abc\"", ERR_NONE, "abc" },       { "\"\"", ERR_NONE, "" },
		{ "\"a\\\"b\"", ERR_NONE, "a\\\"b" }, { "\"a\\\\\"", ERR_NONE, "a\\\\" },
		{ "\"a\tb\"", ERR_NONE, "a\tb" },     { "\"\xc3\xa4\"", ERR_NONE, "\xc3\xa4" },
		{ "abc\"", ERR_SYNTAX, "" },          { "\"abc", ERR_SHORT, "" },
		{ "\"abc\\", ERR_SHORT, "" },         { "\"abc\\\"", ERR_SHORT, "" },
		{ "\"a\rb\"", ERR_SYNTAX, "" },       { "\"a\\\nb\"", ERR_SYNTAX, "" },
		{ "\"a\x7f\"", ERR_SYNTAX, "" },      { "", ERR_SHORT, "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cursor in = cursor_on(view_of(cases[i].text));
		struct view got = cursor_quoted(&in);

		CHECK_CASE(in.err == cases[i].err, cases[i].text);
		CHECK_CASE(view_equal(got, view_of(cases[i].want)), cases[i].text);
	}
	return ERR_NONE;
}

static void read_all(struct view text)
{
	struct cursor in = cursor_on(text);

	(void)cursor_token(&in);
	cursor_blanks(&in);
	(void)cursor_decimal(&in, 100);
	cursor_expect(&in, ',');
	(void)cursor_quoted(&in);
	(void)cursor_u32(&in);
	cursor_end(&in);
}

TEST(cursor_truncated, "reads no byte beyond any truncation")
{
	test_truncations(VIEW("token \t99,\"q\\\"uoted\"\x01\x02\x03\x04"), read_all);
	return ERR_NONE;
}
