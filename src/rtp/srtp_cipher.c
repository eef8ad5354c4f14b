/* SPDX-License-Identifier: Apache-2.0 */
/* Session keys at work. Cipher and key are set once and only the IV for each
 * packet: a third of what setting all three costs. The HMAC begins behind its
 * two pads, for which OpenSSL's EVP has no form that neither copies a context
 * nor allocates: hence SHA1_Update and its kin. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "rtp/srtp_cipher.h"

#include "base/secret.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <endian.h>
#include <stdlib.h>

static const char *const names[SRTP_ALGORITHMS] = { "AES-128-CTR", "AES-256-CTR", "AES-128-GCM",
	                                            "AES-256-GCM" };

static size_t algorithm_of(unsigned suite)
{
	return (size_t)2 * suite_is_aead(suite) + (suite_sizes(suite)->key == SUITE_MAX_KEY);
}

/* What cannot be computed must not pass for done. Nothing here fails by what a packet holds. */
static void must(bool is_done)
{
	if (!is_done)
		abort();
}

enum err rtp_engine_open(struct srtp_engine *ret)
{
	static const uint8_t no_key[SUITE_MAX_KEY];
	struct srtp_engine e = { 0 };
	enum err err = ERR_NONE;

	for (size_t i = 0; i < SRTP_ALGORITHMS && err == ERR_NONE; i++) {
		e.algorithms[i] = EVP_CIPHER_fetch(NULL, names[i], NULL);
		if (!e.algorithms[i])
			err = ERR_UNSUPPORTED;
		else if (!(e.contexts[i] = EVP_CIPHER_CTX_new()) ||
		         EVP_CipherInit_ex(e.contexts[i], e.algorithms[i], NULL, no_key, NULL, 1) !=
		                 1)
			err = ERR_NO_MEMORY;
	}
	if (err == ERR_NONE)
		*ret = e;
	else
		rtp_engine_close(&e);
	return err;
}

void rtp_engine_close(struct srtp_engine *e)
{
	for (size_t i = 0; i < SRTP_ALGORITHMS; i++) {
		EVP_CIPHER_CTX_free(e->contexts[i]);
		EVP_CIPHER_free(e->algorithms[i]);
	}
	*e = (struct srtp_engine){ 0 };
}

static void hash_pad(const uint8_t *key, uint8_t with, uint32_t ret[SRTP_HASH_WORDS])
{
	uint8_t pad[SHA_CBLOCK];
	SHA_CTX hash;

	memset(pad, with, sizeof(pad));
	for (size_t i = 0; i < SRTP_AUTH_KEY; i++)
		pad[i] ^= key[i];
	SHA1_Init(&hash);
	SHA1_Update(&hash, pad, sizeof(pad));
	memcpy(ret, (const uint32_t[]){ hash.h0, hash.h1, hash.h2, hash.h3, hash.h4 },
	       SRTP_HASH_WORDS * sizeof(*ret));
	secret_wipe(pad, sizeof(pad));
	secret_wipe(&hash, sizeof(hash));
}

void rtp_cipher_take(struct srtp_cipher *ret, unsigned suite, const struct srtp_session *keys)
{
	*ret = (struct srtp_cipher){ .suite = (uint8_t)suite };
	memcpy(ret->salt, keys->salt, suite_sizes(suite)->salt);
	hash_pad(keys->auth, 0x36, ret->inner);
	hash_pad(keys->auth, 0x5c, ret->outer);
}

enum err rtp_cipher_key(struct srtp_engine *e, unsigned suite, const uint8_t *key, void **context)
{
	if (!*context && !(*context = EVP_CIPHER_CTX_new()))
		return ERR_NO_MEMORY;
	if (EVP_CipherInit_ex(*context, e->algorithms[algorithm_of(suite)], NULL, key, NULL, 1) ==
	    1)
		return ERR_NONE;
	rtp_cipher_forget(context);
	return ERR_NO_MEMORY;
}

void rtp_cipher_forget(void **context)
{
	EVP_CIPHER_CTX_free(*context);
	*context = NULL;
}

void *rtp_cipher_borrow(struct srtp_engine *e, unsigned suite, const uint8_t *key)
{
	void *context = e->contexts[algorithm_of(suite)];

	must(EVP_CipherInit_ex(context, NULL, NULL, key, NULL, 1) == 1);
	return context;
}

/* With a salt of 14 bytes the IV is (salt ^ ssrc ^ index) * 2^16, with one of 12 it is their
 * sum alone: ssrc and index begin at the bytes 4 and 8 there, 2 and 6 here. In whole words, for
 * OpenSSL reads it at once, and bytes that were written one by one would have to be waited for. */
void rtp_cipher_iv(const struct srtp_cipher *c, uint32_t ssrc, uint64_t index,
                   uint8_t ret[SRTP_IV_SIZE])
{
	bool is_aead = suite_is_aead(c->suite);
	uint64_t high = is_aead ? (uint64_t)ssrc << 16 | index >> 32 : ssrc;
	uint64_t words[2], low = is_aead ? index << 32 : index << 16;

	memcpy(words, c->salt, sizeof(words));
	words[0] ^= htobe64(high);
	words[1] ^= htobe64(low);
	memcpy(ret, words, sizeof(words));
}

void rtp_cipher_stream(void *context, const uint8_t iv[SRTP_IV_SIZE], char *text, size_t len)
{
	uint8_t *at = (uint8_t *)text;
	int done = 0;

	must(EVP_CipherInit_ex(context, NULL, NULL, NULL, iv, 1) == 1);
	must(len == 0 || EVP_CipherUpdate(context, at, &done, at, (int)len) == 1);
}

static void resume(SHA_CTX *hash, const uint32_t words[SRTP_HASH_WORDS])
{
	hash->h0 = words[0];
	hash->h1 = words[1];
	hash->h2 = words[2];
	hash->h3 = words[3];
	hash->h4 = words[4];
	hash->Nl = 8 * SHA_CBLOCK;
	hash->Nh = 0;
	hash->num = 0;
}

void rtp_cipher_tag(const struct srtp_cipher *c, struct view bytes, struct view behind,
                    uint8_t ret[SRTP_AUTH_KEY])
{
	SHA_CTX hash;

	resume(&hash, c->inner);
	SHA1_Update(&hash, bytes.at, bytes.len);
	SHA1_Update(&hash, behind.at, behind.len);
	SHA1_Final(ret, &hash);
	resume(&hash, c->outer);
	SHA1_Update(&hash, ret, SRTP_AUTH_KEY);
	SHA1_Final(ret, &hash);
}

static void run(void *context, const uint8_t *iv, const struct srtp_sealed *s, int is_sealing)
{
	uint8_t *text = (uint8_t *)s->text;
	int done = 0;

	must(EVP_CipherInit_ex(context, NULL, NULL, NULL, iv, is_sealing) == 1);
	for (size_t i = 0; i < 2; i++)
		must(s->heads[i].len == 0 ||
		     EVP_CipherUpdate(context, NULL, &done, (const uint8_t *)s->heads[i].at,
		                      (int)s->heads[i].len) == 1);
	must(s->len == 0 || EVP_CipherUpdate(context, text, &done, text, (int)s->len) == 1);
}

void rtp_cipher_seal(void *context, const uint8_t iv[SRTP_IV_SIZE], const struct srtp_sealed *s,
                     uint8_t ret_tag[SUITE_MAX_TAG])
{
	uint8_t nothing[SUITE_MAX_TAG];
	int done = 0;

	run(context, iv, s, 1);
	must(EVP_CipherFinal_ex(context, nothing, &done) == 1);
	must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SUITE_MAX_TAG, ret_tag) == 1);
}

/* OpenSSL compares the tags in constant time. */
bool rtp_cipher_open(void *context, const uint8_t iv[SRTP_IV_SIZE], const struct srtp_sealed *s,
                     const uint8_t tag[SUITE_MAX_TAG])
{
	uint8_t expected[SUITE_MAX_TAG], nothing[SUITE_MAX_TAG];
	int done = 0;

	memcpy(expected, tag, sizeof(expected));
	run(context, iv, s, 0);
	must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, SUITE_MAX_TAG, expected) == 1);
	if (EVP_CipherFinal_ex(context, nothing, &done) == 1)
		return true;
	run(context, iv, s, 0);
	return false;
}
