/* SPDX-License-Identifier: Apache-2.0 */
/* Eight bytes of a description looked at together, as a number whose lowest byte stands first. */
#ifndef SDP_WORD_PRIV_H
#define SDP_WORD_PRIV_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { SDP_WORD = 8 };

#define SDP_ONES UINT64_C(0x0101010101010101)
#define SDP_TOPS (SDP_ONES << 7)

/* Of a literal it is the compiler's work. */
static inline uint64_t sdp_word(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return le64toh(word);
}

/* The text has eight bytes, of which `len` count. */
static inline bool sdp_word_begins(uint64_t word, const char *text, unsigned len)
{
	return (word ^ sdp_word(text)) << (8 * (SDP_WORD - len)) == 0;
}

/* The top bit of each byte that is a control byte (HTAB and 0x7f among them), those below the
 * lowest exactly: a difference borrows from what stands higher only. */
static inline uint64_t sdp_word_controls(uint64_t word)
{
	uint64_t turned = word ^ (SDP_ONES * 0x7f);

	return (((word - SDP_ONES * 0x20) & ~word) | ((turned - SDP_ONES) & ~turned)) & SDP_TOPS;
}

/* The first control byte from `at` on, or byte beyond ASCII where none may be; or `end`. */
static inline const char *sdp_control_at(const char *at, const char *end, bool is_ascii)
{
	uint64_t beyond = is_ascii ? SDP_TOPS : 0;

	for (; end - at >= SDP_WORD; at += SDP_WORD) {
		uint64_t word = sdp_word(at), stops = sdp_word_controls(word) | (word & beyond);

		if (stops != 0)
			return at + __builtin_ctzll(stops) / 8;
	}
	while (at < end && (unsigned char)*at >= 0x20 && *at != 0x7f &&
	       (unsigned char)*at < (is_ascii ? 0x80 : 0x100))
		at++;
	return at;
}

/* Nothing but 0x20 to 0x7e. */
static inline bool sdp_is_printable(const char *at, size_t len)
{
	for (; len >= SDP_WORD; at += SDP_WORD, len -= SDP_WORD) {
		uint64_t word = sdp_word(at);

		if (((sdp_word_controls(word) | word) & SDP_TOPS) != 0)
			return false;
	}
	for (size_t i = 0; i < len; i++)
		if (at[i] < 0x20 || at[i] > 0x7e)
			return false;
	return true;
}

#endif
