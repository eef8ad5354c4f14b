/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of guessing, each beside the honest conduct that comes closest. */
#include "guard/guessing/guessing.h"
#include "unit/guard/bench_priv.h"

#include <stdio.h>
#include <string.h>

/* Guesses one account with a Call-ID for each guess. Returns the guess that led
 * to the block, 0 for none. */
static uint32_t guess(struct bench *b, uint32_t guesses, uint64_t pause_ms)
{
	for (uint32_t i = 1; i <= guesses; i++) {
		struct fact fact = bench_failure("192.0.2.7", "201@x", i, i * pause_ms);

		bench_take(b, &fact);
		if (bench_is_blocked(b, "192.0.2.7", i * pause_ms))
			return i;
	}
	return 0;
}

TEST(guessing_speeds, "a guesser is blocked at most at the 11th guess, fast or once in 30 s")
{
	static const struct {
		const char *name;
		uint64_t pause_ms;
		uint32_t at;
	} cases[] = {
		{ "as fast as answers come", 250, 9 }, { "once a second", 1000, 9 },
		{ "once in 10 s", 10000, 10 },         { "once in 30 s", 30000, 10 },
		{ "once in 40 s", 40000, 10 },         { "once in 57 s", 57000, 11 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_BENCH b = { 0 };

		TRY(bench_init(&b));
		CHECK_CASE(guess(&b, 60, cases[i].pause_ms) == cases[i].at, cases[i].name);
		CHECK_CASE(b.blocks == 1, cases[i].name);
	}
	return ERR_NONE;
}

TEST(guessing_typos, "two to four wrong passwords and then the right one score nothing")
{
	OWNED_BENCH b = { 0 };
	struct fact fact;

	TRY(bench_init(&b));
	for (uint64_t i = 0; i < 4; i++) {
		fact = bench_failure("192.0.2.7", "201@x", i, i * 20000);
		bench_take(&b, &fact);
	}
	fact = bench_failure("192.0.2.7", "201@x", 9, 100000);
	fact.outcome = OUTCOME_SUCCEEDED;
	bench_take(&b, &fact);
	CHECK(!bench_is_suspect(&b, "192.0.2.7", 100000) && b.incidents == 0 && b.blocks == 0);
	return ERR_NONE;
}

TEST(guessing_four_an_hour, "four wrong passwords every eleven minutes score nothing, five do")
{
	OWNED_BENCH b = { 0 };
	uint64_t id = 0;

	TRY(bench_init(&b));
	for (uint64_t round = 0; round < 3; round++) {
		for (uint64_t i = 0; i < 4; i++) {
			struct fact fact = bench_failure("192.0.2.7", "201@x", id++,
			                                 round * 660000 + i * 1000);

			bench_take(&b, &fact);
		}
	}
	CHECK(b.incidents == 0);
	for (uint64_t i = 0; i < 5; i++) {
		struct fact fact = bench_failure("192.0.2.7", "201@x", id++, 9000000 + i * 1000);

		bench_take(&b, &fact);
	}
	CHECK(b.incidents == 1 && b.blocks == 0);
	return ERR_NONE;
}

/* One old-password device that comes every 30 s, each time with that many
 * failures in a burst. */
static void old_password(struct bench *b, const char *account, uint64_t call_id, uint32_t rounds,
                         uint32_t burst)
{
	uint32_t cseq = 2;

	for (uint32_t r = 0; r < rounds; r++) {
		for (uint32_t i = 0; i < burst; i++) {
			struct fact fact =
				bench_failure("192.0.2.7", account, call_id, r * 30000 + i * 250);

			fact.cseq = cseq++;
			fact.kind = cseq > 7 ? FACT_OLD_PASSWORD : FACT_LOGIN;
			bench_take(b, &fact);
		}
	}
}

TEST(guessing_old_password,
     "a device with an old password is never blocked, and one incident tells of it all day")
{
	OWNED_BENCH b = { 0 };

	TRY(bench_init(&b));
	old_password(&b, "201@x", 50, 2 * 60 * 24, 1);
	CHECK(b.blocks == 0 && !bench_is_suspect(&b, "192.0.2.7", 86400000));
	CHECK(strcmp(b.last_incident.incident.rule, "old-password") == 0);
	CHECK(bench_told(&b) == 1 && b.last_incident.incident.score_milli == 0);
	CHECK(b.last_incident.incident.phases == 0 && b.incidents <= 10);
	return ERR_NONE;
}

TEST(guessing_burst,
     "a phone that fails 15 times in a burst every 30 s is an old password, no guesser")
{
	OWNED_BENCH b = { 0 };

	TRY(bench_init(&b));
	old_password(&b, "201@x", 50, 20, 15);
	CHECK(b.blocks == 0 && !bench_is_suspect(&b, "192.0.2.7", 600000));
	return ERR_NONE;
}

TEST(guessing_not_a_device,
     "constant Call-ID without rising CSeq, or another Contact, is a guesser")
{
	for (int way = 0; way < 2; way++) {
		OWNED_BENCH b = { 0 };

		TRY(bench_init(&b));
		for (uint32_t i = 0; i < 12; i++) {
			struct fact fact = bench_failure("192.0.2.7", "201@x", 50, i * 1000);

			fact.cseq = way == 0 ? 2 : 2 + i;
			fact.contact_hash = way == 0 ? 77 : i;
			bench_take(&b, &fact);
		}
		CHECK(b.blocks == 1);
	}
	return ERR_NONE;
}

TEST(guessing_office,
     "200 phones behind one address, 10 with an old password, are none of them blocked")
{
	OWNED_BENCH b = { 0 };
	char account[16];

	TRY(bench_init(&b));
	for (uint32_t round = 0; round < 10; round++) {
		for (uint32_t i = 0; i < 200; i++) {
			struct fact fact;

			(void)snprintf(account, sizeof(account), "%u@x", 200 + i);
			fact = bench_failure("192.0.2.7", account, 1000 + i,
			                     round * 60000 + i * 10);
			fact.cseq = 2 + round;
			fact.flow.remote.port = (uint16_t)(10000 + i);
			fact.outcome = i % 20 == 0 ? OUTCOME_FAILED : OUTCOME_SUCCEEDED;
			bench_take(&b, &fact);
		}
	}
	CHECK(b.blocks == 0 && !bench_is_suspect(&b, "192.0.2.7", 600000));
	return ERR_NONE;
}

TEST(guessing_many_accounts,
     "one password for each of many accounts is free for 20 of them and blocked at the 25th")
{
	OWNED_BENCH b = { 0 };
	char account[16];
	uint32_t at = 0;

	TRY(bench_init(&b));
	for (uint32_t i = 1; i <= 60 && at == 0; i++) {
		struct fact fact;

		(void)snprintf(account, sizeof(account), "%u@x", 200 + i);
		fact = bench_failure("192.0.2.7", account, i, i * 1000);
		bench_take(&b, &fact);
		at = bench_is_blocked(&b, "192.0.2.7", i * 1000) ? i : 0;
	}
	CHECK(at >= 25 && at <= 26);
	return ERR_NONE;
}

TEST(guessing_capped, "a login that we refused in the PBX's stead counts as a failed one")
{
	OWNED_BENCH b = { 0 };
	uint32_t at = 0;

	TRY(bench_init(&b));
	for (uint32_t i = 1; i <= 20 && at == 0; i++) {
		struct fact fact = bench_failure("192.0.2.7", "201@x", i > 3 ? 3 : i, i * 250);

		fact.kind = i > 3 ? FACT_CAPPED : FACT_LOGIN;
		fact.cseq = i;
		bench_take(&b, &fact);
		at = bench_is_blocked(&b, "192.0.2.7", i * 250) ? i : 0;
	}
	CHECK(at == 9);
	return ERR_NONE;
}

TEST(guessing_unknown_users,
     "ten unknown users are a block, one unknown user asked for again and again is 1")
{
	OWNED_BENCH b = { 0 };
	char account[16];
	struct fact fact;

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 50; i++) {
		fact = bench_failure("192.0.2.7", "900@x", i, i * 1000);
		fact.kind = FACT_UNKNOWN_USER;
		fact.outcome = OUTCOME_UNKNOWN;
		bench_take(&b, &fact);
	}
	CHECK(b.blocks == 0 && !bench_is_suspect(&b, "192.0.2.7", 50000));
	for (uint32_t i = 1; i < 12; i++) {
		(void)snprintf(account, sizeof(account), "%u@x", 900 + i);
		fact = bench_failure("192.0.2.7", account, i, 50000 + i * 100);
		fact.kind = FACT_UNKNOWN_USER;
		fact.outcome = OUTCOME_UNKNOWN;
		bench_take(&b, &fact);
	}
	CHECK(b.blocks == 1);
	return ERR_NONE;
}

TEST(guessing_unknown_alike,
     "passwords tried for a user who is not there are blocked no later than for one who is")
{
	OWNED_BENCH b = { 0 };
	uint32_t at = 0;

	TRY(bench_init(&b));
	for (uint32_t i = 1; i <= 20 && at == 0; i++) {
		struct fact fact = bench_failure("192.0.2.7", "900@x", i, i * 250);

		fact.kind = FACT_UNKNOWN_USER;
		bench_take(&b, &fact);
		at = bench_is_blocked(&b, "192.0.2.7", i * 250) ? i : 0;
	}
	CHECK(at == 9);
	return ERR_NONE;
}

TEST(guessing_distributed,
     "one account refused from many addresses within a day is an incident and suspicion")
{
	OWNED_BENCH b = { 0 };
	char address[32];

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 12; i++) {
		struct fact fact;

		(void)snprintf(address, sizeof(address), "198.51.100.%u", i);
		fact = bench_failure(address, "201@x", i, i * 3600000);
		bench_take(&b, &fact);
		CHECK(bench_is_suspect(&b, address, i * 3600000) == (i >= 7));
	}
	CHECK(b.blocks == 0 && b.incidents > 0);
	CHECK(strcmp(b.last_incident.incident.rule, "distributed") == 0);
	CHECK(b.last_incident.incident.source.family == 0);
	CHECK(strcmp(b.last_incident.incident.account, "201@x") == 0);
	return ERR_NONE;
}

TEST(guessing_travelling, "an owner who mistypes in seven places in a day is no distributed attack")
{
	OWNED_BENCH b = { 0 };
	char address[32];

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 14; i++) {
		struct fact fact;

		(void)snprintf(address, sizeof(address), "198.51.100.%u", i % 7);
		fact = bench_failure(address, "201@x", i, i * 3600000);
		bench_take(&b, &fact);
	}
	CHECK(b.incidents == 0);
	return ERR_NONE;
}

TEST(guessing_reregistering, "66 phones that register anew all day leave no trace")
{
	OWNED_BENCH b = { 0 };
	char account[16];

	TRY(bench_init(&b));
	for (uint32_t round = 0; round < 100; round++) {
		for (uint32_t i = 0; i < 66; i++) {
			struct fact fact;

			(void)snprintf(account, sizeof(account), "%u@x", 200 + i);
			fact = bench_failure("192.0.2.7", account, 1000 + i,
			                     round * 54000 + i * 20);
			fact.cseq = 2 + 2 * round;
			fact.standing = STANDING_KNOWN;
			fact.outcome = OUTCOME_SUCCEEDED;
			bench_take(&b, &fact);
			fact.kind = FACT_REGISTERED;
			bench_take(&b, &fact);
		}
	}
	CHECK(b.incidents == 0 && b.blocks == 0 && counters_get(&b.counters, COUNT_findings) == 0);
	return ERR_NONE;
}

TEST(guessing_leak,
     "who challenges what comes from inside is told once in the window; a peer or a phone that does is not scored")
{
	static const struct {
		const char *name;
		enum fact_standing standing;
		enum fact_proof proof;
		uint32_t incidents, want_milli;
	} cases[] = {
		{ "a stranger", STANDING_STRANGER, PROOF_BRANCH, 1, GUESSING_LEAK_MILLI },
		{ "a phone", STANDING_KNOWN, PROOF_BRANCH, 1, 0 },
		{ "a carrier", STANDING_PEER, PROOF_BRANCH, 1, 0 },
		{ "a forged answer of a phone's", STANDING_KNOWN, PROOF_NONE, 0, 0 },
		{ "a forged answer of a carrier's", STANDING_PEER, PROOF_NONE, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_BENCH b = { 0 };

		TRY(bench_init(&b));
		for (uint64_t n = 0; n < 50; n++) {
			struct fact fact = bench_fact("192.0.2.7", FACT_DIGEST_LEAK, "BYE", n);

			fact.status = 407;
			fact.standing = (uint8_t)cases[i].standing;
			fact.proof = (uint8_t)cases[i].proof;
			bench_take(&b, &fact);
		}
		CHECK_CASE(bench_told(&b) == cases[i].incidents &&
		                   b.proven_milli == cases[i].want_milli && b.blocks == 0,
		           cases[i].name);
		if (cases[i].incidents == 0)
			continue;
		CHECK_CASE(strcmp(b.told[0].rule, "digest-leak") == 0 &&
		                   strcmp(b.told[0].detector, "guessing") == 0,
		           cases[i].name);
		CHECK_CASE(strstr(b.told[0].evidence,
		                  "1 time: asked who is inside for a password, and was given none"
		                  " with 407"),
		           b.told[0].evidence);
	}
	return ERR_NONE;
}

TEST(guessing_full, "a table full of accounts still counts the one that is guessed")
{
	OWNED_BENCH b = { 0 };
	char account[16];
	uint32_t guesses = 0;

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 5000; i++) {
		struct fact fact;
		char address[32];

		(void)snprintf(address, sizeof(address), "10.%u.%u.1", i / 250, i % 250);
		(void)snprintf(account, sizeof(account), "%u@x", i);
		fact = bench_failure(address, account, i, i * 10);
		fact.proof = PROOF_NONE;
		bench_take(&b, &fact);
		if (i % 100 == 0 && !bench_is_blocked(&b, "192.0.2.7", i * 10)) {
			fact = bench_failure("192.0.2.7", "201@x", 100000 + i, i * 10);
			bench_take(&b, &fact);
			guesses++;
		}
	}
	CHECK(bench_is_blocked(&b, "192.0.2.7", 50000) && guesses <= 11);
	return ERR_NONE;
}
