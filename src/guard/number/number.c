/* SPDX-License-Identifier: Apache-2.0 */
/* Each way to read a dial string in turn, the honest ones first. */
#include "guard/number/number.h"

#include "base/buffer.h"

#include <string.h>

enum {
	SHORTEST_DIGITS = 7, /* fewer are service codes and extensions */
	SHORTEST_LOCAL = 5,
	SHORTEST_MASKED_AFTER = 5,
	SHORTEST_BARE = 11,
	SHORTEST_SURE = 10, /* digits that a number of ours could hardly have behind others */
	NOT_WRITTEN = MAX_DIALLED,
};

struct dialled {
	char digits[MAX_DIALLED];
	size_t len;
	size_t plus; /* digits before a +, or NOT_WRITTEN */
};

/* Fewer than MAX_DIALLED digits, and where the + stood. */
static enum err clean(struct view text, struct dialled *ret)
{
	struct dialled d = { .plus = NOT_WRITTEN };

	for (size_t i = 0; i < text.len && text.at[i] != ';'; i++) {
		char c = text.at[i];

		if (c == '%' && text.len - i >= 3 && memcmp(text.at + i, "%2B", 3) == 0) {
			c = '+';
			i += 2;
		}
		if ((c == 'x' || c == 'X') && d.len >= SHORTEST_MASKED_AFTER)
			c = '0';
		if (c == '+' && d.plus == NOT_WRITTEN)
			d.plus = d.len;
		else if (c >= '0' && c <= '9' && d.len < MAX_DIALLED - 1)
			d.digits[d.len++] = c;
		else if (c >= '0' && c <= '9')
			return ERR_LIMIT;
		else if (!strchr(" -.()*#/", c) || c == '\0')
			return ERR_SYNTAX;
	}
	*ret = d;
	return ERR_NONE;
}

typedef enum err (*finder)(struct view digits, struct number_place *ret);

/* Whether code and rest are a number somewhere; then that is the answer. */
static bool take_by(finder find, const char *code, struct view rest, enum number_form form,
                    struct number *ret)
{
	size_t code_len = strlen(code);
	struct number n = { .form = (uint8_t)form };
	struct number_place place;

	if (code_len + rest.len > MAX_E164_DIGITS || code_len + rest.len < SHORTEST_DIGITS)
		return false;
	memcpy(n.digits, code, code_len);
	memcpy(n.digits + code_len, rest.at, rest.len);
	n.len = (uint8_t)(code_len + rest.len);
	if (find(view_bytes(n.digits, n.len), &place) != ERR_NONE)
		return false;
	n.kind = place.kind;
	n.region = place.region;
	*ret = n;
	return true;
}

static bool take(const char *code, struct view rest, enum number_form form, struct number *ret)
{
	return take_by(number_place_find, code, rest, form, ret);
}

/* Our own country and area in front of what was dialled. */
struct home {
	uint16_t region;
	char code[4], whole[12]; /* "44", "44151" */
	struct view prefix, outside_line;
};

static void write_decimal(uint16_t value, char ret[4])
{
	struct buffer b = buffer_on(ret, 3);

	buffer_decimal(&b, value);
	ret[b.len] = '\0';
}

static struct home home_of(const struct number_plan *plan)
{
	struct home h = { .outside_line = view_of(plan->outside_line) };
	struct view area = view_of(plan->area);

	if (number_region_find(view_of(plan->country), &h.region) != ERR_NONE)
		return h;
	h.prefix = view_of(number_region_prefix(h.region));
	write_decimal(number_region_code(h.region), h.code);
	if (!view_is_empty(h.prefix) && view_starts(area, h.prefix))
		area = view_after(area, h.prefix.len);
	if (!view_is_empty(area)) {
		memcpy(h.whole, h.code, strlen(h.code));
		memcpy(h.whole + strlen(h.code), area.at, area.len);
	}
	return h;
}

/* As it is dialled here, behind the outside-line digit if there is one. */
static bool take_at_home(const struct home *h, struct view rest, struct number *ret)
{
	size_t access = number_region_access(h->region, rest);
	bool has_prefix = !view_is_empty(h->prefix);

	if (access > 0 && take("", view_after(rest, access), NUMBER_ABROAD, ret))
		return true;
	if (has_prefix && view_starts(rest, h->prefix))
		return take(h->code, view_after(rest, h->prefix.len), NUMBER_NATIONAL, ret);
	if ((!has_prefix || strcmp(h->code, "1") == 0) && rest.len >= SHORTEST_DIGITS &&
	    take(h->code, rest, NUMBER_NATIONAL, ret))
		return true;
	return h->whole[0] && rest.len >= SHORTEST_LOCAL && take(h->whole, rest, NUMBER_LOCAL, ret);
}

/* Prefixes for calls abroad anywhere, the longest first. */
static const struct view accesses[] = {
	{ "0011", 4 }, { "810", 3 }, { "011", 3 }, { "010", 3 }, { "00", 2 },
};

/* Where nobody told us how one dials, a number of the country could look so. */
static bool is_sure(const struct home *h, size_t skipped, struct view access, struct view rest)
{
	return h->region != REGION_NONE || (skipped == 0 && view_starts(access, VIEW("00"))) ||
	       rest.len >= SHORTEST_SURE;
}

/* Behind ever more digits that mean nothing, until something can be read. */
static bool take_hunted(const struct home *h, const struct dialled *d, finder find,
                        struct number *ret)
{
	for (size_t skipped = 0; skipped + SHORTEST_DIGITS < d->len; skipped++) {
		struct view all = view_bytes(d->digits + skipped, d->len - skipped);

		for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
			struct view access = accesses[i];
			struct view rest = view_after(all, access.len);

			if (!view_starts(all, access) || !is_sure(h, skipped, access, rest))
				continue;
			if (find == number_place_guess && rest.len < SHORTEST_SURE)
				continue;
			if (take_by(find, "", rest, NUMBER_HUNTED, ret)) {
				ret->access_len = (uint8_t)skipped;
				return true;
			}
		}
	}
	return false;
}

/* Where nobody told us how one dials here, one digit more is an outside line's. */
static bool is_honest(const struct home *h, const struct dialled *d, uint8_t access_len)
{
	struct view left_out = view_bytes(d->digits, access_len);

	if (h->region != REGION_NONE &&
	    number_region_access(h->region,
	                         view_bytes(d->digits + access_len, d->len - access_len)) == 0)
		return false;
	if (access_len == 0)
		return true;
	return view_is_empty(h->outside_line) ? access_len == 1
	                                      : view_equal(left_out, h->outside_line);
}

static bool take_plus(const struct home *h, const struct dialled *d, struct number *ret)
{
	struct view before = view_bytes(d->digits, d->plus);

	if (!take_by(number_place_guess, "", view_bytes(d->digits + d->plus, d->len - d->plus),
	             NUMBER_PLUS, ret))
		return false;
	ret->access_len = (uint8_t)d->plus;
	if (d->plus > 1 && !view_equal(before, h->outside_line))
		ret->form = NUMBER_HUNTED;
	return true;
}

static bool take_any(const struct home *h, const struct dialled *d, struct number *ret)
{
	struct view all = view_bytes(d->digits, d->len);

	if (d->plus != NOT_WRITTEN)
		return take_plus(h, d, ret);
	if (h->region != REGION_NONE) {
		if (!view_is_empty(h->outside_line) && view_starts(all, h->outside_line) &&
		    take_at_home(h, view_after(all, h->outside_line.len), ret))
			return true;
		if (take_at_home(h, all, ret))
			return true;
		if (d->len >= SHORTEST_BARE && take("", all, NUMBER_BARE, ret))
			return true;
	}
	if (!take_hunted(h, d, number_place_find, ret) &&
	    !take_hunted(h, d, number_place_guess, ret))
		return false;
	if (is_honest(h, d, ret->access_len))
		ret->form = NUMBER_ABROAD;
	return true;
}

/* Its last digits; an access code before them must not tell it from itself. */
static void keep_tail(const struct dialled *d, struct number *ret)
{
	size_t len = d->len < NUMBER_TAIL_DIGITS ? d->len : NUMBER_TAIL_DIGITS;
	struct number n = { .form = NUMBER_UNREAD, .len = (uint8_t)len };

	memcpy(n.digits, d->digits + d->len - len, len);
	*ret = n;
}

static bool is_extension(const struct number_plan *plan, const struct dialled *d)
{
	uint64_t value;

	if (plan->extension_count == 0 ||
	    !view_decimal(view_bytes(d->digits, d->len), UINT32_MAX, &value))
		return false;
	for (uint32_t i = 0; i < plan->extension_count && i < MAX_EXTENSION_RANGES; i++) {
		if (value >= plan->extensions[i][0] && value <= plan->extensions[i][1])
			return true;
	}
	return false;
}

enum err number_read(const struct number_plan *plan, struct view dialled, struct number *ret)
{
	struct home home = home_of(plan);
	struct dialled d;
	enum err err = clean(dialled, &d);

	if (err != ERR_NONE)
		return err;
	if (d.len == 0)
		return ERR_SYNTAX;
	if (is_extension(plan, &d) || d.len < SHORTEST_LOCAL ||
	    (d.len < SHORTEST_DIGITS && !home.whole[0]))
		return ERR_NOT_FOUND;
	if (!take_any(&home, &d, ret)) {
		if (d.len < SHORTEST_DIGITS)
			return ERR_NOT_FOUND;
		keep_tail(&d, ret);
		return ERR_NONE;
	}
	ret->is_abroad = ret->region != home.region;
	return ERR_NONE;
}
