/* SPDX-License-Identifier: Apache-2.0 */
/* Refreshes between two questions to the PBX. */
#include "border/refresh.h"

#include "border/probe.h"

/* Who answers our challenge within this time is not sent on to another one: half of the
 * phones take a second 401 in a row for a wrong password. */
enum { ANSWER_S = 32 };

static struct registration *standing_of(const struct border *b, const struct inbound *in,
                                        const struct login_wish *wish)
{
	struct registration *r =
		registration_by_token(&b->registrations, view_of(wish->facts.token));
	const struct registration_facts *facts;

	if (!r)
		return NULL;
	facts = &r->facts;
	return flow_equal(&facts->flow, in->flow) && facts->peer == wish->facts.peer &&
	                       facts->call_id_hash == wish->facts.call_id_hash &&
	                       wish->facts.cseq > facts->cseq &&
	                       view_equal(view_of(facts->account), view_of(wish->facts.account)) &&
	                       view_equal(view_of(facts->contact), view_of(wish->facts.contact))
	             ? r
	             : NULL;
}

/* What may be told without asking; 0: the PBX is to be asked. */
static uint32_t told_s(const struct border *b, const struct registration_facts *facts,
                       const struct login_wish *wish, bool is_pressed)
{
	uint64_t left_us = now_since(facts->granted_us, b->now.us);
	uint64_t since_us = now_since(b->now.us, facts->asked_us);
	uint32_t told = login_told_s(b, wish, UINT32_MAX);

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

static void grant(struct border *b, const struct inbound *in, const struct login_wish *wish,
                  struct registration *r, uint32_t told)
{
	uint64_t until_us = b->now.us + (uint64_t)told * SECOND_US + LOGIN_GRACE_US;
	char text[REGISTRATION_CONTACT_SIZE + 64];
	struct buffer lines = BUFFER_ON(text);

	if (until_us > r->facts.granted_us)
		until_us = r->facts.granted_us;
	registration_refresh(&b->registrations, r, wish->facts.cseq, until_us, b->now);
	login_write_binding(&lines, r->facts.contact, told);
	border_count(b, COUNT_registrations_held);
	reply_at_once(b, in, 200, buffer_view(&lines));
}

bool refresh_answers(struct border *b, const struct inbound *in, const struct login_wish *wish,
                     const struct credentials *found, bool is_pressed)
{
	bool is_answer = found->is_here && found->here_age_s <= ANSWER_S;
	struct registration *r;
	enum step step;
	uint32_t told;

	if (!b->settings.subscribers.ask_pbx_s || in->standing != STANDING_KNOWN ||
	    !wish->has_contact || wish->is_star || wish->expires_s == 0)
		return false;
	r = standing_of(b, in, wish);
	told = r ? told_s(b, &r->facts, wish, is_pressed || is_answer) : 0;
	step = told ? next_step(in, &r->facts, found) : STEP_ASK_PBX;
	/* One that we made up would show its own realm. */
	if (step == STEP_CHALLENGE && !probe_knowledge(b, wish->home)->has_challenge)
		step = STEP_ASK_PBX;
	if (step == STEP_CHALLENGE)
		challenge(b, in, wish->home, found->has_any);
	else if (step == STEP_GRANT)
		grant(b, in, wish, r, told);
	return step != STEP_ASK_PBX;
}
