/* SPDX-License-Identifier: Apache-2.0 */
/* The keys themselves: what signatures for handshakes and what is done for ACME share. */
#ifndef KEYS_SERVER_PRIV_H
#define KEYS_SERVER_PRIV_H

#include "keys/server.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

struct key {
	uint8_t name[KEYS_NAME_BYTES];
	char label[KEYS_NAME_SIZE];
	EVP_PKEY *private;
	X509 *leaf; /* the first of its chain; NULL: none is known */
};

struct generation {
	struct key keys[MAX_KEYS];
	size_t count;
	uint8_t control[KEYS_NAME_BYTES]; /* the key of the listener of servers */
	bool has_control;
};

struct keys_server {
	struct generation now, before, accounts;
	EVP_MD *digests[KEYS_DIGEST_COUNT];
};

#endif
