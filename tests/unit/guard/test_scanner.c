/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of scanning, each beside the honest conduct that comes closest. */
#include "guard/agent.h"
#include "guard/scanner/scanner.h"
#include "guard/screen.h"
#include "unit/guard/bench_priv.h"

#include <stdio.h>
#include <string.h>

enum { MINUTE_MS = 60000, HOUR_MS = 60 * MINUTE_MS };

struct deed {
	enum fact_kind kind;
	enum fact_proof proof;
	const char *method, *account;
	uint16_t agent;
	enum fact_outcome outcome;
	uint16_t status;
};

static struct fact fact_of(const struct deed *d, const char *source, const char *target,
                           uint64_t after_ms)
{
	struct fact fact = bench_failure(source, d->account, after_ms, after_ms);

	fact.kind = (uint8_t)d->kind;
	fact.proof = (uint8_t)d->proof;
	fact.outcome = (uint8_t)d->outcome;
	fact.status = d->status;
	fact.agent = d->agent;
	fact.reason = d->kind == FACT_SCANNER ? SIGNATURE_NOWHERE : 0;
	fact.flow.local = bench_addr(target);
	(void)VIEW_COPY(view_of(d->method), fact.method);
	return fact;
}

static void act(struct bench *b, const struct deed *d, uint64_t after_ms)
{
	struct fact fact = fact_of(d, "192.0.2.7", "198.51.100.1", after_ms);

	bench_take(b, &fact);
}

static const char *host(char ret[32], const char *net, uint32_t number)
{
	snprintf(ret, 32, "%s.%u", net, number);
	return ret;
}

/* The same deed at `count` targets, `pause_ms` apart. */
static void sweep(struct bench *b, const struct deed *d, uint32_t count, uint64_t pause_ms)
{
	char target[32];

	for (uint32_t i = 0; i < count; i++) {
		struct fact fact =
			fact_of(d, "192.0.2.7", host(target, "198.51.100", i + 1), i * pause_ms);

		bench_take(b, &fact);
	}
}

TEST(scanner_first, "a shape makes a suspect of its first message, a name alone does not")
{
	static const struct {
		const char *name;
		struct deed deed;
		bool is_suspect;
	} cases[] = {
		{ "a shape", { FACT_SCANNER, PROOF_NONE, "OPTIONS", "100@x" }, true },
		{ "a shape over TCP",
		  { FACT_SCANNER, PROOF_CONNECTION, "OPTIONS", "100@x" },
		  true },
		{ "a scanner's name",
		  { FACT_REQUEST, PROOF_CONNECTION, "OPTIONS", "100@x", AGENT_SIPCLI },
		  false },
		{ "an ordinary request",
		  { FACT_REQUEST, PROOF_CONNECTION, "OPTIONS", "100@x" },
		  false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_BENCH b = { 0 };

		TRY(bench_init(&b));
		act(&b, &cases[i].deed, 0);
		CHECK_CASE(bench_is_suspect(&b, "192.0.2.7", 0) == cases[i].is_suspect,
		           cases[i].name);
		CHECK_CASE(b.blocks == 0, cases[i].name);
	}
	return ERR_NONE;
}

TEST(scanner_sweeps, "targets asked one after the other make a sweep, pings of many servers none")
{
	static const struct {
		const char *name;
		struct deed deed;
		uint32_t targets;
		uint64_t pause_ms;
		bool is_suspect;
	} cases[] = {
		{ "one extension at 5 targets",
		  { FACT_REQUEST, PROOF_NONE, "OPTIONS", "100@x" },
		  5,
		  1000,
		  true },
		{ "the same at 4",
		  { FACT_REQUEST, PROOF_NONE, "OPTIONS", "100@x" },
		  4,
		  1000,
		  false },
		{ "the same, one in an hour",
		  { FACT_REQUEST, PROOF_NONE, "OPTIONS", "100@x" },
		  5,
		  HOUR_MS,
		  true },
		{ "one number at 5 targets",
		  { FACT_REQUEST, PROOF_NONE, "INVITE", "0044790012345@x" },
		  5,
		  1000,
		  true },
		{ "one name at 5 registrars",
		  { FACT_REQUEST, PROOF_NONE, "REGISTER", "admin@x", .status = 401 },
		  5,
		  1000,
		  true },
		{ "a named tool at 3 targets",
		  { FACT_REQUEST, PROOF_NONE, "OPTIONS", "@x", AGENT_PPLSIP },
		  3,
		  1000,
		  true },
		{ "a monitor that asks 16 servers for nobody",
		  { FACT_REQUEST, PROOF_NONE, "OPTIONS", "" },
		  16,
		  1000,
		  false },
		{ "a monitor that asks 16 servers for a user of its own",
		  { FACT_REQUEST, PROOF_NONE, "OPTIONS", "ping@x", .status = 404 },
		  16,
		  1000,
		  false },
		{ "a monitor that 16 servers answer",
		  { FACT_REQUEST, PROOF_NONE, "OPTIONS", "100@x", .outcome = OUTCOME_SUCCEEDED },
		  16,
		  1000,
		  false },
		{ "a named tool that 16 servers answer",
		  { FACT_REQUEST, PROOF_NONE, "OPTIONS", "100@x", AGENT_PPLSIP, OUTCOME_SUCCEEDED },
		  16,
		  1000,
		  true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_BENCH b = { 0 };
		uint64_t last_ms = (cases[i].targets - 1) * cases[i].pause_ms;

		TRY(bench_init(&b));
		sweep(&b, &cases[i].deed, cases[i].targets, cases[i].pause_ms);
		CHECK_CASE(bench_is_suspect(&b, "192.0.2.7", last_ms) == cases[i].is_suspect,
		           cases[i].name);
		CHECK_CASE(b.blocks == 0, cases[i].name);
	}
	return ERR_NONE;
}

TEST(scanner_pings, "one target asked for hours by whoever watches it is no sweep")
{
	static const struct deed pings[] = {
		{ FACT_REQUEST, PROOF_NONE, "OPTIONS", "100@x" },
		{ FACT_REQUEST, PROOF_NONE, "OPTIONS", "", .status = 404 },
		{ FACT_REQUEST, PROOF_CONNECTION, "OPTIONS", "ping@x",
		  .outcome = OUTCOME_SUCCEEDED },
	};

	for (size_t i = 0; i < sizeof(pings) / sizeof(pings[0]); i++) {
		OWNED_BENCH b = { 0 };

		TRY(bench_init(&b));
		for (uint64_t n = 0; n < 300; n++)
			act(&b, &pings[i], n * 30000);
		CHECK(b.findings == 0 && b.incidents == 0);
	}
	return ERR_NONE;
}

TEST(scanner_servers, "a server that asks after its phones is no scanner, whatever it is called")
{
	static const struct deed d = { FACT_REQUEST, PROOF_NONE, "OPTIONS", "201@x", AGENT_SIPCLI };
	OWNED_BENCH b = { 0 };
	char target[32];

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 30; i++) {
		struct fact fact =
			fact_of(&d, "192.0.2.7", host(target, "198.51.100", i + 1), i * 100);

		fact.is_server = 1;
		bench_take(&b, &fact);
		fact.is_server = 0;
		fact.standing = STANDING_PEER;
		bench_take(&b, &fact);
		fact.standing = STANDING_KNOWN;
		bench_take(&b, &fact);
	}
	CHECK(b.findings == 0);
	return ERR_NONE;
}

TEST(scanner_let_in, "targets that let him in are not counted, as for a phone with many accounts")
{
	static const struct deed asked = { FACT_REQUEST, PROOF_NONE, "REGISTER", "201@x",
		                           .status = 401 };
	static const struct deed in = { FACT_LOGIN, PROOF_COOKIE, "REGISTER", "201@x",
		                        .outcome = OUTCOME_SUCCEEDED };
	OWNED_BENCH b = { 0 };
	char target[32];

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 16; i++) {
		struct fact fact;

		(void)host(target, "198.51.100", i + 1);
		fact = fact_of(&asked, "192.0.2.7", target, i * 1000);
		bench_take(&b, &fact);
		fact = fact_of(&in, "192.0.2.7", target, i * 1000 + 100);
		bench_take(&b, &fact);
	}
	CHECK(b.findings == 0);
	return ERR_NONE;
}

TEST(scanner_slow, "a tool that comes back is found however slowly, a volley is one visit")
{
	static const struct {
		const char *name;
		enum fact_proof proof;
		enum fact_kind kind;
		uint32_t count;
		uint64_t pause_ms;
		bool is_suspect, is_blocked;
	} cases[] = {
		{ "a shape each hour", PROOF_NONE, FACT_SCANNER, 3, HOUR_MS, true, false },
		{ "a proven shape each hour", PROOF_CONNECTION, FACT_SCANNER, 3, HOUR_MS, false,
		  true },
		{ "a name each hour", PROOF_CONNECTION, FACT_REQUEST, 3, HOUR_MS, true, false },
		{ "a name in a volley", PROOF_CONNECTION, FACT_REQUEST, 30, 100, false, false },
		{ "a name twice a day", PROOF_CONNECTION, FACT_REQUEST, 3, 13 * HOUR_MS, true,
		  false },
		{ "a name each second day", PROOF_CONNECTION, FACT_REQUEST, 5, 48 * HOUR_MS, false,
		  false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_BENCH b = { 0 };
		struct deed d = { cases[i].kind, cases[i].proof, "OPTIONS", "100@x", AGENT_PPLSIP };
		uint64_t last_ms = (cases[i].count - 1) * cases[i].pause_ms;

		TRY(bench_init(&b));
		for (uint32_t n = 0; n < cases[i].count; n++)
			act(&b, &d, n * cases[i].pause_ms);
		CHECK_CASE(bench_is_suspect(&b, "192.0.2.7", last_ms) == cases[i].is_suspect,
		           cases[i].name);
		CHECK_CASE(bench_is_blocked(&b, "192.0.2.7", last_ms) == cases[i].is_blocked,
		           cases[i].name);
	}
	return ERR_NONE;
}

TEST(scanner_spread, "one tool on many addresses is one story, many phones are none")
{
	struct deed d = { FACT_SCANNER, PROOF_NONE, "OPTIONS", "100@x" };
	OWNED_BENCH b = { 0 };
	struct fact fact;
	char source[32];

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 4; i++) {
		CHECK(b.last_rule != RULE_SPREAD);
		fact = fact_of(&d, host(source, "192.0.2", i + 1), "198.51.100.1", i * HOUR_MS);
		bench_take(&b, &fact);
	}
	CHECK(b.last_rule == RULE_SPREAD);
	b.last_rule = RULE_NONE;
	d.kind = FACT_REQUEST;
	for (uint32_t i = 0; i < 60; i++) {
		fact = fact_of(&d, host(source, "203.0.113", i + 1), "198.51.100.1", 4 * HOUR_MS);
		bench_take(&b, &fact);
	}
	CHECK(b.last_rule == RULE_NONE);
	return ERR_NONE;
}

TEST(scanner_once, "what became of a message adds nothing to what its shape said")
{
	static const struct deed shaped = { FACT_SCANNER, PROOF_NONE, "OPTIONS", "100@x",
		                            AGENT_PPLSIP };
	static const struct deed unanswered = { FACT_REQUEST, PROOF_NONE, "OPTIONS", "100@x",
		                                AGENT_PPLSIP };
	OWNED_BENCH b = { 0 };
	struct fact fact;
	char source[32];
	uint32_t findings;

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 8; i++) {
		fact = fact_of(&shaped, host(source, "192.0.2", i + 1), "198.51.100.1",
		               40000 + i * HOUR_MS);
		bench_take(&b, &fact);
		findings = b.findings;
		fact = fact_of(&unanswered, source, "198.51.100.1", 40000 + i * HOUR_MS);
		bench_take(&b, &fact);
		CHECK(b.findings == findings);
	}
	return ERR_NONE;
}

/* The detector alone, with small tables. */
static enum err alone_new(struct guard_judge_settings *settings, uint32_t rows, void **ret)
{
	guard_judge_defaults(settings);
	settings->scanner.max_sources = settings->scanner.max_shapes = rows;
	return scanner_detector.make(settings, &bench_key, ret);
}

TEST(scanner_forged, "forged messages neither make up proof nor push it out")
{
	static const struct deed proven = { FACT_SCANNER, PROOF_CONNECTION, "OPTIONS", "100@x" };
	static const struct deed forged = { FACT_SCANNER, PROOF_NONE, "OPTIONS", "100@x" };
	static struct guard_judge_settings settings;
	struct guard_finding findings[MAX_FINDINGS_PER_FACT];
	void *memory = NULL;
	struct fact fact;
	char source[32];
	size_t count;
	bool has_sweep = false;

	TRY(alone_new(&settings, 8, &memory));
	for (uint64_t i = 0; i < 2; i++) {
		fact = fact_of(&proven, "192.0.2.7", "198.51.100.1", i * HOUR_MS);
		(void)bench_judge(&scanner_detector, memory, &fact, findings);
	}
	for (uint32_t i = 0; i < 200; i++) {
		fact = fact_of(&forged, host(source, "203.0.113", i + 1), "198.51.100.1",
		               HOUR_MS + i);
		count = bench_judge(&scanner_detector, memory, &fact, findings);
		for (size_t n = 0; n < count; n++)
			CHECK(!findings[n].is_proven);
	}
	fact = fact_of(&proven, "192.0.2.7", "198.51.100.1", 2 * HOUR_MS);
	count = bench_judge(&scanner_detector, memory, &fact, findings);
	for (size_t n = 0; n < count; n++) {
		has_sweep |= findings[n].rule == RULE_SWEEP && findings[n].is_proven;
		CHECK(findings[n].rule != RULE_SPREAD);
	}
	CHECK(has_sweep);
	scanner_detector.free(&memory);
	return ERR_NONE;
}

TEST(scanner_full, "a sweep over more targets than are remembered goes on being one")
{
	static const struct deed d = { FACT_REQUEST, PROOF_CONNECTION, "OPTIONS", "100@x" };
	static struct guard_judge_settings settings;
	struct guard_finding findings[MAX_FINDINGS_PER_FACT];
	void *memory = NULL;
	struct fact fact;
	char target[32];
	uint32_t told = 0;

	TRY(alone_new(&settings, 4, &memory));
	for (uint32_t i = 0; i < 200; i++) {
		fact = fact_of(&d, "192.0.2.7", host(target, "198.51.100", i + 1), i * 1000);
		told += bench_judge(&scanner_detector, memory, &fact, findings) > 0;
	}
	CHECK(told == 196);
	settings.scanner.targets = 3;
	scanner_detector.apply(memory, &settings);
	for (uint32_t i = 0; i < 3; i++) {
		fact = fact_of(&d, "192.0.2.8", host(target, "198.51.100", i + 1), i);
		CHECK((bench_judge(&scanner_detector, memory, &fact, findings) > 0) == (i == 2));
	}
	scanner_detector.free(&memory);
	return ERR_NONE;
}
