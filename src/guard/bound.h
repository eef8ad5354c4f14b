/* SPDX-License-Identifier: Apache-2.0 */
/* Budgets: how much of what may pass, per flow, per address, per neighbourhood
 * and in total. A bucket is a plain value that lives in whatever it bounds; a
 * zeroed one is full. The tables for strangers are bounded: what is full forgets
 * whose bucket is fullest, who loses least by it and was mostly not heard of for long,
 * and the total holds what slips through by that. */
#ifndef GUARD_BOUND_H
#define GUARD_BOUND_H

#include "event/flow.h"
#include "guard/options.h"

struct guard_bucket {
	uint64_t free_at_us; /* when all that was taken has flowed back */
};

/* Takes one if there is one. */
bool guard_bucket_take(struct guard_bucket *b, const struct guard_rate *rate, uint64_t now_us);

struct guard_bounds;

/* Takes all memory. ERR_NO_MEMORY, ERR_LIMIT. */
enum err guard_bounds_new(const struct guard_door_settings *settings, const struct hash_key *key,
                          struct guard_bounds **ret) MUST_USE;
void guard_bounds_free(struct guard_bounds **b);
/* New figures from now on; the tables keep their size. */
void guard_bounds_apply(struct guard_bounds *b, const struct guard_door_settings *settings);

/* One datagram of a stranger: false where the flow's or the address's budget is
 * used up, and the datagram is dropped. Known flows and peers have a bucket of
 * their own (guard_bucket_take). */
bool guard_bounds_stranger(struct guard_bounds *b, const struct flow *flow, uint64_t now_us);

/* One REGISTER of a stranger without a good cookie: false where the bound of
 * its neighbourhood or the total is used up, and the PBX must not see it. */
bool guard_bounds_register(struct guard_bounds *b, const struct addr *source, uint64_t now_us);

#endif
