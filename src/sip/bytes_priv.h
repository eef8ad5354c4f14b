/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for a few bytes in a text, 16 at a time (sets of bytes: base/run.h). */
#ifndef SIP_BYTES_PRIV_H
#define SIP_BYTES_PRIV_H

#include <string.h>

#include "base/view.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Place of the first byte from `at` on that is one of the four, or the length. */
static inline size_t bytes_find(struct view text, size_t at, const char wanted[4])
{
#ifdef __SSE2__
	const __m128i a = _mm_set1_epi8(wanted[0]), b = _mm_set1_epi8(wanted[1]);
	const __m128i c = _mm_set1_epi8(wanted[2]), d = _mm_set1_epi8(wanted[3]);

	for (; at < text.len && text.len - at >= 16; at += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(text.at + at));
		__m128i hit =
			_mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, a), _mm_cmpeq_epi8(v, b)),
		                     _mm_or_si128(_mm_cmpeq_epi8(v, c), _mm_cmpeq_epi8(v, d)));
		unsigned hits = (unsigned)_mm_movemask_epi8(hit);

		if (hits != 0)
			return at + (size_t)__builtin_ctz(hits);
	}
#endif
	for (; at < text.len; at++) {
		char byte = text.at[at];

		if (byte == wanted[0] || byte == wanted[1] || byte == wanted[2] ||
		    byte == wanted[3])
			return at;
	}
	return text.len;
}

#endif
