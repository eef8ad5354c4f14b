/* SPDX-License-Identifier: Apache-2.0 */
/* Client transaction of anything but INVITE: RFC 3261 17.1.2. */
#include "ua/ua_priv.h"

#include "sip/msg.h"

/* Timer E: doubles up to T2; once a provisional answer came it is T2 at once. */
static void repeat_request(struct timer *t, uint64_t now_us)
{
	struct ua_client *c = HOLDER(t, struct ua_client, repeat);
	struct ua *ua = c->ua;

	ua->counts.requests_repeated++;
	ua_client_send(c, ua_text_view(c->request));
	c->interval_us = c->interval_us * 2 < ua->t2_us ? c->interval_us * 2 : ua->t2_us;
	if (c->state == UA_PROCEEDING)
		c->interval_us = ua->t2_us;
	wheel_set(ua->wheel, t, now_us + c->interval_us);
}

/* Timer F or K. */
static void end(struct timer *t, uint64_t now_us)
{
	static const enum ua_notice timeout = UA_TIMEOUT;
	struct ua_client *c = HOLDER(t, struct ua_client, end);

	ua_client_end(c, c->state == UA_COMPLETED ? NULL : &timeout, now_us);
}

void ua_client_other_open(struct ua_client *c, uint64_t now_us)
{
	struct ua *ua = c->ua;

	c->state = UA_TRYING;
	c->interval_us = ua->t1_us;
	timer_init(&c->repeat, repeat_request);
	timer_init(&c->end, end);
	if (!c->is_reliable)
		wheel_set(ua->wheel, &c->repeat, now_us + c->interval_us);
	wheel_set(ua->wheel, &c->end, now_us + ua_give_up_us(ua));
}

enum ua_answer ua_client_other_answer(struct ua_client *c, const struct sip_msg *response,
                                      uint64_t now_us)
{
	struct ua *ua = c->ua;

	if (c->state == UA_COMPLETED)
		return UA_ANSWER_REPEATED;
	c->status = response->status;
	if (response->status < 200) {
		c->state = UA_PROCEEDING;
		/* What we cancel by ourselves has no owner to tell. */
		return c->is_cancel ? UA_ANSWER_REPEATED : UA_ANSWER_PROVISIONAL;
	}
	c->state = UA_COMPLETED;
	wheel_cancel(ua->wheel, &c->repeat);
	wheel_set(ua->wheel, &c->end, now_us + (c->is_reliable ? 0 : ua->t4_us)); /* K */
	return c->is_cancel ? UA_ANSWER_REPEATED : UA_ANSWER_FINAL;
}
