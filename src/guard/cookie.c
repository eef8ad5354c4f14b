/* SPDX-License-Identifier: Apache-2.0 */
/* Cookie text: 21 bytes in the URL alphabet of base64, which is 28 characters
 * without padding: one byte of version and epoch, four of time, sixteen of
 * HMAC. The unknown-user mark goes into the HMAC and nowhere else; the reader
 * tries both, always, so that neither text nor time tells them apart. */
#include "guard/cookie.h"

#include "base/now.h"
#include "base/secret.h"

#include <string.h>

enum { VERSION = 1, MAC_SIZE = 16, RAW_SIZE = 5 + MAC_SIZE, FUTURE_SLACK_S = 60 };
enum { SEPARATOR = '-', NO_OPAQUE = '.' };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct raw {
	uint8_t bytes[RAW_SIZE]; /* version and epoch, time, HMAC */
};

static uint32_t time_of(const struct raw *raw)
{
	const uint8_t *t = raw->bytes + 1;

	return (uint32_t)t[0] << 24 | (uint32_t)t[1] << 16 | (uint32_t)t[2] << 8 | t[3];
}

/* Each part's length is fixed or stands before it, so no two subjects sign alike. */
static void sign(const struct raw *raw, const struct hash_key *key,
                 const struct guard_cookie_subject *subject, const struct guard_cookie_issue *issue,
                 uint8_t ret[MAC_SIZE])
{
	struct addr source = addr_source(&subject->source);
	uint8_t mac[HASH_SHA256_SIZE], head[16];
	struct buffer in = BUFFER_ON(head);
	struct view pieces[5];

	buffer_put(&in, VIEW("cookie"));
	buffer_char(&in, (char)issue->user);
	buffer_char(&in, (char)source.family);
	buffer_char(&in, issue->opaque.at != NULL);
	buffer_u32(&in, (uint32_t)subject->nonce.len);
	pieces[0] = buffer_view(&in);
	pieces[1] = view_bytes(raw->bytes, RAW_SIZE - MAC_SIZE);
	pieces[2] = view_bytes(source.bytes, sizeof(source.bytes));
	pieces[3] = subject->nonce;
	pieces[4] = issue->opaque;
	hash_hmac_sha256(view_bytes(key->bytes, sizeof(key->bytes)), pieces, 5, mac);
	memcpy(ret, mac, MAC_SIZE);
}

static void write_text(struct buffer *b, const struct raw *raw)
{
	for (size_t i = 0; i < RAW_SIZE; i += 3) {
		uint32_t three = (uint32_t)raw->bytes[i] << 16 | (uint32_t)raw->bytes[i + 1] << 8 |
		                 raw->bytes[i + 2];

		for (unsigned shift = 24; shift > 0; shift -= 6)
			buffer_char(b, alphabet[three >> (shift - 6) & 63]);
	}
}

static int sextet_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

static bool read_text(struct view text, struct raw *ret)
{
	for (size_t i = 0; i < COOKIE_TEXT; i += 4) {
		uint32_t three = 0;

		for (size_t k = 0; k < 4; k++) {
			int sextet = sextet_of(text.at[i + k]);

			if (sextet < 0)
				return false;
			three = three << 6 | (uint32_t)sextet;
		}
		ret->bytes[i / 4 * 3] = (uint8_t)(three >> 16);
		ret->bytes[i / 4 * 3 + 1] = (uint8_t)(three >> 8);
		ret->bytes[i / 4 * 3 + 2] = (uint8_t)three;
	}
	return true;
}

void guard_cookie_write(struct buffer *b, const struct guard_cookie_keys *keys,
                        const struct guard_cookie_subject *subject,
                        const struct guard_cookie_issue *issue)
{
	uint32_t time_s = (uint32_t)(issue->now_us / SECOND_US);
	uint8_t epoch = keys->current % 2;
	struct raw raw = { { (uint8_t)(VERSION << 1 | epoch), (uint8_t)(time_s >> 24),
		             (uint8_t)(time_s >> 16), (uint8_t)(time_s >> 8), (uint8_t)time_s } };

	sign(&raw, &keys->epochs[epoch], subject, issue, raw.bytes + RAW_SIZE - MAC_SIZE);
	write_text(b, &raw);
	buffer_char(b, issue->opaque.at ? SEPARATOR : NO_OPAQUE);
	buffer_put(b, issue->opaque);
}

/* Whether it is ours, and with which mark. All are tried whatever the first says. */
static bool verify(const struct raw *raw, const struct guard_cookie_keys *keys,
                   const struct guard_cookie_subject *subject, struct view opaque,
                   enum guard_cookie_user *ret)
{
	const struct hash_key *key = &keys->epochs[raw->bytes[0] & 1];
	struct guard_cookie_issue issue = { .opaque = opaque };
	bool is_one = false;

	for (int user = COOKIE_USER_ORDINARY; user < COOKIE_USERS; user++) {
		uint8_t mac[MAC_SIZE];

		issue.user = (enum guard_cookie_user)user;
		sign(raw, key, subject, &issue, mac);
		if (!secret_equal(mac, raw->bytes + RAW_SIZE - MAC_SIZE, MAC_SIZE))
			continue;
		*ret = (enum guard_cookie_user)user;
		is_one = true;
	}
	return is_one;
}

struct guard_cookie guard_cookie_read(struct view text, const struct guard_cookie_keys *keys,
                                      const struct guard_cookie_subject *subject, uint32_t life_s,
                                      uint64_t now_us)
{
	struct guard_cookie cookie = { .verdict = COOKIE_ABSENT };
	struct view opaque = VIEW_EMPTY;
	struct raw raw;
	int64_t age_s;

	if (text.len < COOKIE_WITH_SEPARATOR || !read_text(text, &raw) ||
	    raw.bytes[0] >> 1 != VERSION)
		return cookie;
	if (text.at[COOKIE_TEXT] == SEPARATOR)
		opaque = (struct view){ text.at + COOKIE_WITH_SEPARATOR,
			                text.len - COOKIE_WITH_SEPARATOR };
	else if (text.at[COOKIE_TEXT] != NO_OPAQUE || text.len != COOKIE_WITH_SEPARATOR)
		return cookie;

	cookie.verdict = COOKIE_BAD;
	if (!verify(&raw, keys, subject, opaque, &cookie.user))
		return cookie;
	/* Wall clocks are set back: a little ahead is now, further ahead is not believed. */
	age_s = (int64_t)(now_us / SECOND_US) - (int64_t)time_of(&raw);
	cookie.age_s = age_s > 0 ? (uint32_t)age_s : 0;
	cookie.has_opaque = opaque.at != NULL;
	cookie.opaque = opaque;
	cookie.verdict =
		age_s > (int64_t)life_s || age_s < -FUTURE_SLACK_S ? COOKIE_OLD : COOKIE_GOOD;
	return cookie;
}
