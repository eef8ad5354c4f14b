/* SPDX-License-Identifier: Apache-2.0 */
/* Left-to-right reading with the first error kept. No read looks beyond the
 * view, and none moves once an error stands. */
#include "base/cursor.h"

#include "base/run.h"

static const struct run_set token_bytes = { .rows = RUN_ROWS(CURSOR_TOKEN_LOWER,
	                                                     CURSOR_TOKEN_UPPER) };

bool cursor_is_token_byte(char byte) { return run_holds(&token_bytes, byte); }

/* Something else stands where a byte was needed, or nothing does. */
static void fail_here(struct cursor *c)
{
	cursor_fail(c, c->at == c->end ? ERR_SHORT : ERR_SYNTAX);
}

/* From `start` to where the cursor stands; at least one byte needed. */
static struct view taken(struct cursor *c, const char *start)
{
	if (c->at == start) {
		fail_here(c);
		return VIEW_EMPTY;
	}
	return (struct view){ start, (size_t)(c->at - start) };
}

void cursor_expect(struct cursor *c, char byte)
{
	if (!cursor_skip(c, byte))
		fail_here(c);
}

void cursor_expect_text(struct cursor *c, struct view text)
{
	struct view rest = cursor_rest(c);

	if (c->err != ERR_NONE)
		return;
	if (view_starts(rest, text))
		c->at += text.len;
	else
		cursor_fail(c, view_starts(text, rest) ? ERR_SHORT : ERR_SYNTAX);
}

struct view cursor_take(struct cursor *c, size_t len)
{
	const char *start = c->at;

	if (c->err != ERR_NONE || len == 0)
		return VIEW_EMPTY;
	if (len > (size_t)(c->end - c->at)) {
		cursor_fail(c, ERR_SHORT);
		return VIEW_EMPTY;
	}
	c->at += len;
	return (struct view){ start, len };
}

uint8_t cursor_byte(struct cursor *c)
{
	struct view v = cursor_take(c, 1);

	return v.len ? (uint8_t)v.at[0] : 0;
}

uint16_t cursor_u16(struct cursor *c)
{
	struct view v = cursor_take(c, 2);

	return v.len ? (uint16_t)((unsigned)(uint8_t)v.at[0] << 8 | (uint8_t)v.at[1]) : (uint16_t)0;
}

uint32_t cursor_u32(struct cursor *c)
{
	struct view v = cursor_take(c, 4);

	return v.len ? (uint32_t)(uint8_t)v.at[0] << 24 | (uint32_t)(uint8_t)v.at[1] << 16 |
	                       (uint32_t)(uint8_t)v.at[2] << 8 | (uint8_t)v.at[3]
	             : 0;
}

struct view cursor_token(struct cursor *c)
{
	const char *start = c->at;

	if (c->err != ERR_NONE)
		return VIEW_EMPTY;
	c->at = run_end(start, c->end, &token_bytes);
	return taken(c, start);
}

struct view cursor_until(struct cursor *c, char stop)
{
	struct view rest = cursor_rest(c);

	return cursor_take(c, view_find(rest, stop, 0));
}

struct view cursor_digits(struct cursor *c)
{
	const char *start = c->at;

	if (c->err != ERR_NONE)
		return VIEW_EMPTY;
	/*@ loop invariant \base_addr(c->at) == \base_addr(start) && start <= c->at <= c->end;
	    loop assigns c->at;
	    loop variant c->end - c->at; */
	while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
		c->at++;
	return taken(c, start);
}

uint32_t cursor_decimal(struct cursor *c, uint32_t max)
{
	const char *start = c->at, *at = start, *end = c->end;
	uint64_t number = 0;
	unsigned digit;

	if (c->err != ERR_NONE)
		return 0;
	/* Far too large stays so: more digits are taken, and do not count. */
	/*@ loop invariant \base_addr(at) == \base_addr(start) && start <= at <= end;
	    loop invariant number <= 10 * UINT32_MAX + 9;
	    loop assigns at, number, digit;
	    loop variant end - at; */
	while (at < end && (digit = (unsigned char)*at - (unsigned)'0') <= 9) {
		if (number <= UINT32_MAX)
			number = number * 10 + digit;
		at++;
	}
	c->at = at;
	if (at == start)
		fail_here(c);
	else if (number > max)
		cursor_fail(c, ERR_LIMIT);
	return c->err == ERR_NONE ? (uint32_t)number : 0;
}

/* What stands between quotes and neither ends them nor escapes. */
static const struct run_set quoted_bytes = {
	.rows = RUN_ROWS(RUN_BYTE('\t') | (~UINT64_C(0) << ' ' & ~RUN_BYTE('"')),
	                 ~RUN_BYTE('\\') & ~RUN_BYTE(0x7f)),
	.has_high = true,
};

static bool is_control(char c) { return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f; }

struct view cursor_quoted(struct cursor *c)
{
	const char *start, *at;

	cursor_expect(c, '"');
	if (c->err != ERR_NONE)
		return VIEW_EMPTY;
	start = at = c->at;
	/*@ loop invariant \base_addr(at) == \base_addr(start) && start <= at <= c->end;
	    loop assigns at, c->err;
	    loop variant c->end - at; */
	for (;;) {
		at = run_end(at, c->end, &quoted_bytes);
		if (at == c->end || *at == '"')
			break;
		/* An escape takes the next byte along, a quote or a backslash too. */
		if (*at == '\\' && c->end - at > 1)
			at++;
		if (is_control(*at)) {
			cursor_fail(c, ERR_SYNTAX);
			break;
		}
		at++;
	}
	c->at = at;
	cursor_expect(c, '"');
	if (c->err != ERR_NONE)
		return VIEW_EMPTY;
	return (struct view){ start, (size_t)(c->at - 1 - start) };
}

void cursor_end(struct cursor *c)
{
	if (c->at != c->end)
		cursor_fail(c, ERR_SYNTAX);
}
