/* SPDX-License-Identifier: Apache-2.0 */
/* Hunters and probers, each beside the honest conduct that comes closest. */
#include "unit/guard/fraud_priv.h"

#include <stdio.h>

/* --- Prefixes --- */

TEST(toll_hunting,
     "dial strings of one number are a hunt from the third, or fourth if all are honest")
{
	static const struct {
		const char *name, *country;
		const char *strings[6];
		uint32_t found;
	} cases[] = {
		{ "with and without the line", NULL, { "02079460123", "902079460123" }, 0 },
		{ "the same again and again",
		  NULL,
		  { "9900442079460123", "9900442079460123", "9900442079460123",
		    "9900442079460123" },
		  0 },
		{ "three honest forms",
		  NULL,
		  { "+442079460123", "00442079460123", "02079460123" },
		  0 },
		{ "a fourth",
		  NULL,
		  { "+442079460123", "00442079460123", "02079460123", "900442079460123" },
		  1 },
		{ "carrier codes",
		  NULL,
		  { "011442079460123", "9011442079460123", "1010999011442079460123",
		    "1010888011442079460123", "1010777011442079460123" },
		  3 },
		{ "access digits and 810",
		  NULL,
		  { "00442079460123", "000442079460123", "99810442079460123", "77810442079460123" },
		  2 },
		{ "digits before the number alone",
		  NULL,
		  { "442079460123", "9442079460123", "88442079460123", "777442079460123",
		    "6666442079460123" },
		  2 },
		{ "digits that make it longer than numbers are",
		  NULL,
		  { "442079460123", "00753442079460123", "76000442079460123" },
		  1 },
		{ "an office's ways to dial",
		  "GB",
		  { "+442079460123", "902079460123", "02079460123" },
		  0 },
		{ "what no office in Britain dials",
		  "GB",
		  { "902079460123", "011442079460123", "810442079460123" },
		  1 },
		{ "three different numbers",
		  NULL,
		  { "9900442079460123", "8800442079460124", "7700442079460125" },
		  0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_FRAUD f = { 0 };

		TRY(fraud_init(&f, cases[i].country));
		for (size_t k = 0; k < 6 && cases[i].strings[k]; k++)
			fraud_take_request(&f, cases[i].strings[k], k * SECOND_MS);
		CHECK_CASE(f.count[RULE_PREFIX_HUNTING] == cases[i].found, cases[i].name);
		CHECK_CASE(f.milli[RULE_PREFIX_HUNTING] == cases[i].found * TOLL_FRAUD_HUNT_MILLI,
		           cases[i].name);
		CHECK_CASE(f.proven_milli == 0, cases[i].name);
	}
	return ERR_NONE;
}

TEST(toll_hunting_slow, "strings hours apart are one hunt, days apart none")
{
	static const struct {
		uint64_t pause_ms;
		uint32_t found;
	} cases[] = { { 3 * HOUR_MS + 18 * MINUTE_MS, 2 }, { 13 * HOUR_MS, 0 } };

	for (size_t i = 0; i < 2; i++) {
		OWNED_FRAUD f = { 0 };

		TRY(fraud_init(&f, NULL));
		fraud_take_request(&f, "011442079460123", 0);
		fraud_take_request(&f, "9011442079460123", cases[i].pause_ms);
		fraud_take_request(&f, "1010999011442079460123", 2 * cases[i].pause_ms);
		fraud_take_request(&f, "1010888011442079460123", 3 * cases[i].pause_ms);
		CHECK(f.count[RULE_PREFIX_HUNTING] == cases[i].found);
	}
	return ERR_NONE;
}

TEST(toll_hunting_suspect, "a hunter whom nothing proves is suspect, one who answered is blocked")
{
	static const char *const strings[] = { "011442079460123", "9011442079460123",
		                               "1010999011442079460123", "1010888011442079460123" };
	OWNED_BENCH b = { 0 };

	TRY(bench_init(&b));
	for (size_t i = 0; i < 4; i++) {
		struct fact forged = fraud_request("192.0.2.7", strings[i], i * SECOND_MS);
		struct fact proven = fraud_request("192.0.2.8", strings[i], i * SECOND_MS);

		proven.proof = PROOF_TAG;
		bench_take(&b, &forged);
		bench_take(&b, &proven);
	}
	CHECK(bench_is_suspect(&b, "192.0.2.7", 5000) && !bench_is_blocked(&b, "192.0.2.7", 5000));
	CHECK(bench_is_blocked(&b, "192.0.2.8", 5000));
	return ERR_NONE;
}

TEST(toll_hunting_forged, "what anybody could have sent proves nothing about whoever is proven")
{
	OWNED_FRAUD f = { 0 };
	struct fact fact;

	TRY(fraud_init(&f, NULL));
	for (uint32_t i = 0; i < 7; i++) {
		char number[32];

		(void)snprintf(number, sizeof(number), "%u900442079460123", i);
		fraud_take_request(&f, number, i * SECOND_MS);
	}
	CHECK(f.count[RULE_PREFIX_HUNTING] >= 4);
	fact = fraud_request("192.0.2.7", "9900442079460123", 9 * SECOND_MS);
	fact.proof = PROOF_TAG;
	fraud_take(&f, &fact);
	fact = fraud_request("192.0.2.7", "00442079460123", 10 * SECOND_MS);
	fact.proof = PROOF_TAG;
	fraud_take(&f, &fact);
	CHECK(f.proven_milli == TOLL_FRAUD_FIRST_PROBE_MILLI);
	return ERR_NONE;
}

TEST(toll_neighbours, "people of one office who dial one number each in his way are no hunt")
{
	static const char *const ways[] = { "+442079460123", "00442079460123", "02079460123",
		                            "902079460123", "442079460123" };
	OWNED_FRAUD f = { 0 };

	TRY(fraud_init(&f, NULL));
	for (uint32_t i = 0; i < 20; i++) {
		char account[16];

		(void)snprintf(account, sizeof(account), "2%02u@x", i);
		fraud_take_call(&f, account, ways[i % 5], i * SECOND_MS);
	}
	CHECK(fraud_total(&f) == 0);
	return ERR_NONE;
}

/* --- Calls abroad that nobody allowed --- */

TEST(toll_probes, "a stranger's calls abroad weigh by how many there are and how they are written")
{
	static const struct {
		const char *name, *country;
		const char *strings[5];
		uint32_t milli;
	} cases[] = {
		{ "one", NULL, { "00442079460123" }, 1000 },
		{ "one, repeated", NULL, { "00442079460123", "00442079460123" }, 1000 },
		{ "three", NULL, { "00442079460123", "9004930230123", "0011252907794600" }, 7000 },
		{ "a satellite", NULL, { "00881612345678" }, 2000 },
		{ "a carrier's calls",
		  NULL,
		  { "+442079460123", "+442079460124", "+442079460125", "+442079460126" },
		  1000 },
		{ "to us", "GB", { "+442079460123", "02079460123", "4960123" }, 0 },
		{ "abroad from Britain", "GB", { "+4930230123", "+33199000123" }, 4000 },
		{ "extensions", "GB", { "201", "202", "100" }, 0 },
		{ "names", NULL, { "alice", "bob" }, 0 },
		{ "national, nobody knows whose", NULL, { "02079460123", "02079460124" }, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_FRAUD f = { 0 };

		TRY(fraud_init(&f, cases[i].country));
		for (size_t k = 0; k < 5 && cases[i].strings[k]; k++)
			fraud_take_request(&f, cases[i].strings[k], k * SECOND_MS);
		CHECK_CASE(f.milli[RULE_FOREIGN_PROBE] == cases[i].milli, cases[i].name);
		CHECK_CASE(fraud_total(&f) == cases[i].milli, cases[i].name);
	}
	return ERR_NONE;
}

TEST(toll_probes_trunk, "however many calls a carrier's address makes, it is no suspect for them")
{
	OWNED_FRAUD f = { 0 };

	TRY(fraud_init(&f, NULL));
	for (uint32_t i = 0; i < 500; i++) {
		char number[32];

		(void)snprintf(number, sizeof(number), "+44207946%04u", i);
		fraud_take_request(&f, number, i * SECOND_MS);
	}
	CHECK(fraud_total(&f) > 0 && fraud_total(&f) < 6000);
	return ERR_NONE;
}

TEST(toll_probes_softphone, "a softphone that nobody let in and dials three countries is suspect")
{
	static const char *const strings[] = { "900114930230123", "001139061234567",
		                               "0011252907794600" };
	OWNED_BENCH b = { 0 };

	TRY(bench_init(&b));
	for (uint64_t i = 0; i < 3; i++) {
		struct fact fact = fraud_request("192.0.2.7", strings[i], i * 30 * SECOND_MS);

		bench_take(&b, &fact);
	}
	CHECK(bench_is_suspect(&b, "192.0.2.7", 60 * SECOND_MS));
	return ERR_NONE;
}

TEST(toll_probes_accepted, "who has logged in, or whose call was answered, may call abroad")
{
	OWNED_FRAUD f = { 0 };
	struct fact fact;

	TRY(fraud_init(&f, NULL));
	fact = fraud_login("192.0.2.7", "201@x", 0);
	fraud_take(&f, &fact);
	fraud_take_request(&f, "00442079460123", 1000);
	fraud_take_request(&f, "004930230123", 2000);
	fact = fraud_request("192.0.2.8", "00442079460123", 0);
	fact.kind = FACT_CALL;
	fact.outcome = OUTCOME_SUCCEEDED;
	fact.status = 200;
	fraud_take(&f, &fact);
	for (uint32_t i = 0; i < 9; i++) {
		char number[32];

		(void)snprintf(number, sizeof(number), "0044207946%04u", i);
		fact = fraud_request("192.0.2.8", number, 1000 + i);
		fraud_take(&f, &fact);
	}
	CHECK(fraud_total(&f) == 0);
	return ERR_NONE;
}

TEST(toll_probes_busy, "a callee who is busy or rejects was called, not probed for")
{
	static const uint16_t statuses[] = { 486, 480, 487, 603, 600 };
	OWNED_FRAUD f = { 0 };

	TRY(fraud_init(&f, NULL));
	for (uint32_t i = 0; i < 5; i++) {
		char number[32];
		struct fact fact;

		(void)snprintf(number, sizeof(number), "0044207946%04u", i);
		fact = fraud_request("192.0.2.7", number, i * SECOND_MS);
		fact.status = statuses[i];
		fact.outcome = OUTCOME_FAILED;
		fraud_take(&f, &fact);
	}
	CHECK(fraud_total(&f) == 0);
	return ERR_NONE;
}

TEST(toll_own_probes, "an account may try two numbers abroad in vain; with more it is told")
{
	OWNED_FRAUD f = { 0 };

	TRY(fraud_init(&f, NULL));
	for (uint32_t i = 0; i < 4; i++) {
		char number[32];
		struct fact fact;

		(void)snprintf(number, sizeof(number), "0044207946%04u", i);
		fact = fraud_call("201@x", number, 403, i * SECOND_MS);
		fraud_take(&f, &fact);
		CHECK(fraud_total(&f) == (i < 2 ? 0 : (i - 1) * TOLL_FRAUD_OWN_PROBE_MILLI));
	}
	return ERR_NONE;
}

TEST(toll_answered, "an answered call is fraud where it was hunted or probed for, else a call")
{
	static const struct {
		const char *name;
		const char *before[4];
		const char *answered;
		uint32_t stranger, known;
	} cases[] = {
		{ "hunted",
		  { "00442079460123", "9900442079460123", "8800442079460123" },
		  "7700442079460123",
		  1,
		  1 },
		{ "probed",
		  { "00442079460123", "004930230123", "0033199000123" },
		  "0025290779460",
		  1,
		  0 },
		{ "just a call", { NULL }, "0025290779460", 0, 0 },
		{ "of a stranger behind odd digits", { NULL }, "88810442079460123", 1, 0 },
		{ "the second try", { "00442079460123" }, "900442079460123", 0, 0 },
		{ "a carrier's",
		  { "+442079460123", "+442079460124", "+442079460125" },
		  "+442079460126",
		  0,
		  0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int is_known = 0; is_known < 2; is_known++) {
			OWNED_FRAUD f = { 0 };
			struct fact fact;

			TRY(fraud_init(&f, NULL));
			for (size_t k = 0; k < 4 && cases[i].before[k]; k++)
				fraud_take_request(&f, cases[i].before[k], k * SECOND_MS);
			fact = fraud_call("201@x", cases[i].answered, 200, 10 * SECOND_MS);
			fact.flow.remote = bench_addr("192.0.2.7");
			fact.standing = is_known ? STANDING_KNOWN : STANDING_STRANGER;
			fraud_take(&f, &fact);
			CHECK_CASE(f.count[RULE_FRAUD_CALL] ==
			                   (is_known ? cases[i].known : cases[i].stranger),
			           cases[i].name);
		}
	}
	return ERR_NONE;
}

/* --- Bounds --- */

TEST(toll_peers, "peers and servers are not judged for what they pass on")
{
	OWNED_FRAUD f = { 0 };

	TRY(fraud_init(&f, NULL));
	for (uint32_t i = 0; i < 40; i++) {
		char number[32];
		struct fact fact;

		(void)snprintf(number, sizeof(number), "%02u900442079460123", i);
		fact = fraud_request("192.0.2.7", number, i * SECOND_MS);
		fact.is_server = i % 2 == 0;
		fact.standing = i % 2 == 0 ? STANDING_STRANGER : STANDING_PEER;
		fraud_take(&f, &fact);
	}
	CHECK(fraud_total(&f) == 0);
	return ERR_NONE;
}

TEST(toll_full, "a flood of forged callers pushes out no proven hunt")
{
	OWNED_FRAUD f = { 0 };
	struct fact fact;

	TRY(fraud_init(&f, NULL));
	for (uint32_t i = 0; i < 2; i++) {
		fact = fraud_request("192.0.2.7", i ? "9011442079460123" : "011442079460123", i);
		fact.proof = PROOF_TAG;
		fraud_take(&f, &fact);
	}
	for (uint32_t i = 0; i < 1000; i++) {
		char address[32];

		(void)snprintf(address, sizeof(address), "203.0.%u.%u", i / 250, i % 250);
		fact = fraud_request(address, "9900442079460123", 100 + i);
		fraud_take(&f, &fact);
	}
	fact = fraud_request("192.0.2.7", "1010999011442079460123", 2000);
	fact.proof = PROOF_TAG;
	f.proven_milli = 0;
	fraud_take(&f, &fact);
	CHECK(f.proven_milli == TOLL_FRAUD_HUNT_MILLI);
	return ERR_NONE;
}
