/* SPDX-License-Identifier: Apache-2.0 */
/* Forgetting in the right order, and keeping what must be kept. */
#include "place.h"
#include "runner/test.h"
#include "store/retention.h"
#include <string.h>

static const int64_t BASE = 1700000000000000, DAY = 86400000000;

static enum err count_kind(struct store *s, enum record_kind kind, uint64_t want)
{
	uint64_t count = 0;

	TRY(store_query_count(s, kind, &count));
	CHECK_CASE(count == want, record_kind_name(kind));
	return ERR_NONE;
}

static enum err fill(struct store *s, uint64_t per_kind)
{
	struct store_tally tally;
	uint64_t sequence = 0;

	for (uint64_t i = 1; i <= per_kind; i++) {
		union record batch[5];

		batch[0] = a_call(++sequence, i);
		batch[1] = an_incident(++sequence, i);
		batch[2] = a_sample(++sequence, i);
		batch[3] = a_block(++sequence, (uint32_t)i);
		batch[4] = an_audit(++sequence);
		TRY(store_write(s, batch, 5, &tally));
	}
	return ERR_NONE;
}

static enum err with_filled(uint64_t per_kind, enum err (*body)(struct store *s))
{
	struct place p;
	struct store *s = NULL;
	enum err err;

	TRY(place_make(&p));
	err = place_open(&p, &s);
	if (err == ERR_NONE)
		err = fill(s, per_kind);
	if (err == ERR_NONE)
		err = body(s);
	store_free(&s);
	place_remove(&p);
	return err;
}

static enum err by_age(struct store *s)
{
	struct store_keep keep = { .age_us = { [RECORD_CALL] = DAY, [RECORD_INCIDENT] = 3 * DAY } };
	bool is_more = true;

	TRY(store_forget(s, &keep, BASE + DAY / 2, &is_more));
	CHECK(!is_more);
	TRY(count_kind(s, RECORD_CALL, 4));
	TRY(store_forget(s, &keep, BASE + 2 * DAY, &is_more));
	TRY(count_kind(s, RECORD_CALL, 0));
	TRY(count_kind(s, RECORD_INCIDENT, 4));
	TRY(count_kind(s, RECORD_AUDIT, 4)); /* 0: for ever */
	return ERR_NONE;
}

TEST(forget_by_age, "forgets each kind at its own age")
{
	return with_filled(4, by_age);
}

/* One began long before the other three and ended after them; of one nobody knows when it began. */
static enum err long_calls(struct store *s)
{
	struct store_keep keep = { .age_us = { [RECORD_CALL] = DAY } };
	struct store_query q = { .kind = RECORD_CALL };
	union record batch[3] = { a_call(1001, (uint64_t)BASE + 10), a_call(1002, (uint64_t)BASE),
		                  a_call(1003, (uint64_t)BASE + 12) },
		     read;
	struct store_tally tally;
	uint32_t count = 0;
	bool is_more = true;

	batch[0].head.wall_us = BASE + 15;
	batch[1].head.wall_us = BASE + 2 * DAY;
	batch[2].head.wall_us = BASE + 16;
	TRY(store_write(s, batch, 3, &tally));
	TRY(store_forget(s, &keep, BASE + DAY + 16, &is_more));
	CHECK(!is_more);
	TRY(count_of(s, &q, &count, &read));
	CHECK(count == 2 && read.call.call == (uint64_t)BASE + 12);
	TRY(store_forget(s, &keep, BASE + 3 * DAY, &is_more));
	TRY(count_of(s, &q, &count, &read));
	CHECK(count == 1 && read.call.call == (uint64_t)BASE);
	TRY(store_forget(s, &keep, BASE + 3 * DAY + 1, &is_more));
	return count_kind(s, RECORD_CALL, 0);
}

TEST(forget_long_calls, "forgets a call by its end, however long ago it began")
{
	return with_filled(1, long_calls);
}

/* The clock was years ahead when the first of them began, and right since. */
static enum err future_numbers(struct store *s)
{
	struct store_keep keep = { .age_us = { [RECORD_CALL] = DAY } };
	union record batch[2] = { a_call(1001, (uint64_t)(BASE + 900 * DAY)),
		                  a_call(1002, (uint64_t)(BASE + 900 * DAY + 1)) };
	struct store_tally tally;
	bool is_more = true;

	batch[0].head.wall_us = batch[1].head.wall_us = BASE + 10;
	TRY(store_write(s, batch, 2, &tally));
	TRY(store_forget(s, &keep, BASE + DAY / 2, &is_more));
	TRY(count_kind(s, RECORD_CALL, 3));
	TRY(store_forget(s, &keep, BASE + 2 * DAY, &is_more));
	CHECK(!is_more);
	return count_kind(s, RECORD_CALL, 0);
}

TEST(forget_future_numbers, "forgets calls whose numbers a wrong clock has put into the future")
{
	return with_filled(1, future_numbers);
}

static enum err blocks_alive(struct store *s)
{
	struct store_keep keep = { .age_us = { [RECORD_BLOCK] = DAY } };
	struct store_tally tally;
	union record never = a_block(1000, 50);
	bool is_more;

	never.block.kind = BLOCK_NEVER;
	never.block.until_wall_us = 0;
	TRY(store_write(s, &never, 1, &tally));
	TRY(store_forget(s, &keep, BASE + DAY, &is_more));
	TRY(count_kind(s, RECORD_BLOCK, 5)); /* over, but for less than a day */
	TRY(store_forget(s, &keep, BASE + 2 * DAY, &is_more));
	TRY(count_kind(s, RECORD_BLOCK, 1)); /* what never ends stays */
	return ERR_NONE;
}

TEST(forget_blocks, "forgets blocks after their end and never one that has none")
{
	return with_filled(4, blocks_alive);
}

static enum err in_steps(struct store *s)
{
	struct store_keep keep = { .age_us = { [RECORD_CALL] = DAY } };
	bool is_more = false;

	TRY(store_forget(s, &keep, BASE + 2 * DAY, &is_more));
	CHECK(is_more);
	TRY(count_kind(s, RECORD_CALL, 20));
	TRY(store_forget(s, &keep, BASE + 2 * DAY, &is_more));
	CHECK(!is_more);
	TRY(count_kind(s, RECORD_CALL, 0));
	return ERR_NONE;
}

TEST(forget_in_steps, "forgets no more rows at once than a step has")
{
	return with_filled(RETENTION_STEP_ROWS + 20, in_steps);
}

static enum err by_size(struct store *s)
{
	struct store_keep keep = { .at_most_bytes = 1 };
	struct store_size before, after;
	bool is_more = false;

	TRY(store_measure(s, &before));
	CHECK(before.used_bytes > 0 && before.disk_bytes >= before.free_bytes);
	TRY(store_forget(s, &keep, BASE, &is_more));
	CHECK(is_more);
	TRY(count_kind(s, RECORD_SAMPLE, 0));
	TRY(count_kind(s, RECORD_INCIDENT, 30));
	TRY(store_forget(s, &keep, BASE, &is_more));
	TRY(count_kind(s, RECORD_INCIDENT, 0));
	TRY(count_kind(s, RECORD_CALL, 30));
	TRY(store_forget(s, &keep, BASE, &is_more));
	TRY(count_kind(s, RECORD_CALL, 0));
	TRY(store_forget(s, &keep, BASE, &is_more));
	CHECK(!is_more);
	TRY(count_kind(s, RECORD_AUDIT, 30));
	TRY(count_kind(s, RECORD_BLOCK, 30));
	TRY(store_measure(s, &after));
	CHECK(after.used_bytes < before.used_bytes);
	return ERR_NONE;
}

TEST(forget_by_size,
     "too large, forgets samples, then incidents, then calls, never blocks and audit")
{
	return with_filled(30, by_size);
}

static enum err shed(struct store *s)
{
	union record batch[3] = { a_sample(1001, 1), an_incident(1002, 900), a_call(1003, 900) };
	struct store_tally tally;

	batch[1].head.priority = PRIORITY_DETAIL;
	store_press(s, PRESSURE_SAMPLES);
	TRY(store_write(s, batch, 3, &tally));
	CHECK(tally.shed == 1 && tally.written == 2);
	for (size_t i = 0; i < 3; i++)
		batch[i].head.sequence += 10;
	store_press(s, PRESSURE_DETAILS);
	TRY(store_write(s, batch, 3, &tally));
	CHECK(tally.shed == 2 && tally.written == 1);
	CHECK(store_ring_sequence(s, 3) == 1013);
	return ERR_NONE;
}

TEST(shed_by_priority, "keeps samples out first, then details, never what is kept")
{
	return with_filled(1, shed);
}

static const struct {
	const char *name;
	uint64_t free_mib;
	enum store_pressure before, want;
} pressures[] = {
	{ "plenty of room", 50000, PRESSURE_NONE, PRESSURE_NONE },
	{ "below two GiB", 2000, PRESSURE_NONE, PRESSURE_SAMPLES },
	{ "a little more than where it began", 2200, PRESSURE_SAMPLES, PRESSURE_SAMPLES },
	{ "the same room without having begun", 2200, PRESSURE_NONE, PRESSURE_NONE },
	{ "half as much again", 3100, PRESSURE_SAMPLES, PRESSURE_NONE },
	{ "below half a GiB", 500, PRESSURE_NONE, PRESSURE_DETAILS },
	{ "nearly out of it", 600, PRESSURE_DETAILS, PRESSURE_DETAILS },
	{ "out of details", 800, PRESSURE_DETAILS, PRESSURE_SAMPLES },
	{ "nothing left", 0, PRESSURE_NONE, PRESSURE_DETAILS },
};

TEST(pressure, "begins at a room and ends at half as much again")
{
	for (size_t i = 0; i < sizeof(pressures) / sizeof(pressures[0]); i++) {
		struct store_size size = { .disk_bytes = UINT64_C(100) << 30,
			                   .free_bytes = pressures[i].free_mib << 20 };

		CHECK_CASE(store_pressure_at(&size, pressures[i].before) == pressures[i].want,
		           pressures[i].name);
	}
	return ERR_NONE;
}
