/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 3986: path and query of a request target. */
#include "base/cursor.h"
#include "web/target_priv.h"
#include <string.h>

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte, unescaped; -1 with the error kept in the cursor. */
static int unescape_byte(struct cursor *in)
{
	uint8_t c = cursor_byte(in);
	int high, low;

	if (c == '%') {
		high = hex_value(cursor_byte(in));
		low = hex_value(cursor_byte(in));
		if (in->err != ERR_NONE || high < 0 || low < 0) {
			cursor_fail(in, ERR_SYNTAX);
			return -1;
		}
		c = (uint8_t)(high << 4 | low);
		/* A slash that was escaped is not the border of a segment, and
		 * half of the world takes it for one. */
		if (c == '/')
			c = 0;
	}
	if (c < 0x20 || c == 0x7f)
		cursor_fail(in, ERR_SYNTAX);
	return in->err == ERR_NONE ? c : -1;
}

static enum err unescape(struct view text, char *ret, size_t size)
{
	struct cursor in = cursor_on(text);
	size_t len = 0;
	int c;

	while (!cursor_is_at_end(&in)) {
		c = unescape_byte(&in);
		if (c < 0)
			return in.err;
		if (len + 1 >= size)
			return ERR_LIMIT;
		ret[len++] = (char)c;
	}
	ret[len] = 0;
	return ERR_NONE;
}

static bool is_way_out(struct view segment)
{
	return view_is_empty(segment) || view_equal(segment, VIEW(".")) ||
	       view_equal(segment, VIEW(".."));
}

static enum err check_path(const char *path)
{
	struct cursor in = cursor_on(view_of(path));

	if (view_equal(view_of(path), VIEW("/")))
		return ERR_NONE;
	while (!cursor_is_at_end(&in)) {
		cursor_expect(&in, '/');
		if (is_way_out(cursor_until(&in, '/')))
			cursor_fail(&in, ERR_SYNTAX);
	}
	return path[0] == '/' ? in.err : ERR_SYNTAX;
}

/* Values may hold escaped slashes: 198.51.100.0%2F24 is a network. */
static enum err unescape_value(struct view text, char *ret, size_t size)
{
	enum err err = ERR_NONE;
	size_t len = 0;

	while (!view_is_empty(text) && err == ERR_NONE) {
		size_t part = 1;

		if (view_starts_nocase(text, VIEW("%2f"))) {
			if (len + 2 > size)
				return ERR_LIMIT;
			ret[len++] = '/';
			text = view_after(text, 3);
			continue;
		}
		if (text.at[0] == '%')
			part = 3;
		err = len + 2 > size ? ERR_LIMIT
		                     : unescape(view_first(text, part), ret + len, size - len);
		len++;
		text = view_after(text, part);
	}
	ret[len < size ? len : size - 1] = 0;
	return err;
}

static enum err parse_arg(struct view text, struct web_target *t)
{
	size_t equals = view_find(text, '=', 0);
	struct web_arg *arg;
	enum err err;

	if (t->arg_count == MAX_TARGET_ARGS)
		return ERR_LIMIT;
	arg = &t->args[t->arg_count];
	err = unescape(view_first(text, equals), arg->name, sizeof(arg->name));
	if (err == ERR_NONE)
		err = unescape_value(view_after(text, equals + 1), arg->value, sizeof(arg->value));
	if (err == ERR_NONE && (arg->name[0] == 0 || web_target_arg(t, arg->name)))
		return ERR_SYNTAX;
	t->arg_count++;
	return err;
}

enum err web_target_parse(struct view text, struct web_target *ret)
{
	size_t question = view_find(text, '?', 0);
	struct cursor in = cursor_on(view_after(text, question + 1));
	struct web_target t = { .arg_count = 0 };
	enum err err;

	err = unescape(view_first(text, question), t.path, sizeof(t.path));
	if (err == ERR_NONE)
		err = check_path(t.path);
	while (err == ERR_NONE && !cursor_is_at_end(&in)) {
		err = parse_arg(cursor_until(&in, '&'), &t);
		(void)cursor_skip(&in, '&');
	}
	if (err == ERR_NONE)
		*ret = t;
	return err;
}

const char *web_target_arg(const struct web_target *t, const char *name)
{
	for (size_t i = 0; i < t->arg_count; i++)
		if (strcmp(t->args[i].name, name) == 0)
			return t->args[i].value;
	return NULL;
}
