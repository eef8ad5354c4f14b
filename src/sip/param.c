/* SPDX-License-Identifier: Apache-2.0 */
/* ;name=value parameters and quoted strings. */
#include "sip/param.h"

#include "base/run.h"
#include "sip/plain_priv.h"
#include "sip/tokens.h"

/* Values that stand without quotes: token, host with port or IPv6 reference,
 * and what a parameter of a URI may hold. */
#define VALUE_LOWER                                                                                \
	(RUN_DIGITS | RUN_BYTE('-') | RUN_BYTE('.') | RUN_BYTE('!') | RUN_BYTE('%') |              \
	 RUN_BYTE('*') | RUN_BYTE('+') | RUN_BYTE('\'') | RUN_BYTE(':') | RUN_BYTE('/') |          \
	 RUN_BYTE('&') | RUN_BYTE('$') | RUN_BYTE('(') | RUN_BYTE(')'))
#define VALUE_UPPER                                                                                \
	(RUN_LETTERS | RUN_BYTE('_') | RUN_BYTE('`') | RUN_BYTE('~') | RUN_BYTE('[') |             \
	 RUN_BYTE(']'))

const struct run_set sip_param_bytes = { .rows = RUN_ROWS(VALUE_LOWER, VALUE_UPPER) };

static struct view read_bare_value(struct cursor *in)
{
	const char *start = in->at, *at;

	if (in->err != ERR_NONE)
		return VIEW_EMPTY;
	at = run_end(start, in->end, &sip_param_bytes);
	if (at == start) {
		cursor_fail(in, at == in->end ? ERR_SHORT : ERR_SYNTAX);
		return VIEW_EMPTY;
	}
	in->at = at;
	return (struct view){ start, (size_t)(at - start) };
}

#define STARTS(in, literal)                                                                        \
	((size_t)((in)->end - (in)->at) >= sizeof(literal) - 1 &&                                  \
	 memcmp((in)->at, (literal), sizeof(literal) - 1) == 0)

/* Names in a URI may hold what tokens do not ("[", ":"), values too. Those of nearly all Via,
 * From and To are known without a search for their ends. */
static struct view read_name(struct cursor *in)
{
	const char *start = in->at;

	if (STARTS(in, "tag="))
		in->at += 3;
	else if (STARTS(in, "branch="))
		in->at += 6;
	else if (STARTS(in, "rport;"))
		in->at += 5;
	else
		return read_bare_value(in);
	return (struct view){ start, (size_t)(in->at - start) };
}

bool sip_params_next(struct cursor *in, struct sip_param *ret)
{
	cursor_blanks(in);
	if (!cursor_skip(in, ';'))
		return false;
	cursor_blanks(in);
	ret->name = read_name(in);
	cursor_blanks(in);
	ret->has_value = cursor_skip(in, '=');
	ret->is_quoted = false;
	ret->value = VIEW_EMPTY;
	if (ret->has_value) {
		cursor_blanks(in);
		ret->is_quoted = cursor_peek(in) == '"';
		ret->value = ret->is_quoted ? cursor_quoted(in) : read_bare_value(in);
	}
	return in->err == ERR_NONE;
}

enum err sip_params_each(struct view params,
                         void (*take)(void *context, const struct sip_param *param), void *context)
{
	struct cursor in = cursor_on(params);
	struct view names[MAX_SIP_PARAMS] __attribute__((uninitialized)); /* `count` guards it */
	struct sip_param param __attribute__((uninitialized));            /* filled whole */
	size_t count = 0;

	/* Most values have none: what follows is asked of each in a list. */
	if (view_is_empty(params))
		return ERR_NONE;
	while (sip_params_next(&in, &param)) {
		if (count == MAX_SIP_PARAMS)
			return ERR_LIMIT;
		for (size_t i = 0; i < count; i++)
			if (view_equal_nocase(names[i], param.name))
				return ERR_EXISTS;
		names[count++] = param.name;
		if (take)
			take(context, &param);
	}
	cursor_end(&in);
	return in.err;
}

enum err sip_params_check(struct view params) { return sip_params_each(params, NULL, NULL); }

bool sip_params_find(struct view params, struct view name, struct sip_param *ret)
{
	struct cursor in = cursor_on(params);
	struct sip_param param;

	if (view_is_empty(params))
		return false;
	while (sip_params_next(&in, &param)) {
		if (!view_equal_nocase(param.name, name))
			continue;
		*ret = param;
		return true;
	}
	return false;
}

enum err sip_params_token(struct view params, struct view name, struct view *ret)
{
	struct sip_param param = { .value = VIEW_EMPTY };

	if (sip_params_find(params, name, &param) && (!param.has_value || param.is_quoted))
		return ERR_SYNTAX;
	*ret = param.value;
	return ERR_NONE;
}

enum err sip_params_behind_token(struct view text, struct view *ret_token, struct view *ret_params)
{
	struct cursor in = cursor_on(text);
	struct view token = cursor_token(&in);
	struct view params;
	enum err err;

	cursor_blanks(&in);
	if (in.err != ERR_NONE)
		return in.err;
	params = cursor_rest(&in);
	err = sip_params_check(params);
	if (err != ERR_NONE)
		return err;
	*ret_token = token;
	*ret_params = params;
	return ERR_NONE;
}

struct view sip_params_value(struct view params, struct view name)
{
	struct sip_param param;

	return sip_params_find(params, name, &param) ? param.value : VIEW_EMPTY;
}

static bool is_bare_value(struct view v)
{
	struct cursor in = cursor_on(v);

	(void)read_bare_value(&in);
	cursor_end(&in);
	return in.err == ERR_NONE;
}

void sip_param_write(struct buffer *b, const struct sip_param *p)
{
	if (!is_bare_value(p->name)) {
		buffer_fail(b, ERR_SYNTAX);
		return;
	}
	buffer_char(b, ';');
	buffer_put(b, p->name);
	if (!p->has_value)
		return;
	buffer_char(b, '=');
	if (p->is_quoted)
		sip_quoted_put(b, p->value);
	else if (is_bare_value(p->value))
		buffer_put(b, p->value);
	else
		sip_quoted_write(b, p->value);
}

void sip_quoted_decode(struct buffer *b, struct view quoted)
{
	for (size_t i = 0; i < quoted.len; i++) {
		if (quoted.at[i] == '\\' && i + 1 < quoted.len)
			i++;
		buffer_char(b, quoted.at[i]);
	}
}

void sip_quoted_put(struct buffer *b, struct view escaped)
{
	for (size_t i = 0; i < escaped.len; i++) {
		unsigned char c = (unsigned char)escaped.at[i];
		bool is_escape = c == '\\';

		if (is_escape && i + 1 < escaped.len)
			c = (unsigned char)escaped.at[++i];
		else if (is_escape || c == '"')
			c = 0;
		if ((c < 0x20 && c != '\t') || c == 0x7f) {
			buffer_fail(b, ERR_SYNTAX);
			return;
		}
	}
	buffer_char(b, '"');
	buffer_put(b, escaped);
	buffer_char(b, '"');
}

void sip_quoted_write(struct buffer *b, struct view plain)
{
	buffer_char(b, '"');
	for (size_t i = 0; i < plain.len; i++) {
		unsigned char c = (unsigned char)plain.at[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			buffer_fail(b, ERR_SYNTAX);
		if (c == '"' || c == '\\')
			buffer_char(b, '\\');
		buffer_char(b, plain.at[i]);
	}
	buffer_char(b, '"');
}
