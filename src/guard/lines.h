/* SPDX-License-Identifier: Apache-2.0 */
/* A table of lines of the cache, found by a keyed hash: whoever looks for a row in it
 * touches one line and no more. What a line holds, and who in a full one makes room, is
 * said by who lays it out. Room is taken once, all zeros, and not used before it is
 * written to. */
#ifndef GUARD_LINES_H
#define GUARD_LINES_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { GUARD_LINE = 64 };

struct guard_lines {
	char *first;
	uint32_t mask; /* lines - 1 */
	void *room;
};

/* For so many rows, of which a line holds `each`, at half of them on average or less: few
 * lines are full before the table is. ERR_NO_MEMORY; ERR_LIMIT for 0 or more than 2^24 rows. */
enum err guard_lines_init(struct guard_lines *l, uint32_t rows, uint32_t each) MUST_USE;
void guard_lines_clear(struct guard_lines *l); /* an empty one is fine */

/* Whoever shares its lower half shares the line; the upper half tells rows apart. */
static inline void *guard_line_at(const struct guard_lines *l, uint64_t hash)
{
	return l->first + (size_t)((uint32_t)hash & l->mask) * GUARD_LINE;
}
static inline uint32_t guard_line_tag(uint64_t hash) { return (uint32_t)(hash >> 32); }

#endif
