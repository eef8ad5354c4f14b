/* SPDX-License-Identifier: Apache-2.0 */
/* The bench that the tests of toll fraud stand on. */
#include "unit/guard/fraud_priv.h"

#include <string.h>

void fraud_clear(struct fraud *f) { toll_fraud_detector.free(&f->memory); }

enum err fraud_init(struct fraud *f, const char *country)
{
	guard_judge_defaults(&f->settings);
	f->settings.max_sources = f->settings.max_accounts = 64;
	if (country) {
		struct number_plan *plan = &f->settings.toll_fraud.plan;

		(void)VIEW_COPY(view_of(country), plan->country);
		(void)VIEW_COPY(VIEW("0151"), plan->area);
		(void)VIEW_COPY(VIEW("9"), plan->outside_line);
	}
	return toll_fraud_detector.make(&f->settings, &bench_key, &f->memory);
}

void fraud_take(struct fraud *f, const struct fact *fact)
{
	struct guard_finding found[MAX_FINDINGS_PER_FACT];
	size_t count = bench_judge(&toll_fraud_detector, f->memory, fact, found);

	for (size_t i = 0; i < count; i++) {
		f->count[found[i].rule]++;
		f->milli[found[i].rule] += found[i].score_milli;
		f->proven_milli += found[i].is_proven ? found[i].score_milli : 0;
	}
}

uint32_t fraud_total(const struct fraud *f)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < RULE_COUNT; i++)
		sum += f->milli[i];
	return sum;
}

struct fact fraud_request(const char *address, const char *number, uint64_t after_ms)
{
	struct fact fact = bench_failure(address, "", 1, after_ms);

	fact.kind = FACT_REQUEST;
	fact.proof = PROOF_NONE;
	fact.outcome = OUTCOME_UNKNOWN;
	fact.status = 0;
	(void)VIEW_COPY(VIEW("INVITE"), fact.method);
	(void)VIEW_COPY(view_of(number), fact.number);
	(void)VIEW_COPY(view_of(number), fact.account);
	return fact;
}

struct fact fraud_call(const char *account, const char *number, uint16_t status, uint64_t after_ms)
{
	struct fact fact = fraud_request("198.51.100.7", number, after_ms);

	fact.kind = FACT_CALL;
	fact.standing = STANDING_KNOWN;
	fact.proof = PROOF_BRANCH;
	fact.status = status;
	fact.outcome = status == 0  ? OUTCOME_UNKNOWN
	             : status < 300 ? OUTCOME_SUCCEEDED
	                            : OUTCOME_FAILED;
	(void)VIEW_COPY(view_of(account), fact.account);
	return fact;
}

struct fact fraud_login(const char *address, const char *account, uint64_t after_ms)
{
	struct fact fact = bench_failure(address, account, 7, after_ms);

	fact.outcome = OUTCOME_SUCCEEDED;
	fact.status = 200;
	return fact;
}

void fraud_take_request(struct fraud *f, const char *number, uint64_t after_ms)
{
	struct fact fact = fraud_request("192.0.2.7", number, after_ms);

	fraud_take(f, &fact);
}

void fraud_take_call(struct fraud *f, const char *account, const char *number, uint64_t after_ms)
{
	struct fact fact = fraud_call(account, number, 200, after_ms);

	fraud_take(f, &fact);
}
