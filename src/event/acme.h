/* SPDX-License-Identifier: Apache-2.0 */
/* What processes say to each other while a certificate is had by ACME (RFC 8555): outreach talks
 * to the authority, `keys` signs, the parent opens the door of HTTP-01, calls the hook of DNS-01
 * and writes the file. Plain values. */
#ifndef EVENT_ACME_H
#define EVENT_ACME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ACME_LABEL_SIZE = 32,
	ACME_NAME_SIZE = 128,
	ACME_URL_SIZE = 256,
	MAX_ACME_NAMES = 8, /* in one certificate */
	ACME_COORDINATE = 32,
	ACME_PIECE_MAX = 3584,
	ACME_CHAIN_MAX = 64 << 10, /* bytes of PEM */
	ACME_VALUE_SIZE = 44,      /* base64url of SHA-256, and its NUL */
};

/* A certificate of the configuration: its names, and the account that asks for it. */
struct acme_wish {
	char account[ACME_LABEL_SIZE], certificate[ACME_LABEL_SIZE];
	uint8_t name_count;
	char names[MAX_ACME_NAMES][ACME_NAME_SIZE];
};

/* What `keys` knows of it. */
struct acme_about {
	uint8_t x[ACME_COORDINATE], y[ACME_COORDINATE]; /* of the account's public key, P-256 */
	int64_t from_s, ends_s;                         /* of the certificate that is there */
	uint8_t is_own;   /* signed by itself: what stands there until the first one comes */
	uint8_t is_whole; /* it names all that is wished for */
	uint8_t unused[6];
};

/* By the account's key; the answer is R and S. */
struct acme_sign {
	char account[ACME_LABEL_SIZE];
	uint8_t digest[32];
};
struct acme_signature {
	uint8_t bytes[2 * ACME_COORDINATE];
};

/* A part of a chain in PEM. The last one (at + len == total) has it put in force. */
struct acme_piece {
	char certificate[ACME_LABEL_SIZE];
	uint32_t at, total, len;
	char bytes[ACME_PIECE_MAX];
};

/* A TXT record at _acme-challenge.DOMAIN, to be written or, when it is over, removed. */
struct acme_record {
	char account[ACME_LABEL_SIZE], domain[ACME_NAME_SIZE], value[ACME_VALUE_SIZE];
	uint8_t is_over;
};

#endif
