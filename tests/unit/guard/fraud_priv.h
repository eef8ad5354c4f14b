/* SPDX-License-Identifier: Apache-2.0 */
/* The toll-fraud detector alone, what it found by rule, and calls made to measure. */
#ifndef GUARD_FRAUD_PRIV_H
#define GUARD_FRAUD_PRIV_H

#include "guard/toll_fraud/toll_fraud.h"
#include "unit/guard/bench_priv.h"

enum { SECOND_MS = 1000, MINUTE_MS = 60 * SECOND_MS, HOUR_MS = 60 * MINUTE_MS };
#define DAY_MS (24 * (uint64_t)HOUR_MS)

struct fraud {
	struct guard_judge_settings settings;
	void *memory;
	uint32_t count[RULE_COUNT], milli[RULE_COUNT], proven_milli;
};

#define OWNED_FRAUD __attribute__((cleanup(fraud_clear))) struct fraud

/* Small tables. With a country: its plan, area 0151, outside line 9. */
enum err fraud_init(struct fraud *f, const char *country) MUST_USE;
void fraud_clear(struct fraud *f);
void fraud_take(struct fraud *f, const struct fact *fact);
uint32_t fraud_total(const struct fraud *f); /* thousandths, of all rules */

/* A stranger's INVITE that was met by silence; nothing proves it. */
struct fact fraud_request(const char *address, const char *number, uint64_t after_ms);
/* A call from 198.51.100.7 of an account that is in: 0 for unanswered, 200, or refused. */
struct fact fraud_call(const char *account, const char *number, uint16_t status, uint64_t after_ms);
struct fact fraud_login(const char *address, const char *account, uint64_t after_ms);
/* The same, taken: from 192.0.2.7; answered. */
void fraud_take_request(struct fraud *f, const char *number, uint64_t after_ms);
void fraud_take_call(struct fraud *f, const char *account, const char *number, uint64_t after_ms);

#endif
