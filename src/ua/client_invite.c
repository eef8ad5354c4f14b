/* SPDX-License-Identifier: Apache-2.0 */
/* INVITE client transaction: RFC 3261 17.1.1 as RFC 6026 7.2 corrects it, the
 * ACK to refusals (17.1.1.3), and CANCEL (9.1). */
#include "ua/ua_priv.h"

#include "sip/msg.h"
#include "sip/name_addr.h"

/* Timer A doubles without a ceiling; timer B ends it. */
static void repeat_request(struct timer *t, uint64_t now_us)
{
	struct ua_client *c = HOLDER(t, struct ua_client, repeat);

	c->ua->counts.requests_repeated++;
	ua_client_send(c, ua_text_view(c->request));
	c->interval_us *= 2;
	wheel_set(c->ua->wheel, t, now_us + c->interval_us);
}

/* Timer B, D, M, or the patience after CANCEL. */
static void end(struct timer *t, uint64_t now_us)
{
	static const enum ua_notice timeout = UA_TIMEOUT;
	struct ua_client *c = HOLDER(t, struct ua_client, end);
	bool is_answered = c->state == UA_COMPLETED || c->state == UA_ACCEPTED;

	ua_client_end(c, is_answered ? NULL : &timeout, now_us);
}

void ua_client_invite_open(struct ua_client *c, uint64_t now_us)
{
	struct ua *ua = c->ua;

	c->state = UA_TRYING;
	c->interval_us = ua->t1_us;
	timer_init(&c->repeat, repeat_request);
	timer_init(&c->end, end);
	if (!c->is_reliable)
		wheel_set(ua->wheel, &c->repeat, now_us + c->interval_us); /* A */
	wheel_set(ua->wheel, &c->end, now_us + ua_give_up_us(ua));         /* B */
}

static void send_cancel(struct ua_client *c, uint64_t now_us)
{
	struct ua *ua = c->ua;
	struct buffer b = buffer_on(ua->scratch, UA_LARGE_SIZE);
	struct ua_client_opening opening = {
		.serial = c->serial,
		.path = c->path,
		.is_reliable = c->is_reliable,
	};
	struct pool_handle cancel;
	enum err err = ua_hop_cancel(ua_text_view(c->request), ua_text_view(c->cancel_headers), &b);

	if (err == ERR_NONE) {
		opening.bytes = buffer_view(&b);
		err = ua_client_open_any(ua, &opening, now_us, &cancel);
	}
	/* Without room for it the INVITE still ends on its own clock below. */
	if (err != ERR_NONE)
		ua->counts.own_unsent++;
	ua_text_drop(ua, &c->cancel_headers);
	c->is_cancel_sent = true;
	/* 9.1: 64*T1, then it is over. */
	wheel_set(ua->wheel, &c->end, now_us + ua_give_up_us(ua));
}

enum err ua_client_cancel(struct ua *ua, struct pool_handle client, struct view headers,
                          uint64_t now_us)
{
	struct ua_client *c = pool_at(ua->clients, client);
	enum err err;

	if (!c)
		return ERR_NOT_FOUND;
	if (!c->is_invite || c->state == UA_COMPLETED || c->state == UA_ACCEPTED)
		return ERR_DENIED;
	if (c->is_cancelled)
		return ERR_NONE;
	err = ua_text_keep(ua, headers, &c->cancel_headers);
	if (err != ERR_NONE)
		return err;
	c->is_cancelled = true;
	if (c->state == UA_PROCEEDING)
		send_cancel(c, now_us);
	return ERR_NONE;
}

static enum ua_answer take_provisional(struct ua_client *c, uint64_t now_us)
{
	if (c->state != UA_TRYING && c->state != UA_PROCEEDING)
		return UA_ANSWER_REPEATED;
	if (c->state == UA_TRYING) {
		c->state = UA_PROCEEDING;
		wheel_cancel(c->ua->wheel, &c->repeat);
		wheel_cancel(c->ua->wheel, &c->end);
	}
	if (c->is_cancelled && !c->is_cancel_sent)
		send_cancel(c, now_us);
	return UA_ANSWER_PROVISIONAL;
}

static uint64_t tag_hash(const struct ua *ua, const struct sip_msg *response)
{
	struct sip_name_addr to;

	if (sip_parts_address(response, SIP_HEADER_TO, &to) != ERR_NONE)
		return 0;
	return ua_hash_view(&ua->identity_key, to.tag);
}

static enum ua_answer take_success(struct ua_client *c, const struct sip_msg *response,
                                   uint64_t now_us)
{
	struct ua *ua = c->ua;

	if (c->state == UA_COMPLETED)
		return UA_ANSWER_REPEATED;
	if (c->state == UA_ACCEPTED) {
		if (tag_hash(ua, response) != c->answer_tag)
			return UA_ANSWER_FORKED;
		ua_client_send(c, ua_text_view(c->ack));
		return UA_ANSWER_REPEATED;
	}
	c->state = UA_ACCEPTED;
	c->answer_tag = tag_hash(ua, response);
	wheel_cancel(ua->wheel, &c->repeat);
	wheel_set(ua->wheel, &c->end, now_us + ua_give_up_us(ua)); /* M */
	return UA_ANSWER_FINAL;
}

static void acknowledge_refusal(struct ua_client *c, const struct sip_msg *response)
{
	struct ua *ua = c->ua;
	struct buffer b = buffer_on(ua->scratch, UA_LARGE_SIZE);

	struct view to = sip_msg_value(response, SIP_HEADER_TO);

	if (ua_hop_ack(ua_text_view(c->request), to, &b) != ERR_NONE)
		return;
	ua_client_send(c, buffer_view(&b));
	/* Without room a repeated answer is not acknowledged; timer H ends it there. */
	if (ua_text_keep(ua, buffer_view(&b), &c->ack) != ERR_NONE)
		ua->counts.own_unsent++;
}

static enum ua_answer take_refusal(struct ua_client *c, const struct sip_msg *response,
                                   uint64_t now_us)
{
	struct ua *ua = c->ua;

	if (c->state == UA_ACCEPTED)
		return UA_ANSWER_REPEATED;
	if (c->state == UA_COMPLETED) {
		ua_client_send(c, ua_text_view(c->ack));
		return UA_ANSWER_REPEATED;
	}
	c->state = UA_COMPLETED;
	acknowledge_refusal(c, response);
	wheel_cancel(ua->wheel, &c->repeat);
	wheel_set(ua->wheel, &c->end, now_us + (c->is_reliable ? 0 : ua_give_up_us(ua)));
	return UA_ANSWER_FINAL;
}

enum ua_answer ua_client_invite_answer(struct ua_client *c, const struct sip_msg *response,
                                       uint64_t now_us)
{
	enum ua_answer answer;

	if (response->status < 200)
		answer = take_provisional(c, now_us);
	else if (response->status < 300)
		answer = take_success(c, response, now_us);
	else
		answer = take_refusal(c, response, now_us);
	if (answer == UA_ANSWER_PROVISIONAL || answer == UA_ANSWER_FINAL)
		c->status = response->status;
	return answer;
}

void ua_client_resume(struct ua *ua, struct pool_handle client, struct view to_tag, uint64_t now_us)
{
	struct ua_client *c = pool_at(ua->clients, client);

	if (!c || !c->is_invite)
		return;
	wheel_cancel(ua->wheel, &c->repeat);
	wheel_cancel(ua->wheel, &c->end);
	c->state = UA_PROCEEDING;
	c->status = 100;
	if (view_is_empty(to_tag))
		return;
	c->state = UA_ACCEPTED;
	c->status = 200;
	c->answer_tag = ua_hash_view(&ua->identity_key, to_tag);
	wheel_set(ua->wheel, &c->end, now_us + ua_give_up_us(ua));
}

bool ua_client_is_final(const struct ua *ua, struct pool_handle client)
{
	const struct ua_client *c = pool_at(ua->clients, client);

	return !c || c->state == UA_COMPLETED || c->state == UA_ACCEPTED;
}

enum err ua_client_acknowledge(struct ua *ua, struct pool_handle client, struct view ack,
                               uint64_t now_us)
{
	struct ua_client *c = pool_at(ua->clients, client);
	struct ua_text *text;
	enum err err;

	(void)now_us;
	if (!c)
		return ERR_NOT_FOUND;
	if (c->state != UA_ACCEPTED)
		return ERR_DENIED;
	ua_client_send(c, ack);
	err = ua_text_keep(ua, ack, &text);
	if (err != ERR_NONE)
		return err;
	ua_text_drop(ua, &c->ack);
	c->ack = text;
	/* It is said no more: a repeated answer is met by the ACK, for half a minute. */
	ua_text_drop(ua, &c->request);
	return ERR_NONE;
}
