/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the configuration language: tokens with their places, and the
 * standard form of a file. What the words mean is the schema's business.
 *
 *     file   = *( token / comment / newline )
 *     word   = 1*( any byte but blanks, control bytes, { } , and " )   not beginning with #
 *     text   = '"' *( any byte but control bytes, " and \ / '\"' / '\\' ) '"'
 *     comment = # to the end of the line */
#ifndef CONF_GRAMMAR_H
#define CONF_GRAMMAR_H

#include "base/buffer.h"

enum conf_token_kind {
	CONF_TOKEN_WORD,
	CONF_TOKEN_TEXT,  /* view without its quotes, still escaped */
	CONF_TOKEN_OPEN,  /* { */
	CONF_TOKEN_CLOSE, /* } */
	CONF_TOKEN_COMMA,
	CONF_TOKEN_COMMENT, /* with its #, without blanks at its end */
	CONF_TOKEN_NEWLINE,
	CONF_TOKEN_END,
	CONF_TOKEN_BAD, /* cannot stand here, or a text without its end */
};

struct conf_token {
	enum conf_token_kind kind;
	struct view text;
	uint32_t line, column; /* from 1; column in bytes */
};

struct conf_lexer {
	struct view text;
	size_t at;
	uint32_t line;
	size_t line_start;
};

struct conf_lexer conf_lexer_on(struct view text);
/* END and BAD stay: further calls return the same. */
struct conf_token conf_lexer_next(struct conf_lexer *l);

/* A TEXT without its escapes, or a WORD as it is, into ret with a NUL.
 * ERR_LIMIT where it does not fit. */
enum err conf_token_text(const struct conf_token *token, char *ret, size_t size) MUST_USE;

/* The file in standard form: four blanks per open brace, one blank between words
 * (two where there were more, since they part groups), no blanks at line ends,
 * one empty line at most. Comments stay. Formatting twice changes nothing
 * more. ERR_SYNTAX with *ret_bad where a token is bad or braces do not match. */
enum err conf_format(struct view text, struct buffer *b, struct conf_token *ret_bad) MUST_USE;

#endif
