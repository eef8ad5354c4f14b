/* SPDX-License-Identifier: Apache-2.0 */
/* What bench-rate has to do later. All of a queue wait equally long, so the first is due first. */
#ifndef BENCH_RATE_WAITS_H
#define BENCH_RATE_WAITS_H

#include <stddef.h>
#include <stdint.h>

struct rate_wait {
	uint64_t due_us;
	uint32_t call;
	uint8_t ends_by; /* enum seen */
	uint8_t tries;
	char *again; /* the message; owned by who takes the row out */
	uint16_t len;
	uint8_t end;
};

struct rate_waits {
	struct rate_wait *rows;
	size_t first, count, size;
};

/* Ends the program where memory does. */
void rate_waits_add(struct rate_waits *q, const struct rate_wait *w);

/* NULL where none waits; good until the next call of the two others. */
const struct rate_wait *rate_waits_first(const struct rate_waits *q);

void rate_waits_drop(struct rate_waits *q);

#endif
