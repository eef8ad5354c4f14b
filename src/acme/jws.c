/* SPDX-License-Identifier: Apache-2.0 */
/* base64url and the few members that are ever written: nothing in them needs escapes. */
#include "acme/jws.h"

#include <openssl/sha.h>

enum { PROTECTED_MAX = 2 * ACME_URL_SIZE + 512, KEY_JSON_MAX = 256 };

void acme_base64(struct buffer *b, struct view bytes)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const uint8_t *at = (const uint8_t *)bytes.at;

	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t left = bytes.len - i;
		uint32_t word = (uint32_t)at[i] << 16 | (left > 1 ? (uint32_t)at[i + 1] << 8 : 0) |
		                (left > 2 ? at[i + 2] : 0);

		for (unsigned digit = 0; digit < 4 && digit <= left; digit++)
			buffer_char(b, alphabet[word >> (18 - 6 * digit) & 63]);
	}
}

void acme_digest(struct view bytes, uint8_t ret[32])
{
	(void)SHA256((const uint8_t *)(bytes.at ? bytes.at : ""), bytes.len, ret);
}

/* In the order of RFC 7638 3.3, for its digest is the thumbprint. */
static void put_key(struct buffer *b, const struct acme_key *key)
{
	buffer_text(b, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"");
	acme_base64(b, view_bytes(key->x, sizeof(key->x)));
	buffer_text(b, "\",\"y\":\"");
	acme_base64(b, view_bytes(key->y, sizeof(key->y)));
	buffer_text(b, "\"}");
}

void acme_jws_input(struct buffer *b, const struct acme_protected *head, struct view payload)
{
	char text[PROTECTED_MAX];
	struct buffer p = BUFFER_ON(text);

	buffer_text(&p, "{\"alg\":\"ES256\",");
	if (head->key) {
		buffer_text(&p, "\"jwk\":");
		put_key(&p, head->key);
	} else {
		buffer_text(&p, "\"kid\":\"");
		buffer_text(&p, head->account);
		buffer_char(&p, '"');
	}
	buffer_text(&p, ",\"nonce\":\"");
	buffer_text(&p, head->nonce);
	buffer_text(&p, "\",\"url\":\"");
	buffer_text(&p, head->url);
	buffer_text(&p, "\"}");
	if (p.err != ERR_NONE)
		buffer_fail(b, p.err);
	acme_base64(b, buffer_view(&p));
	buffer_char(b, '.');
	acme_base64(b, payload);
}

void acme_jws_body(struct buffer *b, struct view input, const uint8_t signature[64])
{
	size_t dot = view_find(input, '.', 0);

	buffer_text(b, "{\"protected\":\"");
	buffer_put(b, view_first(input, dot));
	buffer_text(b, "\",\"payload\":\"");
	buffer_put(b, view_after(input, dot + 1));
	buffer_text(b, "\",\"signature\":\"");
	acme_base64(b, view_bytes(signature, 64));
	buffer_text(b, "\"}");
}

void acme_key_authorization(struct buffer *b, const struct acme_key *key, const char *token)
{
	char text[KEY_JSON_MAX];
	struct buffer json = BUFFER_ON(text);
	uint8_t digest[32];

	put_key(&json, key);
	acme_digest(buffer_view(&json), digest);
	buffer_text(b, token);
	buffer_char(b, '.');
	acme_base64(b, view_bytes(digest, sizeof(digest)));
}

void acme_record_value(struct view authorization, char ret[ACME_VALUE_SIZE])
{
	struct buffer b = buffer_on(ret, ACME_VALUE_SIZE - 1);
	uint8_t digest[32];

	acme_digest(authorization, digest);
	acme_base64(&b, view_bytes(digest, sizeof(digest)));
	ret[b.len] = 0;
}
