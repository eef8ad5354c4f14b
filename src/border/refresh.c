/* SPDX-License-Identifier: Apache-2.0 */
/* Refreshes between two questions to the PBX. */
#include "border/refresh.h"

#include "border/probe.h"

/* Who answers our challenge within this time is not sent on to another one: half of the
 * phones take a second 401 in a row for a wrong password. */
enum { ANSWER_S = 32 };

static struct registration *standing_of(const struct border *b, const struct inbound *in,
                                        const struct login_wish *wish,
                                        const struct login_contact *c)
{
	struct registration *r = registration_by_token(&b->registrations, view_of(c->token));
	const struct registration_facts *facts;

	if (!r)
		return NULL;
	facts = &r->facts;
	return flow_equal(&facts->flow, in->flow) && facts->peer == wish->facts.peer &&
	                       facts->call_id_hash == wish->facts.call_id_hash &&
	                       wish->facts.cseq > facts->cseq &&
	                       view_equal(view_of(facts->account), view_of(wish->facts.account)) &&
	                       view_equal(view_of(facts->contact), view_of(c->contact)) &&
	                       view_equal(view_of(facts->path), view_of(wish->facts.path))
	             ? r
	             : NULL;
}

/* What may be told without asking; 0: the PBX is to be asked. */
static uint32_t told_s(const struct border *b, const struct registration_facts *facts,
                       const struct login_wish *wish, uint32_t asked_s, bool is_pressed)
{
	uint64_t left_us = now_since(facts->granted_us, b->now.us);
	uint64_t since_us = now_since(b->now.us, facts->asked_us);
	uint32_t told = login_told_s(b, &wish->facts.flow, asked_s, UINT32_MAX);

	if (left_us < (uint64_t)told * SECOND_US ||
	    facts->asked_us < probe_knowledge(b, wish->home)->back_us)
		return 0;
	if (!is_pressed && (since_us >= (uint64_t)b->settings.subscribers.ask_pbx_s * SECOND_US ||
	                    left_us < since_us))
		return 0;
	return told;
}

enum step { STEP_ASK_PBX, STEP_CHALLENGE, STEP_GRANT };

static enum step next_step(const struct inbound *in, const struct registration_facts *facts,
                           const struct credentials *found)
{
	bool is_udp = in->flow->transport == TRANSPORT_UDP;

	if (found->is_proven)
		return !found->is_unknown_user && found->login_hash == facts->login_hash &&
		                       found->nonce_hash == facts->nonce_hash
		             ? STEP_GRANT
		             : STEP_ASK_PBX;
	if (found->is_here)
		return found->here_login_hash == facts->login_hash ? STEP_GRANT : STEP_ASK_PBX;
	/* A connection is the one by which the PBX let the phone in. */
	if (!is_udp)
		return found->has_any ? STEP_ASK_PBX : STEP_GRANT;
	return STEP_CHALLENGE;
}

static void challenge(struct border *b, const struct inbound *in, uint16_t home, bool is_stale)
{
	struct challenge c = probe_knowledge(b, home)->challenge;
	char text[LOGIN_LINES_MAX];
	struct buffer lines = BUFFER_ON(text);

	challenge_vary(b, &c);
	if (is_stale)
		challenge_make_stale(&c);
	challenge_write(b, &c, &in->flow->remote, COOKIE_USER_HERE, &lines);
	if (lines.err == ERR_NONE)
		reply_at_once(b, in, c.status, buffer_view(&lines));
}

/* What stands of one Contact, and what may be told of it. */
struct standing {
	struct registration *r;
	uint32_t told_s;
};

static void grant(struct border *b, const struct inbound *in, const struct login_wish *wish,
                  const struct standing *standing)
{
	char text[LOGIN_LINES_MAX];
	struct buffer lines = BUFFER_ON(text);

	for (unsigned i = 0; i < wish->count; i++) {
		struct registration *r = standing[i].r;
		uint64_t told_us = (uint64_t)standing[i].told_s * SECOND_US;
		uint64_t until_us = b->now.us + told_us + LOGIN_GRACE_US;

		if (until_us > r->facts.granted_us)
			until_us = r->facts.granted_us;
		registration_refresh(&b->registrations, r, wish->facts.cseq, until_us, b->now);
		login_write_binding(&lines, r->facts.contact, standing[i].told_s);
	}
	login_write_flow(&lines, wish);
	path_write(&lines, SIP_HEADER_PATH, wish->facts.path);
	border_count(b, COUNT_registrations_held);
	reply_at_once(b, in, 200, buffer_view(&lines));
}

/* Whether each of them stands and may be told of. */
static bool stand(const struct border *b, const struct inbound *in, const struct login_wish *wish,
                  bool is_pressed, struct standing *ret)
{
	for (unsigned i = 0; i < wish->count; i++) {
		const struct login_contact *c = &wish->contacts[i];

		ret[i].r = c->expires_s > 0 ? standing_of(b, in, wish, c) : NULL;
		if (!ret[i].r)
			return false;
		ret[i].told_s = told_s(b, &ret[i].r->facts, wish, c->expires_s, is_pressed);
		if (ret[i].told_s == 0)
			return false;
	}
	return wish->count > 0;
}

/* One for all of them, or the PBX is asked. */
static enum step common_step(const struct inbound *in, const struct standing *standing,
                             unsigned count, const struct credentials *found)
{
	enum step step = next_step(in, &standing[0].r->facts, found);

	for (unsigned i = 1; i < count; i++)
		if (next_step(in, &standing[i].r->facts, found) != step)
			return STEP_ASK_PBX;
	return step;
}

bool refresh_answers(struct border *b, const struct inbound *in, const struct login_wish *wish,
                     const struct credentials *found, bool is_pressed)
{
	bool is_answer = found->is_here && found->here_age_s <= ANSWER_S;
	struct standing standing[MAX_LOGIN_CONTACTS];
	enum step step;

	if (!b->settings.subscribers.ask_pbx_s || in->standing != STANDING_KNOWN ||
	    !stand(b, in, wish, is_pressed || is_answer, standing))
		return false;
	step = common_step(in, standing, wish->count, found);
	/* One that we made up would show its own realm. */
	if (step == STEP_CHALLENGE && !probe_knowledge(b, wish->home)->has_challenge)
		step = STEP_ASK_PBX;
	if (step == STEP_CHALLENGE)
		challenge(b, in, wish->home, found->has_any);
	else if (step == STEP_GRANT)
		grant(b, in, wish, standing);
	return step != STEP_ASK_PBX;
}
