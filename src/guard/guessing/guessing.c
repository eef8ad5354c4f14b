/* SPDX-License-Identifier: Apache-2.0 */
/* Three bounded memories: an account at a source, a source, an account. */
#include "guard/guessing/guessing.h"

#include "base/now.h"
#include "guard/recent.h"

#include <stdlib.h>
#include <string.h>

enum { DAY_S = 86400 };

struct device {
	uint64_t call_id_hash, contact_hash;
	uint64_t used_us;
	uint32_t cseq;
};

/* One account at one source. */
struct pair {
	struct guard_row row;
	uint64_t failures_us[MAX_FREE_FAILURES]; /* times of the last ones, a ring */
	uint32_t next;
	uint64_t unknown_us, held_us; /* last finding of that rule; 0: none */
	struct device devices[MAX_GUESSING_DEVICES];
};

struct seen {
	uint64_t hash, at_us;
};

/* Accounts that failed at a source: one more than may fail there. */
struct source {
	struct guard_row row;
	struct seen accounts[MAX_FAILING_ACCOUNTS + 1];
};

/* Sources that failed at an account within a day. */
struct account {
	struct guard_row row;
	struct seen sources[MAX_DISTRIBUTED_SOURCES];
};

struct guessing {
	struct guessing_settings settings;
	struct guard_recent pairs, sources, accounts;
};

static void guessing_free(void **memory)
{
	struct guessing *g = *memory;

	if (!g)
		return;
	guard_recent_clear(&g->pairs);
	guard_recent_clear(&g->sources);
	guard_recent_clear(&g->accounts);
	free(g);
	*memory = NULL;
}

static enum err guessing_make(const struct guard_judge_settings *settings,
                              const struct hash_key *key, void **ret)
{
	struct guessing *g = calloc(1, sizeof(*g));
	void *memory = g;
	enum err err;

	if (!g)
		return ERR_NO_MEMORY;
	g->settings = settings->guessing;
	err = guard_recent_init(&g->pairs, sizeof(struct pair), settings->max_pairs, key);
	if (err == ERR_NONE)
		err = guard_recent_init(&g->sources, sizeof(struct source), settings->max_sources,
		                        key);
	if (err == ERR_NONE)
		err = guard_recent_init(&g->accounts, sizeof(struct account),
		                        settings->max_accounts, key);
	if (err == ERR_NONE)
		*ret = memory;
	else
		guessing_free(&memory);
	return err;
}

static void guessing_apply(void *memory, const struct guard_judge_settings *settings)
{
	struct guessing *g = memory;

	g->settings = settings->guessing;
}

/* What one fact is about. */
struct about {
	struct guard_key source, pair, account;
	uint64_t account_hash, source_hash;
	uint64_t window_us;
};

static struct about about_of(const struct guessing *g, const struct fact *fact)
{
	struct addr source = addr_source(&fact->flow.remote), nowhere = { .family = 0 };
	struct about about = { .window_us = (uint64_t)g->settings.window_s * SECOND_US };

	about.account_hash = map_hash(&g->pairs.map, fact->account, strlen(fact->account));
	about.source = guard_key_of(&source, 0);
	about.source_hash = map_hash(&g->sources.map, &about.source, sizeof(about.source));
	about.pair = guard_key_of(&source, about.account_hash);
	about.account = guard_key_of(&nowhere, about.account_hash);
	return about;
}

static bool is_within(uint64_t at_us, uint64_t now_us, uint64_t window_us)
{
	return at_us != 0 && now_since(now_us, at_us) < window_us;
}

/* Notes who was seen, in the place of the same or of the longest unseen.
 * Returns how many different ones were seen within the window. */
static size_t seen_note(struct seen *list, size_t size, struct seen who, uint64_t window_us)
{
	size_t place = 0, count = 0;

	for (size_t i = 0; i < size; i++) {
		if (list[i].hash == who.hash && list[i].at_us != 0) {
			place = i;
			break;
		}
		if (list[i].at_us < list[place].at_us)
			place = i;
	}
	list[place] = who;
	for (size_t i = 0; i < size; i++)
		count += is_within(list[i].at_us, who.at_us, window_us);
	return count;
}

/* Whether a device repeats itself (see guard/login.h, where such are held back);
 * whoever is new takes the place of the device that was quiet for longest. */
static bool repeats(struct pair *pair, const struct fact *fact)
{
	struct device *place = &pair->devices[0];
	bool is_rising;

	for (size_t i = 0; i < MAX_GUESSING_DEVICES; i++) {
		struct device *device = &pair->devices[i];

		if (device->used_us != 0 && device->call_id_hash == fact->call_id_hash &&
		    device->contact_hash == fact->contact_hash) {
			is_rising = fact->cseq > device->cseq;
			device->cseq = fact->cseq;
			device->used_us = fact->now_us;
			return is_rising;
		}
		if (device->used_us < place->used_us)
			place = device;
	}
	*place =
		(struct device){ fact->call_id_hash, fact->contact_hash, fact->now_us, fact->cseq };
	return false;
}

/* Whether as many failures as are free lie within the window already. */
static bool is_beyond_free(const struct guessing *g, const struct pair *pair,
                           const struct about *about, uint64_t now_us)
{
	uint32_t free_failures = g->settings.free_failures;

	if (free_failures == 0)
		return true;
	return is_within(pair->failures_us[(pair->next + MAX_FREE_FAILURES - free_failures) %
	                                   MAX_FREE_FAILURES],
	                 now_us, about->window_us);
}

static size_t add(struct guard_finding *ret, size_t count, struct guard_finding finding)
{
	ret[count] = finding;
	return count + 1;
}

static size_t judge_failure(struct guessing *g, struct pair *pair, const struct about *about,
                            const struct fact *fact, struct guard_finding *ret)
{
	struct source *source = guard_recent_touch(&g->sources, &about->source);
	struct account *account = guard_recent_touch(&g->accounts, &about->account);
	struct guard_finding failed = { .rule = RULE_FAILED_LOGIN,
		                        .is_proven = fact_is_proven(fact->proof) };
	size_t accounts, sources, count;

	accounts = seen_note(source->accounts, MAX_FAILING_ACCOUNTS + 1,
	                     (struct seen){ about->account_hash, fact->now_us }, about->window_us);
	sources = seen_note(account->sources, MAX_DISTRIBUTED_SOURCES,
	                    (struct seen){ about->source_hash, fact->now_us },
	                    (uint64_t)DAY_S * SECOND_US);
	if (accounts > g->settings.max_accounts || is_beyond_free(g, pair, about, fact->now_us))
		failed.score_milli = GUESSING_FAILURE_MILLI;
	pair->failures_us[pair->next] = fact->now_us;
	pair->next = (pair->next + 1) % MAX_FREE_FAILURES;
	guard_recent_keep(&g->pairs, pair, failed.is_proven);
	guard_recent_keep(&g->sources, source, failed.is_proven);
	count = add(ret, 0, failed);
	if (sources >= g->settings.distributed_sources && failed.is_proven)
		count = add(ret, count,
		            (struct guard_finding){ .rule = RULE_DISTRIBUTED,
		                                    .scope = SCOPE_ACCOUNT,
		                                    .score_milli = GUESSING_DISTRIBUTED_MILLI,
		                                    .is_incident = true });
	return count;
}

static size_t judge_repetition(struct pair *pair, const struct about *about,
                               const struct fact *fact, struct guard_finding *ret)
{
	if (is_within(pair->held_us, fact->now_us, about->window_us))
		return 0;
	pair->held_us = fact->now_us;
	return add(ret, 0,
	           (struct guard_finding){ .rule = RULE_OLD_PASSWORD,
	                                   .scope = SCOPE_ACCOUNT_AT_SOURCE,
	                                   .is_proven = fact_is_proven(fact->proof),
	                                   .is_incident = true });
}

/* A capped login is a guess whoever sends it: a device that repeats itself is
 * not capped but held (see guard/login.h), and a phone does not send a second
 * response while the first is undecided. */
static size_t judge_refusal(struct guessing *g, const struct fact *fact, struct guard_finding *ret)
{
	struct about about = about_of(g, fact);
	struct pair *pair = guard_recent_touch(&g->pairs, &about.pair);
	bool is_repeated = repeats(pair, fact);

	/* Signal may know the device while we were started since. */
	if (fact->kind == FACT_OLD_PASSWORD)
		return judge_repetition(pair, &about, fact, ret);
	if (is_repeated && fact->kind != FACT_CAPPED)
		return 0;
	return judge_failure(g, pair, &about, fact, ret);
}

static size_t judge_unknown_user(struct guessing *g, const struct fact *fact,
                                 struct guard_finding *ret)
{
	struct about about = about_of(g, fact);
	struct pair *pair = guard_recent_touch(&g->pairs, &about.pair);
	bool is_proven = fact_is_proven(fact->proof);
	size_t count = fact->outcome == OUTCOME_FAILED ? judge_refusal(g, fact, ret) : 0;

	/* Noted by proven facts alone: a forged one must not make the guesser's own free. */
	if (is_within(pair->unknown_us, fact->now_us, about.window_us))
		return count;
	if (is_proven)
		pair->unknown_us = fact->now_us;
	return add(ret, count,
	           (struct guard_finding){ .rule = RULE_UNKNOWN_USER,
	                                   .score_milli = GUESSING_UNKNOWN_MILLI,
	                                   .is_proven = is_proven });
}

/* The owner is in: what his device did is no conduct any more. */
static void note_success(struct guessing *g, const struct fact *fact)
{
	struct about about = about_of(g, fact);
	struct pair *pair = guard_recent_find(&g->pairs, &about.pair);

	for (size_t i = 0; pair && i < MAX_GUESSING_DEVICES; i++) {
		struct device *device = &pair->devices[i];

		if (device->call_id_hash == fact->call_id_hash &&
		    device->contact_hash == fact->contact_hash)
			*device = (struct device){ 0 };
	}
}

static size_t guessing_judge(void *memory, const struct fact *fact,
                             struct guard_finding ret[MAX_FINDINGS_PER_FACT])
{
	struct guessing *g = memory;

	switch (fact->kind) {
	case FACT_LOGIN:
		if (fact->outcome == OUTCOME_SUCCEEDED)
			note_success(g, fact);
		return fact->outcome == OUTCOME_FAILED ? judge_refusal(g, fact, ret) : 0;
	case FACT_CAPPED:
	case FACT_OLD_PASSWORD:
		return judge_refusal(g, fact, ret);
	case FACT_UNKNOWN_USER:
		return judge_unknown_user(g, fact, ret);
	default:
		return 0;
	}
}

const struct guard_detector_class guessing_detector = {
	guessing_make,
	guessing_free,
	guessing_apply,
	guessing_judge,
};
