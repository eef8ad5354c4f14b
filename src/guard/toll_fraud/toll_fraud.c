/* SPDX-License-Identifier: Apache-2.0 */
/* Which facts are call attempts, and what number they are about. */
#include "guard/toll_fraud/toll_fraud_priv.h"

#include <stdlib.h>
#include <string.h>

struct toll_fraud {
	struct toll_fraud_settings settings;
	struct hunts hunts;
	struct habits habits;
};

size_t toll_fraud_note(struct seen *list, size_t size, struct seen what, uint64_t window_us)
{
	size_t place = 0, count = 0;

	for (size_t i = 0; i < size; i++) {
		bool is_seen =
			list[i].at_us != 0 && now_since(what.at_us, list[i].at_us) < window_us;

		if (is_seen && list[i].hash == what.hash) {
			list[i].at_us = what.at_us;
			return 0;
		}
		if (list[i].at_us < list[place].at_us)
			place = i;
	}
	list[place] = what;
	for (size_t i = 0; i < size; i++)
		count += list[i].at_us != 0 && now_since(what.at_us, list[i].at_us) < window_us;
	return count;
}

static void toll_fraud_free(void **memory)
{
	struct toll_fraud *t = *memory;

	if (!t)
		return;
	toll_fraud_hunts_clear(&t->hunts);
	toll_fraud_habits_clear(&t->habits);
	free(t);
	*memory = NULL;
}

static enum err toll_fraud_make(const struct guard_judge_settings *settings,
                                const struct hash_key *key, void **ret)
{
	struct toll_fraud *t = calloc(1, sizeof(*t));
	void *memory = t;
	enum err err;

	if (!t)
		return ERR_NO_MEMORY;
	t->settings = settings->toll_fraud;
	err = toll_fraud_hunts_init(&t->hunts, settings->max_sources, key);
	if (err == ERR_NONE)
		err = toll_fraud_habits_init(&t->habits, settings->max_accounts, key);
	if (err == ERR_NONE)
		*ret = memory;
	else
		toll_fraud_free(&memory);
	return err;
}

static void toll_fraud_apply(void *memory, const struct guard_judge_settings *settings)
{
	struct toll_fraud *t = memory;

	t->settings = settings->toll_fraud;
}

static uint64_t hash_of(const struct toll_fraud *t, const char *text, size_t len)
{
	return hash_quick(&t->hunts.callers.key, text, len);
}

/* Whatever stood before it, a number is known again by its end. */
static uint64_t number_hash(const struct toll_fraud *t, const struct number *n)
{
	size_t tail = n->len < NUMBER_TAIL_DIGITS ? n->len : NUMBER_TAIL_DIGITS;

	return hash_of(t, n->digits + n->len - tail, tail);
}

/* False where no number of the public network was dialled. */
static bool attempt_of(const struct toll_fraud *t, const struct guard_about *about,
                       struct attempt *ret)
{
	const struct fact *fact = about->fact;

	if (number_read(&t->settings.plan, view_of(fact->number), &ret->number) != ERR_NONE)
		return false;
	ret->about = about;
	ret->fact = fact;
	ret->settings = &t->settings;
	ret->is_known = fact->standing == STANDING_KNOWN;
	ret->is_proven = about->is_proven;
	ret->is_answered = fact->kind == FACT_CALL && fact->outcome == OUTCOME_SUCCEEDED;
	ret->account_hash = hash_of(t, fact->account, strlen(fact->account));
	ret->dialled_hash = hash_of(t, fact->number, strlen(fact->number));
	ret->number_hash = number_hash(t, &ret->number);
	ret->is_dear = ret->number.region != REGION_NONE &&
	               (t->settings.dear & 1U << ret->number.kind) != 0;
	return true;
}

static void note_login(struct toll_fraud *t, const struct guard_about *about)
{
	const struct fact *fact = about->fact;
	uint64_t account = hash_of(t, fact->account, strlen(fact->account));

	if (fact->kind == FACT_LOGIN && fact->outcome == OUTCOME_SUCCEEDED)
		toll_fraud_hunts_accept(&t->hunts, about);
	toll_fraud_habits_login(&t->habits, about, account);
}

/* Apart, since most facts are no call: those must not pay for its room on the stack. */
__attribute__((noinline)) static size_t
judge_attempt(struct toll_fraud *t, const struct guard_about *about, struct guard_finding *ret)
{
	const struct fact *fact = about->fact;
	struct attempt a __attribute__((uninitialized)); /* attempt_of fills it */
	size_t count;

	if (!attempt_of(t, about, &a))
		return 0;
	count = toll_fraud_hunt(&t->hunts, &a, ret);
	if (fact->kind == FACT_CALL && a.is_known && a.is_proven)
		count += toll_fraud_habit(&t->habits, &a, ret + count);
	return count;
}

static bool is_attempt(const struct fact *fact)
{
	return fact->kind == FACT_CALL ||
	       ((fact->kind == FACT_REQUEST || fact->kind == FACT_LOGIN) &&
	        GUARD_METHOD_IS(fact, "INVITE"));
}

static size_t toll_fraud_judge(void *memory, const struct guard_about *about,
                               struct guard_finding ret[MAX_FINDINGS_PER_FACT])
{
	const struct fact *fact = about->fact;
	struct toll_fraud *t = memory;

	if (t->habits.since_us == 0)
		t->habits.since_us = fact->now_us;
	if (fact->standing == STANDING_PEER || fact->is_server)
		return 0;
	if (fact->kind == FACT_LOGIN || fact->kind == FACT_CAPPED)
		note_login(t, about);
	return is_attempt(fact) ? judge_attempt(t, about, ret) : 0;
}

const struct guard_detector_class toll_fraud_detector = {
	toll_fraud_make, toll_fraud_free, toll_fraud_apply, toll_fraud_judge,
	/* What it learns begins with the first fact, whatever that is. */
	.kinds = UINT32_MAX
};
