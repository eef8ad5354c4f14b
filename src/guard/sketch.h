/* SPDX-License-Identifier: Apache-2.0 */
/* How many different things were seen (users, targets, numbers, sources), in a
 * kilobyte whatever comes: exact for the first SKETCH_EXACT, then a bitmap in
 * which each new bit counts for as many things as it stands for (linear
 * counting): within 2 % up to 10,000, rising ever slower beyond. A plain value;
 * a zeroed one is empty. Hashes are keyed, so that nobody can choose the bits. */
#ifndef GUARD_SKETCH_H
#define GUARD_SKETCH_H

#include <stdbool.h>
#include <stdint.h>

enum { SKETCH_EXACT = 128, SKETCH_BITS = 64 * SKETCH_EXACT };

struct guard_sketch {
	uint64_t words[SKETCH_EXACT]; /* hashes, later bits */
	uint64_t count_256;           /* of different things, in 256ths */
	uint32_t used;                /* words or bits */
	bool is_estimate;
};

/* True where it was not there before, as far as can be told. */
bool guard_sketch_add(struct guard_sketch *s, uint64_t hash);
/* Of an estimate, true for a few that were never added. */
bool guard_sketch_holds(const struct guard_sketch *s, uint64_t hash);
uint32_t guard_sketch_count(const struct guard_sketch *s);
/* All of `other` into `s`. */
void guard_sketch_join(struct guard_sketch *s, const struct guard_sketch *other);

#endif
