/* SPDX-License-Identifier: Apache-2.0 */
/* Lives and waits. */
#include "resolve/renewal.h"

/* A failure is not remembered for long: calls wait for it. RFC 2308 7.1 allows five minutes. */
enum { SECOND_MS = 1000, RETRY_FIRST_S = 2, RETRY_MOST_S = 60, MAX_DOUBLINGS = 5, MARGIN = 10 };

static uint32_t limited(const struct resolve_limits *l, uint32_t s)
{
	if (s < l->least_s)
		return l->least_s;
	return s > l->most_s ? l->most_s : s;
}

static uint32_t retry_s(uint32_t failures)
{
	uint32_t s = (uint32_t)RETRY_FIRST_S
	          << (failures < MAX_DOUBLINGS ? failures : MAX_DOUBLINGS);

	return s < RETRY_MOST_S ? s : RETRY_MOST_S;
}

/* Between eight and nine tenths of it. */
static uint32_t ahead_ms(uint32_t life_s, uint32_t drawn)
{
	uint64_t tenth_ms = (uint64_t)life_s * SECOND_MS / MARGIN;

	return (uint32_t)((MARGIN - 2) * tenth_ms + (tenth_ms ? drawn % tenth_ms : 0));
}

uint32_t resolve_renew(struct resolve_renewal *r, const struct resolve_limits *limits,
                       const struct resolve_outcome *outcome, uint32_t drawn)
{
	bool has_answer = r->state != RESOLVED_NOT_YET;
	uint32_t wait_s;

	if (outcome->result == RESOLVE_ANSWERED) {
		r->failures = 0;
		r->state = RESOLVED_GOOD;
		r->life_s = limited(limits, outcome->life_s);
		return ahead_ms(r->life_s, drawn);
	}
	wait_s = retry_s(r->failures);
	if (r->failures < UINT32_MAX)
		r->failures++;
	if (outcome->result == RESOLVE_NOTHING) {
		r->state = RESOLVED_GONE;
		wait_s = limited(limits, outcome->life_s);
		wait_s = wait_s < RETRY_MOST_S ? wait_s : RETRY_MOST_S;
	} else if (has_answer) {
		r->state = RESOLVED_STALE;
	}
	return wait_s * SECOND_MS;
}
