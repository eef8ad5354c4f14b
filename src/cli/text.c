/* SPDX-License-Identifier: Apache-2.0 */
/* What others wrote must not move the cursor, hide, or run in a spreadsheet. */
#include "cli/text.h"
#include "base/cursor.h"
#include <time.h>

/* One character at the front; 0 length where the bytes are no UTF-8. */
static uint32_t first_character(struct view text, size_t *ret_len)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t least;
	} forms[] = {
		{ 0x80, 0x00, 0 },
		{ 0xe0, 0xc0, 0x80 },
		{ 0xf0, 0xe0, 0x800 },
		{ 0xf8, 0xf0, 0x10000 },
	};
	const uint8_t *at = (const uint8_t *)text.at;

	for (size_t tail = 0; tail < 4; tail++) {
		uint32_t c = at[0] & (uint8_t)~forms[tail].mask;

		if ((at[0] & forms[tail].mask) != forms[tail].lead)
			continue;
		if (tail >= text.len)
			break;
		for (size_t i = 1; i <= tail; i++) {
			if ((at[i] & 0xc0) != 0x80)
				goto bad;
			c = c << 6 | (at[i] & 0x3f);
		}
		if (c < forms[tail].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			break;
		*ret_len = tail + 1;
		return c;
	}
bad:
	*ret_len = 0;
	return 0;
}

/* Controls (C0, DEL, C1), bidi controls, zero-width and invisible characters,
 * line separators, tags, byte order mark. */
static bool is_hidden(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x00, 0x1f },     { 0x7f, 0x9f },     { 0xad, 0xad },     { 0x61c, 0x61c },
		{ 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },
		{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xfff0, 0xfffb }, { 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

static void write_escape(struct buffer *b, uint32_t c)
{
	const uint8_t bytes[] = { (uint8_t)(c >> 16), (uint8_t)(c >> 8), (uint8_t)c };

	if (c < 0x100) {
		buffer_text(b, "\\x");
		buffer_hex(b, bytes + 2, 1);
		return;
	}
	buffer_text(b, "\\u{");
	buffer_hex(b, bytes + (c < 0x10000), c < 0x10000 ? 2 : 3);
	buffer_text(b, "}");
}

void cli_text_write(struct buffer *b, struct view text)
{
	while (!view_is_empty(text)) {
		size_t len;
		uint32_t c = first_character(text, &len);

		if (len == 0) {
			write_escape(b, (uint8_t)text.at[0]);
			len = 1;
		} else if (is_hidden(c)) {
			write_escape(b, c);
		} else {
			buffer_put(b, view_first(text, len));
		}
		text = view_after(text, len);
	}
}

size_t cli_text_character(struct view text)
{
	size_t len;

	(void)first_character(text, &len);
	return len;
}

size_t cli_text_width(struct view written)
{
	size_t width = 0;

	for (size_t i = 0; i < written.len; i++)
		if (((uint8_t)written.at[i] & 0xc0) != 0x80)
			width++;
	return width;
}

void cli_text_write_csv(struct buffer *b, struct view text)
{
	bool is_formula =
		text.len && (text.at[0] == '=' || text.at[0] == '+' || text.at[0] == '-' ||
	                     text.at[0] == '@' || text.at[0] == '\t' || text.at[0] == '\r');
	bool needs_quotes = false;

	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] == '"' || text.at[i] == ',' || (uint8_t)text.at[i] < 0x20)
			needs_quotes = true;
	buffer_text(b, needs_quotes ? "\"" : "");
	buffer_text(b, is_formula ? "'" : "");
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '"')
			buffer_char(b, '"');
		buffer_char(b, text.at[i]);
	}
	buffer_text(b, needs_quotes ? "\"" : "");
}

static int number_at(struct cursor *in, size_t len)
{
	uint64_t number = 0;

	if (!view_decimal(cursor_take(in, len), 9999, &number))
		cursor_fail(in, ERR_SYNTAX);
	return (int)number;
}

static enum err read_time(struct view text, struct tm *ret)
{
	struct cursor in = cursor_on(text);
	struct tm tm = { 0 };

	tm.tm_year = number_at(&in, 4) - 1900;
	cursor_expect(&in, '-');
	tm.tm_mon = number_at(&in, 2) - 1;
	cursor_expect(&in, '-');
	tm.tm_mday = number_at(&in, 2);
	cursor_expect(&in, 'T');
	tm.tm_hour = number_at(&in, 2);
	cursor_expect(&in, ':');
	tm.tm_min = number_at(&in, 2);
	cursor_expect(&in, ':');
	tm.tm_sec = number_at(&in, 2);
	if (cursor_skip(&in, '.'))
		(void)cursor_digits(&in);
	cursor_expect(&in, 'Z');
	cursor_end(&in);
	if (in.err == ERR_NONE)
		*ret = tm;
	return in.err;
}

void cli_text_write_time(struct buffer *b, struct view rfc3339)
{
	struct tm tm, local;
	char text[32];
	time_t seconds;

	if (read_time(rfc3339, &tm) != ERR_NONE) {
		cli_text_write(b, rfc3339);
		return;
	}
	seconds = timegm(&tm);
	if (localtime_r(&seconds, &local) &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local))
		buffer_text(b, text);
	else
		cli_text_write(b, rfc3339);
}
