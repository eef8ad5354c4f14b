/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of the configuration language, and a file's standard form. Both work
 * on bytes alone: a file of any content is read in one pass, to its end or to
 * the first byte that cannot stand where it does. */
#include "conf/grammar.h"

enum { INDENT = 4, MAX_DEPTH = 64 };

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static bool is_control(char c) { return (unsigned char)c < 0x20 || c == 0x7f; }

static bool is_word_byte(char c)
{
	return !is_control(c) && c != ' ' && c != '{' && c != '}' && c != ',' && c != '"';
}

struct conf_lexer conf_lexer_on(struct view text)
{
	return (struct conf_lexer){ .text = text, .line = 1 };
}

static int byte_at(const struct conf_lexer *l, size_t at)
{
	return at < l->text.len ? (unsigned char)l->text.at[at] : -1;
}

/* From the quote to after its fellow; 0 where there is none on the line. */
static size_t text_length(const struct conf_lexer *l)
{
	for (size_t at = l->at + 1; at < l->text.len; at++) {
		char c = l->text.at[at];

		if (c == '"')
			return at + 1 - l->at;
		if (c == '\\' && byte_at(l, at + 1) != '"' && byte_at(l, at + 1) != '\\')
			return 0;
		if (c == '\\')
			at++;
		else if (is_control(c) && c != '\t')
			return 0;
	}
	return 0;
}

static size_t comment_length(const struct conf_lexer *l)
{
	size_t end = l->at;

	while (end < l->text.len && (!is_control(l->text.at[end]) || l->text.at[end] == '\t'))
		end++;
	return end - l->at;
}

static size_t word_length(const struct conf_lexer *l)
{
	size_t end = l->at;

	while (end < l->text.len && is_word_byte(l->text.at[end]))
		end++;
	return end - l->at;
}

/* The kind of what begins here, and its length in bytes; 0 for what must stay. */
static enum conf_token_kind measure(const struct conf_lexer *l, size_t *ret_len)
{
	int c = byte_at(l, l->at);

	*ret_len = 1;
	switch (c) {
	case '{':
		return CONF_TOKEN_OPEN;
	case '}':
		return CONF_TOKEN_CLOSE;
	case ',':
		return CONF_TOKEN_COMMA;
	case '\n':
		return CONF_TOKEN_NEWLINE;
	case '\r':
		*ret_len = byte_at(l, l->at + 1) == '\n' ? 2 : 0;
		return *ret_len ? CONF_TOKEN_NEWLINE : CONF_TOKEN_BAD;
	case '#':
		*ret_len = comment_length(l);
		return CONF_TOKEN_COMMENT;
	case '"':
		*ret_len = text_length(l);
		return *ret_len ? CONF_TOKEN_TEXT : CONF_TOKEN_BAD;
	case -1:
		*ret_len = 0;
		return CONF_TOKEN_END;
	default:
		*ret_len = word_length(l);
		return *ret_len ? CONF_TOKEN_WORD : CONF_TOKEN_BAD;
	}
}

struct conf_token conf_lexer_next(struct conf_lexer *l)
{
	struct conf_token token;
	size_t len;

	while (l->at < l->text.len && is_blank(l->text.at[l->at]))
		l->at++;
	token.kind = measure(l, &len);
	token.text = view_first(view_after(l->text, l->at), len);
	token.line = l->line;
	token.column = (uint32_t)(l->at - l->line_start + 1);
	l->at += len;
	if (token.kind == CONF_TOKEN_NEWLINE) {
		l->line++;
		l->line_start = l->at;
	} else if (token.kind == CONF_TOKEN_TEXT) {
		token.text = view_first(view_after(token.text, 1), len - 2);
	} else if (token.kind == CONF_TOKEN_COMMENT) {
		token.text = view_trim(token.text);
	}
	return token;
}

enum err conf_token_text(const struct conf_token *token, char *ret, size_t size)
{
	struct buffer b = buffer_on(ret, size);

	if (token->kind == CONF_TOKEN_WORD) {
		buffer_put(&b, token->text);
	} else {
		for (size_t i = 0; i < token->text.len; i++) {
			if (token->text.at[i] == '\\')
				i++; /* the lexer saw to it that one follows */
			buffer_char(&b, token->text.at[i]);
		}
	}
	if (b.len == size)
		return ERR_LIMIT;
	buffer_char(&b, '\0');
	return b.err;
}

struct formatter {
	struct buffer *out;
	size_t depth;
	unsigned newlines; /* since the last token; from the start: as after two */
};

static void indent(struct formatter *f, enum conf_token_kind next)
{
	size_t depth = f->depth - (next == CONF_TOKEN_CLOSE && f->depth > 0);

	for (size_t i = 0; i < depth * INDENT; i++)
		buffer_char(f->out, ' ');
}

static void part(struct formatter *f, const struct conf_token *token, size_t gap)
{
	if (f->newlines > 0) {
		if (f->newlines > 1 && f->out->len > 0)
			buffer_char(f->out, '\n');
		indent(f, token->kind);
	} else if (token->kind == CONF_TOKEN_COMMENT) {
		buffer_text(f->out, "  ");
	} else if (token->kind != CONF_TOKEN_COMMA) {
		buffer_text(f->out, gap > 1 ? "  " : " ");
	}
}

static void write_token(struct formatter *f, const struct conf_token *token)
{
	switch (token->kind) {
	case CONF_TOKEN_OPEN:
		buffer_char(f->out, '{');
		f->depth++;
		break;
	case CONF_TOKEN_CLOSE:
		buffer_char(f->out, '}');
		f->depth--;
		break;
	case CONF_TOKEN_COMMA:
		buffer_char(f->out, ',');
		break;
	case CONF_TOKEN_TEXT:
		buffer_char(f->out, '"');
		buffer_put(f->out, token->text);
		buffer_char(f->out, '"');
		break;
	default:
		buffer_put(f->out, token->text);
	}
}

static bool is_misplaced(const struct formatter *f, const struct conf_token *token)
{
	switch (token->kind) {
	case CONF_TOKEN_BAD:
		return true;
	case CONF_TOKEN_OPEN:
		return f->depth == MAX_DEPTH;
	case CONF_TOKEN_CLOSE:
		return f->depth == 0;
	case CONF_TOKEN_END:
		return f->depth > 0;
	default:
		return false;
	}
}

enum err conf_format(struct view text, struct buffer *b, struct conf_token *ret_bad)
{
	struct conf_lexer l = conf_lexer_on(text);
	struct formatter f = { .out = b, .newlines = 2 };
	struct conf_token token;

	do {
		size_t before = l.at, start;

		token = conf_lexer_next(&l);
		if (is_misplaced(&f, &token)) {
			*ret_bad = token;
			return ERR_SYNTAX;
		}
		if (token.kind == CONF_TOKEN_END)
			break;
		if (token.kind == CONF_TOKEN_NEWLINE) {
			if (f.newlines == 0)
				buffer_char(b, '\n');
			f.newlines++;
			continue;
		}
		start = l.line_start + token.column - 1;
		part(&f, &token, start - before);
		write_token(&f, &token);
		f.newlines = 0;
	} while (b->err == ERR_NONE);
	if (f.newlines == 0)
		buffer_char(b, '\n');
	return b->err;
}
