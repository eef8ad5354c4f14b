/* SPDX-License-Identifier: Apache-2.0 */
/* What 16 bytes hold, a bit each, told by one load: by what every processor of this kind has
 * (SSE2), else in plain C. */
#ifndef SIP_GLANCE_PRIV_H
#define SIP_GLANCE_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { GLANCE = 16 };

/* A name of up to 15 bytes in small letters and the sign behind it, filled up with NUL. */
struct glance_name {
	_Alignas(GLANCE) char text[GLANCE];
	uint32_t bytes; /* which of them count: bit i is byte i */
};

#define GLANCE_ALL UINT32_C(0xffff)

static inline uint32_t glance_equal_plain(const char *at, char byte)
{
	uint32_t equal = 0;

	for (unsigned i = 0; i < GLANCE; i++)
		equal |= (uint32_t)(at[i] == byte) << i;
	return equal;
}

static inline uint32_t glance_alike_plain(const char *at, const struct glance_name *name)
{
	uint32_t alike = 0;

	for (unsigned i = 0; i < GLANCE; i++)
		alike |= (uint32_t)((at[i] | 0x20) == name->text[i]) << i;
	return alike;
}

static inline uint32_t glance_unquoted_plain(const char *at)
{
	uint32_t unquoted = 0;

	for (unsigned i = 0; i < GLANCE; i++) {
		unsigned char c = (unsigned char)at[i];

		unquoted |= (uint32_t)(c < 0x20 || c > 0x7e || c == '"' || c == '\\') << i;
	}
	return unquoted;
}

static inline uint32_t glance_signs_plain(const char *at)
{
	uint32_t signs = 0;

	for (unsigned i = 0; i < GLANCE; i++) {
		unsigned char c = (unsigned char)at[i], small = c | 0x20;
		bool is_word = (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9');

		signs |= (uint32_t)!is_word << i;
	}
	return signs;
}

#ifdef __SSE2__

static inline __m128i glance_load(const char *at)
{
	return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* Those that are this byte. */
static inline uint32_t glance_equal(const char *at, char byte)
{
	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(glance_load(at), _mm_set1_epi8(byte)));
}

/* Those that are the name's, in either case. Bytes that differ in bit 5 alone are taken for equal:
 * of what stands in names that is a control byte and '-' or '*'. */
static inline uint32_t glance_alike(const char *at, const struct glance_name *name)
{
	__m128i small = _mm_or_si128(glance_load(at), _mm_set1_epi8(0x20));
	__m128i own = _mm_load_si128((const __m128i *)(const void *)name->text);

	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(small, own));
}

/* Those that do not stand for themselves between quotes: quote, backslash, control bytes and what
 * is beyond ASCII. */
static inline uint32_t glance_unquoted(const char *at)
{
	__m128i x = glance_load(at), above = _mm_sub_epi8(x, _mm_set1_epi8(0x20));
	__m128i text = _mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8(0x7e - 0x20)), above);
	__m128i sign = _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('"')),
	                            _mm_cmpeq_epi8(x, _mm_set1_epi8('\\')));

	return (uint32_t)_mm_movemask_epi8(_mm_andnot_si128(sign, text)) ^ GLANCE_ALL;
}

/* Those that are neither letters nor digits. */
static inline uint32_t glance_signs(const char *at)
{
	const __m128i letters = _mm_set1_epi8('z' - 'a'), digits = _mm_set1_epi8(9);
	__m128i x = glance_load(at);
	__m128i letter = _mm_sub_epi8(_mm_or_si128(x, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
	__m128i digit = _mm_sub_epi8(x, _mm_set1_epi8('0'));
	__m128i word = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(letter, letters), letter),
	                            _mm_cmpeq_epi8(_mm_min_epu8(digit, digits), digit));

	return (uint32_t)_mm_movemask_epi8(word) ^ GLANCE_ALL;
}

#else

static inline uint32_t glance_equal(const char *at, char byte)
{
	return glance_equal_plain(at, byte);
}

static inline uint32_t glance_alike(const char *at, const struct glance_name *name)
{
	return glance_alike_plain(at, name);
}

static inline uint32_t glance_unquoted(const char *at) { return glance_unquoted_plain(at); }

static inline uint32_t glance_signs(const char *at) { return glance_signs_plain(at); }

#endif

#endif
