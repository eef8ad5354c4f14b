/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks: when they come, how long they last, who is exempt, what is told. */
#include "unit/guard/bench_priv.h"

#include <stdio.h>
#include <string.h>

static uint64_t next_call_id = 1;

/* Guesses until a block stands or 30 guesses are spent. */
static void guess_from(struct bench *b, const char *address, uint64_t after_ms)
{
	uint32_t blocks = b->blocks + b->observed;

	for (uint32_t i = 0; i < 30 && b->blocks + b->observed == blocks; i++) {
		struct fact fact = bench_failure(address, "201@x", next_call_id++, after_ms + i);

		bench_take(b, &fact);
	}
}

enum { SECOND = 1000, HOUR = 3600 * SECOND, DAY = 24 * HOUR };

TEST(judge_terms,
     "a block lasts an hour, and twice as long each time it comes again within a day, up to a week")
{
	static const uint32_t terms_h[] = { 1, 2, 4, 8, 16, 32, 64, 128, 168, 168 };
	OWNED_BENCH b = { 0 };
	uint64_t at_ms = 0;

	TRY(bench_init(&b));
	for (size_t i = 0; i < sizeof(terms_h) / sizeof(terms_h[0]); i++) {
		guess_from(&b, "192.0.2.7", at_ms);
		CHECK(b.blocks == i + 1 && b.last_block.block.term_s == terms_h[i] * 3600);
		CHECK(bench_is_blocked(&b, "192.0.2.7",
		                       at_ms + terms_h[i] * (uint64_t)HOUR - SECOND));
		at_ms += terms_h[i] * (uint64_t)HOUR + HOUR;
		CHECK(!bench_is_blocked(&b, "192.0.2.7", at_ms));
		guard_judge_advance(b.judge, bench_at(at_ms));
	}
	CHECK(counters_get(&b.counters, COUNT_blocks_ended) == 10);
	at_ms += 25 * (uint64_t)HOUR;
	guard_judge_advance(b.judge, bench_at(at_ms));
	guess_from(&b, "192.0.2.7", at_ms);
	CHECK(b.last_block.block.term_s == 3600);
	return ERR_NONE;
}

TEST(judge_slides, "the end of a block slides by offences over a connection, never by datagrams")
{
	OWNED_BENCH b = { 0 };
	struct fact fact;

	TRY(bench_init(&b));
	guess_from(&b, "192.0.2.7", 0);
	fact = bench_failure("192.0.2.7", "201@x", 900, HOUR / 2);
	bench_take(&b, &fact);
	CHECK(!bench_is_blocked(&b, "192.0.2.7", HOUR + SECOND));
	for (uint32_t i = 0; i < 9; i++) {
		fact = bench_failure("192.0.2.7", "201@x", 901 + i, HOUR / 2 + i);
		fact.proof = PROOF_CONNECTION;
		bench_take(&b, &fact);
	}
	CHECK(bench_is_blocked(&b, "192.0.2.7", HOUR + SECOND));
	CHECK(b.blocks == 1);
	/* What is recorded is at most half a term behind. */
	CHECK(b.last_block.block.until_wall_us >= bench_at(HOUR + HOUR / 2).wall_us);
	return ERR_NONE;
}

TEST(judge_v6, "IPv6 is counted and blocked by its /64")
{
	OWNED_BENCH b = { 0 };
	char address[48];

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 10; i++) {
		struct fact fact;

		(void)snprintf(address, sizeof(address), "2001:db8:1:2::%u", i + 1);
		fact = bench_failure(address, "201@x", i, i);
		bench_take(&b, &fact);
	}
	CHECK(bench_is_blocked(&b, "2001:db8:1:2:ffff::1", SECOND));
	CHECK(!bench_is_blocked(&b, "2001:db8:1:3::1", SECOND));
	CHECK(b.last_block.block.net.prefix == 64);
	return ERR_NONE;
}

TEST(judge_known_flow, "what a known flow does wrong blocks that flow and not its address")
{
	OWNED_BENCH b = { 0 };

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 12; i++) {
		struct fact fact = bench_failure("192.0.2.7", "201@x", i, i);

		fact.standing = STANDING_KNOWN;
		fact.flow.remote.port = 5062;
		bench_take(&b, &fact);
	}
	CHECK(bench_is_flow_blocked(&b, "192.0.2.7", 5062, SECOND));
	CHECK(!bench_is_flow_blocked(&b, "192.0.2.7", 5063, SECOND));
	CHECK(!bench_is_blocked(&b, "192.0.2.7", SECOND) && b.blocks == 1);
	CHECK(b.last_block.block.net.base.port == 5062);
	return ERR_NONE;
}

TEST(judge_never,
     "who is on the never-block list is never blocked nor suspect, and is unblocked when he comes on it")
{
	OWNED_BENCH b = { 0 };
	struct addr_net net;

	TRY(bench_init(&b));
	CHECK(bench_ask_net(&b, ASK_NEVER_BLOCK_ADD, "192.0.2.0/28", 0, 0) == ERR_NONE);
	guess_from(&b, "192.0.2.7", 0);
	CHECK(b.observed == 0 && !bench_is_blocked(&b, "192.0.2.7", SECOND) &&
	      !bench_is_suspect(&b, "192.0.2.7", SECOND));
	CHECK(bench_ask_net(&b, ASK_BLOCK_ADD, "192.0.2.0/24", 60, 0) == ERR_DENIED);
	CHECK(bench_ask_net(&b, ASK_BLOCK_ADD, "192.0.2.7", 60, 0) == ERR_DENIED);

	guess_from(&b, "198.51.100.7", 0);
	CHECK(bench_is_blocked(&b, "198.51.100.7", SECOND));
	CHECK(bench_ask_net(&b, ASK_NEVER_BLOCK_ADD, "198.51.100.7", 0, SECOND) == ERR_NONE);
	CHECK(!bench_is_blocked(&b, "198.51.100.7", SECOND) && b.lifted == 1);

	guess_from(&b, "203.0.113.7", 0);
	CHECK(addr_net_parse(VIEW("203.0.113.0/24"), &net) == ERR_NONE);
	CHECK(guard_never_add(&b.settings, &net, "head office"));
	guard_judge_apply(b.judge, &b.settings, bench_at(SECOND));
	CHECK(!bench_is_blocked(&b, "203.0.113.7", SECOND));
	return ERR_NONE;
}

TEST(judge_never_list,
     "the never-block list tells configured and added entries; configured ones stay")
{
	OWNED_BENCH b = { 0 };
	struct ask list = { .head = { .kind = ASK_NEVER_BLOCK_LIST } };
	struct addr_net net;

	TRY(bench_init(&b));
	CHECK(addr_net_parse(VIEW("203.0.113.0/24"), &net) == ERR_NONE);
	CHECK(guard_never_add(&b.settings, &net, "head office"));
	guard_judge_apply(b.judge, &b.settings, bench_at(0));
	CHECK(bench_ask_net(&b, ASK_NEVER_BLOCK_ADD, "192.0.2.7", 0, 0) == ERR_NONE);
	CHECK(bench_ask_net(&b, ASK_NEVER_BLOCK_ADD, "192.0.2.7", 0, 0) == ERR_EXISTS);
	CHECK(bench_ask(&b, &list, 0) == ERR_NONE && b.rows == 2);
	CHECK(strcmp(b.last_row.body.record.block.reason, "because") == 0);
	CHECK(b.last_row.body.record.block.block != 0);
	CHECK(bench_ask_net(&b, ASK_NEVER_BLOCK_REMOVE, "203.0.113.0/24", 0, 0) == ERR_DENIED);
	CHECK(bench_ask_net(&b, ASK_NEVER_BLOCK_REMOVE, "192.0.2.8", 0, 0) == ERR_NOT_FOUND);
	CHECK(bench_ask_net(&b, ASK_NEVER_BLOCK_REMOVE, "192.0.2.7", 0, 0) == ERR_NONE);
	CHECK(bench_ask(&b, &list, 0) == ERR_NONE && b.rows == 1);
	return ERR_NONE;
}

TEST(judge_never_full, "a full never-block list refuses one more and forgets none")
{
	OWNED_BENCH b = { 0 };
	char address[32];
	enum err err = ERR_NONE;
	uint32_t count = 0;

	TRY(bench_init(&b));
	for (uint32_t i = 0; i <= 2 * MAX_NEVER_BLOCK && err == ERR_NONE; i++) {
		(void)snprintf(address, sizeof(address), "10.0.%u.%u", i / 250, i % 250);
		err = bench_ask_net(&b, ASK_NEVER_BLOCK_ADD, address, 0, 0);
		count += err == ERR_NONE;
	}
	CHECK(err == ERR_FULL && count == 2 * MAX_NEVER_BLOCK);
	CHECK(bench_ask_net(&b, ASK_BLOCK_ADD, "10.0.0.0", 60, 0) == ERR_DENIED);
	return ERR_NONE;
}

TEST(judge_observe, "in mode observe a block is recorded once as observed and no verdict stands")
{
	OWNED_BENCH b = { 0 };

	TRY(bench_init(&b));
	CHECK(bench_ask_mode(&b, "", MODE_OBSERVE, 0, 0) == ERR_NONE);
	guess_from(&b, "192.0.2.7", 0);
	guess_from(&b, "192.0.2.7", 100);
	CHECK(b.observed == 1 && b.blocks == 0);
	CHECK(!bench_is_blocked(&b, "192.0.2.7", SECOND) &&
	      !bench_is_suspect(&b, "192.0.2.7", SECOND));
	CHECK(bench_ask_net(&b, ASK_BLOCK_ADD, "198.51.100.7", 60, 0) == ERR_NONE);
	CHECK(bench_is_blocked(&b, "198.51.100.7", SECOND));
	CHECK(bench_ask_mode(&b, "", MODE_BLOCK, 0, SECOND) == ERR_NONE);
	guess_from(&b, "192.0.2.7", SECOND);
	CHECK(b.blocks == 2 && bench_is_blocked(&b, "192.0.2.7", SECOND));
	CHECK(b.last_block.block.term_s == 3600);
	return ERR_NONE;
}

TEST(judge_mode_for, "a mode set for a while goes back by itself, and one can ask which it is")
{
	OWNED_BENCH b = { 0 };

	TRY(bench_init(&b));
	CHECK(bench_ask_mode(&b, "", MODE_OBSERVE, 30, 0) == ERR_NONE);
	CHECK(bench_ask_mode(&b, "", 255, 0, 10 * SECOND) == ERR_NONE);
	CHECK(b.last_row.body.mode.mode == MODE_OBSERVE && b.last_row.body.mode.for_s == 20);
	guard_judge_advance(b.judge, bench_at(29 * SECOND));
	CHECK(verdict_table_mode(b.verdicts) == MODE_OBSERVE);
	guard_judge_advance(b.judge, bench_at(30 * SECOND));
	CHECK(verdict_table_mode(b.verdicts) == MODE_BLOCK);
	CHECK(bench_ask_mode(&b, "", MODE_OFF, 0, 0) == ERR_SYNTAX);
	CHECK(bench_ask_mode(&b, "", 3, 0, 0) == ERR_SYNTAX);
	CHECK(bench_ask_mode(&b, "weather", MODE_OFF, 0, 0) == ERR_NOT_FOUND);
	CHECK(view_equal(view_bytes(b.last_row.body.text, b.last_row.head.size),
	                 VIEW("there is no detector 'weather'; there are scanner, enumeration, "
	                      "guessing, toll-fraud, anomaly, non-sip")));
	return ERR_NONE;
}

TEST(judge_detector_modes, "a detector that is off finds nothing, one that observes blocks nobody")
{
	OWNED_BENCH b = { 0 };

	TRY(bench_init(&b));
	CHECK(bench_ask_mode(&b, "guessing", MODE_OFF, 0, 0) == ERR_NONE);
	guess_from(&b, "192.0.2.7", 0);
	CHECK(b.incidents == 0 && b.observed == 0 && b.blocks == 0);
	CHECK(bench_ask_mode(&b, "guessing", MODE_OBSERVE, 0, 0) == ERR_NONE);
	guess_from(&b, "192.0.2.8", 0);
	CHECK(b.incidents > 0 && b.observed == 1 && b.blocks == 0);
	CHECK(!bench_is_suspect(&b, "192.0.2.8", SECOND));
	CHECK(bench_ask_mode(&b, "guessing", MODE_BLOCK, 0, 0) == ERR_NONE);
	guess_from(&b, "192.0.2.9", 0);
	CHECK(b.blocks == 1);
	return ERR_NONE;
}

TEST(judge_why, "why tells the score step by step, with the block, the address or the user")
{
	OWNED_BENCH b = { 0 };
	const struct record_block *r = &b.last_row.body.record.block;

	TRY(bench_init(&b));
	CHECK(bench_ask_why(&b, "192.0.2.7", 0) == ERR_NOT_FOUND && b.rows == 1);
	for (uint32_t i = 0; i < 6; i++) {
		struct fact fact = bench_failure("192.0.2.7", "201@x", i, i);

		bench_take(&b, &fact);
	}
	CHECK(bench_ask_why(&b, "192.0.2.7", 10) == ERR_NONE && b.rows == 1);
	CHECK(r->block == 0 && r->step_count == 6 && r->steps[0].score_milli == 0);
	CHECK(strcmp(r->reason, "not blocked; score now 4.0, suspect at 6.0, blocked at 10.0") ==
	      0);
	CHECK(strcmp(r->steps[5].text, "REGISTER 201@x: login refused with 403") == 0);
	CHECK(strcmp(r->steps[5].rule, "failed-login") == 0 && r->steps[5].score_milli == 2000);

	guess_from(&b, "192.0.2.7", 10);
	CHECK(bench_ask_why(&b, "192.0.2.7", 100) == ERR_NONE);
	CHECK(r->block == b.last_block.block.block && r->step_count == 9 && r->incident != 0);
	CHECK(strcmp(r->reason, "score 10.0, last for: login refused") == 0);
	CHECK(bench_ask_why(&b, "201", 100) == ERR_NONE &&
	      bench_ask_why(&b, "201@X", 100) == ERR_NONE);
	CHECK(bench_ask_why(&b, "202", 100) == ERR_NOT_FOUND &&
	      bench_ask_why(&b, "", 100) == ERR_SYNTAX);
	return ERR_NONE;
}

TEST(judge_lifted, "who is unblocked begins with a clean score and at the first term")
{
	OWNED_BENCH b = { 0 };
	struct fact fact;

	TRY(bench_init(&b));
	guess_from(&b, "192.0.2.7", 0);
	CHECK(bench_ask_net(&b, ASK_BLOCK_REMOVE, "192.0.2.7", 0, SECOND) == ERR_NONE);
	CHECK(b.lifted == 1 && b.last_block.block.is_removed &&
	      !bench_is_blocked(&b, "192.0.2.7", SECOND));
	fact = bench_failure("192.0.2.7", "201@x", 999, SECOND);
	bench_take(&b, &fact);
	CHECK(!bench_is_blocked(&b, "192.0.2.7", SECOND));
	CHECK(bench_ask_net(&b, ASK_BLOCK_REMOVE, "192.0.2.7", 0, SECOND) == ERR_NOT_FOUND);
	guess_from(&b, "192.0.2.7", 2 * SECOND);
	CHECK(b.last_block.block.term_s == 3600);
	return ERR_NONE;
}

TEST(judge_admin,
     "the administrator blocks addresses and networks for the term he gives, and can take them back")
{
	OWNED_BENCH b = { 0 };

	TRY(bench_init(&b));
	CHECK(bench_ask_net(&b, ASK_BLOCK_ADD, "192.0.2.0/24", 120, 0) == ERR_NONE);
	CHECK(b.last_row.body.record.block.origin == ORIGIN_ADMIN && b.last_row.head.is_last);
	CHECK(bench_is_blocked(&b, "192.0.2.200", 119 * SECOND) &&
	      !bench_is_blocked(&b, "192.0.2.200", 120 * SECOND));
	CHECK(bench_ask_why(&b, "192.0.2.200", SECOND) == ERR_NONE);
	CHECK(strcmp(b.last_row.body.record.block.reason, "because") == 0);
	CHECK(bench_ask_net(&b, ASK_BLOCK_REMOVE, "192.0.2.0/24", 0, 0) == ERR_NONE);
	CHECK(!bench_is_blocked(&b, "192.0.2.200", SECOND));
	CHECK(bench_ask_net(&b, ASK_BLOCK_ADD, "2001:db8::1", 0, 0) == ERR_NONE);
	CHECK(b.last_row.body.record.block.term_s == 3600 &&
	      bench_is_blocked(&b, "2001:db8::2", SECOND));
	CHECK(bench_ask_net(&b, ASK_BLOCK_REMOVE, "2001:db8::9", 0, 0) == ERR_NONE);
	CHECK(bench_ask_net(&b, ASK_BLOCK_ADD, "192.0.2.1", UINT32_MAX, 0) == ERR_LIMIT);
	return ERR_NONE;
}

TEST(judge_bad_questions, "a question that is cut, open-ended or of no net is refused")
{
	OWNED_BENCH b = { 0 };
	struct ask q = { .head = { .kind = ASK_BLOCK_ADD, .size = sizeof(struct ask_net) } };

	TRY(bench_init(&b));
	CHECK(bench_ask(&b, &q, 0) == ERR_SYNTAX);
	q.body.net.net = (struct addr_net){ bench_addr("192.0.2.1"), 24 };
	CHECK(bench_ask(&b, &q, 0) == ERR_SYNTAX);
	q.body.net.net.prefix = 120;
	CHECK(bench_ask(&b, &q, 0) == ERR_SYNTAX);
	q.body.net.net.prefix = 128;
	memset(q.body.net.reason, 'x', sizeof(q.body.net.reason));
	CHECK(bench_ask(&b, &q, 0) == ERR_SYNTAX);
	memset(&q.body, 0, sizeof(q.body));
	q.head.size = 3;
	for (int kind = 0; kind < ASK_KIND_COUNT + 2; kind++) {
		q.head.kind = (uint16_t)kind;
		(void)bench_ask(&b, &q, 0);
		CHECK(b.rows >= 1 && b.last_row.head.is_last);
	}
	CHECK(b.blocks == 0);
	return ERR_NONE;
}

TEST(judge_restart, "a judge that starts anew goes on with the blocks in the table")
{
	OWNED_BENCH b = { 0 };

	TRY(bench_init(&b));
	guess_from(&b, "192.0.2.7", 0);
	TRY(bench_restart(&b));
	CHECK(bench_is_blocked(&b, "192.0.2.7", SECOND));
	CHECK(bench_ask_why(&b, "192.0.2.7", SECOND) == ERR_NONE);
	CHECK(b.last_row.body.record.block.block == b.last_block.block.block);
	CHECK(bench_ask_net(&b, ASK_BLOCK_REMOVE, "192.0.2.7", 0, SECOND) == ERR_NONE);
	CHECK(!bench_is_blocked(&b, "192.0.2.7", SECOND));
	return ERR_NONE;
}

TEST(judge_restart_modes, "modes set at run time hold for a judge that starts anew")
{
	OWNED_BENCH b = { 0 };

	TRY(bench_init(&b));
	CHECK(bench_ask_mode(&b, "guessing", MODE_OBSERVE, 0, 0) == ERR_NONE);
	CHECK(bench_ask_mode(&b, "", MODE_OBSERVE, 30, 0) == ERR_NONE);
	TRY(bench_restart(&b));
	CHECK(verdict_table_mode(b.verdicts) == MODE_OBSERVE);
	guard_judge_advance(b.judge, bench_at(30 * SECOND));
	CHECK(verdict_table_mode(b.verdicts) == MODE_BLOCK);
	CHECK(bench_ask_mode(&b, "guessing", 255, 0, 30 * SECOND) == ERR_NONE);
	CHECK(b.last_row.body.mode.mode == MODE_OBSERVE && b.last_row.body.mode.for_s == 0);
	guard_judge_apply(b.judge, &b.settings, bench_at(31 * SECOND));
	CHECK(!verdict_table_kept_mode(b.verdicts, 0, &(struct verdict_mode){ 0 }));
	return ERR_NONE;
}

TEST(judge_restore, "blocks from the store stand again, ended, lifted and forbidden ones do not")
{
	OWNED_BENCH b = { 0 };
	struct ask q = { .head = { .kind = ASK_BLOCK_RESTORE, .size = sizeof(union record) } };
	struct record_block *r = &q.body.record.block;

	TRY(bench_init(&b));
	guess_from(&b, "192.0.2.7", 0);
	*r = b.last_block.block;
	CHECK(bench_ask_net(&b, ASK_BLOCK_REMOVE, "192.0.2.7", 0, 0) == ERR_NONE);
	r->block = 70;
	CHECK(bench_ask(&b, &q, SECOND) == ERR_NONE && bench_is_blocked(&b, "192.0.2.7", SECOND));
	CHECK(bench_ask(&b, &q, SECOND) == ERR_NONE);
	guess_from(&b, "192.0.2.8", 0);
	CHECK(b.last_block.block.block > 70);

	/* Written by a clock that went ahead. */
	r->net.base = bench_addr("192.0.2.10");
	r->until_wall_us += 1000 * INT64_C(86400) * SECOND_US;
	CHECK(bench_ask(&b, &q, SECOND) == ERR_NONE && bench_is_blocked(&b, "192.0.2.10", SECOND));
	CHECK(!bench_is_blocked(&b, "192.0.2.10", SECOND + (uint64_t)r->term_s * SECOND));
	r->until_wall_us -= 1000 * INT64_C(86400) * SECOND_US;

	r->net.base = bench_addr("192.0.2.9");
	CHECK(bench_ask(&b, &q, 2 * HOUR) == ERR_NONE &&
	      !bench_is_blocked(&b, "192.0.2.9", 2 * HOUR));
	r->is_removed = 1;
	CHECK(bench_ask(&b, &q, SECOND) == ERR_NONE && !bench_is_blocked(&b, "192.0.2.9", SECOND));
	r->is_removed = 0;
	CHECK(bench_ask_net(&b, ASK_NEVER_BLOCK_ADD, "192.0.2.9", 0, 0) == ERR_NONE);
	CHECK(bench_ask(&b, &q, SECOND) == ERR_NONE && !bench_is_blocked(&b, "192.0.2.9", SECOND));
	r->net.base.family = 9;
	CHECK(bench_ask(&b, &q, SECOND) == ERR_SYNTAX);
	return ERR_NONE;
}

TEST(judge_success, "success lowers what is about that account on that flow, and nothing else")
{
	static const struct {
		const char *name, *account;
		uint16_t port;
		bool is_lowered;
	} cases[] = {
		{ "the same account and flow", "201@x", 5060, true },
		{ "another account", "202@x", 5060, false },
		{ "another port", "201@x", 5061, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_BENCH b = { 0 };
		struct fact fact;

		TRY(bench_init(&b));
		for (uint32_t k = 0; k < 8; k++) {
			fact = bench_failure("192.0.2.7", "201@x", k, k);
			bench_take(&b, &fact);
		}
		fact = bench_failure("192.0.2.7", cases[i].account, 99, 20);
		fact.outcome = OUTCOME_SUCCEEDED;
		fact.flow.remote.port = cases[i].port;
		bench_take(&b, &fact);
		for (uint32_t k = 0; k < 2; k++) {
			fact = bench_failure("192.0.2.7", "201@x", 200 + k, 30 + k);
			bench_take(&b, &fact);
		}
		CHECK_CASE((b.blocks == 0) == cases[i].is_lowered, cases[i].name);
	}
	return ERR_NONE;
}

TEST(judge_incident_grows,
     "an incident is one row that grows, told when it doubles and now and then")
{
	OWNED_BENCH b = { 0 };
	uint64_t number;

	TRY(bench_init(&b));
	CHECK(bench_ask_mode(&b, "", MODE_OBSERVE, 0, 0) == ERR_NONE);
	for (uint32_t i = 0; i < 1000; i++) {
		struct fact fact = bench_failure("192.0.2.7", "201@x", i, i * 10);

		bench_take(&b, &fact);
	}
	number = b.last_incident.incident.incident;
	CHECK(b.incidents < 15);
	guard_judge_advance(b.judge, bench_at(60 * SECOND));
	CHECK(b.last_incident.incident.count == 1000 &&
	      b.last_incident.incident.incident == number);
	CHECK(strstr(b.last_incident.incident.evidence, "1,000 times: login refused") != NULL);
	CHECK(bench_ask_mode(&b, "", MODE_BLOCK, 0, 0) == ERR_NONE);
	guess_from(&b, "192.0.2.7", 2 * HOUR);
	CHECK(b.last_incident.incident.incident == number && b.last_incident.incident.is_blocked);
	guess_from(&b, "192.0.2.7", 27 * HOUR);
	CHECK(b.last_incident.incident.incident != number && b.last_incident.incident.is_blocked);
	return ERR_NONE;
}

TEST(judge_hits, "hits at the door add to the incident of the block")
{
	OWNED_BENCH b = { 0 };
	struct fact fact = bench_failure("192.0.2.7", "", 0, SECOND);

	TRY(bench_init(&b));
	guess_from(&b, "192.0.2.7", 0);
	fact.kind = FACT_BLOCKED_HITS;
	fact.proof = PROOF_NONE;
	fact.count = 5000;
	bench_take(&b, &fact);
	guard_judge_advance(b.judge, bench_at(60 * SECOND));
	CHECK(b.last_incident.incident.count == 5009 && b.blocks == 1);
	return ERR_NONE;
}

TEST(judge_shapes,
     "proven scanner shapes and hostile messages score, unproven ones make suspects alone")
{
	static const struct {
		const char *name;
		uint8_t kind, grade, proof;
		uint32_t needed;
		bool is_block;
	} cases[] = {
		{ "scanner shapes with proof", FACT_SCANNER, 0, PROOF_COOKIE, 3, true },
		{ "scanner shapes without", FACT_SCANNER, 0, PROOF_NONE, 3, false },
		{ "hostile messages with proof", FACT_ANOMALY, 3, PROOF_CONNECTION, 6, true },
		{ "hostile messages without", FACT_ANOMALY, 3, PROOF_NONE, 6, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_BENCH b = { 0 };

		TRY(bench_init(&b));
		for (uint32_t k = 0; k < cases[i].needed; k++) {
			struct fact fact = bench_failure("192.0.2.7", "", k, k);

			fact.kind = cases[i].kind;
			fact.grade = cases[i].grade;
			fact.proof = cases[i].proof;
			fact.reason = (uint16_t)(k + 1);
			bench_take(&b, &fact);
		}
		CHECK_CASE(bench_is_blocked(&b, "192.0.2.7", SECOND) == cases[i].is_block,
		           cases[i].name);
		CHECK_CASE(bench_is_suspect(&b, "192.0.2.7", SECOND) != cases[i].is_block,
		           cases[i].name);
	}
	return ERR_NONE;
}

TEST(judge_sloppy, "a sloppy message, as phones send it, is no finding, however often")
{
	OWNED_BENCH b = { 0 };

	TRY(bench_init(&b));
	for (uint32_t k = 0; k < 1000; k++) {
		struct fact fact = bench_failure("192.0.2.7", "", k, k);

		fact.kind = FACT_ANOMALY;
		fact.grade = 2;
		bench_take(&b, &fact);
	}
	CHECK(counters_get(&b.counters, COUNT_findings) == 0);
	return ERR_NONE;
}

TEST(judge_unsound, "a fact that is not sound is counted and judged no further")
{
	OWNED_BENCH b = { 0 };
	struct fact fact = bench_failure("192.0.2.7", "201@x", 1, 0);

	TRY(bench_init(&b));
	fact.version = 9;
	bench_take(&b, &fact);
	CHECK(counters_get(&b.counters, COUNT_bad_slots) == 1 &&
	      counters_get(&b.counters, COUNT_facts_judged) == 0);
	return ERR_NONE;
}

TEST(judge_detectors, "the detectors are told with their modes and what they found")
{
	OWNED_BENCH b = { 0 };
	struct ask q = { .head = { .kind = ASK_DETECTORS } };

	TRY(bench_init(&b));
	CHECK(bench_ask(&b, &q, 0) == ERR_NONE && b.rows == GUARD_DETECTOR_COUNT);
	CHECK(b.last_row.head.is_last && strcmp(b.last_row.body.detector.name, "non-sip") == 0);
	return ERR_NONE;
}

TEST(judge_wait, "the judge says when it wants to be woken, and is never late")
{
	OWNED_BENCH b = { 0 };

	TRY(bench_init(&b));
	guard_judge_advance(b.judge, bench_at(0));
	CHECK(guard_judge_wait_us(b.judge, bench_at(0)) == 5 * SECOND_US);
	CHECK(bench_ask_mode(&b, "", MODE_OBSERVE, 2, 0) == ERR_NONE);
	CHECK(guard_judge_wait_us(b.judge, bench_at(0)) == 2 * SECOND_US);
	CHECK(guard_judge_wait_us(b.judge, bench_at(9000)) == 0);
	return ERR_NONE;
}

TEST(judge_many_sources,
     "more guessers than the table holds: the proven one stays, the forged are forgotten")
{
	OWNED_BENCH b = { 0 };
	char address[32];

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 9; i++) {
		struct fact fact = bench_failure("192.0.2.7", "201@x", i, i);

		bench_take(&b, &fact);
	}
	for (uint32_t i = 0; i < 5000; i++) {
		struct fact fact;

		(void)snprintf(address, sizeof(address), "10.9.%u.%u", i / 250, i % 250);
		fact = bench_failure(address, "201@x", i, 20);
		fact.kind = FACT_SCANNER;
		fact.proof = PROOF_NONE;
		bench_take(&b, &fact);
	}
	CHECK(b.incidents < 60);
	for (uint32_t i = 0; i < 2; i++) {
		struct fact fact = bench_failure("192.0.2.7", "201@x", 50 + i, 30 + i);

		bench_take(&b, &fact);
	}
	CHECK(b.blocks == 1);
	return ERR_NONE;
}
