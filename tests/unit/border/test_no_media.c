/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that offer no stream at all (RFC 3264 5): they need no ports, streams may come later. */
#include "unit/border/talk.h"

#include <stdio.h>
#include <string.h>

#define NO_STREAM                                                                                  \
	"v=0\r\no=phone 1 1 IN IP4 192.168.1.10\r\ns=-\r\nc=IN IP4 192.168.1.10\r\nt=0 0\r\n"
#define NONE_TOO "v=0\r\no=pbx 7 7 IN IP4 10.0.0.20\r\ns=-\r\nc=IN IP4 10.0.0.20\r\nt=0 0\r\n"

static enum err call_without(struct talk *t)
{
	talk_invite_from_phone(t, "", NO_STREAM);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	CHECK(!wire_has(&t->at_pbx, "192.168.1.10") && !wire_has(&t->at_pbx, "\r\nm="));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", NONE_TOO);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	CHECK(!wire_has(&t->at_phone, "10.0.0.20") && !wire_has(&t->at_phone, "\r\nm="));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && t->w->order_count == 0);
	return ERR_NONE;
}

TALK_TEST(no_media_passes, "a call without streams passes, orders nothing, and ends at once")
{
	TRY(call_without(t));
	talk_request(t, &t->pbx, "BYE", "", "");
	CHECK(talk_hears(t, &t->phone, "BYE "));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	CHECK(t->w->order_count == 0 && talk_records(t) == 1 && talk_record(t)->status == 200);
	return ERR_NONE;
}

TALK_TEST(no_media_later, "a stream may be added to it, and then it has ports")
{
	TRY(call_without(t));
	talk_request(t, &t->phone, "INVITE", "Contact: <sip:200@192.168.1.10:5060>\r\n",
	             TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && wire_has(&t->at_phone, "\r\nm=audio 2"));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_order(t)->kind == ORDER_OPEN);
	return ERR_NONE;
}

TALK_TEST(no_media_answered,
          "no stream is no answer to an offer of one, and none may be added by it")
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", NONE_TOO);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 488 "));
	talk_invite_from_phone(t, "", NO_STREAM);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "ACK ") &&
	      talk_hears(t, &t->pbx, "BYE ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 488 "));
	return ERR_NONE;
}

TALK_TEST(no_media_full, "with all ports taken a call without streams still begins")
{
	for (unsigned i = 0; i < WIRE_PAIRS; i++) {
		talk_invite_from_phone(t, "", TALK_OFFER);
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") &&
		      talk_hears(t, &t->pbx, "INVITE "));
	}
	TRY(call_without(t));
	/* A stream that is offered within it then finds no room. */
	talk_request(t, &t->phone, "INVITE", "Contact: <sip:200@192.168.1.10:5060>\r\n",
	             TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "SIP/2.0 503 "));
	CHECK(wire_has(&t->at_phone, "Warning: 399 ringfence \"27 ") &&
	      wire_has(&t->at_phone, "Retry-After: "));
	CHECK(counters_get(&t->w->counters, COUNT_limit_ports) == 1 &&
	      counters_get(&t->w->counters, COUNT_limit_calls) == 0);
	return ERR_NONE;
}

TALK_TEST(no_media_late, "an offer in the answer that finds no ports ends the call by 503")
{
	for (unsigned i = 0; i < WIRE_PAIRS; i++) {
		talk_invite_from_phone(t, "", TALK_OFFER);
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") &&
		      talk_hears(t, &t->pbx, "INVITE "));
	}
	talk_invite_from_phone(t, "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 503 ") &&
	      wire_has(&t->at_phone, "Warning: 399 ringfence \"27 "));
	CHECK(counters_get(&t->w->counters, COUNT_limit_ports) == 1);
	return ERR_NONE;
}

TALK_TEST(no_media_alive, "both ends are asked whether they stand in it, also after a restart")
{
	TRY(call_without(t));
	TRY(wire_restart(t->w));
	wire_advance(t->w, 900 * SECOND_US + SECOND_US / 10);
	CHECK(talk_hears(t, &t->phone, "OPTIONS ") && talk_hears(t, &t->pbx, "OPTIONS "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	talk_answer(t, &t->phone, &t->at_phone, "481 Call/Transaction Does Not Exist", "", "");
	CHECK(talk_hears(t, &t->phone, "BYE ") && talk_hears(t, &t->pbx, "BYE "));
	return ERR_NONE;
}

static void know_emergency(struct border_settings *s)
{
	(void)VIEW_COPY(VIEW("112"), s->numbers.emergency[0]);
	s->numbers.emergency_count = 1;
}

static const char emergency_text[] =
	"INVITE sip:112@sip.example SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 192.168.1.10:5060;branch=z9hG4bKurgent%u;rport\r\n"
	"Max-Forwards: 70\r\nFrom: <sip:200@sip.example>;tag=u\r\nTo: <sip:112@sip.example>\r\n"
	"Call-ID: urgent%u@192.168.1.10\r\nCSeq: 1 INVITE\r\n"
	"Contact: <sip:200@192.168.1.10:5060>\r\nContent-Type: application/sdp\r\n"
	"Content-Length: %zu\r\n\r\n%s";

static enum err emergency_without_ports(struct talk *t)
{
	char text[WIRE_TEXT_MAX];

	for (unsigned i = 0; i <= WIRE_PAIRS; i++) {
		talk_invite_from_phone(t, "", TALK_OFFER);
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
		if (i < WIRE_PAIRS)
			CHECK(talk_hears(t, &t->pbx, "INVITE "));
	}
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 503 "));
	for (unsigned i = 0; i <= WIRE_SPARE; i++) {
		snprintf(text, sizeof(text), emergency_text, i, i, strlen(TALK_OFFER), TALK_OFFER);
		wire_receive(t->w, &t->phone.flow, text);
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
		if (i < WIRE_SPARE)
			CHECK(talk_hears(t, &t->pbx, "INVITE sip:112@"));
	}
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 503 "));
	return ERR_NONE;
}

TEST(no_ports_emergency, "with all ports taken an emergency call has those that are kept for it")
{
	return talk_with_settings(know_emergency, emergency_without_ports);
}
