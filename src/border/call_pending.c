/* SPDX-License-Identifier: Apache-2.0 */
/* INVITEs that are under way, in the checkpoint: each as it came and as it went, so that a
 * successor opens both transactions again. Ours is sent at once where nothing came back; who asked
 * hears of nothing but a second 100. With the first of a call lie the call's facts, which are
 * nowhere else yet; those of a call that stands are saved as ever. */
#include "border/call_pending_priv.h"
#include "border/call_refused_priv.h"
#include "border/leg_priv.h"
#include "border/spend.h"

#include <string.h>

/* What a slot holds; then the facts, packed, and the texts: the INVITE that came, ours, and the
 * 2xx that was given. */
struct pending {
	uint32_t kind;    /* PENDING_CALL */
	struct flow came; /* from where */
	uint64_t serial;  /* of our INVITE's branch */
	uint64_t call;    /* id of a call that stood before; 0: this one makes it */
	uint32_t session_s, came_cseq, sent_cseq;
	uint16_t facts_len, came_len, sent_len, answer_len;
	uint16_t status; /* where is_cancelled: who asked heard it; no INVITE of his is kept */
	uint8_t from, offer, takes_reliable, is_answered, is_cancelled, is_reserved;
	uint8_t is_heard; /* or marked since */
};

_Static_assert(sizeof(struct pending) <= PENDING_HEAD_MAX, "it fits its scratch");

/* The parts of one. */
struct pending_parts {
	struct view facts, came, sent, answer;
};

static struct pending *scratch_of(const struct border *b)
{
	return (struct pending *)(void *)b->calls->pending;
}

static void fill(const struct call *call, const struct turn *turn, struct pending *ret)
{
	ret->call = turn->is_first ? 0 : call->id;
	ret->from = turn->from;
	ret->session_s = turn->session_s;
	ret->came_cseq = turn->came_cseq;
	ret->sent_cseq = turn->sent_cseq;
	ret->offer = turn->offer;
	ret->takes_reliable = turn->takes_reliable;
	ret->is_heard = turn->is_heard;
	ret->is_answered = turn->is_answered;
	ret->is_reserved = call->is_reserved;
}

static struct view facts_of(const struct call *call, const struct turn *turn)
{
	return turn->is_first ? call_pack(call) : VIEW_EMPTY;
}

/* Behind the head in the scratch, whose lengths it fills in. */
static enum err put(struct call *call, const struct pending_parts *parts)
{
	struct border *b = call->border;
	struct pending *p = scratch_of(b);
	const struct view pieces[] = { view_bytes(p, sizeof(*p)), parts->facts, parts->came,
		                       parts->sent, parts->answer };

	p->facts_len = (uint16_t)parts->facts.len;
	p->came_len = (uint16_t)parts->came.len;
	p->sent_len = (uint16_t)parts->sent.len;
	p->answer_len = (uint16_t)parts->answer.len;
	return checkpoint_put_pieces(&b->checkpoint, CHECKPOINT_PENDING, call->pending - 1, pieces,
	                             sizeof(pieces) / sizeof(pieces[0]));
}

static bool split(struct view saved, struct pending *ret, struct pending_parts *ret_parts)
{
	struct view rest;

	if (saved.len < sizeof(*ret))
		return false;
	memcpy(ret, saved.at, sizeof(*ret));
	if (ret->kind != PENDING_CALL)
		return false;
	rest = view_after(saved, sizeof(*ret));
	if ((size_t)ret->facts_len + ret->came_len + ret->sent_len + ret->answer_len != rest.len)
		return false;
	ret_parts->facts = view_first(rest, ret->facts_len);
	rest = view_after(rest, ret->facts_len);
	ret_parts->came = view_first(rest, ret->came_len);
	rest = view_after(rest, ret->came_len);
	ret_parts->sent = view_first(rest, ret->sent_len);
	ret_parts->answer = view_after(rest, ret->sent_len);
	return true;
}

uint32_t call_pending_take(struct border *b)
{
	struct calls *c = b->calls;

	if (c->pending_free_count == 0)
		return call_refused_oldest(b);
	return c->pending_free[--c->pending_free_count] + 1;
}

void call_pending_give(struct border *b, uint32_t place)
{
	struct calls *c = b->calls;

	checkpoint_drop(&b->checkpoint, CHECKPOINT_PENDING, place - 1);
	c->pending_free[c->pending_free_count++] = place - 1;
}

void call_pending_begin(struct call *call, const struct turn *turn, const struct inbound *in,
                        const struct request *sent)
{
	struct pending *p = scratch_of(call->border);
	struct pending_parts parts = { .came = in->msg->text, .sent = buffer_view(&sent->out) };

	call->pending = call_pending_take(call->border);
	if (call->pending == 0) {
		border_count(call->border, COUNT_calls_unprotected);
		return;
	}
	memset(p, 0, sizeof(*p));
	p->kind = PENDING_CALL;
	fill(call, turn, p);
	p->came = *in->flow;
	p->serial = sent->serial;
	parts.facts = facts_of(call, turn);
	if (put(call, &parts) == ERR_NONE)
		return;
	border_count(call->border, COUNT_calls_unprotected);
	call_pending_drop(call);
}

/* What is kept of that call: the head in the scratch, the parts in the checkpoint. */
static bool take(const struct border *b, uint32_t slot, struct pending_parts *ret)
{
	struct view saved;

	return checkpoint_get(&b->checkpoint, CHECKPOINT_PENDING, slot, &saved) == ERR_NONE &&
	       split(saved, scratch_of(b), ret);
}

bool call_pending_texts(const struct call *call, struct view *ret_came, struct view *ret_sent)
{
	struct pending_parts parts;

	if (call->pending == 0 || !take(call->border, call->pending - 1, &parts))
		return false;
	*ret_came = parts.came;
	*ret_sent = parts.sent;
	return true;
}

void call_pending_again(struct call *call, const struct turn *turn, const struct request *sent)
{
	struct pending *p = scratch_of(call->border);
	struct pending_parts parts;

	if (call->pending == 0 || !take(call->border, call->pending - 1, &parts))
		return;
	fill(call, turn, p);
	p->serial = sent->serial;
	parts.facts = facts_of(call, turn);
	parts.sent = buffer_view(&sent->out);
	if (put(call, &parts) == ERR_NONE)
		return;
	border_count(call->border, COUNT_calls_unprotected);
	call_pending_drop(call);
}

void call_pending_heard(struct call *call, struct turn *turn)
{
	if (turn->is_heard)
		return;
	turn->is_heard = true;
	if (call->pending != 0)
		checkpoint_mark(&call->border->checkpoint, CHECKPOINT_PENDING, call->pending - 1);
}

void call_pending_answered(struct call *call, const struct turn *turn)
{
	struct border *b = call->border;
	struct pending_parts parts;

	if (call->pending == 0 || !take(b, call->pending - 1, &parts))
		return;
	fill(call, turn, scratch_of(b));
	parts.facts = facts_of(call, turn);
	parts.answer = ua_server_answered(b->ua, turn->server);
	if (put(call, &parts) != ERR_NONE)
		call_pending_drop(call);
}

void call_pending_cancelled(struct call *call, const struct turn *turn)
{
	struct border *b = call->border;
	struct pending *p = scratch_of(b);
	struct pending_parts parts;

	if (call->pending == 0)
		return;
	if (!turn->is_first || !take(b, call->pending - 1, &parts)) {
		call_pending_drop(call);
		return;
	}
	fill(call, turn, p);
	p->is_cancelled = true;
	p->status = call->status;
	parts.facts = facts_of(call, turn);
	parts.came = VIEW_EMPTY;
	if (put(call, &parts) != ERR_NONE)
		call_pending_drop(call);
}

/* RFC 3262 4: who asked takes no RSeq but the next, and the answer in a reliable 18x is given once
 * (13.2.1 of RFC 3261). */
void call_pending_agreed(struct call *call)
{
	struct border *b = call->border;
	const struct turn *turn = turn_at(b, call->invite);
	struct pending_parts parts;

	if (!turn || call->pending == 0 || call->facts->early.came_rseq == 0 ||
	    !take(b, call->pending - 1, &parts))
		return;
	fill(call, turn, scratch_of(b));
	parts.facts = call_pack(call);
	if (put(call, &parts) != ERR_NONE)
		border_count(b, COUNT_calls_unprotected);
}

void call_pending_drop(struct call *call)
{
	if (call->pending == 0)
		return;
	call_pending_give(call->border, call->pending);
	call->pending = 0;
}

/* ---- and back ---- */

static enum err open_server(struct border *b, const struct pending *p, struct view came,
                            struct turn *turn)
{
	struct calls *c = b->calls;
	struct ua_server_opening opening = {
		.request = &c->again,
		.path = path_of(&p->came),
		.source = &p->came.remote,
		.user = { .object = turn_handle(b, turn), .purpose = PURPOSE_CALL },
		.sender = party_sender(b, party_peer_of(b, &p->came), &p->came),
		.is_reliable = p->came.transport != TRANSPORT_UDP,
	};
	enum err err;

	if (came.len > sizeof(c->again_text))
		return ERR_LIMIT;
	memcpy(c->again_text, came.at, came.len);
	err = sip_msg_parse(c->again_text, came.len, &sip_limits_default, &c->again);
	if (err == ERR_NONE)
		err = ua_server_open(b->ua, &opening, b->now.us, &turn->server);
	turn->has_server = err == ERR_NONE;
	return err;
}

static enum err open_client(struct border *b, const struct pending *p, struct view sent,
                            struct turn *turn, const struct leg_facts *asked)
{
	struct ua_client_opening opening = {
		.bytes = sent,
		.serial = p->serial,
		.path = path_of(&asked->flow),
		.user = { .object = turn_handle(b, turn), .purpose = PURPOSE_CALL },
		.is_reliable = asked->flow.transport != TRANSPORT_UDP,
		/* Who died may have had no time to send it. Where it had, this is a
		 * retransmission (RFC 3261 17.1.1.2), under the same branch. */
		.is_sent = p->is_heard,
	};
	enum err err = ua_client_open(b->ua, &opening, b->now.us, &turn->client);

	turn->has_client = err == ERR_NONE;
	if (err == ERR_NONE && p->is_heard)
		ua_client_resume(b->ua, turn->client,
		                 p->is_answered ? view_of(asked->dialog.remote_tag) : VIEW_EMPTY,
		                 b->now.us);
	return err;
}

static struct turn *resume_turn(struct border *b, struct call *call, const struct pending *p)
{
	struct turn *turn = pool_take(b->calls->turns);

	if (!turn)
		return NULL;
	turn->call = call_handle(b, call);
	turn->from = p->from;
	turn->method = SIP_METHOD_INVITE;
	turn->is_first = p->call == 0;
	turn->session_s = p->session_s;
	turn->came_cseq = p->came_cseq;
	turn->sent_cseq = p->sent_cseq;
	turn->offer = p->offer;
	turn->takes_reliable = p->takes_reliable != 0;
	turn->is_heard = p->is_heard != 0;
	turn->is_answered = p->is_answered != 0;
	turn->is_cancelled = p->is_cancelled != 0;
	return turn;
}

static void resume_state(struct call *call, const struct pending *p)
{
	call->is_restored = true;
	call->facts->early.is_again = call->facts->early.is_awaiting;
	call->state = p->is_answered ? CALL_UP : CALL_SETUP;
	call->status = p->is_answered ? 200 : p->status;
	call_resume_streams(call);
	call_resume_legs(call);
	if (p->is_answered)
		spend_resume(call);
	else if (p->is_reserved)
		spend_resume_reserved(call);
	if (!p->is_answered)
		call_rings(call);
}

/* A successor of ours must not begin at the same numbers. */
static void keep_numbers(struct call *call, const struct pending *p, struct pending_parts parts)
{
	*scratch_of(call->border) = *p;
	parts.facts = call_pack(call);
	if (put(call, &parts) != ERR_NONE)
		border_count(call->border, COUNT_calls_unprotected);
}

/* Both transactions; false: they are not open, and the turn has what is. */
static bool resume_invite(struct call *call, const struct pending *p,
                          const struct pending_parts *parts)
{
	struct border *b = call->border;
	struct turn *turn = resume_turn(b, call, p);

	if (!turn)
		return false;
	call->invite = turn_handle(b, turn);
	if (!p->is_cancelled && open_server(b, p, parts->came, turn) != ERR_NONE)
		return false;
	if (open_client(b, p, parts->sent, turn, leg_of(call, leg_other(p->from))) != ERR_NONE)
		return false;
	if (p->is_cancelled)
		turn_cancel(b, turn, VIEW_EMPTY);
	else if (p->is_answered)
		(void)!ua_server_resume(b->ua, turn->server, parts->answer, b->now.us);
	else
		reply_status(b, turn->server, 100, VIEW_EMPTY, VIEW_EMPTY);
	return true;
}

static bool resume(struct border *b, const struct pending *p, const struct pending_parts *parts,
                   const struct call_facts *facts, uint32_t slot)
{
	struct call *call = call_new(b);

	if (!call)
		return false;
	*call->facts = *facts;
	call->pending = slot + 1;
	call_enter(b, call);
	resume_state(call, p);
	keep_numbers(call, p, *parts);
	if (resume_invite(call, p, parts))
		return true;
	call_end(call, END_RINGFENCE, "lost in set-up");
	return false;
}

/* One of a call that stands, and stands on where it cannot be gone on with. */
static bool resume_within(struct border *b, const struct pending *p,
                          const struct pending_parts *parts, uint32_t slot)
{
	struct call *call = call_by_id(b, p->call);
	struct turn *turn;

	if (!call || call->state != CALL_UP || turn_at(b, call->invite))
		return false;
	if (resume_invite(call, p, parts)) {
		call->pending = slot + 1;
		return true;
	}
	turn = turn_at(b, call->invite);
	call->invite = (struct pool_handle){ 0 };
	if (!turn)
		return false;
	ua_server_drop(b->ua, turn->server);
	turn_give(b, turn);
	return false;
}

/* Whether the call of that slot goes on. It writes to the checkpoint meanwhile, so what is read
 * is a copy. */
static bool restore_one(struct border *b, uint32_t slot)
{
	struct calls *c = b->calls;
	struct pending_parts parts;
	struct pending p;
	struct call_facts facts;
	struct view saved;

	if (checkpoint_get(&b->checkpoint, CHECKPOINT_PENDING, slot, &saved) != ERR_NONE)
		return false;
	if (call_refused_restore(b, slot, saved))
		return true;
	memcpy(c->resumed, saved.at, saved.len);
	if (!split(view_bytes(c->resumed, saved.len), &p, &parts))
		return false;
	/* Who is told to ring no more need not have said that he does. */
	p.is_heard |=
		p.is_cancelled || checkpoint_is_marked(&b->checkpoint, CHECKPOINT_PENDING, slot);
	if (p.from >= CALL_LEGS)
		return false;
	if (p.call != 0)
		return resume_within(b, &p, &parts, slot);
	/* One whose ACK came stands there as a call that is up. */
	return packed_read(parts.facts, &facts, sizeof(facts)) == ERR_NONE &&
	       call_is_sound(b, &facts) && !call_by_id(b, facts.id) &&
	       resume(b, &p, &parts, &facts, slot);
}

void call_pending_restore(struct border *b)
{
	struct calls *c = b->calls;

	/* From the last one, so that the first ones are given out first. */
	for (uint32_t slot = b->settings.max_calls; slot-- > 0;) {
		if (restore_one(b, slot))
			continue;
		if (c->pending_free_count > 0 && c->pending_free[c->pending_free_count - 1] == slot)
			continue; /* given back by the call's end */
		call_pending_give(b, slot + 1);
	}
}
