/* SPDX-License-Identifier: Apache-2.0 */
/* The index of an SRTP packet (RFC 3711 3.3.1) and the window of those that
 * came already (3.3.2). Arithmetic alone: nothing here knows a key. */
#ifndef RTP_SRTP_INDEX_H
#define RTP_SRTP_INDEX_H

#include <stdbool.h>
#include <stdint.h>

enum { SRTP_MIN_WINDOW = 64, SRTP_MAX_WINDOW = 1024, SRTP_USUAL_WINDOW = 128 };
enum { SRTP_WINDOW_WORDS = SRTP_MAX_WINDOW / 64 };

/* The index nearest to `highest`, the highest that was authenticated, with that sequence number.
 * Before the first wrap there is none below 0: a jump there is taken as one ahead. */
uint64_t rtp_index_guess(uint64_t highest, uint16_t sequence);

/* A bit for each of the last `size` indices, at its place modulo the next power of two; size is a
 * multiple of 64 between the bounds above. */
struct srtp_window {
	uint64_t words[SRTP_WINDOW_WORDS];
};

/* Whether `index` is above `highest`, or within the window and not noted yet. */
bool rtp_window_allows(const struct srtp_window *w, unsigned size, uint64_t highest,
                       uint64_t index);
/* Notes an index that is allowed; the highest is then the larger of both. */
void rtp_window_note(struct srtp_window *w, unsigned size, uint64_t highest, uint64_t index);
/* All up to the highest count as noted. */
void rtp_window_fill(struct srtp_window *w);
void rtp_window_clear(struct srtp_window *w);

#endif
