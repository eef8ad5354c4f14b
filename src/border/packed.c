/* SPDX-License-Identifier: Apache-2.0 */
/* Words that are not zero, behind a map of where they stand. */
#include "border/packed.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Words that one word of the map tells of; those that are looked at together. */
enum { WORD = sizeof(uint64_t), BLOCK = 64, GROUP = 8 };

static size_t blocks_of(size_t words) { return (words + BLOCK - 1) / BLOCK; }

/* Where most words are zero. */
static bool is_zero(const uint64_t *from)
{
	return (from[0] | from[1] | from[2] | from[3] | from[4] | from[5] | from[6] | from[7]) == 0;
}

/* Words of a group that are not zero go to *to, which moves on; which they were. */
static uint64_t put_group(const uint64_t *from, size_t count, uint64_t **to)
{
	uint64_t bits = 0;

	if (count == GROUP && is_zero(from))
		return 0;
	for (size_t i = 0; i < count; i++) {
		/* Written in any case, kept where it is not zero: no branch to guess. */
		**to = from[i];
		*to += from[i] != 0;
		bits |= (uint64_t)(from[i] != 0) << i;
	}
	return bits;
}

size_t packed_write_plain(const void *value, size_t size, void *ret)
{
	const uint64_t *from = value;
	uint64_t *map = ret;
	size_t words = size / WORD, blocks = blocks_of(words);
	uint64_t *to = map + blocks;

	memset(map, 0, blocks * WORD);
	for (size_t group = 0; group < words; group += GROUP) {
		size_t count = words - group < GROUP ? words - group : GROUP;

		map[group / BLOCK] |= put_group(from + group, count, &to) << group % BLOCK;
	}
	return (size_t)(to - map) * WORD;
}

#if defined(__x86_64__)

/* Words of a group that are not zero, by one store. All eight are written and those that count
 * kept: no more were kept before than there are words before this group, so it stays within
 * PACKED_MAX. Where all are zero, as most are, nothing is: what follows need not wait for it. */
__attribute__((target("avx512f,popcnt"))) static uint64_t put_group_avx512(const uint64_t *from,
                                                                           uint64_t **to)
{
	__m512i all = _mm512_loadu_si512(from);
	__mmask8 bits = _mm512_test_epi64_mask(all, all);

	if (bits != 0) {
		_mm512_storeu_si512(*to, _mm512_maskz_compress_epi64(bits, all));
		*to += __builtin_popcount(bits);
	}
	return bits;
}

__attribute__((target("avx512f,popcnt"))) static size_t write_avx512(const void *value, size_t size,
                                                                     void *ret)
{
	const uint64_t *from = value;
	uint64_t *map = ret;
	size_t words = size / WORD, blocks = blocks_of(words);
	uint64_t *to = map + blocks;

	for (size_t block = 0; block < blocks; block++, from += BLOCK) {
		size_t left = words - block * BLOCK, count = left < BLOCK ? left : BLOCK;
		size_t group = 0;
		uint64_t bits = 0;

		for (; group + GROUP <= count; group += GROUP)
			bits |= put_group_avx512(from + group, &to) << group;
		if (group < count)
			bits |= put_group(from + group, count - group, &to) << group;
		map[block] = bits;
	}
	return (size_t)(to - map) * WORD;
}

size_t packed_write(const void *value, size_t size, void *ret)
{
	return __builtin_cpu_supports("avx512f") ? write_avx512(value, size, ret)
	                                         : packed_write_plain(value, size, ret);
}

#else

size_t packed_write(const void *value, size_t size, void *ret)
{
	return packed_write_plain(value, size, ret);
}

#endif

enum err packed_read(struct view packed, void *value, size_t size)
{
	size_t words = size / WORD, blocks = blocks_of(words), left;
	const char *from = packed.at + blocks * WORD;
	uint64_t *to = value;

	if (packed.len % WORD != 0 || packed.len < blocks * WORD)
		return ERR_SYNTAX;
	left = packed.len / WORD - blocks;
	memset(value, 0, size);
	for (size_t block = 0; block < blocks; block++) {
		uint64_t bits;

		memcpy(&bits, packed.at + block * WORD, WORD);
		if ((size_t)__builtin_popcountll(bits) > left)
			return ERR_SYNTAX;
		left -= (size_t)__builtin_popcountll(bits);
		for (; bits; bits &= bits - 1) {
			size_t i = block * BLOCK + (size_t)__builtin_ctzll(bits);

			if (i >= words)
				return ERR_SYNTAX;
			memcpy(&to[i], from, WORD);
			from += WORD;
		}
	}
	return left == 0 ? ERR_NONE : ERR_SYNTAX;
}
