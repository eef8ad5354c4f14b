/* SPDX-License-Identifier: Apache-2.0 */
/* The judge: facts and the time go in; verdicts and records come out. Holds
 * the scores of sources and every block; knows no clock, socket or file. One a
 * node, the only writer of the verdict table.
 *
 * A detector turns facts into findings (rule, score, evidence, proven or not).
 * Proven findings of a source fade linearly, each from its own time, and their
 * sum makes a suspect or a block. What is not proven adds to suspicion alone,
 * and touches neither a known flow nor a peer: anybody could have sent it.
 * What a known flow does wrong counts against that flow (its port is part of
 * the key), not against its address. The never-block list always wins.
 *
 * In mode observe a block is recorded as observed and no row of it is written;
 * the administrator's blocks act in both modes. */
#ifndef GUARD_JUDGE_H
#define GUARD_JUDGE_H

#include "base/now.h"
#include "event/ask.h"
#include "event/counters.h"
#include "event/record.h"
#include "event/verdict.h"
#include "guard/finding.h"

struct guard_judge;

/* Both tables forget the quietest first, sources without proven findings
 * before those with some, because addresses are forged faster than stored. */
enum { MAX_FINDINGS = 24 };

/* All of it outlives the judge. */
struct guard_judge_ports {
	void *context;
	/* Fills in ring, sequence and nothing else; never fails towards the judge. */
	void (*record)(void *context, union record *record);
	struct verdict_table *verdicts;
	struct counters *counters;
	/* Each finding with the scores of its subject after it; both borrowed for the
	 * call. Not of what cannot be judged: a peer's, or what nothing proves of a known flow.
	 * May be NULL. */
	void (*finding)(void *context, const struct guard_finding *finding, const struct fact *fact,
	                uint32_t suspicion_milli, uint32_t proven_milli);
};

/* Blocks and incidents are numbered from `first_number` on; every number used
 * is followed by at least one record, so what was recorded can count them.
 * Takes all memory. ERR_NO_MEMORY, ERR_LIMIT. */
enum err guard_judge_new(const struct guard_judge_settings *settings,
                         const struct guard_judge_ports *ports, const struct hash_key *key,
                         uint64_t first_number, struct guard_judge **ret) MUST_USE;
void guard_judge_free(struct guard_judge **j);

/* One fact, judged at its own time. A fact that is not sound (fact_is_sound)
 * is ignored and counted as a bad slot. */
void guard_judge_take(struct guard_judge *j, const struct fact *fact);

/* Ends what has ended; guard_judge_wait_us says when it is wanted next. */
void guard_judge_advance(struct guard_judge *j, struct now now);
uint64_t guard_judge_wait_us(const struct guard_judge *j, struct now now);

/* New settings in force: blocks and scores stay; who is now on the never-block
 * list is unblocked. Table sizes do not change. */
void guard_judge_apply(struct guard_judge *j, const struct guard_judge_settings *settings,
                       struct now now);

/* The never-block list alone is new: who is on it now is unblocked, all else stays. */
void guard_judge_spare(struct guard_judge *j, const struct guard_judge_settings *settings,
                       struct now now);

/* Answers every ask whose answerer is JUDGE (event/ask.def), BLOCK_RESTORE too:
 * calls `answer` once for each row, the last with is_last set. Nothing in a
 * question is believed unchecked. */
void guard_judge_answer(struct guard_judge *j, const struct ask *question, struct now now,
                        void (*answer)(void *context, struct ask *row), void *context);

#endif
