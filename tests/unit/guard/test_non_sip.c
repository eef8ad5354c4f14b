/* SPDX-License-Identifier: Apache-2.0 */
/* The rule of non-SIP, beside what phones and others send to the same ports. */
#include "guard/non_sip/non_sip.h"
#include "unit/guard/bench_priv.h"

#include <stdio.h>

static struct fact fact_of(uint16_t reason, enum fact_proof proof, uint64_t after_ms)
{
	struct fact fact = bench_failure("192.0.2.7", "", 0, after_ms);

	fact.kind = FACT_NON_SIP;
	fact.reason = reason;
	fact.proof = (uint8_t)proof;
	fact.outcome = OUTCOME_UNKNOWN;
	return fact;
}

TEST(non_sip_kinds, "other protocols on a SIP port score, keep-alives and what is answered never")
{
	static const struct {
		const char *name;
		enum fact_non_sip kind;
		enum fact_proof proof;
		enum fact_standing standing;
		enum fact_outcome outcome;
		uint32_t want_proven, want_suspicion;
	} cases[] = {
		{ "HTTP over TCP", NON_SIP_HTTP, PROOF_CONNECTION, .want_proven = 5000,
		  .want_suspicion = 5000 },
		{ "HTTP over UDP", NON_SIP_HTTP, PROOF_NONE, .want_suspicion = 5000 },
		{ "TLS where none is spoken", NON_SIP_TLS, PROOF_CONNECTION, .want_proven = 5000,
		  .want_suspicion = 5000 },
		{ "RTSP", NON_SIP_RTSP, PROOF_CONNECTION, .want_proven = 5000,
		  .want_suspicion = 5000 },
		{ "noise", NON_SIP_NOISE, PROOF_CONNECTION, .want_proven = 5000,
		  .want_suspicion = 5000 },
		{ "keep-alives", NON_SIP_KEEPALIVE, PROOF_CONNECTION, .want_proven = 0 },
		{ "SSDP", NON_SIP_SSDP, PROOF_NONE, .want_proven = 0 },
		{ "HTTP that a web server answers", NON_SIP_HTTP, PROOF_CONNECTION,
		  .outcome = OUTCOME_SUCCEEDED },
		{ "a known phone's", NON_SIP_NOISE, PROOF_CONNECTION, STANDING_KNOWN },
		{ "a peer's", NON_SIP_NOISE, PROOF_CONNECTION, STANDING_PEER },
		{ "an upgrade that no browser writes", NON_SIP_UPGRADE, PROOF_CONNECTION,
		  .want_proven = 10000, .want_suspicion = 10000 },
		{ "a foreign page's", NON_SIP_FOREIGN, PROOF_NONE, .want_suspicion = 5000 },
		{ "a sort that nobody knows", NON_SIP_COUNT, PROOF_CONNECTION },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_BENCH b = { 0 };

		TRY(bench_init(&b));
		for (uint64_t n = 0; n < 30; n++) {
			struct fact fact = fact_of((uint16_t)cases[i].kind, cases[i].proof, n);

			fact.standing = (uint8_t)cases[i].standing;
			fact.outcome = (uint8_t)cases[i].outcome;
			bench_take(&b, &fact);
		}
		CHECK_CASE(b.proven_milli == cases[i].want_proven, cases[i].name);
		CHECK_CASE(b.suspicion_milli == cases[i].want_suspicion, cases[i].name);
		CHECK_CASE(b.findings == (cases[i].want_suspicion > 0), cases[i].name);
	}
	return ERR_NONE;
}

TEST(non_sip_again, "who comes again each minute is blocked where connections prove it")
{
	OWNED_BENCH b = { 0 };
	struct fact fact;

	TRY(bench_init(&b));
	for (uint64_t n = 0; n < 3; n++) {
		fact = fact_of(NON_SIP_HTTP, PROOF_CONNECTION, n * 61000);
		bench_take(&b, &fact);
	}
	CHECK(bench_is_blocked(&b, "192.0.2.7", 122000));
	return ERR_NONE;
}

TEST(non_sip_bounded, "forged noise does not push out what is proven")
{
	static struct guard_judge_settings settings;
	struct guard_finding findings[MAX_FINDINGS_PER_FACT];
	void *memory = NULL;
	struct fact fact = fact_of(NON_SIP_HTTP, PROOF_CONNECTION, 0);
	char source[32];

	guard_judge_defaults(&settings);
	settings.non_sip.max_sources = 4;
	TRY(non_sip_detector.make(&settings, &bench_key, &memory));
	CHECK(bench_judge(&non_sip_detector, memory, &fact, findings) == 1);
	for (uint32_t i = 0; i < 100; i++) {
		struct fact forged = fact_of(NON_SIP_NOISE, PROOF_NONE, i);

		snprintf(source, sizeof(source), "203.0.113.%u", i + 1);
		forged.flow.remote = bench_addr(source);
		CHECK(bench_judge(&non_sip_detector, memory, &forged, findings) == 1 &&
		      !findings[0].is_proven);
	}
	CHECK(bench_judge(&non_sip_detector, memory, &fact, findings) == 0);
	non_sip_detector.free(&memory);
	return ERR_NONE;
}
