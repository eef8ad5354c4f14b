/* SPDX-License-Identifier: Apache-2.0 */
/* What is not worth inlining of the borrowed run of bytes. Case is that of
 * ASCII alone: the protocols compare nothing else without regard to case, and
 * a locale must not change what is equal. */
#include "base/view.h"

static unsigned char lower(char c)
{
	unsigned char byte = (unsigned char)c;

	return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte | 0x20) : byte;
}

/* The same bytes, told for the 4 to 8 that most names have, by two loads that may overlap. */
static bool is_same_word(struct view a, struct view b)
{
	return a.len >= 4 && a.len <= 8 && memcmp(a.at, b.at, 4) == 0 &&
	       memcmp(a.at + a.len - 4, b.at + b.len - 4, 4) == 0;
}

bool view_goes_on_alike(struct view a, struct view b)
{
	/* Mostly the case is the same, too. */
	if (is_same_word(a, b))
		return true;
	/*@ loop invariant i <= a.len;
	    loop assigns i;
	    loop variant a.len - i; */
	for (size_t i = 0; i < a.len; i++)
		if (a.at[i] != b.at[i] && lower(a.at[i]) != lower(b.at[i]))
			return false;
	return true;
}

bool view_starts_nocase(struct view v, struct view prefix)
{
	return v.len >= prefix.len && view_equal_nocase(view_first(v, prefix.len), prefix);
}

bool view_contains(struct view v, struct view part)
{
	if (part.len == 0)
		return true;
	return v.len >= part.len && memmem(v.at, v.len, part.at, part.len) != NULL;
}

size_t view_find(struct view v, char c, size_t from)
{
	const char *found = from < v.len ? memchr(v.at + from, c, v.len - from) : NULL;

	return found ? (size_t)(found - v.at) : v.len;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

struct view view_trim(struct view v)
{
	/*@ loop invariant \base_addr(v.at) == \base_addr(\at(v.at, Pre));
	    loop invariant v.len <= \at(v.len, Pre);
	    loop invariant v.at == \at(v.at, Pre) + (\at(v.len, Pre) - v.len);
	    loop assigns v;
	    loop variant v.len; */
	while (v.len > 0 && is_blank(v.at[0])) {
		v.at++;
		v.len--;
	}
	/*@ loop invariant v.len <= \at(v.len, LoopEntry);
	    loop assigns v.len;
	    loop variant v.len; */
	while (v.len > 0 && is_blank(v.at[v.len - 1]))
		v.len--;
	return v;
}

bool view_decimal(struct view v, uint64_t max, uint64_t *ret)
{
	uint64_t number = 0;

	if (v.len == 0)
		return false;
	/*@ loop invariant i <= v.len && (i == 0 ? number == 0 : number <= max);
	    loop assigns i, number;
	    loop variant v.len - i; */
	for (size_t i = 0; i < v.len; i++) {
		unsigned digit = (unsigned char)v.at[i] - (unsigned)'0';

		if (digit > 9 || number > UINT64_MAX / 10 || number * 10 > UINT64_MAX - digit)
			return false;
		number = number * 10 + digit;
		if (number > max)
			return false;
	}
	*ret = number;
	return true;
}

bool view_copy(struct view v, char *ret, size_t size)
{
	size_t len;

	if (size == 0)
		return false;
	len = v.len < size ? v.len : size - 1;
	if (len > 0)
		memcpy(ret, v.at, len);
	ret[len] = '\0';
	return len == v.len;
}
