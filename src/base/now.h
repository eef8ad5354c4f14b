/* SPDX-License-Identifier: Apache-2.0 */
/* The time, as an argument. Monotonic microseconds run the timers and say when something
 * ends, in shared memory too: all processes of a machine have the same. The wall clock is
 * for people and the database: whoever sets it ends nothing and prolongs nothing. */
#ifndef BASE_NOW_H
#define BASE_NOW_H

#include <stdint.h>

struct now {
	uint64_t us;     /* monotonic; starts anywhere, never goes back */
	int64_t wall_us; /* since 1970 UTC; may jump */
};

enum { MILLISECOND_US = 1000, SECOND_US = 1000000 };

/* later - earlier, and 0 where the order is the other way round. */
static inline uint64_t now_since(uint64_t later_us, uint64_t earlier_us)
{
	return later_us > earlier_us ? later_us - earlier_us : 0;
}

/* What the wall clock will show at `us`, by what it shows now. */
static inline int64_t now_wall_of(struct now now, uint64_t us)
{
	return now.wall_us + (int64_t)(us - now.us);
}

#endif
