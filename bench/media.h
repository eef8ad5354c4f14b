/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of bench-media agree on: the ends of all calls, and the keys that the
 * protected end sends under. */
#ifndef BENCH_MEDIA_H
#define BENCH_MEDIA_H

#include "base/suite.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The plain end and the protected one: a port each, for all calls, that no system gives away
 * by itself. */
#define MEDIA_END_HOST "127.0.0.1"
enum { MEDIA_END_PORT = 31000, MEDIA_MAX_CALLS = 2000 };
enum { MEDIA_HEADER = 12, MEDIA_PACKET = 172, MEDIA_FRAME_US = 20000 };

/* The same as media.py writes into the SDP of that end. */
static inline void media_secret(uint32_t call, uint8_t ret[SUITE_MAX_SECRET])
{
	memset(ret, 0x5a, SUITE_MAX_SECRET);
	ret[0] = (uint8_t)call;
	ret[1] = (uint8_t)(call >> 8);
}

/* Speaks for both ends. Ends with 1 where something is not as it must be. */
int media_load(const char *path, unsigned seconds, unsigned suite, unsigned sequence,
               bool is_grouped);

#endif
