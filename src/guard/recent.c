/* SPDX-License-Identifier: Apache-2.0 */
/* Rows in a pool, found by a keyed hash, in two orders of last use. */
#include "guard/recent.h"

#include <string.h>

enum err guard_recent_init(struct guard_recent *r, size_t row_size, uint32_t max_rows,
                           const struct hash_key *key)
{
	struct guard_recent made = { .pool = NULL };
	enum err err = pool_new(row_size, max_rows, &made.pool);

	if (err != ERR_NONE)
		return err;
	err = map_init(&made.map, max_rows, key);
	if (err != ERR_NONE) {
		pool_free(&made.pool);
		return err;
	}
	*r = made;
	list_init(&r->weak);
	list_init(&r->kept);
	return ERR_NONE;
}

void guard_recent_clear(struct guard_recent *r)
{
	map_clear(&r->map);
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

static bool is_row(const struct map_node *node, const void *wanted)
{
	return is_of(HOLDER(node, const struct guard_row, node), wanted);
}

void *guard_recent_find(const struct guard_recent *r, const struct guard_key *key)
{
	struct map_node *node;

	if (r->last && is_of(r->last, key))
		return r->last;
	if (r->map.count == 0)
		return NULL;
	node = map_find(&r->map, map_hash(&r->map, key, sizeof(*key)), is_row, key);
	return node ? HOLDER(node, struct guard_row, node) : NULL;
}

static struct list *order_of(struct guard_recent *r, const struct guard_row *row)
{
	return row->is_kept ? &r->kept : &r->weak;
}

/* Moving writes to both neighbours, which nobody else needs in the cache now. */
static void move_to_end(struct guard_recent *r, struct guard_row *row)
{
	struct list *order = order_of(r, row);

	if (order->prev == &row->order)
		return;
	list_remove(&row->order);
	list_append(order, &row->order);
}

static struct guard_row *make(struct guard_recent *r, const struct guard_key *key, uint64_t hash)
{
	struct guard_row *row;

	if (pool_used(r->pool) == pool_count(r->pool)) {
		struct list *order = list_is_empty(&r->weak) ? &r->kept : &r->weak;

		guard_recent_forget(r, HOLDER(order->next, struct guard_row, order));
	}
	row = pool_take(r->pool);
	row->key = *key;
	list_append(&r->weak, &row->order);
	map_insert(&r->map, &row->node, hash);
	return row;
}

void *guard_recent_touch(struct guard_recent *r, const struct guard_key *key)
{
	struct map_node *node;
	uint64_t hash;

	if (!r->last || !is_of(r->last, key)) {
		hash = map_hash(&r->map, key, sizeof(*key));
		node = map_find(&r->map, hash, is_row, key);
		r->last = node ? HOLDER(node, struct guard_row, node) : make(r, key, hash);
	}
	/* Somebody may have kept another one since. */
	move_to_end(r, r->last);
	return r->last;
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
	map_remove(&r->map, &it->node);
	list_remove(&it->order);
	pool_give(r->pool, it);
}
