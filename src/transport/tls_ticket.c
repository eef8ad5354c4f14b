/* SPDX-License-Identifier: Apache-2.0 */
/* AES-256-CBC with HMAC-SHA-256, as RFC 5077 4 recommends. */
#include "transport/tls_ticket.h"

#include "base/now.h"
#include "base/secret.h"
#include "os/random.h"

#include <openssl/core_names.h>
#include <string.h>

void tls_tickets_turn(struct tls_tickets *t, uint64_t now_us)
{
	struct tls_ticket_key *fresh = &t->keys[0];

	if (fresh->since_us > 0 &&
	    now_since(now_us, fresh->since_us) < TLS_TICKET_LIFE_S * (uint64_t)SECOND_US)
		return;
	t->keys[1] = *fresh;
	/* Nobody came for so long that the one before is over too. */
	if (fresh->since_us > 0 &&
	    now_since(now_us, fresh->since_us) >= 2 * TLS_TICKET_LIFE_S * (uint64_t)SECOND_US)
		t->keys[1].since_us = 0;
	random_fill(fresh, offsetof(struct tls_ticket_key, since_us));
	fresh->since_us = now_us > 0 ? now_us : 1;
}

void tls_tickets_wipe(struct tls_tickets *t) { secret_wipe(t, sizeof(*t)); }

static const struct tls_ticket_key *key_of(const struct tls_tickets *t, const unsigned char *name)
{
	for (size_t i = 0; i < 2; i++)
		if (t->keys[i].since_us > 0 &&
		    memcmp(t->keys[i].name, name, sizeof(t->keys[i].name)) == 0)
			return &t->keys[i];
	return NULL;
}

static bool set_mac(const struct tls_ticket_key *key, EVP_MAC_CTX *mac)
{
	char digest[] = "SHA256";
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)(uintptr_t)key->mac,
		                                  sizeof(key->mac)),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

int tls_tickets_use(const struct tls_tickets *t, const struct tls_ticket_work *work)
{
	const struct tls_ticket_key *key = work->is_made ? &t->keys[0] : key_of(t, work->name);

	if (!key || key->since_us == 0)
		return work->is_made ? -1 : 0;
	if (work->is_made) {
		memcpy(work->name, key->name, sizeof(key->name));
		random_fill(work->iv, (size_t)EVP_CIPHER_get_iv_length(EVP_aes_256_cbc()));
	}
	if (EVP_CipherInit_ex(work->cipher, EVP_aes_256_cbc(), NULL, key->cipher, work->iv,
	                      work->is_made) != 1 ||
	    !set_mac(key, work->mac))
		return -1;
	return work->is_made || key == &t->keys[0] ? 1 : 2;
}
