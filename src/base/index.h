/* SPDX-License-Identifier: Apache-2.0 */
/* Where a row lies, by its hash: slots of eight bytes in one array, each with half of
 * the hash, so that what is not there costs one line of the cache and no look at any
 * row. At most half of the slots are taken; room is taken for all at once, but no more
 * of it is used than what is in there needs. Hashes must be keyed. */
#ifndef BASE_INDEX_H
#define BASE_INDEX_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct index_slot {
	uint32_t tag;   /* lower half of the hash; its lowest bits say where it belongs */
	uint32_t after; /* 1 + place; 0: empty */
};

struct index {
	struct index_slot *slots;
	uint32_t mask; /* count of slots in use - 1 */
	uint32_t count;
	uint32_t most; /* what mask may become */
	struct index_slot *room;
};

/* ERR_NO_MEMORY; ERR_LIMIT for 0 or more than 2^28. */
enum err index_init(struct index *x, uint32_t max_rows) MUST_USE;
void index_clear(struct index *x); /* an empty one is fine */

/* What has that hash, or shares its lower half: the next place from *slot on, which begins
 * at the home and goes on behind what was found. False where there is no more. */
static inline uint32_t index_home(const struct index *x, uint64_t hash)
{
	return (uint32_t)hash & x->mask;
}
static inline bool index_next(const struct index *x, uint64_t hash, uint32_t *slot,
                              uint32_t *ret_place)
{
	for (;; *slot = (*slot + 1) & x->mask) {
		const struct index_slot *s = &x->slots[*slot];

		if (s->after == 0)
			return false;
		if (s->tag == (uint32_t)hash) {
			*ret_place = s->after - 1;
			*slot = (*slot + 1) & x->mask;
			return true;
		}
	}
}
/* No more than max_rows at a time; nothing is at that place yet. Of the hash, the lower
 * half is enough. */
void index_put(struct index *x, uint64_t hash, uint32_t place);
void index_drop(struct index *x, uint64_t hash, uint32_t place); /* absent is fine */

#endif
