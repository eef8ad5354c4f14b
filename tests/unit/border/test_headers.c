/* SPDX-License-Identifier: Apache-2.0 */
/* What was kept out, counted and written. */
#include "border/headers.h"
#include "runner/test.h"

#include <stdio.h>
#include <string.h>

enum { NAMES = 2 * MAX_HEADER_ROWS, SIZE = 4096 };

static const struct headers_ends to_office = { .way = HEADERS_INWARD, .from = HEADERS_PHONE };

/* One message with one header that nobody knows. */
static void keep_out(struct header_counts *c, const char *name, const struct headers_ends *ends)
{
	struct sip_msg msg = { .count = 1 };
	struct buffer none = buffer_on(NULL, 0);

	msg.headers[0].id = SIP_HEADER_OTHER;
	msg.headers[0].name = view_of(name);
	headers_copy(&none, &msg, ends, c);
}

static enum err fill(struct header_counts *c)
{
	struct headers_ends ends = to_office;
	struct header_row row;
	unsigned place = 0, rows = 0;
	uint64_t sum;
	bool has_busy = false;

	for (unsigned i = 0; i < NAMES; i++) {
		char name[40];

		snprintf(name, sizeof(name), "X-%037u", i);
		ends.wall_us = i;
		keep_out(c, name, &ends);
		ends.wall_us = NAMES;
		keep_out(c, "X-Busy", &ends);
	}
	sum = header_counts_beyond(c, HEADERS_INWARD);
	while (header_counts_next(c, &place, &row)) {
		rows++;
		sum += row.count;
		has_busy = has_busy || (view_equal(row.name, VIEW("X-Busy")) && row.count == NAMES);
	}
	CHECK(rows <= MAX_HEADER_ROWS && rows > MAX_HEADER_ROWS / 2);
	CHECK(sum == 2 * NAMES && has_busy);
	return ERR_NONE;
}

TEST(headers_full, "a full table forgets what was quiet for longest, and no count is lost")
{
	struct header_counts *c;
	enum err err;

	TRY(header_counts_new(&c));
	err = fill(c);
	header_counts_free(&c);
	return err;
}

static enum err count_strangers(struct header_counts *c)
{
	struct headers_ends ends = to_office;
	struct header_row row;
	unsigned place = 0;

	ends.is_stranger = true;
	keep_out(c, "X-Flood", &ends);
	CHECK(!header_counts_next(c, &place, &row));
	CHECK(header_counts_beyond(c, HEADERS_INWARD) == 1);
	return ERR_NONE;
}

TEST(headers_stranger, "names that a stranger made up have no row")
{
	struct header_counts *c;
	enum err err;

	TRY(header_counts_new(&c));
	err = count_strangers(c);
	header_counts_free(&c);
	return err;
}

static enum err move_rows(struct header_counts *c)
{
	static const uint16_t new_row[] = { 2, MAX_PEERS + 1 };
	struct headers_ends second = { .way = HEADERS_OUTWARD, .from = 1, .to = HEADERS_PHONE };
	struct header_row row;
	unsigned place = 0;

	keep_out(c, "X-Stays", &to_office);
	keep_out(c, "X-Goes", &second);
	header_counts_apply(c, new_row, 2);
	CHECK(header_counts_next(c, &place, &row) && row.to == 2 && row.from == HEADERS_PHONE);
	CHECK(view_equal(row.name, VIEW("X-Stays")));
	CHECK(!header_counts_next(c, &place, &row));
	return ERR_NONE;
}

TEST(headers_applied, "rows go with their peers, and with those that are gone")
{
	struct header_counts *c;
	enum err err;

	TRY(header_counts_new(&c));
	err = move_rows(c);
	header_counts_free(&c);
	return err;
}

static const struct border_headers own = { .count = 3,
	                                   .pass = { "x-colour", "Alert-Info", "X-Many" } };

static const struct {
	const char *name, *value;
	bool passes;
} passing[] = {
	{ "X-Colour", "blue", true },     { "Alert-Info", "<urn:alert:service:normal>", true },
	{ "X-Color", "blue", false },     { "Server", "inner-host", false },
	{ "X-Colour", "b\xffue", false }, { "Subject", "hello", true },
};

static enum err pass_one(struct header_counts *c, const char *name, const char *value, bool passes)
{
	const struct headers_ends ends = { .way = HEADERS_OUTWARD, .own = &own };
	char written[SIZE], wanted_text[SIZE];
	struct buffer out = BUFFER_ON(written), wanted = BUFFER_ON(wanted_text);
	struct sip_msg msg = { .count = 1 };

	msg.headers[0] = (struct sip_header){ .id = (uint8_t)sip_header_of(view_of(name)),
		                              .name = view_of(name),
		                              .value = view_of(value) };
	if (passes) {
		buffer_text(&wanted, name);
		buffer_text(&wanted, ": ");
		buffer_text(&wanted, value);
		buffer_text(&wanted, "\r\n");
	}
	headers_copy(&out, &msg, &ends, c);
	CHECK(view_equal(buffer_view(&out), buffer_view(&wanted)));
	return ERR_NONE;
}

static enum err pass_all(struct header_counts *c)
{
	const struct headers_ends ends = { .own = &own };
	struct sip_msg msg = { .count = MAX_PASSED + 2 };
	char written[SIZE];
	struct buffer out = BUFFER_ON(written);
	size_t lines = 0;

	for (unsigned i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		TRY(pass_one(c, passing[i].name, passing[i].value, passing[i].passes));
	for (unsigned i = 0; i < msg.count; i++)
		msg.headers[i] = (struct sip_header){ .id = SIP_HEADER_OTHER,
			                              .name = VIEW("X-Many"),
			                              .value = VIEW("1") };
	headers_copy(&out, &msg, &ends, c);
	for (size_t at = 0; at < out.len; at++)
		lines += out.at[at] == '\n';
	CHECK(lines == MAX_PASSED);
	return ERR_NONE;
}

TEST(headers_excepted, "what a peer's list names passes, whole and printable, eight a message")
{
	struct header_counts *c;
	enum err err;

	TRY(header_counts_new(&c));
	err = pass_all(c);
	header_counts_free(&c);
	return err;
}

TEST(headers_never, "what Ringfence writes itself is no exception")
{
	static const char *const never[] = {
		"Via",          "contact",        "v", "Authorization",     "From",
		"Record-Route", "Content-Length", "",  "X-Ringfence-Source"
	};

	for (unsigned i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		CHECK(!headers_may_pass(view_of(never[i])));
	CHECK(headers_may_pass(VIEW("X-Colour")) && headers_may_pass(VIEW("Alert-Info")));
	return ERR_NONE;
}
