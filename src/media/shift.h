/* SPDX-License-Identifier: Apache-2.0 */
/* The relay at work in an event loop: when it takes what came, when it rests, when it looks at
 * the time. The media process runs it, and bench/media.c measures it.
 *
 * Being woken costs as much as a packet does, so while many come (four a millisecond, some 40
 * calls) the loop rests a millisecond at most between two turns: each packet waits for that
 * and for its turn, a tenth of what lies between two of its stream. While few come none waits. */
#ifndef MEDIA_SHIFT_H
#define MEDIA_SHIFT_H

#include "base/pace.h"
#include "media/relay.h"
#include "os/loop.h"

struct media_shift {
	struct media_relay *relay; /* borrowed, until media_shift_end */
	struct loop *loop;         /* borrowed likewise */
	/* Called ahead of what came, where not NULL. */
	void (*before)(void *context, struct now now);
	void *context;
	/* The shift's own. */
	struct loop_watch *watch;
	struct pace pace;
	uint64_t tick_us;
	uint32_t noted;
};

/* With the first four members set, the rest zero. It must stay where it is. ERR_FULL, ERR_IO. */
enum err media_shift_begin(struct media_shift *m, struct now now) MUST_USE;
void media_shift_end(struct media_shift *m);
/* For loop_hooks of whoever owns the loop: after the work of a turn, before it waits ... */
void media_shift_rest(struct media_shift *m, struct now now);
/* ... and its times. */
uint64_t media_shift_wait_us(const struct media_shift *m, struct now now);
void media_shift_advance(struct media_shift *m, struct now now);

#endif
