/* SPDX-License-Identifier: Apache-2.0 */
/* One call attempt as the parts of the toll-fraud detector see it, and what
 * they remember: hunt.c of callers, habit.c of accounts and of the installation. */
#ifndef TOLL_FRAUD_TOLL_FRAUD_PRIV_H
#define TOLL_FRAUD_TOLL_FRAUD_PRIV_H

#include "base/now.h"
#include "guard/about.h"
#include "guard/toll_fraud/toll_fraud.h"

struct seen {
	uint64_t hash, at_us;
};

/* Notes it in the place of the same or of what was unseen for longest. Returns
 * how many different ones were seen within the window, 0 where this one was
 * among them before. */
size_t toll_fraud_note(struct seen *list, size_t size, struct seen what, uint64_t window_us);

struct hunts {
	struct guard_recent strings; /* dial strings of one number, per caller */
	struct guard_recent callers; /* numbers abroad, per caller */
};

struct habits {
	struct guard_recent accounts;
	uint64_t since_us;                                            /* first fact */
	uint64_t region_us[REGION_COUNT], kind_us[NUMBER_KIND_COUNT]; /* first called; 0: never */
};

struct attempt {
	const struct guard_about *about;
	const struct fact *fact;
	const struct toll_fraud_settings *settings;
	struct number number;
	uint64_t account_hash, dialled_hash, number_hash;
	bool is_known, is_proven, is_dear;
	bool is_answered;
};

enum err toll_fraud_hunts_init(struct hunts *h, uint32_t max_callers,
                               const struct hash_key *key) MUST_USE;
void toll_fraud_hunts_clear(struct hunts *h);
/* Findings about who dials. Return how many. */
size_t toll_fraud_hunt(struct hunts *h, const struct attempt *a, struct guard_finding *ret);
/* The source of the fact was let in. */
void toll_fraud_hunts_accept(struct hunts *h, const struct guard_about *about);

enum err toll_fraud_habits_init(struct habits *h, uint32_t max_accounts,
                                const struct hash_key *key) MUST_USE;
void toll_fraud_habits_clear(struct habits *h);
/* Findings about where an account calls, which is proven. Return how many. */
size_t toll_fraud_habit(struct habits *h, const struct attempt *a, struct guard_finding *ret);
/* A login was decided. */
void toll_fraud_habits_login(struct habits *h, const struct guard_about *about,
                             uint64_t account_hash);

#endif
