/* SPDX-License-Identifier: Apache-2.0 */
/* What a detector is to the judge: a folder of its own that exports one of
 * these. It turns facts into findings and keeps what it needs for that in
 * memory that it takes at start. Pure: the time is the fact's. */
#ifndef GUARD_DETECTOR_H
#define GUARD_DETECTOR_H

#include "base/now.h"
#include "guard/about.h"
#include "guard/finding.h"

struct hash_key;

/* What time has brought to light: a finding about a fact of then, told anew with the
 * time of now. Both are borrowed for the call. */
typedef void (*guard_detector_say)(void *context, const struct guard_finding *finding,
                                   const struct fact *fact);

struct guard_detector_class {
	/* Takes all memory. ERR_NO_MEMORY, ERR_LIMIT. */
	enum err (*make)(const struct guard_judge_settings *settings, const struct hash_key *key,
	                 void **ret) MUST_USE;
	void (*free)(void **memory); /* an empty one is fine */
	/* New settings in force; sizes stay. */
	void (*apply)(void *memory, const struct guard_judge_settings *settings);
	/* Findings about a sound fact of one of `kinds`. Returns their number. */
	size_t (*judge)(void *memory, const struct guard_about *about,
	                struct guard_finding ret[MAX_FINDINGS_PER_FACT]);
	/* Every few seconds: says what became due without a fact. May be NULL. */
	void (*advance)(void *memory, struct now now, guard_detector_say say, void *context);
	/* A bit for each enum fact_kind that it looks at. */
	uint32_t kinds;
};

#define DETECTOR_KIND(kind) (UINT32_C(1) << FACT_##kind)
_Static_assert(FACT_KIND_COUNT <= 32, "a bit for each kind");

#endif
