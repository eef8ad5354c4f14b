/* SPDX-License-Identifier: Apache-2.0 */
/* Calls, from the first INVITE to whatever ended them, over all their legs. Named
 * by Call-ID and the caller's tag, which proxies hand on. */
#include "watch/watch_priv.h"

enum {
	TRAIL_S = 2,      /* media on its way when the call ends */
	CHALLENGE_S = 32, /* how long credentials are waited for */
};

/* ---- reporting ---- */

/* A stranger's knocking is no call: the facts tell of it. */
static bool is_worth_telling(const struct watch_dialog *call)
{
	if (call->is_challenged)
		return false;
	return call->report.standing != STANDING_STRANGER || call->report.status != 0 ||
	       call->is_ringing;
}

static void report(struct watch *w, struct watch_dialog *call)
{
	struct watch_call *ret = &call->report;

	LIST_FOR_EACH(link, &call->streams) {
		struct watch_flow_of_rtp *s = HOLDER(link, struct watch_flow_of_rtp, of_call);

		watch_stream_end(s);
	}
	ret->is_encrypted = ret->streams > 0 && !call->has_plain;
	if (w->ports.call && is_worth_telling(call))
		w->ports.call(w->ports.context, ret);
}

void watch_call_forget(void *watch, void *row)
{
	struct watch_dialog *call = row;
	struct watch *w = watch;

	wheel_cancel(&w->wheel, &call->timer);
	report(w, call);
}

static void wait_s(struct watch *w, struct watch_dialog *call, uint32_t seconds)
{
	wheel_set(&w->wheel, &call->timer, w->now.us + (uint64_t)seconds * SECOND_US);
}

static void fire(struct timer *timer, uint64_t now_us)
{
	struct watch_dialog *call = HOLDER(timer, struct watch_dialog, timer);
	struct watch *w = call->watch;

	(void)now_us;
	if (!call->is_over && !list_is_empty(&call->streams)) {
		wait_s(w, call, w->settings.call_s);
		return;
	}
	report(w, call);
	watch_table_drop(&w->calls, call);
}

static void end(struct watch *w, struct watch_dialog *call, uint32_t trail_s)
{
	if (!call->report.ended_wall_us)
		call->report.ended_wall_us = w->now.wall_us;
	call->is_over = true;
	watch_table_keep(&w->calls, call, false);
	wait_s(w, call, trail_s);
}

/* ---- finding ---- */

static bool fits(uint64_t tag, uint64_t seen) { return seen == 0 || tag == seen; }

struct watch_dialog *watch_call_find(const struct watch *w, struct watch_reading *r)
{
	bool has_to = !view_is_empty(r->to->tag);
	uint64_t from = watch_from_tag(w, r), to = watch_to_tag(w, r);
	struct watch_dialog *call = watch_table_find(&w->calls, watch_call_key(w, r, from));

	if (call && (!has_to || fits(to, call->callee_tag)))
		return call;
	call = has_to ? watch_table_find(&w->calls, watch_call_key(w, r, to)) : NULL;
	return call && fits(from, call->callee_tag) ? call : NULL;
}

/* ---- beginning ---- */

static void fill(struct watch *w, struct watch_reading *r, struct watch_dialog *call)
{
	struct watch_call *ret = &call->report;

	*ret = (struct watch_call){
		.number_in_watch = ++w->calls_numbered,
		.caller = r->flow.remote,
		.callee = r->flow.local,
		.started_wall_us = w->now.wall_us,
	};
	watch_account(&r->from->uri, ret->from, sizeof(ret->from));
	watch_account(&r->to->uri, ret->to, sizeof(ret->to));
	WATCH_TEXT(r->msg->is_request ? r->uri->user : r->to->uri.user, ret->number);
	WATCH_TEXT(r->msg->call_id, ret->call_id);
	call->caller_tag = watch_from_tag(w, r);
	call->callee_tag = 0;
	call->is_ringing = call->is_acknowledged = call->is_over = call->has_plain = false;
	call->is_challenged = false;
}

static void begin(struct watch *w, struct watch_reading *r, struct watch_dialog *call, bool is_new)
{
	if (is_new) {
		call->watch = w;
		list_init(&call->streams);
		timer_init(&call->timer, fire);
	} else if (!call->is_challenged) {
		report(w, call);
	}
	/* The same call, now with credentials. */
	if (is_new || !call->is_challenged)
		fill(w, r, call);
	call->is_challenged = false;
	call->is_over = false;
	call->report.status = 0;
	call->report.ended_wall_us = 0;
	call->cseq = r->msg->cseq.number;
}

static bool is_first_leg(const struct watch_dialog *call, const struct watch_reading *r)
{
	return addr_same_host(&call->report.caller, &r->flow.remote) &&
	       addr_same_host(&call->report.callee, &r->flow.local);
}

/* Whoever was asked for this call and asks on for it hands on what is not his. */
static bool is_relayed(const struct watch_dialog *call, const struct watch_reading *r)
{
	if (call->is_over || addr_same_host(&call->report.caller, &r->flow.remote))
		return false;
	for (int i = 0; i < MAX_LEGS; i++) {
		if (call->asked[i] == r->asker)
			return true;
	}
	return false;
}

static void note_leg(struct watch_dialog *call, uint64_t asked)
{
	call->asked[call->legs % MAX_LEGS] = asked;
	call->legs++;
}

void watch_call_invite(struct watch *w, struct watch_reading *r, struct watch_transaction *t)
{
	uint64_t key = watch_call_key(w, r, watch_from_tag(w, r));
	struct watch_dialog *call;
	bool is_new;

	call = watch_table_touch(&w->calls, key, &is_new);
	t->call = key;
	if (!is_new && is_relayed(call, r)) {
		t->fact.standing = STANDING_PEER;
		note_leg(call, r->asked);
		watch_media_read(w, r, call);
		return;
	}
	if (!is_new && !is_first_leg(call, r) && !call->is_over)
		return;
	begin(w, r, call, is_new);
	call->report.standing = t->fact.standing;
	note_leg(call, r->asked);
	t->flags |= IS_FIRST_LEG;
	wait_s(w, call, w->settings.ringing_s + w->settings.answer_s);
	if (r->msg->is_request)
		watch_media_read(w, r, call);
}

/* ---- going on ---- */

static void answered(struct watch *w, struct watch_reading *r, struct watch_dialog *call)
{
	call->report.answered_wall_us = w->now.wall_us;
	call->report.outcome = OUTCOME_SUCCEEDED;
	call->callee_tag = watch_to_tag(w, r);
	watch_table_keep(&w->calls, call, true);
	wait_s(w, call, w->settings.call_s);
}

void watch_call_response(struct watch *w, struct watch_reading *r, struct watch_transaction *t)
{
	struct watch_dialog *call = watch_table_find(&w->calls, t->call);
	uint16_t status = r->msg->status;

	if (!call)
		return;
	if (status < 300)
		watch_media_read(w, r, call);
	if (!(t->flags & IS_FIRST_LEG))
		return;
	call->is_ringing |= status > 100 && status < 200;
	if (status < 200)
		return;
	call->report.status = status;
	call->is_challenged = status == 401 || status == 407;
	if (status < 300) {
		if ((t->flags & HAS_CREDENTIALS) && call->report.standing == STANDING_STRANGER)
			call->report.standing = STANDING_KNOWN;
		answered(w, r, call);
		return;
	}
	call->report.outcome = OUTCOME_FAILED;
	end(w, call, call->is_challenged ? CHALLENGE_S : TRAIL_S);
}

void watch_call_acknowledged(struct watch *w, struct watch_reading *r)
{
	struct watch_dialog *call = watch_call_find(w, r);

	if (!call)
		return;
	call->is_acknowledged = true;
	watch_media_read(w, r, call);
}

void watch_call_within(struct watch *w, struct watch_reading *r, struct watch_transaction *t,
                       struct watch_dialog *call)
{
	if (!call)
		return;
	t->call = call->row.hash;
	call->is_acknowledged |= call->caller_tag == watch_from_tag(w, r);
	if (t->method == SIP_METHOD_BYE)
		end(w, call, TRAIL_S);
	else
		watch_media_read(w, r, call);
}

void watch_call_cancelled(struct watch *w, struct watch_reading *r)
{
	struct watch_dialog *call = watch_call_find(w, r);

	if (call && call->report.answered_wall_us == 0)
		call->report.is_cancelled = true;
}
