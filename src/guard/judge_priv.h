/* SPDX-License-Identifier: Apache-2.0 */
/* The judge's own memory, shared by what it concludes (judge.c), what it
 * answers (answer.c) and what it takes back (lift.c). */
#ifndef GUARD_JUDGE_PRIV_H
#define GUARD_JUDGE_PRIV_H

#include "guard/block.h"
#include "guard/detector.h"
#include "guard/incident.h"
#include "guard/judge.h"
#include "guard/score.h"

enum {
	JUDGE_MODE = GUARD_DETECTOR_COUNT
}; /* place of the judge's own mode beside the detectors' */

/* A mode that was set for a while; at_us 0: none. */
struct judge_return {
	uint64_t at_us;
	uint8_t mode;
};

struct judge_tally {
	uint64_t findings, blocks;
};

struct guard_judge {
	struct guard_judge_settings settings;
	struct guard_judge_ports ports;
	struct guard_scores scores;
	struct guard_incidents incidents;
	struct guard_blocks blocks;
	void *detectors[GUARD_DETECTOR_COUNT]; /* memory of each */
	uint64_t next_number;
	uint64_t advanced_us;
	struct judge_return returns[JUDGE_MODE + 1];
	struct judge_tally tallies[GUARD_DETECTOR_COUNT];
	struct ask row; /* the answer being made */
};

/* Records a block (or that it was lifted), with the subject's steps if there is one. */
void judge_record_block(struct guard_judge *j, const struct guard_block *block,
                        const struct guard_subject *subject, struct now now);
void judge_record(struct guard_judge *j, struct record_block *block, struct now now);
/* Lifts every block within the net and forgets the scores there. How many blocks. */
uint32_t judge_lift(struct guard_judge *j, const struct addr_net *net, struct now now);
/* Lifts what the never-block list forbids. */
void judge_unblock_never(struct guard_judge *j, struct now now);
/* Of a detector or of the judge (JUDGE_MODE); until_us 0: for good. */
void judge_set_mode(struct guard_judge *j, int detector, enum mode mode, uint64_t until_us);

#endif
