/* SPDX-License-Identifier: Apache-2.0 */
/* What happened within the last day, in little room: how often, by hours, and
 * how many different ones, by a bitmap for each half of a day. Plain values;
 * zeroed ones are empty. What is a day old goes by hours and by halves, so that
 * the day counted is 23 to 24 hours long, and 12 to 24. */
#ifndef GUESSING_DAY_H
#define GUESSING_DAY_H

#include <stdint.h>

enum { DAY_HOURS = 24, DAY_WORDS = 16, DAY_BITS = 64 * DAY_WORDS };

struct guessing_day {
	uint64_t hour; /* the last one counted in, since the clock's zero */
	uint16_t counts[DAY_HOURS];
};

/* One more; how many there were within the day, this one too. */
uint32_t guessing_day_add(struct guessing_day *d, uint64_t now_us);

struct guessing_day_set {
	uint64_t half;
	uint64_t bits[2][DAY_WORDS]; /* by parity of the half */
};

/* How many different ones there are with this one; near enough below half of DAY_BITS. */
uint32_t guessing_day_set_add(struct guessing_day_set *s, uint64_t hash, uint64_t now_us);
void guessing_day_set_remove(struct guessing_day_set *s, uint64_t hash);
/* How many different ones there are, as far as the last one added knows what day it is. */
uint32_t guessing_day_set_count(const struct guessing_day_set *s);

#endif
