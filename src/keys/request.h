/* SPDX-License-Identifier: Apache-2.0 */
/* What signal and web ask of `keys`, and the answer: slots of two rings. A key is named by the
 * digest of its public half, so that a handshake that began with a certificate is ended with its
 * key, also where both were renewed meanwhile. */
#ifndef KEYS_REQUEST_H
#define KEYS_REQUEST_H

#include <stdint.h>

enum {
	KEYS_NAME_BYTES = 32,     /* SHA-256 of a SubjectPublicKeyInfo */
	KEYS_MESSAGE_MAX = 448,   /* Ed25519 signs the message itself; others a digest */
	KEYS_SIGNATURE_MAX = 512, /* RSA of 4096 bits */
	MAX_KEYS_UNDER_WAY = 256, /* handshakes that wait for a signature */
	KEYS_REQUEST_SLOT = 512,  /* a multiple of 64 */
	KEYS_ANSWER_SLOT = 576,
};

enum keys_padding { KEYS_PADDING_NONE, KEYS_PADDING_PKCS1, KEYS_PADDING_PSS, KEYS_PADDING_COUNT };

enum keys_digest {
	KEYS_DIGEST_NONE, /* the message is signed: Ed25519 */
	KEYS_MD5_SHA1,    /* TLS 1.1 and before */
	KEYS_SHA1,
	KEYS_SHA256,
	KEYS_SHA384,
	KEYS_SHA512,
	KEYS_DIGEST_COUNT
};

struct keys_request {
	uint64_t id; /* comes back with the answer */
	uint8_t key[KEYS_NAME_BYTES];
	uint8_t padding, digest; /* enum keys_padding, enum keys_digest */
	uint16_t size;           /* of bytes */
	uint32_t unused;
	uint8_t bytes[KEYS_MESSAGE_MAX];
};

struct keys_answer {
	uint64_t id;
	uint8_t result; /* enum err */
	uint8_t unused;
	uint16_t size; /* of bytes; 0 with an error */
	uint32_t unused_too;
	uint8_t bytes[KEYS_SIGNATURE_MAX];
};

_Static_assert(sizeof(struct keys_request) <= KEYS_REQUEST_SLOT, "a request fits its slot");
_Static_assert(sizeof(struct keys_answer) <= KEYS_ANSWER_SLOT, "an answer fits its slot");

#endif
