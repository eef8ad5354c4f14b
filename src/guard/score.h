/* SPDX-License-Identifier: Apache-2.0 */
/* Scores: the findings of each source, or of one known flow, and their sum
 * now. Each finding fades linearly from its own time. A subject keeps its last
 * MAX_FINDINGS; what is worth least now makes room, and what is not proven
 * before all that is. */
#ifndef GUARD_SCORE_H
#define GUARD_SCORE_H

#include "event/record.h"
#include "guard/finding.h"
#include "guard/judge.h"
#include "guard/recent.h"

/* One finding kept, with what `blocks why` says about it. */
struct guard_mark {
	uint64_t now_us;
	int64_t wall_us;
	uint64_t account_hash, flow_hash;
	uint32_t score_milli;
	uint16_t status;
	uint8_t rule;
	bool is_proven;
	bool is_acting; /* its detector was in mode block */
	char method[12];
	char account[40];
};

/* What of a mark counts, apart from what only tells of it: each new finding sums all. */
struct guard_worth {
	uint64_t now_us;
	uint32_t score_milli;
	uint8_t place; /* of the whole mark */
	bool is_proven, is_acting;
};

struct guard_subject {
	struct guard_row row;
	struct addr source; /* port 0: the source; else one known flow of it */
	uint32_t count;
	uint32_t taken;                          /* a bit for each place of a mark */
	struct guard_worth worths[MAX_FINDINGS]; /* oldest first */
	struct guard_mark marks[MAX_FINDINGS];
};

struct guard_sums {
	uint32_t acting_milli;    /* proven, of detectors that act: what blocks */
	uint32_t proven_milli;    /* proven, of all detectors: what would block */
	uint32_t suspicion_milli; /* proven or not, of detectors that act */
};

/* All that a subject has, weighed at one moment: a fact has it weighed once, and each
 * finding about it adds to that. */
struct guard_scale {
	struct guard_sums sums;       /* not rounded */
	uint32_t ranks[MAX_FINDINGS]; /* of each in turn: who makes room first has the least */
	uint32_t fade_s;
};

struct guard_scores {
	struct guard_recent subjects;
};

/* ERR_NO_MEMORY, ERR_LIMIT. */
enum err guard_scores_init(struct guard_scores *s, uint32_t max_subjects,
                           const struct hash_key *key) MUST_USE;
void guard_scores_clear(struct guard_scores *s);

/* Oldest first; i < count. */
static inline const struct guard_mark *guard_score_mark(const struct guard_subject *subject,
                                                        uint32_t i)
{
	return &subject->marks[subject->worths[i].place];
}

struct guard_subject *guard_scores_touch(struct guard_scores *s, const struct addr *source);
struct guard_subject *guard_scores_touch_at(struct guard_scores *s, const struct addr *source,
                                            const struct guard_spot *spot);
struct guard_subject *guard_scores_find(const struct guard_scores *s, const struct addr *source);

void guard_score_weigh(const struct guard_subject *subject, uint32_t fade_s, uint64_t now_us,
                       struct guard_scale *ret);
/* The scale is the subject's, of the mark's moment. */
void guard_score_add(struct guard_scores *s, struct guard_subject *subject,
                     const struct guard_mark *mark, struct guard_scale *scale);
struct guard_sums guard_score_sums(const struct guard_scale *scale);
/* A success: takes out what is about this account on this flow, nothing else. */
void guard_score_lower(struct guard_subject *subject, uint64_t account_hash, uint64_t flow_hash);
/* The last marks, oldest first, as a record keeps them: the proven ones, or all
 * where none is. */
void guard_score_steps(const struct guard_subject *subject, struct record_block *ret);

#endif
