/* SPDX-License-Identifier: Apache-2.0 */
/* One finding a shape. */
#include "guard/scanner/scanner.h"

enum { SCORE_MILLI = 5000 };

static enum err scanner_make(const struct guard_judge_settings *settings,
                             const struct hash_key *key, void **ret)
{
	(void)settings;
	(void)key;
	*ret = NULL;
	return ERR_NONE;
}

static void scanner_free(void **memory) { *memory = NULL; }

static void scanner_apply(void *memory, const struct guard_judge_settings *settings)
{
	(void)memory;
	(void)settings;
}

static size_t scanner_judge(void *memory, const struct fact *fact,
                            struct guard_finding ret[MAX_FINDINGS_PER_FACT])
{
	(void)memory;
	if (fact->kind != FACT_SCANNER)
		return 0;
	ret[0] =
		(struct guard_finding){ .rule = RULE_STRUCTURE,
		                        .score_milli = SCORE_MILLI,
		                        .is_proven = fact_is_proven((enum fact_proof)fact->proof) };
	return 1;
}

const struct guard_detector_class scanner_detector = { scanner_make, scanner_free, scanner_apply,
	                                               scanner_judge };
