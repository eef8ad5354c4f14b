/* SPDX-License-Identifier: Apache-2.0 */
/* Finds control bytes (below SP, and DEL) and notes bytes beyond ASCII, 64
 * bytes at a time: in a clean message the only control bytes before the body
 * are its line ends, so this is line splitting and screening in one. Measured
 * against memchr per line it saves more than half, as SIP lines are short. */
#ifndef SIP_SCAN_PRIV_H
#define SIP_SCAN_PRIV_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

struct scan {
	const char *bytes;
	size_t len;
	size_t block;     /* first byte of the block that `control` describes */
	uint64_t control; /* bit per byte of the block, those already passed cleared */
	uint64_t high;    /* not 0: some byte of a block seen is beyond ASCII */
};

#ifdef __SSE2__
static inline void scan_block(struct scan *s, const char *at)
{
	const __m128i top = _mm_set1_epi8(0x1f), del = _mm_set1_epi8(0x7f);
	uint64_t control = 0, high = 0;

	for (unsigned i = 0; i < 4; i++) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)(at + 16 * i));
		__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(x, top), x);
		__m128i hit = _mm_or_si128(low, _mm_cmpeq_epi8(x, del));

		control |= (uint64_t)(uint32_t)_mm_movemask_epi8(hit) << (16 * i);
		high |= (uint64_t)(uint32_t)_mm_movemask_epi8(x);
	}
	s->control = control;
	s->high |= high;
}
#else
static inline void scan_block(struct scan *s, const char *at)
{
	uint64_t control = 0, high = 0;

	for (unsigned i = 0; i < 64; i++) {
		unsigned char c = (unsigned char)at[i];

		control |= (uint64_t)(c < 0x20 || c == 0x7f) << i;
		high |= c & 0x80;
	}
	s->control = control;
	s->high |= high;
}
#endif

static inline void scan_load(struct scan *s)
{
	size_t left = s->len - s->block;

	if (left >= 64) {
		scan_block(s, s->bytes + s->block);
	} else {
		char last[64];

		memset(last, ' ', sizeof(last));
		memcpy(last, s->bytes + s->block, left);
		scan_block(s, last);
	}
}

static inline struct scan scan_on(const char *bytes, size_t len)
{
	struct scan s = { .bytes = bytes, .len = len };

	if (len > 0)
		scan_load(&s);
	return s;
}

/* Place of the next control byte, which is thereby passed; `len` at the end. */
static inline size_t scan_next(struct scan *s)
{
	size_t at;

	while (s->control == 0) {
		if (s->len - s->block <= 64) {
			s->block = s->len;
			return s->len;
		}
		s->block += 64;
		scan_load(s);
	}
	at = s->block + (size_t)__builtin_ctzll(s->control);
	s->control &= s->control - 1;
	return at;
}

#endif
