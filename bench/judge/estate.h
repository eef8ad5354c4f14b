/* SPDX-License-Identifier: Apache-2.0 */
/* Honest people: offices, call centres, carriers' NATs, softphones that roam,
 * phones set up wrongly, monitoring. None of them may be flagged, for as long
 * as one likes to let them live. */
#ifndef JUDGE_ESTATE_H
#define JUDGE_ESTATE_H

#include "judge/stage.h"

struct estate_result {
	uint64_t phones, sources, messages;
	uint64_t named;               /* sources with a finding that has score */
	uint64_t flagged;             /* above clean */
	uint64_t by_rule[RULE_COUNT]; /* sources on which the rule fired */
};

/* Lives `phones` phones (rounded up to whole estates) for that many days. `tell`:
 * each flagged source on standard output. */
void estate_live(struct stage *s, uint32_t phones, uint32_t days, bool tell,
                 struct estate_result *ret);

#endif
