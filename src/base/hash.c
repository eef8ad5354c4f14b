/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-2-4 after the paper of Aumasson and Bernstein; digests over contexts
 * that are made once, because making one costs more than hashing a digest
 * response does, and because a sandboxed process must not load a provider. */
#include "base/hash.h"
#include "base/secret.h"
#include <endian.h>
#include <openssl/evp.h>
#include <stdlib.h>

enum { HMAC_BLOCK = 64 }; /* of all three */

static uint64_t rotated(uint64_t x, int bits) { return x << bits | x >> (64 - bits); }

static uint64_t little_u64(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return le64toh(word);
}

static inline void sip_rounds(uint64_t v[4], int rounds)
{
	for (int i = 0; i < rounds; i++) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotated(v[1], 13) ^ v[0];
		v[3] = rotated(v[3], 16) ^ v[2];
		v[0] = rotated(v[0], 32) + v[3];
		v[2] += v[1];
		v[1] = rotated(v[1], 17) ^ v[2];
		v[3] = rotated(v[3], 21) ^ v[0];
		v[2] = rotated(v[2], 32);
	}
}

static inline void sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_rounds(v, 2);
	v[0] ^= word;
}

uint64_t hash_siphash(const struct hash_key *key, const void *data, size_t len)
{
	const uint8_t *at = data;
	uint64_t k0 = little_u64(key->bytes), k1 = little_u64(key->bytes + 8);
	uint64_t v[4] = { k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
		          k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573) };
	uint64_t last = (uint64_t)len << 56;
	size_t left = len;

	for (; left >= 8; at += 8, left -= 8)
		sip_word(v, little_u64(at));
	for (size_t i = 0; i < left; i++)
		last |= (uint64_t)at[i] << (8 * i);
	sip_word(v, last);

	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static inline uint64_t little_u32(const uint8_t *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return le32toh(word);
}

/* 0 to 16 bytes as two words, which overlap where there are fewer. */
static inline void short_words(const uint8_t *at, size_t len, uint64_t ret[2])
{
	ret[0] = ret[1] = 0;
	if (len >= 8) {
		ret[0] = little_u64(at);
		ret[1] = little_u64(at + len - 8);
	} else if (len >= 4) {
		ret[0] = little_u32(at);
		ret[1] = little_u32(at + len - 4);
	} else if (len > 0) {
		ret[0] = (uint64_t)at[0] << 16 | (uint64_t)at[len / 2] << 8 | at[len - 1];
	}
}

uint64_t hash_quick(const struct hash_key *key, const void *data, size_t len)
{
	/* Digits of pi: a key of zeros, as tests have it, must not make factors of zero. */
	uint64_t k0 = little_u64(key->bytes) ^ UINT64_C(0x243f6a8885a308d3);
	uint64_t k1 = little_u64(key->bytes + 8) ^ UINT64_C(0x13198a2e03707345);
	uint64_t state = k0, words[2];
	const uint8_t *at = data, *last;

	if (len <= 16) {
		short_words(at, len, words);
		state = hash_fold(words[0] ^ k1, words[1] ^ state);
		return hash_fold(state ^ k0, len ^ k1);
	}
	last = at + len - 16;
	do {
		state = hash_fold(little_u64(at) ^ k1, little_u64(at + 8) ^ state);
		at += 16;
	} while (at < last);
	/* The last 16 overlap those before them. */
	state = hash_fold(little_u64(last) ^ k1, little_u64(last + 8) ^ state);
	return hash_fold(state ^ k0, len ^ k1);
}

uint64_t hash_long(const struct hash_key *key, const void *data, size_t len)
{
	uint64_t k0 = little_u64(key->bytes) ^ UINT64_C(0xa4093822299f31d0);
	uint64_t k1 = little_u64(key->bytes + 8) ^ UINT64_C(0x13198a2e03707345);
	uint64_t a = hash_fold(k0, k1), b = a + k0, c = a + k1, d = a ^ (k0 + k1);
	const uint8_t *at = data;
	size_t left = len;

	for (; left >= 64; at += 64, left -= 64) {
		a = hash_fold(little_u64(at) ^ k1, little_u64(at + 8) ^ a);
		b = hash_fold(little_u64(at + 16) ^ k1, little_u64(at + 24) ^ b);
		c = hash_fold(little_u64(at + 32) ^ k1, little_u64(at + 40) ^ c);
		d = hash_fold(little_u64(at + 48) ^ k1, little_u64(at + 56) ^ d);
	}
	a = hash_quick(key, (const uint64_t[]){ a, b, c, d, len }, 5 * sizeof(a));
	return a ^ hash_quick(key, at, left);
}

/* One context an algorithm and thread: initialising it again allocates nothing. */
static _Thread_local EVP_MD_CTX *contexts[HASH_SHA256 + 1];

static enum err prepare(enum hash_digest which)
{
	static const char *const names[] = {
		[HASH_MD5] = "MD5", [HASH_SHA1] = "SHA1", [HASH_SHA256] = "SHA256"
	};
	EVP_MD_CTX *context;
	EVP_MD *algorithm;
	enum err err = ERR_UNSUPPORTED;

	if (contexts[which])
		return ERR_NONE;
	algorithm = EVP_MD_fetch(NULL, names[which], NULL);
	if (!algorithm)
		return ERR_UNSUPPORTED;
	context = EVP_MD_CTX_new();
	if (!context)
		err = ERR_NO_MEMORY;
	else if (EVP_DigestInit_ex2(context, algorithm, NULL) == 1)
		err = ERR_NONE;
	EVP_MD_free(algorithm); /* the context holds its own reference */
	if (err == ERR_NONE)
		contexts[which] = context;
	else
		EVP_MD_CTX_free(context);
	return err;
}

enum err hash_prepare(void)
{
	enum err err = prepare(HASH_MD5);

	if (err == ERR_NONE)
		err = prepare(HASH_SHA1);
	return err != ERR_NONE ? err : prepare(HASH_SHA256);
}

/* A digest that cannot be computed must not pass for one: whoever skipped
 * hash_prepare, or ignored its error, ends here. */
static void must(bool is_done)
{
	if (!is_done)
		abort();
}

static EVP_MD_CTX *begin(enum hash_digest which)
{
	must(prepare(which) == ERR_NONE);
	must(EVP_DigestInit_ex2(contexts[which], NULL, NULL) == 1);
	return contexts[which];
}

static void add(EVP_MD_CTX *context, const struct view *pieces, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (pieces[i].len > 0)
			must(EVP_DigestUpdate(context, pieces[i].at, pieces[i].len) == 1);
}

static size_t finish(EVP_MD_CTX *context, uint8_t ret[HASH_MAX_SIZE])
{
	unsigned size = 0;

	must(EVP_DigestFinal_ex(context, ret, &size) == 1);
	return size;
}

size_t hash_digest(enum hash_digest which, const struct view *pieces, size_t count,
                   uint8_t ret[HASH_MAX_SIZE])
{
	EVP_MD_CTX *context = begin(which);

	add(context, pieces, count);
	return finish(context, ret);
}

/* RFC 2104: H(key ^ opad, H(key ^ ipad, text)). */
size_t hash_hmac(enum hash_digest which, struct view key, const struct view *pieces, size_t count,
                 uint8_t ret[HASH_MAX_SIZE])
{
	uint8_t pad[HMAC_BLOCK] = { 0 }, inner[HASH_MAX_SIZE];
	struct view pad_view = view_bytes(pad, sizeof(pad));
	struct view inner_view;
	EVP_MD_CTX *context;
	size_t size;

	if (key.len > HMAC_BLOCK)
		(void)hash_digest(which, &key, 1, pad);
	else if (key.len > 0)
		memcpy(pad, key.at, key.len);

	for (size_t i = 0; i < HMAC_BLOCK; i++)
		pad[i] ^= 0x36;
	context = begin(which);
	add(context, &pad_view, 1);
	add(context, pieces, count);
	inner_view = view_bytes(inner, finish(context, inner));

	for (size_t i = 0; i < HMAC_BLOCK; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	context = begin(which);
	add(context, &pad_view, 1);
	add(context, &inner_view, 1);
	size = finish(context, ret);
	secret_wipe(pad, sizeof(pad));
	secret_wipe(inner, sizeof(inner));
	return size;
}
