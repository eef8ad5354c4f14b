/* SPDX-License-Identifier: Apache-2.0 */
/* Derives session keys. */
#include "rtp/srtp_key.h"

/* RFC 3711 4.3.1 and 4.3.2: the label stands above the 48 bits of the index, which is 0. */
enum { LABEL_CIPHER, LABEL_AUTH, LABEL_SALT, LABELS, LABEL_PLACE = 7 };

/* The PRF of a 256-bit suite is AES-256, whatever its cipher's mode is. */
static unsigned suite_of_prf(unsigned suite)
{
	return suite_sizes(suite)->key == SUITE_MAX_KEY ? SUITE_CM_256_80 : SUITE_CM_128_80;
}

void rtp_key_derive(struct srtp_engine *e, unsigned suite, const uint8_t *secret, bool is_rtcp,
                    struct srtp_session *ret)
{
	const struct suite_sizes *sizes = suite_sizes(suite);
	void *context = rtp_cipher_borrow(e, suite_of_prf(suite), secret);
	const struct view parts[LABELS] = {
		[LABEL_CIPHER] = { (const char *)ret->key, sizes->key },
		[LABEL_AUTH] = { (const char *)ret->auth, sizeof(ret->auth) },
		[LABEL_SALT] = { (const char *)ret->salt, sizes->salt },
	};
	uint8_t iv[SRTP_IV_SIZE] = { 0 };

	memset(ret, 0, sizeof(*ret));
	/* A salt of 12 bytes is followed by zeros (RFC 7714 11). */
	memcpy(iv, secret + sizes->key, sizes->salt);
	for (uint8_t i = 0; i < LABELS; i++) {
		uint8_t label = (uint8_t)(i + (is_rtcp ? LABELS : 0));

		iv[LABEL_PLACE] ^= label;
		rtp_cipher_stream(context, iv, (char *)(uintptr_t)parts[i].at, parts[i].len);
		iv[LABEL_PLACE] ^= label;
	}
}
