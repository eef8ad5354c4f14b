/* SPDX-License-Identifier: Apache-2.0 */
/* The loop, turned by hand. */
#include "os/clock.h"
#include "os/loop.h"
#include "runner/test.h"

#include <string.h>
#include <unistd.h>

struct seen {
	struct loop *loop;
	int ready, turns, advanced, what;
	uint64_t wait_us;
};

static void on_ready(void *context, int fd, int what)
{
	struct seen *s = context;
	char byte;

	s->ready++;
	s->what = what;
	if (what & LOOP_READABLE)
		(void)!read(fd, &byte, 1);
}

static bool turn(void *context, struct now now)
{
	(void)now;
	((struct seen *)context)->turns++;
	return false;
}

static uint64_t wait_us(void *context, struct now now)
{
	(void)now;
	return ((struct seen *)context)->wait_us;
}

static void advance(void *context, struct now now)
{
	struct seen *s = context;

	(void)now;
	s->advanced++;
	s->wait_us = UINT64_MAX;
	loop_stop(s->loop);
}

TEST(loop_readable, "a descriptor is told while it is readable, and no more once it is unwatched")
{
	struct seen s = { 0 };
	struct loop_watch *w, *second;
	int ends[2];

	TRY(loop_new(1, &s.loop));
	CHECK(pipe(ends) == 0);
	CHECK(loop_watch(s.loop, ends[0], LOOP_READABLE, LOOP_CALL(on_ready, &s), &w) == ERR_NONE);
	CHECK(loop_watch(s.loop, ends[0], LOOP_READABLE, LOOP_CALL(on_ready, &s), &second) ==
	      ERR_FULL);
	loop_turn(s.loop, false);
	CHECK(s.ready == 0);
	CHECK(write(ends[1], "ab", 2) == 2);
	loop_turn(s.loop, true);
	loop_turn(s.loop, true);
	CHECK(s.ready == 2 && s.what == LOOP_READABLE);
	CHECK(write(ends[1], "c", 1) == 1);
	loop_unwatch(&w);
	CHECK(w == NULL);
	loop_unwatch(&w);
	loop_turn(s.loop, false);
	CHECK(s.ready == 2);
	CHECK(loop_watch(s.loop, ends[0], LOOP_READABLE, LOOP_CALL(on_ready, &s), &w) == ERR_NONE);
	loop_turn(s.loop, true);
	CHECK(s.ready == 3);
	loop_free(&s.loop);
	loop_free(&s.loop);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return ERR_NONE;
}

TEST(loop_hooks, "the loop asks when it is wanted, and advances then")
{
	struct seen s = { .wait_us = 3000 };

	TRY(loop_new(0, &s.loop));
	loop_set_hooks(s.loop, &(struct loop_hooks){ &s, turn, wait_us, advance });
	loop_turn(s.loop, false);
	CHECK(s.turns == 1 && s.advanced == 0);
	s.wait_us = 0;
	loop_run(s.loop);
	CHECK(s.advanced == 1 && s.turns == 2);
	loop_free(&s.loop);
	return ERR_NONE;
}

static bool turn_and_rest(void *context, struct now now)
{
	struct seen *s = context;

	(void)now;
	s->turns++;
	loop_rest(s->loop, 1000);
	return s->what != 0;
}

TEST(loop_rest, "a rest is taken once, in place of the wait, and not where work is left")
{
	struct seen s = { .wait_us = UINT64_MAX };
	struct loop_watch *w;
	uint64_t before_us;
	int ends[2];

	TRY(loop_new(1, &s.loop));
	CHECK(pipe(ends) == 0);
	CHECK(loop_watch(s.loop, ends[0], LOOP_READABLE, LOOP_CALL(on_ready, &s), &w) == ERR_NONE);
	loop_set_hooks(s.loop, &(struct loop_hooks){ &s, turn_and_rest, wait_us, advance });
	before_us = clock_now().us;
	/* Nothing comes, and still the turn ends: after a rest it only looks. */
	loop_turn(s.loop, true);
	CHECK(s.turns == 1 && s.ready == 0 && clock_now().us - before_us >= 1000);
	CHECK(write(ends[1], "a", 1) == 1);
	loop_turn(s.loop, true);
	CHECK(s.ready == 1);
	/* Left out, it is not taken later either. */
	s.what = 1;
	loop_turn(s.loop, true);
	loop_set_hooks(s.loop, &(struct loop_hooks){ &s, turn, wait_us, advance });
	s.wait_us = 0;
	loop_turn(s.loop, true);
	CHECK(s.advanced == 1);
	loop_unwatch(&w);
	loop_free(&s.loop);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return ERR_NONE;
}
