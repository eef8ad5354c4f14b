/* SPDX-License-Identifier: Apache-2.0 */
/* Reading SIP is finding the ends of tokens, values and parts of URIs, of eight bytes on
 * average: one by one that was an eighth of it, most of which were branches predicted wrong.
 * 16 bytes are told by two lookups: what upper halves the lower one may have, and whether
 * the upper one is among them. */
#include "base/run.h"

#include <stddef.h>
#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#define WITH_LOOKUP __attribute__((target("ssse3")))
#define WITH_AVX2   __attribute__((target("avx2")))
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#define WITH_LOOKUP
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

enum { STEP = 16, PAGE = 4096 };

#if defined(__SANITIZE_ADDRESS__)
#define SEES_EVERY_BYTE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SEES_EVERY_BYTE 1
#endif
#endif

#ifdef WITH_LOOKUP

/* What lies behind the end is loaded and not looked at: within one page nothing can go wrong
 * by that, but a sanitizer, which cannot know, would complain. */
static inline bool may_be_loaded(const char *at, const char *end)
{
#ifndef SEES_EVERY_BYTE
	if (((uintptr_t)at & (PAGE - 1)) <= PAGE - STEP)
		return true;
#endif
	return end - at >= STEP;
}

/* Bit i of the answer: byte i of the 16 is not in the set. What is beyond ASCII has no row. */
#if defined(__SSE2__)
WITH_LOOKUP static inline unsigned misses_of(const char *at, const struct run_set *set)
{
	const __m128i rows = _mm_loadu_si128((const __m128i *)(const void *)set->rows);
	const __m128i bits = _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
	__m128i x = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i upper = _mm_and_si128(_mm_srli_epi16(x, 4), _mm_set1_epi8(15));
	__m128i hit = _mm_and_si128(_mm_shuffle_epi8(rows, x), _mm_shuffle_epi8(bits, upper));
	unsigned misses = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(hit, _mm_setzero_si128()));

	return set->has_high ? misses & ~(unsigned)_mm_movemask_epi8(x) : misses;
}
#else
static inline unsigned misses_of(const char *at, const struct run_set *set)
{
	const uint8x16_t bits = { 1, 2, 4, 8, 16, 32, 64, 128 };
	const uint8x16_t place = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128 };
	uint8x16_t x = vld1q_u8((const uint8_t *)at);
	/* A place beyond the table gives nothing. */
	uint8x16_t row = vqtbl1q_u8(vld1q_u8(set->rows), vandq_u8(x, vdupq_n_u8(0x8f)));
	uint8x16_t miss = vceqzq_u8(vandq_u8(row, vqtbl1q_u8(bits, vshrq_n_u8(x, 4))));

	if (set->has_high)
		miss = vandq_u8(miss, vcltq_u8(x, vdupq_n_u8(0x80)));
	miss = vandq_u8(miss, place);
	return (unsigned)vaddv_u8(vget_low_u8(miss)) | (unsigned)vaddv_u8(vget_high_u8(miss)) << 8;
}
#endif

/* Apart, so that the buffer on the stack costs those nothing who do not need it. */
WITH_LOOKUP __attribute__((noinline, cold)) static const char *
end_of_last(const char *at, size_t left, const struct run_set *set)
{
	char last[STEP] = { 0 };

	memcpy(last, at, left);
	return at + __builtin_ctz(misses_of(last, set) | 1U << left);
}

WITH_LOOKUP static const char *run_end_by_lookup(const char *at, const char *end,
                                                 const struct run_set *set)
{
	const char *miss;
	unsigned misses;

	if (at >= end)
		return end;
	while (may_be_loaded(at, end)) {
		misses = misses_of(at, set);
		if (misses != 0) {
			miss = at + (unsigned)__builtin_ctz(misses);
			return miss < end ? miss : end;
		}
		at += STEP;
		if (at >= end)
			return end;
	}
	return end_of_last(at, (size_t)(end - at), set);
}

#endif

const char *run_end(const char *at, const char *end, const struct run_set *set)
{
#ifdef __SSE2__
	if (__builtin_cpu_supports("ssse3"))
		return run_end_by_lookup(at, end, set);
#elif defined(WITH_LOOKUP)
	return run_end_by_lookup(at, end, set);
#endif
	return run_end_plain(at, end, set);
}

/* The bit behind the last. */
static inline struct run_misses ended(uint64_t low, uint64_t high, size_t len)
{
	uint64_t end = UINT64_C(1) << (len & 63);

	return (struct run_misses){ low | (len < 64 ? end : 0), high | (len < 64 ? 0 : end) };
}

static struct run_misses misses_plain(const char *at, size_t len, const struct run_set *set)
{
	uint64_t low = 0, high = 0;

	for (size_t i = 0; i < len && i < 64; i++)
		low |= (uint64_t)!run_holds(set, at[i]) << i;
	for (size_t i = 64; i < len; i++)
		high |= (uint64_t)!run_holds(set, at[i]) << (i - 64);
	return ended(low, high, len);
}

#ifdef WITH_LOOKUP

WITH_LOOKUP static struct run_misses misses_by_16(const char *at, size_t len,
                                                  const struct run_set *set)
{
	uint64_t low = 0, high = 0;

	for (size_t i = 0; i < len && i < 64; i += STEP)
		low |= (uint64_t)misses_of(at + i, set) << i;
	for (size_t i = 64; i < len; i += STEP)
		high |= (uint64_t)misses_of(at + i, set) << (i - 64);
	return ended(low, high, len);
}

#endif

#ifdef WITH_AVX2

/* As misses_of, of 32, and a set of ASCII. */
WITH_AVX2 static inline __attribute__((always_inline)) uint64_t misses_of_32(const char *at,
                                                                             __m256i rows)
{
	const __m256i bits = _mm256_broadcastsi128_si256(
		_mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0));
	__m256i x = _mm256_loadu_si256((const __m256i *)(const void *)at);
	__m256i upper = _mm256_and_si256(_mm256_srli_epi16(x, 4), _mm256_set1_epi8(15));
	__m256i hit =
		_mm256_and_si256(_mm256_shuffle_epi8(rows, x), _mm256_shuffle_epi8(bits, upper));

	return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(hit, _mm256_setzero_si256()));
}

WITH_AVX2 static struct run_misses misses_by_32(const char *at, size_t len,
                                                const struct run_set *set)
{
	const __m256i rows = _mm256_broadcastsi128_si256(
		_mm_loadu_si128((const __m128i *)(const void *)set->rows));
	uint64_t low = misses_of_32(at, rows), high = 0;

	if (len > 32)
		low |= misses_of_32(at + 32, rows) << 32;
	if (len > 64)
		high = misses_of_32(at + 64, rows);
	if (len > 96)
		high |= misses_of_32(at + 96, rows) << 32;
	return ended(low, high, len);
}

#endif

static const run_misses_way ways[] = {
#ifdef WITH_AVX2
	misses_by_32,
#endif
#ifdef WITH_LOOKUP
	misses_by_16,
#endif
	misses_plain,
	NULL,
};

run_misses_way run_misses_by(size_t i)
{
#ifdef __SSE2__
	return ways[i + (__builtin_cpu_supports("avx2")    ? 0
	                 : __builtin_cpu_supports("ssse3") ? 1
	                                                   : 2)];
#else
	return ways[i];
#endif
}

static inline struct run_misses misses_within(const char *at, size_t len, const struct run_set *set)
{
#ifdef WITH_AVX2
	if (__builtin_cpu_supports("avx2"))
		return misses_by_32(at, len, set);
#endif
	return run_misses_by(0)(at, len, set);
}

/* Of what ends near the end of a page, or where each byte that is loaded is watched. */
static __attribute__((noinline, cold)) struct run_misses misses_of_copy(const char *at, size_t len,
                                                                        const struct run_set *set)
{
	char copy[RUN_SPAN + RUN_MARGIN] = { 0 };

	memcpy(copy, at, len);
	return misses_within(copy, len, set);
}

struct run_misses run_misses(const char *at, size_t len, const struct run_set *set)
{
#ifndef SEES_EVERY_BYTE
	if (((uintptr_t)at & (PAGE - 1)) + len <= PAGE - RUN_MARGIN)
		return misses_within(at, len, set);
#endif
	return misses_of_copy(at, len, set);
}

/* The same, a bit each, for what a processor without any of this has, and for the last bytes. */
static uint64_t places_plain(const char *at, size_t from, size_t len, char byte)
{
	uint64_t places = 0;

	for (size_t i = from; i < len; i++)
		places |= (uint64_t)(at[i] == byte) << i;
	return places;
}

uint64_t run_places(const char *at, size_t len, char byte)
{
	uint64_t places = 0;
	size_t i = 0;

#ifdef __SSE2__
	for (; i < len && may_be_loaded(at + i, at + len); i += STEP) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)(at + i));

		places |= (uint64_t)(unsigned)_mm_movemask_epi8(
				  _mm_cmpeq_epi8(x, _mm_set1_epi8(byte)))
		       << i;
	}
	if (len < RUN_PLACES)
		places &= (UINT64_C(1) << len) - 1;
#endif
	return places | places_plain(at, i, len, byte);
}

void run_load(const char *at, size_t len, char ret[RUN_LOAD])
{
	size_t i = 0;

#ifdef __SSE2__
	if (len > 0 && may_be_loaded(at, at + len)) {
		_mm_storeu_si128((__m128i *)(void *)ret,
		                 _mm_loadu_si128((const __m128i *)(const void *)at));
		return;
	}
#endif
	for (; i < len && i < RUN_LOAD; i++)
		ret[i] = at[i];
	for (; i < RUN_LOAD; i++)
		ret[i] = 0;
}

unsigned run_digits(const char at[RUN_LOAD])
{
#ifdef __SSE2__
	__m128i x = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)at),
	                         _mm_set1_epi8('0'));

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(9)), x));
#else
	unsigned digits = 0;

	for (unsigned i = 0; i < RUN_LOAD; i++)
		digits |= (unsigned)(at[i] >= '0' && at[i] <= '9') << i;
	return digits;
#endif
}
