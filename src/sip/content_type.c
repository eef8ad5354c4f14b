/* SPDX-License-Identifier: Apache-2.0 */
/* Content-Type. */
#include "sip/content_type.h"

#include "base/cursor.h"
#include "sip/tokens.h"

enum { MAX_BOUNDARY = 70 }; /* RFC 2046 5.1.1 */

/* bcharsnospace, and blanks within. */
static bool is_boundary(struct view text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		bool is_good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		               (c >= '0' && c <= '9') ||
		               view_find(VIEW("'()+_,-./:=?"), c, 0) < 12 ||
		               (c == ' ' && i + 1 < text.len);

		if (!is_good)
			return false;
	}
	return text.len > 0 && text.len <= MAX_BOUNDARY;
}

enum err sip_content_type_parse(struct view text, struct sip_content_type *ret)
{
	struct cursor in = cursor_on(text);
	struct sip_content_type c = { .type = VIEW_EMPTY };

	/* What stands in nearly all messages that have a body. */
	if (view_equal(text, VIEW("application/sdp"))) {
		*ret = (struct sip_content_type){ .type = view_first(text, 11),
			                          .subtype = view_after(text, 12) };
		return ERR_NONE;
	}
	c.type = cursor_token(&in);
	cursor_blanks(&in);
	cursor_expect(&in, '/');
	cursor_blanks(&in);
	c.subtype = cursor_token(&in);
	cursor_blanks(&in);
	if (in.err != ERR_NONE)
		return in.err;
	c.params = cursor_rest(&in);
	in.err = sip_params_check(c.params);
	if (in.err != ERR_NONE)
		return in.err;
	if (view_equal_nocase(c.type, VIEW("multipart"))) {
		c.boundary = sip_params_value(c.params, VIEW("boundary"));
		if (!is_boundary(c.boundary))
			return ERR_SYNTAX;
	}
	*ret = c;
	return ERR_NONE;
}

void sip_content_type_write(struct buffer *b, const struct sip_content_type *c)
{
	if (!sip_token_is(c->type) || !sip_token_is(c->subtype))
		buffer_fail(b, ERR_SYNTAX);
	buffer_put(b, c->type);
	buffer_char(b, '/');
	buffer_put(b, c->subtype);
	buffer_fail(b, sip_params_check(c->params));
	buffer_put(b, c->params);
}

bool sip_content_type_is(const struct sip_content_type *c, struct view type, struct view subtype)
{
	return view_equal_nocase(c->type, type) && view_equal_nocase(c->subtype, subtype);
}
