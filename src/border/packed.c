/* SPDX-License-Identifier: Apache-2.0 */
/* Words that are not zero, behind a map of where they stand. */
#include "border/packed.h"

#include <stdint.h>
#include <string.h>

enum { WORD = sizeof(uint64_t), BLOCK = 64 }; /* words that one word of the map tells of */

static size_t blocks_of(size_t words) { return (words + BLOCK - 1) / BLOCK; }

size_t packed_write(const void *value, size_t size, void *ret)
{
	const uint64_t *from = value;
	uint64_t *map = ret;
	size_t words = size / WORD, blocks = blocks_of(words);
	uint64_t *to = map + blocks;

	for (size_t block = 0; block < blocks; block++) {
		size_t first = block * BLOCK, count = words - first < BLOCK ? words - first : BLOCK;
		uint64_t bits = 0;

		for (size_t i = 0; i < count; i++) {
			uint64_t word = from[first + i];

			/* Written in any case, kept where it is not zero: no branch to guess. */
			*to = word;
			to += word != 0;
			bits |= (uint64_t)(word != 0) << i;
		}
		map[block] = bits;
	}
	return (size_t)(to - map) * WORD;
}

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
