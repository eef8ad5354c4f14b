/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses with a display name. */
#include "sip/name_addr.h"

#include "base/cursor.h"
#include "sip/plain_priv.h"

/* *(token LWS): what may stand before '<' without quotes. Bytes beyond ASCII
 * are not in the grammar; phones write names in UTF-8 there all the same. */
static struct view read_display(struct cursor *in)
{
	const char *start = in->at;

	while (cursor_peek(in) >= 0 && *in->at != '<') {
		if (!cursor_is_token_byte(*in->at) && *in->at != ' ' && *in->at != '\t' &&
		    (unsigned char)*in->at < 0x80)
			cursor_fail(in, ERR_SYNTAX);
		else
			in->at++;
	}
	return view_trim((struct view){ start, (size_t)(in->at - start) });
}

static void read_bracketed(struct cursor *in, struct sip_name_addr *a)
{
	struct view uri;

	if (a->is_quoted) {
		a->display = cursor_quoted(in);
		cursor_blanks(in);
	} else {
		a->display = read_display(in);
	}
	cursor_expect(in, '<');
	uri = cursor_until(in, '>');
	cursor_expect(in, '>');
	if (in->err == ERR_NONE)
		cursor_fail(in, sip_uri_fill(uri, &a->uri));
}

static void read_bare(struct cursor *in, struct sip_name_addr *a)
{
	const char *start = in->at;
	struct view uri;

	while (cursor_peek(in) >= 0 && *in->at != ';' && *in->at != ' ' && *in->at != '\t')
		in->at++;
	uri = (struct view){ start, (size_t)(in->at - start) };
	if (view_find(uri, '?', 0) < uri.len || view_find(uri, ',', 0) < uri.len)
		cursor_fail(in, ERR_SYNTAX);
	if (in->err == ERR_NONE)
		cursor_fail(in, sip_uri_fill(uri, &a->uri));
}

struct tag {
	struct view value;
	bool is_no_token;
};

static void take_tag(void *context, const struct sip_param *p)
{
	struct tag *tag = context;

	if (view_equal_nocase(p->name, VIEW("tag")))
		*tag = (struct tag){ p->value, !p->has_value || p->is_quoted };
}

enum err sip_name_addr_careful(struct view text, struct sip_name_addr *ret)
{
	struct cursor in = cursor_on(text);
	struct tag tag = { .is_no_token = false };
	int first;

	cursor_blanks(&in);
	first = cursor_peek(&in);
	ret->display = VIEW_EMPTY;
	ret->is_quoted = first == '"';
	ret->is_bracketed = first == '<' || first == '"' || view_find(text, '<', 0) < text.len;
	if (ret->is_bracketed)
		read_bracketed(&in, ret);
	else
		read_bare(&in, ret);
	cursor_blanks(&in);
	if (in.err != ERR_NONE)
		return in.err;
	ret->params = view_trim(cursor_rest(&in));
	in.err = sip_params_each(ret->params, take_tag, &tag);
	if (tag.is_no_token)
		cursor_fail(&in, ERR_SYNTAX);
	ret->tag = tag.value;
	return in.err;
}

/* *(token LWS), bytes beyond ASCII as above. */
static const struct run_set display_bytes = {
	.rows = RUN_ROWS(CURSOR_TOKEN_LOWER | RUN_BYTE(' ') | RUN_BYTE('\t'), CURSOR_TOKEN_UPPER),
	.has_high = true,
};
/* What stands between quotes, without escapes. */
static const struct run_set quoted_bytes = {
	.rows = RUN_ROWS(RUN_BYTE('\t') | (~UINT64_C(0) << ' ' & ~RUN_BYTE('"')),
	                 ~RUN_BYTE('\\') & ~RUN_BYTE(0x7f)),
	.has_high = true,
};

/* To '<', over which it goes. */
STOPS_INLINE bool plain_display(struct stops *s, struct sip_name_addr *ret)
{
	ret->is_quoted = s->byte == '"' && stops_is_empty(s);
	if (ret->is_quoted) {
		(void)stops_skip(s, '"');
		stops_take_all(s, &quoted_bytes);
		ret->display = stops_word(s);
		if (!stops_skip(s, '"'))
			return false;
		if (stops_is_empty(s))
			(void)stops_skip(s, ' ');
		return stops_is_empty(s) && stops_skip(s, '<');
	}
	if (s->byte != '<')
		stops_take_all(s, &display_bytes);
	ret->display = stops_is_empty(s) ? VIEW_EMPTY : view_trim(stops_word(s));
	return stops_skip(s, '<');
}

STOPS_INLINE bool is_tag(struct view name)
{
	return name.len == 3 && (name.at[0] | 0x20) == 't' && (name.at[1] | 0x20) == 'a' &&
	       (name.at[2] | 0x20) == 'g';
}

STOPS_INLINE bool plain_params(struct stops *s, struct view *ret_tag)
{
	struct plain_names names = { .count = 0 };
	struct view name, value;

	*ret_tag = VIEW_EMPTY;
	while (stops_skip(s, ';')) {
		if (!plain_param(s, &sip_param_bytes, &names, &name, &value))
			return false;
		if (!is_tag(name))
			continue;
		if (value.len == 0)
			return false;
		*ret_tag = value;
	}
	return s->at == s->end;
}

bool sip_name_addr_plain(struct view text, struct sip_name_addr *ret)
{
	struct stops s __attribute__((uninitialized)); /* filled before it is read */

	if (text.len == 0 || text.len > MAX_STOPS_TEXT)
		return false;
	s = stops_on(text);
	if (!plain_display(&s, ret) || !plain_uri(&s, &ret->uri) || !stops_skip(&s, '>') ||
	    !stops_is_empty(&s))
		return false;
	ret->is_bracketed = true;
	ret->params = (struct view){ s.at, (size_t)(s.end - s.at) };
	return plain_params(&s, &ret->tag);
}

enum err sip_name_addr_fill(struct view text, struct sip_name_addr *ret)
{
	return sip_name_addr_plain(text, ret) ? ERR_NONE : sip_name_addr_careful(text, ret);
}

enum err sip_name_addr_parse(struct view text, struct sip_name_addr *ret)
{
	struct sip_name_addr a __attribute__((uninitialized)); /* filled whole */
	enum err err = sip_name_addr_fill(text, &a);

	if (err == ERR_NONE)
		*ret = a;
	return err;
}

void sip_name_addr_write(struct buffer *b, const struct sip_name_addr *a)
{
	if (a->display.len > 0) {
		if (a->is_quoted)
			sip_quoted_put(b, a->display);
		else
			sip_quoted_write(b, a->display);
		buffer_char(b, ' ');
	}
	buffer_char(b, '<');
	sip_uri_write(b, &a->uri);
	buffer_char(b, '>');
	buffer_fail(b, sip_params_check(a->params));
	buffer_put(b, a->params);
}

/* What would end the brackets or the line. */
static bool is_safe_in_brackets(struct view uri)
{
	for (size_t i = 0; i < uri.len; i++) {
		unsigned char c = (unsigned char)uri.at[i];

		if (c <= 0x20 || c == 0x7f || c == '<' || c == '>')
			return false;
	}
	return uri.len > 0;
}

void sip_name_addr_put(struct buffer *b, struct view display, struct view uri, struct view tag)
{
	if (!is_safe_in_brackets(uri))
		buffer_fail(b, ERR_SYNTAX);
	if (display.len > 0) {
		sip_quoted_write(b, display);
		buffer_char(b, ' ');
	}
	buffer_char(b, '<');
	buffer_put(b, uri);
	buffer_char(b, '>');
	if (tag.len > 0)
		sip_param_write(b, &(struct sip_param){
					   .name = VIEW("tag"), .value = tag, .has_value = true });
}
