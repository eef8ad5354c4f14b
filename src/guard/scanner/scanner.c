/* SPDX-License-Identifier: Apache-2.0 */
/* Two bounded memories, each row twice, for proven facts and for others: whom
 * a source asked, and who sends a shape. */
#include "guard/scanner/scanner.h"

#include "base/now.h"
#include "guard/recent.h"
#include "guard/seen.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t memory_us = (uint64_t)SCANNER_MEMORY_S * SECOND_US;

struct target {
	uint64_t where, user, at_us; /* at_us 0: free */
};

struct sweeper {
	struct guard_row row;
	struct target targets[MAX_SWEEP_TARGETS];
	uint64_t visit_us, tool_us; /* of the last visit; when its tool was told */
	uint64_t shaped_us;         /* when it last showed a shape */
	uint64_t first_where;       /* of its first target */
	uint32_t visits;
	bool is_wide; /* asked other hosts as well */
};

struct shape {
	struct guard_row row;
	struct guard_seen sources[MAX_SHAPE_SOURCES];
};

struct scanner {
	struct scanner_settings settings;
	struct guard_recent sweepers, shapes;
};

static void scanner_free(void **memory)
{
	struct scanner *s = *memory;

	if (!s)
		return;
	guard_recent_clear(&s->sweepers);
	guard_recent_clear(&s->shapes);
	free(s);
	*memory = NULL;
}

static enum err scanner_make(const struct guard_judge_settings *settings,
                             const struct hash_key *key, void **ret)
{
	struct scanner *s = calloc(1, sizeof(*s));
	void *memory = s;
	enum err err;

	if (!s)
		return ERR_NO_MEMORY;
	s->settings = settings->scanner;
	err = guard_recent_init(&s->sweepers, sizeof(struct sweeper), s->settings.max_sources, key);
	if (err == ERR_NONE)
		err = guard_recent_init(&s->shapes, sizeof(struct shape), s->settings.max_shapes,
		                        key);
	if (err == ERR_NONE)
		*ret = memory;
	else
		scanner_free(&memory);
	return err;
}

static void scanner_apply(void *memory, const struct guard_judge_settings *settings)
{
	struct scanner *s = memory;

	s->settings = settings->scanner;
}

/* What one fact is about. */
struct about {
	const struct guard_about *of;
	const struct fact *fact;
	uint64_t user, shape;
	bool is_shape, has_sign, is_proven;
};

static uint64_t hash_of(const struct scanner *s, const void *data, size_t len)
{
	return hash_quick(&s->sweepers.key, data, len);
}

static uint64_t shape_hash(const struct scanner *s, const struct fact *fact)
{
	struct {
		uint64_t kind, sign;
		char method[sizeof(fact->method)];
		char account[sizeof(fact->account)];
	} shape = { .kind = fact->kind };

	shape.sign = fact->kind == FACT_SCANNER ? fact->reason : fact->agent;
	(void)VIEW_COPY(view_of(fact->method), shape.method);
	(void)VIEW_COPY(view_of(fact->account), shape.account);
	return hash_of(s, &shape, sizeof(shape));
}

static struct about about_of(const struct scanner *s, const struct guard_about *of)
{
	const struct fact *fact = of->fact;
	struct about about = {
		.of = of,
		.fact = fact,
		/* The user alone: each target has its own domain. 0 for none. */
		.user = view_is_empty(of->user) ? 0 : of->user_hash,
		.is_shape = fact->kind == FACT_SCANNER,
		.is_proven = of->is_proven,
	};

	about.has_sign = about.is_shape || (fact->agent != 0 && !fact->is_server);
	about.shape = about.has_sign ? shape_hash(s, fact) : 0;
	return about;
}

static bool is_within(uint64_t at_us, uint64_t now_us, uint64_t window_us)
{
	return at_us != 0 && now_since(now_us, at_us) < window_us;
}

static size_t add(struct guard_finding *ret, size_t count, struct guard_finding finding)
{
	ret[count] = finding;
	return count + 1;
}

/* ---- one source ---- */

static bool note_target(struct sweeper *w, const struct about *a)
{
	struct target *place = &w->targets[0];
	bool is_new = true;

	for (size_t i = 0; i < MAX_SWEEP_TARGETS; i++) {
		if (w->targets[i].at_us != 0 && w->targets[i].where == a->of->where &&
		    w->targets[i].user == a->user) {
			place = &w->targets[i];
			is_new = !is_within(place->at_us, a->fact->now_us, memory_us);
			break;
		}
		if (w->targets[i].at_us < place->at_us)
			place = &w->targets[i];
	}
	*place = (struct target){ a->of->where, a->user, a->fact->now_us };
	if (w->first_where == 0)
		w->first_where = a->of->where;
	w->is_wide |= w->first_where != a->of->where;
	return is_new;
}

/* Where no tool shows, only targets asked for the same user are like one another. */
static size_t count_targets(const struct sweeper *w, const struct about *a)
{
	uint64_t seen[MAX_SWEEP_TARGETS] __attribute__((uninitialized)); /* `count` guards it */
	size_t count = 0;

	/* Most ask one host alone: its first target is all there is to count. */
	for (size_t i = 0; i < MAX_SWEEP_TARGETS && (count == 0 || w->is_wide); i++) {
		const struct target *t = &w->targets[i];
		size_t same = 0;

		if (!is_within(t->at_us, a->fact->now_us, memory_us) ||
		    (!a->has_sign && t->user != a->user))
			continue;
		while (same < count && seen[same] != t->where)
			same++;
		if (same == count)
			seen[count++] = t->where;
	}
	return count;
}

static bool is_return(struct sweeper *w, const struct about *a)
{
	uint64_t now_us = a->fact->now_us;

	if (!is_within(w->visit_us, now_us, memory_us))
		w->visits = 0;
	if (w->visits > 0 && is_within(w->visit_us, now_us, (uint64_t)SCANNER_VISIT_S * SECOND_US))
		return false;
	w->visit_us = now_us;
	return ++w->visits >= SCANNER_VISITS;
}

static bool is_digits(struct view text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	}
	return text.len > 0;
}

/* Monitors ask many servers as well, for nobody or for a user of their own. */
static bool is_probe(const struct guard_about *about)
{
	enum { LONGEST_EXTENSION = 6 };
	static const struct view users[] = { { "admin", 5 }, { "test", 4 }, { "user", 4 },
		                             { "guest", 5 }, { "root", 4 }, { "info", 4 } };
	struct view user = about->user;

	if (view_is_empty(user) || !GUARD_METHOD_IS(about->fact, "OPTIONS"))
		return !view_is_empty(user);
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		if (view_equal_nocase(user, users[i]))
			return true;
	}
	return user.len <= LONGEST_EXTENSION && is_digits(user);
}

static uint32_t sweep_score(const struct scanner *s, struct sweeper *w, const struct about *a)
{
	size_t wanted = s->settings.targets - (a->has_sign ? SCANNER_FEWER : 0);
	size_t before = count_targets(w, a);
	bool is_new = note_target(w, a);
	bool is_back = a->has_sign && is_return(w, a);
	size_t count = count_targets(w, a);

	if (is_back || (count >= wanted && before < wanted))
		return SCANNER_SWEEP_MILLI;
	return is_new && count >= wanted ? SCANNER_TARGET_MILLI : 0;
}

/* A name alone never proves anything: anybody may write it. */
static bool is_proof(const struct about *a)
{
	return a->is_proven && (a->is_shape || a->fact->agent == 0);
}

static size_t judge_source(struct scanner *s, const struct about *a, struct guard_finding *ret)
{
	static const uint64_t tool_us = (uint64_t)SCANNER_TOOL_S * SECOND_US;
	struct sweeper *w = guard_recent_touch_at(&s->sweepers, guard_about_spot(a->of));
	struct guard_finding tool = { RULE_TOOL, .score_milli = SCANNER_TOOL_MILLI };
	struct guard_finding structure = { RULE_STRUCTURE, .score_milli = SCANNER_STRUCTURE_MILLI };
	struct guard_finding sweep = { RULE_SWEEP };
	size_t count = 0;

	guard_recent_keep(&s->sweepers, w, a->is_proven);
	tool.shape = structure.shape = sweep.shape = a->shape;
	structure.is_proven = sweep.is_proven = is_proof(a);
	if (a->has_sign && !is_within(w->tool_us, a->fact->now_us, tool_us)) {
		w->tool_us = a->fact->now_us;
		count = add(ret, count, tool);
	}
	if (a->is_shape) {
		w->shaped_us = a->fact->now_us;
		count = add(ret, count, structure);
	}
	if (a->fact->is_server || (!a->has_sign && !is_probe(a->of)))
		return count;
	sweep.score_milli = sweep_score(s, w, a);
	return sweep.score_milli > 0 ? add(ret, count, sweep) : count;
}

/* ---- many sources ---- */

static size_t judge_shape(struct scanner *s, const struct about *a, struct guard_finding *ret)
{
	struct guard_key key = { .extra = a->shape, .family = a->is_proven };
	struct shape *shape = guard_recent_touch(&s->shapes, &key);

	guard_recent_keep(&s->shapes, shape, a->is_proven);
	(void)guard_seen_note(shape->sources, MAX_SHAPE_SOURCES, a->of->spots[0].hash,
	                      a->fact->now_us, memory_us);
	if (guard_seen_count(shape->sources, MAX_SHAPE_SOURCES, a->fact->now_us, memory_us,
	                     s->settings.sources) < s->settings.sources)
		return 0;
	return add(ret, 0,
	           (struct guard_finding){ .rule = RULE_SPREAD,
	                                   .scope = SCOPE_SHAPE,
	                                   .score_milli = SCANNER_SPREAD_MILLI,
	                                   .shape = a->shape,
	                                   .is_proven = is_proof(a),
	                                   .is_incident = true });
}

/* A message of a tool may be told twice: for its shape, and for what became of it. */
static bool is_told_by_shape(const struct scanner *s, const struct about *a)
{
	const struct sweeper *w = guard_recent_find_at(&s->sweepers, guard_about_spot(a->of));

	return !a->is_shape && w &&
	       is_within(w->shaped_us, a->fact->now_us, (uint64_t)SCANNER_TOOL_S * SECOND_US);
}

/* ---- facts ---- */

/* A target that lets somebody in is none of his sweep, whatever it refused before. */
static void let_in(struct scanner *s, const struct guard_about *about)
{
	for (size_t is_proven = 0; is_proven <= 1; is_proven++) {
		struct sweeper *w = guard_recent_find_at(&s->sweepers, &about->spots[is_proven]);

		for (size_t i = 0; w && i < MAX_SWEEP_TARGETS; i++) {
			if (w->targets[i].where == about->where)
				w->targets[i] = (struct target){ 0 };
		}
	}
}

static bool is_success(const struct fact *fact)
{
	return fact->kind == FACT_REGISTERED ||
	       ((fact->kind == FACT_LOGIN || fact->kind == FACT_CALL) &&
	        fact->outcome == OUTCOME_SUCCEEDED);
}

static size_t scanner_judge(void *memory, const struct guard_about *of,
                            struct guard_finding ret[MAX_FINDINGS_PER_FACT])
{
	const struct fact *fact = of->fact;
	struct scanner *s = memory;
	struct about about;
	size_t count;

	if (is_success(fact)) {
		let_in(s, of);
		return 0;
	}
	if (fact->standing != STANDING_STRANGER ||
	    (fact->kind != FACT_SCANNER && fact->kind != FACT_REQUEST &&
	     fact->kind != FACT_UNKNOWN_USER))
		return 0;
	about = about_of(s, of);
	/* A server that answers whoever asks: only a tool asks for that. */
	if (!about.has_sign && (fact->outcome == OUTCOME_SUCCEEDED || fact->is_server))
		return 0;
	count = judge_source(s, &about, ret);
	if (about.has_sign && !is_told_by_shape(s, &about))
		count += judge_shape(s, &about, ret + count);
	return count;
}

const struct guard_detector_class scanner_detector = {
	scanner_make, scanner_free, scanner_apply, scanner_judge,
	.kinds = DETECTOR_KIND(SCANNER) | DETECTOR_KIND(REQUEST) | DETECTOR_KIND(UNKNOWN_USER) |
	         DETECTOR_KIND(REGISTERED) | DETECTOR_KIND(LOGIN) | DETECTOR_KIND(CALL)
};
