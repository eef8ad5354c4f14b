/* SPDX-License-Identifier: Apache-2.0 */
/* Who dials one number in many ways, or numbers abroad that nobody lets through. */
#include "guard/toll_fraud/toll_fraud_priv.h"

#include <string.h>

enum { PROBES_OF_A_FRAUD = 3, FREE_PROBES = 2 };

/* One number of one caller. */
struct hunt {
	struct guard_row row;
	struct seen strings[MAX_HUNTED_STRINGS];
	uint64_t odd_us;   /* when one was dialled that nobody dials here */
	uint64_t found_us; /* when it was last a hunt */
};

struct caller {
	struct guard_row row;
	struct seen numbers[MAX_PROBED_NUMBERS];
	uint64_t accepted_us; /* 0: never let in */
};

enum err toll_fraud_hunts_init(struct hunts *h, uint32_t max_callers, const struct hash_key *key)
{
	enum err err = guard_recent_init(&h->strings, sizeof(struct hunt), max_callers, key);

	if (err == ERR_NONE)
		err = guard_recent_init(&h->callers, sizeof(struct caller), max_callers, key);
	return err;
}

void toll_fraud_hunts_clear(struct hunts *h)
{
	guard_recent_clear(&h->strings);
	guard_recent_clear(&h->callers);
}

/* An account at its address, or all strangers behind one: neighbours who call the
 * same number each in his own way are no hunt. What is proven counts apart. */
static struct guard_spot caller_of(const struct hunts *h, const struct attempt *a, bool is_proven)
{
	struct guard_spot spot = a->about->spots[is_proven];

	if (a->is_known) {
		spot.key.extra = a->account_hash << 1 | (is_proven ? 1 : 0);
		spot.hash = guard_key_hash(&h->callers.key, &spot.key);
	}
	return spot;
}

static struct guard_key hunt_key(const struct attempt *a, bool is_known, bool is_proven)
{
	struct guard_key key = a->about->spots[is_proven].key;

	key.extra |= is_known ? a->account_hash << 1 : 0;
	key.extra ^= a->number_hash << 1;
	return key;
}

static uint64_t window_of(const struct attempt *a)
{
	return (uint64_t)a->settings->window_s * SECOND_US;
}

static bool is_within(const struct attempt *a, uint64_t at_us)
{
	return at_us != 0 && now_since(a->fact->now_us, at_us) < window_of(a);
}

/* Who knows how one dials here spells a number in a few honest ways. */
static bool is_hunting(struct hunts *h, const struct attempt *a, bool is_proven)
{
	struct guard_key key = hunt_key(a, a->is_known, is_proven);
	struct hunt *hunt = guard_recent_touch(&h->strings, &key);
	size_t count;

	guard_recent_keep(&h->strings, hunt, is_proven);
	if (a->number.form == NUMBER_HUNTED || strlen(a->fact->number) > MAX_E164_DIGITS + 1)
		hunt->odd_us = a->fact->now_us;
	count = toll_fraud_note(hunt->strings, MAX_HUNTED_STRINGS,
	                        (struct seen){ a->dialled_hash, a->fact->now_us }, window_of(a));
	if (count < a->settings->strings + (is_within(a, hunt->odd_us) ? 0 : 1) &&
	    count < MAX_HUNTED_STRINGS)
		return false;
	hunt->found_us = a->fact->now_us;
	return true;
}

static size_t judge_hunt(struct hunts *h, const struct attempt *a, struct guard_finding *ret)
{
	bool is_found = is_hunting(h, a, false);
	bool is_proven = a->is_proven && is_hunting(h, a, true);

	if (!is_found && !is_proven)
		return 0;
	*ret = (struct guard_finding){ .rule = RULE_PREFIX_HUNTING,
		                       .score_milli = TOLL_FRAUD_HUNT_MILLI,
		                       .is_proven = is_proven };
	return 1;
}

/* --- Calls abroad that nobody allowed --- */

/* Somebody was there to say so, or the caller gave up. */
static bool is_of_callee(uint16_t status)
{
	return status == 408 || status == 480 || status == 486 || status == 487 || status >= 600;
}

/* Written as carriers write, where nobody told us what is abroad: more likely to us. */
static bool is_of_trunk(const struct attempt *a)
{
	return a->settings->plan.country[0] == '\0' &&
	       (a->number.form == NUMBER_PLUS || a->number.form == NUMBER_BARE);
}

static uint32_t probe_score(const struct attempt *a, size_t count)
{
	uint32_t dear = a->is_dear ? TOLL_FRAUD_FIRST_PROBE_MILLI : 0;

	if (a->is_known)
		return count > FREE_PROBES ? TOLL_FRAUD_OWN_PROBE_MILLI + dear : 0;
	if (is_of_trunk(a))
		return count > FREE_PROBES && count <= MAX_TRUNK_PROBES
		             ? TOLL_FRAUD_TRUNK_PROBE_MILLI
		             : 0;
	return dear + (count > 1 ? TOLL_FRAUD_PROBE_MILLI : TOLL_FRAUD_FIRST_PROBE_MILLI);
}

/* Its score among the caller's probes of that sort, 0 for none. */
static uint32_t probe(struct hunts *h, const struct attempt *a, bool is_proven)
{
	struct guard_spot spot = caller_of(h, a, is_proven);
	struct caller *caller = guard_recent_touch_at(&h->callers, &spot);
	size_t count;

	guard_recent_keep(&h->callers, caller, is_proven || caller->accepted_us != 0);
	if (is_within(a, caller->accepted_us))
		return 0;
	count = toll_fraud_note(caller->numbers, MAX_PROBED_NUMBERS,
	                        (struct seen){ a->number_hash, a->fact->now_us }, window_of(a));
	return count > 0 ? probe_score(a, count) : 0;
}

static size_t judge_probe(struct hunts *h, const struct attempt *a, struct guard_finding *ret)
{
	uint32_t forged_milli, proven_milli;

	if (!a->number.is_abroad || is_of_callee(a->fact->status) ||
	    (a->is_known && a->fact->status < 400))
		return 0;
	forged_milli = probe(h, a, false);
	proven_milli = a->is_proven ? probe(h, a, true) : 0;
	if (forged_milli == 0 && proven_milli == 0)
		return 0;
	*ret = (struct guard_finding){ .rule = RULE_FOREIGN_PROBE,
		                       .score_milli =
		                               proven_milli > 0 ? proven_milli : forged_milli,
		                       .is_proven = proven_milli > 0 };
	return 1;
}

/* --- What is answered --- */

static bool was_hunted(const struct hunts *h, const struct attempt *a, bool is_known,
                       bool is_proven)
{
	struct guard_key key = hunt_key(a, is_known, is_proven);
	const struct hunt *hunt = guard_recent_find(&h->strings, &key);

	return hunt && is_within(a, hunt->found_us);
}

static bool was_probing(const struct hunts *h, const struct attempt *a, bool is_proven)
{
	struct guard_spot spot;
	const struct caller *caller;
	size_t count = 0;

	if (!a->number.is_abroad || is_of_trunk(a))
		return false;
	spot = caller_of(h, a, is_proven);
	caller = guard_recent_find_at(&h->callers, &spot);
	if (!caller || is_within(a, caller->accepted_us))
		return false;
	for (size_t i = 0; i < MAX_PROBED_NUMBERS; i++)
		count += is_within(a, caller->numbers[i].at_us);
	return count >= PROBES_OF_A_FRAUD;
}

/* Whoever logged in after it hunted as a stranger is the same hunter. */
static bool is_fraud(const struct hunts *h, const struct attempt *a, bool is_proven)
{
	bool is_odd = !a->is_known && a->number.form == NUMBER_HUNTED && a->number.is_abroad;

	return is_odd || was_hunted(h, a, a->is_known, is_proven) ||
	       (a->is_known && was_hunted(h, a, false, is_proven)) || was_probing(h, a, is_proven);
}

static void accept(struct hunts *h, const struct guard_spot *spot, uint64_t now_us)
{
	struct caller *caller = guard_recent_touch_at(&h->callers, spot);

	caller->accepted_us = now_us;
	guard_recent_keep(&h->callers, caller, true);
}

static size_t judge_answer(struct hunts *h, const struct attempt *a, struct guard_finding *ret)
{
	bool is_proven = a->is_proven && is_fraud(h, a, true);

	if (!is_proven && !is_fraud(h, a, false)) {
		for (size_t sort = 0; sort <= a->is_proven; sort++) {
			struct guard_spot spot = caller_of(h, a, sort != 0);

			accept(h, &spot, a->fact->now_us);
		}
		return 0;
	}
	*ret = (struct guard_finding){ .rule = RULE_FRAUD_CALL,
		                       .score_milli = TOLL_FRAUD_ANSWERED_MILLI,
		                       .is_proven = is_proven,
		                       .is_incident = true };
	return 1;
}

size_t toll_fraud_hunt(struct hunts *h, const struct attempt *a, struct guard_finding *ret)
{
	size_t count = judge_hunt(h, a, ret);

	if (a->is_answered)
		return count + judge_answer(h, a, ret + count);
	if (a->fact->kind == FACT_LOGIN && a->fact->outcome == OUTCOME_SUCCEEDED)
		return count;
	return count + judge_probe(h, a, ret + count);
}

/* As a stranger alone: an account's calls are allowed by being answered. */
void toll_fraud_hunts_accept(struct hunts *h, const struct guard_about *about)
{
	accept(h, &about->spots[0], about->fact->now_us);
	if (about->is_proven)
		accept(h, &about->spots[1], about->fact->now_us);
}
