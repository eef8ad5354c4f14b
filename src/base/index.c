/* SPDX-License-Identifier: Apache-2.0 */
/* Linear probing. What is dropped leaves no grave: those behind it move up, as far as
 * they are not at home. A tag is enough to move everything to twice the slots, which
 * lie behind those it leaves: of n slots, the first is at n. Nothing ever shrinks, so
 * each size is begun once, with the zeros it was taken with. */
#include "base/index.h"

#include <stdlib.h>

enum { MAX_ROWS = 1 << 28, FIRST_SLOTS = 64 };

enum err index_init(struct index *x, uint32_t max_rows)
{
	uint32_t count = 2, first;
	struct index_slot *room;

	if (max_rows == 0 || max_rows > MAX_ROWS)
		return ERR_LIMIT;
	while (count < 2 * max_rows)
		count *= 2;
	first = count < FIRST_SLOTS ? count : FIRST_SLOTS;
	room = calloc(2 * (size_t)count, sizeof(*room));
	if (!room)
		return ERR_NO_MEMORY;
	*x = (struct index){
		.slots = room + first, .mask = first - 1, .most = count - 1, .room = room
	};
	return ERR_NONE;
}

void index_clear(struct index *x)
{
	free(x->room);
	*x = (struct index){ 0 };
}

static void put_slot(struct index *x, struct index_slot slot)
{
	uint32_t at = index_home(x, slot.tag);

	while (x->slots[at].after != 0)
		at = (at + 1) & x->mask;
	x->slots[at] = slot;
}

static void grow(struct index *x)
{
	const struct index_slot *old = x->slots;
	uint32_t count = x->mask + 1;

	x->slots = x->room + 2 * (size_t)count;
	x->mask = 2 * count - 1;
	for (uint32_t i = 0; i < count; i++) {
		if (old[i].after != 0)
			put_slot(x, old[i]);
	}
}

void index_put(struct index *x, uint64_t hash, uint32_t place)
{
	if (x->count > x->mask / 2 && x->mask < x->most)
		grow(x);
	put_slot(x, (struct index_slot){ (uint32_t)hash, place + 1 });
	x->count++;
}

static void close_up(struct index *x, uint32_t hole)
{
	for (uint32_t at = (hole + 1) & x->mask; x->slots[at].after != 0; at = (at + 1) & x->mask) {
		uint32_t from_home = (at - x->slots[at].tag) & x->mask;

		if (from_home < ((at - hole) & x->mask))
			continue;
		x->slots[hole] = x->slots[at];
		hole = at;
	}
	x->slots[hole] = (struct index_slot){ 0 };
	x->count--;
}

void index_drop(struct index *x, uint64_t hash, uint32_t place)
{
	uint32_t at = index_home(x, hash);

	while (x->slots[at].after != 0 && x->slots[at].after != place + 1)
		at = (at + 1) & x->mask;
	if (x->slots[at].after != 0)
		close_up(x, at);
}
