/* SPDX-License-Identifier: Apache-2.0 */
/* Words that are not zero, behind a map of where they stand. */
#include "border/packed.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Words that one word of the map tells of; those that are looked at together. */
enum { WORD = sizeof(uint64_t), BLOCK = 64, GROUP = 8 };

static size_t blocks_of(size_t words) { return (words + BLOCK - 1) / BLOCK; }

/* Where most words are zero. */
static bool is_zero(const uint64_t *from)
{
	return (from[0] | from[1] | from[2] | from[3] | from[4] | from[5] | from[6] | from[7]) == 0;
}

size_t packed_write(const void *value, size_t size, void *ret)
{
	const uint64_t *from = value;
	uint64_t *map = ret;
	size_t words = size / WORD, blocks = blocks_of(words);
	uint64_t *to = map + blocks;

	memset(map, 0, blocks * WORD);
	for (size_t group = 0; group < words; group += GROUP) {
		size_t count = words - group < GROUP ? words - group : GROUP;
		uint64_t bits = 0;

		if (count == GROUP && is_zero(from + group))
			continue;
		for (size_t i = 0; i < count; i++) {
			uint64_t word = from[group + i];

			/* Written in any case, kept where it is not zero: no branch to guess. */
			*to = word;
			to += word != 0;
			bits |= (uint64_t)(word != 0) << i;
		}
		map[group / BLOCK] |= bits << group % BLOCK;
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
