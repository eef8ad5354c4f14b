/* SPDX-License-Identifier: Apache-2.0 */
/* What GnuTLS wants signed, in the words of `keys`. */
#include "web/control_key.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CHAIN = 8 };

struct handle {
	const struct web_control_signer *signer;
	gnutls_pk_algorithm_t sort;
	unsigned bits;
	uint8_t name[KEYS_NAME_BYTES];
};

static const struct {
	gnutls_digest_algorithm_t theirs;
	enum keys_digest ours;
} digests[] = {
	{ GNUTLS_DIG_SHA256, KEYS_SHA256 },
	{ GNUTLS_DIG_SHA384, KEYS_SHA384 },
	{ GNUTLS_DIG_SHA512, KEYS_SHA512 },
};

/* KEYS_DIGEST_NONE: nothing that we sign. */
static enum keys_digest digest_of(gnutls_digest_algorithm_t theirs)
{
	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++)
		if (digests[i].theirs == theirs)
			return digests[i].ours;
	return KEYS_DIGEST_NONE;
}

static int ask(const struct handle *h, struct keys_request *q, const gnutls_datum_t *what,
               gnutls_datum_t *ret)
{
	struct keys_answer a;

	if (what->size > sizeof(q->bytes))
		return GNUTLS_E_INVALID_REQUEST;
	memcpy(q->key, h->name, sizeof(q->key));
	memcpy(q->bytes, what->data, what->size);
	q->size = (uint16_t)what->size;
	if (h->signer->sign(h->signer->context, q, &a) != ERR_NONE || a.size == 0 ||
	    a.size > sizeof(a.bytes))
		return GNUTLS_E_PK_SIGN_FAILED;
	ret->data = gnutls_malloc(a.size);
	if (!ret->data)
		return GNUTLS_E_MEMORY_ERROR;
	memcpy(ret->data, a.bytes, a.size);
	ret->size = a.size;
	return 0;
}

/* ---- what GnuTLS calls ---- */

static int on_message(gnutls_privkey_t key, gnutls_sign_algorithm_t how, void *at, unsigned flags,
                      const gnutls_datum_t *message, gnutls_datum_t *ret)
{
	struct keys_request q = { .digest = KEYS_DIGEST_NONE };

	(void)key;
	(void)flags;
	return how == GNUTLS_SIGN_EDDSA_ED25519 ? ask(at, &q, message, ret)
	                                        : GNUTLS_E_INVALID_REQUEST;
}

static int on_digest(gnutls_privkey_t key, gnutls_sign_algorithm_t how, void *at, unsigned flags,
                     const gnutls_datum_t *digest, gnutls_datum_t *ret)
{
	const struct handle *h = at;
	struct keys_request q = { 0 };
	gnutls_digest_algorithm_t with = gnutls_sign_get_hash_algorithm(how);
	unsigned char bare[64];
	unsigned size = sizeof(bare);
	gnutls_datum_t wanted = *digest;

	(void)key;
	(void)flags;
	/* PKCS #1 comes with the name of its digest before it; `keys` writes that itself. */
	if (how == GNUTLS_SIGN_RSA_RAW) {
		if (gnutls_decode_ber_digest_info(digest, &with, bare, &size) < 0)
			return GNUTLS_E_INVALID_REQUEST;
		wanted = (gnutls_datum_t){ bare, size };
	}
	q.digest = (uint8_t)digest_of(with);
	if (q.digest == KEYS_DIGEST_NONE)
		return GNUTLS_E_INVALID_REQUEST;
	if (h->sort == GNUTLS_PK_RSA)
		q.padding = how == GNUTLS_SIGN_RSA_RAW ? KEYS_PADDING_PKCS1 : KEYS_PADDING_PSS;
	return ask(h, &q, &wanted, ret);
}

static bool is_made(const struct handle *h, gnutls_sign_algorithm_t how)
{
	if (h->sort == GNUTLS_PK_EDDSA_ED25519)
		return how == GNUTLS_SIGN_EDDSA_ED25519;
	return gnutls_sign_supports_pk_algorithm(how, h->sort) &&
	       digest_of(gnutls_sign_get_hash_algorithm(how)) != KEYS_DIGEST_NONE;
}

static int on_question(gnutls_privkey_t key, unsigned flags, void *at)
{
	const struct handle *h = at;

	(void)key;
	if ((flags & GNUTLS_PRIVKEY_INFO_PK_ALGO) != 0)
		return (int)h->sort;
	if ((flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS) != 0)
		return (int)h->bits;
	if ((flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO) != 0)
		return is_made(h, GNUTLS_FLAGS_TO_SIGN_ALGO(flags));
	return -1;
}

static void on_end(gnutls_privkey_t key, void *at)
{
	(void)key;
	free(at);
}

/* ---- showing ---- */

static enum err new_handle(gnutls_x509_crt_t leaf, const struct web_control_signer *signer,
                           gnutls_privkey_t *ret)
{
	struct handle *h = calloc(1, sizeof(*h));
	size_t size = h ? sizeof(h->name) : 0;
	gnutls_privkey_t key = NULL;
	int sort;

	if (!h)
		return ERR_NO_MEMORY;
	sort = gnutls_x509_crt_get_pk_algorithm(leaf, &h->bits);
	h->signer = signer;
	h->sort = (gnutls_pk_algorithm_t)sort;
	if ((sort != GNUTLS_PK_RSA && sort != GNUTLS_PK_ECDSA && sort != GNUTLS_PK_EDDSA_ED25519) ||
	    gnutls_x509_crt_get_key_id(leaf, GNUTLS_KEYID_USE_SHA256, h->name, &size) < 0) {
		free(h);
		return ERR_UNSUPPORTED;
	}
	if (gnutls_privkey_init(&key) < 0 ||
	    gnutls_privkey_import_ext4(key, h, on_message, on_digest, NULL, on_end, on_question,
	                               0) < 0) {
		gnutls_privkey_deinit(key);
		free(h);
		return ERR_NO_MEMORY;
	}
	*ret = key;
	return ERR_NONE;
}

static enum err show(gnutls_certificate_credentials_t credentials, gnutls_x509_crt_t *chain,
                     unsigned count, gnutls_privkey_t key)
{
	gnutls_pcert_st shown[MAX_CHAIN];
	unsigned shown_count = count < MAX_CHAIN ? count : MAX_CHAIN;

	if (gnutls_pcert_import_x509_list(shown, chain, &shown_count, GNUTLS_X509_CRT_LIST_SORT) <
	    0) {
		gnutls_privkey_deinit(key);
		return ERR_SYNTAX;
	}
	/* Whether they match would be tried by a signature: who has the key has looked already. */
	gnutls_certificate_set_flags(credentials, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
	if (gnutls_certificate_set_key(credentials, NULL, 0, shown, (int)shown_count, key) >= 0)
		return ERR_NONE;
	for (unsigned i = 0; i < shown_count; i++)
		gnutls_pcert_deinit(&shown[i]);
	gnutls_privkey_deinit(key);
	return ERR_NO_MEMORY;
}

enum err control_key_show(gnutls_certificate_credentials_t credentials, const gnutls_datum_t *pem,
                          const struct web_control_signer *signer)
{
	gnutls_x509_crt_t *chain = NULL;
	gnutls_privkey_t key = NULL;
	unsigned count = 0;
	enum err err;

	if (gnutls_x509_crt_list_import2(&chain, &count, pem, GNUTLS_X509_FMT_PEM, 0) < 0 ||
	    count == 0)
		return ERR_SYNTAX;
	err = new_handle(chain[0], signer, &key);
	if (err == ERR_NONE)
		err = show(credentials, chain, count, key);
	for (unsigned i = 0; i < count; i++)
		gnutls_x509_crt_deinit(chain[i]);
	gnutls_free(chain);
	return err;
}

int control_key_none(gnutls_session_t session, const struct gnutls_cert_retr_st *about,
                     gnutls_pcert_st **ret, unsigned *ret_count, gnutls_ocsp_data_st **ret_staple,
                     unsigned *ret_staples, gnutls_privkey_t *ret_key, unsigned *ret_flags)
{
	(void)session;
	(void)about;
	(void)ret_staple;
	(void)ret_staples;
	(void)ret_flags;
	*ret = NULL;
	*ret_count = 0;
	*ret_key = NULL;
	return -1;
}
