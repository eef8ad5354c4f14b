/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals whose ACK had not come when the worker died. */
#include "border/call_priv.h"
#include "unit/border/talk.h"

#include <stdio.h>
#include <string.h>

/* The network has it in both directions. */
static char said[WIRE_TEXT_MAX];

/* The phone's INVITE as it went, to be repeated and acknowledged; the PBX has it. */
static enum err ask(struct talk *t)
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	snprintf(said, sizeof(said), "%s", talk_said(t, &t->phone));
	return ERR_NONE;
}

static void acknowledge(struct talk *t)
{
	const char *via = strstr(said, "Via: ");
	char text[WIRE_TEXT_MAX];

	snprintf(text, sizeof(text),
	         "ACK sip:201@sip.example SIP/2.0\r\n%.*s\r\nMax-Forwards: 70\r\nFrom: %s\r\n"
	         "To: %s\r\nCall-ID: %s\r\nCSeq: %u ACK\r\nContent-Length: 0\r\n\r\n",
	         (int)strcspn(via, "\r"), via, t->phone.ours, t->phone.theirs, t->phone.call_id,
	         t->phone.cseq);
	wire_receive(t->w, &t->phone.flow, text);
}

/* A successor says it, and says it again to who asks again, until the ACK. */
static enum err is_said_again(struct talk *t, const char *status)
{
	char first[WIRE_TEXT_MAX];

	snprintf(first, sizeof(first), "%s", t->at_phone.text);
	TRY(wire_restart(t->w));
	CHECK(talk_hears(t, &t->phone, status) && strcmp(first, t->at_phone.text) == 0);
	CHECK(talk_is_quiet(t, &t->phone));
	wire_receive(t->w, &t->phone.flow, said);
	CHECK(talk_hears(t, &t->phone, status) && strcmp(first, t->at_phone.text) == 0);
	wire_advance(t->w, 600 * MILLISECOND_US);
	CHECK(talk_hears(t, &t->phone, status) && strcmp(first, t->at_phone.text) == 0);
	CHECK(talk_is_quiet(t, &t->phone));
	acknowledge(t);
	wire_advance(t->w, 4 * SECOND_US);
	CHECK(talk_is_quiet(t, &t->phone));
	TRY(wire_restart(t->w));
	wire_advance(t->w, 4 * SECOND_US);
	CHECK(talk_is_quiet(t, &t->phone) && talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

static unsigned kept(const struct talk *t)
{
	return t->w->border->settings.max_calls - t->w->border->calls->pending_free_count;
}

TALK_TEST(refused_busy,
          "a refusal that its worker gave is given again by a successor, until its ACK")
{
	TRY(ask(t));
	talk_answer(t, &t->pbx, &t->at_pbx, "486 Busy Here", "", "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_hears(t, &t->phone, "SIP/2.0 486 "));
	TRY(is_said_again(t, "SIP/2.0 486 "));
	wire_advance(t->w, 2 * SECOND_US);
	CHECK(talk_records(t) == 1 && talk_record(t)->status == 486);
	CHECK(border_calls(t->w->border) == 0 && kept(t) == 0);
	return ERR_NONE;
}

TALK_TEST(refused_challenged, "so is a challenge, which is no call")
{
	TRY(ask(t));
	talk_answer(t, &t->pbx, &t->at_pbx, "407 Proxy Authentication Required",
	            "Proxy-Authenticate: Digest realm=\"sip.example\", nonce=\"n\"\r\n", "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_hears(t, &t->phone, "SIP/2.0 407 "));
	TRY(is_said_again(t, "SIP/2.0 407 "));
	wire_advance(t->w, 2 * SECOND_US);
	CHECK(talk_records(t) == 0 && border_calls(t->w->border) == 0 && kept(t) == 0);
	return ERR_NONE;
}

TALK_TEST(refused_cancelled, "so is what a call that was cancelled ends with")
{
	struct wire_sent asked;

	TRY(ask(t));
	asked = t->at_pbx;
	talk_answer(t, &t->pbx, &t->at_pbx, "180 Ringing", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 180 "));
	talk_cancel(t, &t->phone);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && talk_hears(t, &t->phone, "SIP/2.0 487 "));
	CHECK(talk_hears(t, &t->pbx, "CANCEL "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	talk_answer(t, &t->pbx, &asked, "487 Request Terminated", "", "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	return is_said_again(t, "SIP/2.0 487 ");
}

/* Cancelled; each successor says so again to who rings. */
static enum err cancel(struct talk *t, bool has_rung, struct wire_sent *ret)
{
	TRY(ask(t));
	*ret = t->at_pbx;
	if (has_rung) {
		talk_answer(t, &t->pbx, ret, "180 Ringing", "", "");
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 180 "));
	}
	talk_cancel(t, &t->phone);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && talk_hears(t, &t->phone, "SIP/2.0 487 "));
	CHECK(!has_rung || talk_hears(t, &t->pbx, "CANCEL "));
	acknowledge(t);
	for (unsigned i = 0; i < 2; i++) {
		TRY(wire_restart(t->w));
		CHECK(talk_hears(t, &t->pbx, "CANCEL ") && talk_is_quiet(t, &t->pbx));
		CHECK(talk_is_quiet(t, &t->phone) && border_calls(t->w->border) == 1);
	}
	return ERR_NONE;
}

static enum err is_over(struct talk *t)
{
	wire_advance(t->w, 3 * SECOND_US);
	CHECK(talk_records(t) == 1 && talk_record(t)->status == 487);
	CHECK(talk_record(t)->ended_by == END_CALLER && talk_is_quiet(t, &t->phone));
	CHECK(border_calls(t->w->border) == 0 && kept(t) == 0);
	return ERR_NONE;
}

TALK_TEST(cancelled_rung, "who rings for a call that was cancelled is told by a successor too")
{
	struct wire_sent asked;

	TRY(cancel(t, true, &asked));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	talk_answer(t, &t->pbx, &asked, "487 Request Terminated", "", "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	return is_over(t);
}

TALK_TEST(cancelled_unheard, "so is who had said nothing, and is not asked again")
{
	struct wire_sent asked;

	TRY(cancel(t, false, &asked));
	talk_answer(t, &t->pbx, &t->at_pbx, "481 Call/Transaction Does Not Exist", "", "");
	wire_advance(t->w, 33 * SECOND_US);
	CHECK(talk_is_quiet(t, &t->pbx));
	return is_over(t);
}

TALK_TEST(cancelled_late, "who answers such a call hears ACK and BYE of a successor")
{
	struct wire_sent asked;

	TRY(cancel(t, true, &asked));
	talk_answer(t, &t->pbx, &asked, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_hears(t, &t->pbx, "BYE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	return is_over(t);
}

TALK_TEST(refused_here, "so is what we refuse ourselves, once 100 went ahead of it")
{
	talk_invite_from_phone(t, "", "v=0\r\nnonsense\r\n");
	snprintf(said, sizeof(said), "%s", talk_said(t, &t->phone));
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "SIP/2.0 488 "));
	return is_said_again(t, "SIP/2.0 488 ");
}

TALK_TEST(refused_unheard, "who was told nothing asks again, and nothing is kept of it")
{
	talk_invite_from_phone(t, "Require: telepathy\r\n", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 420 ") && kept(t) == 0);
	TRY(wire_restart(t->w));
	CHECK(talk_is_quiet(t, &t->phone));
	return ERR_NONE;
}

TALK_TEST(refused_standstill, "it is given after a standstill, and not for longer than its time")
{
	TRY(ask(t));
	talk_answer(t, &t->pbx, &t->at_pbx, "486 Busy Here", "", "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_hears(t, &t->phone, "SIP/2.0 486 "));
	for (unsigned i = 0; i < 3; i++) {
		t->w->now.us += 10 * SECOND_US;
		t->w->now.wall_us += 10 * (int64_t)SECOND_US;
		TRY(wire_restart(t->w));
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 486 "));
	}
	t->w->now.us += 3 * SECOND_US;
	TRY(wire_restart(t->w));
	wire_advance(t->w, 3 * SECOND_US);
	CHECK(talk_is_quiet(t, &t->phone) && kept(t) == 0);
	return ERR_NONE;
}

TALK_TEST(refused_over, "a refusal that nobody acknowledges is kept for its time, and no longer")
{
	TRY(ask(t));
	talk_answer(t, &t->pbx, &t->at_pbx, "486 Busy Here", "", "");
	wire_advance(t->w, 31 * SECOND_US);
	CHECK(kept(t) == 1);
	wire_advance(t->w, 2 * SECOND_US);
	CHECK(kept(t) == 0);
	return ERR_NONE;
}

TALK_TEST(refused_within, "a change of a call that stands and was refused is refused again")
{
	TRY(talk_call(t));
	talk_request(t, &t->phone, "INVITE", "Contact: <sip:200@192.168.1.10:5060>\r\n",
	             TALK_OFFER);
	snprintf(said, sizeof(said), "%s", talk_said(t, &t->phone));
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "488 Not Acceptable Here", "", "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_hears(t, &t->phone, "SIP/2.0 488 "));
	TRY(is_said_again(t, "SIP/2.0 488 "));
	CHECK(border_calls(t->w->border) == 1 && kept(t) == 0);
	return ERR_NONE;
}

/* WIRE_CALLS of them fill it. */
TALK_TEST(refused_most,
          "the refusal that is longest unacknowledged makes room, and a call finds some")
{
	char first[128];

	for (unsigned i = 0; i < WIRE_CALLS + 2; i++) {
		TRY(ask(t));
		talk_answer(t, &t->pbx, &t->at_pbx, "486 Busy Here", "", "");
		CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_hears(t, &t->phone, "SIP/2.0 486 "));
		talk_media_closes(t);
		if (i == 2)
			snprintf(first, sizeof(first), "%s", t->phone.call_id);
	}
	CHECK(kept(t) == WIRE_CALLS);
	/* The last but one of those that went has no place to give back any more. */
	acknowledge(t);
	CHECK(kept(t) == WIRE_CALLS - 1);
	TRY(ask(t));
	TRY(ask(t));
	CHECK(kept(t) == WIRE_CALLS);
	TRY(wire_restart(t->w));
	for (unsigned i = 0; i < WIRE_CALLS - 2; i++)
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 ") && !wire_has(&t->at_phone, first));
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 ") && talk_hears(t, &t->phone, "SIP/2.0 "));
	CHECK(talk_is_quiet(t, &t->phone));
	CHECK(talk_hears(t, &t->pbx, "INVITE ") && talk_hears(t, &t->pbx, "INVITE "));
	CHECK(border_calls(t->w->border) == 2);
	return ERR_NONE;
}
