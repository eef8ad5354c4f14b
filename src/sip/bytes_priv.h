/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about all bytes of a text, 16 at a time: a Call-ID or Request-URI is
 * 30 bytes on average, and a loop over them cost a fifth of the whole index. */
#ifndef SIP_BYTES_PRIV_H
#define SIP_BYTES_PRIV_H

#include <string.h>

#include "base/view.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* All are visible ASCII (0x21 to 0x7e), and none is one of the three. */
static inline bool bytes_are_visible(struct view text, char a, char b, char c)
{
	size_t at = 0;
#ifdef __SSE2__
	const __m128i low = _mm_set1_epi8(0x20), high = _mm_set1_epi8(0x7f);
	const __m128i x = _mm_set1_epi8(a), y = _mm_set1_epi8(b), z = _mm_set1_epi8(c);

	for (; text.len - at >= 16; at += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(text.at + at));
		/* Signed: what is beyond ASCII is below zero. */
		__m128i good = _mm_and_si128(_mm_cmpgt_epi8(v, low), _mm_cmplt_epi8(v, high));
		__m128i bad =
			_mm_or_si128(_mm_cmpeq_epi8(v, x),
		                     _mm_or_si128(_mm_cmpeq_epi8(v, y), _mm_cmpeq_epi8(v, z)));

		if (_mm_movemask_epi8(_mm_andnot_si128(bad, good)) != 0xffff)
			return false;
	}
#endif
	for (; at < text.len; at++) {
		char byte = text.at[at];

		if (byte <= 0x20 || byte == 0x7f || byte == a || byte == b || byte == c)
			return false;
	}
	return true;
}

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
