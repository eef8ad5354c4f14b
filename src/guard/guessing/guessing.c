/* SPDX-License-Identifier: Apache-2.0 */
/* Four bounded memories: an account at a source, a source, an account, a network. */
#include "guard/guessing/guessing.h"

#include "base/now.h"
#include "guard/guessing/day.h"
#include "guard/recent.h"

#include <stdlib.h>
#include <string.h>

enum { DAY_S = 86400 };

struct device {
	uint64_t call_id_hash, contact_hash;
	uint64_t used_us;
	uint32_t cseq, repeats;
};

/* How often since when; begins anew when the window is over. */
struct spell {
	uint64_t from_us;
	uint32_t count;
};

/* One account at one source. */
struct pair {
	struct guard_row row;
	uint64_t failures_us[MAX_FREE_FAILURES]; /* times of the last ones, a ring */
	uint32_t next;
	uint64_t unknown_us, held_us, slow_us; /* last finding of that rule; 0: none */
	struct spell repeats, unanswered;
	struct guessing_day day;
	struct device devices[MAX_GUESSING_DEVICES];
};

struct seen {
	uint64_t hash, at_us;
};

/* Accounts that failed at a source: one more than may fail there. */
struct source {
	struct guard_row row;
	struct seen accounts[MAX_FAILING_ACCOUNTS + 1];
	struct guessing_day_set day;
	struct guessing_day_set let_in; /* counted from the first failure on */
	uint64_t spraying_us, leak_us;
};

/* Sources that failed at an account within a day. */
struct account {
	struct guard_row row;
	struct seen sources[MAX_DISTRIBUTED_SOURCES];
};

/* The same of a network. */
struct network {
	struct guard_row row;
	struct guessing_day day;
	struct seen sources[MAX_DISTRIBUTED_SOURCES];
};

struct guessing {
	struct guessing_settings settings;
	struct guard_recent pairs, sources, accounts, networks;
};

static void guessing_free(void **memory)
{
	struct guessing *g = *memory;

	if (!g)
		return;
	guard_recent_clear(&g->pairs);
	guard_recent_clear(&g->sources);
	guard_recent_clear(&g->accounts);
	guard_recent_clear(&g->networks);
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
		err = guard_recent_init(&g->networks, sizeof(struct network),
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
	struct guard_key source, pair, account, network;
	uint64_t account_hash, source_hash, network_hash;
	uint64_t window_us, now_us;
	bool is_proven;
};

/* A row for what is proven, another for what is not. */
static struct guard_key key_of(const struct addr *address, uint64_t extra, bool is_proven)
{
	struct guard_key key = guard_key_of(address, extra);

	key.port = is_proven;
	return key;
}

static struct about about_user(const struct guessing *g, const struct fact *fact, struct view user,
                               bool is_proven)
{
	struct addr source = addr_source(&fact->flow.remote), nowhere = { .family = 0 };
	struct addr network = addr_neighbourhood(&source);
	struct about about = { .window_us = (uint64_t)g->settings.window_s * SECOND_US,
		               .now_us = fact->now_us,
		               .is_proven = is_proven };

	about.account_hash = hash_quick(&g->pairs.key, user.at, user.len);
	about.source = key_of(&source, 0, about.is_proven);
	about.source_hash = hash_quick(&g->sources.key, &about.source, sizeof(about.source));
	about.pair = key_of(&source, about.account_hash, about.is_proven);
	about.account = key_of(&nowhere, about.account_hash, about.is_proven);
	about.network = key_of(&network, 1, about.is_proven);
	about.network_hash =
		hash_quick(&g->networks.key, &about.network, sizeof(about.network)) | 1;
	return about;
}

static struct about about_of(const struct guessing *g, const struct fact *fact)
{
	return about_user(g, fact, view_of(fact->account), fact_is_proven(fact->proof));
}

static bool is_within(uint64_t at_us, uint64_t now_us, uint64_t window_us)
{
	return at_us != 0 && now_since(now_us, at_us) < window_us;
}

static bool is_due(uint64_t *last_us, const struct about *about)
{
	if (is_within(*last_us, about->now_us, about->window_us))
		return false;
	*last_us = about->now_us;
	return true;
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

static void seen_forget(struct seen *list, size_t size, uint64_t hash)
{
	for (size_t i = 0; i < size; i++) {
		if (list[i].hash == hash)
			list[i] = (struct seen){ 0 };
	}
}

/* How many there were in this spell, this one too. */
static uint32_t spell_add(struct spell *s, uint64_t now_us, uint64_t window_us)
{
	if (s->count == 0 || now_since(now_us, s->from_us) >= window_us)
		*s = (struct spell){ .from_us = now_us };
	return ++s->count;
}

/* Whether a device repeats itself (see guard/login.h, where such are held back);
 * whoever is new takes the place of the device that was quiet for longest. */
static bool repeats(struct pair *pair, const struct fact *fact, uint32_t *ret_times)
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
			device->repeats += is_rising;
			*ret_times = device->repeats;
			return is_rising;
		}
		if (device->used_us < place->used_us)
			place = device;
	}
	*place = (struct device){ fact->call_id_hash, fact->contact_hash, fact->now_us, fact->cseq,
		                  0 };
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

/* Of the sources of one account, and of one network. Suspicion alone: the
 * owner on his travels fails from many places too. */
static size_t judge_many(struct guessing *g, const struct about *about, const struct fact *fact,
                         struct guard_finding *ret, size_t count)
{
	struct account *account = guard_recent_touch(&g->accounts, &about->account);
	struct network *network = guard_recent_touch(&g->networks, &about->network);
	struct seen who = { about->source_hash, fact->now_us };
	uint64_t day_us = (uint64_t)DAY_S * SECOND_US;
	uint32_t failures = guessing_day_add(&network->day, fact->now_us);
	struct guard_finding many = { .rule = RULE_DISTRIBUTED,
		                      .scope = SCOPE_ACCOUNT,
		                      .score_milli = GUESSING_DISTRIBUTED_MILLI,
		                      .is_incident = true };

	guard_recent_keep(&g->accounts, account, about->is_proven);
	guard_recent_keep(&g->networks, network, about->is_proven);
	if (seen_note(account->sources, MAX_DISTRIBUTED_SOURCES, who, day_us) >=
	            g->settings.distributed_sources &&
	    about->is_proven)
		count = add(ret, count, many);
	many.rule = RULE_ONE_NETWORK;
	many.scope = SCOPE_SHAPE;
	many.shape = about->network_hash;
	if (seen_note(network->sources, MAX_DISTRIBUTED_SOURCES, who, day_us) >=
	            g->settings.distributed_sources &&
	    failures >= GUESSING_NETWORK_FAILURES && about->is_proven)
		count = add(ret, count, many);
	return count;
}

/* Of one source in a day: slower than any sum of scores, so that one is enough.
 * Once in a window, since whoever is faster is told as that. */
static size_t judge_day(struct guessing *g, struct pair *pair, struct source *source,
                        const struct about *about, struct guard_finding *ret)
{
	uint32_t failures = guessing_day_add(&pair->day, about->now_us);
	uint32_t accounts = guessing_day_set_add(&source->day, about->account_hash, about->now_us);
	struct guard_finding finding = { .rule = RULE_SLOW_GUESSING,
		                         .score_milli = GUESSING_SLOW_MILLI,
		                         .is_proven = about->is_proven };
	size_t count = 0;

	if (failures > g->settings.failures_a_day && is_due(&pair->slow_us, about))
		count = add(ret, count, finding);
	finding.rule = RULE_SPRAYING;
	finding.score_milli = GUESSING_SPRAYING_MILLI;
	if (accounts > g->settings.accounts_a_day && is_due(&source->spraying_us, about))
		count = add(ret, count, finding);
	return count;
}

/* Whether more accounts fail than do where so many people live: of those who get in one
 * in ten may mistype besides. */
static bool is_crowd_failing(const struct guessing *g, const struct source *source, size_t accounts)
{
	return accounts > g->settings.max_accounts &&
	       accounts > g->settings.max_accounts + guessing_day_set_count(&source->let_in) / 10;
}

static size_t judge_failure(struct guessing *g, struct pair *pair, const struct about *about,
                            const struct fact *fact, struct guard_finding *ret)
{
	struct source *source = guard_recent_touch(&g->sources, &about->source);
	struct guard_finding failed = { .rule = RULE_FAILED_LOGIN,
		                        .shape = about->network_hash,
		                        .is_proven = about->is_proven };
	size_t accounts, count;

	accounts = seen_note(source->accounts, MAX_FAILING_ACCOUNTS + 1,
	                     (struct seen){ about->account_hash, fact->now_us }, about->window_us);
	if (is_crowd_failing(g, source, accounts) || is_beyond_free(g, pair, about, fact->now_us))
		failed.score_milli = GUESSING_FAILURE_MILLI;
	pair->failures_us[pair->next] = fact->now_us;
	pair->next = (pair->next + 1) % MAX_FREE_FAILURES;
	guard_recent_keep(&g->pairs, pair, failed.is_proven);
	guard_recent_keep(&g->sources, source, failed.is_proven);
	count = add(ret, 0, failed);
	count += judge_day(g, pair, source, about, ret + count);
	return judge_many(g, about, fact, ret, count);
}

static size_t judge_repetition(struct pair *pair, const struct about *about,
                               const struct fact *fact, struct guard_finding *ret)
{
	if (!is_due(&pair->held_us, about))
		return 0;
	return add(ret, 0,
	           (struct guard_finding){ .rule = RULE_OLD_PASSWORD,
	                                   .scope = SCOPE_ACCOUNT_AT_SOURCE,
	                                   .is_proven = fact_is_proven(fact->proof),
	                                   .is_incident = true });
}

/* A capped login is a guess whoever sends it: a device that repeats itself is
 * not capped but held (see guard/login.h), and a phone does not send a second
 * response while the first is undecided. Where nobody holds it, as in a capture,
 * its pace tells a device from who poses as one. */
static size_t judge_refusal(struct guessing *g, const struct fact *fact, struct guard_finding *ret)
{
	struct about about = about_of(g, fact);
	struct pair *pair = guard_recent_touch(&g->pairs, &about.pair);
	uint32_t times = 0;
	bool is_repeated = repeats(pair, fact, &times);

	/* Signal may know the device while we were started since. */
	if (fact->kind == FACT_OLD_PASSWORD)
		return judge_repetition(pair, &about, fact, ret);
	if (is_repeated && fact->kind != FACT_CAPPED &&
	    spell_add(&pair->repeats, fact->now_us, about.window_us) <= GUESSING_MAX_REPEATS)
		return times >= GUESSING_OLD_REPEATS ? judge_repetition(pair, &about, fact, ret)
		                                     : 0;
	return judge_failure(g, pair, &about, fact, ret);
}

/* No answer was seen: never a failure, but no phone logs in so often. */
static size_t judge_unanswered(struct guessing *g, const struct fact *fact,
                               struct guard_finding *ret)
{
	struct about about = about_of(g, fact);
	struct pair *pair = guard_recent_touch(&g->pairs, &about.pair);
	uint32_t times = 0;

	if (repeats(pair, fact, &times) ||
	    spell_add(&pair->unanswered, fact->now_us, about.window_us) <= GUESSING_UNANSWERED)
		return 0;
	return add(ret, 0,
	           (struct guard_finding){ .rule = RULE_UNANSWERED,
	                                   .score_milli = GUESSING_UNANSWERED_MILLI });
}

static size_t judge_unknown_user(struct guessing *g, const struct fact *fact,
                                 struct guard_finding *ret)
{
	struct view account = view_of(fact->account);
	/* By user alone: a phone that looks for its domain tries the same one. */
	struct about about =
		about_user(g, fact, view_first(account, view_find(account, '@', 0) + 1),
	                   fact_is_proven(fact->proof));
	size_t count = fact->outcome == OUTCOME_FAILED ? judge_refusal(g, fact, ret) : 0;
	struct pair *pair = guard_recent_touch(&g->pairs, &about.pair);

	if (!is_due(&pair->unknown_us, &about))
		return count;
	return add(ret, count,
	           (struct guard_finding){ .rule = RULE_UNKNOWN_USER,
	                                   .score_milli = GUESSING_UNKNOWN_MILLI,
	                                   .is_proven = about.is_proven });
}

static void forget_failures(struct guessing *g, const struct about *about)
{
	struct source *source = guard_recent_find(&g->sources, &about->source);
	struct account *account = guard_recent_find(&g->accounts, &about->account);
	struct network *network = guard_recent_find(&g->networks, &about->network);

	if (source) {
		guessing_day_set_remove(&source->day, about->account_hash);
		(void)guessing_day_set_add(&source->let_in, about->account_hash, about->now_us);
		seen_forget(source->accounts, MAX_FAILING_ACCOUNTS + 1, about->account_hash);
	}
	if (account)
		seen_forget(account->sources, MAX_DISTRIBUTED_SOURCES, about->source_hash);
	if (network)
		seen_forget(network->sources, MAX_DISTRIBUTED_SOURCES, about->source_hash);
}

/* The owner is in: what his device did is no conduct any more, and what failed
 * before was his. */
static void end_conduct(struct guessing *g, const struct about *about, const struct fact *fact)
{
	struct pair *pair = guard_recent_find(&g->pairs, &about->pair);

	forget_failures(g, about);
	if (!pair)
		return;
	pair->day = (struct guessing_day){ 0 };
	for (size_t i = 0; i < MAX_GUESSING_DEVICES; i++) {
		struct device *device = &pair->devices[i];

		if (device->call_id_hash == fact->call_id_hash &&
		    device->contact_hash == fact->contact_hash)
			*device = (struct device){ 0 };
	}
}

/* Proof covers what was not proven too: where challenges are forgotten before they are
 * answered, a network's failures would gather there whatever succeeds. */
static void note_success(struct guessing *g, const struct fact *fact)
{
	struct about about;

	/* Nobody failed yet. */
	if (pool_used(g->pairs.pool) == 0)
		return;
	about = about_of(g, fact);
	end_conduct(g, &about, fact);
	if (!about.is_proven)
		return;
	about = about_user(g, fact, view_of(fact->account), false);
	end_conduct(g, &about, fact);
}

/* A digest that he is given can be tried against words for as long as he likes. A peer or a
 * phone that asks may lack its `credentials` here, or be set up so: it is told, not scored. */
static size_t judge_leak(struct guessing *g, const struct fact *fact, struct guard_finding *ret)
{
	struct about about = about_of(g, fact);
	struct source *source = guard_recent_touch(&g->sources, &about.source);

	guard_recent_keep(&g->sources, source, about.is_proven);
	if (!is_due(&source->leak_us, &about))
		return 0;
	return add(ret, 0,
	           (struct guard_finding){ .rule = RULE_DIGEST_LEAK,
	                                   .score_milli = fact->standing == STANDING_STRANGER
	                                                        ? GUESSING_LEAK_MILLI
	                                                        : 0,
	                                   .is_proven = about.is_proven,
	                                   .is_incident = true });
}

static size_t guessing_judge(void *memory, const struct guard_about *about,
                             struct guard_finding ret[MAX_FINDINGS_PER_FACT])
{
	const struct fact *fact = about->fact;
	struct guessing *g = memory;

	switch (fact->kind) {
	case FACT_LOGIN:
		if (fact->outcome == OUTCOME_SUCCEEDED)
			note_success(g, fact);
		if (fact->outcome == OUTCOME_UNKNOWN)
			return judge_unanswered(g, fact, ret);
		return fact->outcome == OUTCOME_FAILED ? judge_refusal(g, fact, ret) : 0;
	case FACT_CAPPED:
	case FACT_OLD_PASSWORD:
		return judge_refusal(g, fact, ret);
	case FACT_UNKNOWN_USER:
		return judge_unknown_user(g, fact, ret);
	case FACT_DIGEST_LEAK:
		return judge_leak(g, fact, ret);
	default:
		return 0;
	}
}

const struct guard_detector_class guessing_detector = {
	guessing_make,
	guessing_free,
	guessing_apply,
	guessing_judge,
	.kinds = DETECTOR_KIND(LOGIN) | DETECTOR_KIND(CAPPED) | DETECTOR_KIND(OLD_PASSWORD) |
	         DETECTOR_KIND(UNKNOWN_USER) | DETECTOR_KIND(DIGEST_LEAK),
};
