/* SPDX-License-Identifier: Apache-2.0 */
/* Session timers: who refreshes, and what happens where nobody does. */
#include "unit/border/talk.h"

#include <string.h>

#define TIMER "Supported: timer\r\n"

static enum err call_with(struct talk *t, const char *asked, const char *agreed)
{
	talk_invite_from_phone(t, asked, TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", agreed, TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	return ERR_NONE;
}

TALK_TEST(session_passed,
          "interval and refresher pass, and a call nobody refreshes ends on both legs")
{
	TRY(call_with(t, TIMER "Session-Expires: 600\r\nMin-SE: 120\r\n",
	              "Require: timer\r\nSession-Expires: 300;refresher=uac\r\n"));
	CHECK(wire_has(&t->at_pbx, "\r\nSession-Expires: 600\r\n") &&
	      wire_has(&t->at_pbx, "\r\nMin-SE: 120\r\n") && wire_has(&t->at_pbx, TIMER));
	CHECK(wire_has(&t->at_phone, "\r\nSession-Expires: 300;refresher=uac\r\n") &&
	      wire_has(&t->at_phone, "\r\nRequire: timer\r\n"));
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	wire_advance(t->w, 299 * SECOND_US);
	CHECK(talk_is_quiet(t, &t->phone) && talk_is_quiet(t, &t->pbx));
	wire_advance(t->w, 2 * SECOND_US);
	CHECK(talk_hears(t, &t->phone, "BYE ") && talk_hears(t, &t->pbx, "BYE "));
	talk_media_closes(t);
	CHECK(talk_records(t) == 1 && talk_record(t)->ended_by == END_RINGFENCE &&
	      strcmp(talk_record(t)->cause, "session not refreshed") == 0);
	return ERR_NONE;
}

TALK_TEST(session_refreshed, "UPDATE and re-INVITE refresh; without an interval there is no end")
{
	TRY(call_with(t, TIMER "Session-Expires: 300\r\n",
	              "Require: timer\r\nSession-Expires: 300;refresher=uac\r\n"));
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	for (unsigned i = 0; i < 3; i++) {
		wire_advance(t->w, 200 * SECOND_US);
		talk_request(t, &t->phone, "UPDATE", TIMER "Session-Expires: 300;refresher=uac\r\n",
		             "");
		CHECK(talk_hears(t, &t->pbx, "UPDATE ") &&
		      wire_has(&t->at_pbx, "Session-Expires: 300;refresher=uac\r\n"));
		talk_answer(t, &t->pbx, &t->at_pbx, "200 OK",
		            "Require: timer\r\nSession-Expires: 300;refresher=uac\r\n", "");
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") &&
		      wire_has(&t->at_phone, "Session-Expires: 300;refresher=uac\r\n"));
	}
	talk_request(t, &t->phone, "INVITE", "Contact: <sip:200@192.168.1.10:5060>\r\n",
	             TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	wire_advance(t->w, 4000 * (uint64_t)SECOND_US);
	CHECK(talk_listed(t) == 1);
	return ERR_NONE;
}

TALK_TEST(session_alone, "where the other end knows no timer, who asked for one keeps it")
{
	TRY(call_with(t, TIMER "Session-Expires: 200\r\n", ""));
	CHECK(wire_has(&t->at_phone, "\r\nSession-Expires: 200;refresher=uac\r\n") &&
	      wire_has(&t->at_phone, "\r\nRequire: timer\r\n"));
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	wire_advance(t->w, 201 * SECOND_US);
	CHECK(talk_hears(t, &t->phone, "BYE ") && talk_hears(t, &t->pbx, "BYE "));
	return ERR_NONE;
}

TALK_TEST(session_small, "an interval below 90 s gets 422, or is raised for who knows no timer")
{
	talk_invite_from_phone(t, TIMER "Session-Expires: 30\r\n", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 422 ") && wire_has(&t->at_phone, "Min-SE: 90\r\n"));
	CHECK(talk_is_quiet(t, &t->pbx));
	talk_invite_from_phone(t, "Session-Expires: 30\r\n", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	CHECK(wire_has(&t->at_pbx, "\r\nSession-Expires: 90\r\n") &&
	      wire_has(&t->at_pbx, "\r\nMin-SE: 90\r\n"));
	return ERR_NONE;
}

TALK_TEST(session_refused, "the 422 of the other end passes with its Min-SE")
{
	talk_invite_from_phone(t, TIMER "Session-Expires: 100\r\n", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "422 Session Interval Too Small", "Min-SE: 1800\r\n",
	            "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 422 ") &&
	      wire_has(&t->at_phone, "\r\nMin-SE: 1800\r\n"));
	return ERR_NONE;
}

TALK_TEST(session_restored, "the timer of a call goes on after the worker died")
{
	TRY(call_with(t, TIMER "Session-Expires: 300\r\n",
	              "Require: timer\r\nSession-Expires: 300;refresher=uas\r\n"));
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	wire_advance(t->w, 100 * SECOND_US);
	TRY(wire_restart(t->w));
	wire_advance(t->w, 199 * SECOND_US);
	CHECK(talk_is_quiet(t, &t->phone));
	wire_advance(t->w, 2 * SECOND_US);
	CHECK(talk_hears(t, &t->phone, "BYE ") && talk_hears(t, &t->pbx, "BYE "));
	return ERR_NONE;
}

#define HELD                                                                                       \
	"v=0\r\no=phone 1 2 IN IP4 192.168.1.10\r\ns=-\r\nc=IN IP4 192.168.1.10\r\n"               \
	"t=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=sendonly\r\n"
#define HEARING                                                                                    \
	"v=0\r\no=pbx 7 8 IN IP4 10.0.0.20\r\ns=-\r\nc=IN IP4 10.0.0.20\r\nt=0 0\r\n"              \
	"m=audio 12000 RTP/AVP 0\r\na=recvonly\r\n"

/* A call that the phone holds, a quarter of an hour later. */
static enum err hold_for_long(struct talk *t)
{
	TRY(talk_call(t));
	talk_request(t, &t->phone, "INVITE", "Contact: <sip:200@192.168.1.10:5060>\r\n", HELD);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", HEARING);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	wire_advance(t->w, 900 * SECOND_US + SECOND_US / 10);
	CHECK(talk_hears(t, &t->phone, "OPTIONS ") && talk_hears(t, &t->pbx, "OPTIONS "));
	return ERR_NONE;
}

TALK_TEST(held_alive, "a call that is held goes on while its ends answer, whatever they say")
{
	TRY(hold_for_long(t));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", "");
	talk_answer(t, &t->pbx, &t->at_pbx, "501 Not Implemented", "", "");
	wire_advance(t->w, 60 * SECOND_US);
	CHECK(talk_is_quiet(t, &t->phone) && talk_is_quiet(t, &t->pbx));
	wire_advance(t->w, 840 * SECOND_US);
	CHECK(talk_hears(t, &t->phone, "OPTIONS ") && talk_hears(t, &t->pbx, "OPTIONS "));
	return ERR_NONE;
}

TALK_TEST(held_unknown, "a call that is held ends when one end knows it no longer")
{
	TRY(hold_for_long(t));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	talk_answer(t, &t->phone, &t->at_phone, "481 Call/Transaction Does Not Exist", "", "");
	CHECK(talk_hears(t, &t->phone, "BYE ") && talk_hears(t, &t->pbx, "BYE "));
	talk_media_closes(t);
	CHECK(strcmp(talk_record(t)->cause, "its other end is gone") == 0);
	return ERR_NONE;
}

TALK_TEST(held_silent, "a call that is held ends when one end says nothing at all")
{
	TRY(hold_for_long(t));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	wire_advance(t->w, 40 * SECOND_US);
	for (unsigned i = 0; i < 12 && talk_hears(t, &t->phone, "OPTIONS "); i++)
		;
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	return ERR_NONE;
}

static void ten_minutes(struct border_settings *s) { s->longest_call_s = 600; }

static enum err lasts(struct talk *t, bool is_ended)
{
	TRY(call_with(t, TIMER "Session-Expires: 1800\r\n",
	              "Require: timer\r\nSession-Expires: 1800;refresher=uac\r\n"));
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	wire_advance(t->w, 599 * SECOND_US);
	CHECK(talk_is_quiet(t, &t->phone) && talk_is_quiet(t, &t->pbx));
	wire_advance(t->w, 2 * SECOND_US);
	CHECK(talk_hears(t, &t->phone, "BYE ") == is_ended);
	CHECK(talk_hears(t, &t->pbx, "BYE ") == is_ended);
	if (!is_ended)
		return ERR_NONE;
	talk_media_closes(t);
	CHECK(strcmp(talk_record(t)->cause, "as long as a call may last") == 0);
	return ERR_NONE;
}

static enum err lasts_ten_minutes(struct talk *t) { return lasts(t, true); }

TEST(session_longest, "ends a call that has lasted as long as one may, lively as it is")
{
	return talk_with_settings(ten_minutes, lasts_ten_minutes);
}

TALK_TEST(session_lasting, "lets it go on where nothing is said about that")
{
	return lasts(t, false);
}
