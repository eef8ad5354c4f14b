/* SPDX-License-Identifier: Apache-2.0 */
/* Chance from a seed (SplitMix64): the same seed makes the same run. */
#ifndef JUDGE_CHANCE_H
#define JUDGE_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
	uint64_t state;
};

static inline uint64_t chance_next(struct chance *c)
{
	uint64_t z = c->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* 0 .. below - 1; below 0 gives 0. */
static inline uint32_t chance_below(struct chance *c, uint32_t below)
{
	return below ? (uint32_t)(chance_next(c) % below) : 0;
}

/* low .. high */
static inline uint64_t chance_between(struct chance *c, uint64_t low, uint64_t high)
{
	return low + chance_next(c) % (high - low + 1);
}

static inline bool chance_of(struct chance *c, uint32_t percent)
{
	return chance_below(c, 100) < percent;
}

#endif
