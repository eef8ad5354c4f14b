/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and networks: our own parsers, because what the C library takes
 * for an address ("127.1", "0x7f.1", "010.0.0.1", zones) differs between
 * systems and readers, and a border must not be read in two ways. */
#include "base/addr.h"
#include "base/cursor.h"
#include "base/run.h"

#include <endian.h>

enum { GROUPS = 8, V4_AT = 12, V4_PREFIX = 96, MAX_PORT = 65535 };

static const uint8_t mapped[V4_AT] = { [10] = 0xff, [11] = 0xff };

/* A decimal number without leading zeros. */
static uint32_t plain_decimal(struct cursor *c, uint32_t max)
{
	const char *start = c->at;
	uint32_t number = cursor_decimal(c, max);

	if (c->err == ERR_LIMIT)
		c->err = ERR_SYNTAX;
	if (c->at - start > 1 && *start == '0')
		cursor_fail(c, ERR_SYNTAX);
	return number;
}

/* 0 to 255 without leading zeros; tight, since each message has half a dozen addresses. */
static uint8_t read_octet(struct cursor *c)
{
	const char *at = c->at;
	unsigned number = 0;

	if (c->err != ERR_NONE)
		return 0;
	for (; at < c->end && *at >= '0' && *at <= '9' && at - c->at < 4; at++)
		number = number * 10 + (unsigned)(*at - '0');
	if (at == c->at || number > 255 || (*c->at == '0' && at - c->at > 1)) {
		cursor_fail(c, ERR_SYNTAX);
		return 0;
	}
	c->at = at;
	return (uint8_t)number;
}

static void read_v4(struct cursor *c, uint8_t ret[4])
{
	for (size_t i = 0; i < 4; i++) {
		if (i > 0)
			cursor_expect(c, '.');
		ret[i] = read_octet(c);
	}
}

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static uint16_t read_group(struct cursor *c)
{
	unsigned group = 0, digits = 0;

	for (; digits < 4 && hex_digit(cursor_peek(c)) >= 0; digits++)
		group = group << 4 | (unsigned)hex_digit(cursor_byte(c));
	if (digits == 0)
		cursor_fail(c, ERR_SYNTAX);
	return (uint16_t)group;
}

/* Whether a dotted IPv4 address stands here: then its first dot comes before any colon. */
static bool is_dotted(const struct cursor *c)
{
	struct view rest = cursor_rest(c);
	size_t dot = view_find(rest, '.', 0);

	return dot < rest.len && view_find(rest, ':', 0) > dot;
}

static void put_group(uint8_t bytes[16], size_t *count, uint16_t group)
{
	bytes[*count * 2] = (uint8_t)(group >> 8);
	bytes[*count * 2 + 1] = (uint8_t)group;
	++*count;
}

/* RFC 4291 2.2, forms 1 to 3. The groups are read packed; what follows "::" is
 * then moved to the end. */
static void read_v6(struct cursor *c, uint8_t ret[16])
{
	size_t count = 0, gap = GROUPS + 1;
	size_t tail;

	memset(ret, 0, 16);
	if (cursor_peek(c) == ':') {
		cursor_expect_text(c, VIEW("::"));
		gap = 0;
	}
	while (count < GROUPS && hex_digit(cursor_peek(c)) >= 0) {
		if (count <= GROUPS - 2 && is_dotted(c)) {
			read_v4(c, ret + count * 2);
			count += 2;
			break;
		}
		put_group(ret, &count, read_group(c));
		if (!cursor_skip(c, ':'))
			break;
		if (cursor_skip(c, ':')) {
			if (gap <= GROUPS)
				cursor_fail(c, ERR_SYNTAX);
			gap = count;
		} else if (hex_digit(cursor_peek(c)) < 0) {
			cursor_fail(c, ERR_SYNTAX); /* a single colon at the end */
		}
	}
	/* "::" stands for one group at least. */
	if (gap <= GROUPS ? count >= GROUPS : count != GROUPS)
		cursor_fail(c, ERR_SYNTAX);
	if (c->err != ERR_NONE || gap > GROUPS)
		return;
	tail = (count - gap) * 2;
	memmove(ret + 16 - tail, ret + gap * 2, tail);
	memset(ret + gap * 2, 0, 16 - tail - gap * 2);
}

static bool is_mapped(const uint8_t bytes[16])
{
	return memcmp(bytes, mapped, sizeof(mapped)) == 0;
}

static struct addr read_host(struct cursor *c, bool needs_brackets)
{
	struct addr a = { .family = 6 };

	if (cursor_skip(c, '[')) {
		read_v6(c, a.bytes);
		cursor_expect(c, ']');
	} else if (is_dotted(c)) {
		memcpy(a.bytes, mapped, sizeof(mapped));
		read_v4(c, a.bytes + V4_AT);
	} else if (needs_brackets) {
		cursor_fail(c, ERR_SYNTAX);
	} else {
		read_v6(c, a.bytes);
	}
	if (is_mapped(a.bytes))
		a.family = 4;
	return a;
}

/* The callers' contract knows one grammar error only. */
static enum err verdict(const struct cursor *c)
{
	return c->err == ERR_SHORT ? ERR_SYNTAX : c->err;
}

enum { MAX_OCTET_DIGITS = 3 };

/* So many digits, 1 to 3, as a number; above 255 where a zero leads. Without a branch on their
 * count, which nobody predicts in what strangers write: each message has half a dozen addresses. */
static inline uint32_t octet_of(const char *at, unsigned count)
{
	uint32_t digits;

	memcpy(&digits, at, sizeof(digits));
	/* The last becomes the upper byte, what is before the first is zero. */
	digits = le32toh(digits) << (8 * (4 - count)) & UINT32_C(0x0f0f0f0f);
	digits = (digits >> 8 & 15) * 100 + (digits >> 16 & 15) * 10 + (digits >> 24);
	return *at == '0' && count > 1 ? 256 : digits;
}

size_t addr_take_v4(struct view text, struct addr *ret)
{
	char bytes[RUN_LOAD + 4] = { 0 }; /* the last digit may be loaded with three behind it */
	size_t len = text.len < RUN_LOAD ? text.len : RUN_LOAD, at = 0;
	uint32_t host = 0, others;

	run_load(text.at, len, bytes);
	others = ~(run_digits(bytes) & ((UINT32_C(1) << len) - 1));
	for (unsigned i = 0; i < 4; i++, at++) {
		unsigned count = (unsigned)__builtin_ctz(others >> at);
		uint32_t octet;

		if (count - 1 >= MAX_OCTET_DIGITS)
			return 0;
		octet = octet_of(bytes + at, count);
		at += count;
		if (octet > 255 || (i < 3 && (at >= len || bytes[at] != '.')))
			return 0;
		host = host << 8 | octet;
	}
	*ret = (struct addr){ .bytes = { [10] = 0xff, [11] = 0xff }, .family = 4 };
	host = htobe32(host);
	memcpy(ret->bytes + V4_AT, &host, sizeof(host));
	return at - 1;
}

enum err addr_parse(struct view text, struct addr *ret)
{
	struct cursor in = cursor_on(text);
	struct addr a;

	/* Mostly it is that. */
	if (addr_take_v4(text, &a) == text.len && text.len > 0) {
		*ret = a;
		return ERR_NONE;
	}
	a = read_host(&in, false);
	cursor_end(&in);
	if (in.err == ERR_NONE)
		*ret = a;
	return verdict(&in);
}

enum err addr_parse_port(struct view text, struct addr *ret)
{
	struct cursor in = cursor_on(text);
	struct addr a = read_host(&in, true);

	cursor_expect(&in, ':');
	a.port = (uint16_t)plain_decimal(&in, MAX_PORT);
	cursor_end(&in);
	if (a.port == 0)
		cursor_fail(&in, ERR_SYNTAX);
	if (in.err == ERR_NONE)
		*ret = a;
	return verdict(&in);
}

/* Clears all bits but the first `prefix`. */
static void mask_host(struct addr *a, unsigned prefix)
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = prefix > i * 8 ? prefix - i * 8 : 0;

		if (keep < 8)
			a->bytes[i] &= (uint8_t)(0xff00U >> keep);
	}
}

enum err addr_net_parse(struct view text, struct addr_net *ret)
{
	size_t slash = view_find(text, '/', 0);
	uint32_t prefix = 128, first = 0;
	struct cursor in;
	struct addr a, masked;
	enum err err = addr_parse(view_first(text, slash), &a);

	if (err != ERR_NONE)
		return err;
	if (slash < text.len) {
		in = cursor_on(view_after(text, slash + 1));
		/* "::ffff:192.0.2.0/120" is written as IPv6 and counts as such. */
		first = view_find(text, ':', 0) == text.len ? V4_PREFIX : 0;
		prefix = first + plain_decimal(&in, 999);
		cursor_end(&in);
		if (in.err != ERR_NONE)
			return verdict(&in);
		if (prefix > 128)
			return ERR_LIMIT;
	}
	masked = a;
	mask_host(&masked, prefix);
	if (!addr_equal(&masked, &a))
		return ERR_DENIED;
	*ret = (struct addr_net){ .base = a, .prefix = (uint8_t)prefix };
	return ERR_NONE;
}

static unsigned group_at(const struct addr *a, size_t i)
{
	return (unsigned)a->bytes[2 * i] << 8 | a->bytes[2 * i + 1];
}

/* RFC 5952 4.2: the longest run of two or more zero groups, the first of equals. */
static size_t longest_gap(const struct addr *a, size_t *ret_len)
{
	size_t best = GROUPS, best_len = 1, start = 0;

	for (size_t i = 0; i < GROUPS; i++) {
		if (group_at(a, i) != 0)
			start = i + 1;
		else if (i + 1 - start > best_len) {
			best = start;
			best_len = i + 1 - start;
		}
	}
	*ret_len = best_len;
	return best;
}

static void write_group(struct buffer *b, unsigned group)
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned shift = 16; shift > 0; shift -= 4)
		if (group >> (shift - 4) != 0 || shift == 4)
			buffer_char(b, digits[group >> (shift - 4) & 15]);
}

static void write_v6(struct buffer *b, const struct addr *a)
{
	size_t gap_len, gap = longest_gap(a, &gap_len);

	for (size_t i = 0; i < GROUPS; i++) {
		if (i == gap) {
			buffer_text(b, "::");
			i += gap_len - 1;
			continue;
		}
		if (i > 0 && i != gap + gap_len)
			buffer_char(b, ':');
		write_group(b, group_at(a, i));
	}
}

enum { V4_TEXT_MAX = 24 }; /* also with a port */

char *addr_put_v4(char *at, const struct addr *a)
{
	for (size_t i = V4_AT; i < 16; i++) {
		uint32_t number = a->bytes[i], hundreds = number / 100;

		if (i > V4_AT)
			*at++ = '.';
		if (hundreds > 0)
			*at++ = (char)('0' + hundreds);
		if (number >= 10)
			at = buffer_pair(at, number - 100 * hundreds);
		else
			*at++ = (char)('0' + number);
	}
	return at;
}

void addr_write(struct buffer *b, const struct addr *a)
{
	if (a->family == 0) {
		buffer_char(b, '-');
	} else if (a->family == 6) {
		write_v6(b, a);
	} else {
		char text[V4_TEXT_MAX];

		buffer_put(b, view_bytes(text, (size_t)(addr_put_v4(text, a) - text)));
	}
}

void addr_write_host(struct buffer *b, const struct addr *a)
{
	if (a->family == 6)
		buffer_char(b, '[');
	addr_write(b, a);
	if (a->family == 6)
		buffer_char(b, ']');
}

void addr_write_port(struct buffer *b, const struct addr *a)
{
	char text[V4_TEXT_MAX], *at = text;

	if (a->family == 4)
		at = addr_put_v4(at, a);
	else
		addr_write_host(b, a);
	*at++ = ':';
	at = buffer_digits(at, a->port);
	buffer_put(b, view_bytes(text, (size_t)(at - text)));
}

void addr_net_write(struct buffer *b, const struct addr_net *n)
{
	addr_write(b, &n->base);
	if (n->prefix == 128)
		return;
	buffer_char(b, '/');
	buffer_decimal(b, n->base.family == 4 ? (uint64_t)n->prefix - V4_PREFIX : n->prefix);
}

const char *addr_text(const struct addr *a, char ret[ADDR_TEXT_MAX])
{
	struct buffer b = buffer_on(ret, ADDR_TEXT_MAX - 1);

	addr_write_port(&b, a);
	ret[b.len] = '\0';
	return ret;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return a->port == b->port && addr_same_host(a, b);
}

bool addr_same_host(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool addr_net_holds(const struct addr_net *n, const struct addr *a)
{
	struct addr masked = *a;

	mask_host(&masked, n->prefix);
	return addr_same_host(&masked, &n->base);
}

static struct addr within(const struct addr *a, unsigned v4_prefix, unsigned v6_prefix)
{
	struct addr source = *a;

	source.port = 0;
	if (a->family != 4 || v4_prefix < 128)
		mask_host(&source, a->family == 4 ? v4_prefix : v6_prefix);
	return source;
}

struct addr addr_source(const struct addr *a) { return within(a, 128, 64); }

struct addr addr_neighbourhood(const struct addr *a) { return within(a, V4_PREFIX + 24, 64); }

/* Told by the first two bytes; what no row names is public. */
struct kind_row {
	uint8_t bytes[2], mask[2];
	enum addr_kind kind;
};

static const struct kind_row v4_kinds[] = {
	{ { 0, 0 }, { 0xff, 0 }, ADDR_UNSPECIFIED },
	{ { 10, 0 }, { 0xff, 0 }, ADDR_PRIVATE },
	{ { 100, 64 }, { 0xff, 0xc0 }, ADDR_PRIVATE },
	{ { 127, 0 }, { 0xff, 0 }, ADDR_LOOPBACK },
	{ { 169, 254 }, { 0xff, 0xff }, ADDR_LINK_LOCAL },
	{ { 172, 16 }, { 0xff, 0xf0 }, ADDR_PRIVATE },
	{ { 192, 168 }, { 0xff, 0xff }, ADDR_PRIVATE },
	{ { 224, 0 }, { 0xf0, 0 }, ADDR_MULTICAST },
	{ { 240, 0 }, { 0xf0, 0 }, ADDR_BROADCAST },
};

static const struct kind_row v6_kinds[] = {
	{ { 0xfc, 0 }, { 0xfe, 0 }, ADDR_PRIVATE },
	{ { 0xfe, 0x80 }, { 0xff, 0xc0 }, ADDR_LINK_LOCAL },
	{ { 0xfe, 0xc0 }, { 0xff, 0xc0 }, ADDR_PRIVATE },
	{ { 0xff, 0 }, { 0xff, 0 }, ADDR_MULTICAST },
};

static enum addr_kind kind_by(const struct kind_row *rows, size_t count, const uint8_t bytes[2])
{
	for (size_t i = 0; i < count; i++)
		if ((bytes[0] & rows[i].mask[0]) == rows[i].bytes[0] &&
		    (bytes[1] & rows[i].mask[1]) == rows[i].bytes[1])
			return rows[i].kind;
	return ADDR_PUBLIC;
}

enum addr_kind addr_kind(const struct addr *a)
{
	static const uint8_t loopback[16] = { [15] = 1 };

	if (a->family == 4)
		return kind_by(v4_kinds, sizeof(v4_kinds) / sizeof(*v4_kinds), a->bytes + V4_AT);
	if (a->family != 6)
		return ADDR_UNSPECIFIED;
	if (memcmp(a->bytes, loopback, sizeof(loopback)) == 0)
		return ADDR_LOOPBACK;
	/* ::/96 once meant "the IPv4 address within": 127.0.0.1 among them. */
	if (memcmp(a->bytes, loopback, V4_AT) == 0)
		return ADDR_UNSPECIFIED;
	return kind_by(v6_kinds, sizeof(v6_kinds) / sizeof(*v6_kinds), a->bytes);
}
