/* SPDX-License-Identifier: Apache-2.0 */
/* Logins: what became of them, what proves them, and who is known by them. */
#include "scene.h"

#include "runner/test.h"

#include <string.h>

static bool is(const struct fact *f, enum fact_outcome outcome, uint16_t status)
{
	return f && f->outcome == outcome && f->status == status;
}

/* A phone's way: asked, challenged, asked with credentials, answered. */
static void register_once(struct scene *s, unsigned at_s, const char *call, unsigned cseq,
                          const char *last)
{
	SAY(s, at_s, PHONE, PBX, "REGISTER", .call = call, .cseq = cseq,
	    .more = "Contact: <sip:201@192.0.2.10>;expires=60\nUser-Agent: Desk 1\n");
	SAY(s, at_s, PBX, PHONE, "401", .method = "REGISTER", .call = call, .cseq = cseq,
	    .to_tag = "p", .more = CHALLENGE);
	SAY(s, at_s, PHONE, PBX, "REGISTER", .call = call, .cseq = cseq + 1,
	    .more = "Contact: <sip:201@192.0.2.10>;expires=60\nUser-Agent: Desk 1\n" ANSWER_TO(
		    "201", "n1"));
	SAY(s, at_s, PBX, PHONE, last, .method = "REGISTER", .call = call, .cseq = cseq + 1,
	    .to_tag = "p",
	    .more = strcmp(last, "200") == 0 ? "Contact: <sip:201@192.0.2.10>;expires=60\n"
	                                     : CHALLENGE_2);
}

TEST(login_succeeds, "a challenge that is answered well is a proven login, and the flow is known")
{
	OWNED_SCENE s;
	const struct fact *f;

	TRY(scene_init(&s));
	register_once(&s, 1, "a", 1, "200");
	f = scene_last(&s, FACT_REQUEST);
	CHECK(is(f, OUTCOME_UNKNOWN, 401) && f->standing == STANDING_STRANGER);
	CHECK(strcmp(f->account, "201@pbx.example") == 0 && strcmp(f->method, "REGISTER") == 0);
	f = scene_last(&s, FACT_LOGIN);
	CHECK(is(f, OUTCOME_SUCCEEDED, 200) && f->proof == PROOF_COOKIE);
	CHECK(f->reason == WATCH_LOGIN_PASSWORD && f->flow.remote.port == 5060);
	CHECK(scene_count(&s, FACT_REGISTERED) == 1 && s.fact_count == 3);
	register_once(&s, 31, "a", 3, "200");
	CHECK(scene_last(&s, FACT_LOGIN)->standing == STANDING_KNOWN);
	CHECK(scene_count(&s, FACT_REQUEST) == 1 && !s.has_unsound);
	watch_end(s.watch);
	CHECK(s.phone_count == 1 && s.phones[0].is_registered && s.phones[0].refreshes == 2);
	CHECK(strcmp(s.phones[0].agent, "Desk 1") == 0 && !s.phones[0].is_open);
	return ERR_NONE;
}

TEST(login_fails, "a second challenge or a 403 is a failed login; once for all retransmissions")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	register_once(&s, 1, "a", 1, "401");
	register_once(&s, 2, "a", 1, "401");
	CHECK(scene_count(&s, FACT_LOGIN) == 1 && scene_count(&s, FACT_REQUEST) == 1);
	CHECK(is(scene_last(&s, FACT_LOGIN), OUTCOME_FAILED, 401));
	CHECK(scene_last(&s, FACT_LOGIN)->proof == PROOF_COOKIE);
	CHECK(watch_counters_of(s.watch)->retransmissions == 4);
	register_once(&s, 3, "b", 1, "403");
	CHECK(is(scene_last(&s, FACT_LOGIN), OUTCOME_FAILED, 403));
	CHECK(scene_count(&s, FACT_REGISTERED) == 0);
	return ERR_NONE;
}

TEST(login_unknown_user, "a 404 names a user that the server does not know")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	register_once(&s, 1, "a", 1, "404");
	CHECK(is(scene_last(&s, FACT_UNKNOWN_USER), OUTCOME_FAILED, 404));
	CHECK(scene_count(&s, FACT_LOGIN) == 0);
	SAY(&s, 2, ATTACKER, PBX, "REGISTER", .call = "b", .user = "9999");
	SAY(&s, 2, PBX, ATTACKER, "404", .method = "REGISTER", .call = "b", .user = "9999");
	CHECK(is(scene_last(&s, FACT_UNKNOWN_USER), OUTCOME_UNKNOWN, 404));
	CHECK(strcmp(scene_last(&s, FACT_UNKNOWN_USER)->account, "9999@pbx.example") == 0);
	return ERR_NONE;
}

TEST(login_open, "a REGISTER that is granted to a stranger unasked is a login without a password")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, ATTACKER, PBX, "REGISTER", .call = "a",
	    .more = "Contact: <sip:x@203.0.113.66>\n");
	SAY(&s, 1, PBX, ATTACKER, "200", .method = "REGISTER", .call = "a");
	CHECK(is(scene_last(&s, FACT_LOGIN), OUTCOME_SUCCEEDED, 200));
	CHECK(scene_last(&s, FACT_LOGIN)->reason == WATCH_LOGIN_OPEN);
	CHECK(scene_last(&s, FACT_LOGIN)->proof == PROOF_NONE);
	watch_end(s.watch);
	CHECK(s.phone_count == 1 && s.phones[0].is_open);
	return ERR_NONE;
}

TEST(login_stale, "a nonce that grew old is no wrong password")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, PHONE, PBX, "REGISTER", .call = "a", .more = ANSWER_TO("201", "old"));
	SAY(&s, 1, PBX, PHONE, "401", .method = "REGISTER", .call = "a",
	    .more = "WWW-Authenticate: Digest realm=\"pbx\",nonce=\"n1\",stale=true\n");
	CHECK(s.fact_count == 0);
	register_once(&s, 2, "b", 1, "200");
	s.fact_count = 0;
	SAY(&s, 40, PHONE, PBX, "REGISTER", .call = "b", .cseq = 3, .more = ANSWER_TO("201", "n1"));
	SAY(&s, 40, PBX, PHONE, "401", .method = "REGISTER", .call = "b", .cseq = 3,
	    .more = CHALLENGE_2);
	CHECK(s.fact_count == 0);
	return ERR_NONE;
}

TEST(login_cover, "a good login hides no guesses of other accounts with the same nonce")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	register_once(&s, 1, "a", 1, "200");
	SAY(&s, 2, PHONE, PBX, "REGISTER", .call = "g", .user = "300",
	    .more = ANSWER_TO("300", "n1"));
	SAY(&s, 2, PBX, PHONE, "401", .method = "REGISTER", .call = "g", .user = "300",
	    .more = CHALLENGE_2);
	CHECK(is(scene_last(&s, FACT_LOGIN), OUTCOME_FAILED, 401));
	CHECK(scene_last(&s, FACT_LOGIN)->standing == STANDING_STRANGER);
	CHECK(scene_last(&s, FACT_LOGIN)->proof == PROOF_COOKIE);
	return ERR_NONE;
}

TEST(login_nonce_of_another, "a nonce that was sent to another address proves nothing")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	register_once(&s, 1, "a", 1, "200");
	SAY(&s, 2, ATTACKER, PBX, "REGISTER", .call = "b", .more = ANSWER_TO("201", "n1"));
	SAY(&s, 2, PBX, ATTACKER, "403", .method = "REGISTER", .call = "b");
	CHECK(is(scene_last(&s, FACT_LOGIN), OUTCOME_FAILED, 403));
	CHECK(scene_last(&s, FACT_LOGIN)->proof == PROOF_NONE);
	CHECK(scene_last(&s, FACT_LOGIN)->standing == STANDING_STRANGER);
	return ERR_NONE;
}

TEST(login_other_realm, "a second challenge for another realm is no wrong password")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, PHONE, PBX, "INVITE", .call = "a", .more = ANSWER_TO("201", "n1"));
	SAY(&s, 1, PBX, PHONE, "407", .method = "INVITE", .call = "a",
	    .more = "Proxy-Authenticate: Digest realm=\"edge\",nonce=\"n9\"\n");
	scene_advance(&s, 60);
	CHECK(scene_count(&s, FACT_LOGIN) == 0);
	CHECK(is(scene_last(&s, FACT_REQUEST), OUTCOME_UNKNOWN, 407));
	return ERR_NONE;
}

TEST(login_connection, "a connection proves who sent it")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	s.is_connected = true;
	SAY(&s, 1, ATTACKER, PBX, "REGISTER", .call = "a", .more = ANSWER_TO("201", "made-up"));
	SAY(&s, 1, PBX, ATTACKER, "403", .method = "REGISTER", .call = "a");
	CHECK(scene_last(&s, FACT_LOGIN)->proof == PROOF_CONNECTION);
	return ERR_NONE;
}

TEST(login_runs_out,
     "a registration that is not refreshed ends, and its flow is a stranger's again")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	register_once(&s, 1, "a", 1, "200");
	scene_advance(&s, 90);
	CHECK(scene_count(&s, FACT_UNREGISTERED) == 0);
	scene_advance(&s, 94);
	CHECK(scene_count(&s, FACT_UNREGISTERED) == 1);
	CHECK(s.phone_count == 1 && !s.phones[0].is_registered);
	SAY(&s, 100, PHONE, PBX, "OPTIONS", .call = "o");
	scene_advance(&s, 200);
	CHECK(scene_last(&s, FACT_REQUEST)->standing == STANDING_STRANGER);
	CHECK(strcmp(scene_last(&s, FACT_REQUEST)->method, "OPTIONS") == 0);
	return ERR_NONE;
}

TEST(login_taken_back, "a registration that is taken back ends at once")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	register_once(&s, 1, "a", 1, "200");
	SAY(&s, 5, PHONE, PBX, "REGISTER", .call = "a", .cseq = 3,
	    .more = "Contact: *\nExpires: 0\n" ANSWER_TO("201", "n1"));
	SAY(&s, 5, PBX, PHONE, "200", .method = "REGISTER", .call = "a", .cseq = 3);
	CHECK(scene_count(&s, FACT_UNREGISTERED) == 1 && s.phone_count == 1);
	CHECK(!s.phones[0].is_registered && scene_count(&s, FACT_REGISTERED) == 1);
	return ERR_NONE;
}

TEST(login_by_call, "credentials on an INVITE log in as well")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, PHONE, PBX, "INVITE", .call = "a", .caller = "201", .user = "900");
	SAY(&s, 1, PBX, PHONE, "401", .method = "INVITE", .call = "a", .caller = "201",
	    .user = "900", .to_tag = "p", .more = CHALLENGE);
	SAY(&s, 1, PHONE, PBX, "ACK", .call = "a", .caller = "201", .user = "900", .to_tag = "p");
	SAY(&s, 2, PHONE, PBX, "INVITE", .call = "a", .cseq = 2, .caller = "201", .user = "900",
	    .more = ANSWER_TO("201", "n1"));
	SAY(&s, 2, PBX, PHONE, "180", .method = "INVITE", .call = "a", .cseq = 2, .caller = "201",
	    .user = "900", .to_tag = "q");
	SAY(&s, 3, PBX, PHONE, "486", .method = "INVITE", .call = "a", .cseq = 2, .caller = "201",
	    .user = "900", .to_tag = "q");
	SAY(&s, 3, PHONE, PBX, "ACK", .call = "a", .cseq = 2, .caller = "201", .user = "900",
	    .to_tag = "q");
	CHECK(is(scene_last(&s, FACT_LOGIN), OUTCOME_SUCCEEDED, 486));
	CHECK(strcmp(scene_last(&s, FACT_LOGIN)->account, "201@pbx.example") == 0);
	CHECK(is(scene_last(&s, FACT_CALL), OUTCOME_FAILED, 486));
	CHECK(scene_last(&s, FACT_CALL)->standing == STANDING_KNOWN);
	return ERR_NONE;
}
