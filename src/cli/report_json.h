/* SPDX-License-Identifier: Apache-2.0 */
/* JSON written straight into a buffer. A comma follows each value, and the bracket that
 * closes takes the last one back: nobody needs to know what is the first or the last.
 * Names are literals, written by CLI_JSON("name"); an array's items have none. */
#ifndef CLI_REPORT_JSON_H
#define CLI_REPORT_JSON_H

#include "base/addr.h"

#define CLI_JSON(name) VIEW("\"" name "\":")
#define CLI_JSON_ITEM  VIEW("")

/* --- What the members share: room for all of one at once, then plain stores. --- */

/* Writes the name. Room for `most` bytes of a value and its comma, where the writing goes on;
 * NULL where they do not fit. */
static inline char *cli_json_begin(struct buffer *b, struct view name, size_t most)
{
	char *at = b->at + b->len;

	if (b->err != ERR_NONE || b->max - b->len <= name.len + most) {
		buffer_fail(b, ERR_LIMIT);
		return NULL;
	}
	memcpy(at, name.at, name.len);
	return at + name.len;
}

static inline void cli_json_end(struct buffer *b, char *at)
{
	*at++ = ',';
	b->len = (size_t)(at - b->at);
}

/* --- Values --- */

static inline void cli_json_open(struct buffer *b, struct view name, char bracket) /* { or [ */
{
	char *at = cli_json_begin(b, name, 1);

	if (!at)
		return;
	*at++ = bracket;
	b->len = (size_t)(at - b->at);
}

void cli_json_close(struct buffer *b, char bracket);
/* The last value has no comma behind it. */
void cli_json_finish(struct buffer *b);

/* A name that is known only now, to be followed by an item. */
void cli_json_name(struct buffer *b, struct view name);

static inline void cli_json_number(struct buffer *b, struct view name, uint64_t number)
{
	char *at = cli_json_begin(b, name, BUFFER_DIGITS_MAX);

	if (at)
		cli_json_end(b, buffer_digits(at, number));
}

/* Bytes that are JSON already. */
static inline void cli_json_plain(struct buffer *b, struct view name, struct view value)
{
	char *at = cli_json_begin(b, name, value.len);

	if (!at)
		return;
	memcpy(at, value.at, value.len);
	cli_json_end(b, at + value.len);
}

static inline void cli_json_yes(struct buffer *b, struct view name, bool is_so)
{
	cli_json_plain(b, name, is_so ? VIEW("true") : VIEW("false"));
}

/* 12500 is written 12.5. */
void cli_json_thousandths(struct buffer *b, struct view name, uint64_t milli);
/* RFC 3339 in UTC; null for 0 and less. */
void cli_json_time(struct buffer *b, struct view name, int64_t wall_us);
/* Without its port; null for no address. */
void cli_json_host(struct buffer *b, struct view name, const struct addr *a);
void cli_json_socket(struct buffer *b, struct view name, const struct addr *a); /* with it */

/* Any bytes; what is not UTF-8 becomes U+FFFD. */
void cli_json_text(struct buffer *b, struct view name, struct view text);
/* The same up to a NUL, or to the array's end. */
void cli_json_array(struct buffer *b, struct view name, const char *text, size_t size);
#define CLI_JSON_TEXT(b, name, array) cli_json_array((b), CLI_JSON(name), (array), sizeof(array))

#endif
