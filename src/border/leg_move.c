/* SPDX-License-Identifier: Apache-2.0 */
/* A leg whose phone is reached by another flow than before, or by none. */
#include "border/call_priv.h"
#include "border/leg_priv.h"
#include "border/offer_priv.h"

bool leg_move(struct call *call, unsigned number, const struct flow *flow)
{
	struct leg_facts *leg = leg_of(call, number);

	if (leg->needs_tls && !flow_is_secure(flow))
		return false;
	leg->flow = *flow;
	if (leg_hold(call, number) != ERR_NONE)
		border_count(call->border, COUNT_limit_calls);
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++) {
		struct order_leg *media = &call->facts->streams[i].legs[number];

		if (media->signalling.family == 0)
			continue;
		media->signalling = flow->remote;
		if (call->facts->streams[i].is_open)
			stream_order(call, i);
	}
	return true;
}

void calls_disconnected(struct border *b, const struct flow *flow)
{
	struct call *call;
	uint32_t place = 0;

	while ((call = pool_next(b->calls->calls, &place))) {
		for (unsigned i = 0; i < CALL_LEGS; i++) {
			struct leg *leg = &call->legs[i];

			if (leg->known && flow_equal(&leg->known->flow, flow))
				known_release(&b->known, &leg->known);
		}
	}
}

void calls_registered(struct border *b, uint64_t account_hash, const struct flow *flow)
{
	struct call *call;
	uint32_t place = 0;

	while ((call = pool_next(b->calls->calls, &place))) {
		for (unsigned i = 0; i < CALL_LEGS; i++) {
			const struct leg_facts *leg;

			/* No other needs to be woken. */
			if (!call->legs[i].is_phone || call->legs[i].known)
				continue;
			call_wake(call);
			leg = leg_of(call, i);
			if (leg->peer == CALL_PHONE && leg->account_hash == account_hash &&
			    leg->flow.connection > 0 && !known_find(&b->known, &leg->flow))
				(void)leg_move(call, i, flow);
		}
	}
}

bool calls_is_account(const struct border *b, const struct flow *flow, uint64_t account_hash)
{
	uint64_t account = b->attested ? b->attested : border_account(b, flow);

	return account != 0 && account == account_hash;
}
