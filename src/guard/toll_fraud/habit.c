/* SPDX-License-Identifier: Apache-2.0 */
/* Where accounts call, and where nobody here ever did. */
#include "guard/toll_fraud/toll_fraud_priv.h"

enum { DAY_S = 86400 };

/* A place where an account logged in. */
struct place {
	uint64_t hash, first_us, last_us;
};

struct account {
	struct guard_row row;
	uint64_t since_us;
	uint64_t abroad_us; /* first call abroad */
	struct place places[MAX_ACCOUNT_ADDRESSES];
	uint64_t guessed_us, last_guess_us, last_guess_id; /* first of a series */
	uint32_t guesses;
	uint32_t next;
	uint64_t calls_us[MAX_BURST_CALLS];      /* unfamiliar ones, a ring */
	struct seen numbers[MAX_PROBED_NUMBERS]; /* called after guesses */
};

enum err toll_fraud_habits_init(struct habits *h, uint32_t max_accounts, const struct hash_key *key)
{
	return guard_recent_init(&h->accounts, sizeof(struct account), max_accounts, key);
}

void toll_fraud_habits_clear(struct habits *h) { guard_recent_clear(&h->accounts); }

static struct account *account_of(struct habits *h, uint64_t hash, uint64_t now_us)
{
	struct addr nowhere = { .family = 0 };
	struct guard_key key = guard_key_of(&nowhere, hash);
	struct account *account = guard_recent_touch(&h->accounts, &key);

	if (account->since_us == 0)
		account->since_us = now_us;
	return account;
}

static bool is_within(uint64_t now_us, uint64_t at_us, uint64_t window_s)
{
	return at_us != 0 && now_since(now_us, at_us) < window_s * SECOND_US;
}

/* --- Logins --- */

static struct place *place_of(struct account *account, uint64_t hash)
{
	for (size_t i = 0; i < MAX_ACCOUNT_ADDRESSES; i++) {
		if (account->places[i].hash == hash && account->places[i].last_us != 0)
			return &account->places[i];
	}
	return NULL;
}

static void note_place(struct account *account, uint64_t hash, uint64_t now_us)
{
	struct place *place = place_of(account, hash);

	if (!place) {
		place = &account->places[0];
		for (size_t i = 1; i < MAX_ACCOUNT_ADDRESSES; i++) {
			if (account->places[i].last_us < place->last_us)
				place = &account->places[i];
		}
		*place = (struct place){ .hash = hash, .first_us = now_us };
	}
	place->last_us = now_us;
}

/* A device that repeats one password keeps its Call-ID and guesses nothing. */
static void note_guess(struct account *account, const struct fact *fact)
{
	if (!is_within(fact->now_us, account->last_guess_us, DAY_S)) {
		account->guesses = 0;
		account->guessed_us = fact->now_us;
	}
	if (account->guesses == 0 || account->last_guess_id != fact->call_id_hash)
		account->guesses++;
	account->last_guess_id = fact->call_id_hash;
	account->last_guess_us = fact->now_us;
}

void toll_fraud_habits_login(struct habits *h, const struct guard_about *about,
                             uint64_t account_hash)
{
	const struct fact *fact = about->fact;
	struct account *account;

	if (!about->is_proven || (fact->kind == FACT_LOGIN && fact->outcome == OUTCOME_UNKNOWN))
		return;
	account = account_of(h, account_hash, fact->now_us);
	if (fact->kind == FACT_LOGIN && fact->outcome == OUTCOME_SUCCEEDED) {
		note_place(account, about->spots[0].hash, fact->now_us);
		guard_recent_keep(&h->accounts, account, true);
	} else {
		note_guess(account, fact);
	}
}

/* --- Calls --- */

static bool has_learnt(const struct attempt *a, uint64_t since_us)
{
	return now_since(a->fact->now_us, since_us) >=
	       (uint64_t)a->settings->learning_s * SECOND_US;
}

/* Notes where the call goes; says what there is to say the first time. */
static size_t judge_destination(struct habits *h, const struct attempt *a,
                                struct guard_finding *ret)
{
	uint64_t *region_us = &h->region_us[a->number.region],
		 *kind_us = &h->kind_us[a->number.kind];
	bool is_new_region = a->number.is_abroad && *region_us == 0;
	bool is_new_kind = a->is_dear && *kind_us == 0;

	if (*region_us == 0)
		*region_us = a->fact->now_us;
	if (*kind_us == 0)
		*kind_us = a->fact->now_us;
	if (!(is_new_region || is_new_kind) || !has_learnt(a, h->since_us))
		return 0;
	*ret = (struct guard_finding){ .rule = RULE_NEW_DESTINATION,
		                       .score_milli = a->is_dear ? TOLL_FRAUD_DEAR_MILLI
		                                                 : TOLL_FRAUD_NEW_MILLI,
		                       .is_proven = true,
		                       .is_incident = true };
	return 1;
}

/* To where nobody called before today, or of one who never called abroad. */
static bool is_unfamiliar(const struct habits *h, const struct account *account,
                          const struct attempt *a)
{
	uint64_t now_us = a->fact->now_us;

	if (!has_learnt(a, h->since_us))
		return false;
	return is_within(now_us, h->region_us[a->number.region], DAY_S) ||
	       (has_learnt(a, account->since_us) && is_within(now_us, account->abroad_us, DAY_S));
}

static size_t judge_burst(struct habits *h, struct account *account, const struct attempt *a,
                          struct guard_finding *ret)
{
	const struct guard_rate *burst = &a->settings->burst;
	struct place *place = place_of(account, a->about->spots[0].hash);
	uint64_t now_us = a->fact->now_us;
	uint32_t limit = burst->count, count = 0;

	if (!is_unfamiliar(h, account, a))
		return 0;
	account->calls_us[account->next] = now_us;
	account->next = (account->next + 1) % MAX_BURST_CALLS;
	if (place && has_learnt(a, account->since_us) && is_within(now_us, place->first_us, DAY_S))
		limit = (limit + 1) / 2;
	for (size_t i = 0; i < MAX_BURST_CALLS; i++)
		count += account->calls_us[i] != 0 &&
		         now_since(now_us, account->calls_us[i]) <
		                 (uint64_t)burst->window_ms * MILLISECOND_US;
	if (count < limit)
		return 0;
	*ret = (struct guard_finding){ .rule = RULE_CALL_BURST,
		                       .score_milli = count == limit ? TOLL_FRAUD_BURST_MILLI
		                                                     : TOLL_FRAUD_NEW_MILLI,
		                       .is_proven = true };
	return 1;
}

/* Whoever was there before the guesses began is the owner. */
static size_t judge_guessed(struct account *account, const struct attempt *a,
                            struct guard_finding *ret)
{
	struct place *place = place_of(account, a->about->spots[0].hash);
	struct seen number = { a->number_hash, a->fact->now_us };

	if (account->guesses < TOLL_FRAUD_GUESSES ||
	    !is_within(a->fact->now_us, account->last_guess_us, DAY_S) ||
	    (place && place->first_us < account->guessed_us))
		return 0;
	if (toll_fraud_note(account->numbers, MAX_PROBED_NUMBERS, number,
	                    DAY_S * (uint64_t)SECOND_US) == 0)
		return 0;
	*ret = (struct guard_finding){ .rule = RULE_CALL_AFTER_GUESSING,
		                       .score_milli = TOLL_FRAUD_GUESSED_MILLI,
		                       .is_proven = true };
	return 1;
}

size_t toll_fraud_habit(struct habits *h, const struct attempt *a, struct guard_finding *ret)
{
	struct account *account;
	size_t count;

	if (a->number.region == REGION_NONE)
		return 0;
	account = account_of(h, a->account_hash, a->fact->now_us);
	guard_recent_keep(&h->accounts, account, true);
	count = judge_destination(h, a, ret);
	if (!a->number.is_abroad)
		return count;
	if (account->abroad_us == 0)
		account->abroad_us = a->fact->now_us;
	count += judge_burst(h, account, a, ret + count);
	return count + judge_guessed(account, a, ret + count);
}
