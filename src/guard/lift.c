/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks lifted and scores forgotten, of a network or of what must never be blocked. */
#include "guard/judge_priv.h"

static bool lift_block(struct guard_judge *j, struct guard_block *block, struct now now)
{
	bool is_live = guard_block_is_live(block, now.us);
	struct record_block record;

	if (is_live) {
		guard_block_record(block, now, &record);
		record.is_removed = 1;
		judge_record(j, &record, now);
	}
	guard_block_lift(&j->blocks, block);
	return is_live;
}

static void forget_score(struct guard_judge *j, struct guard_subject *subject)
{
	verdict_table_remove(j->ports.verdicts, &subject->source, 0);
	guard_recent_forget(&j->scores.subjects, subject);
}

uint32_t judge_lift(struct guard_judge *j, const struct addr_net *net, struct now now)
{
	struct guard_block *block;
	struct guard_subject *subject;
	uint32_t place = 0, lifted = 0;

	while ((block = pool_next(j->blocks.rows.pool, &place)) != NULL) {
		if (addr_net_holds(net, &block->net.base))
			lifted += lift_block(j, block, now);
	}
	place = 0;
	while ((subject = pool_next(j->scores.subjects.pool, &place)) != NULL) {
		if (addr_net_holds(net, &subject->source))
			forget_score(j, subject);
	}
	return lifted;
}

void judge_unblock_never(struct guard_judge *j, struct now now)
{
	struct guard_block *block;
	struct guard_subject *subject;
	uint32_t place = 0;

	while ((block = pool_next(j->blocks.rows.pool, &place)) != NULL) {
		if (guard_never_find(&j->blocks, &block->net))
			(void)lift_block(j, block, now);
	}
	place = 0;
	while ((subject = pool_next(j->scores.subjects.pool, &place)) != NULL) {
		struct addr_net net = guard_block_net(&subject->source);

		if (guard_never_find(&j->blocks, &net))
			forget_score(j, subject);
	}
}
