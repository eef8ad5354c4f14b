/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the line ends and the stray control bytes of a header section line by line, where
 * something in it is odd (lines_priv.h: where nothing is): every control byte is an LF or
 * the CR before one, or to be noted. And a header's name in 16 bytes. */
#ifndef SIP_SCAN_PRIV_H
#define SIP_SCAN_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "sip/masks_priv.h"

enum { SCAN_BLOCK = MASKS_BLOCK, SCAN_LOAD = 16 };

struct scan {
	const char *bytes;
	size_t len;
	size_t block;     /* first byte of the block that the masks describe */
	uint64_t feeds;   /* its LF, those already passed cleared */
	uint64_t strays;  /* its control bytes that are neither LF nor followed by one */
	bool is_pending;  /* the last byte of the block before is a control byte, no LF */
	bool has_control; /* a control byte that no line may hold was passed */
	bool has_bare_cr; /* a CR without LF was passed */
	bool has_high;    /* a block was seen that holds bytes beyond ASCII */
};

static inline void scan_note_stray(struct scan *s, char byte)
{
	if (byte == '\r')
		s->has_bare_cr = true;
	else if (byte != '\t')
		s->has_control = true;
}

/* Looks at the strays of the block up to and with the byte at `last`. */
static inline void scan_settle(struct scan *s, size_t last)
{
	uint64_t strays = s->strays;

	s->strays = 0;
	while (strays != 0) {
		size_t at = s->block + (size_t)__builtin_ctzll(strays);

		if (at > last)
			return;
		scan_note_stray(s, s->bytes[at]);
		strays &= strays - 1;
	}
}

static inline void scan_load(struct scan *s)
{
	const char *at = s->bytes + s->block;
	size_t left = s->len - s->block;
	char last[SCAN_BLOCK];
	struct masks m;
	uint64_t controls;

	if (left < SCAN_BLOCK) {
		memset(last, ' ', sizeof(last));
		memcpy(last, at, left);
		at = last;
	}
	m = masks_usual(at);
	s->has_high |= m.has_high;
	s->feeds = m.feeds;
	if (s->is_pending && (s->feeds & 1) == 0)
		scan_note_stray(s, s->bytes[s->block - 1]);
	controls = m.controls & ~m.feeds;
	s->is_pending = (controls >> (SCAN_BLOCK - 1)) != 0;
	s->strays = controls & ~(s->feeds >> 1) & ~(UINT64_C(1) << (SCAN_BLOCK - 1));
}

static inline struct scan scan_on(const char *bytes, size_t len)
{
	struct scan s = { .bytes = bytes, .len = len };

	if (len > 0)
		scan_load(&s);
	return s;
}

/* Place of the next LF, which is thereby passed; `len` at the end. */
static inline size_t scan_next(struct scan *s)
{
	size_t at;

	while (s->feeds == 0) {
		if (s->len - s->block <= SCAN_BLOCK) {
			scan_settle(s, s->len);
			/* Only a block that is full can end in one. */
			if (s->is_pending)
				scan_note_stray(s, s->bytes[s->len - 1]);
			s->is_pending = false;
			return s->len;
		}
		if (s->strays != 0)
			scan_settle(s, s->len);
		s->block += SCAN_BLOCK;
		scan_load(s);
	}
	at = s->block + (size_t)__builtin_ctzll(s->feeds);
	s->feeds &= s->feeds - 1;
	return at;
}

/* Bit i of the answer: byte i of the 16 is this one. */
static inline uint32_t scan_equal_16(const char *at, char byte)
{
#ifdef __SSE2__
	__m128i x = _mm_loadu_si128((const __m128i *)(const void *)at);

	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_set1_epi8(byte)));
#else
	uint32_t hits = 0;

	for (unsigned i = 0; i < SCAN_LOAD; i++)
		hits |= (uint32_t)(at[i] == byte) << i;
	return hits;
#endif
}

/* Bit i: byte i of both is the same letter in either case, or the same byte.
 * Bytes that differ in bit 5 alone are taken for equal: for what is compared
 * here, only CR and the hyphen, and no CR stands in a sound line. */
static inline uint32_t scan_same_16(const char *a, const char *b)
{
#ifdef __SSE2__
	const __m128i bit = _mm_set1_epi8(0x20);
	__m128i x = _mm_or_si128(_mm_loadu_si128((const __m128i *)(const void *)a), bit);
	__m128i y = _mm_or_si128(_mm_loadu_si128((const __m128i *)(const void *)b), bit);

	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, y));
#else
	uint32_t same = 0;

	for (unsigned i = 0; i < SCAN_LOAD; i++)
		same |= (uint32_t)((a[i] | 0x20) == (b[i] | 0x20)) << i;
	return same;
#endif
}

#endif
