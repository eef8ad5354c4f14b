/* SPDX-License-Identifier: Apache-2.0 */
/* Scored where a connection proves who sent it. */
#include "guard/non_sip/non_sip.h"

enum { SCORE_MILLI = 5000 };

static enum err non_sip_make(const struct guard_judge_settings *settings,
                             const struct hash_key *key, void **ret)
{
	(void)settings;
	(void)key;
	*ret = NULL;
	return ERR_NONE;
}

static void non_sip_free(void **memory) { *memory = NULL; }

static void non_sip_apply(void *memory, const struct guard_judge_settings *settings)
{
	(void)memory;
	(void)settings;
}

static size_t non_sip_judge(void *memory, const struct fact *fact,
                            struct guard_finding ret[MAX_FINDINGS_PER_FACT])
{
	(void)memory;
	if (fact->kind != FACT_NON_SIP)
		return 0;
	ret[0] =
		(struct guard_finding){ .rule = RULE_NON_SIP,
		                        .score_milli = SCORE_MILLI,
		                        .is_proven = fact_is_proven((enum fact_proof)fact->proof) };
	return 1;
}

const struct guard_detector_class non_sip_detector = { non_sip_make, non_sip_free, non_sip_apply,
	                                               non_sip_judge };
