/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as sound (ITU-T Q.23, Q.24): a detector of their pairs of tones in G.711 audio by
 * Goertzel's recurrence, and a generator. Pure, no allocation, floating point without libm.
 *
 * The detector looks at blocks of TONE_BLOCK samples (12.75 ms). A key is told once two blocks in
 * a row have it and nothing else: one tone of each group, alike in level (twist), clear of the
 * others of its group, and together nearly all of the block's energy, which voices and music, with
 * their harmonics, never have. It is told again only after a block without it. */
#ifndef RTP_TONE_H
#define RTP_TONE_H

#include "base/view.h"
#include <stdbool.h>
#include <stdint.h>

enum { TONE_BLOCK = 102, TONE_HZ = 8000, TONE_GROUP = 4 };

enum tone_law { TONE_MULAW, TONE_ALAW }; /* payload types 0 and 8 */

int16_t rtp_tone_decode(enum tone_law law, uint8_t sample);
uint8_t rtp_tone_encode(enum tone_law law, int16_t sample);

struct tone_detector {
	float low[TONE_GROUP][2], high[TONE_GROUP][2]; /* Goertzel's two last values */
	float energy;
	uint16_t count;    /* samples in the block */
	char before, told; /* key of the last block; the one that is told */
};

/* One frame of audio, of any length. The key that began in it, 0: none. */
char rtp_tone_detect(struct tone_detector *d, enum tone_law law, struct view frame);

struct tone_generator {
	float low[2], high[2]; /* of the oscillators */
	float low_step, high_step;
};

/* False where it is no key. */
bool rtp_tone_begin(struct tone_generator *ret, char digit);
/* Fills a frame, going on where the last one ended. */
void rtp_tone_write(struct tone_generator *g, enum tone_law law, char *ret, size_t len);

#endif
