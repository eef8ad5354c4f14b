/* SPDX-License-Identifier: Apache-2.0 */
/* Keyed hashes for tables that strangers fill and for what strangers are shown
 * (SipHash-2-4), and the digests of SIP (MD5, SHA-256 and HMAC-SHA-256 by OpenSSL). */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/err.h"
#include "base/view.h"

struct hash_key {
	uint8_t bytes[16];
};

/* Holds where its value is seen: cookies, tags, branches. */
uint64_t hash_siphash(const struct hash_key *key, const void *data, size_t len);
/* A sixth of the time, for tables within one process: multiplies under the key. Whoever
 * has neither key nor values cannot choose what collides; never to be sent to anybody
 * (docs/decisions/2026-11-22-hashes-of-tables.md). */
uint64_t hash_quick(const struct hash_key *key, const void *data, size_t len);

enum { HASH_MD5_SIZE = 16, HASH_SHA256_SIZE = 32, HASH_MAX_SIZE = 32 };
enum hash_digest { HASH_MD5, HASH_SHA256 };

/* Fetches the algorithms once; to be called before a sandbox closes. */
enum err hash_prepare(void) MUST_USE;
/* Over `count` pieces, one after the other. Returns the digest's size in bytes. */
size_t hash_digest(enum hash_digest which, const struct view *pieces, size_t count,
                   uint8_t ret[HASH_MAX_SIZE]);
void hash_hmac_sha256(struct view key, const struct view *pieces, size_t count,
                      uint8_t ret[HASH_SHA256_SIZE]);

#endif
