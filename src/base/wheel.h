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

enum { WHEEL_LEVELS = 5, WHEEL_SLOTS = 256 };

struct wheel {
	struct list slots[WHEEL_LEVELS][WHEEL_SLOTS];
	/* One bit a slot: empty time is skipped, not walked. */
	uint64_t occupied[WHEEL_LEVELS][WHEEL_SLOTS / 64];
	struct list overdue; /* set with a due time that was worked off already */
	uint64_t tick;       /* ms since start_us that are worked off */
	uint64_t start_us;
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
void wheel_cancel(struct wheel *w, struct timer *t); /* a timer not set is ignored */

/* Fires all that is due, in order of due tick. A timer may set or cancel any
 * timer, itself too, from its fire. */
void wheel_advance(struct wheel *w, uint64_t now_us);

/* Microseconds until wheel_advance has something to do (an early estimate is
 * allowed, a late one not); UINT64_MAX where no timer is set. */
uint64_t wheel_wait_us(const struct wheel *w, uint64_t now_us);

#endif
