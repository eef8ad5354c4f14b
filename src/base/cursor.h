/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a view from left to right and keeps its first error: after one bad
 * read all later reads return nothing and move nowhere, so a parser is a list
 * of reads with one check at the end. ERR_SHORT means that the text ended
 * where more was needed, ERR_SYNTAX that something else stood there. */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include "base/err.h"
#include "base/view.h"

struct cursor {
	const char *at; /* next byte */
	const char *end;
	enum err err;
};

static inline struct cursor cursor_on(struct view text)
{
	/* An empty view may hold NULL, to which not even 0 is added. */
	return (struct cursor){ text.at, text.len ? text.at + text.len : text.at, ERR_NONE };
}

/* What is left; moves nothing. */
static inline struct view cursor_rest(const struct cursor *c)
{
	return (struct view){ c->at, (size_t)(c->end - c->at) };
}

/* Also true after an error. */
static inline bool cursor_is_at_end(const struct cursor *c)
{
	return c->err != ERR_NONE || c->at == c->end;
}

/* The first error stays. */
static inline void cursor_fail(struct cursor *c, enum err err)
{
	if (c->err == ERR_NONE)
		c->err = err;
}

/* The next byte without taking it; -1 at the end or after an error. */
static inline int cursor_peek(const struct cursor *c)
{
	return cursor_is_at_end(c) ? -1 : (unsigned char)*c->at;
}

/* Takes the byte if it is next; says whether it was. Never an error. */
static inline bool cursor_skip(struct cursor *c, char byte)
{
	/* The error is asked for last: mostly the byte tells already. */
	if (c->at == c->end || *c->at != byte || c->err != ERR_NONE)
		return false;
	c->at++;
	return true;
}

/* Needs the byte. */
void cursor_expect(struct cursor *c, char byte);
void cursor_expect_text(struct cursor *c, struct view text);
/* One byte, whatever it is. */
uint8_t cursor_byte(struct cursor *c);
uint16_t cursor_u16(struct cursor *c); /* network order */
uint32_t cursor_u32(struct cursor *c);
struct view cursor_take(struct cursor *c, size_t len);

/* Any number of SP and HTAB; mostly there is none. */
static inline void cursor_blanks(struct cursor *c)
{
	/*@ loop invariant \base_addr(c->at) == \base_addr(c->end);
	    loop invariant \at(c->at, Pre) <= c->at <= c->end;
	    loop invariant c->err != 0 ==> c->at == \at(c->at, Pre);
	    loop assigns c->at;
	    loop variant c->end - c->at; */
	while (c->at != c->end && (*c->at == ' ' || *c->at == '\t') && c->err == ERR_NONE)
		c->at++;
}
struct view cursor_token(struct cursor *c); /* RFC 3261 25.1, at least one byte */
/* May be empty; stop is not taken; ends at the end too. */
struct view cursor_until(struct cursor *c, char stop);
struct view cursor_digits(struct cursor *c);             /* at least one */
uint32_t cursor_decimal(struct cursor *c, uint32_t max); /* ERR_LIMIT beyond max */
/* "..." with escapes: the view is what stands between the quotes, still
 * escaped. Control bytes but HTAB and an open quote are errors. */
struct view cursor_quoted(struct cursor *c);
void cursor_end(struct cursor *c); /* needs the end: else ERR_SYNTAX */

/* The bytes of a token (RFC 3261 25.1) for sets of base/run.h: of the lower and the upper half of
 * ASCII. */
#define CURSOR_TOKEN_LOWER                                                                         \
	(RUN_DIGITS | RUN_BYTE('-') | RUN_BYTE('.') | RUN_BYTE('!') | RUN_BYTE('%') |              \
	 RUN_BYTE('*') | RUN_BYTE('+') | RUN_BYTE('\''))
#define CURSOR_TOKEN_UPPER (RUN_LETTERS | RUN_BYTE('_') | RUN_BYTE('`') | RUN_BYTE('~'))

/* Whether the byte may stand in a token (RFC 3261 25.1). */
bool cursor_is_token_byte(char byte);

#endif
