/* SPDX-License-Identifier: Apache-2.0 */
/* What SRTP does with session keys: key streams of AES in counter mode, tags
 * of HMAC-SHA1, AES-GCM (OpenSSL), and where a packet's index stands in its IV
 * (RFC 3711 4.1.1, RFC 7714 8.1 and 9.1). Of a packet's form it knows nothing. */
#ifndef RTP_SRTP_CIPHER_H
#define RTP_SRTP_CIPHER_H

#include "base/err.h"
#include "base/suite.h"

enum { SRTP_ALGORITHMS = 4, SRTP_AUTH_KEY = 20, SRTP_HASH_WORDS = 5, SRTP_IV_SIZE = 16 };

/* Algorithms, fetched before a sandbox closes, and for each a context that any key may use
 * for a moment. One a thread. */
struct srtp_engine {
	void *algorithms[SRTP_ALGORITHMS];
	void *contexts[SRTP_ALGORITHMS];
};

/* ERR_NO_MEMORY; ERR_UNSUPPORTED where OpenSSL lacks an algorithm. */
enum err rtp_engine_open(struct srtp_engine *ret) MUST_USE;
void rtp_engine_close(struct srtp_engine *e);

/* Keys as they come out of the derivation (RFC 3711 4.3). */
struct srtp_session {
	uint8_t key[SUITE_MAX_KEY], salt[SUITE_MAX_SALT], auth[SRTP_AUTH_KEY];
};

/* The same as packets need them, but for the cipher's key. */
struct srtp_cipher {
	uint32_t inner[SRTP_HASH_WORDS], outer[SRTP_HASH_WORDS]; /* SHA-1 behind the HMAC's pads */
	uint8_t salt[SRTP_IV_SIZE];                              /* and zeros behind it */
	uint8_t suite;                                           /* enum suite */
};

void rtp_cipher_take(struct srtp_cipher *ret, unsigned suite, const struct srtp_session *keys);
/* A context of its own for the cipher's key, or *context again under another one.
 * ERR_NO_MEMORY. */
enum err rtp_cipher_key(struct srtp_engine *e, unsigned suite, const uint8_t *key,
                        void **context) MUST_USE;
void rtp_cipher_forget(void **context); /* wipes and frees */
/* The engine's context under that key, until it is asked for again. */
void *rtp_cipher_borrow(struct srtp_engine *e, unsigned suite, const uint8_t *key);

/* For the packet `index` of `ssrc`; of SRTCP its 31 bits. */
void rtp_cipher_iv(const struct srtp_cipher *c, uint32_t ssrc, uint64_t index,
                   uint8_t ret[SRTP_IV_SIZE]);

/* Text under the key stream, in place; twice is the text again. */
void rtp_cipher_stream(void *context, const uint8_t iv[SRTP_IV_SIZE], char *text, size_t len);
/* HMAC-SHA1 over both, all 20 bytes of it; `behind` may be empty. */
void rtp_cipher_tag(const struct srtp_cipher *c, struct view bytes, struct view behind,
                    uint8_t ret[SRTP_AUTH_KEY]);

/* AES-GCM in place; what is not encrypted is authenticated in two parts, of which the second
 * may be empty. */
struct srtp_sealed {
	char *text;
	size_t len;
	struct view heads[2];
};
void rtp_cipher_seal(void *context, const uint8_t iv[SRTP_IV_SIZE], const struct srtp_sealed *s,
                     uint8_t ret_tag[SUITE_MAX_TAG]);
/* False, and the text as it was, where the tag is another one. */
bool rtp_cipher_open(void *context, const uint8_t iv[SRTP_IV_SIZE], const struct srtp_sealed *s,
                     const uint8_t tag[SUITE_MAX_TAG]) MUST_USE;

#endif
