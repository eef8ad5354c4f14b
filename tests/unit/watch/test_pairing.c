/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and responses, where one of the two does not pass; messages that are
 * malformed, cut, or none. */
#include "scene.h"

#include "runner/test.h"
#include "sip/reason.h"

#include <string.h>

static bool is(const struct fact *f, enum fact_outcome outcome, uint16_t status)
{
	return f && f->outcome == outcome && f->status == status;
}

TEST(pairing_requests_alone, "a request without an answer is said once, as unknown, after its time")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	for (unsigned i = 0; i < 4; i++)
		SAY(&s, 1 + i, ATTACKER, PBX, "INVITE", .call = "a", .user = "0019005550100");
	SAY(&s, 2, PHONE, PBX, "REGISTER", .call = "b", .more = ANSWER_TO("201", "unseen"));
	scene_advance(&s, 30);
	CHECK(s.fact_count == 0);
	scene_advance(&s, 40);
	CHECK(s.fact_count == 2 && watch_counters_of(s.watch)->retransmissions == 3);
	CHECK(is(scene_last(&s, FACT_REQUEST), OUTCOME_UNKNOWN, 0));
	CHECK(strcmp(scene_last(&s, FACT_REQUEST)->number, "0019005550100") == 0);
	CHECK(scene_last(&s, FACT_REQUEST)->now_us == 2 * SECOND_US);
	CHECK(is(scene_last(&s, FACT_LOGIN), OUTCOME_UNKNOWN, 0));
	watch_end(s.watch);
	CHECK(s.fact_count == 2 && s.call_count == 0);
	return ERR_NONE;
}

TEST(pairing_end, "what is undecided when nothing more comes is said as unknown")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, ATTACKER, PBX, "OPTIONS", .call = "a", .user = "100");
	watch_end(s.watch);
	CHECK(s.fact_count == 1 && is(scene_last(&s, FACT_REQUEST), OUTCOME_UNKNOWN, 0));
	SAY(&s, 2, ATTACKER, PBX, "OPTIONS", .call = "a", .user = "100");
	watch_end(s.watch);
	CHECK(s.fact_count == 2);
	return ERR_NONE;
}

TEST(pairing_responses_alone, "responses alone tell who asked, what, and how it came out")
{
	OWNED_SCENE s;
	const struct fact *f;

	TRY(scene_init(&s));
	SAY(&s, 1, PBX, ATTACKER, "401", .method = "REGISTER", .call = "a", .user = "100",
	    .more = CHALLENGE);
	f = scene_last(&s, FACT_REQUEST);
	CHECK(is(f, OUTCOME_UNKNOWN, 401) && strcmp(f->account, "100@pbx.example") == 0);
	CHECK(f->flow.remote.port == 5071 && f->flow.local.port == 5060);
	CHECK(f->proof == PROOF_NONE && f->standing == STANDING_STRANGER);
	SAY(&s, 2, PBX, ATTACKER, "401", .method = "REGISTER", .call = "a", .cseq = 2,
	    .user = "100", .more = CHALLENGE_2);
	CHECK(is(scene_last(&s, FACT_LOGIN), OUTCOME_FAILED, 401));
	SAY(&s, 3, PBX, ATTACKER, "200", .method = "REGISTER", .call = "a", .cseq = 3,
	    .user = "100");
	CHECK(is(scene_last(&s, FACT_LOGIN), OUTCOME_SUCCEEDED, 200));
	CHECK(scene_last(&s, FACT_LOGIN)->reason == WATCH_LOGIN_PASSWORD);
	SAY(&s, 4, PBX, ATTACKER, "401", .method = "REGISTER", .call = "a", .cseq = 4,
	    .user = "100", .more = CHALLENGE);
	CHECK(scene_count(&s, FACT_LOGIN) == 2 && scene_count(&s, FACT_REQUEST) == 2);
	SAY(&s, 5, PBX, ATTACKER, "404", .method = "INVITE", .call = "c", .user = "900");
	f = scene_last(&s, FACT_REQUEST);
	CHECK(is(f, OUTCOME_FAILED, 404) && strcmp(f->number, "900") == 0);
	SAY(&s, 6, PBX, ATTACKER, "200", .method = "INVITE", .call = "d", .user = "900",
	    .to_tag = "x");
	f = scene_last(&s, FACT_CALL);
	CHECK(is(f, OUTCOME_SUCCEEDED, 200) && f->standing == STANDING_STRANGER);
	SAY(&s, 9, PBX, ATTACKER, "200", .method = "BYE", .call = "d", .cseq = 2, .user = "900",
	    .to_tag = "x");
	scene_advance(&s, 100);
	CHECK(scene_count(&s, FACT_UNACKED) == 0 && !s.has_unsound);
	CHECK(s.call_count == 2 &&
	      s.calls[1].ended_wall_us - s.calls[1].answered_wall_us == 3 * SECOND_US);
	return ERR_NONE;
}

TEST(pairing_second_look,
     "of what the second look finds the first hostile finding is named, and the rest happens")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	s.grade = SIP_GRADE_HOSTILE;
	SAY(&s, 1, ATTACKER, PBX, "OPTIONS", .call = "a",
	    .more = "Contact: <sip:\nMin-Expires: x\n");
	SAY(&s, 1, PBX, ATTACKER, "404", .method = "OPTIONS", .call = "a");
	CHECK(scene_count(&s, FACT_ANOMALY) == 1 && scene_count(&s, FACT_REQUEST) == 1);
	return ERR_NONE;
}

TEST(pairing_within_alone,
     "a response within a call that is seen by responses alone is no second call")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	for (unsigned i = 1; i <= 3; i++)
		SAY(&s, i, PBX, ATTACKER, "200", .method = "INVITE", .call = "a", .cseq = i,
		    .user = "900", .to_tag = "t");
	SAY(&s, 5, PBX, ATTACKER, "481", .method = "BYE", .call = "b", .user = "900",
	    .to_tag = "t");
	watch_end(s.watch);
	CHECK(scene_count(&s, FACT_CALL) == 1 && s.call_count == 1);
	CHECK(scene_count(&s, FACT_OUT_OF_DIALOG) == 1 && s.fact_count == 2);
	return ERR_NONE;
}

TEST(pairing_response_repeated, "a response that comes again says nothing again")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	for (unsigned i = 0; i < 3; i++)
		SAY(&s, 1 + i, PBX, ATTACKER, "403", .method = "REGISTER", .call = "a");
	CHECK(s.fact_count == 1);
	return ERR_NONE;
}

TEST(pairing_unasked,
     "a response to a host whose requests are seen, but not this one, says nothing")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, PHONE, PBX, "OPTIONS", .call = "o");
	SAY(&s, 1, ATTACKER, PHONE, "403", .method = "REGISTER", .call = "a");
	SAY(&s, 1, ATTACKER, PHONE, "401", .method = "REGISTER", .call = "b", .more = CHALLENGE);
	CHECK(s.fact_count == 0 && watch_counters_of(s.watch)->unasked == 2);
	return ERR_NONE;
}

TEST(pairing_legs, "a request that a proxy hands on is paired leg by leg")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, PHONE, PROXY, "REGISTER", .call = "a", .branch = "z9hG4bK1",
	    .more = ANSWER_TO("201", "x"));
	SAY(&s, 1, PROXY, PBX, "REGISTER", .call = "a", .branch = "z9hG4bK2",
	    .more = ANSWER_TO("201", "x"));
	SAY(&s, 1, PBX, PROXY, "403", .method = "REGISTER", .call = "a", .branch = "z9hG4bK2");
	CHECK(scene_count(&s, FACT_LOGIN) == 1);
	SAY(&s, 1, PROXY, PHONE, "403", .method = "REGISTER", .call = "a", .branch = "z9hG4bK1");
	CHECK(scene_count(&s, FACT_LOGIN) == 2);
	return ERR_NONE;
}

TEST(pairing_acknowledged, "the ACK of a refusal proves who was refused")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, ATTACKER, PBX, "INVITE", .call = "a", .user = "900");
	SAY(&s, 1, PBX, ATTACKER, "404", .method = "INVITE", .call = "a", .user = "900",
	    .to_tag = "secret");
	CHECK(s.fact_count == 0);
	SAY(&s, 1, ATTACKER, PBX, "ACK", .call = "a", .user = "900", .to_tag = "secret");
	CHECK(is(scene_last(&s, FACT_REQUEST), OUTCOME_FAILED, 404));
	CHECK(scene_last(&s, FACT_REQUEST)->proof == PROOF_TAG);
	SAY(&s, 2, ATTACKER, PBX, "INVITE", .call = "b", .user = "900");
	SAY(&s, 2, PBX, ATTACKER, "404", .method = "INVITE", .call = "b", .user = "900",
	    .to_tag = "secret");
	SAY(&s, 2, ATTACKER, PBX, "ACK", .call = "b", .user = "900", .to_tag = "guess");
	CHECK(scene_last(&s, FACT_REQUEST)->proof == PROOF_NONE);
	SAY(&s, 3, ATTACKER, PBX, "INVITE", .call = "c", .user = "901");
	SAY(&s, 3, PBX, ATTACKER, "404", .method = "INVITE", .call = "c", .user = "901",
	    .to_tag = "secret");
	scene_advance(&s, 8);
	CHECK(scene_count(&s, FACT_REQUEST) == 3);
	return ERR_NONE;
}

TEST(pairing_port_answers, "what the ports find goes into the facts, of strangers' requests alone")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	s.signature = 7;
	s.agent = 3;
	SAY(&s, 1, ATTACKER, PBX, "OPTIONS", .call = "a");
	SAY(&s, 1, ATTACKER, PBX, "OPTIONS", .call = "a");
	SAY(&s, 1, PBX, ATTACKER, "404", .method = "OPTIONS", .call = "a");
	CHECK(scene_count(&s, FACT_SCANNER) == 1 && scene_last(&s, FACT_SCANNER)->reason == 7);
	CHECK(scene_last(&s, FACT_SCANNER)->agent == 3);
	CHECK(scene_last(&s, FACT_REQUEST)->agent == 3);
	CHECK(scene_last(&s, FACT_REQUEST)->reason == 0);
	return ERR_NONE;
}

TEST(pairing_malformed, "what the parser refuses is an anomaly, once for the same bytes")
{
	OWNED_SCENE s;
	const struct view bytes = VIEW("OPTIONS sip:100@198.51.100.1 SIP/2.0\r\nno colon\r\n\r\n");

	TRY(scene_init(&s));
	s.grade = SIP_GRADE_HOSTILE;
	s.oddity = 300; /* not asked of what the parser refused */
	scene_send(&s, 1, ATTACKER, PBX, bytes);
	scene_send(&s, 2, ATTACKER, PBX, bytes);
	CHECK(s.fact_count == 1 && scene_last(&s, FACT_ANOMALY)->grade == SIP_GRADE_HOSTILE);
	CHECK(scene_last(&s, FACT_ANOMALY)->reason == SIP_REASON_NO_COLON);
	s.grade = SIP_GRADE_FOREIGN;
	scene_send(&s, 3, PHONE, PBX, bytes);
	CHECK(s.fact_count == 2 && scene_last(&s, FACT_ANOMALY)->grade == SIP_GRADE_FOREIGN);
	return ERR_NONE;
}

TEST(pairing_oddity,
     "an oddity in a stranger's request is hostile; in a peer's, or an answer, none is sought")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	s.oddity = 300;
	SAY(&s, 1, ATTACKER, PBX, "REGISTER", .call = "a");
	SAY(&s, 1, PBX, ATTACKER, "401", .method = "REGISTER", .call = "a", .more = CHALLENGE);
	SAY(&s, 2, PBX, PHONE, "OPTIONS", .call = "b");
	CHECK(scene_count(&s, FACT_ANOMALY) == 1 && scene_last(&s, FACT_ANOMALY)->reason == 300);
	CHECK(scene_last(&s, FACT_ANOMALY)->grade == SIP_GRADE_HOSTILE);
	return ERR_NONE;
}

TEST(pairing_sloppy, "an oddity that hinders nothing is named beside what happened")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, ATTACKER, PBX, "OPTIONS", .call = "a", .more = "Date: some day\nSubject : y\n");
	SAY(&s, 1, PBX, ATTACKER, "404", .method = "OPTIONS", .call = "a");
	CHECK(scene_count(&s, FACT_ANOMALY) == 2 && scene_count(&s, FACT_REQUEST) == 1);
	return ERR_NONE;
}

TEST(pairing_odd_response, "a response is looked at whole where nobody asked for it, else never")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	s.oddity = 300;
	SAY(&s, 1, ATTACKER, PBX, "100", .method = "INVITE", .call = "a");
	CHECK(scene_count(&s, FACT_ANOMALY) == 1);
	CHECK(scene_last(&s, FACT_ANOMALY)->reason == 300);
	s.oddity = 0;
	SAY(&s, 2, OTHER, PBX, "OPTIONS", .call = "b");
	s.oddity = 300;
	SAY(&s, 2, PBX, OTHER, "404", .method = "OPTIONS", .call = "b");
	CHECK(scene_count(&s, FACT_ANOMALY) == 1);
	for (unsigned i = 0; i < 3; i++)
		SAY(&s, 3, PHONE, OTHER, "200", .method = "OPTIONS", .call = "c");
	CHECK(scene_count(&s, FACT_ANOMALY) == 2);
	return ERR_NONE;
}

TEST(pairing_cut,
     "a message that the capture cut is read to its last line, and is no anomaly for it")
{
	OWNED_SCENE s;
	char text[512] = "INVITE sip:900@198.51.100.1 SIP/2.0\r\n"
			 "Content-Length: 400\r\n"
			 "Via: SIP/2.0/UDP 203.0.113.66:5071;branch=z9hG4bK1\r\n"
			 "From: <sip:100@198.51.100.1>;tag=f\r\nTo: <sip:900@198.51.100.1>\r\n"
			 "Call-ID: cut\r\nCSeq: 1 INVITE\r\nContact: <sip:100@203.";
	struct view whole = view_of(text);

	TRY(scene_init(&s));
	s.is_cut = true;
	scene_send(&s, 1, ATTACKER, PBX, whole);
	scene_advance(&s, 60);
	CHECK(s.fact_count == 1 && is(scene_last(&s, FACT_REQUEST), OUTCOME_UNKNOWN, 0));
	CHECK(strcmp(scene_last(&s, FACT_REQUEST)->number, "900") == 0);
	CHECK(strcmp(scene_last(&s, FACT_REQUEST)->account, "900@198.51.100.1") == 0);
	for (size_t len = 60; len < whole.len; len += 7)
		scene_send(&s, 100, ATTACKER, PBX, view_first(whole, len));
	watch_end(s.watch);
	CHECK(scene_count(&s, FACT_ANOMALY) == 0 && !s.has_unsound);
	return ERR_NONE;
}

TEST(pairing_keep_alive, "keep-alives say nothing")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	scene_send(&s, 1, ATTACKER, PBX, VIEW("\r\n\r\n"));
	scene_send(&s, 1, ATTACKER, PBX, VIEW("\0\0\0\0"));
	scene_send(&s, 1, ATTACKER, PBX, VIEW(""));
	watch_end(s.watch);
	CHECK(s.fact_count == 0 && watch_counters_of(s.watch)->keep_alives == 3);
	return ERR_NONE;
}

static void non_sip(struct scene *s, unsigned at_s, const char *from, const char *to, uint16_t kind,
                    bool is_connected)
{
	struct flow flow = scene_flow(from, to);
	struct watch_message in = { .flow = &flow,
		                    .now = { (at_s + 1) * (uint64_t)SECOND_US, at_s },
		                    .is_connected = is_connected };

	watch_non_sip(s->watch, &in, kind);
}

TEST(pairing_non_sip, "what is no SIP is said with its kind, once for what comes together")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	non_sip(&s, 1, ATTACKER, PBX, NON_SIP_HTTP, false);
	non_sip(&s, 2, ATTACKER, PBX, NON_SIP_HTTP, false);
	non_sip(&s, 2, ATTACKER, PBX, NON_SIP_TLS, true);
	CHECK(s.fact_count == 0);
	scene_advance(&s, 10);
	CHECK(scene_count(&s, FACT_NON_SIP) == 2 && s.facts[0].reason == NON_SIP_HTTP);
	CHECK(s.facts[0].count == 2 && s.facts[0].outcome == OUTCOME_UNKNOWN);
	CHECK(s.facts[0].proof == PROOF_NONE && s.facts[1].proof == PROOF_CONNECTION);
	non_sip(&s, 11, ATTACKER, PBX, NON_SIP_HTTP, false);
	watch_end(s.watch);
	CHECK(scene_count(&s, FACT_NON_SIP) == 3);
	return ERR_NONE;
}

TEST(pairing_own_kind, "where both sides speak the same, nobody knocked at a SIP port")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	non_sip(&s, 1, PHONE, PBX, NON_SIP_HTTP, true);
	non_sip(&s, 2, PBX, PHONE, NON_SIP_HTTP, true);
	non_sip(&s, 3, ATTACKER, PBX, NON_SIP_TLS, true);
	non_sip(&s, 3, PBX, ATTACKER, NON_SIP_NOISE, true);
	watch_end(s.watch);
	CHECK(s.fact_count == 3 && s.facts[0].outcome == OUTCOME_SUCCEEDED);
	CHECK(s.facts[1].outcome == OUTCOME_UNKNOWN && s.facts[2].outcome == OUTCOME_UNKNOWN);
	return ERR_NONE;
}
