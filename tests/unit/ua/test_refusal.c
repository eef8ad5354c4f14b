/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals that one process gave and another goes on with. */
#include "runner/test.h"
#include "wire.h"

#include <string.h>

static struct wire w;
static struct wire_msg came;

static const struct sip_msg *invite(void)
{
	return wire_request(&came, &(struct wire_request){ "INVITE", "z9hG4bKone", NULL, 1 });
}

static const struct sip_msg *ack(void)
{
	return wire_request(&came, &(struct wire_request){ "ACK", "z9hG4bKone", "callee", 1 });
}

static enum err refuse(bool is_reliable, enum ua_retransmission how, struct pool_handle *ret)
{
	TRY(wire_open_server(&w, invite(), how, is_reliable, ret));
	TRY(wire_reply(&w, *ret, 100));
	return wire_reply(&w, *ret, 486);
}

WIRE_TEST(refusal_again, "says a refusal again that another process gave, until its ACK")
{
	struct ua_refusal refusal;
	struct pool_handle server;
	struct ua_event event;
	char text[UA_SMALL_SIZE];
	struct view answer;

	TRY(refuse(false, RETRANSMIT_AS_RFC, &server));
	answer = ua_server_answered(w.ua, server);
	memcpy(text, answer.at, answer.len);
	answer = view_bytes(text, answer.len);
	TRY(ua_server_refusal(w.ua, server, w.now_us, &refusal));
	CHECK(ua_server_refuse_again(w.ua, &refusal, answer, w.now_us, &server) == ERR_EXISTS);
	ua_server_drop(w.ua, server);
	CHECK(wire_show(&w, invite(), &event) == UA_NEW);
	w.sent = 0;

	TRY(ua_server_refuse_again(w.ua, &refusal, answer, w.now_us, &server));
	ua_server_note(w.ua, server, 7);
	CHECK(w.sent == 1 && view_equal(ua_server_answered(w.ua, server), answer));
	CHECK(wire_show(&w, invite(), &event) == UA_ABSORBED && w.sent == 2);
	wire_pass(&w, 500);
	CHECK(w.sent == 3);
	CHECK(wire_show(&w, ack(), &event) == UA_SETTLED && event.user.detail == 7);
	wire_pass(&w, 5000);
	CHECK(w.sent == 3 && wire_show(&w, ack(), &event) == UA_NEW);
	return ERR_NONE;
}

WIRE_TEST(refusal_late, "nor longer than timer H of who gave it")
{
	struct ua_refusal refusal;
	struct pool_handle server;

	TRY(refuse(false, RETRANSMIT_AS_RFC, &server));
	TRY(ua_server_refusal(w.ua, server, w.now_us, &refusal));
	ua_server_drop(w.ua, server);
	wire_pass(&w, 31999);
	w.sent = 0;
	TRY(ua_server_refuse_again(w.ua, &refusal, VIEW("what was said"), w.now_us, &server));
	wire_pass(&w, 1);
	CHECK(w.sent == 1 && ua_servers_used(w.ua) == 0);
	CHECK(ua_server_refuse_again(w.ua, &refusal, VIEW("what was said"), w.now_us, &server) ==
	      ERR_STALE);
	refusal.ends_us = w.now_us + 33000000;
	CHECK(ua_server_refuse_again(w.ua, &refusal, VIEW("what was said"), w.now_us, &server) ==
	      ERR_STALE);
	return ERR_NONE;
}

WIRE_TEST(refusal_alone, "what asks again by itself, or is said once, nobody goes on with")
{
	struct ua_refusal refusal;
	struct pool_handle server;
	struct ua_event event;

	TRY(wire_open_server(&w, invite(), RETRANSMIT_AS_RFC, false, &server));
	TRY(wire_reply(&w, server, 486));
	CHECK(ua_server_refusal(w.ua, server, w.now_us, &refusal) == ERR_NOT_FOUND);
	ua_server_drop(w.ua, server);
	TRY(refuse(true, RETRANSMIT_AS_RFC, &server));
	CHECK(ua_server_refusal(w.ua, server, w.now_us, &refusal) == ERR_NOT_FOUND);
	ua_server_drop(w.ua, server);
	TRY(refuse(false, RETRANSMIT_NEVER, &server));
	CHECK(ua_server_refusal(w.ua, server, w.now_us, &refusal) == ERR_NOT_FOUND);
	ua_server_drop(w.ua, server);
	TRY(refuse(false, RETRANSMIT_AS_RFC, &server));
	CHECK(wire_show(&w, ack(), &event) == UA_SETTLED);
	CHECK(ua_server_refusal(w.ua, server, w.now_us, &refusal) == ERR_NOT_FOUND);
	return ERR_NONE;
}
