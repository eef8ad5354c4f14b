/* SPDX-License-Identifier: Apache-2.0 */
/* Five rings of 256 slots: a slot of ring n spans 256^n ticks. A timer lies in
 * the lowest ring that reaches its due tick and comes down ring by ring, at
 * most four times, as its tick draws near. */
#include "base/wheel.h"

enum { BITS = 8, MASK = WHEEL_SLOTS - 1, TICK_US = WHEEL_TICK_US };

#define HORIZON       (UINT64_C(1) << (BITS * WHEEL_LEVELS))
#define NEVER         UINT64_MAX
/* So that a time before the start, taken from it, is none. */
#define QUIET_FOREVER (UINT64_MAX / 2)

/* Rounded up: a timer may be late by its resolution, never early. */
static uint64_t due_tick(const struct wheel *w, const struct timer *t)
{
	uint64_t us = t->due_us > w->start_us ? t->due_us - w->start_us : 0;

	return us == 0 ? 0 : (us - 1) / TICK_US + 1;
}

static inline void place(struct wheel *w, struct timer *t, uint64_t due)
{
	uint64_t left = due - w->tick, at_us;
	unsigned level, slot;

	/* Beyond the horizon (34 years) it waits at the far end and is placed anew. */
	if (left >= HORIZON) {
		left = HORIZON - 1;
		due = w->tick + left;
	}
	level = (63 - (unsigned)__builtin_clzll(left | 1)) / BITS;
	slot = (unsigned)(due >> (BITS * level)) & MASK;
	list_append(&w->slots[level][slot], &t->link);
	w->occupied[level][slot / 64] |= UINT64_C(1) << slot % 64;
	/* When its slot fires, or comes down. */
	at_us = (due >> (BITS * level) << (BITS * level)) * TICK_US;
	if (at_us < w->quiet_us)
		w->quiet_us = at_us;
}

static void unlink_timer(struct wheel *w, struct timer *t)
{
	list_remove(&t->link);
	w->count--;
}

void wheel_init(struct wheel *w, uint64_t now_us)
{
	*w = (struct wheel){ .start_us = now_us };
	list_init(&w->overdue);
	for (size_t level = 0; level < WHEEL_LEVELS; level++)
		for (size_t slot = 0; slot < WHEEL_SLOTS; slot++)
			list_init(&w->slots[level][slot]);
}

void timer_init(struct timer *t, void (*fire)(struct timer *t, uint64_t now_us))
{
	*t = (struct timer){ .fire = fire };
	list_init(&t->link);
}

void wheel_set(struct wheel *w, struct timer *t, uint64_t due_us)
{
	uint64_t due;

	wheel_cancel(w, t);
	t->due_us = due_us;
	w->count++;
	due = due_tick(w, t);
	if (due > w->tick) {
		place(w, t, due);
		return;
	}
	list_append(&w->overdue, &t->link);
	w->quiet_us = 0;
}

static void clear_list(struct wheel *w, struct list *l)
{
	LIST_FOR_EACH(link, l)
		unlink_timer(w, HOLDER(link, struct timer, link));
}

void wheel_clear(struct wheel *w)
{
	clear_list(w, &w->overdue);
	for (size_t level = 0; level < WHEEL_LEVELS; level++)
		for (size_t slot = 0; slot < WHEEL_SLOTS; slot++)
			clear_list(w, &w->slots[level][slot]);
}

/* Moves all members to an empty list, keeping their order. */
static void take_all(struct list *from, struct list *ret)
{
	list_init(ret);
	if (list_is_empty(from))
		return;
	*ret = *from;
	ret->next->prev = ret;
	ret->prev->next = ret;
	list_init(from);
}

/* The list is detached first, so that what its timers set is not seen here. */
static void fire_all(struct wheel *w, struct list *from, uint64_t now_us)
{
	struct list due;

	take_all(from, &due);
	while (!list_is_empty(&due)) {
		struct timer *t = HOLDER(due.next, struct timer, link);

		unlink_timer(w, t);
		t->fire(t, now_us);
	}
}

/* Slots from the one after `slot` to `slot` itself, to the first occupied one:
 * 1..WHEEL_SLOTS, or 0 where the ring is empty. */
static unsigned distance_to_occupied(const uint64_t occupied[WHEEL_SLOTS / 64], unsigned slot)
{
	unsigned first = (slot + 1) & MASK, word = first / 64;
	uint64_t bits = occupied[word] & UINT64_MAX << first % 64;

	for (unsigned turn = 0; turn <= WHEEL_SLOTS / 64; turn++) {
		if (bits != 0) {
			unsigned found = word * 64 + (unsigned)__builtin_ctzll(bits);

			return ((found - first) & MASK) + 1;
		}
		word = (word + 1) % (WHEEL_SLOTS / 64);
		bits = occupied[word];
	}
	return 0;
}

/* The next tick at which a slot fires or comes down, or one beyond `last`. */
static uint64_t next_tick(const struct wheel *w, uint64_t last)
{
	unsigned nearest = distance_to_occupied(w->occupied[0], (unsigned)w->tick & MASK);
	uint64_t next = nearest != 0 ? w->tick + nearest : NEVER, turn_end = w->tick | MASK;

	/* Upper rings come down where the lowest begins anew, no earlier. */
	if (next <= turn_end || last <= turn_end)
		return next;
	for (unsigned level = 1; level < WHEEL_LEVELS; level++) {
		uint64_t turn = w->tick >> (BITS * level);
		unsigned distance = distance_to_occupied(w->occupied[level], (unsigned)turn & MASK);
		uint64_t tick = (turn + distance) << (BITS * level);

		if (distance != 0 && tick < next)
			next = tick;
	}
	return next;
}

static struct list *worked_off(struct wheel *w, unsigned level, unsigned slot)
{
	w->occupied[level][slot / 64] &= ~(UINT64_C(1) << slot % 64);
	return &w->slots[level][slot];
}

/* Brings the slots of the upper rings down that begin at this tick. */
static void cascade(struct wheel *w)
{
	for (unsigned level = WHEEL_LEVELS - 1; level > 0; level--) {
		uint64_t turn = w->tick >> (BITS * level);
		struct list coming;

		if (turn << (BITS * level) != w->tick)
			continue;
		take_all(worked_off(w, level, (unsigned)turn & MASK), &coming);
		LIST_FOR_EACH(link, &coming) {
			struct timer *t = HOLDER(link, struct timer, link);

			list_remove(link);
			place(w, t, due_tick(w, t));
		}
	}
}

static uint64_t quiet_us(const struct wheel *w)
{
	uint64_t next;

	if (!list_is_empty(&w->overdue))
		return 0;
	next = next_tick(w, NEVER);
	return next < QUIET_FOREVER / TICK_US ? next * TICK_US : QUIET_FOREVER;
}

void wheel_work_off(struct wheel *w, uint64_t now_us)
{
	uint64_t target = now_us > w->start_us ? (now_us - w->start_us) / TICK_US : 0;

	fire_all(w, &w->overdue, now_us);
	while (w->tick < target) {
		uint64_t next = next_tick(w, target);

		if (next > target) {
			w->tick = target;
			break;
		}
		w->tick = next;
		cascade(w);
		fire_all(w, worked_off(w, 0, (unsigned)next & MASK), now_us);
	}
	w->quiet_us = quiet_us(w);
}

uint64_t wheel_wait_us(const struct wheel *w, uint64_t now_us)
{
	uint64_t next, due_us;

	if (w->count == 0)
		return UINT64_MAX;
	if (!list_is_empty(&w->overdue))
		return 0;
	next = next_tick(w, NEVER);
	due_us = w->start_us + next * TICK_US;
	return due_us > now_us ? due_us - now_us : 0;
}
