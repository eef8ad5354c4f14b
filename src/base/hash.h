/* SPDX-License-Identifier: Apache-2.0 */
/* Keyed hashes for tables that strangers fill and for what strangers are shown
 * (SipHash-2-4), and the digests of what we speak (MD5, SHA-1 and SHA-256, and HMAC over them, by
 * OpenSSL). SHA-1 is for what is written with it and nothing new: STUN, WebSocket. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/err.h"
#include "base/view.h"

struct hash_key {
	uint8_t bytes[16];
};

/* Holds where its value is seen: cookies, tags, branches. */
uint64_t hash_siphash(const struct hash_key *key, const void *data, size_t len);
/* A sixth of the time, for tables and checksums of our own memory: multiplies under the
 * key. Whoever has neither key nor values cannot choose what collides; never to be sent to
 * anybody (docs/decisions/2026-11-22-hashes-of-tables.md). */
uint64_t hash_quick(const struct hash_key *key, const void *data, size_t len);
/* The like with another value, for kilobytes: four chains side by side, so that none waits for
 * the product of another. */
uint64_t hash_long(const struct hash_key *key, const void *data, size_t len);

/* Both halves of the product count, so that every bit of the one depends on every bit
 * of the other. */
static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The like of hash_quick for four words, with another value: both halves at once, no call. */
static inline uint64_t hash_words(const struct hash_key *key, const uint64_t words[4])
{
	struct {
		uint64_t first, second;
	} k;

	memcpy(&k, key->bytes, sizeof(k));
	/* Digits of pi: a key of zeros, as tests have it, must not make factors of zero. */
	return hash_fold(hash_fold(words[0] ^ k.first ^ UINT64_C(0x243f6a8885a308d3),
	                           words[1] ^ k.second ^ UINT64_C(0x13198a2e03707344)) ^
	                         k.second ^ UINT64_C(0xa4093822299f31d0),
	                 hash_fold(words[2] ^ k.second ^ UINT64_C(0x082efa98ec4e6c89),
	                           words[3] ^ k.first ^ UINT64_C(0x452821e638d01377)) ^
	                         k.first ^ UINT64_C(0xbe5466cf34e90c6c));
}

enum { HASH_MD5_SIZE = 16, HASH_SHA1_SIZE = 20, HASH_SHA256_SIZE = 32, HASH_MAX_SIZE = 32 };
enum hash_digest { HASH_MD5, HASH_SHA1, HASH_SHA256 };

/* Fetches the algorithms once; to be called before a sandbox closes. */
enum err hash_prepare(void) MUST_USE;
/* Over `count` pieces, one after the other. Returns the digest's size in bytes. */
size_t hash_digest(enum hash_digest which, const struct view *pieces, size_t count,
                   uint8_t ret[HASH_MAX_SIZE]);
/* RFC 2104. Returns the digest's size in bytes. */
size_t hash_hmac(enum hash_digest which, struct view key, const struct view *pieces, size_t count,
                 uint8_t ret[HASH_MAX_SIZE]);
static inline void hash_hmac_sha256(struct view key, const struct view *pieces, size_t count,
                                    uint8_t ret[HASH_SHA256_SIZE])
{
	(void)hash_hmac(HASH_SHA256, key, pieces, count, ret);
}

#endif
