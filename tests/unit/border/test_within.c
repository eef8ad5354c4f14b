/* SPDX-License-Identifier: Apache-2.0 */
/* What happens within a call, to it, and after it. */
#include "unit/border/talk.h"

#include <stdio.h>
#include <string.h>

#define TALK_HOLD                                                                                  \
	"v=0\r\no=phone 1 2 IN IP4 192.168.1.10\r\ns=-\r\nc=IN IP4 192.168.1.10\r\nt=0 0\r\n"      \
	"m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n"
#define TALK_HELD                                                                                  \
	"v=0\r\no=pbx 7 8 IN IP4 10.0.0.20\r\ns=-\r\nc=IN IP4 10.0.0.20\r\nt=0 0\r\n"              \
	"m=audio 12000 RTP/AVP 0\r\na=recvonly\r\n"

static void forget(struct talk *t, const struct talk_end *end)
{
	while (wire_take(t->w, &end->flow))
		;
}

TALK_TEST(within_hold, "a re-INVITE holds the call: media changes, ports and call stay")
{
	struct order before;

	TRY(talk_call(t));
	before = *talk_order(t);
	talk_request(t, &t->phone, "INVITE", "Contact: <sip:200@192.168.1.10:5060>\r\n", TALK_HOLD);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") &&
	      talk_hears(t, &t->pbx, "INVITE sip:201@10.0.0.31:5060 "));
	CHECK(wire_has(&t->at_pbx, "CSeq: 2 INVITE\r\n") && wire_has(&t->at_pbx, "a=sendonly\r\n"));
	CHECK(wire_has(&t->at_pbx, ";tag=inner\r\n"));
	CHECK(wire_has(&t->at_pbx, " 2 IN IP4 10.0.0.2\r\n")); /* o= has a new version */
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_HELD);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && wire_has(&t->at_phone, "a=recvonly\r\n"));
	CHECK(talk_order(t)->kind == ORDER_CHANGE && talk_order(t)->is_held);
	CHECK(talk_order(t)->stream == before.stream &&
	      talk_order(t)->legs[0].port == before.legs[0].port);
	CHECK(!talk_order(t)->legs[0].is_receiving && talk_order(t)->legs[0].is_sending);
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && wire_has(&t->at_pbx, "CSeq: 2 ACK\r\n"));
	return ERR_NONE;
}

TALK_TEST(within_refused, "a refused re-INVITE leaves the call as it was")
{
	unsigned orders;

	TRY(talk_call(t));
	orders = t->w->order_count;
	talk_request(t, &t->phone, "INVITE", "Contact: <sip:200@192.168.1.10:5060>\r\n", TALK_HOLD);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "488 Not Acceptable Here", "", "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_hears(t, &t->phone, "SIP/2.0 488 "));
	CHECK(t->w->order_count == orders && talk_records(t) == 0);
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	return ERR_NONE;
}

static unsigned ports_taken(const struct talk *t)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < t->w->pairs->count; i++)
		count += border_has_port(t->w->border, i);
	return count;
}

#define SECOND_LINE TALK_OFFER "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"

TALK_TEST(within_refused_stream,
          "a stream that the other end refuses gives its ports back at once, and a restart knows")
{
	static const char *const methods[] = { "INVITE", "UPDATE" };
	unsigned before;

	TRY(talk_call(t));
	before = ports_taken(t);
	for (unsigned i = 0; i < 2; i++) {
		talk_request(t, &t->phone, methods[i], "Contact: <sip:200@192.168.1.10:5060>\r\n",
		             SECOND_LINE);
		if (i == 0)
			CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
		CHECK(talk_hears(t, &t->pbx, methods[i]) && wire_has(&t->at_pbx, "m=video "));
		CHECK(ports_taken(t) > before);
		talk_answer(t, &t->pbx, &t->at_pbx, "488 Not Acceptable Here", "", "");
		CHECK((i == 1 || talk_hears(t, &t->pbx, "ACK ")) &&
		      talk_hears(t, &t->phone, "SIP/2.0 488 "));
		if (i == 0)
			talk_ack(t, &t->phone, "");
		CHECK(ports_taken(t) == before);
	}
	TRY(wire_restart(t->w));
	CHECK(ports_taken(t) == before && border_calls(t->w->border) == 1);
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	return ERR_NONE;
}

TALK_TEST(within_update, "an UPDATE with a description is carried like a re-INVITE, without ACK")
{
	TRY(talk_call(t));
	talk_request(t, &t->phone, "UPDATE", "Contact: <sip:200@192.168.1.10:5060>\r\n", TALK_HOLD);
	CHECK(talk_hears(t, &t->pbx, "UPDATE ") && wire_has(&t->at_pbx, "a=sendonly\r\n"));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_HELD);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && wire_has(&t->at_phone, "a=recvonly\r\n"));
	CHECK(talk_order(t)->is_held);
	return ERR_NONE;
}

static const struct carried_case {
	const char *name, *method, *lines, *body, *inside, *answer, *code;
} carried[] = {
	{ "keys", "INFO", "Content-Type: application/dtmf-relay\r\n",
	  "Signal=5\r\nDuration=160\r\n", "INFO ", NULL },
	{ "words", "MESSAGE", "Content-Type: text/plain\r\n", "hello", "MESSAGE ", NULL },
	{ "OPTIONS", "OPTIONS", "", "", "OPTIONS ", NULL },
	{ "foreign body", "INFO", "Content-Type: application/xml\r\n", "<a/>", NULL,
	  "SIP/2.0 415 " },
	{ "keys too many", "INFO", "Content-Type: application/dtmf\r\n",
	  "1234567890123456789012345678901234567890", NULL, "SIP/2.0 415 " },
	{ "control bytes", "MESSAGE", "Content-Type: text/plain\r\n", "a\x01z", NULL,
	  "SIP/2.0 415 " },
	{ "unknown method", "FROBNICATE", "", "", NULL, "SIP/2.0 405 ", "41" },
	{ "no hops left", "INFO", "Max-Forwards: 0\r\n", "", NULL, "SIP/2.0 483 ", "42" },
	{ "demand", "INFO", "Require: gruu\r\n", "", NULL, "SIP/2.0 420 ", "40" },
};

TALK_TEST(within_carried,
          "other requests go on one to one where we know them, and are refused by name where not")
{
	TRY(talk_call(t));
	for (size_t i = 0; i < sizeof(carried) / sizeof(carried[0]); i++) {
		const struct carried_case *c = &carried[i];

		talk_request(t, &t->phone, c->method, c->lines, c->body);
		if (c->answer) {
			char line[64];

			snprintf(line, sizeof(line), "Warning: 399 ringfence \"%s ",
			         c->code ? c->code : "");
			CHECK_CASE(talk_hears(t, &t->phone, c->answer), c->name);
			CHECK_CASE(!c->code || wire_has(&t->at_phone, line), c->name);
			CHECK_CASE(talk_is_quiet(t, &t->pbx), c->name);
			continue;
		}
		CHECK_CASE(talk_hears(t, &t->pbx, c->inside), c->name);
		CHECK_CASE(!*c->body || wire_has(&t->at_pbx, c->body), c->name);
		talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
		CHECK_CASE(talk_hears(t, &t->phone, "SIP/2.0 200 "), c->name);
		CHECK_CASE(!wire_has(&t->at_phone, "Secret"), c->name);
	}
	return ERR_NONE;
}

TALK_TEST(within_lost, "481 from one end to a request within the call hangs up both")
{
	TRY(talk_call(t));
	talk_request(t, &t->phone, "INFO", "", "");
	CHECK(talk_hears(t, &t->pbx, "INFO "));
	talk_answer(t, &t->pbx, &t->at_pbx, "481 Call Does Not Exist", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 481 ") && talk_hears(t, &t->phone, "BYE ") &&
	      talk_hears(t, &t->pbx, "BYE "));
	return ERR_NONE;
}

TALK_TEST(within_stale, "a CSeq that does not rise gets 500")
{
	TRY(talk_call(t));
	talk_request(t, &t->phone, "INFO", "", "");
	CHECK(talk_hears(t, &t->pbx, "INFO "));
	t->phone.cseq -= 1;
	talk_request(t, &t->phone, "INFO", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 500 ") && talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

TALK_TEST(bye_challenged,
          "a challenged BYE comes back to the phone, and the call goes on until it is right")
{
	TRY(talk_call(t));
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	talk_answer(
		t, &t->pbx, &t->at_pbx, "401 Unauthorized",
		"WWW-Authenticate: Digest realm=\"sip.example\", nonce=\"abc\", opaque=\"own\"\r\n",
		"");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 401 ") && wire_has(&t->at_phone, "-own\""));
	wire_advance(t->w, 5 * SECOND_US);
	CHECK(talk_is_quiet(t, &t->phone) && talk_order(t)->kind == ORDER_OPEN);
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE ") && wire_has(&t->at_pbx, "CSeq: 3 BYE"));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && talk_order(t)->kind == ORDER_CLOSE);
	return ERR_NONE;
}

TALK_TEST(bye_unanswered, "who hangs up is answered after 2 s, whatever the other end does")
{
	TRY(talk_call(t));
	talk_request(t, &t->phone, "BYE", "", "");
	wire_advance(t->w, 1990 * MILLISECOND_US);
	CHECK(talk_is_quiet(t, &t->phone));
	wire_advance(t->w, 20 * MILLISECOND_US);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && talk_order(t)->kind == ORDER_CLOSE);
	CHECK(talk_records(t) == 0);
	wire_advance(t->w, 1600 * MILLISECOND_US);
	CHECK(talk_records(t) == 1 && talk_record(t)->caller.media.packets == 0);
	wire_advance(t->w, 40 * SECOND_US);
	CHECK(talk_records(t) == 1);
	return ERR_NONE;
}

TALK_TEST(bye_both, "both may hang up at once")
{
	struct talk_end pbx;

	TRY(talk_call(t));
	pbx = t->pbx;
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	talk_request(t, &pbx, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_answer(t, &t->pbx, &t->at_pbx, "481 Gone", "", "");
	wire_advance(t->w, 4 * SECOND_US);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && talk_records(t) == 1);
	return ERR_NONE;
}

TALK_TEST(bye_before_ack, "a caller that hangs up before its ACK is acknowledged inside first")
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_hears(t, &t->pbx, "BYE "));
	return ERR_NONE;
}

TALK_TEST(bye_ringing, "BYE of a caller while it rings cancels the call")
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "180 Ringing", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 180 "));
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && talk_hears(t, &t->phone, "SIP/2.0 487 "));
	CHECK(talk_hears(t, &t->pbx, "CANCEL "));
	return ERR_NONE;
}

TALK_TEST(tags_wrong, "wrong tags get 481 on a known flow, nothing elsewhere")
{
	struct talk_end wrong, stranger;

	TRY(talk_call(t));
	wrong = t->phone;
	snprintf(wrong.ours, sizeof(wrong.ours), "<sip:200@sip.example>;tag=guess");
	talk_request(t, &wrong, "BYE", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 481 "));
	snprintf(wrong.theirs, sizeof(wrong.theirs), "<sip:201@sip.example>;tag=guess");
	talk_request(t, &wrong, "BYE", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 481 "));
	stranger = wrong;
	stranger.flow.remote.port = 50000;
	talk_request(t, &stranger, "BYE", "", "");
	CHECK(talk_is_quiet(t, &stranger) && talk_is_quiet(t, &t->pbx));
	CHECK(wire_count_facts(t->w, FACT_OUT_OF_DIALOG) == 3);
	return ERR_NONE;
}

TALK_TEST(tags_stolen, "right tags from elsewhere do nothing")
{
	struct talk_end thief;

	TRY(talk_call(t));
	thief = t->phone;
	thief.flow.remote.port = 50000;
	talk_request(t, &thief, "BYE", "", "");
	talk_ack(t, &thief, "");
	CHECK(talk_is_quiet(t, &thief) && talk_is_quiet(t, &t->pbx) && talk_records(t) == 0);
	return ERR_NONE;
}

TALK_TEST(tags_swapped, "a known phone that has the PBX's tags cannot speak for the PBX")
{
	struct talk_end thief;

	TRY(talk_call(t));
	thief = t->pbx;
	thief.flow = t->phone.flow;
	talk_request(t, &thief, "BYE", "", "");
	CHECK(talk_is_quiet(t, &t->phone) && talk_is_quiet(t, &t->pbx) && talk_listed(t) == 1);
	return ERR_NONE;
}

TALK_TEST(phone_moved,
          "a phone that moved is let through once its account has registered from there")
{
	struct wire_register r = { .user = "200", .call_id = "moved", .cseq = 1 };
	struct wire_sent challenge;
	struct talk_end moved;

	TRY(talk_call(t));
	moved = t->phone;
	moved.flow = wire_outside(77, 41000);
	talk_request(t, &moved, "BYE", "", "");
	CHECK(talk_is_quiet(t, &moved) && talk_is_quiet(t, &t->pbx));
	wire_receive(t->w, &moved.flow, wire_register_text(&r, &moved.flow));
	wire_advance(t->w, 100 * MILLISECOND_US);
	challenge = *wire_take(t->w, &moved.flow);
	r.challenge = &challenge;
	r.credentials = WIRE_RIGHT;
	r.cseq = 2;
	wire_receive(t->w, &moved.flow, wire_register_text(&r, &moved.flow));
	wire_advance(t->w, 400 * MILLISECOND_US);
	CHECK(wire_has(wire_take(t->w, &moved.flow), "SIP/2.0 200 "));
	talk_request(t, &moved, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	CHECK(talk_order(t)->kind == ORDER_CHANGE &&
	      talk_order(t)->legs[0].signalling.bytes[15] == 77);
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(wire_has(wire_take(t->w, &moved.flow), "SIP/2.0 200 "));
	return ERR_NONE;
}

static void media_says(struct talk *t, enum media_event_kind kind, uint64_t stream)
{
	struct media_event event = { .kind = (uint8_t)kind, .generation = 7, .stream = stream };

	border_media_event(t->w->border, &event, t->w->now);
}

TALK_TEST(media_silent, "a call without media ends by BYE to both")
{
	TRY(talk_call(t));
	media_says(t, MEDIA_SILENT, talk_order(t)->stream);
	CHECK(talk_hears(t, &t->phone, "BYE sip:200@192.168.1.10:5060 ") &&
	      talk_hears(t, &t->pbx, "BYE "));
	talk_media_closes(t);
	CHECK(talk_record(t)->ended_by == END_RINGFENCE &&
	      strcmp(talk_record(t)->cause, "no media") == 0);
	return ERR_NONE;
}

TALK_TEST(media_unknown, "a stream that no call has is ordered closed")
{
	media_says(t, MEDIA_STATISTICS, 0x1230);
	CHECK(t->w->order_count == 1 && talk_order(t)->kind == ORDER_CLOSE &&
	      talk_order(t)->stream == 0x1230);
	media_says(t, MEDIA_CLOSED, 0x1230);
	CHECK(t->w->order_count == 1);
	return ERR_NONE;
}

TALK_TEST(restarted, "a call goes on and ends by its own BYE after the worker died")
{
	struct order before;

	TRY(talk_call(t));
	before = *talk_order(t);
	TRY(wire_restart(t->w));
	CHECK(talk_order(t)->kind == ORDER_OPEN && talk_order(t)->stream == before.stream);
	CHECK(talk_order(t)->legs[0].port == before.legs[0].port);
	talk_request(t, &t->phone, "INFO", "", "");
	CHECK(talk_hears(t, &t->pbx, "INFO ") && wire_has(&t->at_pbx, "CSeq: 66 INFO"));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	TRY(wire_restart(t->w));
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE ") && wire_has(&t->at_pbx, "CSeq: 131 BYE"));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_media_closes(t);
	CHECK(talk_records(t) == 1 && talk_record(t)->is_restored &&
	      talk_record(t)->answered_wall_us > 0);
	TRY(wire_restart(t->w));
	talk_request(t, &t->phone, "INFO", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 481 "));
	return ERR_NONE;
}

TALK_TEST(restarted_number,
          "no call has the number of one that a worker before took up, however fast they came")
{
	uint64_t last = 0;

	for (unsigned i = 0; i < 3; i++) {
		TRY(talk_call(t));
		talk_request(t, &t->phone, "BYE", "", "");
		CHECK(talk_hears(t, &t->pbx, "BYE "));
		talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
		talk_media_closes(t);
		CHECK(talk_record(t)->call > last);
		last = talk_record(t)->call;
	}
	wire_advance(t->w, 100);
	TRY(wire_restart(t->w));
	TRY(talk_call(t));
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_media_closes(t);
	CHECK(talk_record(t)->call > last);
	return ERR_NONE;
}

TALK_TEST(hairpin,
          "a call that the PBX hands back to us is one call, its halves joined at our own ports")
{
	struct wire_sent inner;
	char sdp[512], port[16];
	uint64_t number;

	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	inner = t->at_pbx;
	snprintf(port, sizeof(port), "%.5s", strstr(inner.text, "m=audio ") + strlen("m=audio "));
	snprintf(sdp, sizeof(sdp),
	         "v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\n"
	         "m=audio %s RTP/AVP 0\r\n",
	         port);
	/* As a proxy: same Call-ID, From and description. */
	talk_invite_back(t, &inner, sdp);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") &&
	      talk_hears(t, &t->phone, "INVITE sip:200@192.168.1.10"));
	talk_answer(t, &t->phone, &t->at_phone, "486 Busy Here", "", "");
	CHECK(talk_hears(t, &t->phone, "ACK ") && talk_hears(t, &t->pbx, "SIP/2.0 486 "));
	CHECK(talk_records(t) == 1);
	number = talk_record(t)->call;
	talk_answer(t, &t->pbx, &inner, "486 Busy Here", "", "");
	CHECK(talk_records(t) == 2 && talk_record(t)->call == number);
	return ERR_NONE;
}

TALK_TEST(rows_live, "calls that stand are listed, those that end are not")
{
	TRY(talk_call(t));
	CHECK(talk_listed(t) == 1);
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_listed(t) == 0);
	forget(t, &t->phone);
	return ERR_NONE;
}

/* ---- the table full ---- */

static void few_calls(struct border_settings *s)
{
	s->max_calls = 2;
	s->numbers.emergency_count = 1;
	(void)VIEW_COPY(VIEW("201"), s->numbers.emergency[0]);
}

static void few_calls_no_emergency(struct border_settings *s) { s->max_calls = 2; }

static enum err fill(struct talk *t, const char *third)
{
	for (unsigned i = 0; i < 2; i++) {
		talk_invite_from_phone(t, "", TALK_OFFER);
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
	}
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, third));
	return ERR_NONE;
}

static enum err refused_when_full(struct talk *t)
{
	TRY(fill(t, "SIP/2.0 503 "));
	CHECK(wire_has(&t->at_phone, "Warning: 399 ringfence \"20 "));
	return ERR_NONE;
}
static enum err emergency_when_full(struct talk *t) { return fill(t, "SIP/2.0 100 "); }

TEST(calls_full, "a call beyond the ceiling gets 503")
{
	return talk_with_settings(few_calls_no_emergency, refused_when_full);
}

TEST(calls_full_emergency, "an emergency call beyond the ceiling goes through")
{
	return talk_with_settings(few_calls, emergency_when_full);
}

static const char invite_text[] =
	"INVITE sip:201@sip.example SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 192.168.1.10:5060;branch=z9hG4bKdoubled%u;rport\r\n"
	"Max-Forwards: 70\r\nFrom: <sip:200@sip.example>;tag=d\r\nTo: <sip:201@sip.example>\r\n"
	"Call-ID: doubled@192.168.1.10\r\nCSeq: %u INVITE\r\n"
	"Contact: <sip:200@192.168.1.10:5060>\r\nContent-Length: 0\r\n\r\n";

static void say_doubled(struct talk *t, unsigned attempt)
{
	char text[WIRE_TEXT_MAX];

	snprintf(text, sizeof(text), invite_text, attempt, attempt);
	wire_receive(t->w, &t->phone.flow, text);
}

/* The second copy meets room: one of the calls was given up meanwhile. */
static enum err doubled_when_full(struct talk *t)
{
	for (unsigned i = 0; i < 2; i++) {
		talk_invite_from_phone(t, "", TALK_OFFER);
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") &&
		      talk_hears(t, &t->pbx, "INVITE "));
	}
	say_doubled(t, 1);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 503 "));
	talk_answer(t, &t->pbx, &t->at_pbx, "486 Busy Here", "", "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_hears(t, &t->phone, "SIP/2.0 486 "));
	forget(t, &t->phone);
	say_doubled(t, 1);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 503 ") && talk_is_quiet(t, &t->pbx));
	CHECK(talk_listed(t) == 1);
	say_doubled(t, 2);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	return ERR_NONE;
}

TEST(calls_full_doubled, "the copy of an INVITE that heard 503 makes no call; a new attempt does")
{
	return talk_with_settings(few_calls_no_emergency, doubled_when_full);
}

static void few_transactions(struct border_settings *s) { s->max_transactions = 24; }

/* Short calls end long before their transactions do. */
static enum err short_calls(struct talk *t)
{
	for (unsigned i = 0; i < 40; i++) {
		talk_invite_from_phone(t, "", TALK_OFFER);
		if (!talk_hears(t, &t->phone, "SIP/2.0 100 "))
			return i > 15 && talk_listed(t) == 0 ? ERR_NONE : ERR_LIMIT;
		CHECK(talk_hears(t, &t->pbx, "INVITE "));
		talk_answer(t, &t->pbx, &t->at_pbx, "486 Busy Here", "", "");
		CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_hears(t, &t->phone, "SIP/2.0 486 "));
	}
	return ERR_LIMIT;
}

static enum err transactions_full(struct talk *t)
{
	TRY(short_calls(t));
	CHECK(counters_get(&t->w->counters, COUNT_limit_transactions) > 0);
	wire_advance(t->w, 70 * SECOND_US);
	TRY(talk_register(t));
	forget(t, &t->phone);
	return talk_call(t);
}

TEST(calls_transactions_full,
     "short calls beyond the transaction table get 503 until it has room again")
{
	return talk_with_settings(few_transactions, transactions_full);
}

/* Whether the table refused what begins anew. */
static bool fills_with_options(struct talk *t)
{
	struct flow inside = wire_inside();
	char text[512];

	for (unsigned i = 0; i < 40; i++) {
		snprintf(text, sizeof(text),
		         "OPTIONS sip:10.0.0.2 SIP/2.0\r\n"
		         "Via: SIP/2.0/UDP 10.0.0.20;branch=z9hG4bKfill%u\r\nMax-Forwards: 70\r\n"
		         "From: <sip:ping@10.0.0.20>;tag=1\r\nTo: <sip:10.0.0.2>\r\n"
		         "Call-ID: fill%u\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		         i, i);
		wire_receive(t->w, &inside, text);
		if (wire_has(wire_take(t->w, &inside), "SIP/2.0 503 "))
			return true;
	}
	return false;
}

static enum err bye_when_full(struct talk *t)
{
	TRY(talk_call(t));
	CHECK(fills_with_options(t));
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	return ERR_NONE;
}

TEST(calls_bye_when_full, "a full transaction table still has room for the BYE of a standing call")
{
	return talk_with_settings(few_transactions, bye_when_full);
}
