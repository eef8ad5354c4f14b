/* SPDX-License-Identifier: Apache-2.0 */
/* Digest arithmetic of RFC 7616 3.4, which contains RFC 2617's. */
#include "ua/digest.h"

#include "base/secret.h"

static enum hash_digest hash_of(enum sip_algorithm algorithm)
{
	return algorithm == SIP_ALGORITHM_SHA256 || algorithm == SIP_ALGORITHM_SHA256_SESS
	             ? HASH_SHA256
	             : HASH_MD5;
}

static char lower_hex(char c) { return c >= 'A' && c <= 'F' ? (char)(c + 32) : c; }

static bool is_session(enum sip_algorithm algorithm)
{
	return algorithm == SIP_ALGORITHM_MD5_SESS || algorithm == SIP_ALGORITHM_SHA256_SESS;
}

static size_t hex_len(enum sip_algorithm algorithm)
{
	return hash_of(algorithm) == HASH_SHA256 ? 2 * HASH_SHA256_SIZE : 2 * HASH_MD5_SIZE;
}

/* H(pieces joined by colons) in hex. */
static void hash_joined(enum hash_digest which, const struct view *pieces, size_t count,
                        char ret[UA_DIGEST_TEXT_MAX])
{
	enum { MAX_PIECES = 6 };
	struct view joined[2 * MAX_PIECES];
	uint8_t bytes[HASH_MAX_SIZE];
	struct buffer hex = buffer_on(ret, UA_DIGEST_TEXT_MAX);
	size_t n = 0;

	for (size_t i = 0; i < count && i < MAX_PIECES; i++) {
		if (i > 0)
			joined[n++] = VIEW(":");
		joined[n++] = pieces[i];
	}
	buffer_hex(&hex, bytes, hash_digest(which, joined, n, bytes));
	buffer_char(&hex, '\0');
	secret_wipe(bytes, sizeof(bytes));
}

enum err ua_ha1(enum sip_algorithm algorithm, struct view user, struct view realm,
                struct view password, struct ua_ha1 *ret)
{
	const struct view pieces[] = { user, realm, password };

	if (algorithm == SIP_ALGORITHM_OTHER)
		return ERR_UNSUPPORTED;
	hash_joined(hash_of(algorithm), pieces, 3, ret->text);
	ret->algorithm = (uint8_t)algorithm;
	return ERR_NONE;
}

enum err ua_ha1_read(enum sip_algorithm algorithm, struct view hex, struct ua_ha1 *ret)
{
	if (algorithm == SIP_ALGORITHM_OTHER)
		return ERR_UNSUPPORTED;
	if (hex.len != hex_len(algorithm))
		return ERR_SYNTAX;
	for (size_t i = 0; i < hex.len; i++) {
		char c = hex.at[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
			return ERR_SYNTAX;
	}
	for (size_t i = 0; i < hex.len; i++) /* what is hashed further is lower case */
		ret->text[i] = lower_hex(hex.at[i]);
	ret->text[hex.len] = '\0';
	ret->algorithm = (uint8_t)algorithm;
	return ERR_NONE;
}

void ua_ha1_clear(struct ua_ha1 *ha1) { secret_wipe(ha1, sizeof(*ha1)); }

void ua_digest_response(const struct ua_ha1 *ha1, const struct ua_digest *digest,
                        char ret[UA_DIGEST_TEXT_MAX])
{
	enum sip_algorithm algorithm = (enum sip_algorithm)ha1->algorithm;
	enum hash_digest which = hash_of(algorithm);
	char session[UA_DIGEST_TEXT_MAX], ha2[UA_DIGEST_TEXT_MAX], nc[9];
	const struct view session_pieces[] = { view_of(ha1->text), digest->nonce, digest->cnonce };
	const struct view ha2_pieces[] = { digest->method, digest->uri };
	struct view secret = view_of(ha1->text);

	if (is_session(algorithm)) {
		hash_joined(which, session_pieces, 3, session);
		secret = view_of(session);
	}
	hash_joined(which, ha2_pieces, 2, ha2);
	if (digest->has_qop) {
		const struct view pieces[] = { secret,         digest->nonce, view_bytes(nc, 8),
			                       digest->cnonce, VIEW("auth"),  view_of(ha2) };

		ua_digest_nc_write(digest->nonce_count, nc);
		hash_joined(which, pieces, 6, ret);
	} else {
		const struct view pieces[] = { secret, digest->nonce, view_of(ha2) };

		hash_joined(which, pieces, 3, ret);
	}
	secret_wipe(session, sizeof(session));
}

bool ua_digest_verify(const struct ua_ha1 *ha1, const struct ua_digest *digest,
                      struct view response)
{
	char want[UA_DIGEST_TEXT_MAX], got[UA_DIGEST_TEXT_MAX];
	size_t len = hex_len((enum sip_algorithm)ha1->algorithm);
	bool is_right;

	if (response.len != len)
		return false;
	ua_digest_response(ha1, digest, want);
	for (size_t i = 0; i < len; i++)
		got[i] = lower_hex(response.at[i]);
	is_right = secret_equal(want, got, len);
	secret_wipe(want, sizeof(want));
	return is_right;
}

bool ua_digest_nc_read(struct view text, uint32_t *ret)
{
	uint32_t number = 0;

	if (text.len != 8)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		unsigned digit;

		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			digit = (unsigned)(c - 'a') + 10;
		else if (c >= 'A' && c <= 'F')
			digit = (unsigned)(c - 'A') + 10;
		else
			return false;
		number = number << 4 | digit;
	}
	*ret = number;
	return true;
}

void ua_digest_nc_write(uint32_t nonce_count, char ret[9])
{
	for (unsigned i = 0; i < 8; i++)
		ret[i] = "0123456789abcdef"[nonce_count >> (28 - 4 * i) & 15];
	ret[8] = '\0';
}
