/* SPDX-License-Identifier: Apache-2.0 */
/* What header names are looked up by: a hash without collisions over our names, shared with
 * the program that searches its factor at build time; and the look-up of a name that stands
 * in a line, by 16 bytes loaded once. */
#ifndef SIP_HEADER_PRIV_H
#define SIP_HEADER_PRIV_H

#include <stddef.h>
#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { HEADER_SLOTS = 512, MAX_HEADER_NAME = 32, HEADER_LOAD = 16 };

struct header_row {
	char name[MAX_HEADER_NAME]; /* filled up with NUL, so that it is loaded whole */
	uint8_t len, times;
};

/* The same name as it may begin a line: with bit 5 of each byte set, the colon behind it, NUL
 * up to the end. Without a colon where it is longer than 15 bytes. */
struct header_start {
	_Alignas(HEADER_LOAD) char text[HEADER_LOAD];
	uint32_t bytes; /* which of them count: bit i is byte i; all where there is no colon */
};

extern const struct header_row sip_header_rows[];
extern const uint8_t sip_header_slots[HEADER_SLOTS];
extern const struct header_start sip_header_starts[];
extern const uint8_t sip_header_compacts[256]; /* by letter of either case, OTHER for the rest */

_Static_assert(HEADER_SLOTS == 1 << (32 - 23), "a slot number is what the shift leaves");

/* Length, first and last four letters tell all our names apart. Those of a shorter name are read
 * with what stands before it in a sound line, "\r\n". */
static inline uint32_t header_slot(const char *first, const char *last, size_t len, uint32_t factor)
{
	const unsigned char *l = (const unsigned char *)last;
	uint32_t letters =
		(uint32_t)l[0] | (uint32_t)l[1] << 8 | (uint32_t)l[2] << 16 | (uint32_t)l[3] << 24;
	uint32_t letter = (unsigned char)*first;

	/* The upper bits of the product depend on all of what is multiplied. */
	return ((letters | 0x20202020) + (letter & 0x1f) + ((uint32_t)len << 3)) * factor >> 23;
}

/* Bit i of the answer: byte i of the 16 is this one. */
static inline uint32_t header_equal_16(const char *at, char byte)
{
#ifdef __SSE2__
	__m128i x = _mm_loadu_si128((const __m128i *)(const void *)at);

	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_set1_epi8(byte)));
#else
	uint32_t hits = 0;

	for (unsigned i = 0; i < HEADER_LOAD; i++)
		hits |= (uint32_t)(at[i] == byte) << i;
	return hits;
#endif
}

/* Bit i: byte i of the 16, in either case, is that of the start. Bytes that differ in bit 5 alone
 * are taken for equal: for what is compared here, control bytes, the hyphen and the colon, and
 * no control byte stands in a sound line. */
static inline uint32_t header_alike_16(const char *at, const struct header_start *start)
{
#ifdef __SSE2__
	__m128i x = _mm_or_si128(_mm_loadu_si128((const __m128i *)(const void *)at),
	                         _mm_set1_epi8(0x20));

	return (uint32_t)_mm_movemask_epi8(
		_mm_cmpeq_epi8(x, _mm_load_si128((const __m128i *)(const void *)start->text)));
#else
	uint32_t alike = 0;

	for (unsigned i = 0; i < HEADER_LOAD; i++)
		alike |= (uint32_t)((at[i] | 0x20) == start->text[i]) << i;
	return alike;
#endif
}

#endif
