/* SPDX-License-Identifier: Apache-2.0 */
/* Calls from INVITE to end, and what goes wrong within them. */
#include "scene.h"

#include "runner/test.h"

#include <string.h>

static void call_answered(struct scene *s, unsigned at_s, const char *call)
{
	SAY(s, at_s, ATTACKER, PBX, "INVITE", .call = call, .caller = "100", .user = "900",
	    .sdp = "203.0.113.66 4000");
	SAY(s, at_s, PBX, ATTACKER, "180", .method = "INVITE", .call = call, .caller = "100",
	    .user = "900", .to_tag = "t");
	SAY(s, at_s + 2, PBX, ATTACKER, "200", .method = "INVITE", .call = call, .caller = "100",
	    .user = "900", .to_tag = "t", .sdp = "198.51.100.1 6000");
}

TEST(call_by_stranger, "a stranger's call that is answered is a call of a stranger")
{
	OWNED_SCENE s;
	const struct fact *f;

	TRY(scene_init(&s));
	call_answered(&s, 1, "a");
	SAY(&s, 3, ATTACKER, PBX, "ACK", .call = "a", .caller = "100", .user = "900",
	    .to_tag = "t");
	f = scene_last(&s, FACT_CALL);
	CHECK(f && f->outcome == OUTCOME_SUCCEEDED && f->standing == STANDING_STRANGER);
	CHECK(strcmp(f->number, "900") == 0 && s.fact_count == 1);
	CHECK(strcmp(f->account, "100@pbx.example") == 0);
	SAY(&s, 13, PBX, ATTACKER, "BYE", .call = "a", .from_tag = "t", .to_tag = "a");
	SAY(&s, 13, ATTACKER, PBX, "200", .method = "BYE", .call = "a", .from_tag = "t",
	    .to_tag = "a");
	scene_advance(&s, 20);
	CHECK(s.call_count == 1 && s.fact_count == 1);
	CHECK(s.calls[0].ended_wall_us - s.calls[0].started_wall_us == 12 * SECOND_US);
	CHECK(s.calls[0].answered_wall_us - s.calls[0].started_wall_us == 2 * SECOND_US);
	CHECK(s.calls[0].outcome == OUTCOME_SUCCEEDED && s.calls[0].status == 200);
	CHECK(strcmp(s.calls[0].from, "100@pbx.example") == 0);
	CHECK(strcmp(s.calls[0].number, "900") == 0 && strcmp(s.calls[0].call_id, "a") == 0);
	scene_advance(&s, 60);
	CHECK(s.fact_count == 1);
	return ERR_NONE;
}

TEST(call_unacknowledged, "an answer that nobody acknowledges is said")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	call_answered(&s, 1, "a");
	scene_advance(&s, 34);
	CHECK(scene_count(&s, FACT_UNACKED) == 0);
	scene_advance(&s, 36);
	CHECK(scene_count(&s, FACT_UNACKED) == 1);
	CHECK(scene_last(&s, FACT_UNACKED)->flow.remote.port == 5071);
	return ERR_NONE;
}

TEST(call_cancelled, "a call that its caller gave up failed")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, ATTACKER, PBX, "INVITE", .call = "a", .user = "900");
	SAY(&s, 1, PBX, ATTACKER, "180", .method = "INVITE", .call = "a", .user = "900",
	    .to_tag = "t");
	SAY(&s, 9, ATTACKER, PBX, "CANCEL", .call = "a", .user = "900");
	SAY(&s, 9, PBX, ATTACKER, "200", .method = "CANCEL", .call = "a", .user = "900");
	SAY(&s, 9, PBX, ATTACKER, "487", .method = "INVITE", .call = "a", .user = "900",
	    .to_tag = "t");
	SAY(&s, 9, ATTACKER, PBX, "ACK", .call = "a", .user = "900", .to_tag = "t");
	scene_advance(&s, 20);
	CHECK(s.fact_count == 1 && scene_last(&s, FACT_REQUEST)->status == 487);
	CHECK(s.call_count == 1 && s.calls[0].is_cancelled && s.calls[0].status == 487);
	return ERR_NONE;
}

TEST(call_rings_long, "a call may ring for long before its end is given up")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, ATTACKER, PBX, "INVITE", .call = "a", .user = "900");
	SAY(&s, 1, PBX, ATTACKER, "183", .method = "INVITE", .call = "a", .user = "900");
	scene_advance(&s, 100);
	CHECK(s.fact_count == 0 && s.call_count == 0);
	scene_advance(&s, 300);
	CHECK(s.fact_count == 1 && scene_last(&s, FACT_REQUEST)->outcome == OUTCOME_UNKNOWN);
	CHECK(s.call_count == 1 && s.calls[0].outcome == OUTCOME_UNKNOWN);
	return ERR_NONE;
}

TEST(call_leak, "a caller who challenges the BYE of the called phone wants its digest")
{
	OWNED_SCENE s;
	const struct fact *f;

	TRY(scene_init(&s));
	SAY(&s, 1, ATTACKER, PHONE, "INVITE", .call = "a", .caller = "100");
	SAY(&s, 2, PHONE, ATTACKER, "200", .method = "INVITE", .call = "a", .caller = "100",
	    .to_tag = "t");
	SAY(&s, 2, ATTACKER, PHONE, "ACK", .call = "a", .caller = "100", .to_tag = "t");
	SAY(&s, 5, PHONE, ATTACKER, "BYE", .call = "a", .from_tag = "t", .to_tag = "a");
	SAY(&s, 5, ATTACKER, PHONE, "407", .method = "BYE", .call = "a", .from_tag = "t",
	    .to_tag = "a", .more = CHALLENGE);
	f = scene_last(&s, FACT_DIGEST_LEAK);
	CHECK(f && f->flow.remote.port == 5071 && f->standing == STANDING_STRANGER);
	CHECK(f->proof == PROOF_BRANCH && strcmp(f->method, "BYE") == 0);
	return ERR_NONE;
}

TEST(call_server_challenges, "a server that challenges within a call leaks nothing")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, PHONE, PBX, "INVITE", .call = "a");
	SAY(&s, 1, PBX, PHONE, "401", .method = "INVITE", .call = "a", .more = CHALLENGE);
	SAY(&s, 2, PBX, PHONE, "INVITE", .call = "b", .caller = "900");
	SAY(&s, 2, PHONE, PBX, "200", .method = "INVITE", .call = "b", .caller = "900",
	    .to_tag = "t");
	SAY(&s, 3, PHONE, PBX, "BYE", .call = "b", .from_tag = "t", .to_tag = "b");
	SAY(&s, 3, PBX, PHONE, "401", .method = "BYE", .call = "b", .from_tag = "t", .to_tag = "b",
	    .more = CHALLENGE);
	CHECK(scene_count(&s, FACT_DIGEST_LEAK) == 0);
	return ERR_NONE;
}

TEST(call_relayed_challenge,
     "a proxy that hands a challenge within a call back wants no digest itself")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, ATTACKER, PROXY, "INVITE", .call = "a", .branch = "z9hG4bK1", .caller = "100");
	SAY(&s, 1, PROXY, PHONE, "INVITE", .call = "a", .branch = "z9hG4bK2", .caller = "100");
	SAY(&s, 2, PHONE, PROXY, "200", .method = "INVITE", .call = "a", .branch = "z9hG4bK2",
	    .caller = "100", .to_tag = "t");
	SAY(&s, 2, PROXY, ATTACKER, "200", .method = "INVITE", .call = "a", .branch = "z9hG4bK1",
	    .caller = "100", .to_tag = "t");
	SAY(&s, 5, PHONE, PROXY, "BYE", .call = "a", .from_tag = "t", .to_tag = "a",
	    .branch = "z9hG4bK3");
	SAY(&s, 5, PROXY, ATTACKER, "BYE", .call = "a", .from_tag = "t", .to_tag = "a",
	    .branch = "z9hG4bK4");
	SAY(&s, 5, ATTACKER, PROXY, "407", .method = "BYE", .call = "a", .from_tag = "t",
	    .to_tag = "a", .branch = "z9hG4bK4", .more = CHALLENGE);
	SAY(&s, 5, PROXY, PHONE, "407", .method = "BYE", .call = "a", .from_tag = "t",
	    .to_tag = "a", .branch = "z9hG4bK3", .more = CHALLENGE);
	CHECK(scene_count(&s, FACT_DIGEST_LEAK) == 1);
	CHECK(scene_last(&s, FACT_DIGEST_LEAK)->flow.remote.port == 5071);
	watch_end(s.watch);
	CHECK(s.call_count == 1 && s.calls[0].caller.port == 5071);
	return ERR_NONE;
}

TEST(call_out_of_dialog,
     "a request within a call that nobody has is said; one within a call is not")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, ATTACKER, PBX, "BYE", .call = "a", .to_tag = "guess");
	SAY(&s, 1, PBX, ATTACKER, "481", .method = "BYE", .call = "a", .to_tag = "guess");
	CHECK(scene_count(&s, FACT_OUT_OF_DIALOG) == 1 && s.fact_count == 1);
	SAY(&s, 2, ATTACKER, PBX, "OPTIONS", .call = "b", .to_tag = "guess");
	scene_advance(&s, 50);
	CHECK(scene_count(&s, FACT_REQUEST) == 1);
	s.fact_count = 0;
	call_answered(&s, 60, "c");
	SAY(&s, 63, ATTACKER, PBX, "ACK", .call = "c", .caller = "100", .user = "900",
	    .to_tag = "t");
	SAY(&s, 70, ATTACKER, PBX, "INFO", .call = "c", .cseq = 2, .caller = "100", .user = "900",
	    .to_tag = "t");
	SAY(&s, 70, PBX, ATTACKER, "415", .method = "INFO", .call = "c", .cseq = 2, .caller = "100",
	    .user = "900", .to_tag = "t");
	CHECK(s.fact_count == 1 && scene_count(&s, FACT_CALL) == 1);
	return ERR_NONE;
}

TEST(call_one_call, "a call that is challenged and then answered is one call")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, PHONE, PBX, "INVITE", .call = "a", .user = "900");
	SAY(&s, 1, PBX, PHONE, "407", .method = "INVITE", .call = "a", .user = "900",
	    .more = CHALLENGE);
	SAY(&s, 1, PHONE, PBX, "INVITE", .call = "a", .cseq = 2, .user = "900",
	    .more = ANSWER_TO("201", "n1"));
	SAY(&s, 2, PBX, PHONE, "200", .method = "INVITE", .call = "a", .cseq = 2, .user = "900",
	    .to_tag = "t");
	SAY(&s, 2, PHONE, PBX, "ACK", .call = "a", .cseq = 2, .user = "900", .to_tag = "t");
	watch_end(s.watch);
	CHECK(s.call_count == 1 && s.calls[0].status == 200);
	CHECK(s.calls[0].standing == STANDING_KNOWN && scene_count(&s, FACT_CALL) == 1);
	CHECK(scene_last(&s, FACT_CALL)->standing == STANDING_KNOWN);
	CHECK(scene_count(&s, FACT_UNACKED) == 0);
	return ERR_NONE;
}

TEST(call_numbers_in_turn, "one Call-ID that dials number after number is call after call")
{
	OWNED_SCENE s;
	static const char *const numbers[] = { "900", "901", "902" };

	TRY(scene_init(&s));
	for (unsigned i = 0; i < 3; i++) {
		SAY(&s, i + 1, ATTACKER, PBX, "INVITE", .call = "a", .cseq = i + 1,
		    .user = numbers[i]);
		SAY(&s, i + 1, PBX, ATTACKER, "603", .method = "INVITE", .call = "a", .cseq = i + 1,
		    .user = numbers[i]);
	}
	watch_end(s.watch);
	CHECK(scene_count(&s, FACT_REQUEST) == 3 && s.call_count == 3);
	CHECK(strcmp(s.calls[1].number, "901") == 0);
	return ERR_NONE;
}
