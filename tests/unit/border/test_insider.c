/* SPDX-License-Identifier: Apache-2.0 */
/* A registered phone that turns on others: what it is known for ends at its own account. */
#include "unit/border/talk.h"

#include "base/now.h"

#include <stdio.h>
#include <string.h>

static enum err invite_as(struct talk *t, const char *user)
{
	char line[512];

	snprintf(line, sizeof(line),
	         "Proxy-Authorization: Digest username=\"%s\", realm=\"sip.example\", "
	         "nonce=\"n\", uri=\"sip:201@sip.example\", response=\"" WIRE_WRONG "\"\r\n",
	         user);
	talk_invite_from_phone(t, line, TALK_OFFER);
	CHECK_CASE(talk_hears(t, &t->pbx, "INVITE "), user);
	return ERR_NONE;
}

TALK_TEST(insider_calls_as_itself, "a phone's credentials in a call reach the PBX")
{
	TRY(invite_as(t, "200"));
	CHECK(wire_has(&t->at_pbx, "Proxy-Authorization: Digest username=\"200\""));
	return ERR_NONE;
}

TALK_TEST(insider_guesses_by_calling,
          "a phone's guess at another's password in a call never reaches the PBX")
{
	TRY(invite_as(t, "201"));
	CHECK(!wire_has(&t->at_pbx, "Authorization:"));
	return ERR_NONE;
}

TALK_TEST(insider_own_login_stays, "a phone that registers anew keeps its own credentials in calls")
{
	TRY(talk_register(t));
	TRY(invite_as(t, "200"));
	CHECK(wire_has(&t->at_pbx, "username=\"200\""));
	return ERR_NONE;
}

/* A REGISTER from the phone's own flow, with a challenge answered. */
static enum err register_as(struct talk *t, const char *user, const char *response)
{
	struct wire_register r = { .user = user, .call_id = user, .cseq = 1 };
	const struct wire_sent *sent;
	struct wire_sent challenge;

	wire_receive(t->w, &t->phone.flow, wire_register_text(&r, &t->phone.flow));
	wire_advance(t->w, 100 * MILLISECOND_US);
	sent = wire_take(t->w, &t->phone.flow);
	CHECK_CASE(wire_has(sent, "SIP/2.0 401 "), user);
	challenge = *sent;
	r.challenge = &challenge;
	r.credentials = response;
	r.cseq = 2;
	wire_receive(t->w, &t->phone.flow, wire_register_text(&r, &t->phone.flow));
	wire_advance(t->w, 400 * MILLISECOND_US);
	while (wire_take(t->w, &t->phone.flow))
		;
	return ERR_NONE;
}

static const struct fact *last_login(const struct talk *t)
{
	for (unsigned i = t->w->fact_count; i > 0; i--) {
		if (t->w->facts[i - 1].kind == FACT_LOGIN)
			return &t->w->facts[i - 1];
	}
	return NULL;
}

TALK_TEST(insider_answers_with_address,
          "a phone's failed login for another account is its address's, for its own its flow's")
{
	TRY(register_as(t, "201", WIRE_WRONG));
	CHECK(last_login(t)->outcome == OUTCOME_FAILED);
	CHECK(last_login(t)->standing == STANDING_STRANGER);
	TRY(register_as(t, "200", WIRE_WRONG));
	CHECK(last_login(t)->outcome == OUTCOME_FAILED);
	CHECK(last_login(t)->standing == STANDING_KNOWN);
	return ERR_NONE;
}

TALK_TEST(insider_at_blocked_address,
          "a phone at a blocked address logs in for its own account and for no other")
{
	struct verdict v = {
		.source = addr_source(&t->phone.flow.remote),
		.until_us = t->w->now.us + UINT64_C(3600) * SECOND_US,
		.state = VERDICT_BLOCK,
		.is_by_admin = 1,
	};
	unsigned before = t->w->pbx_logins;

	verdict_table_put(t->w->verdicts, &v, t->w->now.us);
	TRY(talk_register(t));
	CHECK(t->w->pbx_logins == before + 1);
	(void)register_as(t, "201", WIRE_WRONG);
	CHECK(t->w->pbx_logins == before + 1);
	return ERR_NONE;
}

/* A phone of two lines: the second one signs off, and was registered or not. */
static enum err second_line_signs_off(struct talk *t)
{
	struct wire_register r = { .user = "201", .call_id = "star", .cseq = 1 };
	struct wire_sent challenge, *sent;
	char text[WIRE_TEXT_MAX], *contact, *expires;

	wire_receive(t->w, &t->phone.flow, wire_register_text(&r, &t->phone.flow));
	wire_advance(t->w, 100 * MILLISECOND_US);
	sent = wire_take(t->w, &t->phone.flow);
	CHECK(wire_has(sent, "SIP/2.0 401 "));
	challenge = *sent;
	r.challenge = &challenge;
	r.credentials = WIRE_RIGHT;
	r.cseq = 2;
	r.expires_s = 1000;
	snprintf(text, sizeof(text), "%s", wire_register_text(&r, &t->phone.flow));
	contact = strstr(text, "<sip:201@192.168.1.10:5060;line=7>");
	expires = strstr(text, "Expires: 1000");
	CHECK(contact && expires);
	memset(contact, ' ', strcspn(contact, "\r"));
	*contact = '*';
	memcpy(expires, "Expires: 0000", strlen("Expires: 0000"));
	wire_receive(t->w, &t->phone.flow, text);
	wire_advance(t->w, 100 * MILLISECOND_US);
	CHECK(wire_has(wire_take(t->w, &t->phone.flow), "SIP/2.0 200 "));
	return ERR_NONE;
}

TALK_TEST(insider_signs_off_itself, "Contact: * of one account leaves another's on the flow alone")
{
	char contact[256];

	snprintf(contact, sizeof(contact), "%s", t->w->pbx_contact);
	TRY(second_line_signs_off(t));
	snprintf(t->w->pbx_contact, sizeof(t->w->pbx_contact), "%s", contact);
	CHECK(wire_count_facts(t->w, FACT_UNREGISTERED) == 0);
	talk_invite_from_pbx(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "INVITE "));
	return ERR_NONE;
}
