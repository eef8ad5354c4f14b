/* SPDX-License-Identifier: Apache-2.0 */
/* When two URIs are the same one: RFC 3261 19.1.4, RFC 3966 5. Escapes are
 * undone on the way, without a copy. */
#include "sip/uri.h"

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') ||
	       (lower((unsigned char)c) >= 'a' && lower((unsigned char)c) <= 'f');
}

static unsigned hex_value(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(lower((unsigned char)c) - 'a' + 10);
}

/* The next byte with its escape undone; -1 at the end. A reserved byte and
 * its escape are different things (19.1.4): the latter gets a number of its own. */
static int next_byte(struct cursor *in)
{
	unsigned value;

	if (in->at == in->end)
		return -1;
	if (*in->at != '%' || in->end - in->at < 3 || !is_hex(in->at[1]) || !is_hex(in->at[2]))
		return (unsigned char)*in->at++;
	value = hex_value(in->at[1]) << 4 | hex_value(in->at[2]);
	in->at += 3;
	switch (value) {
	case ';':
	case '/':
	case '?':
	case ':':
	case '@':
	case '&':
	case '=':
	case '+':
	case '$':
	case ',':
		return (int)value | 0x100;
	default:
		return (int)value;
	}
}

enum letters { LETTERS_EXACT, LETTERS_ALIKE };

static bool same_text(struct view a, struct view b, enum letters letters)
{
	struct cursor x = cursor_on(a), y = cursor_on(b);
	int c, d;

	do {
		c = next_byte(&x);
		d = next_byte(&y);
		if (letters == LETTERS_ALIKE && c >= 0 && c < 0x100 && d >= 0 && d < 0x100) {
			c = lower((unsigned char)c);
			d = lower((unsigned char)d);
		}
		if (c != d)
			return false;
	} while (c >= 0);
	return true;
}

static bool find_param(struct view params, struct view name, struct sip_param *ret)
{
	struct cursor in = cursor_on(params);
	struct sip_param param;

	while (sip_params_next(&in, &param)) {
		if (!same_text(param.name, name, LETTERS_ALIKE))
			continue;
		*ret = param;
		return true;
	}
	return false;
}

/* Parameters that decide where a request goes: absent is not the same as any value. */
static bool must_be_in_both(struct view name)
{
	static const struct view names[] = {
		{ "transport", 9 }, { "user", 4 }, { "ttl", 3 }, { "method", 6 }, { "maddr", 5 },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (same_text(name, names[i], LETTERS_ALIKE))
			return true;
	return false;
}

enum absent { ABSENT_BY_NAME, ABSENT_NEVER };

static bool params_fit(struct view from, struct view in_other, enum absent absent)
{
	struct cursor in = cursor_on(from);
	struct sip_param param, other;

	while (sip_params_next(&in, &param)) {
		if (!find_param(in_other, param.name, &other)) {
			if (absent == ABSENT_NEVER || must_be_in_both(param.name))
				return false;
			continue;
		}
		if (!same_text(param.value, other.value, LETTERS_ALIKE))
			return false;
	}
	return true;
}

static struct view next_pair(struct cursor *in)
{
	struct view pair = cursor_until(in, '&');

	(void)cursor_skip(in, '&');
	return pair;
}

static size_t count_pair(struct view headers, struct view pair)
{
	struct cursor in = cursor_on(headers);
	size_t name = view_find(pair, '=', 0), count = 0;

	while (!cursor_is_at_end(&in)) {
		struct view other = next_pair(&in);
		size_t end = view_find(other, '=', 0);

		count += same_text(view_first(pair, name), view_first(other, end), LETTERS_ALIKE) &&
		         same_text(view_after(pair, name), view_after(other, end), LETTERS_EXACT);
	}
	return count;
}

/* Each pair as often on both sides; a URI has at most MAX_SIP_PARAMS of them. */
static bool headers_fit(struct view from, struct view in_other)
{
	struct cursor in = cursor_on(from);

	while (!cursor_is_at_end(&in)) {
		struct view pair = next_pair(&in);

		if (count_pair(from, pair) != count_pair(in_other, pair))
			return false;
	}
	return true;
}

static bool is_separator(char c) { return c == '-' || c == '.' || c == '(' || c == ')'; }

static int next_digit(struct cursor *in)
{
	while (in->at < in->end && is_separator(*in->at))
		in->at++;
	return in->at < in->end ? lower((unsigned char)*in->at++) : -1;
}

static bool same_number(struct view a, struct view b)
{
	struct cursor x = cursor_on(a), y = cursor_on(b);
	int c, d;

	do {
		c = next_digit(&x);
		d = next_digit(&y);
		if (c != d)
			return false;
	} while (c >= 0);
	return true;
}

bool sip_uri_equal(const struct sip_uri *a, const struct sip_uri *b)
{
	if (a->scheme != b->scheme)
		return false;
	if (a->scheme == SIP_SCHEME_OTHER)
		return view_equal(a->text, b->text);
	if (a->scheme == SIP_SCHEME_TEL)
		return same_number(a->user, b->user) &&
		       params_fit(a->params, b->params, ABSENT_NEVER) &&
		       params_fit(b->params, a->params, ABSENT_NEVER);
	return same_text(a->user, b->user, LETTERS_EXACT) &&
	       same_text(a->password, b->password, LETTERS_EXACT) &&
	       (a->password.at == NULL) == (b->password.at == NULL) && a->port == b->port &&
	       sip_host_equal(&a->host, &b->host) &&
	       params_fit(a->params, b->params, ABSENT_BY_NAME) &&
	       params_fit(b->params, a->params, ABSENT_BY_NAME) &&
	       headers_fit(a->headers, b->headers) && headers_fit(b->headers, a->headers);
}

bool sip_uri_same_account(const struct sip_uri *a, const struct sip_uri *b)
{
	bool is_tel = a->scheme == SIP_SCHEME_TEL;

	if (a->scheme == SIP_SCHEME_OTHER || b->scheme == SIP_SCHEME_OTHER ||
	    is_tel != (b->scheme == SIP_SCHEME_TEL))
		return false;
	if (is_tel)
		return same_number(a->user, b->user);
	return same_text(a->user, b->user, LETTERS_EXACT) && sip_host_equal(&a->host, &b->host);
}
