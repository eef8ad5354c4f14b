/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile scores; sloppy and foreign never do. */
#include "guard/anomaly/anomaly.h"

#include "sip/reason.h"

enum { SCORE_MILLI = 2000 };

static enum err anomaly_make(const struct guard_judge_settings *settings,
                             const struct hash_key *key, void **ret)
{
	(void)settings;
	(void)key;
	*ret = NULL;
	return ERR_NONE;
}

static void anomaly_free(void **memory) { *memory = NULL; }

static void anomaly_apply(void *memory, const struct guard_judge_settings *settings)
{
	(void)memory;
	(void)settings;
}

static size_t anomaly_judge(void *memory, const struct fact *fact,
                            struct guard_finding ret[MAX_FINDINGS_PER_FACT])
{
	(void)memory;
	if (fact->kind != FACT_ANOMALY || fact->grade != SIP_GRADE_HOSTILE)
		return 0;
	ret[0] =
		(struct guard_finding){ .rule = RULE_HOSTILE,
		                        .score_milli = SCORE_MILLI,
		                        .is_proven = fact_is_proven((enum fact_proof)fact->proof) };
	return 1;
}

const struct guard_detector_class anomaly_detector = { anomaly_make, anomaly_free, anomaly_apply,
	                                               anomaly_judge };
