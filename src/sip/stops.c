/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the stops of a value. */
#include "sip/stops_priv.h"

/* Those of 64 bytes from `from` on; returns how many there are by then. */
static inline size_t take(struct stops_of *s, size_t count, uint64_t misses, size_t from)
{
	for (; misses != 0; misses &= misses - 1) {
		size_t at = from + (size_t)__builtin_ctzll(misses);

		s->places[count] = (uint8_t)at;
		s->bytes[count++] = s->text.at[at];
	}
	return count;
}

bool stops_find(struct view text, struct stops_of *ret)
{
	static const struct run_set words = {
		.rows = RUN_ROWS(RUN_DIGITS | RUN_BYTE('-'), RUN_LETTERS | RUN_BYTE('_')),
	};
	struct run_misses m;
	size_t count;

	if (text.len == 0 || text.len > MAX_STOPS_TEXT)
		return false;
	m = run_misses(text.at, text.len, &words);
	ret->text = text;
	count = take(ret, 0, m.low, 0);
	count = take(ret, count, m.high, 64);
	ret->places[count] = (uint8_t)text.len;
	ret->bytes[count] = '\0';
	return true;
}
