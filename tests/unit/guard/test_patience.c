/* SPDX-License-Identifier: Apache-2.0 */
/* Guessers who take their time, spread over accounts or over addresses, each
 * beside the honest conduct that comes closest. */
#include "guard/guessing/day.h"
#include "guard/guessing/guessing.h"
#include "unit/guard/bench_priv.h"

#include <stdio.h>
#include <string.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static struct fact login(uint32_t account, uint64_t call_id, enum fact_outcome outcome,
                         uint64_t after_ms)
{
	char text[16];
	struct fact fact;

	(void)snprintf(text, sizeof(text), "%u@x", account);
	fact = bench_failure("192.0.2.7", text, call_id, after_ms);
	fact.outcome = (uint8_t)outcome;
	fact.status = outcome == OUTCOME_UNKNOWN ? 0 : outcome == OUTCOME_FAILED ? 403 : 200;
	return fact;
}

static void try(struct bench *b, uint32_t account, uint64_t call_id, enum fact_outcome outcome,
                uint64_t after_ms)
{
	struct fact fact = login(account, call_id, outcome, after_ms);

	bench_take(b, &fact);
}

/* The guess that led to the block, 0 for none. */
static uint32_t slow_guess(struct bench *b, uint64_t pause_ms, uint32_t guesses)
{
	for (uint32_t i = 1; i <= guesses; i++) {
		try(b, 201, i, OUTCOME_FAILED, i * pause_ms);
		if (b->blocks > 0)
			return i;
	}
	return 0;
}

TEST(patience_slow, "a few guesses an hour for hours are blocked at the 21st within a day")
{
	static const struct {
		const char *name;
		uint64_t pause_ms;
		uint32_t guesses, at;
	} cases[] = {
		{ "one in two minutes", 2 * MINUTE, 100, 21 },
		{ "one in ten minutes", 10 * MINUTE, 100, 21 },
		{ "three an hour", 20 * MINUTE, 100, 21 },
		{ "one an hour, as an owner who forgot might", HOUR, 15, 0 },
		{ "one in three hours for two weeks", 3 * HOUR, 112, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_BENCH b = { 0 };

		TRY(bench_init(&b));
		CHECK_CASE(slow_guess(&b, cases[i].pause_ms, cases[i].guesses) == cases[i].at,
		           cases[i].name);
		CHECK_CASE(cases[i].at == 0 ||
		                   strcmp(b.last_block.block.rule, "slow-guessing") == 0,
		           cases[i].name);
		CHECK_CASE(bench_told(&b) == (cases[i].at != 0), cases[i].name);
	}
	return ERR_NONE;
}

TEST(patience_owner, "an owner who mistypes all day and gets in each time is no slow guesser")
{
	OWNED_BENCH b = { 0 };

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 24; i++) {
		for (uint32_t k = 0; k < 3; k++)
			try(&b, 201, i * 4 + k, OUTCOME_FAILED, i * HOUR + k * MINUTE);
		try(&b, 201, i * 4 + 3, OUTCOME_SUCCEEDED, i * HOUR + 4 * MINUTE);
	}
	CHECK(b.incidents == 0 && b.blocks == 0);
	return ERR_NONE;
}

/* As where challenges are forgotten before they are answered: what is refused is not
 * proven, what succeeds is. */
TEST(patience_let_in, "a network whose phones get in all day is no sprayer, proven or not")
{
	static const enum fact_proof proofs[] = { PROOF_NONE, PROOF_COOKIE };

	for (size_t i = 0; i < sizeof(proofs) / sizeof(proofs[0]); i++) {
		OWNED_BENCH b = { 0 };

		TRY(bench_init(&b));
		for (uint32_t phone = 0; phone < 120; phone++) {
			struct fact fact =
				login(201 + phone, phone, OUTCOME_FAILED, phone * 11 * MINUTE);

			fact.proof = (uint8_t)proofs[i];
			bench_take(&b, &fact);
			try(&b, 201 + phone, phone, OUTCOME_SUCCEEDED, phone * 11 * MINUTE + 1000);
		}
		CHECK(b.incidents == 0 && !bench_is_suspect(&b, "192.0.2.7", 120 * 11 * MINUTE));
	}
	return ERR_NONE;
}

/* At the end each of 25 accounts fails twice within the window. */
static void fail_among(struct bench *b, uint32_t let_in)
{
	try(b, 201, 1, OUTCOME_FAILED, 0);
	for (uint32_t phone = 0; phone < let_in; phone++)
		try(b, 1000 + phone, phone, OUTCOME_SUCCEEDED, phone * SECOND);
	for (uint32_t i = 0; i < 50; i++)
		try(b, 201 + i % 25, 5000 + i, OUTCOME_FAILED, HOUR + i * SECOND);
}

TEST(patience_crowd, "25 people who mistype among 300 are no sprayer, among 9 they are")
{
	OWNED_BENCH many = { 0 }, few = { 0 };

	TRY(bench_init(&many));
	fail_among(&many, 300);
	CHECK(many.incidents == 0 && !bench_is_suspect(&many, "192.0.2.7", HOUR + 50 * SECOND));
	TRY(bench_init(&few));
	fail_among(&few, 9);
	CHECK(few.blocks == 1);
	return ERR_NONE;
}

TEST(patience_device,
     "a phone with a wrong password all day, seen where nobody holds it, is told at score 0")
{
	static const uint64_t pauses_ms[] = { 20 * SECOND, 30 * SECOND, 60 * SECOND, 10 * MINUTE };

	for (size_t i = 0; i < sizeof(pauses_ms) / sizeof(pauses_ms[0]); i++) {
		OWNED_BENCH b = { 0 };

		TRY(bench_init(&b));
		for (uint32_t k = 0; k * pauses_ms[i] < DAY; k++) {
			struct fact fact = login(201, 5, OUTCOME_FAILED, k * pauses_ms[i]);

			fact.cseq = 2 + 2 * k;
			bench_take(&b, &fact);
		}
		CHECK(b.blocks == 0 && b.observed == 0 && bench_told(&b) == 1);
		CHECK(strcmp(b.told[0].rule, "old-password") == 0 && b.told[0].score_milli == 0);
		CHECK(!bench_is_suspect(&b, "192.0.2.7", DAY));
	}
	return ERR_NONE;
}

TEST(patience_posing, "who poses as such a phone and guesses ten times a second is none")
{
	OWNED_BENCH b = { 0 };
	uint32_t at = 0;

	TRY(bench_init(&b));
	for (uint32_t k = 0; k < 1000 && at == 0; k++) {
		struct fact fact = login(201, 5, OUTCOME_FAILED, k * 100);

		fact.cseq = 2 + k;
		bench_take(&b, &fact);
		at = b.blocks > 0 ? k : 0;
	}
	CHECK(at > GUESSING_MAX_REPEATS && at < GUESSING_MAX_REPEATS + 12);
	return ERR_NONE;
}

TEST(patience_spray, "one password for each of many accounts over hours is blocked at the 41st")
{
	OWNED_BENCH b = { 0 };
	uint32_t at = 0;

	TRY(bench_init(&b));
	for (uint32_t i = 1; i <= 80 && at == 0; i++) {
		try(&b, 200 + i, i, OUTCOME_FAILED, i * 10 * MINUTE);
		at = b.blocks > 0 ? i : 0;
	}
	/* Of 41 accounts two may share a bit. */
	CHECK(at >= 41 && at <= 44);
	CHECK(strcmp(b.last_block.block.rule, "spraying") == 0);
	CHECK((bench_story(&b, "192.0.2.7")->phases & PHASE_GUESS) != 0);
	return ERR_NONE;
}

TEST(patience_phones, "two hundred phones of one office that fail once and then get in are none")
{
	OWNED_BENCH b = { 0 };

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 200; i++) {
		try(&b, 200 + i, i, OUTCOME_FAILED, i * SECOND);
		try(&b, 200 + i, i, OUTCOME_SUCCEEDED, i * SECOND + 100);
	}
	CHECK(b.blocks == 0 && b.incidents == 0);
	CHECK(!bench_is_suspect(&b, "192.0.2.7", 200 * SECOND));
	return ERR_NONE;
}

TEST(patience_office,
     "66 phones that all register at once, challenged or with a stale nonce, are none")
{
	OWNED_BENCH b = { 0 };
	char account[16];

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 66; i++) {
		struct fact fact = bench_fact("192.0.2.7", FACT_REQUEST, "REGISTER", i * 500);

		(void)snprintf(account, sizeof(account), "%u@x", 200 + i);
		(void)VIEW_COPY(view_of(account), fact.account);
		fact.status = 401;
		fact.outcome = OUTCOME_FAILED;
		fact.flow.remote.port = (uint16_t)(20000 + i);
		bench_take(&b, &fact);
		try(&b, 200 + i, 1000 + i, OUTCOME_UNKNOWN, i * 500 + 20);
		try(&b, 200 + i, 1000 + i, OUTCOME_SUCCEEDED, i * 500 + 40);
	}
	CHECK(b.blocks == 0 && b.incidents == 0);
	CHECK(!bench_is_suspect(&b, "192.0.2.7", MINUTE));
	return ERR_NONE;
}

/* --- No answers --- */

TEST(patience_unanswered, "many logins without an answer are suspicion, no failure and no block")
{
	OWNED_BENCH b = { 0 };
	const struct record_incident *r = &b.last_incident.incident;

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 120; i++)
		try(&b, 201 + i % 4, i, OUTCOME_UNKNOWN, i * 200);
	guard_judge_advance(b.judge, bench_at(5 * MINUTE));
	CHECK(b.blocks == 0 && b.observed == 0 && bench_told(&b) == 1);
	CHECK(bench_is_suspect(&b, "192.0.2.7", MINUTE));
	CHECK(strcmp(r->rule, "unanswered") == 0 && r->outcome == OUTCOME_UNKNOWN);
	CHECK(r->phases == PHASE_GUESS && r->users == 4);
	return ERR_NONE;
}

TEST(patience_one_side, "phones whose answers are not in the capture are no guessers")
{
	OWNED_BENCH b = { 0 };

	TRY(bench_init(&b));
	for (uint32_t k = 0; k < 240; k++) {
		for (uint32_t i = 0; i < 20; i++) {
			struct fact fact = login(200 + i, i, OUTCOME_UNKNOWN, k * 30 * SECOND + i);

			fact.cseq = 2 + k;
			bench_take(&b, &fact);
		}
	}
	CHECK(b.incidents == 0 && !bench_is_suspect(&b, "192.0.2.7", 2 * HOUR));
	return ERR_NONE;
}

/* --- Many sources --- */

static void from(struct bench *b, const char *address, uint32_t account, enum fact_outcome outcome,
                 uint64_t after_ms)
{
	struct fact fact = login(account, after_ms, outcome, after_ms);

	fact.flow.remote = bench_addr(address);
	fact.flow.remote.port = 5060;
	bench_take(b, &fact);
}

TEST(patience_network,
     "many addresses of one /24, each with a few guesses of its own, are one story")
{
	OWNED_BENCH b = { 0 };
	char address[32];

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 30; i++) {
		(void)snprintf(address, sizeof(address), "198.51.100.%u", i + 1);
		for (uint32_t k = 0; k < 3; k++)
			from(&b, address, 200 + i, OUTCOME_FAILED, i * 20 * MINUTE + k * MINUTE);
	}
	guard_judge_advance(b.judge, bench_at(DAY));
	CHECK(bench_told(&b) == 1 && b.blocks == 0);
	CHECK(strcmp(bench_story(&b, "")->rule, "one-network") == 0);
	CHECK(bench_story(&b, "")->sources == 30 && bench_story(&b, "")->users == 30);
	CHECK(bench_is_suspect(&b, "198.51.100.30", 583 * MINUTE));
	return ERR_NONE;
}

TEST(patience_customers,
     "customers of one provider who mistype and get in are no attack from one network")
{
	OWNED_BENCH b = { 0 };
	char address[32];

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 100; i++) {
		(void)snprintf(address, sizeof(address), "198.51.100.%u", i + 1);
		for (uint32_t k = 0; k < 3; k++)
			from(&b, address, 200 + i, OUTCOME_FAILED, i * 10 * MINUTE + k * MINUTE);
		from(&b, address, 200 + i, OUTCOME_SUCCEEDED, i * 10 * MINUTE + 4 * MINUTE);
	}
	CHECK(b.incidents == 0);
	return ERR_NONE;
}

TEST(patience_traveller,
     "a softphone that mistypes and gets in at many places is no distributed attack")
{
	OWNED_BENCH b = { 0 };
	char address[32];

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 30; i++) {
		(void)snprintf(address, sizeof(address), "198.51.%u.7", i);
		from(&b, address, 201, OUTCOME_FAILED, i * 20 * MINUTE);
		from(&b, address, 201, OUTCOME_SUCCEEDED, i * 20 * MINUTE + MINUTE);
	}
	CHECK(b.incidents == 0);
	return ERR_NONE;
}

TEST(patience_off, "with the detector off nobody of them is found")
{
	OWNED_BENCH b = { 0 };
	char address[32];

	TRY(bench_init(&b));
	CHECK(bench_ask_mode(&b, "guessing", MODE_OFF, 0, 0) == ERR_NONE);
	CHECK(slow_guess(&b, 10 * MINUTE, 100) == 0);
	for (uint32_t i = 0; i < 80; i++) {
		try(&b, 200 + i, i, OUTCOME_FAILED, DAY + i * MINUTE);
		try(&b, 201, 200 + i, OUTCOME_UNKNOWN, DAY + i * 100);
		(void)snprintf(address, sizeof(address), "198.51.100.%u", i + 1);
		from(&b, address, 201, OUTCOME_FAILED, DAY + i * MINUTE);
	}
	CHECK(b.findings == 0 && b.incidents == 0);
	return ERR_NONE;
}

TEST(patience_forged, "forged failures of an address do not use up what is free for its owner")
{
	OWNED_BENCH b = { 0 };

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 500; i++) {
		struct fact fact = login(201 + i % 60, i, OUTCOME_FAILED, i * 10);

		fact.proof = PROOF_NONE;
		bench_take(&b, &fact);
	}
	for (uint32_t i = 0; i < 4; i++)
		try(&b, 201, 1000 + i, OUTCOME_FAILED, 6000 + i * SECOND);
	CHECK(b.proven_milli == 0 && b.blocks == 0 && b.observed == 0);
	return ERR_NONE;
}

/* --- Days --- */

TEST(day_counts, "a day counts what happened within it, and forgets the rest by hours")
{
	struct guessing_day d = { 0 };
	uint64_t hour_us = 3600 * (uint64_t)SECOND_US, now_us = 1000 * hour_us;

	for (uint32_t i = 0; i < 24; i++)
		CHECK(guessing_day_add(&d, now_us + i * hour_us) == i + 1);
	CHECK(guessing_day_add(&d, now_us + 24 * hour_us) == 24);
	CHECK(guessing_day_add(&d, now_us + 36 * hour_us) == 13);
	CHECK(guessing_day_add(&d, now_us + 35 * hour_us) == 14);
	CHECK(guessing_day_add(&d, now_us + 100 * hour_us) == 1);
	for (uint32_t i = 0; i < 100000; i++)
		(void)guessing_day_add(&d, now_us + 100 * hour_us);
	CHECK(guessing_day_add(&d, now_us + 100 * hour_us) == UINT16_MAX);
	return ERR_NONE;
}

TEST(day_set, "a day's set counts different ones, forgets by halves and on demand")
{
	struct guessing_day_set s = { 0 };
	uint64_t half_us = 12 * 3600 * (uint64_t)SECOND_US, now_us = 1000 * half_us;

	for (uint32_t i = 0; i < 40; i++)
		CHECK(guessing_day_set_add(&s, i, now_us) == i + 1);
	CHECK(guessing_day_set_add(&s, 7, now_us) == 40);
	guessing_day_set_remove(&s, 7);
	CHECK(guessing_day_set_add(&s, 8, now_us) == 39);
	CHECK(guessing_day_set_add(&s, 100, now_us + half_us) == 40);
	CHECK(guessing_day_set_add(&s, 100, now_us + 2 * half_us) == 1);
	CHECK(guessing_day_set_add(&s, 101, now_us + 9 * half_us) == 1);
	return ERR_NONE;
}
