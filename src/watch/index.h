/* SPDX-License-Identifier: Apache-2.0 */
/* Where a row lies, by its hash: slots of eight bytes in one array, each with half of
 * the hash, so that what is not there costs one line of the cache and no look at any
 * row. At most half of the slots are taken. Hashes must be keyed. */
#ifndef WATCH_INDEX_H
#define WATCH_INDEX_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct watch_slot {
	uint32_t tag;   /* lower half of the hash; its lowest bits say where it belongs */
	uint32_t after; /* 1 + place; 0: empty */
};

struct watch_index {
	struct watch_slot *slots;
	uint32_t mask; /* count of slots - 1 */
	uint32_t count;
};

/* ERR_NO_MEMORY; ERR_LIMIT for 0 or more than 2^28. */
enum err watch_index_init(struct watch_index *x, uint32_t max_rows) MUST_USE;
void watch_index_clear(struct watch_index *x); /* an empty one is fine */

/* What has that hash, or shares its lower half: the next place from *slot on, which begins
 * at the home and goes on behind what was found. False where there is no more. */
static inline uint32_t watch_index_home(const struct watch_index *x, uint64_t hash)
{
	return (uint32_t)hash & x->mask;
}
static inline bool watch_index_next(const struct watch_index *x, uint64_t hash, uint32_t *slot,
                                    uint32_t *ret_place)
{
	for (;; *slot = (*slot + 1) & x->mask) {
		const struct watch_slot *s = &x->slots[*slot];

		if (s->after == 0)
			return false;
		if (s->tag == (uint32_t)hash) {
			*ret_place = s->after - 1;
			*slot = (*slot + 1) & x->mask;
			return true;
		}
	}
}
/* No more than max_rows at a time; nothing is at that place yet. */
void watch_index_put(struct watch_index *x, uint64_t hash, uint32_t place);
void watch_index_drop(struct watch_index *x, uint64_t hash, uint32_t place); /* absent is fine */

#endif
