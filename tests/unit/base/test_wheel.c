/* SPDX-License-Identifier: Apache-2.0 */
/* The timing wheel, by cases and against a list that keeps the same timers. */
#include "base/now.h"
#include "base/wheel.h"
#include "runner/test.h"

enum { MS = 1000 };

struct probe {
	struct timer timer;
	struct wheel *wheel;
	uint64_t fired_us; /* when last; 0: not yet */
	unsigned fired, order;
	uint64_t again_us; /* sets itself again so much later */
	struct probe *cancels;
};

static unsigned fire_order;

static void note(struct timer *t, uint64_t now_us)
{
	struct probe *p = HOLDER(t, struct probe, timer);

	p->fired++;
	p->fired_us = now_us;
	p->order = ++fire_order;
	if (p->again_us)
		wheel_set(p->wheel, t, t->due_us + p->again_us);
	if (p->cancels)
		wheel_cancel(p->wheel, &p->cancels->timer);
}

static void probe_init(struct probe *p, struct wheel *w)
{
	*p = (struct probe){ .wheel = w };
	timer_init(&p->timer, note);
}

TEST(wheel_never_early, "fires in the millisecond after the due time, never before it")
{
	static const uint64_t delays[] = { 1,
		                           999,
		                           1000,
		                           1001,
		                           255 * MS,
		                           256 * MS,
		                           256 * MS + 1,
		                           257 * MS,
		                           65535 * MS,
		                           65536 * MS,
		                           65537 * MS,
		                           UINT64_C(16777215) * MS,
		                           UINT64_C(16777216) * MS,
		                           UINT64_C(86400000) * MS * 30 };
	static struct wheel w;
	struct probe p;
	uint64_t start = 12345678;

	for (size_t i = 0; i < sizeof(delays) / sizeof(*delays); i++) {
		wheel_init(&w, start);
		probe_init(&p, &w);
		wheel_advance(&w, start + 77 * MS);
		wheel_set(&w, &p.timer, start + 77 * MS + delays[i]);
		CHECK(timer_is_set(&p.timer) && w.count == 1);
		wheel_advance(&w, start + 77 * MS + delays[i] - 1);
		CHECK(p.fired == 0);
		wheel_advance(&w, start + 77 * MS + delays[i] + MS - 1);
		CHECK(p.fired == 1 && !timer_is_set(&p.timer) && w.count == 0);
	}
	return ERR_NONE;
}

TEST(wheel_past, "fires what is overdue at the next advance, even without a new millisecond")
{
	static struct wheel w;
	struct probe p;

	wheel_init(&w, 5 * MS);
	probe_init(&p, &w);
	wheel_advance(&w, 10 * MS);
	wheel_set(&w, &p.timer, 1);
	CHECK(wheel_wait_us(&w, 10 * MS) == 0);
	wheel_advance(&w, 10 * MS);
	CHECK(p.fired == 1);
	return ERR_NONE;
}

TEST(wheel_loop, "is not held by a timer that sets itself into the past")
{
	static struct wheel w;
	struct probe p;

	wheel_init(&w, 0);
	probe_init(&p, &w);
	p.again_us = 0;
	wheel_set(&w, &p.timer, 0);
	p.again_us = 1;
	wheel_advance(&w, 100 * MS);
	CHECK(p.fired >= 1 && p.fired <= 101);
	return ERR_NONE;
}

TEST(wheel_periodic, "catches up on a timer that sets itself again, in its order")
{
	static struct wheel w;
	struct probe a, b;

	wheel_init(&w, 0);
	probe_init(&a, &w);
	probe_init(&b, &w);
	a.again_us = 10 * MS;
	fire_order = 0;
	wheel_set(&w, &a.timer, 10 * MS);
	wheel_set(&w, &b.timer, 95 * MS);
	wheel_advance(&w, 1000 * MS);
	CHECK(a.fired == 100 && b.fired == 1 && b.order == 10);
	CHECK(timer_is_set(&a.timer) && w.count == 1);
	return ERR_NONE;
}

TEST(wheel_cancels, "lets a timer cancel another of the same millisecond, and itself be moved")
{
	static struct wheel w;
	struct probe a, b;

	wheel_init(&w, 0);
	probe_init(&a, &w);
	probe_init(&b, &w);
	a.cancels = &b;
	wheel_set(&w, &a.timer, 10 * MS);
	wheel_set(&w, &b.timer, 10 * MS);
	wheel_advance(&w, 20 * MS);
	CHECK(a.fired == 1 && b.fired == 0 && w.count == 0);

	wheel_set(&w, &b.timer, 30 * MS);
	wheel_set(&w, &b.timer, 50 * MS);
	CHECK(w.count == 1);
	wheel_advance(&w, 40 * MS);
	CHECK(b.fired == 0);
	wheel_advance(&w, 50 * MS);
	CHECK(b.fired == 1);
	wheel_cancel(&w, &b.timer);
	wheel_cancel(&w, &b.timer);
	CHECK(w.count == 0 && wheel_wait_us(&w, 60 * MS) == UINT64_MAX);
	return ERR_NONE;
}

TEST(wheel_far, "keeps a timer that is beyond its horizon, and one that is never due")
{
	static struct wheel w;
	struct probe far, never;
	uint64_t century_us = UINT64_C(100) * 365 * 86400 * SECOND_US;

	wheel_init(&w, 0);
	probe_init(&far, &w);
	probe_init(&never, &w);
	wheel_set(&w, &far.timer, century_us);
	wheel_set(&w, &never.timer, UINT64_MAX);
	for (uint64_t now = 0; now < century_us; now += century_us / 50)
		wheel_advance(&w, now);
	wheel_advance(&w, century_us - 1);
	CHECK(far.fired == 0);
	wheel_advance(&w, century_us);
	CHECK(far.fired == 1 && never.fired == 0 && timer_is_set(&never.timer));
	return ERR_NONE;
}

TEST(wheel_backwards, "does nothing for a time before its start or its last advance")
{
	static struct wheel w;
	struct probe p;

	wheel_init(&w, 1000 * MS);
	probe_init(&p, &w);
	wheel_set(&w, &p.timer, 1001 * MS);
	wheel_advance(&w, 0);
	CHECK(p.fired == 0);
	wheel_advance(&w, 1005 * MS);
	wheel_advance(&w, 1002 * MS);
	CHECK(p.fired == 1);
	return ERR_NONE;
}

/* xorshift64: the same numbers on each run. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Delays of all magnitudes, so that every ring is used. */
static uint64_t random_delay_us(uint64_t *state)
{
	uint64_t magnitude = next_random(state) % 37;

	return next_random(state) % (UINT64_C(1) << magnitude);
}

enum { PROBES = 200 };

/* Each timer that was due a millisecond ago has fired, none that is not due has;
 * and while one is set, the wheel asks to be woken no later than it is due. */
static enum err compare(const struct wheel *w, struct probe *probes, const bool *is_set,
                        uint64_t now)
{
	uint64_t wait_us = wheel_wait_us(w, now), earliest = UINT64_MAX;
	uint32_t set = 0;

	for (size_t i = 0; i < PROBES; i++) {
		const struct timer *t = &probes[i].timer;

		CHECK(timer_is_set(t) == is_set[i]);
		set += is_set[i];
		if (!is_set[i])
			continue;
		CHECK(t->due_us + MS > now);
		if (t->due_us < earliest)
			earliest = t->due_us;
	}
	CHECK(w->count == set);
	/* A millisecond is the wheel's grain: it wakes at the tick that ends the due one. */
	if (set > 0)
		CHECK(now + wait_us < earliest + MS);
	else
		CHECK(wait_us == UINT64_MAX);
	return ERR_NONE;
}

TEST(wheel_property, "does what a plain list of timers would do, over 20,000 random steps")
{
	static struct wheel w;
	static struct probe probes[PROBES];
	bool is_set[PROBES] = { false };
	uint64_t seed = UINT64_C(0x9e3779b97f4a7c15), now = 999983;

	wheel_init(&w, now);
	for (size_t i = 0; i < PROBES; i++)
		probe_init(&probes[i], &w);
	for (int step = 0; step < 20000; step++) {
		size_t which = next_random(&seed) % PROBES;

		if (next_random(&seed) % 4 == 0) {
			wheel_cancel(&w, &probes[which].timer);
			is_set[which] = false;
		} else {
			wheel_set(&w, &probes[which].timer, now + random_delay_us(&seed));
			is_set[which] = true;
		}
		if (next_random(&seed) % 8 != 0)
			continue;
		now += next_random(&seed) % 2 ? random_delay_us(&seed) / 16
		                              : wheel_wait_us(&w, now) % (1 << 30);
		fire_order = 0;
		wheel_advance(&w, now);
		for (size_t i = 0; i < PROBES; i++) {
			if (is_set[i] && !timer_is_set(&probes[i].timer)) {
				CHECK(probes[i].fired_us == now && probes[i].timer.due_us <= now);
				is_set[i] = false;
			}
		}
		TRY(compare(&w, probes, is_set, now));
	}
	return ERR_NONE;
}

TEST(wheel_clear, "takes every timer out unfired, near, far and overdue")
{
	static const uint64_t delays[] = { 0, 3 * MS, 300 * MS, 70000 * MS };
	struct probe p[sizeof(delays) / sizeof(delays[0])];
	static struct wheel w;

	wheel_init(&w, 5 * MS);
	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		probe_init(&p[i], &w);
		wheel_set(&w, &p[i].timer, 5 * MS + delays[i]);
	}
	wheel_clear(&w);
	CHECK(w.count == 0 && wheel_wait_us(&w, 5 * MS) == UINT64_MAX);
	wheel_advance(&w, 80000 * MS);
	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++)
		CHECK(p[i].fired == 0 && !timer_is_set(&p[i].timer));
	return ERR_NONE;
}
