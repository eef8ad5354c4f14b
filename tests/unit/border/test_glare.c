/* SPDX-License-Identifier: Apache-2.0 */
/* INVITEs of one call that meet: those of both sides, and one that comes ahead of an ACK; and
 * descriptions that go back. */
#include "unit/border/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TALK_HOLD                                                                                  \
	"v=0\r\no=phone 1 2 IN IP4 192.168.1.10\r\ns=-\r\nc=IN IP4 192.168.1.10\r\nt=0 0\r\n"      \
	"m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n"
#define TALK_HELD                                                                                  \
	"v=0\r\no=pbx 7 8 IN IP4 10.0.0.20\r\ns=-\r\nc=IN IP4 10.0.0.20\r\nt=0 0\r\n"              \
	"m=audio 12000 RTP/AVP 0\r\na=recvonly\r\n"

TALK_TEST(within_glare, "of two re-INVITEs from both sides the later gets 491, of one side's 500")
{
	struct talk_end pbx;

	TRY(talk_call(t));
	talk_request(t, &t->phone, "INVITE", "Contact: <sip:200@192.168.1.10:5060>\r\n", TALK_HOLD);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	pbx = t->pbx;
	talk_request(t, &pbx, "INVITE", "Contact: <sip:201@10.0.0.31>\r\n", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 491 "));
	talk_request(t, &t->phone, "INVITE", "Contact: <sip:200@192.168.1.10:5060>\r\n", TALK_HOLD);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 500 ") && wire_has(&t->at_phone, "Retry-After: "));
	return ERR_NONE;
}

static enum err answered(struct talk *t, const char *offer, const char *answer)
{
	talk_invite_from_phone(t, "", offer);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", answer);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

TALK_TEST(within_overtakes,
          "a re-INVITE ahead of the ACK stands for it, and the late ACK for nothing")
{
	TRY(answered(t, TALK_OFFER, TALK_ANSWER));
	talk_request(t, &t->phone, "INVITE", "Contact: <sip:200@192.168.1.10:5060>\r\n", TALK_HOLD);
	CHECK(talk_hears(t, &t->pbx, "ACK ") && wire_has(&t->at_pbx, "CSeq: 1 ACK\r\n"));
	CHECK(talk_hears(t, &t->pbx, "INVITE ") && wire_has(&t->at_pbx, "CSeq: 2 INVITE\r\n"));
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
	t->phone.cseq = 1;
	talk_ack(t, &t->phone, "");
	CHECK(talk_is_quiet(t, &t->pbx));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_HELD);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && wire_has(&t->at_phone, "a=recvonly\r\n"));
	t->phone.cseq = 2;
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && wire_has(&t->at_pbx, "CSeq: 2 ACK\r\n"));
	return ERR_NONE;
}

TALK_TEST(within_overtakes_answer,
          "a re-INVITE ahead of an ACK that is to bring the answer gets 491")
{
	TRY(answered(t, "", TALK_ANSWER));
	talk_request(t, &t->phone, "INVITE", "Contact: <sip:200@192.168.1.10:5060>\r\n", TALK_HOLD);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 491 ") && talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

static unsigned long version_of(const struct wire_sent *sent)
{
	const char *origin = strstr(sent->text, "\r\no=- ");

	return origin ? strtoul(strchr(origin + 6, ' '), NULL, 10) : 0;
}

TALK_TEST(glare_rollback,
          "a description whose o= goes back, or stays, is judged as any other; ours goes on rising")
{
	static const struct {
		const char *name, *origin, *host, *answer;
	} cases[] = {
		{ "a version behind", "phone 1 0", "192.168.1.10", "SIP/2.0 200 " },
		{ "the first one again", "phone 1 1", "192.168.1.10", "SIP/2.0 200 " },
		{ "another session", "other 9 1", "192.168.1.10", "SIP/2.0 200 " },
		{ "a version behind, media on the server itself", "phone 1 0", "127.0.0.1",
		  "SIP/2.0 488 " },
	};
	unsigned long version;
	char offer[256];

	TRY(talk_call(t));
	version = version_of(&t->at_pbx);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is_taken = strcmp(cases[i].answer, "SIP/2.0 200 ") == 0;

		snprintf(offer, sizeof(offer),
		         "v=0\r\no=%s IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
		         "m=audio %u RTP/AVP 0\r\n",
		         cases[i].origin, cases[i].host, cases[i].host, 4000 + 2 * i);
		talk_request(t, &t->phone, "INVITE", "Contact: <sip:200@192.168.1.10:5060>\r\n",
		             offer);
		CHECK_CASE(talk_hears(t, &t->phone, "SIP/2.0 100 "), cases[i].name);
		if (is_taken) {
			CHECK_CASE(talk_hears(t, &t->pbx, "INVITE "), cases[i].name);
			CHECK_CASE(version_of(&t->at_pbx) >= version, cases[i].name);
			version = version_of(&t->at_pbx);
			talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
		}
		CHECK_CASE(talk_hears(t, &t->phone, cases[i].answer), cases[i].name);
		CHECK_CASE(talk_order(t)->legs[0].remote.port == (is_taken ? 4000 + 2 * i : 4004),
		           cases[i].name);
		talk_ack(t, &t->phone, "");
		CHECK_CASE(!is_taken || talk_hears(t, &t->pbx, "ACK "), cases[i].name);
	}
	CHECK(talk_records(t) == 0 && talk_order(t)->kind == ORDER_CHANGE);
	return ERR_NONE;
}
