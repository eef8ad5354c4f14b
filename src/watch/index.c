/* SPDX-License-Identifier: Apache-2.0 */
/* Linear probing. What is dropped leaves no grave: those behind it move up, as far as
 * they are not at home. */
#include "watch/index.h"

#include <stdlib.h>

enum { MAX_ROWS = 1 << 28 };

enum err watch_index_init(struct watch_index *x, uint32_t max_rows)
{
	uint32_t count = 2;

	if (max_rows == 0 || max_rows > MAX_ROWS)
		return ERR_LIMIT;
	while (count < 2 * max_rows)
		count *= 2;
	x->slots = calloc(count, sizeof(*x->slots));
	if (!x->slots)
		return ERR_NO_MEMORY;
	x->mask = count - 1;
	return ERR_NONE;
}

void watch_index_clear(struct watch_index *x)
{
	free(x->slots);
	*x = (struct watch_index){ 0 };
}

void watch_index_put(struct watch_index *x, uint64_t hash, uint32_t place)
{
	uint32_t at = watch_index_home(x, hash);

	while (x->slots[at].after != 0)
		at = (at + 1) & x->mask;
	x->slots[at] = (struct watch_slot){ (uint32_t)hash, place + 1 };
	x->count++;
}

static void close_up(struct watch_index *x, uint32_t hole)
{
	for (uint32_t at = (hole + 1) & x->mask; x->slots[at].after != 0; at = (at + 1) & x->mask) {
		uint32_t from_home = (at - x->slots[at].tag) & x->mask;

		if (from_home < ((at - hole) & x->mask))
			continue;
		x->slots[hole] = x->slots[at];
		hole = at;
	}
	x->slots[hole] = (struct watch_slot){ 0 };
	x->count--;
}

void watch_index_drop(struct watch_index *x, uint64_t hash, uint32_t place)
{
	uint32_t at = watch_index_home(x, hash);

	while (x->slots[at].after != 0 && x->slots[at].after != place + 1)
		at = (at + 1) & x->mask;
	if (x->slots[at].after != 0)
		close_up(x, at);
}
