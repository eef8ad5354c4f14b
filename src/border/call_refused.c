/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals that wait for their ACK, in slots of call_pending.c. */
#include "border/call_pending_priv.h"
#include "border/call_refused_priv.h"
#include "border/leg_priv.h"

#include <stdlib.h>
#include <string.h>

/* What a slot holds; then the answer. */
struct kept {
	uint32_t kind; /* enum pending_kind */
	struct ua_refusal refusal;
};

/* By slot. */
struct refused_call {
	struct list among;
	struct pool_handle server; /* of the transaction whose ACK is awaited */
};

enum err call_refused_new(struct calls *c, uint32_t max_calls)
{
	list_init(&c->refused);
	c->refusals = calloc(max_calls, sizeof(*c->refusals));
	return c->refusals ? ERR_NONE : ERR_NO_MEMORY;
}

void call_refused_free(struct calls *c) { free(c->refusals); }

static void note(struct border *b, uint32_t slot, struct pool_handle server)
{
	struct refused_call *r = &b->calls->refusals[slot];

	r->server = server;
	list_init(&r->among);
	list_append(&b->calls->refused, &r->among);
	ua_server_note(b->ua, server, slot + 1);
}

static uint32_t forget(struct border *b, struct refused_call *r)
{
	r->server = (struct pool_handle){ 0 };
	list_remove(&r->among);
	return (uint32_t)(r - b->calls->refusals) + 1;
}

uint32_t call_refused_oldest(struct border *b)
{
	struct calls *c = b->calls;

	if (list_is_empty(&c->refused))
		return 0;
	return forget(b, HOLDER(c->refused.next, struct refused_call, among));
}

static void keep(struct border *b, const struct turn *turn, const struct ua_refusal *refusal,
                 uint32_t place)
{
	struct kept k;
	const struct view pieces[] = { view_bytes(&k, sizeof(k)),
		                       ua_server_answered(b->ua, turn->server) };

	memset(&k, 0, sizeof(k));
	k.kind = PENDING_REFUSAL;
	k.refusal = *refusal;
	if (checkpoint_put_pieces(&b->checkpoint, CHECKPOINT_PENDING, place - 1, pieces, 2) ==
	    ERR_NONE)
		note(b, place - 1, turn->server);
	else
		call_pending_give(b, place);
}

void call_refuse(struct border *b, struct call *call, const struct turn *turn, uint16_t status,
                 struct view lines)
{
	bool is_answered = ua_server_is_final(b->ua, turn->server);
	struct ua_refusal refusal;
	uint32_t place = 0;

	reply_status(b, turn->server, status, view_of(leg_of(call, turn->from)->dialog.local_tag),
	             lines);
	if (is_answered)
		return;
	if (ua_server_refusal(b->ua, turn->server, b->now.us, &refusal) != ERR_NONE) {
		if (turn->method == SIP_METHOD_INVITE && !turn->is_first)
			call_pending_drop(call);
		return;
	}
	/* Who is called is to be told that he shall ring no more, where he has not answered. */
	if (turn->method == SIP_METHOD_INVITE &&
	    (!turn->is_first || ua_client_is_final(b->ua, turn->client))) {
		place = call->pending;
		call->pending = 0;
	}
	if (place == 0)
		place = call_pending_take(b);
	if (place != 0)
		keep(b, turn, &refusal, place);
	else
		border_count(b, COUNT_calls_unprotected);
}

void calls_refusal_over(struct border *b, const struct ua_event *event)
{
	uint32_t place = event->user.detail;
	struct refused_call *r;

	if (place == 0)
		return;
	r = &b->calls->refusals[place - 1];
	/* Its place may be another's by now. */
	if (r->server.index != event->transaction.index ||
	    r->server.generation != event->transaction.generation)
		return;
	call_pending_give(b, forget(b, r));
}

/* ---- and back ---- */

static bool is_sound(const struct border *b, const struct ua_refusal *r)
{
	struct flow flow = flow_of(&r->path);

	return r->status >= 300 && r->status < 700 && flow.transport == TRANSPORT_UDP &&
	       flow.side < b->settings.side_count && flow.listener < b->settings.listener_count;
}

bool call_refused_restore(struct border *b, uint32_t slot, struct view saved)
{
	struct pool_handle server;
	struct kept k;

	if (saved.len <= sizeof(k))
		return false;
	memcpy(&k, saved.at, sizeof(k));
	if (k.kind != PENDING_REFUSAL || !is_sound(b, &k.refusal) ||
	    ua_server_refuse_again(b->ua, &k.refusal, view_after(saved, sizeof(k)), b->now.us,
	                           &server) != ERR_NONE)
		return false;
	note(b, slot, server);
	return true;
}
