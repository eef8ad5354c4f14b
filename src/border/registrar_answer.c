/* SPDX-License-Identifier: Apache-2.0 */
/* REGISTER outward: what the PBX said, told so that an outsider cannot tell a
 * user that exists from one that does not: same code, headers, order, size and
 * delay. */
#include "border/login_priv.h"

#include "border/calls.h"
#include "border/probe.h"
#include "sip/build.h"
#include "sip/contact.h"

#include <string.h>

/* What phones keep by themselves where nothing is said (RFC 5626 4.4.1). */
enum { FLOW_TIMER_S = 120 };

static struct login *login_of(struct border *b, const struct ua_event *event)
{
	return pool_at(b->registrar->logins, event->user.object);
}

/* ---- when it leaves ---- */

static bool is_made_here(const struct login *l)
{
	return !(l->flags & LOGIN_WENT_ON) || (l->flags & LOGIN_IS_UNKNOWN);
}

static uint64_t leave_us(const struct border *b, const struct login *l, uint16_t status)
{
	uint64_t refusal_us = probe_knowledge(b, l->wish.home)->refusal_us;
	uint64_t took = now_since(b->now.us, l->came_us);

	if (status >= 200 && status < 300)
		return b->now.us;
	/* A user that the PBX knows waits as long as one for whom it is asked twice, and a
	 * refusal that it was not asked for as long as its own took last. */
	if (!(l->flags & (LOGIN_HAS_CREDENTIALS | LOGIN_ASKED_TWICE)))
		took *= 2;
	else if ((l->flags & LOGIN_HAS_CREDENTIALS) && is_made_here(l) && took < refusal_us)
		took = refusal_us;
	took = (took / LOGIN_STEP_US + 1) * LOGIN_STEP_US;
	if ((l->flags & LOGIN_HAS_CREDENTIALS) && took < LOGIN_REFUSAL_US)
		took = LOGIN_REFUSAL_US;
	return l->came_us + took;
}

void login_leave(struct border *b, struct login *l, uint16_t status, const struct buffer *lines)
{
	if (lines && (lines->err != ERR_NONE || lines->len > sizeof(l->lines))) {
		login_drop(b, l);
		return;
	}
	l->status = status;
	l->stage = LOGIN_WAITING;
	l->lines_len = lines ? (uint16_t)lines->len : 0;
	if (l->lines_len)
		memcpy(l->lines, lines->at, l->lines_len);
	wheel_set(&b->wheel, &l->timer, leave_us(b, l, status));
}

/* ---- challenge and refusal ---- */

void login_challenge(struct border *b, struct login *l, const struct challenge *c)
{
	enum guard_cookie_user user =
		l->flags & LOGIN_IS_UNKNOWN ? COOKIE_USER_UNKNOWN : COOKIE_USER_ORDINARY;
	char text[LOGIN_LINES_MAX];
	struct buffer lines = BUFFER_ON(text);

	challenge_write(b, c, &l->wish.facts.flow.remote, user, &lines);
	login_leave(b, l, c->status, &lines);
}

/* A challenge for somebody the PBX would not challenge now: one that it makes for
 * another, or, where nobody serves for that, one of the same shape. */
static void challenge_in_place(struct border *b, struct login *l)
{
	struct challenge c;

	l->stage = LOGIN_ASKING;
	if (probe_ask(b, l->wish.home, pool_handle_of(b->registrar->logins, l)) == ERR_NONE) {
		l->flags |= LOGIN_ASKED_TWICE;
		return;
	}
	c = probe_knowledge(b, l->wish.home)->challenge;
	challenge_vary(b, &c);
	login_challenge(b, l, &c);
}

void login_unknown(struct border *b, struct login *l)
{
	l->flags |= LOGIN_IS_UNKNOWN;
	login_say(b, l, FACT_UNKNOWN_USER, OUTCOME_UNKNOWN);
	challenge_in_place(b, l);
}

void login_refuse(struct border *b, struct login *l, uint16_t status)
{
	if (status == 401 || status == 407)
		challenge_in_place(b, l);
	else
		login_leave(b, l, status, NULL);
}

void registrar_ask_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                          enum ua_answer answer)
{
	struct login *l = login_of(b, event);
	struct challenge c;

	if (!l || l->stage != LOGIN_ASKING || answer != UA_ANSWER_FINAL)
		return;
	if ((in->msg->status != 401 && in->msg->status != 407) ||
	    challenge_read(in->msg, &c) != ERR_NONE) {
		c = probe_knowledge(b, l->wish.home)->challenge;
		challenge_vary(b, &c);
	}
	login_challenge(b, l, &c);
}

/* ---- the PBX's words ---- */

static void decided(struct border *b, struct login *l, enum fact_outcome outcome, uint16_t status)
{
	struct guard_login key = login_key(l);

	if (l->flags & LOGIN_HAS_CREDENTIALS)
		guard_login_decided(b->logins, &key, outcome, status, b->now.us);
	l->fact.status = status;
}

/* Some say so to a login of a user that they do not know: outside, that is a wrong password. */
static bool is_unknown_user(uint16_t status)
{
	return status == 404 || status == 410 || status == 480 || status == 604;
}

static void refused(struct border *b, struct login *l, uint16_t status, const struct challenge *c)
{
	decided(b, l, OUTCOME_FAILED, status);
	border_count(b, COUNT_logins_refused);
	if (is_unknown_user(status)) {
		l->flags |= LOGIN_IS_UNKNOWN;
		login_say(b, l, FACT_UNKNOWN_USER, OUTCOME_FAILED);
		login_refuse(b, l, probe_knowledge(b, l->wish.home)->refusal_status);
		return;
	}
	login_say(b, l, FACT_LOGIN, OUTCOME_FAILED);
	probe_saw_refusal_take(b, l->wish.home, now_since(b->now.us, l->came_us));
	if (!probe_knowledge(b, l->wish.home)->has_refusal)
		probe_saw_refusal(b, l->wish.home, status);
	if (c)
		login_challenge(b, l, c);
	else
		login_refuse(b, l, status);
}

static void challenged(struct border *b, struct login *l, const struct sip_msg *response)
{
	bool has_credentials = l->flags & LOGIN_HAS_CREDENTIALS;
	struct challenge c;

	if (challenge_read(response, &c) != ERR_NONE) {
		refused(b, l, response->status, NULL);
		return;
	}
	probe_saw_challenge(b, l->wish.home, &c);
	if (has_credentials) {
		probe_learn_sharing(b, l->wish.home, l->nonce_hash, challenge_is_stale(&c));
		if (!challenge_is_stale(&c)) {
			refused(b, l, response->status, &c);
			return;
		}
		decided(b, l, OUTCOME_UNKNOWN, response->status);
	}
	if (l->flags & LOGIN_ANSWERS_US)
		challenge_make_stale(&c);
	login_challenge(b, l, &c);
}

/* What the PBX granted for that Contact; 0 where its answer names others alone. */
static uint32_t granted_to(const struct login_contact *wanted, const struct sip_msg *response)
{
	struct sip_contact contacts[MAX_SIP_CONTACTS];
	size_t count;

	if (!sip_msg_header(response, SIP_HEADER_CONTACT))
		return wanted->expires_s;
	if (sip_contacts_read(response, contacts, MAX_SIP_CONTACTS, &count) != ERR_NONE)
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (contacts[i].is_star ||
		    !view_equal(contacts[i].address.uri.user, view_of(wanted->name)))
			continue;
		return contacts[i].has_expires ? contacts[i].expires_s : wanted->expires_s;
	}
	return 0;
}

void login_write_binding(struct buffer *lines, const char *contact, uint32_t expires_s)
{
	size_t begun = sip_build_begin(lines, SIP_HEADER_CONTACT);

	buffer_char(lines, '<');
	buffer_text(lines, contact);
	buffer_text(lines, ">;expires=");
	buffer_decimal(lines, expires_s);
	sip_build_finish(lines, begun);
}

void login_write_flow(struct buffer *lines, const struct login_wish *wish)
{
	for (unsigned i = 0; i < wish->count; i++) {
		if (!wish->contacts[i].is_flow || wish->contacts[i].expires_s == 0)
			continue;
		sip_build_header(lines, SIP_HEADER_REQUIRE, VIEW("outbound"));
		if (wish->facts.flow.transport != TRANSPORT_UDP && !wish->facts.path[0])
			sip_build_number(lines, SIP_HEADER_FLOW_TIMER, FLOW_TIMER_S);
		return;
	}
}

uint32_t login_told_s(const struct border *b, const struct flow *flow, uint32_t asked_s,
                      uint32_t granted_s)
{
	uint32_t most_s = b->settings.subscribers.udp_expires_s;

	if (asked_s < granted_s)
		granted_s = asked_s;
	if (flow->transport == TRANSPORT_UDP && granted_s > most_s)
		return most_s;
	return granted_s;
}

/* Where the PBX asked for no password this time, or never does. */
static uint64_t assumed_login(const struct border *b, const struct registration_facts *facts)
{
	const struct registration *standing =
		registration_by_token(&b->registrations, view_of(facts->token));
	struct view account = view_of(facts->account);

	return standing ? standing->facts.login_hash
	                : fact_hash(b, view_first(account, view_find(account, '@', 0)));
}

/* The PBX counts one Contact, however many flows there are. */
static void make_room(struct border *b, const struct login_contact *c)
{
	struct registration *flows[MAX_REGISTRATION_FLOWS], *first = NULL;
	size_t count = registrations_called(&b->registrations, view_of(c->name), flows,
	                                    MAX_REGISTRATION_FLOWS);

	if (count < MAX_REGISTRATION_FLOWS ||
	    registration_by_token(&b->registrations, view_of(c->token)))
		return;
	for (size_t i = 0; i < count; i++)
		if (!first || flows[i]->facts.expires_us < first->facts.expires_us)
			first = flows[i];
	registration_end(&b->registrations, &first);
}

static void bind_contact(struct border *b, struct login *l, const struct login_contact *c,
                         uint32_t granted_s, struct buffer *lines)
{
	struct registration_facts *facts = &l->wish.facts;
	uint32_t expires_s = login_told_s(b, &facts->flow, c->expires_s, granted_s);
	struct registration *r;

	(void)VIEW_COPY(view_of(c->contact), facts->contact);
	(void)VIEW_COPY(view_of(c->token), facts->token);
	facts->is_flow = c->is_flow;
	if (!(l->flags & LOGIN_HAS_CREDENTIALS))
		facts->login_hash = assumed_login(b, facts);
	facts->since_wall_us = b->now.wall_us;
	facts->expires_us = b->now.us + (uint64_t)expires_s * SECOND_US + LOGIN_GRACE_US;
	facts->asked_us = b->now.us;
	facts->granted_us = b->now.us + (uint64_t)granted_s * SECOND_US;
	facts->nonce_hash = l->nonce_hash;
	if (c->is_flow)
		make_room(b, c);
	if (registration_put(&b->registrations, facts, b->now, &r) != ERR_NONE) {
		border_count(b, COUNT_limit_transactions);
		return;
	}
	if (facts->flow.connection > 0)
		calls_registered(b, fact_hash(b, view_of(facts->account)), &facts->flow);
	login_write_binding(lines, facts->contact, expires_s);
	border_count(b, COUNT_registrations_made);
	b->made = r;
	login_say(b, l, FACT_REGISTERED, OUTCOME_SUCCEEDED);
	b->made = NULL;
}

static void unbind_all(struct border *b, const struct login *l)
{
	struct registration *ended[MAX_BINDINGS];
	size_t count = registrations_of(&b->registrations, view_of(l->wish.facts.account),
	                                &l->wish.facts.flow, ended, MAX_BINDINGS);

	for (size_t i = 0; i < count; i++)
		registration_end(&b->registrations, &ended[i]);
}

/* Each by what the PBX says of it. */
static void take_contacts(struct border *b, struct login *l, const struct sip_msg *response,
                          struct buffer *lines)
{
	unsigned bound = 0;

	for (unsigned i = 0; i < l->wish.count; i++) {
		const struct login_contact *c = &l->wish.contacts[i];
		uint32_t granted = c->expires_s > 0 ? granted_to(c, response) : 0;
		struct registration *standing =
			registration_by_token(&b->registrations, view_of(c->token));

		bound += granted > 0;
		if (granted > 0)
			bind_contact(b, l, c, granted, lines);
		else
			registration_end(&b->registrations, &standing);
	}
	if (bound > 0)
		login_write_flow(lines, &l->wish);
}

/* A question without Contact hears this flow's bindings alone. */
static void tell_bindings(const struct border *b, const struct login *l, struct buffer *lines)
{
	struct registration *standing[MAX_BINDINGS];
	size_t count = registrations_of(&b->registrations, view_of(l->wish.facts.account),
	                                &l->wish.facts.flow, standing, MAX_BINDINGS);

	for (size_t i = 0; i < count; i++) {
		uint64_t left_us = now_since(standing[i]->facts.expires_us, b->now.us);
		size_t begun = lines->len;

		if (left_us == 0)
			continue;
		login_write_binding(lines, standing[i]->facts.contact,
		                    (uint32_t)(left_us / SECOND_US));
		if (lines->err != ERR_NONE) {
			lines->len = begun;
			lines->err = ERR_NONE;
			return;
		}
	}
}

static void accepted(struct border *b, struct login *l, const struct sip_msg *response)
{
	char text[LOGIN_LINES_MAX];
	struct buffer lines = BUFFER_ON(text);

	decided(b, l, OUTCOME_SUCCEEDED, response->status);
	if (l->flags & LOGIN_HAS_CREDENTIALS) {
		probe_learn_sharing(b, l->wish.home, l->nonce_hash, false);
		login_say(b, l, FACT_LOGIN, OUTCOME_SUCCEEDED);
	}
	if (l->wish.is_star)
		unbind_all(b, l);
	else if (l->wish.count > 0)
		take_contacts(b, l, response, &lines);
	else
		tell_bindings(b, l, &lines);
	path_write(&lines, SIP_HEADER_PATH, l->wish.facts.path);
	login_leave(b, l, 200, &lines);
}

static void too_brief(struct border *b, struct login *l, const struct sip_msg *response)
{
	char text[128];
	struct buffer lines = BUFFER_ON(text);
	uint64_t least_s = 60;

	(void)view_decimal(sip_msg_value(response, SIP_HEADER_MIN_EXPIRES), UINT32_MAX, &least_s);
	decided(b, l, OUTCOME_UNKNOWN, response->status);
	sip_build_number(&lines, SIP_HEADER_MIN_EXPIRES, least_s);
	login_leave(b, l, response->status, &lines);
}

void registrar_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                      enum ua_answer answer)
{
	struct login *l = login_of(b, event);
	uint16_t status = in->msg->status;

	if (!l || l->stage != LOGIN_AT_PBX || answer != UA_ANSWER_FINAL)
		return;
	border_count(b, COUNT_responses_forwarded);
	if (status < 300) {
		accepted(b, l, in->msg);
	} else if (status == 401 || status == 407) {
		challenged(b, l, in->msg);
	} else if (status == 423) {
		too_brief(b, l, in->msg);
	} else if (status >= 500 && status < 600) {
		decided(b, l, OUTCOME_UNKNOWN, status);
		login_leave(b, l, status, NULL);
	} else if (l->flags & LOGIN_HAS_CREDENTIALS) {
		refused(b, l, status, NULL);
	} else {
		login_unknown(b, l);
	}
}

/* RFC 4320 4.1: a REGISTER that the PBX does not answer is not answered by us either. */
void registrar_notice(struct border *b, enum ua_notice notice, const struct ua_event *event)
{
	struct login *l = login_of(b, event);

	if (!l || notice == UA_ENDED || l->stage == LOGIN_WAITING)
		return;
	if (!event->is_server)
		decided(b, l, OUTCOME_UNKNOWN, 0);
	login_drop(b, l);
}
