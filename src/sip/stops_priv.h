/* SPDX-License-Identifier: Apache-2.0 */
/* A value told by its stops: whatever is no letter, digit, '-' or '_' stands in it as a sign
 * that something ends there, or as a byte that many words do without. Their places are found
 * at once for the whole value (base/run.h), so that reading it is going from one to the next:
 * a dozen steps for a From or a Via. Inline, so that where one stands is kept in registers.
 *
 *     struct stops s = stops_on(text);   s.at: where the next stop is, behind the last `end`
 *     if (stops_is(&s, ';')) stops_pass(&s); */
#ifndef SIP_STOPS_PRIV_H
#define SIP_STOPS_PRIV_H

#include "base/run.h"
#include "sip/param.h"

#define STOPS_INLINE static inline __attribute__((always_inline))

enum { STOPS_BLOCK = 64, MAX_STOPS_TEXT = RUN_SPAN - 1, MAX_PLAIN_PARAMS = 8 };

struct stops {
	const char *at, *end;
	const char *block;    /* what the first bit of `bits` is about */
	uint64_t bits, later; /* the stops from `at` on in this block, and those of the next */
};

/* Text of 1 to MAX_STOPS_TEXT bytes. The end counts as a stop, which is never passed: there is
 * always one ahead. */
STOPS_INLINE void stops_find(struct stops *s)
{
	if (s->bits == 0) {
		s->bits = s->later;
		s->block += STOPS_BLOCK;
	}
	s->at = s->block + __builtin_ctzll(s->bits);
}

STOPS_INLINE struct stops stops_on(struct view text)
{
	static const struct run_set plain = {
		.rows = RUN_ROWS(RUN_DIGITS | RUN_BYTE('-'), RUN_LETTERS | RUN_BYTE('_')),
	};
	struct run_misses m = run_misses(text.at, text.len, &plain);
	struct stops s = {
		.end = text.at + text.len, .block = text.at, .bits = m.low, .later = m.high
	};

	stops_find(&s);
	return s;
}

/* To the next; not at the end. */
STOPS_INLINE void stops_pass(struct stops *s)
{
	s->bits &= s->bits - 1;
	stops_find(s);
}

STOPS_INLINE bool stops_is(const struct stops *s, char byte)
{
	return s->at != s->end && *s->at == byte;
}

STOPS_INLINE bool stops_skip(struct stops *s, char byte)
{
	if (!stops_is(s, byte))
		return false;
	stops_pass(s);
	return true;
}

/* Over those of a set, which a word may hold too; mostly there is none. */
STOPS_INLINE void stops_pass_all(struct stops *s, const struct run_set *set)
{
	while (s->at != s->end && run_holds(set, *s->at))
		stops_pass(s);
}

/* From `start` to the stop. */
STOPS_INLINE struct view stops_word(const struct stops *s, const char *start)
{
	return (struct view){ start, (size_t)(s->at - start) };
}

/* *( ";" name [ "=" value ] ), without blanks and quotes, of bytes of that set; no name twice, and
 * MAX_PLAIN_PARAMS at most. What is none of these is odd. */
struct plain_params {
	const struct run_set *bytes;
	bool is_odd;
	unsigned count;
	struct view names[MAX_PLAIN_PARAMS];
};

STOPS_INLINE void plain_params_note(struct plain_params *p, struct view name)
{
	p->is_odd = p->is_odd || name.len == 0 || p->count == MAX_PLAIN_PARAMS;
	for (unsigned i = 0; i < p->count; i++)
		p->is_odd = p->is_odd || view_equal_nocase(p->names[i], name);
	if (!p->is_odd)
		p->names[p->count++] = name;
}

/* False: there is no other, or it is odd. */
STOPS_INLINE bool plain_params_next(struct plain_params *p, struct stops *s, struct sip_param *ret)
{
	const char *start = s->at + 1;

	if (!stops_skip(s, ';'))
		return false;
	if (!stops_is(s, '='))
		stops_pass_all(s, p->bytes);
	ret->name = stops_word(s, start);
	plain_params_note(p, ret->name);
	ret->value = VIEW_EMPTY;
	ret->is_quoted = false;
	start = s->at + 1;
	ret->has_value = stops_skip(s, '=');
	if (ret->has_value) {
		if (!stops_is(s, ';'))
			stops_pass_all(s, p->bytes);
		ret->value = stops_word(s, start);
		p->is_odd = p->is_odd || ret->value.len == 0;
	}
	return !p->is_odd;
}

#endif
