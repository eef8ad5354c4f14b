/* SPDX-License-Identifier: Apache-2.0 */
/* Rows in a pool, found by a keyed hash, in two orders of last use. */
#include "guard/recent.h"

#include <stdlib.h>
#include <string.h>

static uint32_t weak_end(const struct guard_recent *r) { return pool_count(r->pool); }

static uint32_t end_of(const struct guard_recent *r, bool is_kept)
{
	return pool_count(r->pool) + (is_kept ? 1 : 0);
}

enum err guard_recent_init(struct guard_recent *r, size_t row_size, uint32_t max_rows,
                           const struct hash_key *key)
{
	struct guard_recent made = { .key = *key };
	enum err err = pool_new(row_size, max_rows, &made.pool);

	if (err == ERR_NONE)
		err = index_init(&made.index, max_rows);
	if (err == ERR_NONE) {
		made.orders = calloc((size_t)max_rows + 2, sizeof(*made.orders));
		err = made.orders ? ERR_NONE : ERR_NO_MEMORY;
	}
	if (err != ERR_NONE) {
		guard_recent_clear(&made);
		return err;
	}
	for (uint32_t end = max_rows; end < max_rows + 2; end++)
		made.orders[end] = (struct guard_order){ end, end };
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

struct guard_key guard_key_of(const struct addr *address, uint64_t extra)
{
	struct guard_key key = { .family = address->family, .port = address->port, .extra = extra };

	memcpy(key.address, address->bytes, sizeof(key.address));
	return key;
}

static bool is_of(const struct guard_row *row, const struct guard_key *key)
{
	return memcmp(&row->key, key, sizeof(*key)) == 0;
}

static struct guard_row *find(const struct guard_recent *r, const struct guard_key *key,
                              uint64_t hash)
{
	uint32_t slot = index_home(&r->index, hash), place;

	while (index_next(&r->index, hash, &slot, &place)) {
		struct guard_row *row = pool_object(r->pool, place);

		if (is_of(row, key))
			return row;
	}
	return NULL;
}

static uint64_t hash_of(const struct guard_recent *r, const struct guard_key *key)
{
	return hash_quick(&r->key, key, sizeof(*key));
}

void *guard_recent_find(const struct guard_recent *r, const struct guard_key *key)
{
	if (r->last && is_of(r->last, key))
		return r->last;
	if (r->index.count == 0)
		return NULL;
	return find(r, key, hash_of(r, key));
}

static void take_out(struct guard_recent *r, uint32_t place)
{
	struct guard_order o = r->orders[place];

	r->orders[o.prev].next = o.next;
	r->orders[o.next].prev = o.prev;
}

static void append(struct guard_recent *r, bool is_kept, uint32_t place)
{
	uint32_t end = end_of(r, is_kept), last = r->orders[end].prev;

	r->orders[place] = (struct guard_order){ .next = end, .prev = last };
	r->orders[last].next = place;
	r->orders[end].prev = place;
}

static struct guard_row *make(struct guard_recent *r, const struct guard_key *key, uint64_t hash)
{
	struct guard_row *row;

	if (pool_used(r->pool) == pool_count(r->pool)) {
		uint32_t first = r->orders[weak_end(r)].next;

		if (first == weak_end(r))
			first = r->orders[end_of(r, true)].next;
		guard_recent_forget(r, pool_object(r->pool, first));
	}
	row = pool_take(r->pool);
	row->key = *key;
	row->tag = (uint32_t)hash;
	row->place = pool_index(r->pool, row);
	append(r, false, row->place);
	index_put(&r->index, hash, row->place);
	return row;
}

/* What is touched again and again leaves its neighbours in peace. */
static void move_to_end(struct guard_recent *r, const struct guard_row *row)
{
	if (r->orders[row->place].next == end_of(r, row->is_kept))
		return;
	take_out(r, row->place);
	append(r, row->is_kept, row->place);
}

void *guard_recent_touch(struct guard_recent *r, const struct guard_key *key)
{
	struct guard_row *row = r->last;

	if (!row || !is_of(row, key)) {
		uint64_t hash = hash_of(r, key);

		row = find(r, key, hash);
		if (!row)
			row = make(r, key, hash);
		r->last = row;
	}
	/* Somebody may have kept another one since. */
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
	take_out(r, it->place);
	pool_give(r->pool, it);
}
