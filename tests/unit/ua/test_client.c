/* SPDX-License-Identifier: Apache-2.0 */
/* Client transactions: schedules to the millisecond, every answer in every
 * state, CANCEL and ACK, and answers that nobody asked for. */
#include "runner/test.h"
#include "wire.h"

#include <stdio.h>
#include <string.h>

static struct wire w;

static bool last_is(const char *method) { return view_starts(view_of(w.last), view_of(method)); }

WIRE_TEST(client_invite_times, "repeats an INVITE at 0.5, 1, 2, 4, 8, 16 s and gives up at 32 s")
{
	static const uint64_t want_ms[] = { 0, 500, 1500, 3500, 7500, 15500, 31500 };
	struct pool_handle client;

	TRY(wire_open_client(&w, "INVITE", 1, false, &client));
	wire_pass(&w, 31999);
	CHECK(w.sent == 7 && memcmp(w.sent_ms, want_ms, sizeof(want_ms)) == 0 && w.notices == 0);
	wire_pass(&w, 1);
	CHECK(w.sent == 7 && w.notices == 2);
	CHECK(w.notice[0] == UA_TIMEOUT && w.notice[1] == UA_ENDED);
	CHECK(w.event.user.purpose == 6 && w.event.is_invite && !w.event.is_server);
	CHECK(ua_clients_used(w.ua) == 0);
	return ERR_NONE;
}

WIRE_TEST(client_other_times, "repeats another request at 0.5, 1, 2, 4, 4 ... s, gives up at 32 s")
{
	static const uint64_t want_ms[] = { 0,     500,   1500,  3500,  7500, 11500,
		                            15500, 19500, 23500, 27500, 31500 };
	struct pool_handle client;

	TRY(wire_open_client(&w, "BYE", 1, false, &client));
	wire_pass(&w, 32000);
	CHECK(w.sent == 11 && memcmp(w.sent_ms, want_ms, sizeof(want_ms)) == 0);
	CHECK(w.notices == 2 && w.notice[0] == UA_TIMEOUT && w.notice_ms[0] == 32000);
	return ERR_NONE;
}

WIRE_TEST(client_other_trying, "repeats every 4 s once a provisional answer came")
{
	static const uint64_t want_ms[] = { 0, 500, 4500, 8500 };
	struct pool_handle client;

	TRY(wire_open_client(&w, "BYE", 1, false, &client));
	wire_pass(&w, 100);
	CHECK(wire_answer(&w, "BYE", 1, 100, "t") == UA_ANSWER_PROVISIONAL);
	wire_pass(&w, 9000);
	CHECK(w.sent == 4 && memcmp(w.sent_ms, want_ms, sizeof(want_ms)) == 0);
	return ERR_NONE;
}

WIRE_TEST(client_reliable, "repeats nothing over a reliable transport, but gives up as well")
{
	struct pool_handle client;

	TRY(wire_open_client(&w, "INVITE", 1, true, &client));
	TRY(wire_open_client(&w, "BYE", 2, true, &client));
	wire_pass(&w, 32000);
	CHECK(w.sent == 2 && w.notices == 4);
	return ERR_NONE;
}

WIRE_TEST(client_ringing, "lets an INVITE ring for ever once a provisional answer came")
{
	struct pool_handle client;

	TRY(wire_open_client(&w, "INVITE", 1, false, &client));
	CHECK(wire_answer(&w, "INVITE", 1, 100, "t") == UA_ANSWER_PROVISIONAL);
	wire_pass(&w, 200000);
	CHECK(w.sent == 1 && w.notices == 0 && ua_clients_used(w.ua) == 1);
	return ERR_NONE;
}

enum state { CALLING, RINGING, REFUSED, ACCEPTED };

static const struct cell {
	const char *name;
	enum state state;
	unsigned status;
	const char *tag;
	enum ua_answer want;
	unsigned sends;
} cells[] = {
	{ "180 while calling", CALLING, 180, "t", UA_ANSWER_PROVISIONAL, 0 },
	{ "2xx while calling", CALLING, 200, "t", UA_ANSWER_FINAL, 0 },
	{ "refusal while calling", CALLING, 486, "t", UA_ANSWER_FINAL, 1 },
	{ "second 180", RINGING, 180, "t", UA_ANSWER_PROVISIONAL, 0 },
	{ "180 of a fork", RINGING, 180, "u", UA_ANSWER_PROVISIONAL, 0 },
	{ "2xx while ringing", RINGING, 200, "t", UA_ANSWER_FINAL, 0 },
	{ "refusal while ringing", RINGING, 603, "t", UA_ANSWER_FINAL, 1 },
	{ "180 after refusal", REFUSED, 180, "t", UA_ANSWER_REPEATED, 0 },
	{ "2xx after refusal", REFUSED, 200, "t", UA_ANSWER_REPEATED, 0 },
	{ "repeated refusal", REFUSED, 486, "t", UA_ANSWER_REPEATED, 1 },
	{ "180 after 2xx", ACCEPTED, 180, "t", UA_ANSWER_REPEATED, 0 },
	{ "repeated 2xx without an ACK yet", ACCEPTED, 200, "t", UA_ANSWER_REPEATED, 0 },
	{ "2xx of a fork", ACCEPTED, 200, "u", UA_ANSWER_FORKED, 0 },
	{ "refusal after 2xx", ACCEPTED, 486, "t", UA_ANSWER_REPEATED, 0 },
};

WIRE_TEST(client_invite_cells, "does the right thing at every answer in every state of an INVITE")
{
	static const unsigned statuses[] = { 0, 180, 486, 200 };

	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		const struct cell *c = &cells[i];
		struct pool_handle client;
		unsigned before;

		TRY(wire_open_client(&w, "INVITE", 50 + i, false, &client));
		if (statuses[c->state] > 0)
			(void)wire_answer(&w, "INVITE", 50 + i, statuses[c->state], "t");
		before = w.sent;
		CHECK_CASE(wire_answer(&w, "INVITE", 50 + i, c->status, c->tag) == c->want,
		           c->name);
		CHECK_CASE(w.sent - before == c->sends, c->name);
		ua_client_drop(w.ua, client);
	}
	return ERR_NONE;
}

WIRE_TEST(client_refusal_ack, "acknowledges a refusal hop by hop with the INVITE's own lines")
{
	static struct wire_msg m;
	struct pool_handle client;
	const struct sip_msg *ack;
	struct view branch;

	TRY(wire_open_client(&w, "INVITE", 1, false, &client));
	(void)wire_read_bytes(&m, w.last, w.last_len);
	branch = sip_msg_value(&m.msg, SIP_HEADER_VIA);
	CHECK(view_contains(branch, VIEW("branch=z9hG4bK")));
	CHECK(wire_answer(&w, "INVITE", 1, 486, "theirs") == UA_ANSWER_FINAL);
	CHECK(last_is("ACK sip:desk@10.0.0.20 SIP/2.0"));
	CHECK(strstr(w.last, "\r\nFrom: <sip:phone@border.example>;tag=ours\r\n"));
	{
		static struct wire_msg n;

		ack = wire_read_bytes(&n, w.last, w.last_len);
		CHECK(view_equal(sip_msg_value(ack, SIP_HEADER_VIA), branch));
		CHECK(view_equal(sip_msg_value(ack, SIP_HEADER_TO),
		                 VIEW("<sip:desk@border.example>;tag=theirs")));
		CHECK(view_equal(sip_msg_value(ack, SIP_HEADER_ROUTE), VIEW("<sip:10.0.0.20;lr>")));
		CHECK(ack->cseq.number == 17 && ack->cseq.method == SIP_METHOD_ACK);
		CHECK(view_equal(ack->call_id, VIEW("our-call")));
	}
	return ERR_NONE;
}

WIRE_TEST(client_refusal_kept, "acknowledges a repeated refusal for 32 s, then knows nothing of it")
{
	struct pool_handle client;

	TRY(wire_open_client(&w, "INVITE", 1, false, &client));
	CHECK(wire_answer(&w, "INVITE", 1, 486, "t") == UA_ANSWER_FINAL);
	wire_pass(&w, 31999);
	CHECK(wire_answer(&w, "INVITE", 1, 486, "t") == UA_ANSWER_REPEATED && w.sent == 3);
	wire_pass(&w, 1);
	CHECK(w.notices == 1 && w.notice[0] == UA_ENDED);
	CHECK(wire_answer(&w, "INVITE", 1, 486, "t") == UA_ANSWER_STRAY && w.sent == 3);
	CHECK(ua_counts(w.ua)->responses_stray == 1);
	return ERR_NONE;
}

WIRE_TEST(client_other_kept, "absorbs a repeated answer for 5 s")
{
	struct pool_handle client;

	TRY(wire_open_client(&w, "BYE", 1, false, &client));
	CHECK(wire_answer(&w, "BYE", 1, 200, "t") == UA_ANSWER_FINAL);
	CHECK(wire_answer(&w, "BYE", 1, 200, "t") == UA_ANSWER_REPEATED);
	wire_pass(&w, 4999);
	CHECK(wire_answer(&w, "BYE", 1, 481, "t") == UA_ANSWER_REPEATED);
	wire_pass(&w, 1);
	CHECK(wire_answer(&w, "BYE", 1, 200, "t") == UA_ANSWER_STRAY);
	CHECK(w.sent == 1 && ua_clients_used(w.ua) == 0);
	return ERR_NONE;
}

WIRE_TEST(client_acknowledge, "sends the owner's ACK again for each repetition of the 2xx")
{
	struct pool_handle client;

	TRY(wire_open_client(&w, "INVITE", 1, false, &client));
	CHECK(ua_client_acknowledge(w.ua, client, VIEW("ACK early"), w.now_us) == ERR_DENIED);
	CHECK(wire_answer(&w, "INVITE", 1, 200, "t") == UA_ANSWER_FINAL);
	TRY(ua_client_acknowledge(w.ua, client, VIEW("ACK one"), w.now_us));
	CHECK(w.sent == 2);
	CHECK(wire_answer(&w, "INVITE", 1, 200, "t") == UA_ANSWER_REPEATED);
	CHECK(w.sent == 3 && last_is("ACK one"));
	CHECK(wire_answer(&w, "INVITE", 1, 200, "u") == UA_ANSWER_FORKED && w.sent == 3);
	wire_pass(&w, 32000);
	CHECK(ua_client_acknowledge(w.ua, client, VIEW("ACK late"), w.now_us) == ERR_NOT_FOUND);
	return ERR_NONE;
}

WIRE_TEST(client_cancel_early, "holds CANCEL back until a provisional answer came")
{
	struct pool_handle client;

	TRY(wire_open_client(&w, "INVITE", 1, false, &client));
	TRY(ua_client_cancel(w.ua, client, VIEW("Reason: SIP;cause=200\r\n"), w.now_us));
	TRY(ua_client_cancel(w.ua, client, VIEW_EMPTY, w.now_us));
	CHECK(w.sent == 1);
	CHECK(wire_answer(&w, "INVITE", 1, 100, "t") == UA_ANSWER_PROVISIONAL);
	CHECK(w.sent == 2 && last_is("CANCEL sip:desk@10.0.0.20"));
	CHECK(strstr(w.last, "Reason: SIP;cause=200\r\n") && strstr(w.last, "CSeq: 17 CANCEL\r\n"));
	CHECK(strstr(w.last, "To: <sip:desk@border.example>\r\n"));
	CHECK(wire_answer(&w, "INVITE", 1, 180, "t") == UA_ANSWER_PROVISIONAL && w.sent == 2);
	return ERR_NONE;
}

WIRE_TEST(client_cancelled, "sees a cancelled INVITE through to its 487")
{
	struct pool_handle client;

	TRY(wire_open_client(&w, "INVITE", 1, false, &client));
	CHECK(wire_answer(&w, "INVITE", 1, 180, "t") == UA_ANSWER_PROVISIONAL);
	TRY(ua_client_cancel(w.ua, client, VIEW_EMPTY, w.now_us));
	CHECK(w.sent == 2 && last_is("CANCEL "));
	wire_pass(&w, 500);
	CHECK(w.sent == 3 && last_is("CANCEL "));
	CHECK(wire_answer(&w, "CANCEL", 1, 200, "t") == UA_ANSWER_REPEATED);
	CHECK(wire_answer(&w, "INVITE", 1, 487, "t") == UA_ANSWER_FINAL);
	CHECK(w.sent == 4 && last_is("ACK "));
	wire_pass(&w, 33000);
	CHECK(w.sent == 4 && w.notices == 1 && w.notice[0] == UA_ENDED);
	CHECK(ua_clients_used(w.ua) == 0);
	return ERR_NONE;
}

WIRE_TEST(client_cancel_crossed, "passes a 2xx that crossed the CANCEL")
{
	struct pool_handle client;

	TRY(wire_open_client(&w, "INVITE", 1, false, &client));
	CHECK(wire_answer(&w, "INVITE", 1, 180, "t") == UA_ANSWER_PROVISIONAL);
	TRY(ua_client_cancel(w.ua, client, VIEW_EMPTY, w.now_us));
	CHECK(wire_answer(&w, "INVITE", 1, 200, "t") == UA_ANSWER_FINAL);
	CHECK(ua_client_cancel(w.ua, client, VIEW_EMPTY, w.now_us) == ERR_DENIED);
	return ERR_NONE;
}

WIRE_TEST(client_cancel_unheard, "gives up 32 s after a CANCEL that nobody heeds")
{
	struct pool_handle client;

	TRY(wire_open_client(&w, "INVITE", 1, false, &client));
	CHECK(wire_answer(&w, "INVITE", 1, 180, "t") == UA_ANSWER_PROVISIONAL);
	wire_pass(&w, 60000);
	TRY(ua_client_cancel(w.ua, client, VIEW_EMPTY, w.now_us));
	wire_pass(&w, 31999);
	CHECK(w.notices == 0);
	wire_pass(&w, 1);
	CHECK(w.notices == 2 && w.notice[0] == UA_TIMEOUT && w.notice[1] == UA_ENDED);
	CHECK(ua_clients_used(w.ua) == 0);
	return ERR_NONE;
}

WIRE_TEST(client_cancel_other, "cancels nothing but an INVITE")
{
	struct pool_handle client;

	TRY(wire_open_client(&w, "INFO", 1, false, &client));
	CHECK(ua_client_cancel(w.ua, client, VIEW_EMPTY, w.now_us) == ERR_DENIED);
	ua_client_drop(w.ua, client);
	CHECK(ua_client_cancel(w.ua, client, VIEW_EMPTY, w.now_us) == ERR_NOT_FOUND);
	return ERR_NONE;
}

WIRE_TEST(client_denied, "opens neither ACK nor CANCEL for an owner, nor one serial twice")
{
	struct pool_handle client;

	CHECK(wire_open_client(&w, "ACK", 1, false, &client) == ERR_DENIED);
	CHECK(wire_open_client(&w, "CANCEL", 1, false, &client) == ERR_DENIED);
	TRY(wire_open_client(&w, "INFO", 1, false, &client));
	CHECK(wire_open_client(&w, "INFO", 1, false, &client) == ERR_EXISTS);
	CHECK(w.sent == 1);
	return ERR_NONE;
}

WIRE_TEST(client_forged, "drops an answer whose branch we never made, or made for another request")
{
	struct ua_namer kept = w.namer;
	struct pool_handle client;

	TRY(wire_open_client(&w, "INVITE", 1, false, &client));
	CHECK(wire_answer(&w, "INVITE", 2, 200, "t") == UA_ANSWER_STRAY);
	CHECK(wire_answer(&w, "BYE", 1, 200, "t") == UA_ANSWER_STRAY);
	CHECK(wire_answer(&w, "CANCEL", 1, 200, "t") == UA_ANSWER_STRAY);
	/* Made under another key: the name is all that a forger can copy the shape of. */
	w.namer.key.bytes[0] ^= 1;
	{
		static struct wire_msg m;
		char text[1024], branch[64];
		struct buffer b = BUFFER_ON(branch);
		struct ua_event event;

		ua_name_write(&b, &w.namer, UA_NAME_BRANCH, 1);
		buffer_char(&b, '\0');
		snprintf(text, sizeof(text),
		         "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=%s\r\n"
		         "From: <sip:a@b>;tag=ours\r\nTo: <sip:c@d>;tag=t\r\nCall-ID: our-call\r\n"
		         "CSeq: 17 INVITE\r\n\r\n",
		         branch);
		CHECK(ua_response(w.ua, &kept, wire_read(&m, text), w.now_us, &event) ==
		      UA_ANSWER_STRAY);
	}
	w.namer = kept;
	CHECK(ua_counts(w.ua)->responses_stray == 4 && w.sent == 1);
	CHECK(wire_answer(&w, "INVITE", 1, 200, "t") == UA_ANSWER_FINAL);
	return ERR_NONE;
}

WIRE_TEST(client_path_failed, "ends at once what still waits for a first answer on a dead path")
{
	struct ua_path dead = wire_path(2), other = wire_path(3);
	struct pool_handle waiting, ringing;

	TRY(wire_open_client(&w, "INVITE", 1, false, &waiting));
	TRY(wire_open_client(&w, "INVITE", 2, false, &ringing));
	CHECK(wire_answer(&w, "INVITE", 2, 180, "t") == UA_ANSWER_PROVISIONAL);
	ua_path_failed(w.ua, &other, w.now_us, w.now_us);
	CHECK(w.notices == 0);
	ua_path_failed(w.ua, &dead, w.now_us, w.now_us);
	CHECK(w.notices == 2 && w.notice[0] == UA_TIMEOUT && w.notice[1] == UA_ENDED);
	CHECK(view_is_empty(ua_client_request(w.ua, waiting)));
	CHECK(view_starts(ua_client_request(w.ua, ringing), VIEW("INVITE ")));
	return ERR_NONE;
}

WIRE_TEST(client_path_failed_before,
          "what was asked since, by the connection after that one, goes on")
{
	struct ua_path path = wire_path(2);
	struct pool_handle before, since;
	uint64_t until_us;

	TRY(wire_open_client(&w, "INVITE", 1, true, &before));
	TRY(wire_open_client(&w, "BYE", 2, true, &before));
	until_us = w.now_us;
	wire_pass(&w, 1);
	TRY(wire_open_client(&w, "INVITE", 3, true, &since));
	TRY(wire_open_client(&w, "BYE", 4, true, &since));
	wire_pass(&w, 5000);
	ua_path_failed(w.ua, &path, until_us, w.now_us);
	CHECK(w.notices == 4 && w.notice[0] == UA_TIMEOUT && w.notice[2] == UA_TIMEOUT);
	CHECK(wire_answer(&w, "INVITE", 3, 200, "t") == UA_ANSWER_FINAL);
	CHECK(wire_answer(&w, "BYE", 4, 200, "t") == UA_ANSWER_FINAL);
	return ERR_NONE;
}

WIRE_TEST(client_full, "refuses when the table is full, sends nothing then")
{
	struct pool_handle client = { 0, 0 };

	for (uint64_t i = 0; i < WIRE_CLIENTS; i++)
		TRY(wire_open_client(&w, "INFO", i, false, &client));
	CHECK(wire_open_client(&w, "INFO", 99, false, &client) == ERR_FULL);
	CHECK(w.sent == WIRE_CLIENTS && ua_counts(w.ua)->refused_full == 1);
	ua_client_drop(w.ua, client);
	TRY(wire_open_client(&w, "INFO", 99, false, &client));
	return ERR_NONE;
}
