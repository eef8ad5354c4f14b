/* SPDX-License-Identifier: Apache-2.0 */
/* URIs. A user part ends at the only '@' that a URI may have, which is why
 * ';' and '?' may stand in it (RFC 4475 3.1.1.9). */
#include "sip/uri.h"

#include "base/run.h"
#include "sip/plain_priv.h"

/* RFC 3261 25.1: unreserved and what else may stand in each of them as it is, by the halves
 * of ASCII. */
#define PLAIN_LOWER                                                                                \
	(RUN_DIGITS | RUN_BYTE('-') | RUN_BYTE('.') | RUN_BYTE('!') | RUN_BYTE('*') |              \
	 RUN_BYTE('\'') | RUN_BYTE('(') | RUN_BYTE(')') | RUN_BYTE('&') | RUN_BYTE('+') |          \
	 RUN_BYTE('$'))
#define PLAIN_UPPER (RUN_LETTERS | RUN_BYTE('_') | RUN_BYTE('~'))
#define BRACKETS    (RUN_BYTE('[') | RUN_BYTE(']'))

/* '#' belongs to dial strings that real phones send without escaping. */
const struct run_set sip_uri_user_bytes = {
	.rows = RUN_ROWS(PLAIN_LOWER | RUN_BYTE('=') | RUN_BYTE(',') | RUN_BYTE(';') |
	                         RUN_BYTE('?') | RUN_BYTE('/') | RUN_BYTE('#'),
	                 PLAIN_UPPER),
};
static const struct run_set password_bytes = {
	.rows = RUN_ROWS(PLAIN_LOWER | RUN_BYTE('=') | RUN_BYTE(','), PLAIN_UPPER),
};
const struct run_set sip_uri_param_bytes = {
	.rows = RUN_ROWS(PLAIN_LOWER | RUN_BYTE('/') | RUN_BYTE(':'), PLAIN_UPPER | BRACKETS),
};
static const struct run_set header_bytes = {
	.rows = RUN_ROWS(PLAIN_LOWER | RUN_BYTE('=') | RUN_BYTE('?') | RUN_BYTE('/') |
	                         RUN_BYTE(':'),
	                 PLAIN_UPPER | BRACKETS),
};
/* What a dialled number is written with. */
static const struct run_set number_bytes = {
	.rows = RUN_ROWS(RUN_DIGITS | RUN_BYTE('-') | RUN_BYTE('.') | RUN_BYTE('*') |
	                         RUN_BYTE('(') | RUN_BYTE(')') | RUN_BYTE('+') | RUN_BYTE('#'),
	                 UINT64_C(0)),
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Takes bytes of that part and whole escapes; may be empty. */
static struct view read_part(struct cursor *in, const struct run_set *part)
{
	const char *start = in->at, *at = start;

	if (in->err != ERR_NONE)
		return VIEW_EMPTY;
	for (;;) {
		at = run_end(at, in->end, part);
		if (at == in->end || *at != '%')
			break;
		if (in->end - at < 3) {
			cursor_fail(in, ERR_SHORT);
			break;
		}
		if (hex_digit(at[1]) < 0 || hex_digit(at[2]) < 0) {
			cursor_fail(in, ERR_SYNTAX);
			break;
		}
		at += 3;
	}
	in->at = at;
	return (struct view){ start, (size_t)(at - start) };
}

/* Needs at least one byte of that part. */
static struct view read_word(struct cursor *in, const struct run_set *part)
{
	struct view word = read_part(in, part);

	if (in->err == ERR_NONE && word.len == 0)
		cursor_fail(in, in->at == in->end ? ERR_SHORT : ERR_SYNTAX);
	return word;
}

static bool is_named(const struct view *names, size_t count, struct view name)
{
	for (size_t i = 0; i < count; i++)
		if (view_equal_nocase(names[i], name))
			return true;
	return false;
}

/* *( ";" name [ "=" value ] ), without blanks and quotes. */
static struct view read_params(struct cursor *in)
{
	const char *start = in->at;
	struct view names[MAX_SIP_PARAMS] __attribute__((uninitialized)); /* `count` guards it */
	size_t count = 0;

	while (cursor_skip(in, ';')) {
		struct view name = read_word(in, &sip_uri_param_bytes);

		if (cursor_skip(in, '='))
			(void)read_word(in, &sip_uri_param_bytes);
		if (count == MAX_SIP_PARAMS)
			cursor_fail(in, ERR_LIMIT);
		else if (is_named(names, count, name))
			cursor_fail(in, ERR_EXISTS);
		else
			names[count++] = name;
	}
	return (struct view){ start, (size_t)(in->at - start) };
}

/* name "=" value *( "&" name "=" value ); values may be empty. */
static struct view read_headers(struct cursor *in)
{
	struct view all = cursor_rest(in);
	struct view whole = read_word(in, &header_bytes);
	struct cursor pairs = cursor_on(whole);
	size_t count = 0;

	while (in->err == ERR_NONE && !cursor_is_at_end(&pairs)) {
		struct view pair = cursor_until(&pairs, '&');

		/* RFC 3261 25.1: a name is not empty, the equals sign is there. */
		if (view_find(pair, '=', 0) == 0 || view_find(pair, '=', 0) == pair.len)
			cursor_fail(in, ERR_SYNTAX);
		if (cursor_skip(&pairs, '&') && cursor_is_at_end(&pairs))
			cursor_fail(in, ERR_SHORT);
		if (++count > MAX_SIP_PARAMS)
			cursor_fail(in, ERR_LIMIT);
	}
	return view_first(all, whole.len);
}

/* What stands before an '@'. Mostly there is one right behind the user; only where there is
 * not, it is searched for, and without any the same bytes are the host's. */
static void read_account(struct cursor *in, struct sip_uri *uri)
{
	struct cursor start = *in;
	struct view user = read_part(in, &sip_uri_user_bytes);

	if (cursor_peek(in) != '@') {
		struct view rest = cursor_rest(&start);

		if (view_find(rest, '@', 0) == rest.len) {
			*in = start;
			return;
		}
	}
	if (user.len == 0)
		cursor_fail(in, ERR_SYNTAX);
	uri->user = user;
	if (cursor_skip(in, ':'))
		uri->password = read_part(in, &password_bytes);
	cursor_expect(in, '@');
}

static void read_sip(struct cursor *in, struct sip_uri *uri)
{
	read_account(in, uri);
	sip_host_read(in, &uri->host);
	uri->port = sip_port_read(in);
	uri->params = cursor_peek(in) == ';' ? read_params(in) : (struct view){ in->at, 0 };
	if (cursor_skip(in, '?'))
		uri->headers = read_headers(in);
}

static bool is_hex_number(struct view number)
{
	for (size_t i = 0; i < number.len; i++)
		if (!run_holds(&number_bytes, number.at[i]) && hex_digit(number.at[i]) < 0)
			return false;
	return true;
}

/* RFC 3966 3: a global number begins with '+' and has digits and separators
 * only; a local one may have hexadecimal digits, * and #. */
static void read_tel(struct cursor *in, struct sip_uri *uri)
{
	bool has_digit = false;

	uri->user = cursor_until(in, ';');
	for (size_t i = 0; i < uri->user.len; i++) {
		char c = uri->user.at[i];
		bool is_global = uri->user.at[0] == '+';

		has_digit = has_digit || hex_digit(c) >= 0 || c == '*' || c == '#';
		if ((c == '+' && i > 0) ||
		    (is_global && (c == '*' || c == '#' || hex_digit(c) > 9)))
			cursor_fail(in, ERR_SYNTAX);
	}
	if (!has_digit || !is_hex_number(uri->user))
		cursor_fail(in, uri->user.len == 0 ? ERR_SHORT : ERR_SYNTAX);
	uri->params = read_params(in);
}

/* Bytes that would end a URI where it stands in a header. */
static void read_rest(struct cursor *in, struct sip_uri *uri)
{
	uri->rest = cursor_rest(in);
	for (size_t i = 0; i < uri->rest.len; i++) {
		unsigned char c = (unsigned char)uri->rest.at[i];

		if (c <= 0x20 || c >= 0x7f || c == '<' || c == '>' || c == '"')
			cursor_fail(in, ERR_SYNTAX);
	}
	if (uri->rest.len == 0)
		cursor_fail(in, ERR_SHORT);
	else if (in->err == ERR_NONE)
		in->at = in->end;
}

static bool is_scheme(struct view name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = (char)(name.at[i] | 0x20);

		if (c >= 'a' && c <= 'z')
			continue;
		if (i == 0 || !(hex_digit(c) >= 0 || name.at[i] == '+' || name.at[i] == '-' ||
		                name.at[i] == '.'))
			return false;
	}
	return name.len > 0;
}

static enum sip_scheme read_scheme(struct cursor *in)
{
	struct view name;

	if (plain_is_sip(in->at, in->end)) {
		in->at += 4;
		return SIP_SCHEME_SIP;
	}
	name = cursor_until(in, ':');
	cursor_expect(in, ':');
	if (in->err == ERR_NONE && !is_scheme(name))
		cursor_fail(in, ERR_SYNTAX);
	if (view_equal_nocase(name, VIEW("sips")))
		return SIP_SCHEME_SIPS;
	return view_equal_nocase(name, VIEW("tel")) ? SIP_SCHEME_TEL : SIP_SCHEME_OTHER;
}

enum err sip_uri_careful(struct view text, struct sip_uri *ret)
{
	struct cursor in = cursor_on(text);

	*ret = (struct sip_uri){ .text = text, .scheme = read_scheme(&in) };
	if (in.err != ERR_NONE)
		return in.err;
	if (ret->scheme == SIP_SCHEME_TEL)
		read_tel(&in, ret);
	else if (ret->scheme == SIP_SCHEME_OTHER)
		read_rest(&in, ret);
	else
		read_sip(&in, ret);
	cursor_end(&in);
	return in.err;
}

bool sip_uri_plain(struct view text, struct sip_uri *ret)
{
	struct stops s __attribute__((uninitialized)); /* filled before it is read */

	if (text.len == 0 || text.len > MAX_STOPS_TEXT)
		return false;
	s = stops_on(text);
	return plain_uri(&s, ret) && s.at == s.end;
}

enum err sip_uri_fill(struct view text, struct sip_uri *ret)
{
	return sip_uri_plain(text, ret) ? ERR_NONE : sip_uri_careful(text, ret);
}

enum err sip_uri_parse(struct view text, struct sip_uri *ret)
{
	struct sip_uri uri __attribute__((uninitialized)); /* filled whole */
	enum err err = sip_uri_fill(text, &uri);

	if (err == ERR_NONE)
		*ret = uri;
	return err;
}

/* Puts text that was given as a part, if it is one. */
static void put_part(struct buffer *b, struct view text, const struct run_set *part)
{
	struct cursor in = cursor_on(text);

	(void)read_part(&in, part);
	cursor_end(&in);
	buffer_fail(b, in.err);
	buffer_put(b, text);
}

static void write_sip(struct buffer *b, const struct sip_uri *u)
{
	buffer_text(b, u->scheme == SIP_SCHEME_SIPS ? "sips:" : "sip:");
	if (u->user.len > 0) {
		put_part(b, u->user, &sip_uri_user_bytes);
		if (u->password.at) {
			buffer_char(b, ':');
			put_part(b, u->password, &password_bytes);
		}
		buffer_char(b, '@');
	}
	sip_host_write(b, &u->host);
	if (u->port != 0) {
		buffer_char(b, ':');
		buffer_decimal(b, u->port);
	}
}

static void write_params(struct buffer *b, struct view params)
{
	struct cursor in = cursor_on(params);

	(void)read_params(&in);
	cursor_end(&in);
	buffer_fail(b, in.err);
	buffer_put(b, params);
}

void sip_uri_write(struct buffer *b, const struct sip_uri *u)
{
	if (u->scheme == SIP_SCHEME_OTHER) {
		struct sip_uri again;

		buffer_fail(b, sip_uri_parse(u->text, &again));
		buffer_put(b, u->text);
		return;
	}
	if (u->scheme == SIP_SCHEME_TEL) {
		buffer_text(b, "tel:");
		buffer_fail(b, is_hex_number(u->user) ? ERR_NONE : ERR_SYNTAX);
		buffer_put(b, u->user);
		write_params(b, u->params);
		return;
	}
	write_sip(b, u);
	write_params(b, u->params);
	if (u->headers.len > 0) {
		buffer_char(b, '?');
		put_part(b, u->headers, &header_bytes);
	}
}

bool sip_uri_param(const struct sip_uri *u, struct view name, struct view *ret)
{
	struct sip_param param;

	if (!sip_params_find(u->params, name, &param))
		return false;
	*ret = param.value;
	return true;
}

bool sip_uri_is_number(const struct sip_uri *u)
{
	bool has_digit = false;

	if (u->scheme == SIP_SCHEME_OTHER)
		return false;
	for (size_t i = 0; i < u->user.len; i++) {
		char c = u->user.at[i];

		if (!run_holds(&number_bytes, c) || (c == '+' && i > 0))
			return false;
		has_digit = has_digit || (c >= '0' && c <= '9');
	}
	return has_digit;
}

void sip_escape_decode(struct buffer *b, struct view escaped)
{
	for (size_t i = 0; i < escaped.len; i++) {
		int high, low;

		if (escaped.at[i] != '%') {
			buffer_char(b, escaped.at[i]);
			continue;
		}
		high = escaped.len - i > 2 ? hex_digit(escaped.at[i + 1]) : -1;
		low = high < 0 ? -1 : hex_digit(escaped.at[i + 2]);
		/* An escaped line end must not become one (header injection on rewriting). */
		if (low < 0 || high < 2 || (high == 7 && low == 15)) {
			buffer_fail(b, ERR_SYNTAX);
			return;
		}
		buffer_char(b, (char)(high << 4 | low));
		i += 2;
	}
}

void sip_escape_user(struct buffer *b, struct view plain)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < plain.len; i++) {
		unsigned char c = (unsigned char)plain.at[i];

		if (run_holds(&sip_uri_user_bytes, plain.at[i]) && c != '#') {
			buffer_char(b, (char)c);
			continue;
		}
		buffer_char(b, '%');
		buffer_char(b, digits[c >> 4]);
		buffer_char(b, digits[c & 15]);
	}
}
