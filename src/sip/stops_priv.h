/* SPDX-License-Identifier: Apache-2.0 */
/* A value told by its stops: whatever is no letter, digit, '-' or '_' stands in it as a sign
 * that something ends there, or as a byte that many words do without. Their places are found
 * at once for the whole value (base/run.h), so that reading it is going from one to the next:
 * a dozen steps for a From or a Via. Inline, so that where one stands is kept in registers.
 *
 *     struct stops s = stops_on(text);   s.word: the text, s.at: the first stop, s.byte: which
 *     if (stops_skip(&s, '@')) ...       s.word: what is behind it, s.at: the next stop ...
 *
 * The end counts as a stop, which is never passed, with -1 as its byte. */
#ifndef SIP_STOPS_PRIV_H
#define SIP_STOPS_PRIV_H

#include "base/run.h"
#include "base/view.h"

#define STOPS_INLINE static inline __attribute__((always_inline))

enum { STOPS_BLOCK = 64, MAX_STOPS_TEXT = RUN_SPAN - 1 };

struct stops {
	const char *word, *at, *end;
	int byte;
	const char *block;    /* what the first bit of `bits` is about */
	uint64_t bits, later; /* the stops from `at` on in this block, and those of the next */
};

STOPS_INLINE void stops_find(struct stops *s)
{
	if (s->bits == 0) {
		s->bits = s->later;
		s->block += STOPS_BLOCK;
	}
	s->at = s->block + (unsigned)__builtin_ctzll(s->bits);
	s->byte = s->at == s->end ? -1 : (unsigned char)*s->at;
}

/* Text of 1 to MAX_STOPS_TEXT bytes. */
STOPS_INLINE struct stops stops_on(struct view text)
{
	static const struct run_set plain = {
		.rows = RUN_ROWS(RUN_DIGITS | RUN_BYTE('-'), RUN_LETTERS | RUN_BYTE('_')),
	};
	struct run_misses m = run_misses(text.at, text.len, &plain);
	struct stops s = {
		.word = text.at,
		.end = text.at + text.len,
		.block = text.at,
		.bits = m.low,
		.later = m.high,
	};

	stops_find(&s);
	return s;
}

/* The word goes on behind the stop; not at the end. */
STOPS_INLINE void stops_take(struct stops *s)
{
	s->bits &= s->bits - 1;
	stops_find(s);
}

/* Takes all of a set: mostly there is none. */
STOPS_INLINE void stops_take_all(struct stops *s, const struct run_set *set)
{
	while (s->byte >= 0 && run_holds(set, (char)s->byte))
		stops_take(s);
}

/* A new word begins behind the stop, if it is this byte. */
STOPS_INLINE bool stops_skip(struct stops *s, char byte)
{
	if (s->byte != byte)
		return false;
	s->word = s->at + 1;
	stops_take(s);
	return true;
}

STOPS_INLINE bool stops_is_empty(const struct stops *s) { return s->at == s->word; }

STOPS_INLINE struct view stops_word(const struct stops *s)
{
	return (struct view){ s->word, (size_t)(s->at - s->word) };
}

#endif
