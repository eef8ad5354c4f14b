/* SPDX-License-Identifier: Apache-2.0 */
/* The rule of anomalies: who tries many ways is not who is broken in one. */
#include "event/tls_refusal.h"
#include "guard/anomaly/anomaly.h"
#include "guard/oddity.h"
#include "sip/reason.h"
#include "unit/guard/bench_priv.h"

#include <stdio.h>

static struct fact fact_of(enum sip_grade grade, uint16_t reason, enum fact_proof proof,
                           uint64_t call_id, uint64_t after_ms)
{
	struct fact fact = bench_failure("192.0.2.7", "", call_id, after_ms);

	fact.kind = FACT_ANOMALY;
	fact.grade = (uint8_t)grade;
	fact.reason = reason;
	fact.proof = (uint8_t)proof;
	return fact;
}

TEST(anomaly_scores, "each new way is worth two, another message one, the same message nothing")
{
	static const struct {
		const char *name;
		enum sip_grade grade;
		uint16_t reasons;
		uint64_t messages, count, pause_ms; /* reasons and messages turn round */
		uint32_t want_milli;
	} cases[] = {
		{ "one message", SIP_GRADE_HOSTILE, 1, 1, 1, 0, 2000 },
		{ "the same message repeated", SIP_GRADE_HOSTILE, 1, 1, 20, 0, 2000 },
		{ "three messages of one sort", SIP_GRADE_HOSTILE, 1, 3, 3, 0, 4000 },
		{ "three sorts", SIP_GRADE_HOSTILE, 3, 3, 3, 0, 6000 },
		{ "three sorts over and over", SIP_GRADE_HOSTILE, 3, 3, 30, 0, 6000 },
		{ "a broken device that registers each minute", SIP_GRADE_HOSTILE, 1, 1, 100, 60000,
		  2000 },
		{ "sloppy ones", SIP_GRADE_SLOPPY, 5, 100, 100, 0, 0 },
		{ "foreign ones", SIP_GRADE_FOREIGN, 5, 100, 100, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_BENCH b = { 0 };
		uint32_t highest = 0;

		TRY(bench_init(&b));
		for (uint64_t n = 0; n < cases[i].count; n++) {
			struct fact fact = fact_of(
				cases[i].grade, (uint16_t)(1 + n % cases[i].reasons),
				PROOF_CONNECTION, 1 + n % cases[i].messages, n * cases[i].pause_ms);

			bench_take(&b, &fact);
			highest = b.proven_milli > highest ? b.proven_milli : highest;
		}
		CHECK_CASE(highest == cases[i].want_milli, cases[i].name);
	}
	return ERR_NONE;
}

TEST(anomaly_fuzzer,
     "a fuzzer is blocked where a connection proves it, else suspected, a peer neither")
{
	static const struct {
		const char *name;
		enum fact_proof proof;
		enum fact_standing standing;
		bool is_suspect, is_blocked;
	} cases[] = {
		{ "over TCP", PROOF_CONNECTION, STANDING_STRANGER, false, true },
		{ "over UDP", PROOF_NONE, STANDING_STRANGER, true, false },
		{ "a peer's", PROOF_CONNECTION, STANDING_PEER, false, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_BENCH b = { 0 };

		TRY(bench_init(&b));
		for (uint16_t n = 0; n < 6; n++) {
			struct fact fact =
				fact_of(SIP_GRADE_HOSTILE, (uint16_t)(ODDITY_BEFORE_FIRST + 1 + n),
			                cases[i].proof, n + 1, n);

			fact.standing = (uint8_t)cases[i].standing;
			bench_take(&b, &fact);
		}
		CHECK_CASE(bench_is_suspect(&b, "192.0.2.7", 10) == cases[i].is_suspect,
		           cases[i].name);
		CHECK_CASE(bench_is_blocked(&b, "192.0.2.7", 10) == cases[i].is_blocked,
		           cases[i].name);
	}
	return ERR_NONE;
}

TEST(anomaly_bounded, "full tables and lists forget the oldest, forged ones before proven ones")
{
	static struct guard_judge_settings settings;
	struct guard_finding findings[MAX_FINDINGS_PER_FACT];
	void *memory = NULL;
	struct fact fact;
	char source[32];

	guard_judge_defaults(&settings);
	settings.anomaly.max_sources = 4;
	TRY(anomaly_detector.make(&settings, &bench_key, &memory));
	fact = fact_of(SIP_GRADE_HOSTILE, 1, PROOF_CONNECTION, 1, 0);
	CHECK(bench_judge(&anomaly_detector, memory, &fact, findings) == 1 &&
	      findings[0].is_proven);
	for (uint32_t i = 0; i < 100; i++) {
		snprintf(source, sizeof(source), "203.0.113.%u", i + 1);
		fact = fact_of(SIP_GRADE_HOSTILE, (uint16_t)(i + 1), PROOF_NONE, i, i);
		fact.flow.remote = bench_addr(source);
		CHECK(bench_judge(&anomaly_detector, memory, &fact, findings) == 1 &&
		      !findings[0].is_proven);
		fact.flow.remote = bench_addr("192.0.2.7");
		CHECK(bench_judge(&anomaly_detector, memory, &fact, findings) == 1 &&
		      !findings[0].is_proven);
	}
	fact = fact_of(SIP_GRADE_HOSTILE, 1, PROOF_CONNECTION, 1, 200);
	CHECK(bench_judge(&anomaly_detector, memory, &fact, findings) == 0);
	anomaly_detector.free(&memory);
	return ERR_NONE;
}

TEST(anomaly_untrusted,
     "who is refused by TLS is told of once for each reason; a peer is never scored")
{
	static const struct {
		const char *name;
		enum tls_refusal why;
		enum fact_standing standing;
		uint32_t want_milli;
	} cases[] = {
		{ "noise of a stranger", TLS_REFUSED_PLAIN, STANDING_STRANGER, 1000 },
		{ "a stranger's old phone", TLS_REFUSED_OLD, STANDING_STRANGER, 0 },
		{ "noise from a peer's address", TLS_REFUSED_PLAIN, STANDING_PEER, 0 },
		{ "a peer's expired certificate", TLS_REFUSED_EXPIRED, STANDING_PEER, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_BENCH b = { 0 };

		TRY(bench_init(&b));
		for (uint64_t n = 0; n < 20; n++) {
			struct fact fact = fact_of(SIP_GRADE_NONE, (uint16_t)cases[i].why,
			                           PROOF_CONNECTION, 0, n);

			fact.kind = FACT_UNTRUSTED;
			fact.standing = (uint8_t)cases[i].standing;
			bench_take(&b, &fact);
		}
		CHECK_CASE(b.proven_milli == cases[i].want_milli, cases[i].name);
	}
	return ERR_NONE;
}
