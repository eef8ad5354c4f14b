/* SPDX-License-Identifier: Apache-2.0 */
/* Guesses the index of a packet, and remembers which came. */
#include "rtp/srtp_index.h"

#include <string.h>

enum { ROUND = 1 << 16, HALF = ROUND / 2 };

uint64_t rtp_index_guess(uint64_t highest, uint16_t sequence)
{
	uint64_t round = highest / ROUND;
	int32_t ahead = (int32_t)sequence - (int32_t)(highest % ROUND);

	if (ahead > HALF && round > 0)
		round--;
	else if (ahead < -HALF)
		round++;
	return round * ROUND + sequence;
}

/* To divide by a number that is known no sooner costs more than the rest of a look. What a wider
 * ring than the window has of older ones is not asked for, and gone before its place is. */
static unsigned ring_of(unsigned size) { return 1u << (32 - __builtin_clz(size - 1)); }

static uint64_t *word_of(struct srtp_window *w, unsigned size, uint64_t index)
{
	return &w->words[index % ring_of(size) / 64];
}

static uint64_t bit_of(uint64_t index) { return UINT64_C(1) << index % 64; }

bool rtp_window_allows(const struct srtp_window *w, unsigned size, uint64_t highest, uint64_t index)
{
	if (index > highest)
		return true;
	return highest - index < size && !(w->words[index % ring_of(size) / 64] & bit_of(index));
}

void rtp_window_note(struct srtp_window *w, unsigned size, uint64_t highest, uint64_t index)
{
	if (index > highest && index - highest >= size)
		rtp_window_clear(w);
	else
		for (uint64_t i = highest + 1; i < index; i++)
			*word_of(w, size, i) &= ~bit_of(i);
	*word_of(w, size, index) |= bit_of(index);
}

void rtp_window_fill(struct srtp_window *w) { memset(w, 0xff, sizeof(*w)); }

void rtp_window_clear(struct srtp_window *w) { memset(w, 0, sizeof(*w)); }
