/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of a call: its record, and the facts that the judge hears. */
#include "border/call_priv.h"
#include "border/leg_priv.h"

#include <string.h>

static void add_figures(struct media_leg_statistics *sum, const struct media_leg_statistics *one)
{
	sum->packets += one->packets;
	sum->octets += one->octets;
	sum->lost += one->lost;
	if (one->jitter_us > sum->jitter_us)
		sum->jitter_us = one->jitter_us;
	sum->dropped_source += one->dropped_source;
	sum->dropped_malformed += one->dropped_malformed;
	sum->dropped_direction += one->dropped_direction;
	sum->dropped_auth += one->dropped_auth;
	sum->dropped_replay += one->dropped_replay;
	if (sum->learnt_port == 0) {
		sum->payload_type = one->payload_type;
		sum->is_learnt = one->is_learnt;
		sum->learnt_port = one->learnt_port;
	}
}

static void fill_leg(const struct call *call, unsigned number, struct record_leg *ret)
{
	const struct leg_facts *leg = &call->facts->legs[number];
	const struct border_peer *peer = leg_peer(call->border, leg);

	ret->flow = leg->flow;
	(void)VIEW_COPY(view_of(leg->dialog.call_id), ret->call_id);
	(void)VIEW_COPY(view_of(peer ? peer->name : "phone"), ret->peer);
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++)
		add_figures(&ret->media, &call->facts->carried[i].figures[number]);
}

static void fill_cause(const struct call_ending *ending, struct record_call *ret)
{
	struct buffer text = buffer_on(ret->cause, sizeof(ret->cause) - 1);

	buffer_text(&text, ending->cause);
	if (ending->refusal == 0 || ending->refusal > REFUSAL_COUNT)
		return;
	buffer_text(&text, ": ");
	buffer_text(&text, refusal_row((enum refusal)(ending->refusal - 1))->words);
}

void call_fill_record(const struct call *call, struct record_call *ret)
{
	const struct call_facts *facts = call->facts;

	memset(ret, 0, sizeof(*ret));
	ret->head.version = RECORD_VERSION;
	ret->head.kind = RECORD_CALL;
	ret->head.size = sizeof(*ret);
	ret->head.priority = PRIORITY_KEPT;
	ret->head.side = facts->legs[LEG_CALLER].flow.side;
	ret->head.now_us = call->border->now.us;
	ret->head.wall_us = call->border->now.wall_us;
	ret->call = facts->number;
	ret->started_wall_us = facts->started_wall_us;
	ret->answered_wall_us = facts->answered_wall_us;
	ret->ended_wall_us = facts->ending.wall_us;
	ret->status = call->status;
	ret->ended_by = facts->ending.by;
	ret->is_emergency = facts->is_emergency;
	ret->is_restored = call->is_restored;
	fill_cause(&facts->ending, ret);
	(void)VIEW_COPY(view_of(facts->from), ret->from);
	(void)VIEW_COPY(view_of(facts->to), ret->to);
	(void)VIEW_COPY(view_of(facts->dialled), ret->number);
	fill_leg(call, LEG_CALLER, &ret->caller);
	fill_leg(call, LEG_CALLEE, &ret->callee);
}

void call_record(struct call *call)
{
	struct border *b = call->border;
	union record record __attribute__((uninitialized)); /* as large as its head says */

	call_fill_record(call, &record.call);
	b->ports.record(b->ports.context, &record);
}

/* About who called: the message in hand may be the other end's. */
void call_fact(struct border *b, const struct inbound *in, const struct call *call,
               enum fact_outcome outcome, uint16_t status)
{
	struct inbound caller = { .flow = &call->facts->legs[LEG_CALLER].flow };
	struct fact fact;

	caller.standing =
		call->facts->legs[LEG_CALLER].peer == CALL_PHONE ? STANDING_KNOWN : STANDING_PEER;
	caller.proof = in->proof;
	fact = fact_of(b, &caller, FACT_CALL);
	fact.outcome = (uint8_t)outcome;
	fact.status = status;
	fact.call_id_hash = fact_hash(b, view_of(call->facts->legs[LEG_CALLER].dialog.call_id));
	fact_account(&fact, view_of(call->facts->from));
	(void)VIEW_COPY(view_of(call->facts->dialled), fact.number);
	fact_emit(b, &fact);
}
