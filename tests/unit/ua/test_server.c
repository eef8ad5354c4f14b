/* SPDX-License-Identifier: Apache-2.0 */
/* Server transactions: every event in every state, schedules to the
 * millisecond, and what strangers may try. */
#include "runner/test.h"
#include "wire.h"

#include <stdio.h>
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

static const struct sip_msg *options(void)
{
	return wire_request(&came, &(struct wire_request){ "OPTIONS", "z9hG4bKone", NULL, 1 });
}

enum state { QUIET, RINGING, REFUSED, CONFIRMED, ACCEPTED, STATES };
enum event { REPEATED, ACKED, RINGS, ACCEPTS, REFUSES };

static enum err reach(enum state state, struct pool_handle *ret)
{
	static const unsigned statuses[STATES] = { 0, 180, 486, 486, 200 };
	struct ua_event event;

	TRY(wire_open_server(&w, invite(), RETRANSMIT_AS_RFC, false, ret));
	if (statuses[state] > 0)
		TRY(wire_reply(&w, *ret, statuses[state]));
	if (state == CONFIRMED)
		CHECK(wire_show(&w, ack(), &event) == UA_SETTLED);
	return ERR_NONE;
}

static int happen(enum event what, struct pool_handle server)
{
	struct ua_event event;

	switch (what) {
	case REPEATED:
		return (int)wire_show(&w, invite(), &event);
	case ACKED:
		return (int)wire_show(&w, ack(), &event);
	case RINGS:
		return (int)wire_reply(&w, server, 180);
	case ACCEPTS:
		return (int)wire_reply(&w, server, 200);
	default:
		return (int)wire_reply(&w, server, 603);
	}
}

static const struct cell {
	const char *name;
	enum state state;
	enum event event;
	int want; /* enum ua_receipt of a message, enum err of an answer */
	unsigned sends;
} cells[] = {
	{ "repeated before any answer", QUIET, REPEATED, UA_ABSORBED, 0 },
	{ "repeated while ringing", RINGING, REPEATED, UA_ABSORBED, 1 },
	{ "repeated after refusal", REFUSED, REPEATED, UA_ABSORBED, 1 },
	{ "repeated after its ACK", CONFIRMED, REPEATED, UA_ABSORBED, 0 },
	{ "repeated after 2xx", ACCEPTED, REPEATED, UA_ABSORBED, 0 },
	{ "ACK before any answer", QUIET, ACKED, UA_ABSORBED, 0 },
	{ "ACK while ringing", RINGING, ACKED, UA_ABSORBED, 0 },
	{ "ACK to refusal", REFUSED, ACKED, UA_SETTLED, 0 },
	{ "second ACK to refusal", CONFIRMED, ACKED, UA_ABSORBED, 0 },
	{ "ACK after 2xx", ACCEPTED, ACKED, UA_PASSED, 0 },
	{ "first 180", QUIET, RINGS, ERR_NONE, 1 },
	{ "second 180", RINGING, RINGS, ERR_NONE, 1 },
	{ "180 after refusal", REFUSED, RINGS, ERR_DENIED, 0 },
	{ "180 after ACK", CONFIRMED, RINGS, ERR_DENIED, 0 },
	{ "180 after 2xx", ACCEPTED, RINGS, ERR_DENIED, 0 },
	{ "2xx at once", QUIET, ACCEPTS, ERR_NONE, 1 },
	{ "2xx while ringing", RINGING, ACCEPTS, ERR_NONE, 1 },
	{ "2xx after refusal", REFUSED, ACCEPTS, ERR_DENIED, 0 },
	{ "2xx after ACK", CONFIRMED, ACCEPTS, ERR_DENIED, 0 },
	{ "second 2xx", ACCEPTED, ACCEPTS, ERR_DENIED, 0 },
	{ "refusal at once", QUIET, REFUSES, ERR_NONE, 1 },
	{ "refusal while ringing", RINGING, REFUSES, ERR_NONE, 1 },
	{ "second refusal", REFUSED, REFUSES, ERR_DENIED, 0 },
	{ "refusal after ACK", CONFIRMED, REFUSES, ERR_DENIED, 0 },
	{ "refusal after 2xx", ACCEPTED, REFUSES, ERR_DENIED, 0 },
};

WIRE_TEST(server_invite_cells, "does the right thing at every event in every state of an INVITE")
{
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		const struct cell *c = &cells[i];
		struct pool_handle server;
		unsigned before;

		TRY(reach(c->state, &server));
		before = w.sent;
		CHECK_CASE(happen(c->event, server) == c->want, c->name);
		CHECK_CASE(w.sent - before == c->sends, c->name);
		ua_server_drop(w.ua, server);
	}
	CHECK(ua_servers_used(w.ua) == 0);
	return ERR_NONE;
}

static const uint64_t answers_ms[] = { 0,     500,   1500,  3500,  7500, 11500,
	                               15500, 19500, 23500, 27500, 31500 };
enum { ANSWERS = sizeof(answers_ms) / sizeof(answers_ms[0]) };

static enum err answered_alone(unsigned status)
{
	struct pool_handle server;

	TRY(wire_open_server(&w, invite(), RETRANSMIT_AS_RFC, false, &server));
	TRY(wire_reply(&w, server, status));
	wire_pass(&w, 31999);
	CHECK(w.sent == ANSWERS);
	CHECK(memcmp(w.sent_ms, answers_ms, sizeof(answers_ms)) == 0);
	CHECK(w.notices == 0);
	wire_pass(&w, 1);
	CHECK(w.sent == ANSWERS && w.notices == 2);
	CHECK(w.notice[0] == UA_UNACKED && w.notice[1] == UA_ENDED);
	CHECK(w.event.status == status && w.event.user.purpose == 5 && w.event.is_server);
	CHECK(ua_servers_used(w.ua) == 0);
	return ERR_NONE;
}

WIRE_TEST(server_refusal_times, "repeats a refusal at 0.5, 1, 2, 4, 4 ... s and gives up at 32 s")
{
	return answered_alone(486);
}

WIRE_TEST(server_accept_times, "repeats a 2xx at 0.5, 1, 2, 4, 4 ... s and gives up at 32 s")
{
	return answered_alone(200);
}

WIRE_TEST(server_accept_reliable, "repeats a 2xx over a reliable transport too, but no refusal")
{
	struct pool_handle server;

	TRY(wire_open_server(&w, invite(), RETRANSMIT_AS_RFC, true, &server));
	TRY(wire_reply(&w, server, 200));
	wire_pass(&w, 600);
	CHECK(w.sent == 2);
	ua_server_drop(w.ua, server);
	TRY(wire_open_server(&w, invite(), RETRANSMIT_AS_RFC, true, &server));
	TRY(wire_reply(&w, server, 486));
	wire_pass(&w, 31000);
	CHECK(w.sent == 3);
	return ERR_NONE;
}

WIRE_TEST(server_acknowledged,
          "stops repeating a 2xx when its ACK has come, and ends without complaint")
{
	struct pool_handle server;

	TRY(wire_open_server(&w, invite(), RETRANSMIT_AS_RFC, false, &server));
	TRY(wire_reply(&w, server, 200));
	wire_pass(&w, 700);
	ua_server_acknowledged(w.ua, server);
	wire_pass(&w, 32000);
	CHECK(w.sent == 2 && w.notices == 1 && w.notice[0] == UA_ENDED);
	CHECK(w.notice_ms[0] == 32000);
	return ERR_NONE;
}

WIRE_TEST(server_confirmed, "absorbs for 5 s after the ACK to a refusal, then forgets")
{
	struct pool_handle server;
	struct ua_event event;

	TRY(reach(CONFIRMED, &server));
	wire_pass(&w, 4999);
	CHECK(w.sent == 1 && wire_show(&w, ack(), &event) == UA_ABSORBED);
	wire_pass(&w, 1);
	CHECK(wire_show(&w, ack(), &event) == UA_NEW);
	CHECK(w.notices == 1 && w.notice[0] == UA_ENDED);
	return ERR_NONE;
}

WIRE_TEST(server_other, "answers a repeated OPTIONS from store for 32 s")
{
	struct pool_handle server;
	struct ua_event event;

	TRY(wire_open_server(&w, options(), RETRANSMIT_AS_RFC, false, &server));
	CHECK(wire_show(&w, options(), &event) == UA_ABSORBED && w.sent == 0);
	TRY(wire_reply(&w, server, 200));
	CHECK(wire_show(&w, options(), &event) == UA_ABSORBED && w.sent == 2);
	CHECK(wire_reply(&w, server, 404) == ERR_DENIED);
	wire_pass(&w, 31999);
	CHECK(wire_show(&w, options(), &event) == UA_ABSORBED && w.sent == 3);
	wire_pass(&w, 1);
	CHECK(wire_show(&w, options(), &event) == UA_NEW);
	CHECK(w.sent == 3 && w.notices == 1 && w.notice[0] == UA_ENDED);
	return ERR_NONE;
}

WIRE_TEST(server_other_reliable, "forgets an answered request at once where nothing is lost")
{
	struct pool_handle server;

	TRY(wire_open_server(&w, options(), RETRANSMIT_AS_RFC, true, &server));
	TRY(wire_reply(&w, server, 200));
	wire_pass(&w, 1);
	CHECK(ua_servers_used(w.ua) == 0 && w.notices == 1);
	return ERR_NONE;
}

WIRE_TEST(server_other_slow, "says 100 to a slow request at 3.5 s and never earlier")
{
	struct pool_handle server;

	TRY(wire_open_server(&w, options(), RETRANSMIT_AS_RFC, false, &server));
	wire_pass(&w, 3499);
	CHECK(w.sent == 0);
	wire_pass(&w, 1);
	CHECK(w.sent == 1 && view_starts(view_of(w.last), VIEW("SIP/2.0 100 ")));
	CHECK(!strstr(w.last, "tag=callee"));
	TRY(wire_reply(&w, server, 200));
	CHECK(w.sent == 2);
	return ERR_NONE;
}

WIRE_TEST(server_other_late, "gives a request up after 32 s without an answer, in silence")
{
	struct pool_handle server;

	TRY(wire_open_server(&w, options(), RETRANSMIT_AS_RFC, false, &server));
	wire_pass(&w, 32000);
	CHECK(w.sent == 1 && w.notices == 2);
	CHECK(w.notice[0] == UA_UNANSWERED && w.notice[1] == UA_ENDED);
	CHECK(wire_reply(&w, server, 200) == ERR_NOT_FOUND && w.sent == 1);
	return ERR_NONE;
}

WIRE_TEST(server_other_forbidden, "sends neither 408 nor 1xx to a request that is no INVITE")
{
	struct pool_handle server;

	TRY(wire_open_server(&w, options(), RETRANSMIT_AS_RFC, false, &server));
	CHECK(wire_reply(&w, server, 408) == ERR_DENIED);
	CHECK(wire_reply(&w, server, 100) == ERR_DENIED);
	CHECK(wire_reply(&w, server, 183) == ERR_DENIED);
	CHECK(w.sent == 0);
	TRY(wire_reply(&w, server, 404));
	return ERR_NONE;
}

WIRE_TEST(server_invite_408, "sends 408 to an INVITE")
{
	struct pool_handle server;

	TRY(wire_open_server(&w, invite(), RETRANSMIT_AS_RFC, false, &server));
	TRY(wire_reply(&w, server, 408));
	return ERR_NONE;
}

WIRE_TEST(server_stranger, "never sends an unproven stranger more datagrams than came")
{
	struct pool_handle server;
	struct ua_event event;

	TRY(wire_open_server(&w, invite(), RETRANSMIT_NEVER, false, &server));
	TRY(wire_reply(&w, server, 100));
	CHECK(w.sent == 0);
	TRY(wire_reply(&w, server, 403));
	CHECK(w.sent == 1);
	wire_pass(&w, 10000);
	CHECK(w.sent == 1);
	CHECK(wire_show(&w, invite(), &event) == UA_ABSORBED && w.sent == 2);
	CHECK(wire_show(&w, invite(), &event) == UA_ABSORBED && w.sent == 3);
	wire_pass(&w, 22000);
	CHECK(w.sent == 3 && ua_servers_used(w.ua) == 0);
	return ERR_NONE;
}

WIRE_TEST(server_stranger_slow, "keeps a stranger's late answer for the next repetition")
{
	struct pool_handle server;
	struct ua_event event;

	TRY(wire_open_server(&w, options(), RETRANSMIT_NEVER, false, &server));
	wire_pass(&w, 4000);
	CHECK(w.sent == 0);
	TRY(wire_reply(&w, server, 401));
	CHECK(w.sent == 1);
	CHECK(wire_show(&w, options(), &event) == UA_ABSORBED && w.sent == 2);
	return ERR_NONE;
}

WIRE_TEST(server_reply_size, "does not send an answer beyond its bound, first or repeated")
{
	const struct sip_msg *request = options();
	const struct ua_server_opening opening = { .request = request,
		                                   .path = wire_path(1),
		                                   .reply_size_max = 100 };
	struct pool_handle server;
	struct ua_event event;

	TRY(ua_server_open(w.ua, &opening, w.now_us, &server));
	TRY(wire_reply(&w, server, 401));
	CHECK(wire_show(&w, request, &event) == UA_ABSORBED);
	CHECK(w.sent == 0);
	return ERR_NONE;
}

WIRE_TEST(server_reply_way,
          "answers on the path by which the request came, stamped with its source")
{
	struct pool_handle server;
	struct ua_path path = wire_path(1);

	TRY(wire_open_server(&w, options(), RETRANSMIT_AS_RFC, false, &server));
	TRY(wire_reply(&w, server, 200));
	CHECK(memcmp(&w.last_path, &path, sizeof(path)) == 0);
	CHECK(strstr(w.last, "received=192.0.2.44") && strstr(w.last, "rport=1024"));
	return ERR_NONE;
}

static const struct match_case {
	const char *name;
	struct wire_request request;
	unsigned path;
	enum ua_receipt want;
} matches[] = {
	{ "itself", { "OPTIONS", "z9hG4bKone", NULL, 1 }, 1, UA_ABSORBED },
	{ "itself with another CSeq", { "OPTIONS", "z9hG4bKone", NULL, 2 }, 1, UA_ABSORBED },
	{ "another branch", { "OPTIONS", "z9hG4bKtwo", NULL, 1 }, 1, UA_NEW },
	{ "another method", { "INFO", "z9hG4bKone", NULL, 1 }, 1, UA_NEW },
	{ "another path", { "OPTIONS", "z9hG4bKone", NULL, 1 }, 2, UA_NEW },
};

WIRE_TEST(server_matches, "matches by branch, sent-by, method and path")
{
	struct pool_handle server;

	TRY(wire_open_server(&w, options(), RETRANSMIT_AS_RFC, false, &server));
	for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
		struct ua_path path = wire_path(matches[i].path);
		struct ua_event event;

		CHECK_CASE(ua_request(w.ua, wire_request(&came, &matches[i].request), &path,
		                      w.now_us, &event) == matches[i].want,
		           matches[i].name);
	}
	return ERR_NONE;
}

static const struct match_case old_matches[] = {
	{ "itself", { "INVITE", "old", NULL, 1 }, 1, UA_ABSORBED },
	{ "another CSeq", { "INVITE", "old", NULL, 2 }, 1, UA_NEW },
	{ "another To tag", { "INVITE", "old", "other", 1 }, 1, UA_NEW },
	{ "another top Via", { "INVITE", "older", NULL, 1 }, 1, UA_NEW },
	{ "another path", { "INVITE", "old", NULL, 1 }, 2, UA_NEW },
	{ "an ACK with a tag not ours", { "ACK", "old", "wrong", 1 }, 1, UA_NEW },
	{ "an ACK without tag", { "ACK", "old", NULL, 1 }, 1, UA_NEW },
	{ "its ACK", { "ACK", "old", "callee", 1 }, 1, UA_SETTLED },
};

WIRE_TEST(server_old_matches, "matches a request without magic cookie as RFC 2543 elements need")
{
	struct pool_handle server;

	TRY(wire_open_server(&w, wire_request(&came, &old_matches[0].request), RETRANSMIT_AS_RFC,
	                     false, &server));
	TRY(wire_reply(&w, server, 486));
	for (size_t i = 0; i < sizeof(old_matches) / sizeof(old_matches[0]); i++) {
		struct ua_path path = wire_path(old_matches[i].path);
		struct ua_event event;

		CHECK_CASE(ua_request(w.ua, wire_request(&came, &old_matches[i].request), &path,
		                      w.now_us, &event) == old_matches[i].want,
		           old_matches[i].name);
		sip_parts_read(&came.msg);
		/* A second ACK settles nothing. */
		CHECK_CASE(ua_request(w.ua, &came.msg, &path, w.now_us, &event) ==
		                   (old_matches[i].want == UA_SETTLED ? UA_ABSORBED
		                                                      : old_matches[i].want),
		           old_matches[i].name);
	}
	return ERR_NONE;
}

WIRE_TEST(server_old_next, "opens two requests without cookie side by side when their CSeq differs")
{
	struct pool_handle first, second;

	TRY(wire_open_server(&w,
	                     wire_request(&came, &(struct wire_request){ "INFO", "old", "t", 1 }),
	                     RETRANSMIT_AS_RFC, false, &first));
	TRY(wire_open_server(&w,
	                     wire_request(&came, &(struct wire_request){ "INFO", "old", "t", 2 }),
	                     RETRANSMIT_AS_RFC, false, &second));
	return ERR_NONE;
}

static const struct wire_request cancel_row = { "CANCEL", "z9hG4bKone", NULL, 1 };

WIRE_TEST(server_cancel, "finds the INVITE that a CANCEL means, before and after its final answer")
{
	struct ua_path path = wire_path(1), elsewhere = wire_path(2);
	struct pool_handle server;
	struct ua_event event = { .status = 9 };

	CHECK(ua_server_find_cancelled(w.ua, wire_request(&came, &cancel_row), &path, &event) ==
	      ERR_NOT_FOUND);
	CHECK(event.status == 9);
	TRY(reach(RINGING, &server));
	CHECK(ua_server_find_cancelled(w.ua, wire_request(&came, &cancel_row), &elsewhere,
	                               &event) == ERR_NOT_FOUND);
	TRY(ua_server_find_cancelled(w.ua, wire_request(&came, &cancel_row), &path, &event));
	CHECK(event.transaction.index == server.index && event.status == 180 && event.is_invite);
	CHECK(!ua_server_is_final(w.ua, server));
	TRY(wire_reply(&w, server, 200));
	TRY(ua_server_find_cancelled(w.ua, wire_request(&came, &cancel_row), &path, &event));
	CHECK(event.status == 200 && ua_server_is_final(w.ua, server));
	return ERR_NONE;
}

WIRE_TEST(server_cancel_own, "keeps a CANCEL's transaction apart from its INVITE's")
{
	struct pool_handle server, cancel;
	struct ua_event event;

	TRY(reach(RINGING, &server));
	CHECK(wire_show(&w, wire_request(&came, &cancel_row), &event) == UA_NEW);
	TRY(wire_open_server(&w, &came.msg, RETRANSMIT_AS_RFC, false, &cancel));
	TRY(wire_reply(&w, cancel, 200));
	CHECK(wire_show(&w, wire_request(&came, &cancel_row), &event) == UA_ABSORBED);
	CHECK(strstr(w.last, "CSeq: 1 CANCEL") && w.sent == 3);
	return ERR_NONE;
}

WIRE_TEST(server_cancel_other, "finds nothing for a CANCEL that names another kind of request")
{
	struct ua_path path = wire_path(1);
	struct pool_handle server;
	struct ua_event event;

	TRY(wire_open_server(&w, options(), RETRANSMIT_AS_RFC, false, &server));
	CHECK(ua_server_find_cancelled(w.ua, wire_request(&came, &cancel_row), &path, &event) ==
	      ERR_NOT_FOUND);
	return ERR_NONE;
}

WIRE_TEST(server_ack_stray, "does not take up an ACK, known or not")
{
	struct pool_handle server;
	struct ua_event event;

	CHECK(wire_show(&w, ack(), &event) == UA_NEW);
	CHECK(wire_open_server(&w, ack(), RETRANSMIT_AS_RFC, false, &server) == ERR_DENIED);
	CHECK(w.sent == 0 && ua_servers_used(w.ua) == 0);
	return ERR_NONE;
}

WIRE_TEST(server_twice, "opens no second transaction for one request")
{
	struct pool_handle server;

	TRY(wire_open_server(&w, invite(), RETRANSMIT_AS_RFC, false, &server));
	CHECK(wire_open_server(&w, invite(), RETRANSMIT_AS_RFC, false, &server) == ERR_EXISTS);
	CHECK(ua_servers_used(w.ua) == 1);
	return ERR_NONE;
}

WIRE_TEST(server_full, "refuses when the table is full, and takes the next when one has gone")
{
	struct pool_handle server = { 0, 0 };
	char branch[32];

	for (unsigned i = 0; i <= WIRE_SERVERS; i++) {
		enum err want = i < WIRE_SERVERS ? ERR_NONE : ERR_FULL;

		snprintf(branch, sizeof(branch), "z9hG4bKn%u", i);
		wire_request(&came, &(struct wire_request){ "INFO", branch, NULL, 1 });
		CHECK(wire_open_server(&w, &came.msg, RETRANSMIT_AS_RFC, false, &server) == want);
	}
	CHECK(ua_counts(w.ua)->refused_full == 1);
	ua_server_drop(w.ua, server);
	TRY(wire_open_server(&w, &came.msg, RETRANSMIT_AS_RFC, false, &server));
	return ERR_NONE;
}

WIRE_TEST(server_large,
          "refuses an answer that no class can keep, and can still refuse the request")
{
	static char body[UA_LARGE_SIZE];
	struct pool_handle server;
	struct ua_reply reply = { .status = 200,
		                  .to_tag = VIEW("t"),
		                  .content_type = VIEW("a/b"),
		                  .body = { body, sizeof(body) } };

	memset(body, 'x', sizeof(body));
	TRY(wire_open_server(&w, invite(), RETRANSMIT_AS_RFC, false, &server));
	CHECK(ua_server_reply(w.ua, server, &reply, w.now_us) == ERR_LIMIT && w.sent == 0);
	reply.body.len = 20000;
	TRY(ua_server_reply(w.ua, server, &reply, w.now_us));
	CHECK(w.sent == 1 && w.last_len > 20000);
	return ERR_NONE;
}

WIRE_TEST(server_texts_full, "borrows from the next larger class, and refuses when all are used up")
{
	struct pool_handle server;
	char branch[32];
	unsigned opened = 0;
	enum err err = ERR_NONE;

	/* Answers of medium size: four, then the two large ones, then none. */
	for (unsigned i = 0; i < WIRE_SERVERS && err == ERR_NONE; i++) {
		static char body[2000];
		const struct ua_reply reply = { .status = 200,
			                        .to_tag = VIEW("t"),
			                        .content_type = VIEW("a/b"),
			                        .body = { body, sizeof(body) } };

		memset(body, 'x', sizeof(body));
		snprintf(branch, sizeof(branch), "z9hG4bKn%u", i);
		wire_request(&came, &(struct wire_request){ "INFO", branch, NULL, 1 });
		TRY(wire_open_server(&w, &came.msg, RETRANSMIT_AS_RFC, false, &server));
		err = ua_server_reply(w.ua, server, &reply, w.now_us);
		opened++;
	}
	CHECK(err == ERR_FULL && opened == 7 && w.sent == 6);
	return ERR_NONE;
}

WIRE_TEST(server_final_unkept,
          "a refusal of INVITE that finds no room leaves once, and is over in the end")
{
	static char body[2000];
	const struct ua_reply reply = { .status = 486,
		                        .to_tag = VIEW("t"),
		                        .content_type = VIEW("a/b"),
		                        .body = { body, sizeof(body) } };
	struct pool_handle server;
	char branch[32];
	enum err err = ERR_NONE;

	memset(body, 'x', sizeof(body));
	for (unsigned i = 0; i < 7; i++) {
		CHECK(err == ERR_NONE);
		snprintf(branch, sizeof(branch), "z9hG4bKu%u", i);
		wire_request(&came, &(struct wire_request){ "INVITE", branch, NULL, 1 });
		TRY(wire_open_server(&w, &came.msg, RETRANSMIT_AS_RFC, false, &server));
		err = ua_server_reply(w.ua, server, &reply, w.now_us);
	}
	CHECK(err == ERR_FULL && w.sent == 7 && ua_server_is_final(w.ua, server));
	CHECK(ua_server_reply(w.ua, server, &reply, w.now_us) == ERR_DENIED);
	wire_pass(&w, 33000);
	CHECK(ua_servers_used(w.ua) == 0);
	return ERR_NONE;
}

WIRE_TEST(server_stale_handle, "does nothing to a transaction that is over")
{
	struct pool_handle server;

	TRY(wire_open_server(&w, options(), RETRANSMIT_AS_RFC, false, &server));
	ua_server_drop(w.ua, server);
	CHECK(wire_reply(&w, server, 200) == ERR_NOT_FOUND);
	ua_server_acknowledged(w.ua, server);
	ua_server_drop(w.ua, server);
	CHECK(ua_server_is_final(w.ua, server) && w.sent == 0 && w.notices == 0);
	return ERR_NONE;
}

TEST(ua_ceilings, "refuses ceilings of nothing and beyond the maximum")
{
	const struct ua_ports ports = { 0 };
	const struct hash_key key = { { 0 } };
	struct ua_settings settings = { 1, 1, 1, 1, 1, 0, 0, 0 };
	struct ua *ua = NULL;

	settings.max_clients = 0;
	CHECK(ua_new(&settings, &ports, &w.wheel, &key, &ua) == ERR_LIMIT);
	settings.max_clients = MAX_UA_TRANSACTIONS + 1;
	CHECK(ua_new(&settings, &ports, &w.wheel, &key, &ua) == ERR_LIMIT);
	CHECK(!ua);
	ua_free(&ua);
	return ERR_NONE;
}
