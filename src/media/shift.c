/* SPDX-License-Identifier: Apache-2.0 */
/* Turns, rests and times of a relay in a loop. */
#include "media/shift.h"

#include "os/clock.h"

enum { TURNS_A_WAKE = 16, TICK_US = SECOND_US };

static const struct pace_rule gathering = { .most_us = 1000, .worth = 4, .gather = 256 };

/* One look at the clock serves all packets that are there: they came together. */
static void carry(void *context, int fd, int what)
{
	struct media_shift *m = context;
	struct now now = clock_now();

	(void)fd, (void)what;
	if (m->before)
		m->before(m->context, now);
	for (int i = 0; i < TURNS_A_WAKE; i++)
		if (!media_relay_turn(m->relay, now.us))
			return;
	pace_behind(&m->pace);
}

enum err media_shift_begin(struct media_shift *m, struct now now)
{
	m->tick_us = now.us;
	return loop_watch(m->loop, media_relay_descriptor(m->relay), LOOP_READABLE,
	                  LOOP_CALL(carry, m), &m->watch);
}

void media_shift_end(struct media_shift *m) { loop_unwatch(&m->watch); }

void media_shift_rest(struct media_shift *m, struct now now)
{
	uint32_t came;

	/* A process that ends flushes once more, when the relay is gone. */
	if (!m->watch)
		return;
	came = media_relay_came(m->relay);
	pace_note(&m->pace, came - m->noted);
	m->noted = came;
	loop_rest(m->loop, pace_rest_us(&m->pace, &gathering, now.us));
}

uint64_t media_shift_wait_us(const struct media_shift *m, struct now now)
{
	uint64_t tick_us = now_since(m->tick_us + TICK_US, now.us);
	uint64_t due_us = media_relay_wait_us(m->relay, now.us);

	return due_us < tick_us ? due_us : tick_us;
}

void media_shift_advance(struct media_shift *m, struct now now)
{
	media_relay_advance(m->relay, now.us);
	if (now_since(now.us, m->tick_us) < TICK_US)
		return;
	m->tick_us = now.us;
	media_relay_tick(m->relay, now.us);
}
