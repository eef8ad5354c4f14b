/* SPDX-License-Identifier: Apache-2.0 */
/* One bounded memory: when each source was told for which sort, proven or not apart. */
#include "guard/non_sip/non_sip.h"

#include "base/now.h"
#include "guard/recent.h"
#include "guard/seen.h"

#include <stdlib.h>

struct talker {
	struct guard_row row;
	struct guard_seen sorts[NON_SIP_COUNT];
};

struct non_sip {
	struct guard_recent talkers;
};

static void non_sip_free(void **memory)
{
	struct non_sip *n = *memory;

	if (!n)
		return;
	guard_recent_clear(&n->talkers);
	free(n);
	*memory = NULL;
}

static enum err non_sip_make(const struct guard_judge_settings *settings,
                             const struct hash_key *key, void **ret)
{
	struct non_sip *n = calloc(1, sizeof(*n));
	void *memory = n;
	enum err err;

	if (!n)
		return ERR_NO_MEMORY;
	err = guard_recent_init(&n->talkers, sizeof(struct talker), settings->non_sip.max_sources,
	                        key);
	if (err == ERR_NONE)
		*ret = memory;
	else
		non_sip_free(&memory);
	return err;
}

static void non_sip_apply(void *memory, const struct guard_judge_settings *settings)
{
	(void)memory;
	(void)settings;
}

/* A sort that we do not know is what somebody newer told: nothing to judge by. */
static bool is_odd(const struct fact *fact)
{
	return fact->kind == FACT_NON_SIP && fact->standing == STANDING_STRANGER &&
	       fact->outcome != OUTCOME_SUCCEEDED &&
	       (fact->reason == NON_SIP_NOISE || fact->reason == NON_SIP_HTTP ||
	        fact->reason == NON_SIP_TLS || fact->reason == NON_SIP_RTSP ||
	        fact->reason == NON_SIP_UPGRADE || fact->reason == NON_SIP_FOREIGN);
}

static size_t non_sip_judge(void *memory, const struct guard_about *about,
                            struct guard_finding ret[MAX_FINDINGS_PER_FACT])
{
	static const uint64_t once_us = (uint64_t)NON_SIP_ONCE_S * SECOND_US;
	const struct fact *fact = about->fact;
	struct non_sip *n = memory;
	struct talker *t;

	if (!is_odd(fact))
		return 0;
	t = guard_recent_touch_at(&n->talkers, guard_about_spot(about));
	guard_recent_keep(&n->talkers, t, about->is_proven);
	for (size_t i = 0; i < NON_SIP_COUNT; i++) {
		struct guard_seen *s = &t->sorts[i];

		if (s->hash == fact->reason && s->at_us != 0 &&
		    now_since(fact->now_us, s->at_us) < once_us)
			return 0;
	}
	(void)guard_seen_note(t->sorts, NON_SIP_COUNT, fact->reason, fact->now_us, once_us);
	ret[0] = (struct guard_finding){ .rule = RULE_NON_SIP,
		                         .score_milli = fact->reason == NON_SIP_UPGRADE
		                                              ? NON_SIP_UPGRADE_MILLI
		                                              : NON_SIP_MILLI,
		                         .is_proven = about->is_proven };
	return 1;
}

const struct guard_detector_class non_sip_detector = { non_sip_make, non_sip_free, non_sip_apply,
	                                               non_sip_judge,
	                                               .kinds = DETECTOR_KIND(NON_SIP) };
