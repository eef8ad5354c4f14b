/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of values that are written as nearly all are, by their stops (stops_priv.h). They say
 * false about all else, sound or not, with anything in *ret: that is left to the careful readers,
 * with which they agree about everything that they take (tests/unit/sip/alike.h). */
#ifndef SIP_PLAIN_PRIV_H
#define SIP_PLAIN_PRIV_H

#include <endian.h>

#include "sip/name_addr.h"
#include "sip/stops_priv.h"
#include "sip/via.h"

bool sip_uri_plain(struct view text, struct sip_uri *ret);
bool sip_name_addr_plain(struct view text, struct sip_name_addr *ret);
bool sip_via_plain(struct view text, struct sip_via *ret);

enum err sip_uri_careful(struct view text, struct sip_uri *ret) MUST_USE;
enum err sip_name_addr_careful(struct view text, struct sip_name_addr *ret) MUST_USE;
enum err sip_via_careful(struct view text, struct sip_via *ret) MUST_USE;

/* What users, the parameters of URIs and those of headers may hold, without escapes. */
extern const struct run_set sip_uri_user_bytes, sip_uri_param_bytes, sip_param_bytes;

/* Names of parameters, as a set of slots: two in different slots are not the same, of two in one
 * it is left to others to tell. */
struct plain_names {
	uint64_t slots;
	unsigned count;
};

/* name [ "=" value ] behind ';', without blanks and quotes, of bytes of that set. Not more than
 * MAX_SIP_PARAMS. *ret_value: NULL where there is none. */
STOPS_INLINE bool plain_param(struct stops *s, const struct run_set *bytes,
                              struct plain_names *names, struct view *ret_name,
                              struct view *ret_value)
{
	uint64_t slot;

	if (s->byte != '=')
		stops_take_all(s, bytes);
	if (stops_is_empty(s))
		return false;
	*ret_name = stops_word(s);
	*ret_value = VIEW_EMPTY;
	slot = UINT64_C(1) << (((*s->word | 0x20) + 3 * (int)ret_name->len) & 63);
	if ((names->slots & slot) != 0 || names->count == MAX_SIP_PARAMS)
		return false;
	names->slots |= slot;
	names->count++;
	if (!stops_skip(s, '='))
		return true;
	if (s->byte != ';')
		stops_take_all(s, bytes);
	*ret_value = stops_word(s);
	return ret_value->len > 0;
}

/* Of 1 to 3 digits four bytes are loaded, up to the last: no branch asks how many there are, which
 * nobody predicts. *odd: an upper half of a byte is set where one is no digit, since what else has
 * theirs, ':' to '?', stands in no word. False: above 255, or leading zeros. */
STOPS_INLINE bool plain_octet(const struct stops *s, uint32_t *odd, uint32_t *host)
{
	uint32_t digits, count = (uint32_t)(s->at - s->word), others = (32 - 8 * count) & 31;

	memcpy(&digits, s->at - sizeof(digits), sizeof(digits));
	digits = (le32toh(digits) ^ UINT32_C(0x30303030)) >> others;
	if (count > 3 || ((digits & 255) == 0 && count > 1))
		return false;
	digits <<= others;
	*odd |= digits;
	/* The third byte of the product is a hundred times the first digit, and so on. */
	*host = *host << 8 | (uint8_t)((digits >> 8) * (100 << 16 | 10 << 8 | 1) >> 16);
	return __builtin_bswap32(digits) <= UINT32_C(0x020505);
}

/* Upper half 0. A compound literal would be filled with a string instruction, which is slow. */
STOPS_INLINE void plain_put(struct addr *ret, uint8_t family, uint64_t low)
{
	const uint64_t words[2] = { 0, htobe64(low) };

	memcpy(ret->bytes, words, sizeof(words));
	ret->port = 0;
	ret->family = family;
	ret->unused = 0;
}

STOPS_INLINE bool plain_address(struct stops *s, struct addr *ret)
{
	uint32_t host = 0, odd = 0;

	if (!plain_octet(s, &odd, &host) || !stops_skip(s, '.') || !plain_octet(s, &odd, &host) ||
	    !stops_skip(s, '.') || !plain_octet(s, &odd, &host) || !stops_skip(s, '.') ||
	    !plain_octet(s, &odd, &host))
		return false;
	plain_put(ret, 4, UINT64_C(0xffff) << 32 | host);
	return (odd & UINT32_C(0xf0f0f0f0)) == 0;
}

/* Labels, none empty, the last of which begins with a letter; no dot behind that. */
STOPS_INLINE bool plain_name(struct stops *s)
{
	do {
		if (stops_is_empty(s))
			return false;
	} while (stops_skip(s, '.'));
	return (unsigned char)((*s->word | 0x20) - 'a') < 26;
}

/* A name or an IPv4 address. Four bytes before it may be loaded. */
STOPS_INLINE bool plain_host(struct stops *s, struct sip_host *ret)
{
	struct stops start = *s;

	if (stops_is_empty(s))
		return false;
	if ((unsigned char)(*s->word - '0') >= 10 || !plain_address(s, &ret->addr)) {
		*s = start;
		plain_put(&ret->addr, 0, 0);
		if (!plain_name(s))
			return false;
	}
	ret->text = (struct view){ start.word, (size_t)(s->at - start.word) };
	return s->byte != '.';
}

/* ":port" or nothing, which is 0. Of its digits, 2 to 5 here, eight bytes are loaded, as above;
 * they become numbers of two, four and eight digits in three steps. */
STOPS_INLINE bool plain_port(struct stops *s, uint16_t *ret)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t digits, odd, count;

	*ret = 0;
	if (!stops_skip(s, ':'))
		return true;
	count = (uint64_t)(s->at - s->word);
	if (count - 2 > 3)
		return false;
	memcpy(&digits, s->at - sizeof(digits), sizeof(digits));
	digits = (le64toh(digits) ^ ones * '0') >> (64 - 8 * count) << (64 - 8 * count);
	odd = digits & ones * 0xf0;
	digits = digits * (10 << 8 | 1) >> 8 & UINT64_C(0x00ff00ff00ff00ff);
	digits = digits * (100 << 16 | 1) >> 16 & UINT64_C(0x0000ffff0000ffff);
	digits = digits * (UINT64_C(10000) << 32 | 1) >> 32;
	*ret = (uint16_t)digits;
	return odd == 0 && digits - 1 < UINT16_MAX;
}

/* User and '@' where they are there; else it is the host that begins here. */
STOPS_INLINE bool plain_user(struct stops *s, struct view *ret)
{
	struct stops start = *s;

	if (s->byte != '@')
		stops_take_all(s, &sip_uri_user_bytes);
	*ret = stops_word(s);
	if (stops_skip(s, '@'))
		return ret->len > 0;
	*s = start;
	*ret = VIEW_EMPTY;
	return true;
}

/* "sip:" in either case: nearly all that there are. */
STOPS_INLINE bool plain_is_sip(const char *at, const char *end)
{
	uint32_t text;

	if (end - at < (ptrdiff_t)sizeof(text))
		return false;
	memcpy(&text, at, sizeof(text));
	return (le32toh(text) | 0x202020) == ('s' | 'i' << 8 | 'p' << 16 | ':' << 24);
}

/* sip: with user, host, port and parameters, to a stop that is none of its. */
STOPS_INLINE bool plain_uri(struct stops *s, struct sip_uri *ret)
{
	struct plain_names names = { .count = 0 };
	const char *start = s->word, *params;
	struct view name, value;

	if (!plain_is_sip(start, s->end) || !stops_skip(s, ':'))
		return false;
	ret->scheme = SIP_SCHEME_SIP;
	ret->password = VIEW_EMPTY;
	ret->headers = VIEW_EMPTY;
	ret->rest = VIEW_EMPTY;
	if (!plain_user(s, &ret->user) || !plain_host(s, &ret->host) || !plain_port(s, &ret->port))
		return false;
	params = s->at;
	while (stops_skip(s, ';'))
		if (!plain_param(s, &sip_uri_param_bytes, &names, &name, &value))
			return false;
	ret->params = (struct view){ params, (size_t)(s->at - params) };
	ret->text = (struct view){ start, (size_t)(s->at - start) };
	return true;
}

#endif
