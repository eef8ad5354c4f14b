/* SPDX-License-Identifier: Apache-2.0 */
/* Time that only goes on, from what packets say of it. A capture may hold one packet from
 * the next century, or a file of yesterday behind one of today: what comes after goes on
 * from there at its own pace, or nothing would ever be over again. */
#ifndef CLI_PACE_H
#define CLI_PACE_H

#include "base/now.h"

struct cli_pace {
	uint64_t us; /* 0: nothing came yet */
	int64_t wall_us;
};

/* The time of a packet. Somewhat earlier than the one before is earlier still here. */
struct now cli_pace_at(struct cli_pace *p, int64_t wall_us);

#endif
