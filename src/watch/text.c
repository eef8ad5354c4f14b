/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of messages into the arrays of facts and rows, eight bytes at a time. Whatever
 * holds a control byte is read once more, byte by byte. */
#include "watch/watch_priv.h"

#include <endian.h>

#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

static inline uint64_t word_at(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return le64toh(word);
}

static inline void put_word(char *at, uint64_t word)
{
	word = htole64(word);
	memcpy(at, &word, sizeof(word));
}

/* 1 to 7 bytes, and zeros behind them. */
static inline uint64_t short_word(const char *at, size_t len)
{
	uint32_t first, last;

	if (len < 4)
		return (uint64_t)(uint8_t)at[0] |
		       (uint64_t)(uint8_t)at[len / 2] << (8 * (len / 2)) |
		       (uint64_t)(uint8_t)at[len - 1] << (8 * (len - 1));
	memcpy(&first, at, sizeof(first));
	memcpy(&last, at + len - 4, sizeof(last));
	return le32toh(first) | (uint64_t)le32toh(last) << (8 * (len - 4));
}

/* The top bit of each byte that is no control byte, beside other bits: of 0x80 and above, and
 * of what comes out above 0x20 if one is added and 0x80 goes round to 0. */
static inline uint64_t plain(uint64_t word)
{
	uint64_t next = (word & EACH_BYTE(0x7f)) + EACH_BYTE(1);

	return word | ((next & EACH_BYTE(0x7f)) + EACH_BYTE(0x7f - 0x20));
}

/* ASCII letters alone: the top bit of a sum tells whether a byte is that letter or above. */
static inline uint64_t in_lower_case(uint64_t word)
{
	uint64_t low = word & EACH_BYTE(0x7f);
	uint64_t upper = (low + EACH_BYTE(0x80 - 'A')) ^ (low + EACH_BYTE(0x7f - 'Z'));

	return word | (upper & ~word & EACH_BYTE(0x80)) >> 2;
}

/* True if all of it is there now; else some of it may be. `ret` has room for a word. Inlined
 * for the constants of each use: most texts are two words. */
static inline __attribute__((always_inline)) bool copy_words(struct view text, char *ret,
                                                             bool is_lower)
{
	const char *at = text.at, *last;
	uint64_t word, all = EACH_BYTE(0x80);

	if (text.len < 8) {
		if (text.len == 0)
			return true;
		word = short_word(at, text.len);
		put_word(ret, is_lower ? in_lower_case(word) : word);
		return !(~plain(word | EACH_BYTE(0x20) << (8 * text.len)) & all);
	}
	last = at + text.len - 8;
	for (; at < last; at += 8, ret += 8) {
		word = word_at(at);
		all &= plain(word);
		put_word(ret, is_lower ? in_lower_case(word) : word);
	}
	/* The last ones again with what stands before them. */
	ret -= at - last;
	word = word_at(last);
	put_word(ret, is_lower ? in_lower_case(word) : word);
	return (all & plain(word)) == EACH_BYTE(0x80);
}

/* A NUL within the text ends the copy; nothing of it may stand behind. */
static __attribute__((noinline)) size_t copy_bytes(struct view text, char *ret, size_t size,
                                                   bool is_lower)
{
	size_t i = 0;

	for (; i < text.len && text.at[i] != '\0'; i++) {
		char byte = text.at[i];
		bool is_control = (unsigned char)byte < 0x20 || byte == 0x7f;

		if (is_lower && byte >= 'A' && byte <= 'Z')
			byte = (char)(byte | 0x20);
		ret[i] = is_control ? '?' : byte;
	}
	memset(ret + i, 0, size - i);
	return i;
}

static inline __attribute__((always_inline)) size_t copy(struct view text, char *ret, size_t size,
                                                         bool is_lower)
{
	if (text.len >= size)
		text.len = size - 1;
	if (size >= 8 && copy_words(text, ret, is_lower))
		return text.len;
	return copy_bytes(text, ret, size, is_lower);
}

void watch_text(struct view text, char *ret, size_t size) { (void)copy(text, ret, size, false); }

void watch_account(const struct sip_uri *uri, char *ret, size_t size)
{
	size_t at = copy(uri->user, ret, size, false);

	if (view_is_empty(uri->host.text) || at + 2 > size)
		return;
	ret[at++] = '@';
	(void)copy(uri->host.text, ret + at, size - at, true);
}
