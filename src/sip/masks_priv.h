/* SPDX-License-Identifier: Apache-2.0 */
/* What 64 bytes hold, a bit for each: the line ends and whatever is no text. By what every
 * processor of this kind has (SSE2, NEON), and in plain C. */
#ifndef SIP_MASKS_PRIV_H
#define SIP_MASKS_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { MASKS_BLOCK = 64 };

/* Bit i is byte i. */
struct masks {
	uint64_t odd;   /* no visible ASCII and no blank: below 0x20, or beyond 0x7e */
	uint64_t feeds; /* LF */
};

static inline __attribute__((always_inline)) struct masks masks_plain(const char *at)
{
	struct masks m = { 0, 0 };

	for (unsigned i = 0; i < MASKS_BLOCK; i++) {
		unsigned char c = (unsigned char)at[i];

		m.odd |= (uint64_t)(c < 0x20 || c > 0x7e) << i;
		m.feeds |= (uint64_t)(c == '\n') << i;
	}
	return m;
}

/* Those beyond ASCII. */
static inline __attribute__((always_inline)) uint64_t masks_high_plain(const char *at)
{
	uint64_t high = 0;

	for (unsigned i = 0; i < MASKS_BLOCK; i++)
		high |= (uint64_t)((unsigned char)at[i] >> 7) << i;
	return high;
}

#if defined(__SSE2__)

static inline __attribute__((always_inline)) uint64_t masks_bits(__m128i hits, unsigned at)
{
	return (uint64_t)(uint32_t)_mm_movemask_epi8(hits) << at;
}

static inline __attribute__((always_inline)) struct masks masks_usual(const char *at)
{
	const __m128i blank = _mm_set1_epi8(0x20), most = _mm_set1_epi8(0x7e - 0x20);
	const __m128i lf = _mm_set1_epi8('\n');
	uint64_t text = 0, feeds = 0;

	for (unsigned i = 0; i < MASKS_BLOCK; i += 16) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)(at + i));
		__m128i above = _mm_sub_epi8(x, blank);

		text |= masks_bits(_mm_cmpeq_epi8(_mm_min_epu8(above, most), above), i);
		feeds |= masks_bits(_mm_cmpeq_epi8(x, lf), i);
	}
	return (struct masks){ ~text, feeds };
}

static inline __attribute__((always_inline)) uint64_t masks_high_usual(const char *at)
{
	uint64_t high = 0;

	for (unsigned i = 0; i < MASKS_BLOCK; i += 16)
		high |= masks_bits(_mm_loadu_si128((const __m128i *)(const void *)(at + i)), i);
	return high;
}

#elif defined(__ARM_NEON) && defined(__aarch64__)

/* Four times sixteen answers, 0x00 or 0xff each, as 64 bits: each byte keeps the bit of its
 * place among eight, and neighbours are added up three times. */
static inline __attribute__((always_inline)) uint64_t masks_bits(const uint8x16_t hits[4])
{
	const uint8x16_t bit = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128 };
	uint8x16_t a = vpaddq_u8(vandq_u8(hits[0], bit), vandq_u8(hits[1], bit));
	uint8x16_t b = vpaddq_u8(vandq_u8(hits[2], bit), vandq_u8(hits[3], bit));

	a = vpaddq_u8(a, b);
	return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(a, a)), 0);
}

static inline __attribute__((always_inline)) struct masks masks_usual(const char *at)
{
	uint8x16_t odd[4], feeds[4];

	for (unsigned i = 0; i < 4; i++) {
		uint8x16_t x = vld1q_u8((const uint8_t *)at + 16 * i);

		odd[i] = vcgtq_u8(vsubq_u8(x, vdupq_n_u8(0x20)), vdupq_n_u8(0x7e - 0x20));
		feeds[i] = vceqq_u8(x, vdupq_n_u8('\n'));
	}
	return (struct masks){ masks_bits(odd), masks_bits(feeds) };
}

static inline __attribute__((always_inline)) uint64_t masks_high_usual(const char *at)
{
	uint8x16_t high[4];

	for (unsigned i = 0; i < 4; i++)
		high[i] = vcgeq_u8(vld1q_u8((const uint8_t *)at + 16 * i), vdupq_n_u8(0x80));
	return masks_bits(high);
}

#else

static inline __attribute__((always_inline)) struct masks masks_usual(const char *at)
{
	return masks_plain(at);
}

static inline __attribute__((always_inline)) uint64_t masks_high_usual(const char *at)
{
	return masks_high_plain(at);
}

#endif

#endif
