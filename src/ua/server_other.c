/* SPDX-License-Identifier: Apache-2.0 */
/* Server transaction of anything but INVITE: RFC 3261 17.2.2 as RFC 4320
 * corrects it. */
#include "ua/ua_priv.h"

/* How long a client's timer E takes to reach T2 (RFC 4320 4.1). */
static uint64_t trying_due_us(const struct ua *ua)
{
	uint64_t interval_us = ua->t1_us, sum_us = 0;

	while (interval_us < ua->t2_us) {
		sum_us += interval_us;
		interval_us *= 2;
	}
	return sum_us;
}

static void say_trying(struct timer *t, uint64_t now_us)
{
	struct ua_server *s = HOLDER(t, struct ua_server, repeat);

	(void)now_us;
	/* Without room to keep it the client goes on repeating: no harm. */
	if (ua_server_answer(s, &(struct ua_reply){ .status = 100 }) == ERR_NONE)
		s->state = UA_PROCEEDING;
}

/* Timer J after an answer. Without one nobody listens any more: the client's
 * timer F is as long as this one. */
static void end(struct timer *t, uint64_t now_us)
{
	static const enum ua_notice unanswered = UA_UNANSWERED;
	struct ua_server *s = HOLDER(t, struct ua_server, end);

	ua_server_end(s, s->state == UA_COMPLETED ? NULL : &unanswered, now_us);
}

void ua_server_other_open(struct ua_server *s, uint64_t now_us)
{
	struct ua *ua = s->ua;

	s->state = UA_TRYING;
	timer_init(&s->repeat, say_trying);
	timer_init(&s->end, end);
	wheel_set(ua->wheel, &s->repeat, now_us + trying_due_us(ua));
	wheel_set(ua->wheel, &s->end, now_us + ua_give_up_us(ua));
}

void ua_server_other_repeated(struct ua_server *s)
{
	if (s->state != UA_TRYING)
		ua_server_send(s);
}

enum err ua_server_other_reply(struct ua_server *s, const struct ua_reply *reply, uint64_t now_us)
{
	struct ua *ua = s->ua;
	enum err err;

	if (s->state == UA_COMPLETED || reply->status == 408)
		return ERR_DENIED;
	/* 100 leaves by itself when it may; no other provisional ever does (RFC 4320 4.1). */
	if (reply->status < 200)
		return ERR_DENIED;
	err = ua_server_answer(s, reply);
	if (err != ERR_NONE)
		return err;
	s->state = UA_COMPLETED;
	ua_server_close(s);
	wheel_cancel(ua->wheel, &s->repeat);
	wheel_set(ua->wheel, &s->end, now_us + (s->is_reliable ? 0 : ua_give_up_us(ua)));
	return ERR_NONE;
}
