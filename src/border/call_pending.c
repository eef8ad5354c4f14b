/* SPDX-License-Identifier: Apache-2.0 */
/* Calls whose first INVITE is under way, in the checkpoint: both INVITEs as they came and went, so
 * that a successor opens both transactions again. Ours is repeated
 * only where nothing came back; who calls hears of nothing but a second 100. */
#include "border/call_pending_priv.h"
#include "border/leg_priv.h"
#include "border/spend.h"

#include <string.h>

/* What a slot holds; the texts follow: the INVITE that came, ours, and the 2xx that was given. */
struct pending {
	struct call_facts call;
	struct flow came; /* from where */
	uint64_t serial;  /* of our INVITE's branch */
	struct order_leg offered[MAX_CALL_STREAMS];
	struct order_format formats[MAX_CALL_STREAMS][MAX_ORDER_FORMATS];
	struct early early;
	uint32_t session_s, came_cseq, sent_cseq;
	uint16_t came_len, sent_len, answer_len;
	uint8_t offer, takes_reliable, is_heard, is_answered, is_reserved;
};

static struct pending *scratch_of(const struct border *b)
{
	return (struct pending *)(void *)b->calls->pending;
}

static void put_text(const struct border *b, size_t *len, struct view text)
{
	memcpy(b->calls->pending + *len, text.at, text.len);
	*len += text.len;
}

static void fill(const struct call *call, const struct turn *turn, struct pending *ret)
{
	ret->call = call->facts;
	memcpy(ret->offered, call->offered, sizeof(ret->offered));
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++)
		memcpy(ret->formats[i], call->streams[i].formats, sizeof(ret->formats[i]));
	ret->early = call->early;
	ret->session_s = turn->session_s;
	ret->came_cseq = turn->came_cseq;
	ret->sent_cseq = turn->sent_cseq;
	ret->offer = turn->offer;
	ret->takes_reliable = turn->takes_reliable;
	ret->is_heard = turn->is_heard;
	ret->is_answered = turn->is_answered;
	ret->is_reserved = call->is_reserved;
}

static void put(struct call *call, size_t len)
{
	struct border *b = call->border;

	if (checkpoint_put(&b->checkpoint, CHECKPOINT_PENDING, call->pending - 1,
	                   view_bytes(b->calls->pending, len)) != ERR_NONE)
		border_count(b, COUNT_calls_unprotected);
}

void call_pending_begin(struct call *call, const struct turn *turn, const struct inbound *in,
                        const struct request *sent)
{
	struct view ours = buffer_view(&sent->out), came = in->msg->text;
	struct pending *p = scratch_of(call->border);
	struct calls *c = call->border->calls;
	size_t len = sizeof(*p);

	if (c->pending_free_count == 0 || came.len + ours.len > CHECKPOINT_PENDING_MAX - len) {
		border_count(call->border, COUNT_calls_unprotected);
		return;
	}
	call->pending = c->pending_free[--c->pending_free_count] + 1;
	memset(p, 0, sizeof(*p));
	fill(call, turn, p);
	p->came = *in->flow;
	p->serial = sent->serial;
	p->came_len = (uint16_t)came.len;
	p->sent_len = (uint16_t)ours.len;
	put_text(call->border, &len, came);
	put_text(call->border, &len, ours);
	put(call, len);
}

/* What is kept of that call, in the scratch; its length, 0 where there is nothing. */
static size_t take(const struct border *b, uint32_t slot)
{
	struct pending *p = scratch_of(b);
	struct view saved;
	size_t texts;

	if (checkpoint_get(&b->checkpoint, CHECKPOINT_PENDING, slot, &saved) != ERR_NONE ||
	    saved.len < sizeof(*p))
		return 0;
	memcpy(p, saved.at, saved.len);
	texts = (size_t)p->came_len + p->sent_len + p->answer_len;
	return saved.len == sizeof(*p) + texts ? saved.len : 0;
}

void call_pending_heard(struct call *call, struct turn *turn)
{
	size_t len;

	if (turn->is_heard)
		return;
	turn->is_heard = true;
	len = call->pending > 0 ? take(call->border, call->pending - 1) : 0;
	if (len == 0)
		return;
	fill(call, turn, scratch_of(call->border));
	put(call, len);
}

void call_pending_answered(struct call *call, const struct turn *turn)
{
	struct border *b = call->border;
	struct pending *p = scratch_of(b);
	struct view answer = ua_server_answered(b->ua, turn->server);
	size_t len = call->pending > 0 ? take(b, call->pending - 1) : 0;

	if (len == 0)
		return;
	len -= p->answer_len;
	if (answer.len > CHECKPOINT_PENDING_MAX - len) {
		call_pending_drop(call);
		return;
	}
	fill(call, turn, p);
	p->answer_len = (uint16_t)answer.len;
	put_text(call->border, &len, answer);
	put(call, len);
}

void call_pending_drop(struct call *call)
{
	struct calls *c = call->border->calls;

	if (call->pending == 0)
		return;
	checkpoint_drop(&call->border->checkpoint, CHECKPOINT_PENDING, call->pending - 1);
	c->pending_free[c->pending_free_count++] = call->pending - 1;
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
                            struct turn *turn, const struct leg_facts *callee)
{
	struct ua_client_opening opening = {
		.bytes = sent,
		.serial = p->serial,
		.path = path_of(&callee->flow),
		.user = { .object = turn_handle(b, turn), .purpose = PURPOSE_CALL },
		.is_reliable = callee->flow.transport != TRANSPORT_UDP,
		.is_sent = true,
	};
	enum err err = ua_client_open(b->ua, &opening, b->now.us, &turn->client);

	turn->has_client = err == ERR_NONE;
	if (err == ERR_NONE && p->is_heard)
		ua_client_resume(b->ua, turn->client,
		                 p->is_answered ? view_of(callee->dialog.remote_tag) : VIEW_EMPTY,
		                 b->now.us);
	return err;
}

static struct turn *resume_turn(struct border *b, struct call *call, const struct pending *p)
{
	struct turn *turn = pool_take(b->calls->turns);

	if (!turn)
		return NULL;
	turn->call = call_handle(b, call);
	turn->from = LEG_CALLER;
	turn->method = SIP_METHOD_INVITE;
	turn->is_first = true;
	turn->session_s = p->session_s;
	turn->came_cseq = p->came_cseq;
	turn->sent_cseq = p->sent_cseq;
	turn->offer = p->offer;
	turn->takes_reliable = p->takes_reliable != 0;
	turn->is_heard = p->is_heard != 0;
	turn->is_answered = p->is_answered != 0;
	return turn;
}

static void resume_state(struct call *call, const struct pending *p)
{
	memcpy(call->offered, p->offered, sizeof(call->offered));
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++)
		memcpy(call->streams[i].formats, p->formats[i], sizeof(p->formats[i]));
	call->early = p->early;
	call->is_restored = true;
	call->state = p->is_answered ? CALL_UP : CALL_SETUP;
	call->status = p->is_answered ? 200 : 0;
	call_resume_streams(call);
	call_resume_legs(call);
	if (p->is_answered)
		spend_resume(call);
	else if (p->is_reserved)
		spend_resume_reserved(call);
	if (!p->is_answered)
		call_rings(call);
}

static bool resume(struct border *b, const struct pending *p, uint32_t slot)
{
	const char *texts = (const char *)(p + 1);
	struct call *call = pool_take(b->calls->calls);
	struct turn *turn;

	if (!call)
		return false;
	call->facts = p->call;
	call_enter(b, call);
	resume_state(call, p);
	call->pending = slot + 1;
	turn = resume_turn(b, call, p);
	if (turn)
		call->invite = turn_handle(b, turn);
	if (!turn || open_server(b, p, view_bytes(texts, p->came_len), turn) != ERR_NONE ||
	    open_client(b, p, view_bytes(texts + p->came_len, p->sent_len), turn,
	                leg_of(call, LEG_CALLEE)) != ERR_NONE) {
		call_end(call, END_RINGFENCE, "lost in set-up");
		return false;
	}
	if (p->is_answered)
		(void)!ua_server_resume(
			b->ua, turn->server,
			view_bytes(texts + p->came_len + p->sent_len, p->answer_len), b->now.us);
	else
		reply_status(b, turn->server, 100, VIEW_EMPTY, VIEW_EMPTY);
	return true;
}

void call_pending_restore(struct border *b)
{
	struct calls *c = b->calls;

	/* From the last one, so that the first ones are given out first. */
	for (uint32_t slot = b->settings.max_calls; slot-- > 0;) {
		size_t len = take(b, slot);
		struct pending *p = (struct pending *)(void *)c->resumed;

		if (len > 0) {
			memcpy(p, c->pending, len);
			/* One whose ACK came stands there as a call that is up. */
			if (call_is_sound(b, &p->call) && !call_by_id(b, p->call.id) &&
			    resume(b, p, slot))
				continue;
			if (c->pending_free_count > 0 &&
			    c->pending_free[c->pending_free_count - 1] == slot)
				continue; /* given back by the call's end */
		}
		checkpoint_drop(&b->checkpoint, CHECKPOINT_PENDING, slot);
		c->pending_free[c->pending_free_count++] = slot;
	}
}
