/* SPDX-License-Identifier: Apache-2.0 */
/* Three bounded memories: who tried whom in vain (proven or not apart), which
 * users succeeded where, and at how many that makes for each source. */
#include "guard/enumeration/enumeration.h"

#include "base/now.h"
#include "guard/recent.h"

#include <stdlib.h>
#include <string.h>

enum state {
	TRIED_OPEN,    /* challenged, or about to be */
	TRIED_UNHEARD, /* nobody answered */
	TRIED_REFUSED,
};

struct tried {
	uint32_t first_s, last_s;
	uint16_t target, port; /* port: whence */
	uint8_t state;
};

/* The users lie apart from what is known of them, side by side and without gaps: each fact
 * looks for one of them. */
struct source {
	struct guard_row row;
	uint32_t used;     /* of `users` and `tried` */
	uint32_t shaped_s; /* when a tool's shape last showed; 0: never */
	uint32_t due_s; /* when the last open challenge has waited long enough; 0: none is open */
	bool has_tool, is_told, is_told_slow;
	bool is_wide; /* tried at more than one target, ever */
	uint32_t users[MAX_TRIED_USERS];
	struct tried tried[MAX_TRIED_USERS];
	struct flow flow; /* of the last try, kept while one is open */
	uint8_t proof;
	char account[sizeof(((struct fact *)0)->account)];
	char method[sizeof(((struct fact *)0)->method)];
};

struct resident {
	struct guard_row row;
	uint32_t day; /* on which he was counted last; 0: never */
};

struct friendly {
	struct guard_row row;
	uint32_t day;                  /* of the last success */
	uint32_t count, count_of_last; /* users of that day, and of the day before it */
};

struct enumeration {
	struct enumeration_settings settings;
	struct guard_recent sources, friends, friendly;
};

static void enumeration_free(void **memory)
{
	struct enumeration *e = *memory;

	if (!e)
		return;
	guard_recent_clear(&e->sources);
	guard_recent_clear(&e->friends);
	guard_recent_clear(&e->friendly);
	free(e);
	*memory = NULL;
}

static enum err enumeration_make(const struct guard_judge_settings *settings,
                                 const struct hash_key *key, void **ret)
{
	struct enumeration *e = calloc(1, sizeof(*e));
	const struct enumeration_settings *s = &settings->enumeration;
	void *memory = e;
	enum err err;

	if (!e)
		return ERR_NO_MEMORY;
	e->settings = *s;
	err = guard_recent_init(&e->sources, sizeof(struct source), s->max_sources, key);
	if (err == ERR_NONE)
		err = guard_recent_init(&e->friends, sizeof(struct resident), s->max_friends, key);
	if (err == ERR_NONE)
		err = guard_recent_init(&e->friendly, sizeof(struct friendly), s->max_sources, key);
	if (err == ERR_NONE)
		*ret = memory;
	else
		enumeration_free(&memory);
	return err;
}

static void enumeration_apply(void *memory, const struct guard_judge_settings *settings)
{
	struct enumeration *e = memory;

	e->settings = settings->enumeration;
}

/* ---- facts ---- */

/* One list of users is tried at many targets: the user alone counts. A tool may leave To as
 * it is and ask the Request-URI's. */
static bool is_of_number(const struct fact *fact)
{
	return fact->kind == FACT_SCANNER && fact->number[0];
}

static bool is_number(struct view user)
{
	size_t digits = 0;

	for (size_t i = 0; i < user.len; i++) {
		char c = user.at[i];

		if (c >= '0' && c <= '9')
			digits++;
		else if (c != '+' && c != '*' && c != '#')
			return false;
	}
	return digits >= ENUMERATION_NUMBER_LEN;
}

static bool is_refusal_of_user(uint16_t status)
{
	return status == 403 || status == 404 || status == 410 || status == 484 || status == 485 ||
	       status == 604;
}

static bool read_request(const struct fact *fact, struct view user, enum state *ret)
{
	bool is_asked = fact->status == 401 || fact->status == 407;

	if (GUARD_METHOD_IS(fact, "INVITE") && is_number(user))
		return false;
	if (fact->outcome == OUTCOME_FAILED) {
		*ret = TRIED_REFUSED;
		return is_refusal_of_user(fact->status);
	}
	*ret = is_asked || GUARD_METHOD_IS(fact, "REGISTER") ? TRIED_OPEN : TRIED_UNHEARD;
	return fact->outcome == OUTCOME_UNKNOWN;
}

/* Whether it tells of a user tried in vain, or maybe so. */
static bool read_try(const struct fact *fact, struct view user, enum state *ret)
{
	if (fact->is_server || fact->standing == STANDING_PEER || view_is_empty(user))
		return false;
	switch (fact->kind) {
	case FACT_UNKNOWN_USER:
		*ret = TRIED_REFUSED;
		return true;
	case FACT_SCANNER:
	case FACT_REQUEST:
		return fact->standing == STANDING_STRANGER && read_request(fact, user, ret);
	default:
		return false;
	}
}

static bool is_success(const struct fact *fact)
{
	return fact->kind == FACT_REGISTERED ||
	       (fact->kind == FACT_LOGIN && fact->outcome == OUTCOME_SUCCEEDED);
}

/* ---- what is remembered ---- */

static uint32_t seconds_of(const struct fact *fact)
{
	return (uint32_t)(fact->now_us / SECOND_US) + 1;
}

static uint32_t day_of(uint32_t at_s) { return at_s / ENUMERATION_MEMORY_S + 1; }

/* `used` where he is not among them. */
static uint32_t place_of(const struct source *s, uint32_t user)
{
	uint32_t i = 0;

	while (i < s->used && s->users[i] != user)
		i++;
	return i;
}

/* A free one, that of whoever waits for least time, or of the longest unseen: who goes
 * through a long list must not push out what is about to ripen. */
static uint32_t room_of(struct source *s)
{
	uint32_t oldest = 0, newest_open = MAX_TRIED_USERS;

	if (s->used < MAX_TRIED_USERS)
		return s->used++;
	for (uint32_t i = 0; i < MAX_TRIED_USERS; i++) {
		const struct tried *t = &s->tried[i];

		if (t->last_s < s->tried[oldest].last_s)
			oldest = i;
		if (t->state == TRIED_OPEN &&
		    (newest_open == MAX_TRIED_USERS || t->first_s >= s->tried[newest_open].first_s))
			newest_open = i;
	}
	return newest_open < MAX_TRIED_USERS ? newest_open : oldest;
}

/* Says whether he is new, or was not in vain before. */
static bool note(struct source *s, uint32_t user, const struct tried *try)
{
	uint32_t at = place_of(s, user);
	bool is_new = at == s->used;
	struct tried *place;

	s->is_wide |= s->used > 0 && s->tried[0].target != try->target;
	if (is_new) {
		at = room_of(s);
		s->users[at] = user;
		s->tried[at] = *try;
		return true;
	}
	place = &s->tried[at];
	is_new = try->state > place->state;
	place->last_s = try->last_s > place->last_s ? try->last_s : place->last_s;
	place->target = try->target;
	place->port = try->port;
	if (is_new)
		place->state = try->state;
	return is_new;
}

static void drop(struct source *s, uint32_t at)
{
	s->used--;
	s->users[at] = s->users[s->used];
	s->tried[at] = s->tried[s->used];
}

/* What one fact adds to what is remembered of its source. */
struct addition {
	const struct friendly *friendly; /* who succeeds there, or NULL */
	uint32_t now_s;
	uint16_t port;
	bool is_new;
};

/* One device that asks for many has one port; phones behind one address have each their own. */
static bool is_ripe(const struct source *s, const struct tried *t, uint32_t now_s, uint16_t port)
{
	uint32_t patience_s = t->port == port ? ENUMERATION_ONE_PORT_S : ENUMERATION_PATIENCE_S;

	return t->state == TRIED_REFUSED || s->has_tool ||
	       now_since(now_s, t->first_s) >= patience_s;
}

static bool is_within(const struct tried *t, uint32_t now_s, uint32_t window_s)
{
	return now_since(now_s, t->last_s) < window_s;
}

/* Targets that kept silent: of most sources there is one alone. */
static uint32_t count_unheard_targets(const struct source *s, uint32_t now_s, uint32_t window_s)
{
	uint16_t seen[MAX_TRIED_USERS] __attribute__((uninitialized)); /* `count` guards it */
	uint32_t count = 0;

	for (uint32_t i = 0; i < s->used; i++) {
		const struct tried *t = &s->tried[i];
		uint32_t same = 0;

		if (t->state != TRIED_UNHEARD || !is_within(t, now_s, window_s))
			continue;
		while (same < count && seen[same] != t->target)
			same++;
		if (same == count)
			seen[count++] = t->target;
	}
	return count;
}

/* Whether as many were tried in vain; looks no further than it must. */
static bool are_in_vain(const struct source *s, const struct addition *a, uint32_t wanted,
                        uint32_t window_s)
{
	uint32_t now_s = a->now_s, count = 0, unheard = 0, least_unheard = s->has_tool ? 0 : 2;
	bool is_counted_whole = s->is_wide && !s->has_tool;

	for (uint32_t i = 0; i < s->used; i++) {
		const struct tried *t = &s->tried[i];

		if (!is_within(t, now_s, window_s))
			continue;
		if (t->state == TRIED_UNHEARD)
			unheard++;
		else
			count += is_ripe(s, t, now_s, a->port);
		if (count >= wanted ||
		    (count + unheard >= wanted && unheard >= least_unheard && !is_counted_whole))
			return true;
	}
	return is_counted_whole && count + unheard >= wanted &&
	       2 * count_unheard_targets(s, now_s, window_s) <= unheard;
}

/* A credit of those who succeed still: today, or the day before. */
static uint32_t friends_of(const struct friendly *friendly, uint32_t day)
{
	uint32_t last = friendly->count_of_last;

	if (day == friendly->day + 1)
		return friendly->count;
	if (day > friendly->day)
		return 0;
	return friendly->count > last ? friendly->count : last;
}

/* ---- judgement ---- */

/* Most try few users in all: nothing has to be counted then. */
static bool is_many(const struct source *s, const struct addition *a, uint32_t limit,
                    uint32_t window_s)
{
	uint32_t excused =
		a->friendly ? friends_of(a->friendly, day_of(a->now_s)) / ENUMERATION_FRIENDS : 0;

	return s->used >= limit + excused && are_in_vain(s, a, limit + excused, window_s);
}

static size_t judge_source(const struct enumeration *e, struct source *s, struct addition a,
                           struct guard_finding *ret)
{
	bool was_told = s->is_told, was_told_slow = s->is_told_slow;

	s->is_told = is_many(s, &a, e->settings.users, e->settings.window_s);
	if (s->is_told) {
		ret->rule = RULE_MANY_USERS;
		ret->score_milli = was_told ? ENUMERATION_FURTHER_MILLI : ENUMERATION_MANY_MILLI;
		return a.is_new || !was_told;
	}
	s->is_told_slow = is_many(s, &a, e->settings.daily, ENUMERATION_MEMORY_S);
	ret->rule = RULE_SLOW_USERS;
	ret->score_milli = ENUMERATION_SLOW_MILLI;
	return s->is_told_slow && (a.is_new || !was_told_slow);
}

/* A tool's message is told for its shape, and again for what became of it. */
static bool is_told_by_shape(const struct source *s, const struct fact *fact, uint32_t now_s)
{
	return fact->kind == FACT_REQUEST && s->shaped_s != 0 &&
	       now_since(now_s, s->shaped_s) < ENUMERATION_PATIENCE_S;
}

static void remember(struct source *s, const struct fact *fact, const struct tried *try)
{
	/* Of whom only the answers to him are seen may have answered each challenge. */
	if (try->state == TRIED_OPEN && !fact->is_unheard)
		s->due_s = try->last_s + ENUMERATION_PATIENCE_S;
	if (s->due_s == 0)
		return;
	s->flow = fact->flow;
	s->proof = fact->proof;
	memcpy(s->account, fact->account, sizeof(s->account));
	memcpy(s->method, fact->method, sizeof(s->method));
}

static bool is_friend(const struct enumeration *e, const struct guard_about *about, uint64_t user)
{
	struct guard_key key = guard_key_of(&about->source, user);

	return guard_recent_find(&e->friends, &key) != NULL;
}

static size_t judge_try(struct enumeration *e, const struct guard_about *about,
                        const struct tried *try, uint64_t user, struct guard_finding *ret)
{
	const struct fact *fact = about->fact;
	struct addition addition = { guard_recent_find_at(&e->friendly, &about->spots[0]),
		                     try->last_s, try->port, false };
	struct source *s;

	/* Of most who try somebody, nobody ever got in. */
	if (addition.friendly && is_friend(e, about, user))
		return 0;
	s = guard_recent_touch_at(&e->sources, guard_about_spot(about));
	guard_recent_keep(&e->sources, s, about->is_proven);
	s->has_tool |= fact->kind == FACT_SCANNER || fact->agent != 0;
	if (fact->kind == FACT_SCANNER)
		s->shaped_s = try->last_s;
	addition.is_new = note(s, (uint32_t)user, try) && !is_told_by_shape(s, fact, try->last_s);
	remember(s, fact, try);
	*ret = (struct guard_finding){ .is_proven = about->is_proven };
	return judge_source(e, s, addition, ret);
}

/* What was tried of a user up to a state. */
static void forget(struct enumeration *e, const struct guard_about *about, enum state most)
{
	for (size_t is_proven = 0; is_proven <= 1; is_proven++) {
		struct source *s = guard_recent_find_at(&e->sources, &about->spots[is_proven]);
		uint32_t at = s ? place_of(s, (uint32_t)about->user_hash) : 0;

		if (s && at < s->used && s->tried[at].state <= (uint8_t)most)
			drop(s, at);
	}
}

/* He exists, and is at home there: whoever seemed to try him did not. */
static void note_success(struct enumeration *e, const struct guard_about *about)
{
	struct guard_key key = guard_key_of(&about->source, about->user_hash);
	struct resident *friend = guard_recent_touch(&e->friends, &key);
	struct friendly *friendly = guard_recent_touch_at(&e->friendly, &about->spots[0]);
	uint32_t day = day_of(seconds_of(about->fact));

	if (friendly->day < day) {
		friendly->count_of_last = friends_of(friendly, day);
		friendly->count = 0;
		friendly->day = day;
	}
	if (friend->day < day) {
		friendly->count++;
		friend->day = day;
	}
	forget(e, about, TRIED_REFUSED);
}

static size_t enumeration_judge(void *memory, const struct guard_about *about,
                                struct guard_finding ret[MAX_FINDINGS_PER_FACT])
{
	struct enumeration *e = memory;
	const struct fact *fact = about->fact;
	struct view user = is_of_number(fact) ? view_of(fact->number) : about->user;
	uint64_t hash = about->user_hash;
	uint32_t now_s;
	struct tried try;
	enum state state;

	if (is_success(fact)) {
		note_success(e, about);
		return 0;
	}
	if (fact->kind == FACT_LOGIN) {
		/* He answered the challenge: whether rightly is the business of guessing. */
		forget(e, about, TRIED_OPEN);
		return 0;
	}
	if (!read_try(fact, user, &state))
		return 0;
	if (is_of_number(fact))
		hash = hash_quick(&e->sources.key, user.at, user.len);
	now_s = seconds_of(fact);
	try = (struct tried){ now_s, now_s, (uint16_t)about->where, fact->flow.remote.port,
		              (uint8_t)state };
	return judge_try(e, about, &try, hash, ret);
}

/* Who asked for many users at once, was challenged each time and went away, sends nothing
 * more that could tell him: the challenges have to run out by themselves. */
static void enumeration_advance(void *memory, struct now now, guard_detector_say say, void *context)
{
	struct enumeration *e = memory;
	struct addition addition = { .now_s = (uint32_t)(now.us / SECOND_US) + 1 };
	struct guard_key key;
	struct source *s;
	uint32_t place = 0;

	while ((s = pool_next(e->sources.pool, &place)) != NULL) {
		struct fact fact = { .version = FACT_VERSION, .kind = FACT_REQUEST, .count = 1 };
		struct guard_finding finding = { .is_proven = fact_is_proven(
							 (enum fact_proof)s->proof) };

		if (s->due_s == 0 || s->due_s > addition.now_s)
			continue;
		s->due_s = 0;
		fact.now_us = now.us;
		fact.wall_us = now.wall_us;
		fact.flow = s->flow;
		fact.proof = s->proof;
		memcpy(fact.account, s->account, sizeof(fact.account));
		memcpy(fact.method, s->method, sizeof(fact.method));
		key = s->row.key;
		key.extra = 0;
		addition.friendly = guard_recent_find(&e->friendly, &key);
		if (!s->is_told && judge_source(e, s, addition, &finding) > 0)
			say(context, &finding, &fact);
	}
}

const struct guard_detector_class enumeration_detector = {
	enumeration_make,
	enumeration_free,
	enumeration_apply,
	enumeration_judge,
	enumeration_advance,
	.kinds = DETECTOR_KIND(REGISTERED) | DETECTOR_KIND(LOGIN) | DETECTOR_KIND(UNKNOWN_USER) |
	         DETECTOR_KIND(SCANNER) | DETECTOR_KIND(REQUEST),
};
