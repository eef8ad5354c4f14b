/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of bytes, and where a run of such bytes ends: 16 at a time where the processor has
 * SSSE3, which is asked at run time, or NEON, else one by one, with the same result. */
#ifndef BASE_RUN_H
#define BASE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Row i holds the bytes whose lower four bits are i: bit k is set where the byte with k as
 * its upper four bits is in the set. Of bytes beyond ASCII all are in it, or none. */
struct run_set {
	uint8_t rows[16];
	bool has_high;
};

/* A set is written as two words, one for the lower and one for the upper 64 bytes of ASCII. */
#define RUN_BYTE(c)      (UINT64_C(1) << ((c)&63))
#define RUN_DIGITS       UINT64_C(0x03ff000000000000) /* of the lower word */
#define RUN_LETTERS      UINT64_C(0x07fffffe07fffffe) /* of the upper word, of both cases */
#define RUN_BIT(word, i) ((word) >> (i)&1)
#define RUN_HALF_ROW(word, i)                                                                      \
	(RUN_BIT(word, i) | RUN_BIT(word, (i) + 16) << 1 | RUN_BIT(word, (i) + 32) << 2 |          \
	 RUN_BIT(word, (i) + 48) << 3)
#define RUN_ROW(lower, upper, i)                                                                   \
	[i] = (uint8_t)(RUN_HALF_ROW(lower, i) | RUN_HALF_ROW(upper, i) << 4)
#define RUN_ROWS(lower, upper)                                                                     \
	{                                                                                          \
		RUN_ROW(lower, upper, 0), RUN_ROW(lower, upper, 1), RUN_ROW(lower, upper, 2),      \
			RUN_ROW(lower, upper, 3), RUN_ROW(lower, upper, 4),                        \
			RUN_ROW(lower, upper, 5), RUN_ROW(lower, upper, 6),                        \
			RUN_ROW(lower, upper, 7), RUN_ROW(lower, upper, 8),                        \
			RUN_ROW(lower, upper, 9), RUN_ROW(lower, upper, 10),                       \
			RUN_ROW(lower, upper, 11), RUN_ROW(lower, upper, 12),                      \
			RUN_ROW(lower, upper, 13), RUN_ROW(lower, upper, 14),                      \
			RUN_ROW(lower, upper, 15)                                                  \
	}

static inline bool run_holds(const struct run_set *set, char byte)
{
	unsigned char c = (unsigned char)byte;

	return c < 0x80 ? set->rows[c % 16] >> (c / 16) & 1 : set->has_high;
}

enum { RUN_PLACES = 64, RUN_LOAD = 16 };

/* Where a byte stands among the first `len`, at most RUN_PLACES, from `at` on: bit i is byte i. */
uint64_t run_places(const char *at, size_t len, char byte);

/* What of a text of 1 to RUN_SPAN - 1 bytes is not in a set of ASCII: bit i is byte i, the
 * first 64 in `low`. Bit `len` is set, as if something else stood behind the end: who goes from
 * one to the next stops there. Bits beyond that one are of any value. */
enum { RUN_SPAN = 128 };
struct run_misses {
	uint64_t low, high;
};
struct run_misses run_misses(const char *at, size_t len, const struct run_set *set);
/* The ways to find them that this processor has, the best first, then NULL; all give the same.
 * They load up to RUN_MARGIN bytes from behind the end, run_misses none from another page. */
enum { RUN_MARGIN = 32 };
typedef struct run_misses (*run_misses_way)(const char *at, size_t len, const struct run_set *);
run_misses_way run_misses_by(size_t i);

/* A copy of the first RUN_LOAD bytes; what is beyond `len` of them may be anything. */
void run_load(const char *at, size_t len, char ret[RUN_LOAD]);
/* Which of them are digits: bit i is byte i. */
unsigned run_digits(const char at[RUN_LOAD]);

/* The first byte from `at` on that is not in the set, or `end`. */
const char *run_end(const char *at, const char *end, const struct run_set *set);
/* The same one by one, whatever the processor: what the other is held against. */
const char *run_end_plain(const char *at, const char *end, const struct run_set *set);

#endif
