/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a record before it is believed: its writer is a process that reads
 * strangers' bytes and may have been taken over. */
#include "store/connection_priv.h"

static bool is_call_sound(const struct record_call *c)
{
	return c->ended_by <= END_RINGFENCE && c->caller.flow.transport < TRANSPORT_COUNT &&
	       c->callee.flow.transport < TRANSPORT_COUNT;
}

static bool is_block_sound(const struct record_block *b)
{
	if (b->block == 0 || b->kind > BLOCK_NEVER || b->origin > ORIGIN_FEED ||
	    b->step_count > MAX_BLOCK_STEPS)
		return false;
	for (uint32_t i = 0; i < b->step_count; i++)
		for (size_t c = 0; c < store_step_column_count; c++)
			if (!column_is_sound(&store_step_columns[c], &b->steps[i]))
				return false;
	return true;
}

bool record_is_sound(const union record *r)
{
	const struct table *t;

	if (r->head.version != RECORD_VERSION || r->head.kind >= RECORD_KIND_COUNT)
		return false;
	t = &store_tables[r->head.kind];
	if (r->head.size != t->record_size || r->head.priority > PRIORITY_KEPT ||
	    r->head.sequence == 0)
		return false;
	for (size_t i = 0; i < t->column_count; i++)
		if (!column_is_sound(&t->columns[i], r))
			return false;
	switch ((enum record_kind)r->head.kind) {
	case RECORD_CALL:
		return is_call_sound(&r->call);
	case RECORD_INCIDENT:
		return r->incident.incident != 0 && r->incident.outcome <= OUTCOME_FAILED &&
		       r->incident.phases < 1 << INCIDENT_PHASE_COUNT;
	case RECORD_SAMPLE:
		return r->sample.flow.transport < TRANSPORT_COUNT;
	case RECORD_BLOCK:
		return is_block_sound(&r->block);
	default:
		return true;
	}
}
