/* SPDX-License-Identifier: Apache-2.0 */
/* Whether all bytes of a text are visible ASCII and none is of a few others,
 * 16 at a time: a Call-ID or Request-URI is 30 bytes on average, and a loop
 * over them cost a fifth of the whole index. */
#ifndef SIP_BYTES_PRIV_H
#define SIP_BYTES_PRIV_H

#include <string.h>

#include "base/view.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Nothing from 0x21 to 0x7e is outside, and none of the three bytes. */
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

#endif
