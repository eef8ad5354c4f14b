/* SPDX-License-Identifier: Apache-2.0 */
/* When messages gather, and for how long. */
#include "base/pace.h"
#include "runner/test.h"

enum { REST_MOST_US = 2000, WORTH = 3, GATHER = 64 };

static const struct pace_rule rule = { REST_MOST_US, WORTH, GATHER };

/* The rest asked for after a window in which so many came, one a turn, evenly. */
static uint32_t rest_after(uint32_t messages)
{
	struct pace p = { .since_us = 5 };

	for (uint32_t i = 0; i < messages; i++) {
		pace_note(&p, 1);
		(void)pace_rest_us(&p, &rule, 5 + (uint64_t)PACE_WINDOW_US * i / messages);
	}
	pace_note(&p, 0);
	(void)pace_rest_us(&p, &rule, 5 + PACE_WINDOW_US);
	pace_note(&p, 1);
	return pace_rest_us(&p, &rule, 6 + PACE_WINDOW_US);
}

TEST(pace_few, "few messages are taken as they come")
{
	struct pace p = { 0 };

	CHECK(rest_after(1) == 0);
	CHECK(rest_after(WORTH * PACE_WINDOW_US / REST_MOST_US - 1) == 0);
	/* The first one after an hour of silence, and a burst within one window. */
	for (int i = 0; i < 1000; i++) {
		pace_note(&p, 1);
		CHECK(pace_rest_us(&p, &rule, UINT64_C(3600000000) + (uint64_t)i) == 0);
	}
	return ERR_NONE;
}

TEST(pace_many, "many messages gather, for five milliseconds at most, a batch or two of them")
{
	CHECK(rest_after(WORTH * PACE_WINDOW_US / REST_MOST_US) == REST_MOST_US);
	CHECK(rest_after(GATHER * PACE_WINDOW_US / REST_MOST_US) == REST_MOST_US);
	CHECK(rest_after(2 * GATHER * PACE_WINDOW_US / REST_MOST_US) == REST_MOST_US / 2);
	return ERR_NONE;
}

TEST(pace_ends, "a rest that brought nothing is not repeated, and a quiet window ends them")
{
	struct pace p = { 0 };

	pace_note(&p, 10000);
	CHECK(pace_rest_us(&p, &rule, PACE_WINDOW_US) > 0);
	CHECK(pace_rest_us(&p, &rule, PACE_WINDOW_US + 1) == 0);
	pace_note(&p, 1);
	CHECK(pace_rest_us(&p, &rule, PACE_WINDOW_US + 2) > 0);
	CHECK(pace_rest_us(&p, &rule, 2 * PACE_WINDOW_US) == 0);
	pace_note(&p, 1);
	CHECK(pace_rest_us(&p, &rule, 2 * PACE_WINDOW_US + 1) == 0);
	/* A clock that goes back harms nothing. */
	pace_note(&p, 1);
	CHECK(pace_rest_us(&p, &rule, 3) == 0);
	return ERR_NONE;
}

TEST(pace_behind, "who could not read all that came does not rest")
{
	struct pace p = { 0 };

	pace_note(&p, 10000);
	pace_behind(&p);
	CHECK(pace_rest_us(&p, &rule, PACE_WINDOW_US) == 0);
	pace_note(&p, 1);
	CHECK(pace_rest_us(&p, &rule, PACE_WINDOW_US + 1) > 0);
	pace_behind(&p);
	CHECK(pace_rest_us(&p, &rule, PACE_WINDOW_US + 2) == 0);
	return ERR_NONE;
}
