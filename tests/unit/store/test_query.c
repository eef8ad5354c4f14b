/* SPDX-License-Identifier: Apache-2.0 */
/* Lists: order, pages, filters. */
#include "place.h"
#include "runner/test.h"
#include <stdio.h>
#include <string.h>

static enum err with_rows(enum err (*body)(struct store *s))
{
	struct place p;
	struct store *s = NULL;
	struct store_tally tally;
	enum err err;

	TRY(place_make(&p));
	err = place_open(&p, &s);
	for (uint64_t i = 1; i <= 40 && err == ERR_NONE; i++) {
		union record r = i % 2 ? a_call(i, i / 4 + 1) : an_incident(i, i);

		if (i == 40)
			r = a_block(40, 7);
		err = store_write(s, &r, 1, &tally);
	}
	if (err == ERR_NONE)
		err = body(s);
	store_free(&s);
	place_remove(&p);
	return err;
}

static bool stop_after_three(const union record *r, void *context)
{
	uint64_t *rows = context;

	for (size_t i = 0; i < 3; i++)
		if (rows[i] == 0) {
			rows[i] = r->head.row;
			return i < 2;
		}
	return false;
}

static enum err pages(struct store *s)
{
	char text[64];
	struct buffer why = BUFFER_ON(text);
	struct store_query q = { .kind = RECORD_CALL };
	uint64_t rows[3], last = UINT64_MAX;
	size_t got = 0;

	do {
		memset(rows, 0, sizeof(rows));
		TRY(store_query_each(s, &q, &why, stop_after_three, rows));
		for (size_t i = 0; i < 3 && rows[i]; i++, got++) {
			CHECK(rows[i] < last);
			last = rows[i];
		}
		q.after = last;
	} while (rows[2]);
	CHECK(got == 20);
	return ERR_NONE;
}

TEST(list_pages, "gives each row once, newest first, over stopped pages")
{
	return with_rows(pages);
}

static enum err limits(struct store *s)
{
	struct store_query q = { .kind = RECORD_CALL, .limit = 7 };
	uint32_t count = 0;

	TRY(count_of(s, &q, &count, NULL));
	CHECK(count == 7);
	q.number = 3; /* two halves of a call share its number */
	TRY(count_of(s, &q, &count, NULL));
	CHECK(count == 2);
	q = (struct store_query){ .kind = RECORD_KIND_COUNT };
	CHECK(count_of(s, &q, &count, NULL) == ERR_UNSUPPORTED);
	return ERR_NONE;
}

TEST(list_limits, "keeps to a limit and to a number")
{
	return with_rows(limits);
}

static enum err live(struct store *s)
{
	union record block = a_block(40, 7);
	struct store_query q = { .kind = RECORD_BLOCK,
		                 .is_live_only = true,
		                 .now_wall_us = block.block.until_wall_us - 1 };
	uint32_t count = 0;
	struct store_tally tally;

	TRY(count_of(s, &q, &count, NULL));
	CHECK(count == 1);
	q.now_wall_us++;
	TRY(count_of(s, &q, &count, NULL));
	CHECK(count == 0);
	block = a_block(41, 8);
	block.block.kind = BLOCK_NEVER;
	block.block.until_wall_us = 0;
	TRY(store_write(s, &block, 1, &tally));
	TRY(count_of(s, &q, &count, NULL));
	CHECK(count == 1);
	block.head.sequence = 42;
	block.block.is_removed = 1;
	TRY(store_write(s, &block, 1, &tally));
	TRY(count_of(s, &q, &count, NULL));
	CHECK(count == 0);
	return ERR_NONE;
}

TEST(live_blocks, "tells live blocks from those that ended or were lifted")
{
	return with_rows(live);
}

static const struct {
	const char *filter;
	uint8_t kind;
	uint32_t want;
} filters[] = {
	{ "", RECORD_CALL, 20 },
	{ "from=201@example.com", RECORD_CALL, 20 },
	{ "from=201*", RECORD_CALL, 20 },
	{ "from=20%", RECORD_CALL, 0 },
	{ "from=2_1*", RECORD_CALL, 0 },
	{ "from=\"201@example.com\" status=200", RECORD_CALL, 20 },
	{ "status=404", RECORD_CALL, 0 },
	{ "source=198.51.100.7", RECORD_CALL, 20 },
	{ "source=2001:DB8:0::7", RECORD_CALL, 20 },
	{ "source=198.51.100.*", RECORD_CALL, 20 },
	{ "source=198.51.100.8", RECORD_CALL, 0 },
	{ "peer=office ended-by=callee", RECORD_CALL, 20 },
	{ "call-id=abc*", RECORD_CALL, 20 },
	{ "from=\"' OR 1=1 --\"", RECORD_CALL, 0 },
	{ "outcome=failed proven=yes", RECORD_INCIDENT, 19 },
	{ "outcome=succeeded", RECORD_INCIDENT, 0 },
	{ "source=198.51.100.7", RECORD_INCIDENT, 19 },
	{ "source=198.51.100.77", RECORD_INCIDENT, 0 },
	{ "target=203.0.113.6", RECORD_INCIDENT, 19 },
	{ "target=203.0.113.66", RECORD_INCIDENT, 0 },
	{ "user=201 number=0012025550101", RECORD_INCIDENT, 19 },
	{ "user=20", RECORD_INCIDENT, 0 },
	{ "user=10*", RECORD_INCIDENT, 19 },
	{ "about=301", RECORD_INCIDENT, 19 },
	{ "about=12025550100", RECORD_INCIDENT, 19 },
	{ "about=2025550100", RECORD_INCIDENT, 0 },
	{ "phase=dial", RECORD_INCIDENT, 19 },
	{ "phase=scan", RECORD_INCIDENT, 0 },
	{ "part-of=0", RECORD_INCIDENT, 19 },
	{ "part-of=7", RECORD_INCIDENT, 0 },
	{ "since=1970-01-02", RECORD_INCIDENT, 19 },
	{ "until=1970-01-02", RECORD_INCIDENT, 0 },
	{ "source=198.51.100.7", RECORD_BLOCK, 1 },
	{ "source=198.51.100.7/32 origin=judge kind=source", RECORD_BLOCK, 1 },
	{ "source=198.51.100.0/24", RECORD_BLOCK, 0 },
};

static enum err filtered(struct store *s)
{
	uint32_t count = 0;

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		struct store_query q = { .kind = filters[i].kind,
			                 .filter = view_of(filters[i].filter) };

		TRY(count_of(s, &q, &count, NULL));
		CHECK_CASE(count == filters[i].want, filters[i].filter);
	}
	return ERR_NONE;
}

TEST(list_filters, "finds by each sort of field, and by what is bound only")
{
	return with_rows(filtered);
}

static enum err counted(struct store *s)
{
	uint64_t count = 0;

	TRY(store_query_count(s, RECORD_CALL, &count));
	CHECK(count == 20);
	TRY(store_query_count(s, RECORD_SAMPLE, &count));
	CHECK(count == 0);
	return ERR_NONE;
}

TEST(list_counts, "counts rows of a kind")
{
	return with_rows(counted);
}
