/* SPDX-License-Identifier: Apache-2.0 */
/* Reliable ringing, and what may be offered before a call is answered. */
#include "unit/border/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RELIABLE "Require: 100rel\r\nRSeq: 500\r\n"
#define OTHER_OFFER                                                                                \
	"v=0\r\no=phone 1 2 IN IP4 192.168.1.10\r\ns=-\r\nc=IN IP4 192.168.1.10\r\n"               \
	"t=0 0\r\nm=audio 4002 RTP/AVP 0\r\n"
#define OTHER_ANSWER                                                                               \
	"v=0\r\no=pbx 7 8 IN IP4 10.0.0.20\r\ns=-\r\nc=IN IP4 10.0.0.20\r\nt=0 0\r\n"              \
	"m=audio 12002 RTP/AVP 0\r\n"

static unsigned number_in(const struct wire_sent *sent, const char *name)
{
	const char *at = strstr(sent->text, name);

	return at ? (unsigned)strtoul(at + strlen(name), NULL, 10) : 0;
}

static void prack(struct talk *t, struct talk_end *from, unsigned rseq, unsigned cseq,
                  const char *body)
{
	char lines[128];

	snprintf(lines, sizeof(lines), "RAck: %u %u INVITE\r\n", rseq, cseq);
	talk_request(t, from, "PRACK", lines, body);
}

/* A call that rings reliably; RSeq as the phone sees it. */
static enum err ring(struct talk *t, const char *offer, const char *answer, unsigned *ret_rseq,
                     struct wire_sent *ret_invite)
{
	talk_invite_from_phone(t, "Supported: 100rel, foreign\r\n", offer);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	CHECK(wire_has(&t->at_pbx, "Supported: 100rel\r\n"));
	*ret_invite = t->at_pbx;
	talk_answer(t, &t->pbx, ret_invite, "183 Session Progress", RELIABLE, answer);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 183 ") &&
	      wire_has(&t->at_phone, "Require: 100rel\r\n"));
	*ret_rseq = number_in(&t->at_phone, "\r\nRSeq: ");
	CHECK(*ret_rseq > 0 && *ret_rseq != 500 && *ret_rseq < 1u << 31);
	return ERR_NONE;
}

TALK_TEST(reliable_whole, "a reliable 18x is acknowledged from end to end, numbered for each side")
{
	struct wire_sent invite;
	unsigned rseq;

	TRY(ring(t, TALK_OFFER, TALK_ANSWER, &rseq, &invite));
	CHECK(wire_has(&t->at_phone, "m=audio 200") && t->w->order_count == 1);
	prack(t, &t->phone, rseq, 1, "");
	CHECK(talk_hears(t, &t->pbx, "PRACK ") &&
	      wire_has(&t->at_pbx, "\r\nRAck: 500 1 INVITE\r\n"));
	CHECK(wire_has(&t->at_pbx, ";tag=inner\r\n") && wire_has(&t->at_pbx, "CSeq: 2 PRACK\r\n"));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && wire_has(&t->at_phone, " PRACK\r\n"));
	/* The next one counts on, on both sides. */
	talk_answer(t, &t->pbx, &invite, "180 Ringing", "Require: 100rel\r\nRSeq: 501\r\n", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 180 ") &&
	      number_in(&t->at_phone, "\r\nRSeq: ") == rseq + 1);
	prack(t, &t->phone, rseq + 1, 1, "");
	CHECK(talk_hears(t, &t->pbx, "PRACK ") && wire_has(&t->at_pbx, "RAck: 501 1 INVITE\r\n"));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	/* The answer was given: the 200 has none, and none is missed. */
	talk_answer(t, &t->pbx, &invite, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && !wire_has(&t->at_phone, "m=audio"));
	t->phone.cseq = 1;
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_order(t)->kind == ORDER_OPEN);
	return ERR_NONE;
}

TALK_TEST(reliable_repeated, "a reliable 18x is repeated until its PRACK, what the PBX repeats not")
{
	struct wire_sent invite;
	unsigned rseq;

	TRY(ring(t, TALK_OFFER, TALK_ANSWER, &rseq, &invite));
	talk_answer(t, &t->pbx, &invite, "183 Session Progress", RELIABLE, TALK_ANSWER);
	talk_answer(t, &t->pbx, &invite, "180 Ringing", "Require: 100rel\r\nRSeq: 507\r\n", "");
	CHECK(talk_is_quiet(t, &t->phone));
	for (unsigned i = 0; i < 3; i++) {
		wire_advance(t->w, (500u << i) * MILLISECOND_US);
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 183 ") &&
		      number_in(&t->at_phone, "\r\nRSeq: ") == rseq);
	}
	/* An 18x that needs no PRACK passes meanwhile, and takes nothing from the repetition. */
	talk_answer(t, &t->pbx, &invite, "180 Ringing", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 180 ") && !wire_has(&t->at_phone, "RSeq"));
	wire_advance(t->w, 4 * SECOND_US);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 183 "));
	prack(t, &t->phone, rseq, 1, "");
	CHECK(talk_hears(t, &t->pbx, "PRACK "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	wire_advance(t->w, 30 * SECOND_US);
	CHECK(talk_is_quiet(t, &t->phone));
	return ERR_NONE;
}

TALK_TEST(reliable_unacknowledged,
          "without PRACK for 32 s the call ends: 504 outside, CANCEL inside")
{
	const struct wire_sent *sent;
	struct wire_sent invite;
	unsigned rseq;

	TRY(ring(t, TALK_OFFER, "", &rseq, &invite));
	wire_advance(t->w, 32100 * MILLISECOND_US);
	do {
		sent = wire_take(t->w, &t->phone.flow);
	} while (wire_has(sent, "SIP/2.0 183 "));
	CHECK(wire_has(sent, "SIP/2.0 504 ") && talk_hears(t, &t->pbx, "CANCEL "));
	talk_answer(t, &t->pbx, &invite, "487 Request Terminated", "", "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_records(t) == 1 &&
	      talk_record(t)->status == 504);
	return ERR_NONE;
}

static const struct wrong_case {
	const char *name;
	int rseq_off;
	unsigned cseq;
} wrong[] = { { "another RSeq", 1, 1 }, { "another INVITE", 0, 7 } };

TALK_TEST(reliable_wrong, "a PRACK that acknowledges nothing gets 481 and goes nowhere")
{
	struct wire_sent invite;
	unsigned rseq;

	TRY(ring(t, TALK_OFFER, "", &rseq, &invite));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		prack(t, &t->phone, rseq + (unsigned)wrong[i].rseq_off, wrong[i].cseq, "");
		CHECK_CASE(talk_hears(t, &t->phone, "SIP/2.0 481 "), wrong[i].name);
	}
	talk_request(t, &t->phone, "PRACK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 481 ") && talk_is_quiet(t, &t->pbx));
	prack(t, &t->phone, rseq, 1, "");
	CHECK(talk_hears(t, &t->pbx, "PRACK "));
	prack(t, &t->phone, rseq, 1, "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 481 "));
	return ERR_NONE;
}

TALK_TEST(reliable_unasked, "an 18x is reliable only towards who knows 100rel")
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	CHECK(!wire_has(&t->at_pbx, "100rel"));
	talk_answer(t, &t->pbx, &t->at_pbx, "180 Ringing", RELIABLE, "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 180 ") && !wire_has(&t->at_phone, "100rel") &&
	      !wire_has(&t->at_phone, "RSeq"));
	wire_advance(t->w, 5 * SECOND_US);
	CHECK(talk_is_quiet(t, &t->phone));
	return ERR_NONE;
}

TALK_TEST(reliable_late_offer,
          "without an offer in INVITE the reliable 18x offers and PRACK answers")
{
	struct wire_sent invite;
	unsigned rseq;

	TRY(ring(t, "", TALK_ANSWER, &rseq, &invite));
	CHECK(wire_has(&t->at_phone, "c=IN IP4 198.51.100.1\r\n") && t->w->order_count == 0);
	prack(t, &t->phone, rseq, 1, TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "PRACK ") && wire_has(&t->at_pbx, "c=IN IP4 10.0.0.2\r\n"));
	CHECK(t->w->order_count == 1 && talk_order(t)->kind == ORDER_OPEN);
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_answer(t, &t->pbx, &invite, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	t->phone.cseq = 1;
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && !wire_has(&t->at_pbx, "m=audio"));
	return ERR_NONE;
}

TALK_TEST(reliable_no_answer, "a PRACK without the answer that it owes is refused")
{
	struct wire_sent invite;
	unsigned rseq;

	TRY(ring(t, "", TALK_ANSWER, &rseq, &invite));
	prack(t, &t->phone, rseq, 1, "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 488 ") && talk_is_quiet(t, &t->pbx));
	prack(t, &t->phone, rseq, 1, TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "PRACK "));
	return ERR_NONE;
}

TALK_TEST(reliable_second_offer, "a PRACK may offer anew once the first offer is answered")
{
	struct wire_sent invite;
	unsigned rseq;

	TRY(ring(t, TALK_OFFER, TALK_ANSWER, &rseq, &invite));
	prack(t, &t->phone, rseq, 1, OTHER_OFFER);
	CHECK(talk_hears(t, &t->pbx, "PRACK ") && wire_has(&t->at_pbx, "m=audio 300"));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", OTHER_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && wire_has(&t->at_phone, "m=audio 200"));
	CHECK(talk_order(t)->kind == ORDER_CHANGE && talk_order(t)->legs[1].remote.port == 12002);
	return ERR_NONE;
}

TALK_TEST(reliable_to_phone, "a phone that rings reliably is acknowledged by the PBX")
{
	struct wire_sent invite;
	unsigned rseq;

	talk_invite_from_pbx(t, "Require: 100rel\r\n", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "INVITE "));
	CHECK(wire_has(&t->at_phone, "Require: 100rel\r\n"));
	invite = t->at_phone;
	talk_answer(t, &t->phone, &invite, "180 Ringing", RELIABLE, "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 180 "));
	rseq = number_in(&t->at_pbx, "\r\nRSeq: ");
	prack(t, &t->pbx, rseq, t->pbx.cseq, "");
	CHECK(talk_hears(t, &t->phone, "PRACK ") &&
	      wire_has(&t->at_phone, "RAck: 500 1 INVITE\r\n"));
	return ERR_NONE;
}

/* ---- UPDATE before the answer ---- */

TALK_TEST(update_early, "an UPDATE may change the session before the call is answered")
{
	struct wire_sent invite;
	unsigned rseq;

	TRY(ring(t, TALK_OFFER, TALK_ANSWER, &rseq, &invite));
	prack(t, &t->phone, rseq, 1, "");
	CHECK(talk_hears(t, &t->pbx, "PRACK "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_request(t, &t->phone, "UPDATE", "Contact: <sip:200@192.168.1.10:5060>\r\n",
	             OTHER_OFFER);
	CHECK(talk_hears(t, &t->pbx, "UPDATE ") && wire_has(&t->at_pbx, "m=audio 300"));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", OTHER_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && wire_has(&t->at_phone, "m=audio 200"));
	CHECK(talk_order(t)->legs[0].remote.port == 4002);
	talk_answer(t, &t->pbx, &invite, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	t->phone.cseq = 1;
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_order(t)->legs[1].remote.port == 12002);
	return ERR_NONE;
}

TALK_TEST(update_too_early, "an UPDATE with an offer waits until the offer of INVITE is answered")
{
	struct talk_end pbx;

	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "180 Ringing", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 180 "));
	pbx = t->pbx;
	talk_request(t, &t->phone, "UPDATE", "", OTHER_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 500 ") && wire_has(&t->at_phone, "Retry-After: "));
	talk_request(t, &pbx, "UPDATE", "", OTHER_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 491 "));
	/* Without an offer nothing is in its way. */
	talk_request(t, &t->phone, "UPDATE", "", "");
	CHECK(talk_hears(t, &t->pbx, "UPDATE ") && !wire_has(&t->at_pbx, "m=audio"));
	return ERR_NONE;
}

TALK_TEST(update_glare, "of two UPDATEs with offers the later gets 491, from the same side 500")
{
	struct talk_end pbx;

	TRY(talk_call(t));
	talk_request(t, &t->phone, "UPDATE", "", OTHER_OFFER);
	CHECK(talk_hears(t, &t->pbx, "UPDATE "));
	pbx = t->pbx;
	talk_request(t, &pbx, "UPDATE", "", OTHER_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 491 "));
	talk_request(t, &pbx, "INVITE", "Contact: <sip:201@10.0.0.31>\r\n", OTHER_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 491 "));
	talk_request(t, &t->phone, "UPDATE", "", OTHER_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 500 ") && talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

/* ---- offers late and held ---- */

TALK_TEST(offer_late_again,
          "a re-INVITE without an offer is offered by its 200 and answered by ACK")
{
	TRY(talk_call(t));
	talk_request(t, &t->phone, "INVITE", "Contact: <sip:200@192.168.1.10:5060>\r\n", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	CHECK(!wire_has(&t->at_pbx, "m=audio"));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", OTHER_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && wire_has(&t->at_phone, "m=audio 200"));
	talk_ack(t, &t->phone, OTHER_OFFER);
	CHECK(talk_hears(t, &t->pbx, "ACK ") && wire_has(&t->at_pbx, "m=audio 300"));
	CHECK(talk_order(t)->legs[0].remote.port == 4002 &&
	      talk_order(t)->legs[1].remote.port == 12002);
	return ERR_NONE;
}

TALK_TEST(offer_held_old, "c=0.0.0.0 holds the call: media goes nowhere, and comes back after it")
{
	TRY(talk_call(t));
	talk_request(t, &t->phone, "INVITE", "Contact: <sip:200@192.168.1.10:5060>\r\n",
	             "v=0\r\no=phone 1 2 IN IP4 192.168.1.10\r\ns=-\r\nc=IN IP4 0.0.0.0\r\n"
	             "t=0 0\r\nm=audio 4000 RTP/AVP 0\r\n");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	CHECK(!wire_has(&t->at_pbx, "192.168"));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", OTHER_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && !talk_order(t)->legs[0].is_receiving);
	CHECK(talk_order(t)->legs[0].remote.port == 4000);
	talk_request(t, &t->phone, "INVITE", "Contact: <sip:200@192.168.1.10:5060>\r\n",
	             OTHER_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", OTHER_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && talk_order(t)->legs[0].is_receiving);
	return ERR_NONE;
}
