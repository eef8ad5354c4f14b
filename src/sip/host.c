/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts. A text of digits and dots has to be an address: no name's last label
 * begins with a digit, and a reader that took 1.2.3.400 for a name would ask
 * the DNS what another reader refuses. */
#include "sip/host.h"

#include <string.h>

static const bool name_bytes[256] = {
	['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true,
	['-'] = true,         ['.'] = true,         ['_'] = true,
};

/* RFC 3261's grammar once allowed three colons before an embedded IPv4
 * address (RFC 5118 4.10); they are read as two. */
static enum err read_bracketed(struct view inside, struct addr *ret)
{
	char text[ADDR_TEXT_MAX];
	struct buffer b = BUFFER_ON(text);
	size_t colons = 0;

	while (colons < inside.len && !view_starts(view_after(inside, colons), VIEW(":::")))
		colons++;
	if (view_find(inside, ':', 0) == inside.len)
		return ERR_SYNTAX;
	if (colons == inside.len || view_find(inside, '.', colons) == inside.len)
		return addr_parse(inside, ret);
	buffer_put(&b, view_first(inside, colons));
	buffer_put(&b, view_after(inside, colons + 1));
	return b.err == ERR_NONE ? addr_parse(buffer_view(&b), ret) : ERR_SYNTAX;
}

static void read_reference(struct cursor *in, struct sip_host *ret)
{
	const char *start = in->at;
	struct view inside;

	cursor_expect(in, '[');
	inside = cursor_until(in, ']');
	cursor_expect(in, ']');
	if (in->err == ERR_NONE && read_bracketed(inside, &ret->addr) != ERR_NONE)
		cursor_fail(in, ERR_SYNTAX);
	ret->text = (struct view){ start, (size_t)(in->at - start) };
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool is_name(struct view text)
{
	size_t label = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] != '.')
			continue;
		if (i == label)
			return false;
		label = i + 1;
	}
	/* A last dot is the root's; the label before it counts. */
	if (label == text.len) {
		label--;
		while (label > 0 && text.at[label - 1] != '.')
			label--;
	}
	return is_letter(text.at[label]);
}

static bool is_digits_and_dots(struct view text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] != '.' && (text.at[i] < '0' || text.at[i] > '9'))
			return false;
	return true;
}

void sip_host_read(struct cursor *in, struct sip_host *ret)
{
	const char *start = in->at;

	*ret = (struct sip_host){ .text = VIEW_EMPTY };
	if (cursor_peek(in) == '[') {
		read_reference(in, ret);
		return;
	}
	if (in->err != ERR_NONE)
		return;
	while (in->at < in->end && name_bytes[(unsigned char)*in->at])
		in->at++;
	ret->text = (struct view){ start, (size_t)(in->at - start) };
	if (ret->text.len == 0)
		cursor_fail(in, in->at == in->end ? ERR_SHORT : ERR_SYNTAX);
	else if (is_digits_and_dots(ret->text) ? addr_parse(ret->text, &ret->addr) != ERR_NONE
	                                       : !is_name(ret->text))
		cursor_fail(in, ERR_SYNTAX);
}

uint16_t sip_port_read(struct cursor *in)
{
	struct view digits;
	uint64_t port = 0;

	if (!cursor_skip(in, ':'))
		return 0;
	digits = cursor_digits(in);
	if (in->err == ERR_NONE &&
	    (digits.len > 5 || !view_decimal(digits, UINT16_MAX, &port) || port == 0))
		cursor_fail(in, ERR_SYNTAX);
	return (uint16_t)port;
}

enum err sip_host_parse(struct view text, struct sip_host *ret)
{
	struct cursor in = cursor_on(text);
	struct sip_host host;

	sip_host_read(&in, &host);
	cursor_end(&in);
	if (in.err == ERR_NONE)
		*ret = host;
	return in.err;
}

bool sip_host_equal(const struct sip_host *a, const struct sip_host *b)
{
	if (a->addr.family != 0 || b->addr.family != 0)
		return a->addr.family == b->addr.family && addr_same_host(&a->addr, &b->addr);
	return view_equal_nocase(a->text, b->text);
}

void sip_host_write(struct buffer *b, const struct sip_host *h)
{
	if (h->addr.family != 0)
		addr_write_host(b, &h->addr);
	else if (h->text.len == 0)
		buffer_fail(b, ERR_SYNTAX);
	else
		buffer_put(b, h->text);
}

struct sip_host sip_host_of(const struct addr *a)
{
	struct sip_host host = { .text = VIEW_EMPTY, .addr = *a };

	host.addr.port = 0;
	return host;
}
