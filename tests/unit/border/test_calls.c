/* SPDX-License-Identifier: Apache-2.0 */
/* Calls by the rows of what is decided on the wire. */
#include "unit/border/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool shows_inside(const struct wire_sent *s)
{
	return wire_has(s, "10.0.0.") || wire_has(s, "inner") || wire_has(s, "Secret");
}

TALK_TEST(call_normal, "a call goes through, and nothing of one side is seen on the other")
{
	talk_invite_from_phone(t, "X-Private: 1\r\nSubject: hello\r\n", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->pbx, "INVITE sip:201@10.0.0.20 SIP/2.0\r\n"));
	CHECK(!wire_has(&t->at_pbx, "192.168") && !wire_has(&t->at_pbx, "phone-call"));
	CHECK(!wire_has(&t->at_pbx, "X-Private") && wire_has(&t->at_pbx, "Subject: hello\r\n"));
	CHECK(wire_has(&t->at_pbx, "From: \"Front Desk\" <sip:200@10.0.0.20>;tag="));
	CHECK(wire_has(&t->at_pbx, "Max-Forwards: 69\r\n"));
	CHECK(wire_has(&t->at_pbx, "c=IN IP4 10.0.0.2\r\n") && wire_has(&t->at_pbx, "m=audio 300"));
	talk_answer(t, &t->pbx, &t->at_pbx, "180 Ringing", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 180 ") && !shows_inside(&t->at_phone));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && !shows_inside(&t->at_phone));
	CHECK(wire_has(&t->at_phone, "c=IN IP4 198.51.100.1\r\n") &&
	      wire_has(&t->at_phone, "m=audio 200"));
	CHECK(talk_is_quiet(t, &t->pbx));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK sip:201@10.0.0.31:5060 SIP/2.0\r\n"));
	CHECK(wire_has(&t->at_pbx, "CSeq: 1 ACK\r\n") && wire_has(&t->at_pbx, ";tag=inner\r\n"));
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE sip:201@10.0.0.31:5060 ") &&
	      wire_has(&t->at_pbx, "CSeq: 2 BYE"));
	CHECK(talk_is_quiet(t, &t->phone));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	CHECK(talk_order(t)->kind == ORDER_CLOSE && talk_records(t) == 0);
	talk_media_closes(t);
	CHECK(talk_records(t) == 1 && talk_record(t)->ended_by == END_CALLER);
	CHECK(talk_record(t)->status == 200 && talk_record(t)->answered_wall_us > 0);
	CHECK(strcmp(talk_record(t)->from, "200@sip.example") == 0);
	CHECK(strcmp(talk_record(t)->number, "201") == 0 &&
	      strcmp(talk_record(t)->cause, "normal") == 0);
	CHECK(talk_record(t)->caller.media.packets == 101 &&
	      talk_record(t)->callee.media.packets == 202);
	CHECK(strcmp(talk_record(t)->callee.peer, "office") == 0);
	return ERR_NONE;
}

TALK_TEST(call_media,
          "media is ordered once both ends are known, the phone behind NAT by its source")
{
	const struct order *order;

	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "INVITE ") && t->w->order_count == 0);
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(t->w->order_count == 1);
	order = talk_order(t);
	CHECK(order->kind == ORDER_OPEN && order->legs[0].trust == TRUST_PORT_AT_SIGNALLING);
	CHECK(order->legs[0].remote.port == 4000 &&
	      addr_same_host(&order->legs[0].signalling, &t->phone.flow.remote));
	CHECK(order->legs[1].trust == TRUST_EXACT && order->legs[1].remote.port == 12000);
	CHECK(order->legs[1].signalling.family == 0 && !order->is_held);
	CHECK(order->legs[0].port < WIRE_PAIRS && order->legs[1].port >= WIRE_PAIRS);
	CHECK(order->formats[0].clock_khz == 8);
	return ERR_NONE;
}

TALK_TEST(call_from_pbx, "the PBX reaches the phone by its flow and the Contact it wrote")
{
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->phone, "INVITE sip:200@192.168.1.10:5060;line=7 SIP/2.0\r\n"));
	CHECK(!shows_inside(&t->at_phone) &&
	      wire_has(&t->at_phone, "From: \"Back Office\" <sip:201@sip.example>;tag="));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 ") && !wire_has(&t->at_pbx, "192.168"));
	talk_ack(t, &t->pbx, "");
	CHECK(talk_hears(t, &t->phone, "ACK "));
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE sip:201@10.0.0.20:5060 "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_media_closes(t);
	CHECK(talk_record(t)->ended_by == END_CALLEE);
	return ERR_NONE;
}

TALK_TEST(call_unknown_contact, "the PBX gets 480 for a Contact of ours behind which nobody is")
{
	snprintf(t->w->pbx_contact, sizeof(t->w->pbx_contact), "sip:%032d@10.0.0.2:5060", 0);
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 480 "));
	CHECK(wire_has(&t->at_pbx, "\r\nWarning: 399 ringfence \"30 "));
	return ERR_NONE;
}

TALK_TEST(call_challenged,
          "the PBX's challenge to a call goes to the phone with our cookie, and leaves no record")
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(
		t, &t->pbx, &t->at_pbx, "407 Proxy Authentication Required",
		"Proxy-Authenticate: Digest realm=\"sip.example\", nonce=\"abc\", opaque=\"own\"\r\n",
		"");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 407 ") && wire_has(&t->at_phone, "-own\""));
	wire_advance(t->w, 40 * SECOND_US);
	CHECK(talk_records(t) == 0);
	return ERR_NONE;
}

static void line_of(const struct wire_sent *sent, const char *name, char *ret, size_t size)
{
	const char *at = strstr(sent->text, name);

	snprintf(ret, size, "%.*s", at ? (int)strcspn(at, "\r\n") : 0, at ? at : "");
}

TALK_TEST(call_challenged_again,
          "a call that comes again with credentials bears the same names inside and a higher CSeq")
{
	char names[2][2][256];
	unsigned cseqs[2];

	for (unsigned i = 0; i < 2; i++) {
		if (i == 0)
			talk_invite_from_phone(t, "", TALK_OFFER);
		else
			talk_invite_again(t, "", TALK_OFFER);
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") &&
		      talk_hears(t, &t->pbx, "INVITE "));
		line_of(&t->at_pbx, "Call-ID: ", names[i][0], sizeof(names[i][0]));
		line_of(&t->at_pbx, "From: ", names[i][1], sizeof(names[i][1]));
		cseqs[i] = (unsigned)strtoul(strstr(t->at_pbx.text, "CSeq: ") + 6, NULL, 10);
		if (i == 0)
			talk_answer(t, &t->pbx, &t->at_pbx, "401 Unauthorized",
			            "WWW-Authenticate: Digest realm=\"sip.example\", "
			            "nonce=\"abc\"\r\n",
			            "");
		else
			talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
		CHECK(i == 1 || talk_hears(t, &t->pbx, "ACK "));
		CHECK(talk_hears(t, &t->phone, i == 0 ? "SIP/2.0 401 " : "SIP/2.0 200 "));
	}
	CHECK(strcmp(names[0][0], names[1][0]) == 0 && strcmp(names[0][1], names[1][1]) == 0);
	CHECK(strlen(names[0][0]) > strlen("Call-ID: ") && cseqs[1] > cseqs[0]);
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	CHECK((unsigned)strtoul(strstr(t->at_pbx.text, "CSeq: ") + 6, NULL, 10) == cseqs[1]);
	return ERR_NONE;
}

TALK_TEST(call_same_names, "while a call stands, another of its names outside gets others inside")
{
	char first[256], second[256];

	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	line_of(&t->at_pbx, "Call-ID: ", first, sizeof(first));
	talk_invite_again(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	line_of(&t->at_pbx, "Call-ID: ", second, sizeof(second));
	CHECK(strcmp(first, second) != 0);
	return ERR_NONE;
}

TALK_TEST(call_named, "a phone is asked by its Contact and named by its account, as which it acts")
{
	talk_invite_from_pbx(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") &&
	      talk_hears(t, &t->phone, "INVITE sip:200@192.168.1.10:5060;line=7 "));
	CHECK(wire_has(&t->at_phone, "\r\nTo: <sip:200@sip.example>\r\n"));
	return ERR_NONE;
}

TALK_TEST(call_leak, "an outside party's challenge to a call from inside ends here with 500")
{
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "INVITE "));
	talk_answer(t, &t->phone, &t->at_phone, "407 Proxy Authentication Required",
	            "Proxy-Authenticate: Digest realm=\"10.0.0.20\", nonce=\"abc\"\r\n", "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 500 ") && !wire_has(&t->at_pbx, "Authenticate"));
	CHECK(wire_has(&t->at_pbx, "Warning: 399 ringfence \"43 "));
	CHECK(wire_count_facts(t->w, FACT_DIGEST_LEAK) == 1);
	return ERR_NONE;
}

TALK_TEST(call_refused, "a refusal passes, is acknowledged inside, and is recorded")
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "486 Busy Here", "", "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_hears(t, &t->phone, "SIP/2.0 486 "));
	CHECK(talk_records(t) == 1 && talk_record(t)->status == 486 &&
	      talk_record(t)->answered_wall_us == 0);
	CHECK(t->w->order_count == 0);
	return ERR_NONE;
}

TALK_TEST(call_cancelled, "CANCEL goes hop by hop")
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "180 Ringing", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 180 "));
	talk_cancel(t, &t->phone);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && wire_has(&t->at_phone, "CANCEL\r\n"));
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 487 "));
	{
		struct wire_sent invite = t->at_pbx;

		CHECK(talk_hears(t, &t->pbx, "CANCEL ") &&
		      wire_has(&t->at_pbx, "Call completed elsewhere"));
		talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
		talk_answer(t, &t->pbx, &invite, "487 Request Terminated", "", "");
	}
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	CHECK(talk_records(t) == 1 && talk_record(t)->status == 487 &&
	      talk_record(t)->ended_by == END_CALLER);
	return ERR_NONE;
}

TALK_TEST(call_cancel_crossed, "CANCEL that crosses 200 ends in ACK and BYE inside")
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_cancel(t, &t->phone);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && talk_hears(t, &t->phone, "SIP/2.0 487 "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "ACK ") &&
	      talk_hears(t, &t->pbx, "BYE sip:201@10.0.0.31:5060 "));
	CHECK(talk_records(t) == 1 && talk_record(t)->status == 487);
	return ERR_NONE;
}

TALK_TEST(call_cancel_unknown, "CANCEL of nothing gets 481, from a stranger nothing")
{
	struct talk_end stranger = t->phone;

	stranger.flow.remote.port = 50000;
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
	t->phone.cseq = 77;
	talk_request(t, &t->phone, "OPTIONS", "", ""); /* moves the branch on */
	while (wire_take(t->w, &t->phone.flow))
		;
	talk_cancel(t, &t->phone);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 481 "));
	talk_cancel(t, &stranger);
	CHECK(talk_is_quiet(t, &stranger));
	return ERR_NONE;
}

TALK_TEST(call_unacked, "without ACK both legs get BYE after 32 s")
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	for (unsigned i = 0; i < 11; i++) {
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
		wire_advance(t->w, i < 10 ? (i < 3 ? 500u << i : 4000u) * MILLISECOND_US
		                          : 499 * MILLISECOND_US);
	}
	CHECK(talk_is_quiet(t, &t->phone) && talk_is_quiet(t, &t->pbx));
	wire_advance(t->w, 20 * MILLISECOND_US);
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_hears(t, &t->pbx, "BYE "));
	CHECK(talk_hears(t, &t->phone, "BYE "));
	talk_media_closes(t);
	CHECK(strcmp(talk_record(t)->cause, "no ACK") == 0 &&
	      wire_count_facts(t->w, FACT_UNACKED) == 1);
	return ERR_NONE;
}

TALK_TEST(call_inside_repeats,
          "the inside's repeated 200 is answered by its ACK once the outside has sent one")
{
	struct wire_sent invite;

	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "INVITE "));
	invite = t->at_pbx;
	talk_answer(t, &t->pbx, &invite, "200 OK", "", TALK_ANSWER);
	talk_answer(t, &t->pbx, &invite, "200 OK", "", TALK_ANSWER);
	CHECK(talk_is_quiet(t, &t->pbx));
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	talk_answer(t, &t->pbx, &invite, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	talk_ack(t, &t->phone, "");
	CHECK(talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

TALK_TEST(call_fork_early, "of two forks that ring with media the first wins until one answers")
{
	struct wire_sent invite;

	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	invite = t->at_pbx;
	talk_answer_as(t, &t->pbx, &invite, "183 Session Progress", "one", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 183 ") && wire_has(&t->at_phone, "m=audio"));
	talk_answer_as(t, &t->pbx, &invite, "183 Session Progress", "two", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 183 ") && !wire_has(&t->at_phone, "m=audio"));
	CHECK(t->w->order_count == 1);
	talk_answer_as(t, &t->pbx, &invite, "200 OK", "two", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && wire_has(&t->at_phone, "m=audio"));
	CHECK(t->w->order_count == 2 && talk_order(t)->kind == ORDER_CHANGE);
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && wire_has(&t->at_pbx, ";tag=two\r\n"));
	talk_answer_as(t, &t->pbx, &invite, "200 OK", "one", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "ACK ") && wire_has(&t->at_pbx, ";tag=one\r\n"));
	CHECK(talk_hears(t, &t->pbx, "BYE ") && wire_has(&t->at_pbx, ";tag=one\r\n"));
	CHECK(talk_is_quiet(t, &t->phone));
	/* The ACK that is kept is the winner's. */
	talk_answer_as(t, &t->pbx, &invite, "200 OK", "two", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "ACK ") && wire_has(&t->at_pbx, ";tag=two\r\n"));
	return ERR_NONE;
}

TALK_TEST(call_redirected, "where a redirection points is not told to the other side")
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "302 Moved Temporarily", "", "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_hears(t, &t->phone, "SIP/2.0 480 "));
	CHECK(!wire_has(&t->at_phone, "Contact"));
	return ERR_NONE;
}

TALK_TEST(call_ack_other, "an ACK with another CSeq acknowledges nothing")
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	t->phone.cseq += 5;
	talk_ack(t, &t->phone, "");
	CHECK(talk_is_quiet(t, &t->pbx));
	t->phone.cseq -= 5;
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	return ERR_NONE;
}

TALK_TEST(call_idle_port, "the PBX may name a port of ours only while a call has it")
{
	char sdp[256];
	uint16_t port;

	TRY(talk_call(t));
	port = (uint16_t)(30000 + (talk_order(t)->legs[1].port - WIRE_PAIRS) * 2);
	snprintf(
		sdp, sizeof(sdp),
		"v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio %u RTP/AVP 0\r\n",
		port);
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	talk_media_closes(t);
	talk_invite_from_pbx(t, "", sdp);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "SIP/2.0 488 "));
	return ERR_NONE;
}

TALK_TEST(call_refusals_free, "hundreds of refused offers leave the table as free as it was")
{
	for (unsigned i = 0; i < 300; i++) {
		talk_invite_from_phone(t, "", "v=0\r\nnonsense\r\n");
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") &&
		      talk_hears(t, &t->phone, "SIP/2.0 488 "));
		wire_advance(t->w, 33 * SECOND_US);
		TRY(talk_register(t));
		while (wire_take(t->w, &t->phone.flow))
			;
	}
	return talk_call(t);
}

TALK_TEST(call_early_only, "a 200 without description keeps the one of its 183")
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "183 Session Progress", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 183 "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && wire_has(&t->at_phone, "m=audio 200"));
	return ERR_NONE;
}

TALK_TEST(call_silent_pbx, "a silent PBX is a 504 after 32 s")
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
	wire_advance(t->w, 31900 * MILLISECOND_US);
	CHECK(talk_is_quiet(t, &t->phone));
	wire_advance(t->w, 200 * MILLISECOND_US);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 504 "));
	CHECK(wire_has(&t->at_phone, "Warning: 399 ringfence \"34 "));
	CHECK(counters_get(&t->w->counters, COUNT_retransmitted) == 6);
	CHECK(talk_records(t) == 1 && talk_record(t)->status == 504);
	return ERR_NONE;
}

TALK_TEST(call_rings_out, "a phone that nobody picks up is given up after three minutes")
{
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "INVITE "));
	talk_answer(t, &t->phone, &t->at_phone, "180 Ringing", "", "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 180 "));
	/* It would lapse before: phones register anew. */
	wire_advance(t->w, 180010 * MILLISECOND_US);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 480 ") && talk_hears(t, &t->phone, "CANCEL "));
	CHECK(wire_has(&t->at_pbx, "\r\nWarning: 399 ringfence \"33 "));
	return ERR_NONE;
}

TALK_TEST(call_trying_only, "a PBX that says 100 and nothing more is given up as well")
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "100 Trying", "", "");
	wire_advance(t->w, 180010 * MILLISECOND_US);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 480 ") && talk_hears(t, &t->pbx, "CANCEL "));
	wire_advance(t->w, 60 * SECOND_US);
	CHECK(talk_records(t) == 1 && talk_record(t)->status == 480);
	return ERR_NONE;
}

TALK_TEST(call_delayed_offer, "an offer in the 200 is answered in the ACK")
{
	talk_invite_from_phone(t, "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	CHECK(!wire_has(&t->at_pbx, "Content-Type"));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") &&
	      wire_has(&t->at_phone, "c=IN IP4 198.51.100.1\r\n"));
	CHECK(t->w->order_count == 0);
	talk_ack(t, &t->phone,
	         "v=0\r\no=- 1 1 IN IP4 192.168.1.10\r\ns=-\r\nc=IN IP4 192.168.1.10\r\nt=0 0\r\n"
	         "m=audio 4000 RTP/AVP 0\r\n");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && wire_has(&t->at_pbx, "c=IN IP4 10.0.0.2\r\n"));
	CHECK(t->w->order_count == 1 && talk_order(t)->legs[1].remote.port == 12000);
	return ERR_NONE;
}

TALK_TEST(call_body, "a body that is no description is refused by name")
{
	talk_invite_from_phone(t, "Content-Type: text/html\r\n", "<p>hello</p>");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 415 ") &&
	      wire_has(&t->at_phone, "Accept: application/sdp\r\n"));
	CHECK(talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

static const struct sdp_case {
	const char *name, *offer;
} refused[] = {
	{ "loopback",
	  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n" },
	{ "multicast",
	  "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 224.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n" },
	{ "a port of ours",
	  "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0\r\n" },
	{ "an inside port of ours",
	  "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 30000 RTP/AVP 0\r\n" },
	{ "nothing carried",
	  "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 1.2.3.4\r\nt=0 0\r\nm=image 4000 TCP t38\r\n" },
	{ "rubbish", "v=0\r\nnonsense\r\n" },
};

TALK_TEST(call_offers_refused,
          "an offer that may not be acted on gets 488, and its ports are free again")
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		talk_invite_from_phone(t, "", refused[i].offer);
		CHECK_CASE(talk_hears(t, &t->phone, "SIP/2.0 100 "), refused[i].name);
		CHECK_CASE(talk_hears(t, &t->phone, "SIP/2.0 488 "), refused[i].name);
		CHECK_CASE(wire_has(&t->at_phone, "Warning: 399 ringfence \"10 "), refused[i].name);
		CHECK_CASE(talk_is_quiet(t, &t->pbx), refused[i].name);
	}
	return ERR_NONE;
}

TALK_TEST(call_answer_refused,
          "an answer that may not be acted on: ACK and BYE inside, 488 outside")
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(
		t, &t->pbx, &t->at_pbx, "200 OK", "",
		"v=0\r\no=- 1 1 IN IP4 10.0.0.20\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_hears(t, &t->pbx, "BYE "));
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 488 "));
	CHECK(wire_has(&t->at_phone, "Warning: 399 ringfence \"11 "));
	CHECK(t->w->order_count == 0 && talk_record(t)->status == 488);
	return ERR_NONE;
}

TALK_TEST(call_ports_full, "without free ports a call gets 503 with Retry-After")
{
	for (unsigned i = 0; i <= WIRE_PAIRS; i++) {
		const char *want = i < WIRE_PAIRS ? "SIP/2.0 100 " : "SIP/2.0 503 ";

		talk_invite_from_phone(t, "", TALK_OFFER);
		if (i == WIRE_PAIRS)
			CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
		CHECK(talk_hears(t, &t->phone, want));
	}
	CHECK(wire_has(&t->at_phone, "Retry-After: "));
	CHECK(wire_has(&t->at_phone, "Warning: 399 ringfence \"27 "));
	CHECK(counters_get(&t->w->counters, COUNT_limit_ports) == 1 &&
	      counters_get(&t->w->counters, COUNT_limit_calls) == 0);
	return ERR_NONE;
}

static void advertise(struct border_settings *s)
{
	static const struct addr shown = { .bytes = { [10] = 0xff, 0xff, 198, 51, 100, 200 },
		                           .family = 4 };

	s->sides[0].advertise = shown;
}

static enum err advertised(struct talk *t)
{
	talk_invite_from_phone(t, "",
	                       "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 198.51.100.200\r\n"
	                       "t=0 0\r\nm=audio 20000 RTP/AVP 0\r\n");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "SIP/2.0 488 "));
	TRY(talk_call(t));
	CHECK(wire_has(&t->at_phone, "c=IN IP4 198.51.100.200\r\n"));
	CHECK(wire_has(&t->at_phone, "@198.51.100.200:5060>") &&
	      !wire_has(&t->at_phone, "198.51.100.1\r\n"));
	CHECK(!wire_has(&t->at_pbx, "198.51.100."));
	return ERR_NONE;
}

TEST(call_advertised,
     "an advertised address stands for ours in what the outside sees, and is refused from there")
{
	return talk_with_settings(advertise, advertised);
}
