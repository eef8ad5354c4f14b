/* SPDX-License-Identifier: Apache-2.0 */
/* Calls whose media, or whose worker, dies before they are answered or recorded. */
#include "unit/border/talk.h"

#include <string.h>

TALK_TEST(media_restarted,
          "a call keeps its ports and gets its media again after media was restarted")
{
	const struct media_event started = { .kind = MEDIA_STARTED };
	struct order before;
	size_t orders;

	TRY(talk_call(t));
	before = *talk_order(t);
	orders = t->w->order_count;
	border_media_event(t->w->border, &started, t->w->now);
	CHECK(t->w->order_count == orders + 1 && talk_order(t)->kind == ORDER_OPEN);
	CHECK(talk_order(t)->stream == before.stream);
	CHECK(talk_order(t)->legs[0].port == before.legs[0].port &&
	      talk_order(t)->legs[1].port == before.legs[1].port);
	return ERR_NONE;
}

TALK_TEST(media_restarted_late,
          "a call that waited for its closing figures ends when media was restarted")
{
	const struct media_event started = { .kind = MEDIA_STARTED };

	TRY(talk_call(t));
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	CHECK(talk_order(t)->kind == ORDER_CLOSE && talk_records(t) == 0);
	border_media_event(t->w->border, &started, t->w->now);
	CHECK(talk_records(t) == 1 && talk_order(t)->kind == ORDER_CLOSE);
	return ERR_NONE;
}

TALK_TEST(
	ending_copy,
	"a copy of an INVITE whose call a predecessor set up begins no second one; a new attempt does")
{
	char theirs[sizeof(t->phone.theirs)];

	TRY(talk_call(t));
	memcpy(theirs, t->phone.theirs, sizeof(theirs));
	TRY(wire_restart(t->w));
	t->phone.cseq--;
	talk_invite_again(t, "", TALK_OFFER);
	CHECK(talk_is_quiet(t, &t->phone) && talk_is_quiet(t, &t->pbx));
	CHECK(border_calls(t->w->border) == 1);
	CHECK(counters_get(&t->w->counters, COUNT_absorbed_retransmission) == 1);
	memcpy(t->phone.theirs, theirs, sizeof(theirs));
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	talk_invite_again(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	return ERR_NONE;
}

TALK_TEST(ending_outlives,
          "a call that ended, and whose figures were awaited by who died, is recorded once")
{
	TRY(talk_call(t));
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && talk_records(t) == 0);
	TRY(wire_restart(t->w));
	CHECK(talk_order(t)->kind == ORDER_CLOSE);
	wire_advance(t->w, 2 * SECOND_US);
	CHECK(talk_records(t) == 1 && talk_record(t)->ended_by == END_CALLER);
	CHECK(talk_record(t)->status == 200 && strcmp(talk_record(t)->cause, "normal") == 0);
	TRY(wire_restart(t->w));
	wire_advance(t->w, 2 * SECOND_US);
	CHECK(talk_records(t) == 1 && talk_is_quiet(t, &t->pbx) && talk_is_quiet(t, &t->phone));
	return ERR_NONE;
}

TALK_TEST(ending_unsent,
          "an INVITE that its worker kept is sent at once by each that follows, until it is heard")
{
	struct wire_sent first;

	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	first = t->at_pbx;
	for (unsigned i = 0; i < 3; i++) {
		TRY(wire_restart(t->w));
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
		CHECK(talk_hears(t, &t->pbx, "INVITE ") && strcmp(first.text, t->at_pbx.text) == 0);
		CHECK(talk_is_quiet(t, &t->phone) && talk_is_quiet(t, &t->pbx));
	}
	talk_answer(t, &t->pbx, &first, "180 Ringing", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 180 "));
	TRY(wire_restart(t->w));
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
	wire_advance(t->w, 2 * SECOND_US);
	CHECK(talk_is_quiet(t, &t->pbx));
	talk_answer(t, &t->pbx, &first, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && border_calls(t->w->border) == 1);
	return ERR_NONE;
}

TALK_TEST(ending_told, "a worker that is told to end records what is over, and keeps what stands")
{
	TRY(talk_call(t));
	border_end(t->w->border, t->w->now);
	CHECK(talk_records(t) == 0 && border_calls(t->w->border) == 1);
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && talk_records(t) == 0);
	border_end(t->w->border, t->w->now);
	CHECK(talk_records(t) == 1 && talk_record(t)->ended_by == END_CALLER);
	TRY(wire_restart(t->w));
	wire_advance(t->w, 2 * SECOND_US);
	CHECK(talk_records(t) == 1 && border_calls(t->w->border) == 0);
	return ERR_NONE;
}

TALK_TEST(
	ending_crossed,
	"who hung up is answered when the call ends of something else, whatever the other end says")
{
	struct wire_sent invite;

	TRY(talk_call(t));
	talk_request(t, &t->pbx, "INVITE", "Contact: <sip:201@10.0.0.31:5060>\r\n", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "INVITE "));
	invite = t->at_phone;
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	talk_answer(t, &t->phone, &invite, "481 Call/Transaction Does Not Exist", "", "");
	CHECK(talk_hears(t, &t->phone, "ACK ") && talk_hears(t, &t->pbx, "SIP/2.0 481 "));
	CHECK(talk_hears(t, &t->phone, "BYE ") && talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_media_closes(t);
	CHECK(talk_records(t) == 1 && border_calls(t->w->border) == 0);
	return ERR_NONE;
}
