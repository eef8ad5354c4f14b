/* SPDX-License-Identifier: Apache-2.0 */
/* Reading SIP is finding the ends of tokens, values and parts of URIs, of eight bytes on
 * average: one by one that was an eighth of it, most of which were branches predicted wrong.
 * 16 bytes are told by two lookups: what upper halves the lower one may have, and whether
 * the upper one is among them. */
#include "base/run.h"

#include <stddef.h>
#include <string.h>

#ifdef __SSE2__
#include <tmmintrin.h>
#endif

const char *run_end_plain(const char *at, const char *end, const struct run_set *set)
{
	/*@ loop invariant \base_addr(at) == \base_addr(end) && \at(at, Pre) <= at <= end;
	    loop assigns at;
	    loop variant end - at; */
	while (at < end && run_holds(set, *at))
		at++;
	return at;
}

#ifdef __SSE2__

enum { STEP = 16, PAGE = 4096 };

#if defined(__SANITIZE_ADDRESS__)
#define SEES_EVERY_BYTE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SEES_EVERY_BYTE 1
#endif
#endif

/* What lies behind the end is loaded and not looked at: within one page nothing can go wrong
 * by that, but a sanitizer, which cannot know, would complain. */
static inline bool may_be_loaded(const char *at, size_t left)
{
#ifdef SEES_EVERY_BYTE
	(void)at;
	return left >= STEP;
#else
	return left >= STEP || ((uintptr_t)at & (PAGE - 1)) <= PAGE - STEP;
#endif
}

/* Bit i of the answer: byte i of the 16 is not in the set. */
__attribute__((target("ssse3"))) static inline unsigned misses_of(__m128i x,
                                                                  const struct run_set *set)
{
	const __m128i rows = _mm_loadu_si128((const __m128i *)(const void *)set->rows);
	const __m128i bits = _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
	/* Of what is beyond ASCII the first lookup gives nothing. */
	__m128i row = _mm_shuffle_epi8(rows, x);
	__m128i upper = _mm_and_si128(_mm_srli_epi16(x, 4), _mm_set1_epi8(15));
	__m128i bit = _mm_shuffle_epi8(bits, upper);
	__m128i miss = _mm_cmpeq_epi8(_mm_and_si128(row, bit), _mm_setzero_si128());
	unsigned high = set->has_high ? (unsigned)_mm_movemask_epi8(x) : 0;

	return (unsigned)_mm_movemask_epi8(miss) & ~high;
}

/* Apart, so that the buffer on the stack costs those nothing who do not need it. */
__attribute__((target("ssse3"), noinline, cold)) static const char *
end_of_last(const char *at, size_t left, const struct run_set *set)
{
	char last[STEP] = { 0 };
	unsigned misses;

	memcpy(last, at, left);
	misses = misses_of(_mm_loadu_si128((const __m128i *)(const void *)last), set);
	return at + __builtin_ctz(misses | 1U << left);
}

__attribute__((target("ssse3"))) static const char *run_end_ssse3(const char *at, const char *end,
                                                                  const struct run_set *set)
{
	for (; at < end; at += STEP) {
		size_t left = (size_t)(end - at);
		unsigned misses;

		if (!may_be_loaded(at, left))
			return end_of_last(at, left, set);
		misses = misses_of(_mm_loadu_si128((const __m128i *)(const void *)at), set);
		if (left < STEP)
			misses |= 1U << left;
		if (misses != 0)
			return at + __builtin_ctz(misses);
	}
	return end;
}

#endif

const char *run_end(const char *at, const char *end, const struct run_set *set)
{
#ifdef __SSE2__
	if (__builtin_cpu_supports("ssse3"))
		return run_end_ssse3(at, end, set);
#endif
	return run_end_plain(at, end, set);
}
