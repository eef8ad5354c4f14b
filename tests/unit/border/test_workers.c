/* SPDX-License-Identifier: Apache-2.0 */
/* Several workers of media: whose ports a call gets, who is ordered, who is ordered again. */
#include "unit/border/talk.h"

#include <string.h>

/* Rows in turn to two workers, as a parent with two would have drawn them. */
static enum err two_workers(struct talk *t)
{
	for (unsigned i = 0; i < t->w->pairs->count; i++)
		t->w->pairs->pairs[i].worker = i & 1;
	return wire_restart(t->w);
}

static enum err started(struct talk *t, uint8_t worker)
{
	struct media_event event = { .kind = MEDIA_STARTED, .worker = worker };

	event.fingerprint[0] = (uint8_t)(0xa0 + worker);
	border_media_event(t->w->border, &event, t->w->now);
	return ERR_NONE;
}

static uint8_t worker_of(const struct talk *t, unsigned leg)
{
	return t->w->pairs->pairs[talk_order(t)->legs[leg].port].worker;
}

TALK_TEST(workers_share, "both legs of a call have ports of one worker of media, which is ordered; "
                         "the next call goes to the other")
{
	uint8_t first;

	TRY(two_workers(t));
	TRY(talk_call(t));
	first = talk_order(t)->worker;
	CHECK(worker_of(t, 0) == first && worker_of(t, 1) == first);
	TRY(talk_call(t));
	CHECK(talk_order(t)->worker == !first);
	CHECK(worker_of(t, 0) == !first && worker_of(t, 1) == !first);
	return ERR_NONE;
}

TALK_TEST(workers_restarted, "a worker of media that began anew gets its own streams again, and no "
                             "stream of another's")
{
	uint8_t mine;
	unsigned orders;

	TRY(two_workers(t));
	TRY(talk_call(t));
	mine = talk_order(t)->worker;
	orders = t->w->order_count;
	TRY(started(t, !mine));
	CHECK(t->w->order_count == orders);
	TRY(started(t, mine));
	CHECK(t->w->order_count == orders + 1 && talk_order(t)->kind == ORDER_OPEN);
	CHECK(talk_order(t)->worker == mine);
	return ERR_NONE;
}

TALK_TEST(workers_restarted_late, "who waits for the last figures of a stream waits for the worker "
                                  "that has them, not for another")
{
	uint8_t mine;

	TRY(two_workers(t));
	TRY(talk_call(t));
	mine = talk_order(t)->worker;
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	CHECK(talk_order(t)->kind == ORDER_CLOSE && talk_order(t)->worker == mine);
	TRY(started(t, !mine));
	CHECK(talk_records(t) == 0);
	TRY(started(t, mine));
	CHECK(talk_records(t) == 1);
	return ERR_NONE;
}

TALK_TEST(workers_one_sided,
          "a worker of media without a free port on one of the sides is passed over; "
          "where no other has both it is 503")
{
	struct port_table *pairs = t->w->pairs;

	for (unsigned i = 0; i < pairs->count; i++)
		pairs->pairs[i].worker = pairs->pairs[i].side == 1 && i % WIRE_PAIRS > 0;
	TRY(wire_restart(t->w));
	/* The first has all outside and one pair inside, the second the rest inside. */
	TRY(talk_call(t));
	CHECK(talk_order(t)->worker == 0);
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "SIP/2.0 503 "));
	CHECK(talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

TALK_TEST(workers_certificates,
          "a browser is shown the certificate of the worker that has its call, "
          "and none before all have told theirs")
{
	static const char *const shown[] = { "a=fingerprint:sha-256 A0:00",
		                             "a=fingerprint:sha-256 A1:00" };
	static const char offer[] =
		"v=0\r\no=- 81 2 IN IP4 192.168.1.10\r\ns=-\r\nc=IN IP4 192.168.1.10\r\nt=0 0\r\n"
		"m=audio 4000 UDP/TLS/RTP/SAVP 0\r\na=setup:actpass\r\na=rtcp-mux\r\n"
		"a=fingerprint:sha-256 00:01:02:03:04:05:06:07:00:01:02:03:04:05:06:07:"
		"00:01:02:03:04:05:06:07:00:01:02:03:04:05:06:07\r\n";

	TRY(two_workers(t));
	t->phone.flow.transport = TRANSPORT_WS;
	t->phone.flow.connection = 9;
	TRY(started(t, 0));
	TRY(talk_register(t));
	talk_invite_from_phone(t, "", offer);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "SIP/2.0 488 "));
	TRY(started(t, 1));
	talk_invite_from_phone(t, "", offer);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	CHECK(wire_has(&t->at_phone, shown[talk_order(t)->worker]));
	CHECK(!wire_has(&t->at_phone, shown[!talk_order(t)->worker]));
	return ERR_NONE;
}
