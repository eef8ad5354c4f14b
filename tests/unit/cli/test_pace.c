/* SPDX-License-Identifier: Apache-2.0 */
/* Time from packets that are not all in order, or lie. */
#include "cli/pace.h"

#include "runner/test.h"

static const int64_t start_us = 1700000000 * (int64_t)SECOND_US,
		     hour_us = 3600 * (int64_t)SECOND_US;

TEST(pace_in_order, "time is the packets' own while they are in order")
{
	struct cli_pace p = { 0 };
	struct now first = cli_pace_at(&p, start_us), later = cli_pace_at(&p, start_us + hour_us);
	struct now before = cli_pace_at(&p, start_us + hour_us - 5);

	CHECK(first.us == (uint64_t)start_us && first.wall_us == start_us);
	CHECK(later.us - first.us == (uint64_t)hour_us && later.us - before.us == 5);
	CHECK(cli_pace_at(&p, start_us + hour_us + 7).us == later.us + 7);
	return ERR_NONE;
}

TEST(pace_future, "after a packet from the future hours are hours again")
{
	struct cli_pace p = { 0 };
	struct now first = cli_pace_at(&p, INT64_MAX), next = cli_pace_at(&p, start_us);
	struct now last = cli_pace_at(&p, start_us + hour_us);

	CHECK(next.us >= first.us && next.wall_us == start_us);
	CHECK(last.us - next.us == (uint64_t)hour_us);
	return ERR_NONE;
}

TEST(pace_wild, "time never wraps, however packets jump")
{
	struct cli_pace p = { 0 };
	uint64_t last_us = 0;

	for (unsigned i = 0; i < 100000; i++) {
		struct now now = cli_pace_at(&p, i & 1 ? INT64_MAX / 2 : INT64_MIN);

		CHECK(now.us >= last_us);
		last_us = now.us;
	}
	return ERR_NONE;
}
