/* SPDX-License-Identifier: Apache-2.0 */
/* Where accounts call: what is news, and what an office does all day. */
#include "unit/guard/fraud_priv.h"

#include <stdio.h>

TEST(toll_new_destination, "a country that nobody called is news once, after the learning time")
{
	static const struct {
		const char *name, *number;
		uint64_t at_ms;
		uint32_t milli;
	} cases[] = {
		{ "while learning", "0033199000123", 2 * (uint64_t)HOUR_MS, 0 },
		{ "a country known", "0033199000124", 8 * (uint64_t)24 * HOUR_MS, 0 },
		{ "a new one", "0039061234567", 8 * (uint64_t)24 * HOUR_MS, 1000 },
		{ "no more", "0039061234568", 8 * (uint64_t)24 * HOUR_MS, 0 },
		{ "at home", "00442079460123", 8 * (uint64_t)24 * HOUR_MS, 0 },
		{ "premium at home", "09098790123", 8 * (uint64_t)24 * HOUR_MS, 3000 },
		{ "premium again", "09098790124", 8 * (uint64_t)24 * HOUR_MS, 0 },
		{ "a satellite", "00881612345678", 8 * (uint64_t)24 * HOUR_MS, 3000 },
		{ "unread", "8881", 8 * (uint64_t)24 * HOUR_MS, 0 },
	};
	OWNED_FRAUD f = { 0 };

	TRY(fraud_init(&f, "GB"));
	fraud_take_call(&f, "200@x", "4960123", 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t before = fraud_total(&f);

		fraud_take_call(&f, i % 2 ? "201@x" : "202@x", cases[i].number, cases[i].at_ms);
		CHECK_CASE(fraud_total(&f) - before == cases[i].milli, cases[i].name);
		CHECK_CASE(f.milli[RULE_NEW_DESTINATION] == fraud_total(&f), cases[i].name);
	}
	return ERR_NONE;
}

TEST(toll_holiday, "one on holiday who calls a new country is not suspect for it")
{
	OWNED_BENCH b = { 0 };
	struct fact fact;

	TRY(bench_init(&b));
	fact = fraud_call("201@x", "00442079460123", 200, 0);
	bench_take(&b, &fact);
	for (uint32_t i = 0; i < 4; i++) {
		fact = fraud_call("201@x", "0039061234567", 200, 8 * DAY_MS + i * MINUTE_MS);
		bench_take(&b, &fact);
	}
	CHECK(!bench_is_suspect(&b, "198.51.100.7", 8 * DAY_MS + 5 * MINUTE_MS) && b.blocks == 0);
	return ERR_NONE;
}

TEST(toll_call_centre, "a call centre's 5,000 numbers a day, and its three countries, are nothing")
{
	static const char *const shapes[] = { "0207946%04u", "004930230%04u", "003319900%04u",
		                              "+1202555%04u" };
	OWNED_FRAUD f = { 0 };

	TRY(fraud_init(&f, NULL));
	for (uint32_t day = 0; day < 10; day++) {
		for (uint32_t i = 0; i < 5000; i++) {
			char number[32], account[16];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			(void)snprintf(number, sizeof(number), shapes[i % 4], i % 10000);
#pragma GCC diagnostic pop
			(void)snprintf(account, sizeof(account), "%03u@x", i % 40);
			fraud_take_call(&f, account, number, day * DAY_MS + i * (uint64_t)6000);
		}
	}
	CHECK(fraud_total(&f) == 0);
	return ERR_NONE;
}

/* Calls to where nobody called, of an account of long standing. Returns the findings. */
static uint32_t burst(struct fraud *f, uint32_t calls, uint64_t pause_ms, uint64_t from_ms)
{
	for (uint32_t i = 0; i < calls; i++) {
		char number[32];

		(void)snprintf(number, sizeof(number), "0025290779%04u", i);
		fraud_take_call(f, "201@x", number, from_ms + i * pause_ms);
	}
	return f->count[RULE_CALL_BURST];
}

TEST(toll_burst, "ten calls in ten minutes to where nobody called are a burst, slower ones not")
{
	static const struct {
		const char *name;
		uint32_t calls;
		uint64_t pause_ms, from_ms;
		bool is_new_address;
		uint32_t found;
	} cases[] = {
		{ "nine", 9, 10 * SECOND_MS, 8 * (uint64_t)24 * HOUR_MS, false, 0 },
		{ "twelve", 12, 10 * SECOND_MS, 8 * (uint64_t)24 * HOUR_MS, false, 3 },
		{ "twelve, slowly", 12, 2 * MINUTE_MS, 8 * (uint64_t)24 * HOUR_MS, false, 0 },
		{ "while learning", 40, 10 * SECOND_MS, HOUR_MS, false, 0 },
		{ "five from a new address", 5, 10 * SECOND_MS, 8 * (uint64_t)24 * HOUR_MS, true,
		  1 },
		{ "four from a new address", 4, 10 * SECOND_MS, 8 * (uint64_t)24 * HOUR_MS, true,
		  0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_FRAUD f = { 0 };
		struct fact fact;

		TRY(fraud_init(&f, NULL));
		fraud_take_call(&f, "201@x", "00442079460123", 0);
		fact = fraud_login("198.51.100.7", "201@x",
		                   cases[i].is_new_address ? 8 * DAY_MS - 1 : 1);
		fraud_take(&f, &fact);
		CHECK_CASE(burst(&f, cases[i].calls, cases[i].pause_ms, cases[i].from_ms) ==
		                   cases[i].found,
		           cases[i].name);
	}
	return ERR_NONE;
}

static void guess(struct fraud *f, const char *address, uint32_t guesses, bool is_one_device)
{
	for (uint32_t i = 0; i < guesses; i++) {
		struct fact fact = bench_failure(address, "201@x", is_one_device ? 5 : 100 + i,
		                                 HOUR_MS + i * SECOND_MS);

		fraud_take(f, &fact);
	}
}

TEST(toll_after_guessing,
     "calls abroad of an account that was guessed at count, unless its owner's")
{
	static const struct {
		const char *name;
		uint32_t guesses;
		bool is_one_device, is_owner, is_at_home;
		uint32_t found;
	} cases[] = {
		{ "cracked", 10, false, false, false, 2 },
		{ "few wrong passwords", 9, false, false, false, 0 },
		{ "a device that repeats itself", 200, true, false, false, 0 },
		{ "the owner, where he was before", 200, false, true, false, 0 },
		{ "calls at home", 200, false, false, true, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_FRAUD f = { 0 };
		struct fact fact;
		const char *first = cases[i].is_at_home ? "02079460123" : "0025290779460";
		const char *second = cases[i].is_at_home ? "02079460124" : "004930230123";

		TRY(fraud_init(&f, "GB"));
		fact = fraud_login("198.51.100.7", "201@x", cases[i].is_owner ? 0 : 2 * HOUR_MS);
		if (cases[i].is_owner)
			fraud_take(&f, &fact);
		guess(&f, "192.0.2.66", cases[i].guesses, cases[i].is_one_device);
		if (!cases[i].is_owner)
			fraud_take(&f, &fact);
		fraud_take_call(&f, "201@x", first, 2 * HOUR_MS + 1000);
		fraud_take_call(&f, "201@x", second, 2 * HOUR_MS + 2000);
		fraud_take_call(&f, "201@x", second, 2 * HOUR_MS + 3000);
		CHECK_CASE(f.count[RULE_CALL_AFTER_GUESSING] == cases[i].found, cases[i].name);
	}
	return ERR_NONE;
}

TEST(toll_accounts_full, "more accounts than there is room for are forgotten, the quietest first")
{
	OWNED_FRAUD f = { 0 };

	TRY(fraud_init(&f, NULL));
	for (uint32_t i = 0; i < 500; i++) {
		char account[16];

		(void)snprintf(account, sizeof(account), "%u@x", i);
		fraud_take_call(&f, account, "00442079460123", i * SECOND_MS);
	}
	CHECK(fraud_total(&f) == 0);
	return ERR_NONE;
}
