/* SPDX-License-Identifier: Apache-2.0 */
/* What concerns all calls at once. */
#include "border/attempt_priv.h"
#include "border/call_priv.h"
#include "border/common.h"
#include "border/peers.h"

struct call *call_next(struct border *b, uint32_t *place)
{
	struct call *call;

	while ((call = pool_next(b->calls->calls, place))) {
		if (!call->facts && view_is_empty(call_saved(call)))
			continue;
		call_wake(call);
		return call;
	}
	return NULL;
}

struct call *call_next_of(struct border *b, uint16_t peer, uint32_t *place)
{
	struct call *call;

	while ((call = pool_next(b->calls->calls, place))) {
		if ((call->legs[LEG_CALLER].counted != peer &&
		     call->legs[LEG_CALLEE].counted != peer) ||
		    (!call->facts && view_is_empty(call_saved(call))))
			continue;
		call_wake(call);
		return call;
	}
	return NULL;
}

uint64_t call_number_by_call_id(const struct border *b, struct view call_id)
{
	struct ua_name name;
	struct call *call;
	unsigned leg;

	if (ua_name_read(call_id, &b->namer, UA_NAME_CALL_ID, &name) != ERR_NONE)
		return 0;
	if (name.owner != b->ports.owner)
		return common_number(b, name.owner, name.serial);
	call = call_by_serial(b, name.serial, &leg);
	return call ? call->number : 0;
}

bool call_has_begun(const struct border *b, struct view call_id)
{
	struct ua_name name;
	unsigned leg;

	if (ua_name_read(call_id, &b->namer, UA_NAME_CALL_ID, &name) != ERR_NONE)
		return false;
	/* Whether another worker still has it we do not know; it was its name. */
	return name.owner != b->ports.owner || call_by_serial(b, name.serial, &leg);
}

void calls_hang_up(struct border *b)
{
	uint32_t place = 0;
	struct call *call;

	while ((call = call_next(b, &place)))
		call_hang_up(call, "service ends");
}

void calls_settle(struct border *b)
{
	uint32_t place = 0;
	struct call *call;

	while ((call = pool_next(b->calls->calls, &place))) {
		if (call->state != CALL_ENDING)
			continue;
		call_wake(call);
		call_finish(call);
	}
}

uint32_t calls_live(const struct border *b) { return pool_used(b->calls->calls); }

void calls_apply(struct border *b, const struct border_settings *old)
{
	struct call *call;
	uint32_t place = 0;

	while ((call = call_next(b, &place))) {
		/* Its targets are rows of before. */
		attempt_drop(call);
		for (unsigned i = 0; i < CALL_LEGS; i++) {
			struct leg_facts *leg = leg_of(call, i);

			leg->peer = peers_row_now(b, old, leg->peer);
			call->legs[i].counted = peers_row_now(b, old, call->legs[i].counted);
		}
		(void)call_save(call);
	}
}

void calls_list(struct border *b, const struct ask *question,
                void (*answer)(void *context, const struct ask *row), void *context)
{
	struct ask row = { .head = question->head };
	struct call *call;
	uint32_t place = 0;

	row.head.is_answer = 1;
	row.head.size = sizeof(row.body.record.call);
	while ((call = call_next(b, &place))) {
		if (call->state == CALL_ENDING)
			continue;
		call_fill_record(call, &row.body.record.call);
		answer(context, &row);
	}
}
