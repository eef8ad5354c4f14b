/* SPDX-License-Identifier: Apache-2.0 */
/* Rows in a pool, found by a keyed hash, in two orders of last use. */
#include "guard/recent.h"

#include <stdlib.h>
#include <string.h>

/* The ends of both orders, and how many they are. */
enum { WEAK, KEPT, ENDS };

static uint32_t end_of(const struct guard_row *row) { return row->is_kept ? KEPT : WEAK; }

static struct guard_row *row_at(const struct guard_recent *r, uint32_t place)
{
	return (struct guard_row *)(void *)(r->rows + place * r->step);
}

enum err guard_recent_init(struct guard_recent *r, size_t row_size, uint32_t max_rows,
                           const struct hash_key *key)
{
	struct guard_recent made = { .key = *key };
	enum err err = pool_new(row_size, max_rows, &made.pool);

	if (err == ERR_NONE)
		err = index_init(&made.index, max_rows);
	if (err == ERR_NONE) {
		made.orders = calloc((size_t)max_rows + ENDS, sizeof(*made.orders));
		err = made.orders ? ERR_NONE : ERR_NO_MEMORY;
	}
	if (err != ERR_NONE) {
		guard_recent_clear(&made);
		return err;
	}
	made.rows = pool_object(made.pool, 0);
	made.step = (size_t)((char *)pool_object(made.pool, 1) - made.rows);
	made.orders[WEAK] = (struct guard_order){ WEAK, WEAK };
	made.orders[KEPT] = (struct guard_order){ KEPT, KEPT };
	*r = made;
	return ERR_NONE;
}

void guard_recent_clear(struct guard_recent *r)
{
	free(r->orders);
	r->orders = NULL;
	r->last = NULL;
	index_clear(&r->index);
	pool_free(&r->pool);
}

static bool is_of(const struct guard_row *row, const struct guard_key *key)
{
	const struct guard_key *k = &row->key;

	return ((k->address[0] ^ key->address[0]) | (k->address[1] ^ key->address[1]) |
	        (k->family ^ key->family) | (k->port ^ key->port) | (k->extra ^ key->extra)) == 0;
}

static struct guard_row *find(const struct guard_recent *r, const struct guard_key *key,
                              uint64_t hash)
{
	uint32_t slot = index_home(&r->index, hash), place;

	while (index_next(&r->index, hash, &slot, &place)) {
		struct guard_row *row = row_at(r, place);

		if (is_of(row, key))
			return row;
	}
	return NULL;
}

void *guard_recent_find(const struct guard_recent *r, const struct guard_key *key)
{
	if (r->last && is_of(r->last, key))
		return r->last;
	if (r->index.count == 0)
		return NULL;
	return find(r, key, guard_key_hash(&r->key, key));
}

void *guard_recent_find_at(const struct guard_recent *r, const struct guard_spot *spot)
{
	return find(r, &spot->key, spot->hash);
}

static void take_out(struct guard_recent *r, uint32_t at)
{
	struct guard_order o = r->orders[at];

	r->orders[o.prev].next = o.next;
	r->orders[o.next].prev = o.prev;
}

static void append(struct guard_recent *r, uint32_t end, uint32_t at)
{
	uint32_t last = r->orders[end].prev;

	r->orders[at] = (struct guard_order){ .next = end, .prev = last };
	r->orders[last].next = at;
	r->orders[end].prev = at;
}

static struct guard_row *make(struct guard_recent *r, const struct guard_key *key, uint64_t hash)
{
	struct guard_row *row;

	if (pool_used(r->pool) == pool_count(r->pool)) {
		uint32_t first = r->orders[WEAK].next;

		if (first == WEAK)
			first = r->orders[KEPT].next;
		guard_recent_forget(r, row_at(r, first - ENDS));
	}
	row = pool_take(r->pool);
	row->key = *key;
	row->tag = (uint32_t)hash;
	row->place = pool_index(r->pool, row);
	append(r, WEAK, row->place + ENDS);
	index_put(&r->index, hash, row->place);
	return row;
}

/* What is touched again and again leaves its neighbours in peace. */
static void move_to_end(struct guard_recent *r, const struct guard_row *row)
{
	uint32_t end = end_of(row), at = row->place + ENDS;

	if (r->orders[at].next == end)
		return;
	take_out(r, at);
	append(r, end, at);
}

static struct guard_row *touch(struct guard_recent *r, const struct guard_key *key, uint64_t hash)
{
	struct guard_row *row = find(r, key, hash);

	if (!row)
		row = make(r, key, hash);
	r->last = row;
	return row;
}

void *guard_recent_touch(struct guard_recent *r, const struct guard_key *key)
{
	struct guard_row *row = r->last;

	if (!row || !is_of(row, key))
		row = touch(r, key, guard_key_hash(&r->key, key));
	/* Somebody may have kept another one since. */
	move_to_end(r, row);
	return row;
}

void *guard_recent_touch_at(struct guard_recent *r, const struct guard_spot *spot)
{
	struct guard_row *row = touch(r, &spot->key, spot->hash);

	move_to_end(r, row);
	return row;
}

void guard_recent_keep(struct guard_recent *r, void *row, bool is_kept)
{
	struct guard_row *it = row;

	if (it->is_kept == is_kept)
		return;
	it->is_kept = is_kept;
	move_to_end(r, it);
}

void guard_recent_forget(struct guard_recent *r, void *row)
{
	struct guard_row *it = row;

	if (r->last == it)
		r->last = NULL;
	index_drop(&r->index, it->tag, it->place);
	take_out(r, it->place + ENDS);
	pool_give(r->pool, it);
}
