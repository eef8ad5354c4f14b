/* SPDX-License-Identifier: Apache-2.0 */
/* When a name is asked for again. */
#include "resolve/renewal.h"
#include "runner/test.h"

static const struct resolve_limits limits = { 30, 3600 };

static uint32_t wait_s(struct resolve_renewal *r, enum resolve_result result, uint32_t life_s)
{
	struct resolve_outcome o = { .result = result, .life_s = life_s };

	return resolve_renew(r, &limits, &o, 12345) / 1000;
}

TEST(renewal_ahead,
     "a good answer is renewed before its end, whatever is drawn, within floor and ceiling")
{
	static const struct {
		uint32_t ttl_s, life_s;
	} rows[] = { { 0, 30 }, { 1, 30 }, { 300, 300 }, { 3600, 3600 }, { INT32_MAX, 3600 } };

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct resolve_outcome o = { .result = RESOLVE_ANSWERED, .life_s = rows[i].ttl_s };

		for (uint32_t drawn = 0; drawn < 100000000; drawn += 9999991) {
			struct resolve_renewal r = { 0 };
			uint32_t ms = resolve_renew(&r, &limits, &o, drawn);

			CHECK(r.life_s == rows[i].life_s && r.state == RESOLVED_GOOD);
			CHECK(ms >= rows[i].life_s * 800 && ms < rows[i].life_s * 900);
		}
	}
	return ERR_NONE;
}

TEST(renewal_failure,
     "while nobody answers the waits grow to a minute, and the first answer ends that")
{
	static const uint32_t wanted[] = { 2, 4, 8, 16, 32, 60, 60 };
	struct resolve_renewal r = { 0 };

	CHECK(wait_s(&r, RESOLVE_FAILED, 0) == 2 && r.state == RESOLVED_NOT_YET);
	CHECK(wait_s(&r, RESOLVE_ANSWERED, 100) >= 80 && r.state == RESOLVED_GOOD);
	for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		CHECK(wait_s(&r, RESOLVE_FAILED, 0) == wanted[i]);
		CHECK(r.state == RESOLVED_STALE && r.life_s == 100);
	}
	r.failures = UINT32_MAX;
	CHECK(wait_s(&r, RESOLVE_FAILED, 0) == 60 && r.failures == UINT32_MAX);
	CHECK(wait_s(&r, RESOLVE_ANSWERED, 100) >= 80 && r.failures == 0);
	return ERR_NONE;
}

TEST(renewal_negative, "that there is no such name is believed for its time, a minute at most")
{
	struct resolve_renewal r = { 0 };

	CHECK(wait_s(&r, RESOLVE_NOTHING, 45) == 45 && r.state == RESOLVED_GONE);
	CHECK(wait_s(&r, RESOLVE_NOTHING, 0) == 30);
	CHECK(wait_s(&r, RESOLVE_NOTHING, 86400) == 60);
	return ERR_NONE;
}
