/* SPDX-License-Identifier: Apache-2.0 */
/* Asked, answered, lost. */
#include "border/cover.h"

#include "border/leg_priv.h"
#include "border/offer_priv.h"
#include "border/turn_priv.h"
#include "event/cover.h"

bool cover_is_needed(const struct call *call, unsigned leg)
{
	const struct border_peer *peer = leg_peer(call->border, &call->facts->legs[leg]);

	return peer && peer->needs_ipsec;
}

/* The host that the leg's media is sent to, and may come from. */
static const struct addr *end_of(const struct order_leg *leg)
{
	return leg->trust == TRUST_PORT_AT_SIGNALLING ? &leg->signalling : &leg->remote;
}

static const struct addr *own_end(const struct call *call, const struct order_leg *leg)
{
	return &call->border->ports.ports->pairs[leg->port].local;
}

static bool is_given(const struct call *call, unsigned stream, unsigned leg)
{
	const struct stream_facts *s = &call->facts->streams[stream];

	return s->covered[leg].family != 0 &&
	       addr_same_host(&s->covered[leg], end_of(&s->legs[leg]));
}

bool cover_apply(const struct call *call, unsigned stream, struct order *order)
{
	bool is_missing = false;

	for (unsigned leg = 0; leg < CALL_LEGS; leg++)
		if (cover_is_needed(call, leg) && !is_given(call, stream, leg))
			is_missing = true;
	for (unsigned leg = 0; leg < CALL_LEGS && is_missing; leg++)
		order->legs[leg].is_sending = order->legs[leg].is_receiving = 0;
	if (is_missing)
		order->is_held = order->is_barred = 1;
	return !is_missing;
}

static void ask(struct call *call, unsigned stream, bool is_again)
{
	const struct stream_facts *s = &call->facts->streams[stream];
	struct border *b = call->border;

	for (unsigned i = 0; i < CALL_LEGS; i++) {
		const struct order_leg *leg = &s->legs[i];
		struct cover_row row = { .call = call->facts->id };

		if (!cover_is_needed(call, i) || !leg->is_known ||
		    is_given(call, stream, i) != is_again)
			continue;
		row.local = *own_end(call, leg);
		row.remote = *end_of(leg);
		row.is_tcp = leg->carrier != MEDIA_UDP;
		if (b->ports.cover)
			b->ports.cover(b->ports.context, &row);
	}
}

void cover_ask(struct call *call, unsigned stream) { ask(call, stream, false); }

void cover_ask_again(struct call *call, unsigned stream) { ask(call, stream, true); }

static void refuse(struct call *call, enum cover verdict)
{
	struct border *b = call->border;
	struct turn *turn = turn_at(b, call->invite);
	char text[192];
	struct buffer lines = BUFFER_ON(text);

	border_count(b, COUNT_refused_ipsec);
	reply_warning(&lines, REFUSAL_IPSEC);
	if (call->state == CALL_UP)
		call_hang_up(call, cover_text(verdict));
	else if (call->state == CALL_SETUP && turn && !turn->is_cancelled)
		answer_withdraw(b, turn, buffer_view(&lines));
}

static bool is_between(const struct call *call, const struct order_leg *leg,
                       const struct cover_row *row)
{
	return leg->is_known && row->is_tcp == (leg->carrier != MEDIA_UDP) &&
	       addr_same_host(own_end(call, leg), &row->local) &&
	       addr_same_host(end_of(leg), &row->remote);
}

/* True where what passes of the stream changed by it. */
static bool note(struct call *call, unsigned stream, const struct cover_row *row, bool *ret_is_lost)
{
	struct stream_facts *s = &call->facts->streams[stream];
	bool is_changed = false;

	for (unsigned leg = 0; leg < CALL_LEGS && s->has_ports; leg++) {
		bool was_given = is_given(call, stream, leg);

		if (!cover_is_needed(call, leg) || !is_between(call, &s->legs[leg], row))
			continue;
		s->covered[leg] = (struct addr){ 0 };
		if (row->verdict == COVER_YES)
			s->covered[leg] = row->remote;
		else
			*ret_is_lost = true;
		is_changed |= was_given != (row->verdict == COVER_YES);
	}
	return is_changed && s->is_open;
}

/* False where the call was ended by it. Until its other end has agreed to that, which may take a
 * while, nothing passes. */
static bool take(struct call *call, const struct cover_row *row)
{
	bool is_lost = false;

	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++) {
		if (!note(call, i, row, &is_lost))
			continue;
		if (row->verdict == COVER_YES)
			stream_order(call, i);
		else
			stream_bar(call, i);
	}
	if (is_lost)
		refuse(call, row->verdict);
	return !is_lost;
}

/* Who answered before is gone, and what he watched is watched no longer. */
static void ask_again(struct call *call)
{
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++) {
		struct stream_facts *s = &call->facts->streams[i];

		if (!cover_is_needed(call, LEG_CALLER) && !cover_is_needed(call, LEG_CALLEE))
			return;
		s->covered[LEG_CALLER] = s->covered[LEG_CALLEE] = (struct addr){ 0 };
		if (s->is_open)
			stream_order(call, i);
	}
}

void border_covered(struct border *b, const struct cover_row *row, struct now now)
{
	struct call *call;
	uint32_t place = 0;

	b->now = now;
	if (row->call != 0) {
		call = call_by_id(b, row->call);
		if (call && take(call, row))
			call_save(call);
		return;
	}
	while ((call = call_next(b, &place))) {
		if (row->remote.family == 0)
			ask_again(call);
		else if (row->verdict != COVER_YES)
			(void)take(call, row);
	}
}
