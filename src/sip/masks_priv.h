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
	uint64_t controls; /* below 0x20, or 0x7f; LF and CR among them */
	uint64_t feeds;    /* LF */
	uint64_t returns;  /* CR */
	bool has_high;     /* any byte beyond ASCII */
};

static inline __attribute__((always_inline)) struct masks masks_plain(const char *at)
{
	struct masks m = { .has_high = false };

	for (unsigned i = 0; i < MASKS_BLOCK; i++) {
		unsigned char c = (unsigned char)at[i];

		m.controls |= (uint64_t)(c < 0x20 || c == 0x7f) << i;
		m.feeds |= (uint64_t)(c == '\n') << i;
		m.returns |= (uint64_t)(c == '\r') << i;
		m.has_high |= c >= 0x80;
	}
	return m;
}

#if defined(__SSE2__)

static inline __attribute__((always_inline)) uint64_t masks_bits(__m128i hits, unsigned at)
{
	return (uint64_t)(uint32_t)_mm_movemask_epi8(hits) << at;
}

static inline __attribute__((always_inline)) struct masks masks_usual(const char *at)
{
	const __m128i top = _mm_set1_epi8(0x1f), del = _mm_set1_epi8(0x7f);
	const __m128i lf = _mm_set1_epi8('\n'), cr = _mm_set1_epi8('\r');
	struct masks m = { .has_high = false };
	__m128i all = _mm_setzero_si128();

	for (unsigned i = 0; i < MASKS_BLOCK; i += 16) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)(at + i));
		__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(x, top), x);

		m.controls |= masks_bits(_mm_or_si128(low, _mm_cmpeq_epi8(x, del)), i);
		m.feeds |= masks_bits(_mm_cmpeq_epi8(x, lf), i);
		m.returns |= masks_bits(_mm_cmpeq_epi8(x, cr), i);
		all = _mm_or_si128(all, x);
	}
	m.has_high = _mm_movemask_epi8(all) != 0;
	return m;
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
	uint8x16_t controls[4], feeds[4], returns[4], all = vdupq_n_u8(0);

	for (unsigned i = 0; i < 4; i++) {
		uint8x16_t x = vld1q_u8((const uint8_t *)at + 16 * i);

		controls[i] =
			vorrq_u8(vcltq_u8(x, vdupq_n_u8(0x20)), vceqq_u8(x, vdupq_n_u8(0x7f)));
		feeds[i] = vceqq_u8(x, vdupq_n_u8('\n'));
		returns[i] = vceqq_u8(x, vdupq_n_u8('\r'));
		all = vorrq_u8(all, x);
	}
	return (struct masks){ masks_bits(controls), masks_bits(feeds), masks_bits(returns),
		               vmaxvq_u8(all) >= 0x80 };
}

#else

static inline __attribute__((always_inline)) struct masks masks_usual(const char *at)
{
	return masks_plain(at);
}

#endif

#endif
