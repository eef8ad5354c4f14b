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

/* The up to three bytes before `end` as a number without leading zeros; above 255 where they are
 * none. Four bytes are loaded. No branch asks for their count, which nobody predicts. */
STOPS_INLINE uint32_t plain_octet(const char *end, size_t count)
{
	static const uint8_t least[] = { 0, 0, 10, 100 };
	uint32_t digits, number;

	if (count - 1 >= sizeof(least) - 1)
		return UINT32_MAX;
	memcpy(&digits, end - sizeof(digits), sizeof(digits));
	/* What stands before the first becomes 0; the last is the upper byte. */
	digits = (le32toh(digits) ^ UINT32_C(0x30303030)) & UINT32_MAX << (8 * (4 - count));
	number = (digits >> 8 & 15) * 100 + (digits >> 16 & 15) * 10 + (digits >> 24);
	if (((digits | (digits + UINT32_C(0x06060606))) & UINT32_C(0xf0f0f0f0)) != 0 ||
	    number < least[count])
		return UINT32_MAX;
	return number;
}

STOPS_INLINE bool plain_address(struct stops *s, const char *at, struct addr *ret)
{
	uint32_t host = 0;

	for (unsigned i = 0; i < 4; i++) {
		uint32_t octet = plain_octet(s->at, (size_t)(s->at - at));

		at = s->at + 1;
		if (octet > 255 || (i < 3 && !stops_skip(s, '.')))
			return false;
		host = host << 8 | octet;
	}
	*ret = (struct addr){ .bytes = { [10] = 0xff, [11] = 0xff }, .family = 4 };
	host = htobe32(host);
	memcpy(ret->bytes + sizeof(ret->bytes) - sizeof(host), &host, sizeof(host));
	return true;
}

/* Labels, none empty, the last of which begins with a letter; no dot behind that. */
STOPS_INLINE bool plain_name(struct stops *s, const char *at)
{
	bool has_empty = s->at == at;

	while (stops_is(s, '.')) {
		at = s->at + 1;
		stops_pass(s);
		has_empty = has_empty || s->at == at;
	}
	return !has_empty && (unsigned char)((*at | 0x20) - 'a') < 26;
}

/* A name or an IPv4 address at `at`, behind which the stops begin. Four bytes before it may be
 * loaded. */
STOPS_INLINE bool plain_host(struct stops *s, const char *at, struct sip_host *ret)
{
	struct stops before = *s;

	if (s->at == at)
		return false;
	if ((unsigned char)(*at - '0') >= 10 || !plain_address(s, at, &ret->addr)) {
		*s = before;
		ret->addr = (struct addr){ .family = 0 };
		if (!plain_name(s, at))
			return false;
	}
	ret->text = stops_word(s, at);
	return !stops_is(s, '.');
}

/* ":port" or nothing, which is 0. */
STOPS_INLINE bool plain_port(struct stops *s, uint16_t *ret)
{
	const char *at = s->at;
	uint32_t port = 0, digit;

	*ret = 0;
	if (!stops_skip(s, ':'))
		return true;
	if (s->at - at > 6)
		return false;
	while (++at < s->at) {
		digit = (unsigned char)*at - (uint32_t)'0';
		if (digit > 9)
			return false;
		port = port * 10 + digit;
	}
	*ret = (uint16_t)port;
	return port - 1 < UINT16_MAX;
}

/* Behind the user and '@' where they are there; else it is the host that begins here. */
STOPS_INLINE const char *plain_user(struct stops *s, const char *at, struct view *ret)
{
	struct stops before = *s;

	if (!stops_is(s, '@'))
		stops_pass_all(s, &sip_uri_user_bytes);
	if (!stops_is(s, '@')) {
		*s = before;
		return at;
	}
	*ret = stops_word(s, at);
	at = s->at + 1;
	stops_pass(s);
	return at;
}

/* "sip:" in either case: nearly all that there are. */
STOPS_INLINE bool plain_is_sip(const char *at, const char *end)
{
	return end - at >= 4 && (at[0] | 0x20) == 's' && (at[1] | 0x20) == 'i' &&
	       (at[2] | 0x20) == 'p' && at[3] == ':';
}

/* sip: with user, host, port and parameters, to a stop that is none of its. */
STOPS_INLINE bool plain_uri(struct stops *s, const char *at, struct sip_uri *ret)
{
	/* `count` guards the names, plain_params_next fills the other. */
	struct plain_params params __attribute__((uninitialized));
	struct sip_param param __attribute__((uninitialized));
	const char *host;

	if (!plain_is_sip(at, s->end))
		return false;
	stops_pass(s);
	*ret = (struct sip_uri){ .scheme = SIP_SCHEME_SIP };
	host = plain_user(s, at + 4, &ret->user);
	if (host == at + 5 || !plain_host(s, host, &ret->host) || !plain_port(s, &ret->port))
		return false;
	host = s->at;
	params.bytes = &sip_uri_param_bytes;
	params.is_odd = false;
	params.count = 0;
	while (plain_params_next(&params, s, &param))
		;
	ret->params = stops_word(s, host);
	ret->text = stops_word(s, at);
	return !params.is_odd;
}

#endif
