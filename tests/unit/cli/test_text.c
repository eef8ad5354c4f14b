/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of strangers on a terminal and in a spreadsheet. */
#include "cli/text.h"
#include "runner/test.h"
#include <stdlib.h>
#include <time.h>

static const struct {
	const char *name, *text, *want;
} shown[] = {
	{ "plain", "201@example.com", "201@example.com" },
	{ "letters of others", "M\xc3\xbcller \xe6\x9d\x8e", "M\xc3\xbcller \xe6\x9d\x8e" },
	{ "an escape sequence", "\x1b[31mred", "\\x1b[31mred" },
	{ "a line break", "a\r\nb", "a\\x0d\\x0ab" },
	{ "a tab", "a\tb", "a\\x09b" },
	{ "DEL", "\x7f", "\\x7f" },
	{ "a C1 control",
	  "\xc2\x9b"
	  "31m",
	  "\\x9b31m" },
	{ "right-to-left override",
	  "\xe2\x80\xae"
	  "evil",
	  "\\u{202e}evil" },
	{ "an isolate", "\xe2\x81\xa6", "\\u{2066}" },
	{ "zero width",
	  "a\xe2\x80\x8b"
	  "b",
	  "a\\u{200b}b" },
	{ "a line separator", "\xe2\x80\xa8", "\\u{2028}" },
	{ "a tag", "\xf3\xa0\x81\x81", "\\u{0e0041}" },
	{ "a byte order mark", "\xef\xbb\xbf", "\\u{feff}" },
	{ "no UTF-8",
	  "a\xff"
	  "b\xc3",
	  "a\\xffb\\xc3" },
	{ "an overlong slash", "\xc0\xaf", "\\xc0\\xaf" },
	{ "a surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80" },
};

TEST(text_shown, "shows what cannot be seen or moves the cursor as an escape")
{
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		char text[128];
		struct buffer b = BUFFER_ON(text);

		cli_text_write(&b, view_of(shown[i].text));
		CHECK_CASE(view_equal(buffer_view(&b), view_of(shown[i].want)), shown[i].name);
	}
	return ERR_NONE;
}

static void show(struct view text)
{
	char room[512];
	struct buffer b = BUFFER_ON(room);

	cli_text_write(&b, text);
	cli_text_write_csv(&b, text);
	cli_text_write_time(&b, text);
}

TEST(text_cut, "reads nothing beyond a text that is cut off")
{
	test_truncations(VIEW("a\xc3\xbc\xe6\x9d\x8e\xf3\xa0\x81\x81\xff\"=\xf4\x90"), show);
	test_truncations(VIEW("2026-11-21T19:00:00.000Z"), show);
	return ERR_NONE;
}

static const struct {
	const char *text, *want;
} cells[] = {
	{ "plain", "plain" },
	{ "", "" },
	{ "a,b", "\"a,b\"" },
	{ "say \"x\"", "\"say \"\"x\"\"\"" },
	{ "a\nb", "\"a\nb\"" },
	{ "=1+1", "'=1+1" },
	{ "+44 151", "'+44 151" },
	{ "-1", "'-1" },
	{ "@x", "'@x" },
	{ "\t=1", "\"'\t=1\"" },
	{ "=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"" },
};

TEST(text_csv, "writes a cell that no spreadsheet takes for a formula or for two")
{
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		char text[128];
		struct buffer b = BUFFER_ON(text);

		cli_text_write_csv(&b, view_of(cells[i].text));
		CHECK_CASE(view_equal(buffer_view(&b), view_of(cells[i].want)), cells[i].text);
	}
	return ERR_NONE;
}

static const struct {
	const char *text, *want;
} times[] = {
	{ "2026-11-21T19:00:00.123Z", "2026-11-21 17:00:00" },
	{ "2026-01-01T01:30:00Z", "2025-12-31 23:30:00" },
	{ "2026-01-01", "2026-01-01" },
	{ "yesterday\x1b", "yesterday\\x1b" },
	{ "", "" },
};

TEST(text_times, "shows times of this place, and what is no time as it is")
{
	CHECK(setenv("TZ", "XXX2", 1) == 0);
	tzset();
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		char text[64];
		struct buffer b = BUFFER_ON(text);

		cli_text_write_time(&b, view_of(times[i].text));
		CHECK_CASE(view_equal(buffer_view(&b), view_of(times[i].want)), times[i].text);
	}
	return ERR_NONE;
}
