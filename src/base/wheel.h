/* SPDX-License-Identifier: Apache-2.0 */
/* Hierarchical timing wheel: set and cancel in O(1), hundreds of thousands of
 * timers, no allocation. Resolution 1 ms; a timer never fires early. Knows no
 * clock: the owner says what time it is. */
#ifndef BASE_WHEEL_H
#define BASE_WHEEL_H

#include "base/list.h"
#include <stdint.h>

struct timer {
	struct list link;
	uint64_t due_us;
	void (*fire)(struct timer *t, uint64_t now_us);
};

enum { WHEEL_LEVELS = 5, WHEEL_SLOTS = 256, WHEEL_TICK_US = 1000 };

struct wheel {
	struct list slots[WHEEL_LEVELS][WHEEL_SLOTS];
	/* One bit a slot: empty time is skipped, not walked. */
	uint64_t occupied[WHEEL_LEVELS][WHEEL_SLOTS / 64];
	struct list overdue; /* set with a due time that was worked off already */
	uint64_t tick;       /* ms since start_us that are worked off */
	uint64_t start_us;
	uint64_t quiet_us; /* since start_us: before, there is nothing to do */
	uint32_t count;
};

void wheel_init(struct wheel *w, uint64_t now_us);

/* Takes every timer out, unfired: before the memory of their owners goes. */
void wheel_clear(struct wheel *w);

void timer_init(struct timer *t, void (*fire)(struct timer *t, uint64_t now_us));
static inline bool timer_is_set(const struct timer *t) { return !list_is_empty(&t->link); }
/* Sets or moves; a due time in the past fires at the next advance (set from a
 * fire: at the one after this, so that no timer can hold the loop). */
void wheel_set(struct wheel *w, struct timer *t, uint64_t due_us);
/* A timer not set is ignored. The last of a slot leaves the slot's bit behind, which goes when
 * the slot is worked off: until then the wheel may wake early, never late. */
static inline void wheel_cancel(struct wheel *w, struct timer *t)
{
	if (!timer_is_set(t))
		return;
	list_remove(&t->link);
	w->count--;
}

/* Fires all that is due, in order of due tick. A timer may set or cancel any
 * timer, itself too, from its fire. Mostly nothing is: that costs a comparison. */
void wheel_work_off(struct wheel *w, uint64_t now_us);
static inline void wheel_advance(struct wheel *w, uint64_t now_us)
{
	uint64_t us = now_us - w->start_us;

	if (us >= w->quiet_us)
		wheel_work_off(w, now_us);
	else if (us / WHEEL_TICK_US > w->tick)
		w->tick = us / WHEEL_TICK_US;
}

/* Microseconds until wheel_advance has something to do (an early estimate is
 * allowed, a late one not); UINT64_MAX where no timer is set. */
uint64_t wheel_wait_us(const struct wheel *w, uint64_t now_us);

#endif
