/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a Call-ID: word or word@word. All visible ASCII is let through
 * but ',' and ';', which delimit where a Call-ID stands in other headers
 * (In-Reply-To, Replaces): real phones write base64 and more, and the rest
 * delimits nothing. */
#include "sip/call_id.h"

#include "base/run.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* All that is visible, but for the three that delimit. */
static const struct run_set word_bytes = {
	.rows = RUN_ROWS((~UINT64_C(0) << '!') & ~RUN_BYTE(',') & ~RUN_BYTE(';'),
	                 ~RUN_BYTE('@') & ~RUN_BYTE(0x7f)),
};

/* Word by word. */
static bool is_valid(struct view text)
{
	const char *end = text.at + text.len, *at = run_end(text.at, end, &word_bytes);

	if (at == end)
		return true;
	return *at == '@' && at != text.at && at + 1 != end &&
	       run_end(at + 1, end, &word_bytes) == end;
}

#ifdef __SSE2__

enum { BLOCK = 16, MAX_BLOCKS = 64 };

/* Adds the places of '@' among the 16 bytes from `at` on; bit i of the answer: byte i may not
 * stand in a Call-ID. */
static inline int add_block(const char *from, size_t at, uint64_t *signs)
{
	const __m128i most = _mm_set1_epi8('~' - '!');
	__m128i x = _mm_loadu_si128((const __m128i *)(const void *)(from + at));
	__m128i above = _mm_sub_epi8(x, _mm_set1_epi8('!'));
	__m128i is_visible = _mm_cmpeq_epi8(_mm_min_epu8(above, most), above);
	__m128i delimits = _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8(',')),
	                                _mm_cmpeq_epi8(x, _mm_set1_epi8(';')));
	__m128i is_sign = _mm_cmpeq_epi8(x, _mm_set1_epi8('@'));

	*signs |= (uint64_t)(unsigned)_mm_movemask_epi8(is_sign) << at;
	return _mm_movemask_epi8(_mm_andnot_si128(delimits, is_visible)) ^ 0xffff;
}

/* The same for 16 to 64 bytes, in blocks of which the last ends where the text does: at most one
 * '@', which is neither the first byte nor the last. */
static bool is_valid_by_blocks(struct view text)
{
	uint64_t signs = 0, ends = UINT64_C(1) | UINT64_C(1) << (text.len - 1);
	int strangers = 0;

	for (size_t at = 0; at < text.len - BLOCK; at += BLOCK)
		strangers |= add_block(text.at, at, &signs);
	strangers |= add_block(text.at, text.len - BLOCK, &signs);
	return strangers == 0 && (signs & (ends | (signs - 1))) == 0;
}

#endif

bool sip_call_id_is_valid(struct view text)
{
#ifdef __SSE2__
	if (text.len >= BLOCK && text.len <= MAX_BLOCKS)
		return is_valid_by_blocks(text);
#endif
	return text.len > 0 && is_valid(text);
}
