/* SPDX-License-Identifier: Apache-2.0 */
/* The relay in a loop that is turned by hand. */
#include "media/shift.h"

#include "unit/media/relay_case.h"

enum { MANY = 600 };

static struct media_shift shift;
static unsigned asked;

static void note_before(void *context, struct now now)
{
	(void)context, (void)now;
	asked += counted(COUNT_media_received) == 0;
}

static enum err begin(struct loop **ret)
{
	TRY(loop_new(1, ret));
	shift = (struct media_shift){ .relay = bench.relay, .loop = *ret, .before = note_before };
	asked = 0;
	return media_shift_begin(&shift, (struct now){ .us = start_us });
}

static void end(struct loop **loop)
{
	media_shift_end(&shift);
	loop_free(loop);
}

TEST(shift_carries, "carries what came once the loop turns, after what is to be done before")
{
	struct loop *loop = NULL;
	char storage[MAX_RTP_PACKET];
	struct order o;
	enum err err;

	WITH_BENCH;
	err = begin(&loop);
	if (err == ERR_NONE) {
		o = order_of(ORDER_OPEN, 1, 0);
		give_order(&o);
		CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, SOUND));
		loop_turn(loop, false);
		CHECK(receive_from(bench.ends[1][0], storage).len == SOUND.len && asked == 1);
	}
	end(&loop);
	tear_down(&bench);
	return err;
}

TEST(shift_rests, "rests while many come, not while few do, and not once they stay away")
{
	struct loop *loop = NULL;
	struct order o;
	enum err err;

	WITH_BENCH;
	err = begin(&loop);
	o = order_of(ORDER_OPEN, 1, 0);
	give_order(&o);
	for (int i = 0; i < MANY && err == ERR_NONE; i++) {
		CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, SOUND));
		loop_turn(loop, false);
		if (i == 0 || i == MANY / 10)
			media_shift_rest(&shift, (struct now){ .us = start_us + (uint64_t)i });
		CHECK(!loop_is_resting(loop));
	}
	if (err == ERR_NONE) {
		media_shift_rest(&shift, (struct now){ .us = start_us + PACE_WINDOW_US });
		CHECK(loop_is_resting(loop));
		media_shift_rest(&shift, (struct now){ .us = start_us + PACE_WINDOW_US + 1000 });
		CHECK(!loop_is_resting(loop));
	}
	end(&loop);
	tear_down(&bench);
	return err;
}

TEST(shift_times, "looks at the streams each second, and waits no longer than until then")
{
	struct now later = { .us = start_us + SECOND_US / 4 };
	struct loop *loop = NULL;
	enum err err;

	WITH_BENCH;
	err = begin(&loop);
	if (err == ERR_NONE) {
		CHECK(media_shift_wait_us(&shift, later) == 3 * SECOND_US / 4);
		media_shift_advance(&shift, later);
		CHECK(media_shift_wait_us(&shift, later) == 3 * SECOND_US / 4);
		later.us = start_us + SECOND_US;
		CHECK(media_shift_wait_us(&shift, later) == 0);
		media_shift_advance(&shift, later);
		CHECK(media_shift_wait_us(&shift, later) == SECOND_US);
	}
	end(&loop);
	tear_down(&bench);
	return err;
}

TEST(shift_ended, "one that has ended asks its relay nothing more")
{
	static struct media_shift ended;

	media_shift_end(&ended);
	media_shift_rest(&ended, (struct now){ .us = 1 });
	return ERR_NONE;
}
