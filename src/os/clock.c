/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the system's two clocks. */
#include "os/clock.h"

#include <time.h>

static int64_t microseconds(clockid_t which)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(which, &t);
	return (int64_t)t.tv_sec * SECOND_US + t.tv_nsec / 1000;
}

struct now clock_now(void)
{
	return (struct now){ (uint64_t)microseconds(CLOCK_MONOTONIC),
		             microseconds(CLOCK_REALTIME) };
}
