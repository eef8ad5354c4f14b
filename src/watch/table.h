/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded table of rows that strangers fill, found by a keyed 64-bit hash of
 * what they are about. Room is taken once. A full table forgets the row that was
 * not touched for longest, rows that are not worth keeping first; the owner is
 * told before, so that what was undecided can be said. */
#ifndef WATCH_TABLE_H
#define WATCH_TABLE_H

#include "base/index.h"
#include "base/list.h"
#include "base/pool.h"

/* Rows lie at multiples of it, so that 32 bits name their places. */
enum { WATCH_ROW_STEP = _Alignof(max_align_t) };

/* First member of every row. */
struct watch_row {
	uint64_t hash;
	struct list order;
	bool is_kept;
};

struct watch_table {
	struct pool *pool;
	char *first; /* of the pool's rows */
	struct index index;
	struct list weak, kept;                   /* longest untouched first */
	void (*forget)(void *context, void *row); /* may be NULL; must not touch the table */
	void *context;
	size_t row_size;
	uint64_t forgotten;
};

/* ERR_NO_MEMORY, ERR_LIMIT. */
enum err watch_table_init(struct watch_table *t, size_t row_size, uint32_t max_rows) MUST_USE;
void watch_table_clear(struct watch_table *t); /* an empty one is fine; `forget` is not called */

static inline struct watch_row *watch_table_row(const struct watch_table *t, uint32_t place)
{
	return (struct watch_row *)(void *)(t->first + (size_t)place * WATCH_ROW_STEP);
}

/* It will be looked for, or put, soon: its slot is fetched meanwhile, for each is a miss of
 * the cache. */
static inline void watch_table_expect(const struct watch_table *t, uint64_t hash)
{
	__builtin_prefetch(&t->index.slots[index_home(&t->index, hash)]);
}
/* The same a while later, for the row itself: it is nearly always the one of the home. */
static inline void watch_table_approach(const struct watch_table *t, uint64_t hash)
{
	struct index_slot slot = t->index.slots[index_home(&t->index, hash)];

	if (slot.after != 0)
		__builtin_prefetch(watch_table_row(t, slot.after - 1));
}
/* NULL where there is none. Touches nothing. Hashes are keyed and 64 bits wide: two things
 * that share one are taken for the same, which nobody can bring about on purpose. */
static inline void *watch_table_find(const struct watch_table *t, uint64_t hash)
{
	for (uint32_t at = index_home(&t->index, hash);; at = (at + 1) & t->index.mask) {
		struct index_slot slot = t->index.slots[at];

		if (slot.after == 0)
			return NULL;
		if (slot.tag == (uint32_t)hash) {
			struct watch_row *row = watch_table_row(t, slot.after - 1);

			if (row->hash == hash)
				return row;
		}
	}
}
/* The row, made anew (zeroed, not kept) if there is none; now the most recent of its sort.
 * Never fails: it forgets. */
void *watch_table_touch(struct watch_table *t, uint64_t hash, bool *ret_is_new);
/* The two halves of it: where it is known that there is none, and of the row at hand. */
void *watch_table_add(struct watch_table *t, uint64_t hash);
static inline void watch_table_front(struct watch_table *t, void *row)
{
	struct watch_row *r = row;
	struct list *of = r->is_kept ? &t->kept : &t->weak;

	/* Of what is touched again and again, the neighbours are left in peace. */
	if (of->prev == &r->order)
		return;
	list_remove(&r->order);
	list_append(of, &r->order);
}
/* Tells the owner of the row that is first to be forgotten, and drops it. Not of an empty one. */
void watch_table_forget(struct watch_table *t);
/* Whoever goes first was quiet for longest, and no cache remembers him: the slot of the next
 * to go is fetched until then, and the row of the one behind. */
void watch_table_fetch(const struct watch_table *t);
void watch_table_keep(struct watch_table *t, void *row, bool is_kept);
/* Without telling the owner. */
void watch_table_drop(struct watch_table *t, void *row);
/* Tells the owner of every row, weak ones first, and drops it. */
void watch_table_drain(struct watch_table *t);
static inline uint32_t watch_table_used(const struct watch_table *t) { return pool_used(t->pool); }

#endif
