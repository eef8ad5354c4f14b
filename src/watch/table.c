/* SPDX-License-Identifier: Apache-2.0 */
/* Two lists in order of touch over one pool and one map. */
#include "watch/table.h"

enum err watch_table_init(struct watch_table *t, size_t row_size, uint32_t max_rows,
                          const struct hash_key *key)
{
	enum err err = pool_new(row_size, max_rows, &t->pool);

	list_init(&t->weak);
	list_init(&t->kept);
	return err == ERR_NONE ? map_init(&t->map, max_rows, key) : err;
}

void watch_table_clear(struct watch_table *t)
{
	map_clear(&t->map);
	pool_free(&t->pool);
}

static bool is_any(const struct map_node *node, const void *wanted)
{
	(void)node;
	(void)wanted;
	return true;
}

void *watch_table_find(const struct watch_table *t, uint64_t hash)
{
	struct map_node *node = map_find(&t->map, hash, is_any, NULL);

	return node ? HOLDER(node, struct watch_row, node) : NULL;
}

static struct list *list_of(struct watch_table *t, const struct watch_row *row)
{
	return row->is_kept ? &t->kept : &t->weak;
}

static void tell(struct watch_table *t, void *row)
{
	if (t->forget)
		t->forget(t->context, row);
}

void watch_table_forget(struct watch_table *t)
{
	struct list *from = list_is_empty(&t->weak) ? &t->kept : &t->weak;
	struct watch_row *row = HOLDER(from->next, struct watch_row, order);

	t->forgotten++;
	tell(t, row);
	watch_table_drop(t, row);
}

void *watch_table_touch(struct watch_table *t, uint64_t hash, bool *ret_is_new)
{
	struct watch_row *row = watch_table_find(t, hash);

	*ret_is_new = row == NULL;
	if (!row) {
		row = pool_take(t->pool);
		if (!row) {
			watch_table_forget(t);
			row = pool_take(t->pool);
		}
		map_insert(&t->map, &row->node, hash);
		list_append(&t->weak, &row->order);
		return row;
	}
	list_remove(&row->order);
	list_append(list_of(t, row), &row->order);
	return row;
}

void watch_table_keep(struct watch_table *t, void *row, bool is_kept)
{
	struct watch_row *r = row;

	if (r->is_kept == is_kept)
		return;
	r->is_kept = is_kept;
	list_remove(&r->order);
	list_append(list_of(t, r), &r->order);
}

void watch_table_drop(struct watch_table *t, void *row)
{
	struct watch_row *r = row;

	map_remove(&t->map, &r->node);
	list_remove(&r->order);
	pool_give(t->pool, r);
}

static void drain_list(struct watch_table *t, struct list *l)
{
	while (!list_is_empty(l)) {
		struct watch_row *row = HOLDER(l->next, struct watch_row, order);

		tell(t, row);
		watch_table_drop(t, row);
	}
}

void watch_table_drain(struct watch_table *t)
{
	drain_list(t, &t->weak);
	drain_list(t, &t->kept);
}
