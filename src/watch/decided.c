/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of transactions that were said, and the room that they share with those
 * that were not. Most of a busy table was said long ago: were its rows kept whole, each
 * touch of one would be several misses of the cache. */
#include "watch/watch_priv.h"

struct watch_decided *watch_decided_find(struct watch *w, uint64_t key)
{
	struct watch_decided *d = watch_table_find(&w->decided, key);

	if (!d || w->now.us < d->until_us)
		return d;
	watch_table_drop(&w->decided, d);
	return NULL;
}

/* To the tick of the wheel, by which the others end. */
static uint64_t end_us(const struct watch *w)
{
	uint64_t ran_us = w->now.us + w->settings.answer_s * SECOND_US - w->wheel.start_us;

	return w->wheel.start_us + (ran_us + MILLISECOND_US - 1) / MILLISECOND_US * MILLISECOND_US;
}

void watch_decided_put(struct watch *w, uint64_t key, uint16_t flags)
{
	bool is_new;
	struct watch_decided *d = watch_table_touch(&w->decided, key, &is_new);

	d->until_us = end_us(w);
	d->touched = ++w->touches;
	d->flags = flags;
}

/* Whether its first to go was touched before the other table's. */
static bool is_decided_older(const struct watch *w)
{
	const struct list *whole = &w->transactions.weak, *left = &w->decided.weak;
	const struct watch_transaction *t;
	const struct watch_decided *d;

	if (list_is_empty(whole) || list_is_empty(left))
		return list_is_empty(whole);
	t = HOLDER(HOLDER(whole->next, struct watch_row, order), struct watch_transaction, row);
	d = HOLDER(HOLDER(left->next, struct watch_row, order), struct watch_decided, row);
	return (int32_t)(d->touched - t->touched) < 0;
}

static void drop_ended(struct watch *w)
{
	while (!list_is_empty(&w->decided.weak)) {
		struct watch_row *row = HOLDER(w->decided.weak.next, struct watch_row, order);
		struct watch_decided *d = HOLDER(row, struct watch_decided, row);

		if (w->now.us < d->until_us)
			return;
		watch_table_drop(&w->decided, d);
		watch_table_fetch(&w->decided);
	}
}

struct watch_transaction *watch_transaction_add(struct watch *w, uint64_t key)
{
	uint32_t used;
	struct watch_transaction *t;
	bool is_new;

	drop_ended(w);
	used = watch_table_used(&w->transactions) + watch_table_used(&w->decided);
	if (used >= w->settings.max_transactions && watch_table_used(&w->decided) > 0)
		watch_table_forget(is_decided_older(w) ? &w->decided : &w->transactions);
	t = watch_table_touch(&w->transactions, key, &is_new);
	t->touched = ++w->touches;
	return t;
}

void watch_transaction_touch(struct watch *w, struct watch_transaction *t)
{
	bool is_new;

	(void)watch_table_touch(&w->transactions, t->row.hash, &is_new);
	t->touched = ++w->touches;
}

bool watch_transaction_is_repeated(struct watch *w, uint64_t key)
{
	struct watch_transaction *t = watch_table_find(&w->transactions, key);
	struct watch_decided *d = t ? NULL : watch_decided_find(w, key);
	bool is_new;

	if (t) {
		watch_transaction_touch(w, t);
	} else if (d) {
		(void)watch_table_touch(&w->decided, key, &is_new);
		d->touched = ++w->touches;
	}
	return t || d;
}
