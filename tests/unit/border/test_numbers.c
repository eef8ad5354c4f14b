/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that only ever rise: CSeq, RSeq and the version of a description, past the death of the
 * worker that counted them. */
#include "unit/border/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTACT "Contact: <sip:200@192.168.1.10:5060>\r\n"
#define HOLD                                                                                       \
	"v=0\r\no=phone 1 2 IN IP4 192.168.1.10\r\ns=-\r\nc=IN IP4 192.168.1.10\r\nt=0 0\r\n"      \
	"m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n"
#define HELD                                                                                       \
	"v=0\r\no=pbx 7 8 IN IP4 10.0.0.20\r\ns=-\r\nc=IN IP4 10.0.0.20\r\nt=0 0\r\n"              \
	"m=audio 12000 RTP/AVP 0\r\na=recvonly\r\n"
#define AGAIN                                                                                      \
	"v=0\r\no=phone 1 3 IN IP4 192.168.1.10\r\ns=-\r\nc=IN IP4 192.168.1.10\r\nt=0 0\r\n"      \
	"m=audio 4000 RTP/AVP 0\r\n"

static unsigned number_in(const struct wire_sent *sent, const char *name)
{
	const char *at = strstr(sent->text, name);

	return at ? (unsigned)strtoul(at + strlen(name), NULL, 10) : 0;
}

/* Of its description. */
static unsigned version_of(const struct wire_sent *sent)
{
	const char *at = strstr(sent->text, "\r\no=");

	for (unsigned i = 0; at && i < 2; i++)
		at = strchr(at + 1, ' ');
	return at ? (unsigned)strtoul(at, NULL, 10) : 0;
}

TALK_TEST(numbers_bye,
          "no successor says a number again that went out with a BYE, however many die of it")
{
	unsigned last[2] = { 1, 0 };

	TRY(talk_call(t));
	for (unsigned i = 0; i < 4; i++) {
		talk_request(t, &t->phone, "BYE", "", "");
		CHECK(talk_hears(t, &t->pbx, "BYE ") && number_in(&t->at_pbx, "CSeq: ") > last[0]);
		last[0] = number_in(&t->at_pbx, "CSeq: ");
		TRY(wire_restart(t->w));
		talk_request(t, &t->pbx, "BYE", "", "");
		CHECK(talk_hears(t, &t->phone, "BYE ") &&
		      number_in(&t->at_phone, "CSeq: ") > last[1]);
		last[1] = number_in(&t->at_phone, "CSeq: ");
		TRY(wire_restart(t->w));
	}
	/* What the network brought later. */
	talk_request(t, &t->phone, "INVITE", CONTACT, HOLD);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	CHECK(number_in(&t->at_pbx, "CSeq: ") > last[0]);
	return ERR_NONE;
}

TALK_TEST(numbers_challenged, "a BYE that is challenged has used its number")
{
	unsigned last = 1;

	TRY(talk_call(t));
	for (unsigned i = 0; i < 100; i++) {
		talk_request(t, &t->phone, "BYE", "", "");
		CHECK(talk_hears(t, &t->pbx, "BYE ") && number_in(&t->at_pbx, "CSeq: ") > last);
		last = number_in(&t->at_pbx, "CSeq: ");
		talk_answer(t, &t->pbx, &t->at_pbx, "407 Proxy Authentication Required",
		            "Proxy-Authenticate: Digest realm=\"sip.example\", nonce=\"n\"\r\n",
		            "");
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 407 "));
	}
	TRY(wire_restart(t->w));
	talk_request(t, &t->phone, "INFO", "", "");
	CHECK(talk_hears(t, &t->pbx, "INFO ") && number_in(&t->at_pbx, "CSeq: ") > last);
	return ERR_NONE;
}

TALK_TEST(numbers_version,
          "a description that both ends have heard has its version after the worker died")
{
	unsigned at_pbx, at_phone;

	TRY(talk_call(t));
	talk_request(t, &t->phone, "INVITE", CONTACT, HOLD);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	at_pbx = version_of(&t->at_pbx);
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", HELD);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && at_pbx > 0);
	at_phone = version_of(&t->at_phone);
	CHECK(talk_order(t)->is_held);
	TRY(wire_restart(t->w));
	CHECK(talk_order(t)->is_held && talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	talk_request(t, &t->phone, "INVITE", CONTACT, AGAIN);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	CHECK(version_of(&t->at_pbx) == at_pbx + 1);
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && version_of(&t->at_phone) == at_phone + 1);
	return ERR_NONE;
}

/* ---- before the answer ---- */

static void prack(struct talk *t, unsigned rseq)
{
	char lines[64];

	snprintf(lines, sizeof(lines), "RAck: %u 1 INVITE\r\n", rseq);
	talk_request(t, &t->phone, "PRACK", lines, "");
}

static enum err ring(struct talk *t, struct wire_sent *ret_invite, unsigned *ret_rseq)
{
	talk_invite_from_phone(t, "Supported: 100rel\r\n", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	*ret_invite = t->at_pbx;
	talk_answer(t, &t->pbx, ret_invite, "183 Session Progress",
	            "Require: 100rel\r\nRSeq: 500\r\n", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 183 "));
	*ret_rseq = number_in(&t->at_phone, "\r\nRSeq: ");
	return ERR_NONE;
}

static enum err take_prack(struct talk *t, const char *rack, unsigned after)
{
	CHECK(talk_hears(t, &t->pbx, "PRACK ") && wire_has(&t->at_pbx, rack));
	CHECK(number_in(&t->at_pbx, "CSeq: ") > after);
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	return ERR_NONE;
}

/* Its 200 has no description any more: that was given when it rang. */
static enum err answer(struct talk *t, const struct wire_sent *invite, unsigned after)
{
	talk_answer(t, &t->pbx, invite, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	t->phone.cseq = 1;
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_order(t)->kind != ORDER_CLOSE);
	t->phone.cseq = 9;
	talk_request(t, &t->phone, "INFO", "", "");
	CHECK(talk_hears(t, &t->pbx, "INFO ") && number_in(&t->at_pbx, "CSeq: ") > after);
	return ERR_NONE;
}

TALK_TEST(numbers_rung, "who rang reliably rings on after the worker died, and is answered")
{
	struct wire_sent invite;
	unsigned rseq, last;

	TRY(ring(t, &invite, &rseq));
	prack(t, rseq);
	TRY(take_prack(t, "RAck: 500 1 INVITE\r\n", 1));
	last = number_in(&t->at_pbx, "CSeq: ");
	for (unsigned i = 1; i < 3; i++) {
		char lines[64], rack[64];

		TRY(wire_restart(t->w));
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
		snprintf(lines, sizeof(lines), "Require: 100rel\r\nRSeq: %u\r\n", 500 + i);
		snprintf(rack, sizeof(rack), "RAck: %u 1 INVITE\r\n", 500 + i);
		talk_answer(t, &t->pbx, &invite, "180 Ringing", lines, "");
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 180 ") &&
		      number_in(&t->at_phone, "\r\nRSeq: ") == rseq + i);
		prack(t, rseq + i);
		TRY(take_prack(t, rack, last));
		last = number_in(&t->at_pbx, "CSeq: ");
	}
	TRY(wire_restart(t->w));
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
	return answer(t, &invite, last);
}

TALK_TEST(
	numbers_unpracked,
	"what rang reliably and was not acknowledged when the worker died goes out again, the same")
{
	struct wire_sent invite, before;
	unsigned rseq;

	TRY(ring(t, &invite, &rseq));
	before = t->at_phone;
	TRY(wire_restart(t->w));
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_is_quiet(t, &t->phone));
	talk_answer(t, &t->pbx, &invite, "183 Session Progress", "Require: 100rel\r\nRSeq: 500\r\n",
	            TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 183 "));
	CHECK(number_in(&t->at_phone, "\r\nRSeq: ") == rseq);
	CHECK(strcmp(strstr(t->at_phone.text, "\r\n\r\n"), strstr(before.text, "\r\n\r\n")) == 0);
	prack(t, rseq);
	TRY(take_prack(t, "RAck: 500 1 INVITE\r\n", 1));
	return answer(t, &invite, number_in(&t->at_pbx, "CSeq: "));
}

TALK_TEST(
	numbers_pracked,
	"a PRACK on its way when the worker died is taken, and what it acknowledges not said again")
{
	char theirs[sizeof(t->phone.theirs)];
	struct wire_sent invite;
	unsigned rseq;

	TRY(ring(t, &invite, &rseq));
	memcpy(theirs, t->phone.theirs, sizeof(theirs));
	TRY(wire_restart(t->w));
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ")); /* without a tag */
	memcpy(t->phone.theirs, theirs, sizeof(theirs));
	prack(t, rseq);
	TRY(take_prack(t, "RAck: 500 1 INVITE\r\n", 1));
	talk_answer(t, &t->pbx, &invite, "183 Session Progress", "Require: 100rel\r\nRSeq: 500\r\n",
	            TALK_ANSWER);
	CHECK(talk_is_quiet(t, &t->phone));
	return answer(t, &invite, number_in(&t->at_pbx, "CSeq: "));
}
