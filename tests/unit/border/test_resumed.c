/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of a call that stands, which were under way when the worker died. */
#include "border/call_priv.h"
#include "unit/border/talk.h"

#include <stdio.h>
#include <string.h>

#define CONTACT "Contact: <sip:200@192.168.1.10:5060>\r\n"
#define MOVED                                                                                      \
	"v=0\r\no=phone 1 2 IN IP4 192.168.1.10\r\ns=-\r\nc=IN IP4 192.168.1.10\r\nt=0 0\r\n"      \
	"m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n"
#define HELD                                                                                       \
	"v=0\r\no=pbx 7 8 IN IP4 10.0.0.20\r\ns=-\r\nc=IN IP4 10.0.0.20\r\nt=0 0\r\n"              \
	"m=audio 12000 RTP/AVP 0\r\na=recvonly\r\n"

static unsigned kept(const struct talk *t)
{
	return t->w->border->settings.max_calls - t->w->border->calls->pending_free_count;
}

static struct talk_end *other(struct talk *t, const struct talk_end *end)
{
	return end == &t->pbx ? &t->phone : &t->pbx;
}

static struct wire_sent *at(struct talk *t, const struct talk_end *end)
{
	return end == &t->pbx ? &t->at_pbx : &t->at_phone;
}

/* The INVITE stands at the other end; a successor asks again what was asked. */
static enum err change(struct talk *t, struct talk_end *from, const char *body)
{
	char asked[WIRE_TEXT_MAX];

	TRY(talk_call(t));
	talk_request(t, from, "INVITE", from == &t->phone ? CONTACT : "", body);
	CHECK(talk_hears(t, from, "SIP/2.0 100 ") && talk_hears(t, other(t, from), "INVITE "));
	snprintf(asked, sizeof(asked), "%s", at(t, other(t, from))->text);
	CHECK(kept(t) == 1);
	TRY(wire_restart(t->w));
	CHECK(talk_hears(t, from, "SIP/2.0 100 ") && talk_hears(t, other(t, from), "INVITE "));
	CHECK(strcmp(asked, at(t, other(t, from))->text) == 0);
	CHECK(talk_is_quiet(t, from) && talk_is_quiet(t, other(t, from)));
	return ERR_NONE;
}

static enum err goes_on(struct talk *t)
{
	CHECK(border_calls(t->w->border) == 1 && kept(t) == 0);
	t->phone.cseq += 10;
	talk_request(t, &t->phone, "INFO", "", "");
	CHECK(talk_hears(t, &t->pbx, "INFO "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	TRY(wire_restart(t->w));
	wire_advance(t->w, 40 * SECOND_US);
	CHECK(border_calls(t->w->border) == 1);
	CHECK(talk_is_quiet(t, &t->phone) && talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

static enum err is_answered(struct talk *t, struct talk_end *from)
{
	struct wire_sent asked = *at(t, other(t, from));

	talk_answer(t, other(t, from), &asked, "200 OK", "", HELD);
	CHECK(talk_hears(t, from, "SIP/2.0 200 "));
	CHECK(talk_order(t)->is_held);
	talk_ack(t, from, "");
	CHECK(talk_hears(t, other(t, from), "ACK "));
	/* Lost: the answer comes again. */
	talk_answer(t, other(t, from), &asked, "200 OK", "", HELD);
	CHECK(talk_hears(t, other(t, from), "ACK ") && talk_is_quiet(t, from));
	return goes_on(t);
}

TALK_TEST(resumed_change, "a change that its worker had sent on is answered to a successor")
{
	TRY(change(t, &t->phone, MOVED));
	return is_answered(t, &t->phone);
}

TALK_TEST(resumed_inside, "so is one of the inside")
{
	TRY(change(t, &t->pbx, TALK_ANSWER));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_ack(t, &t->pbx, "");
	CHECK(talk_hears(t, &t->phone, "ACK "));
	return goes_on(t);
}

TALK_TEST(resumed_refused, "or refused, and the call stays as it was")
{
	struct order before;

	TRY(change(t, &t->phone, MOVED));
	before = *talk_order(t);
	talk_answer(t, &t->pbx, &t->at_pbx, "488 Not Acceptable Here", "", "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_hears(t, &t->phone, "SIP/2.0 488 "));
	CHECK(memcmp(&before, talk_order(t), sizeof(before)) == 0);
	wire_advance(t->w, 40 * SECOND_US);
	while (wire_take(t->w, &t->phone.flow))
		;
	return goes_on(t);
}

TALK_TEST(resumed_silent, "or ends when nobody answers, and the call stands")
{
	TRY(change(t, &t->phone, MOVED));
	wire_advance(t->w, 33 * SECOND_US);
	for (const struct wire_sent *sent; (sent = wire_take(t->w, &t->pbx.flow));)
		CHECK(strncmp(sent->text, "INVITE ", 7) == 0);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 504 "));
	wire_advance(t->w, 40 * SECOND_US);
	while (wire_take(t->w, &t->phone.flow))
		;
	return goes_on(t);
}

TALK_TEST(resumed_cancelled, "or is cancelled")
{
	struct wire_sent asked;

	TRY(change(t, &t->phone, MOVED));
	asked = t->at_pbx;
	talk_answer(t, &t->pbx, &asked, "100 Trying", "", "");
	talk_cancel(t, &t->phone);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && talk_hears(t, &t->phone, "SIP/2.0 487 "));
	CHECK(talk_hears(t, &t->pbx, "CANCEL "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	talk_answer(t, &t->pbx, &asked, "487 Request Terminated", "", "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	wire_advance(t->w, 40 * SECOND_US);
	while (wire_take(t->w, &t->phone.flow))
		;
	return goes_on(t);
}

TALK_TEST(resumed_answer, "the answer to a change is given again by a successor, until its ACK")
{
	char answer[WIRE_TEXT_MAX];

	TRY(talk_call(t));
	talk_request(t, &t->phone, "INVITE", CONTACT, MOVED);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", HELD);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	snprintf(answer, sizeof(answer), "%s", t->at_phone.text);
	for (unsigned i = 0; i < 2; i++) {
		TRY(wire_restart(t->w));
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") &&
		      strcmp(answer, t->at_phone.text) == 0);
	}
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_order(t)->is_held);
	return goes_on(t);
}

TALK_TEST(resumed_late, "an offer that came with the answer is answered by the ACK after all")
{
	TRY(talk_call(t));
	talk_request(t, &t->phone, "INVITE", CONTACT, "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	TRY(wire_restart(t->w));
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, MOVED);
	CHECK(talk_hears(t, &t->pbx, "ACK ") && wire_has(&t->at_pbx, "m=audio "));
	return goes_on(t);
}

/* ---- an ACK that was lost ---- */

/* Answered and acknowledged; what was asked of that end, which has not heard the ACK. */
static enum err lose_ack(struct talk *t, struct wire_sent *ret)
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	*ret = t->at_pbx;
	talk_answer(t, &t->pbx, ret, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	return ERR_NONE;
}

TALK_TEST(acknowledged_again, "an answer that comes again to a successor hears its ACK again")
{
	struct wire_sent asked;

	TRY(lose_ack(t, &asked));
	for (unsigned i = 0; i < 3; i++) {
		TRY(wire_restart(t->w));
		talk_answer(t, &t->pbx, &asked, "200 OK", "", TALK_ANSWER);
		CHECK(talk_hears(t, &t->pbx, "ACK ") && wire_has(&t->at_pbx, "CSeq: 1 ACK\r\n"));
		CHECK(talk_is_quiet(t, &t->phone) && talk_is_quiet(t, &t->pbx));
	}
	CHECK(counters_get(&t->w->counters, COUNT_dropped_mismatch) == 0);
	/* Not one of another dialog, nor from elsewhere, nor a refusal. */
	talk_answer_as(t, &t->pbx, &asked, "200 OK", "another", TALK_ANSWER);
	CHECK(talk_is_quiet(t, &t->pbx));
	talk_answer(t, &t->pbx, &asked, "486 Busy Here", "", "");
	CHECK(talk_is_quiet(t, &t->pbx));
	talk_answer(t, &t->phone, &asked, "200 OK", "", TALK_ANSWER);
	CHECK(talk_is_quiet(t, &t->pbx) && talk_is_quiet(t, &t->phone));
	CHECK(counters_get(&t->w->counters, COUNT_dropped_mismatch) == 3);
	return goes_on(t);
}

TALK_TEST(acknowledged_never, "nor does one of a call that has ended")
{
	struct wire_sent asked;

	TRY(lose_ack(t, &asked));
	TRY(wire_restart(t->w));
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_answer(t, &t->pbx, &asked, "200 OK", "", TALK_ANSWER);
	CHECK(talk_is_quiet(t, &t->pbx) && talk_is_quiet(t, &t->phone));
	return ERR_NONE;
}

/* ---- a BYE whose answer was lost ---- */

TALK_TEST(resumed_bye,
          "a BYE that has ended its call is answered alike by a successor, for its time")
{
	struct talk_end end;

	TRY(talk_call(t));
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_media_closes(t);
	CHECK(border_calls(t->w->border) == 0);
	TRY(wire_restart(t->w));
	t->phone.cseq--;
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && talk_is_quiet(t, &t->pbx));
	CHECK(wire_count_facts(t->w, FACT_OUT_OF_DIALOG) == 0);
	/* Another request has no call, nor one of a dialog that was never ours. */
	talk_request(t, &t->phone, "INFO", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 481 "));
	end = t->phone;
	strstr(end.theirs, ";tag=")[7] ^= 1;
	talk_request(t, &end, "BYE", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 481 "));
	wire_advance(t->w, 32 * SECOND_US);
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 481 "));
	return ERR_NONE;
}
