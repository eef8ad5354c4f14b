/* SPDX-License-Identifier: Apache-2.0 */
/* A rate as the configuration writes it: "30 in 2s". */
#ifndef GUARD_RATE_H
#define GUARD_RATE_H

#include <stdint.h>

/* `count` in each `window_ms`; a burst may use the whole count at once. A count
 * of 0 allows nothing. */
struct guard_rate {
	uint32_t count;
	uint32_t window_ms;
};

#endif
