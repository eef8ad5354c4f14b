/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts. A text of digits and dots has to be an address: no name's last label
 * begins with a digit, and a reader that took 1.2.3.400 for a name would ask
 * the DNS what another reader refuses. */
#include "sip/host.h"

#include "base/run.h"

enum { MAX_PORT_DIGITS = 5 };

#define LABEL_UPPER (RUN_LETTERS | RUN_BYTE('_'))

static const struct run_set name_bytes = {
	.rows = RUN_ROWS(RUN_DIGITS | RUN_BYTE('-') | RUN_BYTE('.'), LABEL_UPPER),
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

/* Apart, so that names and IPv4 addresses do not pay for its buffers. */
__attribute__((noinline)) static void read_reference(struct cursor *in, struct sip_host *ret)
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

/* The last label of a name of any length that is not empty; NULL where one before it is. */
static const char *last_of_many(const char *start, const char *end)
{
	const char *label = start, *before = start;

	for (const char *at = start; at != end; at++) {
		if (*at != '.')
			continue;
		if (at == label)
			return NULL;
		before = label;
		label = at + 1;
	}
	return label == end ? before : label;
}

/* The same for most: told by where the dots stand. */
static const char *last_label(const char *start, const char *end)
{
	size_t len = (size_t)(end - start);
	uint64_t dots;

	if (len > RUN_PLACES)
		return last_of_many(start, end);
	dots = run_places(start, len, '.');
	/* A label before the first dot, and between two. */
	if ((dots & (dots << 1 | 1)) != 0)
		return NULL;
	dots &= ~(UINT64_C(1) << (len - 1)); /* the root's */
	return dots == 0 ? start : start + (RUN_PLACES - __builtin_clzll(dots));
}

/* Takes labels with dots between them, none empty but the root's behind a last dot; the last
 * of the others begins with a letter. */
static struct view read_name(struct cursor *in)
{
	const char *start = in->at, *at = run_end(start, in->end, &name_bytes), *last;

	if (at == start) {
		cursor_fail(in, at == in->end ? ERR_SHORT : ERR_SYNTAX);
	} else {
		last = last_label(start, at);
		if (!last || !is_letter(*last))
			cursor_fail(in, ERR_SYNTAX);
	}
	in->at = at;
	return (struct view){ start, (size_t)(at - start) };
}

static bool is_digit(int c) { return c >= '0' && c <= '9'; }

void sip_host_read(struct cursor *in, struct sip_host *ret)
{
	int first = cursor_peek(in);

	*ret = (struct sip_host){ .text = VIEW_EMPTY };
	if (in->err != ERR_NONE)
		return;
	if (first == '[') {
		read_reference(in, ret);
		return;
	}
	if (is_digit(first)) {
		struct view rest = cursor_rest(in);
		size_t len = addr_take_v4(rest, &ret->addr);

		if (len > 0 && (len == rest.len || !run_holds(&name_bytes, rest.at[len]))) {
			ret->text = view_first(rest, len);
			in->at += len;
			return;
		}
		ret->addr = (struct addr){ .family = 0 };
	}
	ret->text = read_name(in);
}

uint16_t sip_port_number_read(struct cursor *in)
{
	const char *start = in->at, *at = start;
	uint32_t port = 0, digit;

	if (in->err != ERR_NONE)
		return 0;
	while (at < in->end && at - start <= MAX_PORT_DIGITS &&
	       (digit = (unsigned char)*at - (uint32_t)'0') <= 9) {
		port = port * 10 + digit;
		at++;
	}
	in->at = at;
	if (at == in->end && at == start)
		cursor_fail(in, ERR_SHORT);
	else if (at - start > MAX_PORT_DIGITS || port == 0 || port > UINT16_MAX)
		cursor_fail(in, ERR_SYNTAX);
	return in->err == ERR_NONE ? (uint16_t)port : (uint16_t)0;
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
