/* SPDX-License-Identifier: Apache-2.0 */
/* Who somebody is said to be, where a call has been, and where it is sent. */
#include "unit/border/talk.h"

#include <string.h>

#define SAID                                                                                       \
	"P-Asserted-Identity: \"Back\" <sip:201@10.0.0.20>, <tel:+15550100>\r\n"                   \
	"Diversion: <sip:210@10.0.0.20:5060>;reason=no-answer;counter=1;x=10.0.0.9\r\n"            \
	"History-Info: <sip:210@10.0.0.20?Reason=SIP%3Bcause%3D302>;index=1\r\n"

TALK_TEST(asserted_by_pbx, "what the PBX asserts passes outward, without the inside's hosts")
{
	talk_invite_from_pbx(t, SAID "Reason: Q.850;cause=16\r\n", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "INVITE ") && !wire_has(&t->at_phone, "10.0.0."));
	CHECK(wire_has(&t->at_phone, "P-Asserted-Identity: \"Back\" <sip:201@sip.example>\r\n") &&
	      wire_has(&t->at_phone, "P-Asserted-Identity: <tel:+15550100>\r\n"));
	CHECK(wire_has(&t->at_phone,
	               "Diversion: <sip:210@sip.example>;reason=no-answer;counter=1\r\n"));
	CHECK(wire_has(&t->at_phone, "History-Info: <sip:210@sip.example>;index=1\r\n") &&
	      wire_has(&t->at_phone, "Reason: Q.850;cause=16\r\n"));
	return ERR_NONE;
}

static const struct private_case {
	const char *privacy;
	bool has_identity, has_diversion, has_history;
} privacies[] = {
	{ "none", true, true, true },       { "id", false, true, true },
	{ "header", false, false, false },  { "critical; history", true, true, false },
	{ "user;id", false, false, false },
};

TALK_TEST(asserted_private, "who wants privacy is not asserted outside")
{
	char lines[512];

	for (size_t i = 0; i < sizeof(privacies) / sizeof(privacies[0]); i++) {
		const struct private_case *c = &privacies[i];

		strcpy(lines, "");
		strncat(lines, SAID "Privacy: ", sizeof(lines) - 1);
		strncat(lines, c->privacy, 64);
		strncat(lines, "\r\n", 3);
		talk_invite_from_pbx(t, lines, TALK_ANSWER);
		CHECK_CASE(talk_hears(t, &t->phone, "INVITE "), c->privacy);
		CHECK_CASE(wire_has(&t->at_phone, "P-Asserted-Id") == c->has_identity, c->privacy);
		CHECK_CASE(wire_has(&t->at_phone, "Diversion") == c->has_diversion, c->privacy);
		CHECK_CASE(wire_has(&t->at_phone, "History-Info") == c->has_history, c->privacy);
		talk_answer(t, &t->phone, &t->at_phone, "486 Busy Here", "", "");
		CHECK_CASE(talk_hears(t, &t->phone, "ACK "), c->privacy);
	}
	return ERR_NONE;
}

TALK_TEST(asserted_by_phone, "a phone may prefer an identity and assert none")
{
	talk_invite_from_phone(t,
	                       SAID "P-Preferred-Identity: <sip:200@sip.example>\r\n"
	                            "Privacy: id\r\n",
	                       TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "INVITE "));
	CHECK(!wire_has(&t->at_pbx, "P-Asserted") && !wire_has(&t->at_pbx, "Diversion") &&
	      !wire_has(&t->at_pbx, "History-Info"));
	CHECK(wire_has(&t->at_pbx, "P-Preferred-Identity: <sip:200@10.0.0.20>\r\n") &&
	      wire_has(&t->at_pbx, "Privacy: id\r\n"));
	return ERR_NONE;
}

TALK_TEST(asserted_answer, "who answered is told to the caller")
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "180 Ringing", SAID, "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 180 ") && !wire_has(&t->at_phone, "10.0.0."));
	CHECK(wire_has(&t->at_phone, "P-Asserted-Identity: \"Back\" <sip:201@sip.example>\r\n"));
	return ERR_NONE;
}

TALK_TEST(redirected_to_pbx,
          "a phone's redirection goes to the PBX, which pays, and is not followed")
{
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "INVITE "));
	talk_answer(t, &t->phone, &t->at_phone, "302 Moved Temporarily",
	            "Contact: <sip:203@sip.example;line=1>;q=0.5\r\n", "");
	CHECK(talk_hears(t, &t->phone, "ACK ") && talk_hears(t, &t->pbx, "SIP/2.0 302 "));
	CHECK(wire_has(&t->at_pbx, "\r\nContact: <sip:203@10.0.0.20>\r\n") &&
	      talk_is_quiet(t, &t->phone));
	return ERR_NONE;
}
