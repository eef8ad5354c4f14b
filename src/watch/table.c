/* SPDX-License-Identifier: Apache-2.0 */
/* Two lists in order of touch over one pool and one index. */
#include "watch/table.h"

enum { CACHE_LINE = 64 };

enum err watch_table_init(struct watch_table *t, size_t row_size, uint32_t max_rows)
{
	enum err err = pool_new(row_size, max_rows, &t->pool);

	t->row_size = row_size;
	list_init(&t->weak);
	list_init(&t->kept);
	if (err == ERR_NONE) {
		t->first = pool_take(t->pool); /* a fresh pool begins with its first */
		pool_give(t->pool, t->first);
	}
	return err == ERR_NONE ? index_init(&t->index, max_rows) : err;
}

void watch_table_clear(struct watch_table *t)
{
	index_clear(&t->index);
	pool_free(&t->pool);
}

static uint32_t place_of(const struct watch_table *t, const void *row)
{
	return (uint32_t)((size_t)((const char *)row - t->first) / WATCH_ROW_STEP);
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

void watch_table_fetch(const struct watch_table *t)
{
	const struct list *from = list_is_empty(&t->weak) ? &t->kept : &t->weak;
	const struct watch_row *next;
	const char *behind;

	if (list_is_empty(from))
		return;
	next = HOLDER(from->next, struct watch_row, order);
	behind = (const char *)HOLDER(next->order.next, struct watch_row, order);
	watch_table_expect(t, next->hash);
	for (size_t i = 0; i < t->row_size; i += CACHE_LINE)
		__builtin_prefetch(behind + i);
}

void watch_table_forget(struct watch_table *t)
{
	struct list *from = list_is_empty(&t->weak) ? &t->kept : &t->weak;
	struct watch_row *row = HOLDER(from->next, struct watch_row, order);

	t->forgotten++;
	tell(t, row);
	watch_table_drop(t, row);
	watch_table_fetch(t);
}

void *watch_table_add(struct watch_table *t, uint64_t hash)
{
	struct watch_row *row = pool_take(t->pool);

	if (!row) {
		watch_table_forget(t);
		row = pool_take(t->pool);
	}
	row->hash = hash;
	index_put(&t->index, hash, place_of(t, row));
	list_append(&t->weak, &row->order);
	return row;
}

void *watch_table_touch(struct watch_table *t, uint64_t hash, bool *ret_is_new)
{
	struct watch_row *row = watch_table_find(t, hash);

	*ret_is_new = row == NULL;
	if (!row)
		return watch_table_add(t, hash);
	watch_table_front(t, row);
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

	index_drop(&t->index, r->hash, place_of(t, r));
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
