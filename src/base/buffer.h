/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded writer into storage that the caller owns. Born with its maximum;
 * keeps its first error (ERR_LIMIT: it did not fit), after which nothing more
 * is written, so a builder is a list of puts with one check at the end. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/err.h"
#include "base/view.h"

struct buffer {
	char *at;
	size_t len, max;
	enum err err;
};

struct buffer buffer_on(void *storage, size_t max);
#define BUFFER_ON(array) buffer_on((array), sizeof(array))

void buffer_put(struct buffer *b, struct view v);
/* Counts `len` bytes as written that the caller writes at once; NULL where they do not fit. */
char *buffer_room(struct buffer *b, size_t len);
/* Up to the NUL: texts of ours. */
static inline void buffer_text(struct buffer *b, const char *text) { buffer_put(b, view_of(text)); }
void buffer_char(struct buffer *b, char c);
void buffer_decimal(struct buffer *b, uint64_t number);
/* The same at `at`, where there is room for BUFFER_DIGITS_MAX bytes; behind its last digit. */
enum { BUFFER_DIGITS_MAX = 20 };
char *buffer_digits(char *at, uint64_t number);
/* Two digits of a number below 100 at `at`; behind them. */
extern const char buffer_pairs[200];
static inline char *buffer_pair(char *at, uint32_t number)
{
	memcpy(at, buffer_pairs + (size_t)2 * number, 2);
	return at + 2;
}
void buffer_hex(struct buffer *b, const void *bytes, size_t len); /* lower case */
void buffer_u16(struct buffer *b, uint16_t number);               /* network order */
void buffer_u32(struct buffer *b, uint32_t number);
void buffer_fail(struct buffer *b, enum err err);
void buffer_reset(struct buffer *b); /* empty again, error forgotten */
/* What was written; lives with the storage. */
struct view buffer_view(const struct buffer *b);

#endif
