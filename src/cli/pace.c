/* SPDX-License-Identifier: Apache-2.0 */
/* Steps back are followed within a minute: interfaces are not in order with one another. */
#include "cli/pace.h"

static const int64_t order_us = 60 * (int64_t)SECOND_US;
/* Longer than whatever is remembered, and short enough to be added up for ever. */
static const int64_t longest_us = 366 * 86400 * (int64_t)SECOND_US;

struct now cli_pace_at(struct cli_pace *p, int64_t wall_us)
{
	int64_t wall = wall_us > 0 ? wall_us : 0, step = wall - p->wall_us;

	if (p->us == 0) {
		p->us = (uint64_t)(wall > order_us ? wall : order_us + 1);
		p->wall_us = wall;
		step = 0;
	}
	if (step < 0 && -step <= order_us)
		return (struct now){ p->us - (uint64_t)-step, wall_us };
	if (step > 0)
		p->us += (uint64_t)(step < longest_us ? step : longest_us);
	p->wall_us = wall;
	return (struct now){ p->us, wall_us };
}
