/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens without comments, and faults at their places. */
#include "conf/reader_priv.h"
#include <stdarg.h>
#include <stdio.h>

static struct conf_token next_token(struct conf_lexer *l)
{
	struct conf_token token;

	do {
		token = conf_lexer_next(l);
	} while (token.kind == CONF_TOKEN_COMMENT);
	return token;
}

struct conf_reader conf_reader_on(struct view text, const char *path, struct conf_report *report)
{
	struct conf_reader r = { .lexer = conf_lexer_on(text), .path = path, .report = report };

	r.token = next_token(&r.lexer);
	return r;
}

struct conf_token conf_reader_take(struct conf_reader *r)
{
	struct conf_token token = r->token;

	r->token = next_token(&r->lexer);
	return token;
}

size_t conf_reader_skip_phrase(struct conf_reader *r, const char *phrase)
{
	struct conf_reader ahead = *r;
	struct view rest = view_of(phrase);
	size_t words = 0;

	while (rest.len > 0) {
		size_t end = view_find(rest, ' ', 0);

		if (ahead.token.kind != CONF_TOKEN_WORD ||
		    !view_equal(ahead.token.text, view_first(rest, end)))
			return 0;
		(void)conf_reader_take(&ahead);
		rest = view_after(rest, end + 1);
		words++;
	}
	*r = ahead;
	return words;
}

bool conf_reader_has_value(const struct conf_reader *r)
{
	return r->token.kind == CONF_TOKEN_WORD || r->token.kind == CONF_TOKEN_TEXT;
}

void conf_fault(const struct conf_reader *r, const struct conf_token *at, const char *format, ...)
{
	struct conf_place place = { r->path, at->line, at->column };
	char text[CONF_FAULT_SIZE];
	va_list args;

	/* Told once, by who reads the file, as what it is. */
	if (at->kind == CONF_TOKEN_BAD)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	conf_report_add(r->report, place, view_of(text));
}
