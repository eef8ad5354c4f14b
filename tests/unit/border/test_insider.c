/* SPDX-License-Identifier: Apache-2.0 */
/* A registered phone that turns on others: what it is known for ends at its own account. */
#include "unit/border/talk.h"

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
