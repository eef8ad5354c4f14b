/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8259. */
#include "cli/report_json.h"
#include "base/date.h"
#include "cli/text.h"

#include <string.h>

static void begin(struct buffer *b, const char *name)
{
	char last = b->len ? b->at[b->len - 1] : '[';

	bool has_comma = last != '{' && last != '[' && last != '\n';
	size_t len = name ? strlen(name) : 0;
	char *at = buffer_room(b, (size_t)has_comma + (name ? len + 3 : 0));

	if (!at)
		return;
	if (has_comma)
		*at++ = ',';
	if (!name)
		return;
	*at++ = '"';
	memcpy(at, name, len);
	memcpy(at + len, "\":", 2);
}

void cli_json_open(struct buffer *b, const char *name, char bracket)
{
	begin(b, name);
	buffer_char(b, bracket);
}

void cli_json_close(struct buffer *b, char bracket) { buffer_char(b, bracket); }

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
 * from such a byte into the ones behind it only. */
static uint64_t special_bytes(const char *at)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t x;

	memcpy(&x, at, sizeof(x));
	return ((x - ones * 0x20) | ((x ^ ones * '"') - ones) | ((x ^ ones * '\\') - ones) |
	        ((x ^ ones * 0x7f) - ones) | x) &
	       ones * 0x80;
}

/* How many bytes at the front stand for themselves. */
static size_t plain_run(struct view text)
{
	size_t i = 0;

	while (text.len - i >= 8 && special_bytes(text.at + i) == 0)
		i += 8;
	while (i < text.len && is_plain(text.at[i]))
		i++;
	return i;
}

void cli_json_text(struct buffer *b, const char *name, struct view text)
{
	begin(b, name);
	buffer_char(b, '"');
	for (;;) {
		size_t run = plain_run(text);

		buffer_put(b, view_first(text, run));
		text = view_after(text, run);
		if (view_is_empty(text))
			break;
		run = cli_text_character(text);
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
	}
	buffer_char(b, '"');
}

void cli_json_number(struct buffer *b, const char *name, uint64_t number)
{
	begin(b, name);
	buffer_decimal(b, number);
}

void cli_json_thousandths(struct buffer *b, const char *name, uint64_t milli)
{
	begin(b, name);
	buffer_decimal(b, milli / 1000);
	if (milli % 1000 == 0)
		return;
	buffer_char(b, '.');
	buffer_char(b, (char)('0' + milli / 100 % 10));
	if (milli % 100)
		buffer_char(b, (char)('0' + milli / 10 % 10));
	if (milli % 10)
		buffer_char(b, (char)('0' + milli % 10));
}

void cli_json_yes(struct buffer *b, const char *name, bool is_so)
{
	begin(b, name);
	buffer_text(b, is_so ? "true" : "false");
}

void cli_json_time(struct buffer *b, const char *name, int64_t wall_us)
{
	begin(b, name);
	if (wall_us <= 0) {
		buffer_put(b, VIEW("null"));
		return;
	}
	buffer_char(b, '"');
	date_write(b, wall_us);
	buffer_char(b, '"');
}

static void write_address(struct buffer *b, const char *name, const struct addr *a,
                          void (*write)(struct buffer *b, const struct addr *a))
{
	begin(b, name);
	if (a->family == 0) {
		buffer_put(b, VIEW("null"));
		return;
	}
	buffer_char(b, '"');
	write(b, a);
	buffer_char(b, '"');
}

void cli_json_host(struct buffer *b, const char *name, const struct addr *a)
{
	write_address(b, name, a, addr_write);
}

void cli_json_socket(struct buffer *b, const char *name, const struct addr *a)
{
	write_address(b, name, a, addr_write_port);
}
