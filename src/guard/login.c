/* SPDX-License-Identifier: Apache-2.0 */
/* Logins of a source, and of one account at a source.
 *
 * Why what is repeated by a device is held by the pair and not by the device:
 * a guesser with three Call-IDs would get three times the guesses. And why a
 * new Call-ID is not held: the owner who corrects his password and restarts his
 * phone must get through; the caps of a minute stand for him too, and what
 * comes from ever new Call-IDs is what the judge counts. */
#include "guard/login.h"

#include "base/now.h"
#include "guard/recent.h"

#include <stdlib.h>
#include <string.h>

/* Times of the latest refusals: as many as the caps may count. */
enum { MAX_PAIR_TIMES = MAX_PAIR_REFUSALS, MAX_SOURCE_TIMES = MAX_SOURCE_REFUSALS };

struct device {
	uint64_t call_id_hash, contact_hash;
	uint64_t used_us;
	uint32_t cseq;
	bool is_refused; /* at least once: what follows is a repetition */
};

struct pair {
	struct guard_row row;
	uint64_t asked_us;  /* a login is undecided since then; 0: none */
	uint64_t passed_us; /* the PBX was asked last */
	uint64_t used_us;
	uint64_t times_us[MAX_PAIR_TIMES];
	uint32_t times_next;
	uint32_t refusals; /* by the PBX, of repeating devices and others */
	struct device devices[MAX_LOGIN_DEVICES];
	uint64_t response_hash; /* of the login that is undecided */
	uint16_t port;          /* that it came from */
	uint16_t status;        /* of the last refusal */
	uint8_t slot;           /* the source's that it took */
};

struct source {
	struct guard_row row;
	uint64_t slots_us[MAX_UNDECIDED]; /* since when each is taken; 0: free */
	uint64_t times_us[MAX_SOURCE_TIMES];
	uint32_t times_next;
};

struct guard_logins {
	struct guard_door_settings settings;
	struct guard_recent pairs, sources;
};

enum err guard_logins_new(const struct guard_door_settings *settings, const struct hash_key *key,
                          struct guard_logins **ret)
{
	struct guard_logins *l = calloc(1, sizeof(*l));
	enum err err;

	if (!l)
		return ERR_NO_MEMORY;
	l->settings = *settings;
	err = guard_recent_init(&l->pairs, sizeof(struct pair), settings->max_login_pairs, key);
	if (err == ERR_NONE)
		err = guard_recent_init(&l->sources, sizeof(struct source),
		                        settings->max_login_sources, key);
	if (err == ERR_NONE)
		*ret = l;
	else
		guard_logins_free(&l);
	return err;
}

void guard_logins_free(struct guard_logins **l)
{
	if (!*l)
		return;
	guard_recent_clear(&(*l)->pairs);
	guard_recent_clear(&(*l)->sources);
	free(*l);
	*l = NULL;
}

void guard_logins_apply(struct guard_logins *l, const struct guard_door_settings *settings)
{
	l->settings = *settings;
}

static struct guard_key source_key(const struct guard_login *login)
{
	struct addr source = addr_source(&login->source);

	return guard_key_of(&source, 0);
}

static struct guard_key pair_key(const struct guard_logins *l, const struct guard_login *login)
{
	struct addr source = addr_source(&login->source);

	return guard_key_of(&source,
	                    hash_quick(&l->pairs.key, login->account.at, login->account.len));
}

static bool is_live(uint64_t asked_us, uint64_t now_us)
{
	return asked_us != 0 &&
	       now_since(now_us, asked_us) < (uint64_t)LOGIN_UNDECIDED_LIFE_S * SECOND_US;
}

/* Whether `rate.count` of the kept times lie within its window. */
static bool is_used_up(const uint64_t *times_us, uint32_t next, uint32_t max,
                       const struct guard_rate *rate, uint64_t now_us)
{
	uint32_t count = rate->count < max ? rate->count : max;
	uint64_t oldest_us;

	if (count == 0)
		return true;
	oldest_us = times_us[(next + max - count) % max];
	return oldest_us != 0 &&
	       now_since(now_us, oldest_us) < (uint64_t)rate->window_ms * MILLISECOND_US;
}

static void note_time(uint64_t *times_us, uint32_t *next, uint32_t max, uint64_t now_us)
{
	times_us[*next] = now_us;
	*next = (*next + 1) % max;
}

static struct device *device_find(struct pair *pair, const struct guard_login *login)
{
	for (size_t i = 0; i < MAX_LOGIN_DEVICES; i++) {
		struct device *device = &pair->devices[i];

		if (device->used_us != 0 && device->call_id_hash == login->call_id_hash &&
		    device->contact_hash == login->contact_hash)
			return device;
	}
	return NULL;
}

/* Forgets the device that was quiet for longest. */
static struct device *device_add(struct pair *pair, const struct guard_login *login)
{
	struct device *quietest = &pair->devices[0];

	for (size_t i = 1; i < MAX_LOGIN_DEVICES; i++) {
		if (pair->devices[i].used_us < quietest->used_us)
			quietest = &pair->devices[i];
	}
	*quietest = (struct device){ .call_id_hash = login->call_id_hash,
		                     .contact_hash = login->contact_hash };
	return quietest;
}

/* One account, constant Call-ID and Contact, rising CSeq, refused before. A
 * CSeq that does not rise begins anew as another device would. */
static bool is_repetition(struct pair *pair, const struct guard_login *login, uint64_t now_us)
{
	struct device *device = device_find(pair, login);
	bool is_rising = device && login->cseq > device->cseq;

	if (!device)
		device = device_add(pair, login);
	else if (!is_rising)
		device->is_refused = false;
	device->cseq = login->cseq;
	device->used_us = now_us;
	return is_rising && device->is_refused;
}

/* How long the PBX is not asked again about a repeated password. */
static uint64_t hold_us(const struct pair *pair)
{
	if (pair->refusals >= LOGIN_SECOND_HOLD)
		return (uint64_t)LOGIN_SECOND_HOLD_S * SECOND_US;
	return pair->refusals >= LOGIN_FIRST_HOLD ? (uint64_t)LOGIN_FIRST_HOLD_S * SECOND_US : 0;
}

static enum guard_login_answer choose(struct guard_logins *l, struct pair *pair,
                                      const struct source *source, const struct guard_login *login,
                                      uint64_t now_us)
{
	bool is_repeated = is_repetition(pair, login, now_us);
	bool is_capped = is_used_up(pair->times_us, pair->times_next, MAX_PAIR_TIMES,
	                            &l->settings.pair_refusals, now_us) ||
	                 is_used_up(source->times_us, source->times_next, MAX_SOURCE_TIMES,
	                            &l->settings.source_refusals, now_us);

	if (is_repeated && (is_capped || now_since(now_us, pair->passed_us) < hold_us(pair)))
		return LOGIN_REPEAT_LAST;
	if (!is_capped)
		return LOGIN_PASS;
	device_find(pair, login)->is_refused = true;
	return LOGIN_REFUSE;
}

/* Each slot ends by itself, so that one whose owner forgot it is not held for
 * ever by a source that keeps asking. MAX_UNDECIDED where all are taken. */
static uint8_t free_slot(const struct source *source, uint32_t allowed, uint64_t now_us)
{
	uint8_t slot = 0;

	while (slot < MAX_UNDECIDED && slot < allowed && is_live(source->slots_us[slot], now_us))
		slot++;
	return slot < allowed ? slot : MAX_UNDECIDED;
}

/* A pair that was quiet for long begins anew. */
static struct pair *pair_touch(struct guard_logins *l, const struct guard_login *login,
                               uint64_t now_us)
{
	struct guard_key key = pair_key(l, login);
	struct pair *pair = guard_recent_touch(&l->pairs, &key);

	if (now_since(now_us, pair->used_us) >= (uint64_t)LOGIN_MEMORY_S * SECOND_US) {
		pair->refusals = 0;
		memset(pair->devices, 0, sizeof(pair->devices));
	}
	pair->used_us = now_us;
	return pair;
}

static bool is_other_guess(const struct pair *pair, const struct guard_login *login)
{
	return login->source.port == pair->port && login->response_hash != pair->response_hash;
}

enum guard_login_answer guard_login_ask(struct guard_logins *l, const struct guard_login *login,
                                        uint64_t now_us, uint16_t *ret_status)
{
	struct guard_key key = source_key(login);
	struct source *source = guard_recent_touch(&l->sources, &key);
	struct pair *pair = pair_touch(l, login, now_us);
	uint8_t slot = free_slot(source, l->settings.undecided_per_source, now_us);
	enum guard_login_answer answer;

	if (is_live(pair->asked_us, now_us))
		return is_other_guess(pair, login) ? LOGIN_GUESS : LOGIN_DROP;
	if (slot == MAX_UNDECIDED)
		return LOGIN_DROP;

	answer = choose(l, pair, source, login, now_us);
	if (answer == LOGIN_PASS)
		pair->passed_us = now_us;
	pair->asked_us = source->slots_us[slot] = now_us;
	pair->slot = slot;
	pair->port = login->source.port;
	pair->response_hash = login->response_hash;
	guard_recent_keep(&l->pairs, pair, true);
	*ret_status = pair->status;
	return answer;
}

/* What the owner's success takes back is what his device did, nothing else: a
 * guesser behind the same address must not gain by it. */
static void succeed(struct pair *pair, const struct guard_login *login)
{
	struct device *device = device_find(pair, login);

	if (!device)
		return;
	if (device->is_refused)
		pair->refusals = 0;
	device->is_refused = false;
}

static void fail(struct pair *pair, struct source *source, const struct guard_login *login,
                 uint64_t now_us)
{
	struct device *device = device_find(pair, login);

	if (device)
		device->is_refused = true;
	pair->refusals++;
	note_time(pair->times_us, &pair->times_next, MAX_PAIR_TIMES, now_us);
	if (source)
		note_time(source->times_us, &source->times_next, MAX_SOURCE_TIMES, now_us);
}

void guard_login_decided(struct guard_logins *l, const struct guard_login *login,
                         enum fact_outcome outcome, uint16_t status, uint64_t now_us)
{
	struct guard_key by_pair = pair_key(l, login), by_source = source_key(login);
	struct pair *pair = guard_recent_find(&l->pairs, &by_pair);
	struct source *source = guard_recent_find(&l->sources, &by_source);

	if (!pair)
		return;
	if (outcome == OUTCOME_SUCCEEDED)
		succeed(pair, login);
	else if (outcome == OUTCOME_FAILED) {
		fail(pair, source, login, now_us);
		pair->status = status;
	}
}

void guard_login_left(struct guard_logins *l, const struct guard_login *login, uint64_t now_us)
{
	struct guard_key by_pair = pair_key(l, login), by_source = source_key(login);
	struct pair *pair = guard_recent_find(&l->pairs, &by_pair);
	struct source *source = guard_recent_find(&l->sources, &by_source);

	if (!pair || pair->asked_us == 0)
		return;
	/* A slot that ended by itself may be another login's by now. */
	if (source && source->slots_us[pair->slot] == pair->asked_us)
		source->slots_us[pair->slot] = 0;
	pair->asked_us = 0;
	pair->used_us = now_us;
	guard_recent_keep(&l->pairs, pair, false);
}
