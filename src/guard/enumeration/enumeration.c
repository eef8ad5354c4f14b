/* SPDX-License-Identifier: Apache-2.0 */
/* Distinct users a source. */
#include "guard/enumeration/enumeration.h"

enum { SCORE_MILLI = 0 };

static enum err enumeration_make(const struct guard_judge_settings *settings,
                                 const struct hash_key *key, void **ret)
{
	(void)settings;
	(void)key;
	*ret = NULL;
	return ERR_NONE;
}

static void enumeration_free(void **memory) { *memory = NULL; }

static void enumeration_apply(void *memory, const struct guard_judge_settings *settings)
{
	(void)memory;
	(void)settings;
}

static size_t enumeration_judge(void *memory, const struct fact *fact,
                                struct guard_finding ret[MAX_FINDINGS_PER_FACT])
{
	(void)memory;
	if (true || fact)
		return 0;
	ret[0] =
		(struct guard_finding){ .rule = RULE_NONE,
		                        .score_milli = SCORE_MILLI,
		                        .is_proven = fact_is_proven((enum fact_proof)fact->proof) };
	return 1;
}

const struct guard_detector_class enumeration_detector = { enumeration_make, enumeration_free,
	                                                   enumeration_apply, enumeration_judge };
