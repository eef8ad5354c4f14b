/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of enumeration, each beside the honest crowd that comes closest. */
#include "guard/agent.h"
#include "guard/enumeration/enumeration.h"
#include "unit/guard/bench_priv.h"

#include <stdio.h>
#include <string.h>

enum { MINUTE_MS = 60000, HOUR_MS = 60 * MINUTE_MS };

struct deed {
	enum fact_kind kind;
	enum fact_proof proof;
	const char *method;
	uint16_t status;
	enum fact_outcome outcome;
	uint16_t agent;
	bool is_own_port; /* each user his own */
};

static struct fact fact_of(const struct deed *d, uint32_t user, uint64_t after_ms)
{
	char account[32];
	struct fact fact;

	snprintf(account, sizeof(account), "%u@pbx.example", 200 + user);
	fact = bench_failure("192.0.2.7", account, user, after_ms);
	fact.kind = (uint8_t)d->kind;
	fact.proof = (uint8_t)d->proof;
	fact.outcome = (uint8_t)d->outcome;
	fact.status = d->status;
	fact.agent = d->agent;
	fact.flow.remote.port = (uint16_t)(d->is_own_port ? 10000 + user : 5060);
	fact.flow.local = bench_addr("198.51.100.1");
	(void)VIEW_COPY(view_of(d->method), fact.method);
	return fact;
}

static void act(struct bench *b, const struct deed *d, uint32_t user, uint64_t after_ms)
{
	struct fact fact = fact_of(d, user, after_ms);

	bench_take(b, &fact);
}

static const struct deed challenged = { FACT_REQUEST, PROOF_NONE, "REGISTER", 401 };
static const struct deed let_in = { FACT_LOGIN, PROOF_COOKIE, "REGISTER", 200, OUTCOME_SUCCEEDED };

TEST(enumeration_methods, "users tried one after the other are found by whatever method")
{
	static const struct {
		const char *name;
		struct deed deed;
		uint32_t users;
		uint64_t pause_ms;
		bool is_suspect, is_blocked;
	} cases[] = {
		{ "unknown users",
		  { FACT_UNKNOWN_USER, PROOF_NONE, "REGISTER", 404 },
		  12,
		  1000,
		  true,
		  false },
		{ "11 of them",
		  { FACT_REQUEST, PROOF_NONE, "OPTIONS", 404, OUTCOME_FAILED },
		  11,
		  1000,
		  false,
		  false },
		{ "OPTIONS refused",
		  { FACT_REQUEST, PROOF_NONE, "OPTIONS", 404, OUTCOME_FAILED },
		  12,
		  1000,
		  true,
		  false },
		{ "SUBSCRIBE refused",
		  { FACT_REQUEST, PROOF_NONE, "SUBSCRIBE", 403, OUTCOME_FAILED },
		  12,
		  1000,
		  true,
		  false },
		{ "INVITE met by silence",
		  { FACT_REQUEST, PROOF_NONE, "INVITE" },
		  12,
		  1000,
		  true,
		  false },
		{ "INVITE met by silence, over TCP",
		  { FACT_REQUEST, PROOF_CONNECTION, "INVITE" },
		  14,
		  1000,
		  false,
		  true },
		{ "REGISTER challenged by a tool",
		  { FACT_SCANNER, PROOF_NONE, "REGISTER", 0 },
		  12,
		  1000,
		  true,
		  false },
		{ "REGISTER challenged and left, each minute",
		  { FACT_REQUEST, PROOF_NONE, "REGISTER", 401 },
		  32,
		  20000,
		  true,
		  false },
		{ "one device, 50 users in 10 s by REGISTER",
		  { FACT_REQUEST, PROOF_NONE, "REGISTER" },
		  50,
		  200,
		  true,
		  false },
		{ "one device, 300 users in a minute by REGISTER",
		  { FACT_REQUEST, PROOF_NONE, "REGISTER", 401 },
		  300,
		  200,
		  true,
		  false },
		{ "one an hour",
		  { FACT_REQUEST, PROOF_NONE, "OPTIONS", 404, OUTCOME_FAILED },
		  23,
		  HOUR_MS,
		  false,
		  false },
		{ "30 in a day",
		  { FACT_REQUEST, PROOF_NONE, "OPTIONS", 404, OUTCOME_FAILED },
		  30,
		  45 * MINUTE_MS,
		  true,
		  false },
		{ "30 in a day, proven",
		  { FACT_UNKNOWN_USER, PROOF_COOKIE, "REGISTER", 404 },
		  30,
		  45 * MINUTE_MS,
		  false,
		  true },
		{ "a method that fails for all",
		  { FACT_REQUEST, PROOF_NONE, "REFER", 500, OUTCOME_FAILED },
		  40,
		  1000,
		  false,
		  false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_BENCH b = { 0 };
		uint64_t last_ms = (cases[i].users - 1) * cases[i].pause_ms;

		TRY(bench_init(&b));
		/* Else failed logins and single shapes would score as well. */
		b.settings.detector_modes[DETECTOR_SCANNER] = MODE_OFF;
		b.settings.detector_modes[DETECTOR_GUESSING] = MODE_OFF;
		guard_judge_apply(b.judge, &b.settings, bench_at(0));
		for (uint32_t user = 0; user < cases[i].users; user++)
			act(&b, &cases[i].deed, user, user * cases[i].pause_ms);
		CHECK_CASE(bench_is_suspect(&b, "192.0.2.7", last_ms) == cases[i].is_suspect,
		           cases[i].name);
		CHECK_CASE(bench_is_blocked(&b, "192.0.2.7", last_ms) == cases[i].is_blocked,
		           cases[i].name);
	}
	return ERR_NONE;
}

TEST(enumeration_office, "an office that registers all its phones at once is none, answered or not")
{
	static const struct {
		const char *name;
		uint32_t phones;
		uint64_t pause_ms, answer_ms; /* answer_ms 0: never seen */
		uint32_t strays;              /* phones with a user that is gone */
	} cases[] = {
		{ "66 phones of which only the challenges are seen", 66, 575, 0, 0 },
		{ "200 phones behind one address", 200, 50, 30000, 0 },
		{ "a PBX that starts again", 200, 5, 2000, 0 },
		{ "200 phones, 40 of them forgotten", 200, 50, 100, 40 },
		{ "10 phones that were never known", 0, 0, 0, 10 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		static const struct deed gone = { FACT_UNKNOWN_USER, PROOF_COOKIE, "REGISTER",
			                          404 };
		struct deed asked = challenged;
		OWNED_BENCH b = { 0 };

		TRY(bench_init(&b));
		b.settings.detector_modes[DETECTOR_GUESSING] = MODE_OFF;
		guard_judge_apply(b.judge, &b.settings, bench_at(0));
		asked.is_own_port = cases[i].pause_ms > 5;
		for (uint32_t p = 0; p < cases[i].phones; p++)
			act(&b, &asked, p, p * cases[i].pause_ms);
		for (uint32_t p = 0; cases[i].answer_ms && p < cases[i].phones; p++)
			act(&b, &let_in, p, p * cases[i].pause_ms + cases[i].answer_ms);
		for (uint32_t n = 0; n < 20 * cases[i].strays; n++)
			act(&b, &gone, 1000 + n % cases[i].strays, 40000 + n * 1000);
		CHECK_CASE(b.findings == 0, cases[i].name);
	}
	return ERR_NONE;
}

TEST(enumeration_credit, "users that succeed excuse others while they do so, not for ever after")
{
	static const struct {
		const char *name;
		uint32_t days; /* since the last success */
		bool is_found;
	} cases[] = {
		{ "on the same day", 0, false },
		{ "the day after", 1, false },
		{ "three days later", 3, true },
		{ "a month later", 30, true },
	};
	static const struct deed gone = { FACT_UNKNOWN_USER, PROOF_COOKIE, "REGISTER", 404 };
	static const uint64_t day_ms = 24 * HOUR_MS;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_BENCH b = { 0 };

		TRY(bench_init(&b));
		b.settings.detector_modes[DETECTOR_GUESSING] = MODE_OFF;
		guard_judge_apply(b.judge, &b.settings, bench_at(0));
		for (uint32_t n = 0; n < 400; n++)
			act(&b, &let_in, n % 200, n * (uint64_t)MINUTE_MS);
		for (uint32_t n = 0; n < 40; n++)
			act(&b, &gone, 1000 + n,
			    400 * (uint64_t)MINUTE_MS + cases[i].days * day_ms + n * 1000);
		CHECK_CASE((b.findings > 0) == cases[i].is_found, cases[i].name);
	}
	return ERR_NONE;
}

TEST(enumeration_gone,
     "who asked for many users at once and went away is found when his challenges run out")
{
	static const struct {
		const char *name;
		uint32_t users;
		uint64_t wait_ms;
		bool is_unheard, is_found;
	} cases[] = {
		{ "a minute later", 40, 62000, false, true },
		{ "not before", 40, 20000, false, false },
		{ "fewer than many", 8, 62000, false, false },
		{ "who is not seen himself may have answered", 66, 62000, true, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_BENCH b = { 0 };

		TRY(bench_init(&b));
		for (uint32_t user = 0; user < cases[i].users; user++) {
			struct fact fact = fact_of(&challenged, user, user * 50);

			fact.is_unheard = cases[i].is_unheard;
			bench_take(&b, &fact);
		}
		CHECK_CASE(b.findings == 0, cases[i].name);
		guard_judge_advance(b.judge, bench_at(cases[i].users * 50 + cases[i].wait_ms));
		CHECK_CASE((b.findings == 1) == cases[i].is_found, cases[i].name);
		guard_judge_advance(b.judge, bench_at(cases[i].users * 50 + 2 * cases[i].wait_ms));
		CHECK_CASE(b.findings <= 1, cases[i].name);
	}
	return ERR_NONE;
}

TEST(enumeration_guessed, "who answers challenges guesses, and is left to that detector")
{
	static const struct deed failed = { FACT_LOGIN, PROOF_COOKIE, "REGISTER", 403,
		                            OUTCOME_FAILED };
	OWNED_BENCH b = { 0 };

	TRY(bench_init(&b));
	b.settings.detector_modes[DETECTOR_GUESSING] = MODE_OFF;
	guard_judge_apply(b.judge, &b.settings, bench_at(0));
	for (uint32_t i = 0; i < 100; i++) {
		act(&b, &challenged, i, i * 2000);
		act(&b, &failed, i, i * 2000 + 1000);
	}
	CHECK(b.findings == 0);
	return ERR_NONE;
}

TEST(enumeration_known, "who is known, a peer or a server tries nobody, and a number is no user")
{
	static const struct deed refused = { FACT_REQUEST, PROOF_NONE, "INVITE", 404,
		                             OUTCOME_FAILED };
	static const struct deed called = { FACT_CALL, PROOF_COOKIE, "INVITE", 404,
		                            OUTCOME_FAILED };
	OWNED_BENCH b = { 0 };
	char account[32];

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 100; i++) {
		struct fact fact = fact_of(&refused, i, i * 1000);

		fact.standing = STANDING_KNOWN;
		bench_take(&b, &fact);
		fact.standing = STANDING_PEER;
		bench_take(&b, &fact);
		fact.standing = STANDING_STRANGER;
		fact.is_server = 1;
		bench_take(&b, &fact);
		act(&b, &called, i, i * 1000);
		fact.is_server = 0;
		snprintf(account, sizeof(account), "+441632960%03u@pbx.example", i);
		(void)VIEW_COPY(view_of(account), fact.account);
		bench_take(&b, &fact);
	}
	CHECK(b.findings == 0);
	return ERR_NONE;
}

TEST(enumeration_one_sided, "a server seen from one side asks each phone at its own address")
{
	static const struct deed asked = { FACT_REQUEST, PROOF_NONE, "OPTIONS" };
	OWNED_BENCH b = { 0 };
	char target[32];
	struct fact fact;

	TRY(bench_init(&b));
	b.settings.detector_modes[DETECTOR_SCANNER] = MODE_OFF;
	guard_judge_apply(b.judge, &b.settings, bench_at(0));
	for (uint32_t i = 0; i < 60; i++) {
		fact = fact_of(&asked, i, i * 1000);
		snprintf(target, sizeof(target), "198.51.100.%u", i + 1);
		fact.flow.local = bench_addr(target);
		bench_take(&b, &fact);
	}
	CHECK(b.findings == 0);
	for (uint32_t i = 0; i < 60; i++) {
		fact = fact_of(&asked, i, 100000 + i * 1000);
		fact.flow.remote = bench_addr("192.0.2.8");
		snprintf(target, sizeof(target), "198.51.100.%u", i % 3 + 1);
		fact.flow.local = bench_addr(target);
		bench_take(&b, &fact);
	}
	CHECK(b.findings > 0 && bench_is_suspect(&b, "192.0.2.8", 160000));
	return ERR_NONE;
}

TEST(enumeration_once, "a tool's message counts once, however often it is told")
{
	static const struct deed shaped = { FACT_SCANNER, PROOF_NONE, "REGISTER" };
	static const struct deed unanswered = { FACT_REQUEST, PROOF_NONE, "REGISTER" };
	OWNED_BENCH b = { 0 };

	TRY(bench_init(&b));
	b.settings.detector_modes[DETECTOR_SCANNER] = MODE_OFF;
	guard_judge_apply(b.judge, &b.settings, bench_at(0));
	for (uint32_t i = 0; i < 200; i++)
		act(&b, &shaped, i, i * 100);
	CHECK(b.findings == 200 - 11);
	for (uint32_t i = 0; i < 200; i++)
		act(&b, &unanswered, i, i * 100);
	CHECK(b.findings == 200 - 11);
	return ERR_NONE;
}

TEST(enumeration_fixed_to, "a tool that changes the Request-URI alone is found as well")
{
	static const struct deed shaped = { FACT_SCANNER, PROOF_NONE, "OPTIONS" };
	OWNED_BENCH b = { 0 };

	TRY(bench_init(&b));
	b.settings.detector_modes[DETECTOR_SCANNER] = MODE_OFF;
	guard_judge_apply(b.judge, &b.settings, bench_at(0));
	for (uint32_t i = 0; i < 20; i++) {
		struct fact fact = fact_of(&shaped, 1, i * 1000);

		bench_take(&b, &fact);
	}
	CHECK(b.findings == 0);
	for (uint32_t i = 0; i < 20; i++) {
		struct fact fact = fact_of(&shaped, 1, 20000 + i * 1000);

		snprintf(fact.number, sizeof(fact.number), "%u", 300 + i);
		bench_take(&b, &fact);
	}
	CHECK(b.findings > 0 && b.last_rule == RULE_MANY_USERS);
	return ERR_NONE;
}

static enum err alone_new(struct guard_judge_settings *settings, uint32_t rows, void **ret)
{
	guard_judge_defaults(settings);
	settings->enumeration.max_sources = settings->enumeration.max_friends = rows;
	return enumeration_detector.make(settings, &bench_key, ret);
}

TEST(enumeration_forged, "forged tries neither make up proven ones nor push them out")
{
	static const struct deed proven = { FACT_REQUEST, PROOF_CONNECTION, "INVITE" };
	static const struct deed forged = { FACT_REQUEST, PROOF_NONE, "INVITE" };
	static struct guard_judge_settings settings;
	struct guard_finding findings[MAX_FINDINGS_PER_FACT];
	void *memory = NULL;
	struct fact fact;
	char source[32];

	TRY(alone_new(&settings, 8, &memory));
	for (uint32_t i = 0; i < 11; i++) {
		fact = fact_of(&proven, i, i);
		CHECK(bench_judge(&enumeration_detector, memory, &fact, findings) == 0);
	}
	for (uint32_t i = 0; i < 500; i++) {
		fact = fact_of(&forged, 100 + i, 100 + i);
		if (bench_judge(&enumeration_detector, memory, &fact, findings) > 0)
			CHECK(!findings[0].is_proven);
		snprintf(source, sizeof(source), "203.0.113.%u", i % 250 + 1);
		fact.flow.remote = bench_addr(source);
		(void)bench_judge(&enumeration_detector, memory, &fact, findings);
	}
	fact = fact_of(&proven, 11, 1000);
	CHECK(bench_judge(&enumeration_detector, memory, &fact, findings) == 1 &&
	      findings[0].is_proven);
	enumeration_detector.free(&memory);
	return ERR_NONE;
}

TEST(enumeration_full, "more users than are remembered go on counting, and options are heeded")
{
	static const struct deed d = { FACT_UNKNOWN_USER, PROOF_COOKIE, "REGISTER", 404 };
	static struct guard_judge_settings settings;
	struct guard_finding findings[MAX_FINDINGS_PER_FACT];
	void *memory = NULL;
	struct fact fact;
	uint32_t told = 0;

	TRY(alone_new(&settings, 4, &memory));
	for (uint32_t i = 0; i < 1000; i++) {
		fact = fact_of(&d, i, i * 10);
		told += bench_judge(&enumeration_detector, memory, &fact, findings) == 1;
		fact = fact_of(&d, i, i * 10 + 5);
		told += bench_judge(&enumeration_detector, memory, &fact, findings) == 1;
	}
	CHECK(told == 1000 - 11);
	settings.enumeration.users = MAX_TRIED_USERS;
	settings.enumeration.daily = MAX_TRIED_USERS;
	enumeration_detector.apply(memory, &settings);
	told = 0;
	for (uint32_t i = 0; i < 200; i++) {
		fact = fact_of(&d, i, i * 10);
		fact.flow.remote = bench_addr("192.0.2.8");
		told += bench_judge(&enumeration_detector, memory, &fact, findings) == 1;
	}
	CHECK(told == 200 - MAX_TRIED_USERS + 1);
	enumeration_detector.free(&memory);
	return ERR_NONE;
}
