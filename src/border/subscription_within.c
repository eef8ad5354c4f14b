/* SPDX-License-Identifier: Apache-2.0 */
/* Refreshes and NOTIFYs within a subscription, and the answers to them. */
#include "border/calls.h"
#include "border/subscription_priv.h"

#include "border/challenge.h"
#include "border/extensions.h"
#include "border/ingress.h"
#include "sip/number.h"

enum { LINES_MAX = 4096 };

/* ---- requests ---- */

/* RFC 6665 4.4.1: a NOTIFY may be here before the 200, and makes the dialog. */
static bool adopts(struct subscription *s, const struct sip_msg *msg)
{
	struct ua_dialog *d = &s->legs[NOTIFIER].dialog;
	struct sip_name_addr from, to;

	if (msg->method != SIP_METHOD_NOTIFY || d->state != UA_DIALOG_NONE ||
	    !view_equal(view_of(d->call_id), msg->call_id) ||
	    sip_parts_address(msg, SIP_HEADER_FROM, &from) != ERR_NONE ||
	    sip_parts_address(msg, SIP_HEADER_TO, &to) != ERR_NONE ||
	    !view_equal(to.tag, view_of(d->local_tag)) || view_is_empty(from.tag) ||
	    !VIEW_COPY(from.tag, d->remote_tag))
		return false;
	if (ua_dialog_refresh(d, msg) != ERR_NONE) {
		d->remote_tag[0] = 0;
		return false;
	}
	d->state = UA_DIALOG_EARLY;
	return true;
}

static struct subscription *named(const struct border *b, const struct sip_msg *msg,
                                  unsigned *ret_leg)
{
	struct sip_name_addr to;

	if (sip_parts_address(msg, SIP_HEADER_TO, &to) != ERR_NONE)
		return NULL;
	return subscription_by_tag(b, to.tag, ret_leg);
}

bool subscription_has_dialog(const struct border *b, const struct sip_msg *msg,
                             const struct flow *flow)
{
	unsigned leg;
	struct subscription *s = named(b, msg, &leg);

	return s && flow_equal(&s->legs[leg].flow, flow) &&
	       ua_dialog_matches(&s->legs[leg].dialog, msg);
}

/* The leg's own party, or its phone once the account has registered from elsewhere. */
static bool is_at_leg(struct border *b, const struct inbound *in, struct subscription *s,
                      unsigned number)
{
	const struct leg_facts *leg = &s->legs[number];

	if (flow_equal(&leg->flow, in->flow))
		return true;
	if (leg->peer != CALL_PHONE)
		return in->peer && in->peer == leg_peer(b, leg);
	if (in->standing != STANDING_KNOWN || !calls_is_account(b, in->flow, leg->account_hash))
		return false;
	subscription_move(s, number, in->flow);
	return true;
}

static bool is_last(const struct sip_msg *msg)
{
	struct sip_subscription state;

	return msg->method == SIP_METHOD_NOTIFY &&
	       sip_subscription_parse(sip_msg_value(msg, SIP_HEADER_SUBSCRIPTION_STATE), &state) ==
	               ERR_NONE &&
	       state.state == SIP_SUBSTATE_TERMINATED;
}

static void carry(struct border *b, struct inbound *in, struct subscription *s, unsigned from)
{
	struct passage *p = subscription_open(b, in, s, from);
	enum err err;

	if (!p)
		return;
	p->is_last = is_last(in->msg);
	err = subscription_send_within(b, in, s, p);
	if (err != ERR_NONE) {
		subscription_close_refused(b, p, s, err);
		return;
	}
	if (ua_dialog_refresh(&s->legs[from].dialog, in->msg) != ERR_NONE)
		border_count(b, COUNT_refused_malformed);
	if (p->is_last)
		subscription_lives_for(s, 0);
}

static void pass_within(struct border *b, struct inbound *in, struct subscription *s, unsigned from)
{
	unsigned asks = in->msg->method == SIP_METHOD_SUBSCRIBE ? SUBSCRIBER : NOTIFIER;
	struct sip_event event;

	if (ingress_refuses(b, in))
		return;
	if (from != asks ||
	    (in->msg->method != SIP_METHOD_SUBSCRIBE && in->msg->method != SIP_METHOD_NOTIFY)) {
		reply_at_once(b, in, 405, VIEW("Allow: SUBSCRIBE, NOTIFY\r\n"));
		return;
	}
	if (!subscription_event_of(in->msg, &event)) {
		subscription_refuse_event(b, in);
		return;
	}
	if (ua_dialog_request(&s->legs[from].dialog, in->msg) != ERR_NONE) {
		reply_at_once(b, in, 500, VIEW_EMPTY);
		return;
	}
	carry(b, in, s, from);
}

bool subscription_request(struct border *b, struct inbound *in)
{
	unsigned leg;
	struct subscription *s = named(b, in->msg, &leg);

	if (!s || (!ua_dialog_matches(&s->legs[leg].dialog, in->msg) &&
	           !(leg == NOTIFIER && is_at_leg(b, in, s, leg) && adopts(s, in->msg))))
		return false;
	if (!fact_is_proven(in->proof))
		in->proof = PROOF_TAG;
	if (is_at_leg(b, in, s, leg))
		pass_within(b, in, s, leg);
	else
		border_count(b, COUNT_dropped_mismatch);
	return true;
}

/* ---- answers ---- */

/* As for a call: a challenge of the PBX's goes to the phone, one from outside ends here. */
static uint16_t pass_challenge(struct border *b, const struct inbound *in,
                               const struct subscription *s, unsigned asked_by,
                               struct buffer *lines)
{
	const struct leg_facts *asker = &s->legs[asked_by];
	struct challenge c;

	if (asker->peer != CALL_PHONE || s->legs[leg_other(asked_by)].peer == CALL_PHONE) {
		fact_leak(b, in);
		return 500;
	}
	if (challenge_read(in->msg, &c) != ERR_NONE)
		return 500;
	challenge_write(b, &c, &asker->flow.remote, COOKIE_USER_ORDINARY, lines);
	return in->msg->status;
}

static void write_granted(struct passage *p, const struct sip_msg *msg, struct buffer *lines)
{
	uint32_t granted_s;

	if (p->method != SIP_METHOD_SUBSCRIBE)
		return;
	/* A notifier may grant less than was asked, never more (RFC 6665 4.2.1.1). */
	if (sip_seconds_of(msg, SIP_HEADER_EXPIRES, &granted_s) == ERR_NONE &&
	    granted_s < p->expires_s)
		p->expires_s = granted_s;
	sip_build_number(lines, SIP_HEADER_EXPIRES, p->expires_s);
}

static void take_success(struct subscription *s, const struct passage *p, const struct sip_msg *msg)
{
	struct leg_facts *other = &s->legs[leg_other(p->from)];
	enum err err = p->is_first ? ua_dialog_answer(&other->dialog, msg)
	                           : ua_dialog_refresh(&other->dialog, msg);

	/* What cannot be read leaves the dialog that a NOTIFY made, or none. */
	if (err != ERR_NONE)
		border_count(s->border, COUNT_refused_malformed);
	s->legs[p->from].dialog.state = UA_DIALOG_CONFIRMED;
	if (p->method == SIP_METHOD_SUBSCRIBE)
		subscription_lives_for(s, p->expires_s);
}

void subscription_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                         enum ua_answer answer)
{
	struct passage *p = pool_at(b->subscriptions->passages, event->user.object);
	struct subscription *s = p ? pool_at(b->subscriptions->table, p->subscription) : NULL;
	uint16_t status = in->msg->status;
	char text[LINES_MAX];
	struct buffer lines = BUFFER_ON(text);

	if (!p || answer != UA_ANSWER_FINAL)
		return;
	if (s && (status == 401 || status == 407))
		status = pass_challenge(b, in, s, p->from, &lines);
	else if (status >= 300 && status < 400)
		status = 480; /* where it points is the other side's affair */
	if (s && status < 300) {
		leg_write_contact(b, &s->legs[p->from], &lines);
		write_granted(p, in->msg, &lines);
		take_success(s, p, in->msg);
	}
	if (s)
		party_copy_headers(b, in->peer, leg_peer(b, &s->legs[p->from]), in->msg, &lines);
	extensions_copy(&lines, in->msg);
	if (status == 489)
		subscription_write_events(&lines);
	border_count(b, COUNT_responses_forwarded);
	reply_status(b, p->server, s ? status : 481,
	             s ? view_of(s->legs[p->from].dialog.local_tag) : VIEW_EMPTY,
	             lines.err == ERR_NONE ? buffer_view(&lines) : VIEW_EMPTY);
	/* 481: one end knows nothing of it any more. */
	if (s && (p->is_last || (p->is_first && status >= 300) || in->msg->status == 481))
		subscription_end(s);
	pool_give(b->subscriptions->passages, p);
}

/* RFC 4320 4.1: no answer from there, none from here. */
void subscription_notice(struct border *b, enum ua_notice notice, const struct ua_event *event)
{
	struct passage *p = pool_at(b->subscriptions->passages, event->user.object);

	if (!p || notice == UA_ENDED)
		return;
	ua_server_drop(b->ua, p->server);
	pool_give(b->subscriptions->passages, p);
}
