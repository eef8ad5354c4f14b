/* SPDX-License-Identifier: Apache-2.0 */
/* A list that becomes a bitmap in the same room when it is full. */
#include "guard/sketch.h"

#include <string.h>

static bool is_bit(const struct guard_sketch *s, uint32_t bit)
{
	return (s->words[bit / 64] >> bit % 64 & 1) != 0;
}

/* While u of m bits are free, only u in m new things set a bit: each that does
 * stands for m/u of them. No logarithm, and what was counted never shrinks. */
static bool set_bit(struct guard_sketch *s, uint32_t bit)
{
	if (is_bit(s, bit))
		return false;
	s->count_256 += 256 * (uint64_t)SKETCH_BITS / (SKETCH_BITS - s->used);
	s->words[bit / 64] |= UINT64_C(1) << bit % 64;
	s->used++;
	return true;
}

static uint32_t bit_of(uint64_t hash) { return (uint32_t)(hash % SKETCH_BITS); }

static void become_estimate(struct guard_sketch *s)
{
	uint64_t hashes[SKETCH_EXACT], count_256 = s->count_256;

	memcpy(hashes, s->words, sizeof(hashes));
	memset(s, 0, sizeof(*s));
	s->is_estimate = true;
	for (uint32_t i = 0; i < SKETCH_EXACT; i++)
		(void)set_bit(s, bit_of(hashes[i]));
	s->count_256 = count_256;
}

static bool is_listed(const struct guard_sketch *s, uint64_t hash)
{
	for (uint32_t i = 0; i < s->used; i++) {
		if (s->words[i] == hash)
			return true;
	}
	return false;
}

bool guard_sketch_holds(const struct guard_sketch *s, uint64_t hash)
{
	return s->is_estimate ? is_bit(s, bit_of(hash)) : is_listed(s, hash);
}

bool guard_sketch_add(struct guard_sketch *s, uint64_t hash)
{
	if (!s->is_estimate) {
		if (is_listed(s, hash))
			return false;
		if (s->used < SKETCH_EXACT) {
			s->words[s->used++] = hash;
			s->count_256 += 256;
			return true;
		}
		become_estimate(s);
	}
	return set_bit(s, bit_of(hash));
}

uint32_t guard_sketch_count(const struct guard_sketch *s)
{
	return (uint32_t)((s->count_256 + 128) / 256);
}

void guard_sketch_join(struct guard_sketch *s, const struct guard_sketch *other)
{
	if (!other->is_estimate) {
		for (uint32_t i = 0; i < other->used; i++)
			(void)guard_sketch_add(s, other->words[i]);
		return;
	}
	if (!s->is_estimate) {
		struct guard_sketch few = *s;

		*s = *other;
		guard_sketch_join(s, &few);
		return;
	}
	for (uint32_t bit = 0; bit < SKETCH_BITS; bit++) {
		if (is_bit(other, bit))
			(void)set_bit(s, bit);
	}
}
