/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions by their key, decided or not. Most of a busy table was said long ago: were
 * its rows kept whole, each touch of one would be several misses of the cache. */
#include "watch/watch_priv.h"

struct watch_seen *watch_seen_find(struct watch *w, uint64_t key)
{
	struct watch_seen *s = watch_table_find(&w->seen, key);

	if (!s || s->whole || w->now.us < s->until_us)
		return s;
	watch_table_drop(&w->seen, s);
	return NULL;
}

bool watch_seen_is_repeated(struct watch *w, uint64_t key)
{
	struct watch_seen *s = watch_seen_find(w, key);

	if (s)
		watch_table_front(&w->seen, s);
	return s != NULL;
}

static void drop_ended(struct watch *w)
{
	while (!list_is_empty(&w->seen.weak)) {
		struct watch_row *row = HOLDER(w->seen.weak.next, struct watch_row, order);
		struct watch_seen *s = HOLDER(row, struct watch_seen, row);

		/* What is still whole has a timer. */
		if (s->whole || w->now.us < s->until_us)
			return;
		watch_table_drop(&w->seen, s);
		watch_table_fetch(&w->seen);
	}
}

struct watch_transaction *watch_transaction_add(struct watch *w, uint64_t key)
{
	struct watch_transaction *t;
	struct watch_seen *s;

	drop_ended(w);
	s = watch_table_add(&w->seen, key);
	t = pool_take(w->transactions);
	s->whole = t;
	t->seen = s;
	t->watch = w;
	return t;
}

/* To the tick of the wheel, by which the others end. */
static uint64_t end_us(const struct watch *w)
{
	uint64_t ran_us = w->now.us + w->settings.answer_s * SECOND_US - w->wheel.start_us;

	return w->wheel.start_us + (ran_us + MILLISECOND_US - 1) / MILLISECOND_US * MILLISECOND_US;
}

void watch_transaction_end(struct watch *w, struct watch_transaction *t)
{
	struct watch_seen *s = t->seen;

	wheel_cancel(&w->wheel, &t->timer);
	s->until_us = end_us(w);
	s->flags = t->flags;
	s->whole = NULL;
	pool_give(w->transactions, t);
	watch_table_keep(&w->seen, s, false);
}

void watch_transaction_drop(struct watch *w, struct watch_transaction *t)
{
	struct watch_seen *s = t->seen;

	wheel_cancel(&w->wheel, &t->timer);
	pool_give(w->transactions, t);
	watch_table_drop(&w->seen, s);
}
