/* SPDX-License-Identifier: Apache-2.0 */
/* What was kept out, counted and written. */
#include "border/headers.h"
#include "runner/test.h"

#include <stdio.h>
#include <string.h>

enum { NAMES = MAX_HEADER_NAMES + 6, ANSWER = 4096 };

/* One message with one header that nobody knows, of the length that is still remembered. */
static void keep_out(struct header_counts *c, unsigned number, enum headers_way way)
{
	char name[40];
	struct sip_msg msg = { .count = 1 };
	struct buffer none = buffer_on(NULL, 0);

	snprintf(name, sizeof(name), "X-%037u", number);
	msg.headers[0].id = SIP_HEADER_OTHER;
	msg.headers[0].name = view_of(name);
	headers_copy(&none, &msg, way, c);
}

static unsigned sum_of(struct view text)
{
	unsigned sum = 0;

	for (size_t at = view_find(text, ':', 0); at < text.len;
	     at = view_find(text, ':', at + 1)) {
		unsigned number = 0;

		for (size_t i = at + 1; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++)
			number = number * 10 + (unsigned)(text.at[i] - '0');
		sum += number;
	}
	return sum;
}

static enum err fill_and_write(struct header_counts *c)
{
	static char text[ANSWER];
	struct buffer b = BUFFER_ON(text);

	for (unsigned i = 0; i < NAMES; i++) {
		keep_out(c, i, HEADERS_INWARD);
		keep_out(c, i, HEADERS_OUTWARD);
		keep_out(c, i, HEADERS_OUTWARD);
	}
	header_counts_write(&b, c);
	CHECK(b.err == ERR_NONE);
	CHECK(view_starts(buffer_view(&b), VIEW("{\"inward\":{\"X-")));
	CHECK(view_contains(buffer_view(&b), VIEW("},\"outward\":{\"X-")));
	CHECK(view_contains(buffer_view(&b), VIEW(",\"(further names)\":")));
	CHECK(b.at[b.len - 1] == '}' && b.at[b.len - 2] == '}');
	CHECK(sum_of(buffer_view(&b)) == 3 * NAMES);
	return ERR_NONE;
}

TEST(headers_full, "a full table of kept out names fits one answer, and no count is lost")
{
	struct header_counts *c;
	enum err err;

	TRY(header_counts_new(&c));
	err = fill_and_write(c);
	header_counts_free(&c);
	return err;
}

TEST(headers_none, "nothing kept out is two empty objects")
{
	char text[512];
	struct buffer b = BUFFER_ON(text);
	struct header_counts *c;

	TRY(header_counts_new(&c));
	header_counts_write(&b, c);
	header_counts_free(&c);
	CHECK(view_equal(buffer_view(&b), VIEW("{\"inward\":{},\"outward\":{}}")));
	return ERR_NONE;
}
