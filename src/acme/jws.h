/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to an ACME server as they are signed: JWS with ES256 (RFC 7515, 7518 3.4, RFC 8555 6.2).
 * The signature itself is made elsewhere, by who has the key. */
#ifndef ACME_JWS_H
#define ACME_JWS_H

#include "event/acme.h"

#include "base/buffer.h"

/* RFC 4648 5, without padding. */
void acme_base64(struct buffer *b, struct view bytes);

struct acme_key {
	uint8_t x[ACME_COORDINATE], y[ACME_COORDINATE];
};

struct acme_protected {
	const struct acme_key *key; /* of who has no account yet; NULL: `account` */
	const char *account;        /* its URL */
	const char *nonce, *url;
};

/* What is signed: base64url(protected) "." base64url(payload); `payload` is JSON, or empty for a
 * POST that only asks (6.3). All texts must have been checked (acme/read). ERR_LIMIT is the
 * buffer's. */
void acme_jws_input(struct buffer *b, const struct acme_protected *head, struct view payload);
/* The body: that, with its signature. */
void acme_jws_body(struct buffer *b, struct view input, const uint8_t signature[64]);

/* TOKEN "." thumbprint of the key (8.1, RFC 7638). */
void acme_key_authorization(struct buffer *b, const struct acme_key *key, const char *token);
/* What stands in the TXT record (8.4): base64url of its SHA-256. */
void acme_record_value(struct view authorization, char ret[ACME_VALUE_SIZE]);
/* SHA-256. */
void acme_digest(struct view bytes, uint8_t ret[32]);

#endif
