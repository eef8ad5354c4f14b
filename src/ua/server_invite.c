/* SPDX-License-Identifier: Apache-2.0 */
/* INVITE server transaction: RFC 3261 17.2.1 as RFC 6026 7.1 corrects it. */
#include "ua/ua_priv.h"

static void repeat_answer(struct timer *t, uint64_t now_us)
{
	struct ua_server *s = HOLDER(t, struct ua_server, repeat);
	struct ua *ua = s->ua;

	ua->counts.responses_repeated++;
	if (s->state == UA_PROCEEDING) {
		/* RFC 3262 3: doubling without a ceiling, over any transport. */
		ua->ports.send(ua->ports.context, &s->path, ua_text_view(s->reliable));
		s->interval_us *= 2;
		wheel_set(ua->wheel, t, now_us + s->interval_us);
		return;
	}
	ua_server_send(s);
	s->interval_us = s->interval_us * 2 < ua->t2_us ? s->interval_us * 2 : ua->t2_us;
	wheel_set(ua->wheel, t, now_us + s->interval_us);
}

static void forget_reliable(struct ua_server *s)
{
	wheel_cancel(s->ua->wheel, &s->repeat);
	wheel_cancel(s->ua->wheel, &s->end);
	ua_text_drop(s->ua, &s->reliable);
}

static void give_up_prack(struct ua_server *s, uint64_t now_us)
{
	struct ua *ua = s->ua;
	struct ua_event event = {
		.transaction = pool_handle_of(ua->servers, s),
		.user = s->user,
		.status = s->status,
		.is_server = true,
		.is_invite = true,
	};

	forget_reliable(s);
	ua->ports.notice(ua->ports.context, UA_UNPRACKED, &event, now_us);
}

/* Timer H or I; for a 2xx timer L, which is also the end of patience with the
 * caller's ACK (13.3.1.4). */
static void end(struct timer *t, uint64_t now_us)
{
	static const enum ua_notice unacked = UA_UNACKED;
	struct ua_server *s = HOLDER(t, struct ua_server, end);
	bool is_done = s->state == UA_CONFIRMED || s->is_acknowledged;

	if (s->state == UA_PROCEEDING) {
		give_up_prack(s, now_us);
		return;
	}
	ua_server_end(s, is_done ? NULL : &unacked, now_us);
}

void ua_server_invite_open(struct ua_server *s)
{
	s->state = UA_PROCEEDING;
	timer_init(&s->repeat, repeat_answer);
	timer_init(&s->end, end);
}

void ua_server_invite_repeated(struct ua_server *s)
{
	/* RFC 6026 7.1: in Accepted the 2xx is repeated by its own timer alone. */
	if (s->state == UA_PROCEEDING || s->state == UA_COMPLETED)
		ua_server_send(s);
	else if (s->state == UA_ACCEPTED && s->retransmission == RETRANSMIT_NEVER &&
	         !s->is_acknowledged)
		ua_server_send(s);
}

enum ua_receipt ua_server_invite_ack(struct ua_server *s, uint64_t now_us)
{
	struct ua *ua = s->ua;

	if (s->state == UA_ACCEPTED)
		return UA_PASSED;
	if (s->state == UA_COMPLETED) {
		s->state = UA_CONFIRMED;
		wheel_cancel(ua->wheel, &s->repeat);
		wheel_set(ua->wheel, &s->end, now_us + (s->is_reliable ? 0 : ua->t4_us)); /* I */
		return UA_SETTLED;
	}
	return UA_ABSORBED;
}

enum err ua_server_resume(struct ua *ua, struct pool_handle server, struct view answer,
                          uint64_t now_us)
{
	struct ua_server *s = pool_at(ua->servers, server);
	enum err err = s && s->is_invite && !s->answer ? ua_text_keep(ua, answer, &s->answer)
	                                               : ERR_NOT_FOUND;

	if (err != ERR_NONE)
		return err;
	s->status = 200;
	s->state = UA_ACCEPTED;
	s->interval_us = ua->t1_us;
	wheel_set(ua->wheel, &s->end, now_us + ua_give_up_us(ua));
	wheel_set(ua->wheel, &s->repeat, now_us + s->interval_us);
	ua_server_send(s);
	return ERR_NONE;
}

void ua_server_invite_refused(struct ua_server *s, uint64_t ends_us, uint64_t now_us)
{
	struct ua *ua = s->ua;

	ua_server_invite_open(s);
	s->state = UA_COMPLETED;
	s->interval_us = ua->t1_us;
	wheel_set(ua->wheel, &s->end, ends_us);                    /* H */
	wheel_set(ua->wheel, &s->repeat, now_us + s->interval_us); /* G */
	ua_server_send(s);
}

static enum err repeat_until_prack(struct ua_server *s, uint64_t now_us)
{
	struct ua *ua = s->ua;
	enum err err = ua_text_keep(ua, ua_text_view(s->answer), &s->reliable);

	if (err != ERR_NONE)
		return err;
	s->interval_us = ua->t1_us;
	wheel_set(ua->wheel, &s->repeat, now_us + s->interval_us);
	wheel_set(ua->wheel, &s->end, now_us + ua_give_up_us(ua));
	return ERR_NONE;
}

void ua_server_pracked(struct ua *ua, struct pool_handle server)
{
	struct ua_server *s = pool_at(ua->servers, server);

	if (s && s->is_invite && s->state == UA_PROCEEDING)
		forget_reliable(s);
}

struct view ua_server_unpracked(const struct ua *ua, struct pool_handle server)
{
	const struct ua_server *s = pool_at(ua->servers, server);

	return s ? ua_text_view(s->reliable) : VIEW_EMPTY;
}

enum err ua_server_invite_reply(struct ua_server *s, const struct ua_reply *reply, uint64_t now_us)
{
	struct ua *ua = s->ua;
	bool is_accepted = reply->status >= 200 && reply->status < 300;
	enum err err;

	if (s->state != UA_PROCEEDING || (reply->awaits_prack && s->reliable))
		return ERR_DENIED;
	err = ua_server_answer(s, reply);
	if (err == ERR_NONE && reply->awaits_prack && reply->status < 200)
		err = repeat_until_prack(s, now_us);
	s->is_tried |= err == ERR_NONE && reply->status < 200;
	if (reply->status < 200 || (err != ERR_NONE && err != ERR_FULL))
		return err;

	forget_reliable(s);
	ua_server_close(s);
	s->state = is_accepted ? UA_ACCEPTED : UA_COMPLETED;
	wheel_set(ua->wheel, &s->end, now_us + ua_give_up_us(ua)); /* L, H */
	/* What could not be kept left once: without this it would wait for ever. */
	if (err != ERR_NONE)
		return err;
	/* A 2xx is repeated over reliable transports too: it must reach the far end (13.3.1.4). */
	if (s->retransmission == RETRANSMIT_AS_RFC && (is_accepted || !s->is_reliable)) {
		s->interval_us = ua->t1_us;
		wheel_set(ua->wheel, &s->repeat, now_us + s->interval_us); /* G */
	}
	return ERR_NONE;
}
