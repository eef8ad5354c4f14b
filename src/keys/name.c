/* SPDX-License-Identifier: Apache-2.0 */
/* What a key is called on both sides. */
#include "keys/server.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

bool keys_name_of(const struct evp_pkey_st *key, uint8_t ret[KEYS_NAME_BYTES])
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	bool is_good = len > 0 && EVP_Digest(der, (size_t)len, ret, NULL, EVP_sha256(), NULL) == 1;

	OPENSSL_free(der);
	return is_good;
}
