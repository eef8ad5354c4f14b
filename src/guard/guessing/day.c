/* SPDX-License-Identifier: Apache-2.0 */
/* Rings of hours and of half days. */
#include "guard/guessing/day.h"

#include "base/now.h"

#include <string.h>

static const uint64_t hour_us = 3600 * (uint64_t)SECOND_US;

uint32_t guessing_day_add(struct guessing_day *d, uint64_t now_us)
{
	uint64_t hour = now_us / hour_us;
	uint32_t sum = 0;

	if (hour > d->hour && hour - d->hour >= DAY_HOURS)
		memset(d->counts, 0, sizeof(d->counts));
	for (; d->hour < hour && hour - d->hour < DAY_HOURS; d->hour++)
		d->counts[(d->hour + 1) % DAY_HOURS] = 0;
	if (hour > d->hour)
		d->hour = hour;
	if (d->counts[d->hour % DAY_HOURS] < UINT16_MAX)
		d->counts[d->hour % DAY_HOURS]++;
	for (uint32_t i = 0; i < DAY_HOURS; i++)
		sum += d->counts[i];
	return sum;
}

uint32_t guessing_day_set_count(const struct guessing_day_set *s)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < DAY_WORDS; i++)
		count += (uint32_t)__builtin_popcountll(s->bits[0][i] | s->bits[1][i]);
	return count;
}

uint32_t guessing_day_set_add(struct guessing_day_set *s, uint64_t hash, uint64_t now_us)
{
	uint64_t half = now_us / (hour_us * DAY_HOURS / 2), bit = hash % DAY_BITS;

	if (half > s->half) {
		if (half - s->half >= 2)
			memset(s->bits, 0, sizeof(s->bits));
		memset(s->bits[half % 2], 0, sizeof(s->bits[0]));
		s->half = half;
	}
	s->bits[s->half % 2][bit / 64] |= UINT64_C(1) << bit % 64;
	return guessing_day_set_count(s);
}

void guessing_day_set_remove(struct guessing_day_set *s, uint64_t hash)
{
	uint64_t bit = hash % DAY_BITS;

	for (uint32_t i = 0; i < 2; i++)
		s->bits[i][bit / 64] &= ~(UINT64_C(1) << bit % 64);
}
