/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8259. */
#include "cli/report_json.h"
#include "base/date.h"
#include "cli/text.h"

#include <endian.h>

void cli_json_finish(struct buffer *b)
{
	if (b->len > 0 && b->at[b->len - 1] == ',')
		b->len--;
}

void cli_json_close(struct buffer *b, char bracket)
{
	char *at;

	cli_json_finish(b);
	at = buffer_room(b, 2);
	if (!at)
		return;
	at[0] = bracket;
	at[1] = ',';
}

void cli_json_name(struct buffer *b, struct view name)
{
	cli_json_text(b, CLI_JSON_ITEM, name);
	cli_json_finish(b);
	buffer_char(b, ':');
}

/* --- Texts --- */

static void write_control(struct buffer *b, char c)
{
	buffer_put(b, VIEW("\\u00"));
	buffer_hex(b, &c, 1);
}

static bool is_plain(char c)
{
	return (uint8_t)c >= 0x20 && (uint8_t)c < 0x7f && c != '"' && c != '\\';
}

/* Eight at a time: a byte's top bit is set where it may not stand for itself. Borrows reach
 * from such a byte into the ones behind it only, so that the first one is the right one. */
static uint64_t special_bytes(const char *at)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t x;

	memcpy(&x, at, sizeof(x));
	x = le64toh(x);
	return ((x - ones * 0x20) | ((x ^ ones * '"') - ones) | ((x ^ ones * '\\') - ones) |
	        ((x ^ ones * 0x7f) - ones) | x) &
	       ones * 0x80;
}

/* Copies what stands for itself at the front: how many bytes. Up to `size` may be written. */
static size_t copy_plain(char *at, const char *text, size_t size)
{
	size_t i = 0;

	for (; size - i >= 8; i += 8) {
		uint64_t special = special_bytes(text + i);

		memcpy(at + i, text + i, 8);
		if (special != 0)
			return i + (size_t)__builtin_ctzll(special) / 8;
	}
	for (; i < size && is_plain(text[i]); i++)
		at[i] = text[i];
	return i;
}

/* From the first character on that may not stand for itself; with the quote that ends. */
static void write_odd(struct buffer *b, struct view text)
{
	while (!view_is_empty(text)) {
		size_t run = cli_text_character(text);
		char *at;

		if (text.at[0] == '"' || text.at[0] == '\\') {
			buffer_char(b, '\\');
			buffer_char(b, text.at[0]);
		} else if (run == 0) {
			buffer_put(b, VIEW("\xef\xbf\xbd"));
		} else if (run == 1) {
			write_control(b, text.at[0]);
		} else {
			buffer_put(b, view_first(text, run));
		}
		text = view_after(text, run ? run : 1);
		at = buffer_room(b, text.len);
		if (!at)
			return;
		run = copy_plain(at, text.at, text.len);
		b->len -= text.len - run;
		text = view_after(text, run);
	}
	buffer_put(b, VIEW("\","));
}

/* Nearly all texts are of plain characters. One in an array may end with a NUL. */
static void write_text(struct buffer *b, struct view name, struct view text, bool is_array)
{
	char *at = cli_json_begin(b, name, text.len + 2);
	size_t run;

	if (!at)
		return;
	*at++ = '"';
	run = copy_plain(at, text.at, text.len);
	at += run;
	if (run == text.len || (is_array && text.at[run] == '\0')) {
		*at++ = '"';
		cli_json_end(b, at);
		return;
	}
	b->len = (size_t)(at - b->at);
	text = view_after(text, run);
	write_odd(b, is_array ? view_first(text, strnlen(text.at, text.len)) : text);
}

void cli_json_text(struct buffer *b, struct view name, struct view text)
{
	write_text(b, name, text, false);
}

void cli_json_array(struct buffer *b, struct view name, const char *text, size_t size)
{
	write_text(b, name, view_bytes(text, size), true);
}

/* --- Numbers, times, addresses --- */

void cli_json_thousandths(struct buffer *b, struct view name, uint64_t milli)
{
	uint32_t fraction = (uint32_t)(milli % 1000);
	char *at = cli_json_begin(b, name, BUFFER_DIGITS_MAX + 4);

	if (!at)
		return;
	at = buffer_digits(at, milli / 1000);
	if (fraction != 0) {
		*at++ = '.';
		*at++ = (char)('0' + fraction / 100);
		at = buffer_pair(at, fraction % 100);
		while (at[-1] == '0')
			at--;
	}
	cli_json_end(b, at);
}

void cli_json_time(struct buffer *b, struct view name, int64_t wall_us)
{
	static struct date_day day;
	char *at = cli_json_begin(b, name, DATE_TEXT_LEN + 2);

	if (!at)
		return;
	if (wall_us > 0) {
		*at++ = '"';
		at = date_put(at, wall_us, &day);
		*at++ = '"';
	} else {
		memcpy(at, "null", 4);
		at += 4;
	}
	cli_json_end(b, at);
}

static void write_address(struct buffer *b, struct view name, const struct addr *a, bool has_port)
{
	char *at = cli_json_begin(b, name, ADDR_TEXT_MAX + 2);

	if (!at)
		return;
	if (a->family == 0) {
		memcpy(at, "null", 4);
		cli_json_end(b, at + 4);
		return;
	}
	*at++ = '"';
	if (a->family == 4) {
		at = addr_put_v4(at, a);
	} else {
		b->len = (size_t)(at - b->at);
		if (has_port)
			addr_write_host(b, a);
		else
			addr_write(b, a);
		at = b->at + b->len;
	}
	if (has_port) {
		*at++ = ':';
		at = buffer_digits(at, a->port);
	}
	*at++ = '"';
	cli_json_end(b, at);
}

void cli_json_host(struct buffer *b, struct view name, const struct addr *a)
{
	write_address(b, name, a, false);
}

void cli_json_socket(struct buffer *b, struct view name, const struct addr *a)
{
	write_address(b, name, a, true);
}
