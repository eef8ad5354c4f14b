/* SPDX-License-Identifier: Apache-2.0 */
/* Who is a server, who is known, who stays a stranger whatever he sends. */
#include "scene.h"

#include "runner/test.h"

#include <stdio.h>

/* Told by an anomaly, which is said at once. */
static enum fact_standing standing_of(struct scene *s, unsigned at_s, const char *from,
                                      const char *to)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "no message, number %u\r\n\r\n", s->fact_count);

	scene_send(s, at_s, from, to, view_bytes(text, (size_t)len));
	return (enum fact_standing)scene_last(s, FACT_ANOMALY)->standing;
}

TEST(standing_server, "a host that challenges others who asked it is a server")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	CHECK(standing_of(&s, 1, PBX, PHONE) == STANDING_STRANGER);
	SAY(&s, 1, PHONE, PBX, "REGISTER", .call = "a");
	SAY(&s, 1, PBX, PHONE, "401", .method = "REGISTER", .call = "a", .more = CHALLENGE);
	CHECK(standing_of(&s, 2, PBX, PHONE) == STANDING_PEER);
	CHECK(standing_of(&s, 2, PHONE, PBX) == STANDING_STRANGER);
	return ERR_NONE;
}

TEST(standing_unasked_server, "no response that nobody asked for makes a server")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, ATTACKER, PHONE, "401", .method = "REGISTER", .call = "a", .more = CHALLENGE);
	SAY(&s, 1, ATTACKER, PHONE, "200", .method = "REGISTER", .call = "b");
	SAY(&s, 1, PHONE, ATTACKER, "OPTIONS", .call = "c");
	SAY(&s, 1, ATTACKER, PHONE, "200", .method = "OPTIONS", .call = "c");
	SAY(&s, 2, PHONE, ATTACKER, "INVITE", .call = "d");
	SAY(&s, 2, ATTACKER, PHONE, "200", .method = "INVITE", .call = "d", .to_tag = "t");
	SAY(&s, 2, PHONE, ATTACKER, "BYE", .call = "d", .cseq = 2, .to_tag = "t");
	SAY(&s, 2, ATTACKER, PHONE, "407", .method = "BYE", .call = "d", .cseq = 2, .to_tag = "t",
	    .more = CHALLENGE);
	CHECK(standing_of(&s, 3, ATTACKER, PBX) == STANDING_STRANGER);
	return ERR_NONE;
}

TEST(standing_knocking, "whoever knocks at a server in vain is none by challenging its calls")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, ATTACKER, PBX, "REGISTER", .call = "a");
	SAY(&s, 1, PBX, ATTACKER, "401", .method = "REGISTER", .call = "a", .more = CHALLENGE);
	SAY(&s, 2, PBX, ATTACKER, "INVITE", .call = "b");
	SAY(&s, 2, ATTACKER, PBX, "407", .method = "INVITE", .call = "b", .more = CHALLENGE);
	CHECK(standing_of(&s, 3, ATTACKER, PBX) == STANDING_STRANGER);
	CHECK(standing_of(&s, 3, PBX, ATTACKER) == STANDING_PEER);
	return ERR_NONE;
}

TEST(standing_meanwhile, "what a proxy asked before it was known for one is not held against it")
{
	static const char *const asked[] = { "OPTIONS", "REGISTER", "INVITE" };
	OWNED_SCENE s;

	for (size_t i = 0; i < 3; i++) {
		TRY(scene_init(&s));
		SAY(&s, 1, PROXY, OTHER, "MESSAGE", .call = "q");
		SAY(&s, 2, PHONE, PROXY, asked[i], .call = "a");
		SAY(&s, 2, PROXY, PHONE, "401", .method = asked[i], .call = "a", .more = CHALLENGE);
		SAY(&s, 3, OTHER, PROXY, "404", .method = "MESSAGE", .call = "q");
		scene_advance(&s, 60);
		/* Who challenges what begins nothing is no server: both were strangers. */
		CHECK(scene_count(&s, FACT_REQUEST) == (i == 0 ? 2 : 1));
		CHECK(strcmp(s.facts[0].method, asked[i]) == 0);
		scene_clear(&s);
	}
	return ERR_NONE;
}

TEST(standing_called_back, "whoever challenges a server's call is no server for that")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, PHONE, PBX, "REGISTER", .call = "a");
	SAY(&s, 1, PBX, PHONE, "401", .method = "REGISTER", .call = "a", .more = CHALLENGE);
	SAY(&s, 2, PBX, ATTACKER, "INVITE", .call = "b");
	SAY(&s, 2, ATTACKER, PBX, "407", .method = "INVITE", .call = "b", .more = CHALLENGE);
	CHECK(standing_of(&s, 3, ATTACKER, PBX) == STANDING_STRANGER);
	CHECK(standing_of(&s, 3, PBX, ATTACKER) == STANDING_PEER);
	return ERR_NONE;
}

TEST(standing_called_first,
     "nor is he where that other host shows itself a server afterwards; calls alone make one")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, OTHER, PROXY, "INVITE", .call = "a");
	SAY(&s, 1, PROXY, OTHER, "407", .method = "INVITE", .call = "a", .more = CHALLENGE);
	CHECK(standing_of(&s, 2, PROXY, PHONE) == STANDING_PEER);
	SAY(&s, 2, PBX, ATTACKER, "INVITE", .call = "b");
	SAY(&s, 2, ATTACKER, PBX, "407", .method = "INVITE", .call = "b", .more = CHALLENGE);
	SAY(&s, 3, PHONE, PBX, "REGISTER", .call = "c");
	SAY(&s, 3, PBX, PHONE, "401", .method = "REGISTER", .call = "c", .more = CHALLENGE);
	CHECK(standing_of(&s, 4, ATTACKER, PBX) == STANDING_STRANGER);
	CHECK(standing_of(&s, 4, PROXY, PHONE) == STANDING_PEER);
	return ERR_NONE;
}

TEST(standing_trunk, "a PBX that logs in at a trunk is still a server to its phones")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, PBX, PROXY, "REGISTER", .call = "a");
	SAY(&s, 1, PROXY, PBX, "401", .method = "REGISTER", .call = "a", .more = CHALLENGE);
	SAY(&s, 2, PHONE, PBX, "REGISTER", .call = "b");
	SAY(&s, 2, PBX, PHONE, "401", .method = "REGISTER", .call = "b", .more = CHALLENGE);
	CHECK(standing_of(&s, 3, PBX, PROXY) == STANDING_PEER);
	CHECK(standing_of(&s, 3, PROXY, PBX) == STANDING_PEER);
	return ERR_NONE;
}

TEST(standing_one_host,
     "where server and clients share a host, the server's port alone is the server")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, "127.0.0.1:5071", "127.0.0.1:5060", "REGISTER", .call = "a");
	SAY(&s, 1, "127.0.0.1:5060", "127.0.0.1:5071", "401", .method = "REGISTER", .call = "a",
	    .more = CHALLENGE);
	CHECK(standing_of(&s, 2, "127.0.0.1:5060", PHONE) == STANDING_PEER);
	CHECK(standing_of(&s, 2, "127.0.0.1:5071", PBX) == STANDING_STRANGER);
	return ERR_NONE;
}

TEST(standing_unseen_server, "a server whose requests do not pass is no scanner of its phones")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, PHONE, PBX, "REGISTER", .call = "a", .more = ANSWER_TO("201", "n"));
	SAY(&s, 2, PHONE, PBX, "404", .method = "OPTIONS", .call = "o");
	SAY(&s, 3, PHONE, PBX, "486", .method = "INVITE", .call = "i");
	CHECK(scene_count(&s, FACT_REQUEST) == 0 && s.fact_count == 1);
	CHECK(scene_last(&s, FACT_CALL)->standing == STANDING_PEER);
	return ERR_NONE;
}

TEST(standing_barred, "a known phone that may not dial a number has no wrong password")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, PHONE, PBX, "REGISTER", .call = "a", .more = ANSWER_TO("201", "n"));
	SAY(&s, 1, PBX, PHONE, "200", .method = "REGISTER", .call = "a");
	SAY(&s, 2, PHONE, PBX, "INVITE", .call = "b", .user = "900", .more = ANSWER_TO("201", "n"));
	SAY(&s, 2, PBX, PHONE, "403", .method = "INVITE", .call = "b", .user = "900");
	CHECK(scene_last(&s, FACT_LOGIN)->outcome == OUTCOME_UNKNOWN);
	CHECK(scene_last(&s, FACT_CALL)->status == 403);
	return ERR_NONE;
}

TEST(standing_inside, "hosts of the networks inside are peers")
{
	OWNED_SCENE s;
	struct watch_settings settings = watch_settings_default;

	TRY(addr_net_parse(VIEW("192.0.2.0/24"), &settings.inside[0]));
	settings.inside_count = 1;
	settings.max_transactions = settings.max_hosts = settings.max_nonces = 8;
	TRY(scene_init_with(&s, &settings));
	CHECK(standing_of(&s, 1, PHONE, PBX) == STANDING_PEER);
	CHECK(standing_of(&s, 1, PBX, PHONE) == STANDING_STRANGER);
	SAY(&s, 2, PHONE, PBX, "INVITE", .call = "a", .user = "900");
	SAY(&s, 2, PBX, PHONE, "404", .method = "INVITE", .call = "a", .user = "900");
	CHECK(scene_count(&s, FACT_REQUEST) == 0);
	CHECK(scene_last(&s, FACT_CALL)->standing == STANDING_PEER);
	return ERR_NONE;
}

TEST(standing_called, "whom a peer calls, and who answers, may call back for a while")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, PHONE, PBX, "REGISTER", .call = "a");
	SAY(&s, 1, PBX, PHONE, "401", .method = "REGISTER", .call = "a", .more = CHALLENGE);
	SAY(&s, 2, PBX, PROXY, "INVITE", .call = "b");
	SAY(&s, 2, PROXY, PBX, "200", .method = "INVITE", .call = "b", .to_tag = "t");
	CHECK(standing_of(&s, 3, PROXY, PBX) == STANDING_KNOWN);
	CHECK(standing_of(&s, 4000, PROXY, PBX) == STANDING_STRANGER);
	return ERR_NONE;
}

TEST(standing_relay, "whoever hands on an INVITE that it got is not judged for it")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, ATTACKER, PROXY, "INVITE", .call = "a", .branch = "z9hG4bK1", .user = "900");
	SAY(&s, 1, PROXY, PBX, "INVITE", .call = "a", .branch = "z9hG4bK2", .user = "900");
	SAY(&s, 1, PROXY, OTHER, "INVITE", .call = "a", .branch = "z9hG4bK3", .user = "900");
	SAY(&s, 1, PBX, PROXY, "404", .method = "INVITE", .call = "a", .branch = "z9hG4bK2",
	    .user = "900");
	SAY(&s, 1, PROXY, ATTACKER, "404", .method = "INVITE", .call = "a", .branch = "z9hG4bK1",
	    .user = "900");
	watch_end(s.watch);
	CHECK(scene_count(&s, FACT_REQUEST) == 1);
	CHECK(scene_last(&s, FACT_REQUEST)->flow.remote.port == 5071);
	CHECK(s.call_count == 1);
	return ERR_NONE;
}

/* --- what must not look like an attack --- */

TEST(standing_wrong_twice, "a phone with a wrong password fails, twice, and nothing else is said")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	for (unsigned i = 0; i < 2; i++) {
		SAY(&s, 1 + i, PHONE, PBX, "REGISTER", .call = "a", .cseq = 1 + 2 * i);
		SAY(&s, 1 + i, PBX, PHONE, "401", .method = "REGISTER", .call = "a",
		    .cseq = 1 + 2 * i, .more = CHALLENGE);
		SAY(&s, 1 + i, PHONE, PBX, "REGISTER", .call = "a", .cseq = 2 + 2 * i,
		    .more = ANSWER_TO("201", "n1"));
		SAY(&s, 1 + i, PBX, PHONE, "403", .method = "REGISTER", .call = "a",
		    .cseq = 2 + 2 * i);
	}
	watch_end(s.watch);
	CHECK(scene_count(&s, FACT_LOGIN) == 2 && scene_count(&s, FACT_REQUEST) == 2);
	CHECK(s.fact_count == 4 && s.facts[1].call_id_hash == s.facts[3].call_id_hash);
	return ERR_NONE;
}

TEST(standing_qualify, "peers that ask each other whether they live say nothing")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, PHONE, PBX, "REGISTER", .call = "a");
	SAY(&s, 1, PBX, PHONE, "401", .method = "REGISTER", .call = "a", .more = CHALLENGE);
	SAY(&s, 2, PHONE, PBX, "REGISTER", .call = "a", .cseq = 2,
	    .more = "Contact: <sip:201@192.0.2.10>\n" ANSWER_TO("201", "n1"));
	SAY(&s, 2, PBX, PHONE, "200", .method = "REGISTER", .call = "a", .cseq = 2);
	s.fact_count = 0;
	for (unsigned i = 0; i < 8; i++) {
		SAY(&s, 60 * i, PBX, PHONE, "OPTIONS", .call = "o", .cseq = i + 1);
		SAY(&s, 60 * i, PHONE, PBX, i % 2 ? "200" : "404", .method = "OPTIONS", .call = "o",
		    .cseq = i + 1);
		SAY(&s, 60 * i, PHONE, PBX, "OPTIONS", .call = "p", .cseq = i + 1);
		SAY(&s, 60 * i, PBX, PHONE, "200", .method = "OPTIONS", .call = "p", .cseq = i + 1);
	}
	CHECK(s.fact_count == 0);
	return ERR_NONE;
}

TEST(standing_wrong_number, "a known phone that dials a wrong number made a call that failed")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, PHONE, PBX, "REGISTER", .call = "a", .more = ANSWER_TO("201", "n"));
	SAY(&s, 1, PBX, PHONE, "200", .method = "REGISTER", .call = "a");
	SAY(&s, 2, PHONE, PBX, "INVITE", .call = "b", .caller = "201", .user = "999");
	SAY(&s, 2, PBX, PHONE, "404", .method = "INVITE", .call = "b", .caller = "201",
	    .user = "999", .to_tag = "t");
	CHECK(scene_count(&s, FACT_REQUEST) == 0 && scene_count(&s, FACT_CALL) == 1);
	CHECK(scene_last(&s, FACT_CALL)->standing == STANDING_KNOWN);
	return ERR_NONE;
}
