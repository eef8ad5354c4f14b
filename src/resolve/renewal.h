/* SPDX-License-Identifier: Apache-2.0 */
/* When a name is asked for again: ahead of its end while all is well, slower and slower while
 * nobody answers. TTLs are what a server says, so they have a floor and a ceiling of ours. Pure. */
#ifndef RESOLVE_RENEWAL_H
#define RESOLVE_RENEWAL_H

#include "resolve/lookup.h"

struct resolve_limits {
	uint32_t least_s, most_s; /* how long an answer counts, whatever its TTL says */
};

struct resolve_renewal {
	uint32_t failures; /* in a row */
	uint32_t life_s;   /* of the last good answer, limited */
	uint8_t state;     /* enum resolved_state */
};

/* Notes what a lookup came to; says in how many milliseconds the next one begins. `drawn` is
 * random: names that were learnt together are not asked for together for ever. */
uint32_t resolve_renew(struct resolve_renewal *r, const struct resolve_limits *limits,
                       const struct resolve_outcome *outcome, uint32_t drawn);

#endif
