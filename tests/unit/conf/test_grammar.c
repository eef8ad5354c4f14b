/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens and the standard form. */
#include "conf/grammar.h"
#include "runner/test.h"

TEST(lexer_places, "gives each token its line and column")
{
	static const struct {
		enum conf_token_kind kind;
		const char *text;
		uint32_t line, column;
	} want[] = {
		{ CONF_TOKEN_WORD, "a#b", 1, 1 },
		{ CONF_TOKEN_OPEN, "{", 1, 4 },
		{ CONF_TOKEN_TEXT, "x \\\" y", 1, 6 },
		{ CONF_TOKEN_COMMA, ",", 1, 14 },
		{ CONF_TOKEN_COMMENT, "# note", 1, 16 },
		{ CONF_TOKEN_NEWLINE, "\n", 1, 25 },
		{ CONF_TOKEN_NEWLINE, "\r\n", 2, 1 },
		{ CONF_TOKEN_CLOSE, "}", 3, 2 },
		{ CONF_TOKEN_END, "", 3, 3 },
		{ CONF_TOKEN_END, "", 3, 3 },
	};
	struct conf_lexer l = conf_lexer_on(VIEW("a#b{ \"x \\\" y\", # note   \n\r\n\t}"));

	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		struct conf_token token = conf_lexer_next(&l);

		CHECK_CASE(token.kind == want[i].kind, want[i].text);
		CHECK_CASE(view_equal(token.text, view_of(want[i].text)), want[i].text);
		CHECK_CASE(token.line == want[i].line && token.column == want[i].column,
		           want[i].text);
	}
	return ERR_NONE;
}

TEST(lexer_bad, "stays at a byte that cannot stand")
{
	static const char *const texts[] = { "\x01",    "\r",    "\"a",  "\"a\nb\"",
		                             "\"\\n\"", "\"a\\", "\x7f", "\"\x01\"" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct conf_lexer l = conf_lexer_on(view_of(texts[i]));

		for (int again = 0; again < 3; again++)
			CHECK_CASE(conf_lexer_next(&l).kind == CONF_TOKEN_BAD, texts[i]);
	}
	return ERR_NONE;
}

TEST(token_texts, "takes the escapes out of a text, and says where it does not fit")
{
	struct conf_lexer l = conf_lexer_on(VIEW("\"a\\\"\\\\b\" word\\\""));
	struct conf_token text = conf_lexer_next(&l), word = conf_lexer_next(&l);
	char ret[8];

	TRY(conf_token_text(&text, ret, 5));
	CHECK(view_equal(view_of(ret), VIEW("a\"\\b")));
	CHECK(conf_token_text(&text, ret, 4) == ERR_LIMIT);
	TRY(conf_token_text(&word, ret, sizeof(ret)));
	CHECK(view_equal(view_of(ret), VIEW("word\\")));
	return ERR_NONE;
}

static const struct {
	const char *text, *want;
} forms[] = {
	{ "", "" },
	{ "\n\n\n", "" },
	{ "a", "a\n" },
	{ "a b   c\td\t\te", "a b  c d  e\n" },
	{ "a{b}", "a { b }\n" },
	{ "a {\nb\n\n\n\nc{\nd } \n}", "a {\n    b\n\n    c {\n        d }\n}\n" },
	{ "\n\n# one\n  # two\nx#y   # three", "# one\n# two\nx#y  # three\n" },
	{ "keep calls 90d ,incidents 400d", "keep calls 90d, incidents 400d\n" },
	{ "a \"x  y\"z\r\nb", "a \"x  y\" z\nb\n" },
};

TEST(format_forms, "writes a file in its standard form, and that form as it is")
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		char first[256], second[256];
		struct buffer once = BUFFER_ON(first), twice = BUFFER_ON(second);
		struct conf_token bad;

		TRY(conf_format(view_of(forms[i].text), &once, &bad));
		CHECK_CASE(view_equal(buffer_view(&once), view_of(forms[i].want)), forms[i].text);
		TRY(conf_format(buffer_view(&once), &twice, &bad));
		CHECK_CASE(view_equal(buffer_view(&twice), buffer_view(&once)), forms[i].text);
	}
	return ERR_NONE;
}

TEST(format_refuses, "refuses a file whose braces do not match or whose bytes cannot stand")
{
	static const struct {
		const char *text;
		uint32_t line;
	} cases[] = {
		{ "a {\nb\n", 3 },
		{ "a }\n", 1 },
		{ "a\n\x01", 2 },
		{ "{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{"
		  "{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{",
		  1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char storage[4096 * 8];
		struct buffer b = BUFFER_ON(storage);
		struct conf_token bad = { 0 };

		CHECK_CASE(conf_format(view_of(cases[i].text), &b, &bad) == ERR_SYNTAX,
		           cases[i].text);
		CHECK_CASE(bad.line == cases[i].line, cases[i].text);
	}
	return ERR_NONE;
}
