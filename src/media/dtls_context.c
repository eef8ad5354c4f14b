/* SPDX-License-Identifier: Apache-2.0 */
/* What all handshakes share: certificate, suites, who is believed, cookies. */
#include "media/dtls_priv.h"

#include "base/secret.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

enum { MAX_PEER_CERTIFICATES = 16 * 1024 };

const char *const media_dtls_digests[DTLS_HASH_COUNT] = {
	[DTLS_SHA256] = "SHA256",
	[DTLS_SHA384] = "SHA384",
	[DTLS_SHA512] = "SHA512",
};

/* --- certificate --------------------------------------------------------- */

/* The dates say nothing: who we are is the fingerprint, for as long as we live. */
static bool fill(X509 *certificate, EVP_PKEY *key)
{
	X509_NAME *name = X509_get_subject_name(certificate);

	return X509_set_version(certificate, X509_VERSION_3) == 1 &&
	       ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
	       ASN1_TIME_set_string(X509_getm_notBefore(certificate), "20200101000000Z") == 1 &&
	       ASN1_TIME_set_string(X509_getm_notAfter(certificate), "20491231235959Z") == 1 &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"media", -1,
	                                  -1, 0) == 1 &&
	       X509_set_issuer_name(certificate, name) == 1 &&
	       X509_set_pubkey(certificate, key) == 1 &&
	       X509_sign(certificate, key, EVP_sha256()) > 0;
}

static bool take_certificate(struct media_dtls *d)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	unsigned size = 0;
	bool is_done = key && certificate && fill(certificate, key) &&
	               X509_digest(certificate, EVP_sha256(), d->fingerprint, &size) == 1 &&
	               size == sizeof(d->fingerprint) &&
	               SSL_CTX_use_certificate(d->context, certificate) == 1 &&
	               SSL_CTX_use_PrivateKey(d->context, key) == 1;

	X509_free(certificate);
	EVP_PKEY_free(key);
	return is_done;
}

/* --- who is believed ------------------------------------------------------ */

/* In place of a chain: the description vouches for the certificate (RFC 5763 5). */
static int is_peer(X509_STORE_CTX *store, void *context)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	X509 *certificate = X509_STORE_CTX_get0_cert(store);
	struct dtls_handshake *h = media_dtls_of(ssl);
	const struct dtls_peer *peer = &h->leg->peer;
	const EVP_MD *digest = EVP_get_digestbyname(media_dtls_digests[peer->hash]);
	uint8_t seen[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	(void)context;
	if (certificate && digest && X509_digest(certificate, digest, seen, &size) == 1 &&
	    size <= sizeof(peer->fingerprint) && secret_equal(seen, peer->fingerprint, size))
		return 1;
	h->is_stranger = true;
	X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
	return 0;
}

/* Of the address and the leg that it was given for, and nobody else's. */
static void cookie_of(const SSL *ssl, uint8_t ret[HASH_SHA256_SIZE])
{
	const struct dtls_handshake *h = media_dtls_of(ssl);
	const struct hash_key *key = &h->dtls->ports.cookie;
	const struct view pieces[] = { view_bytes(&h->leg->name, sizeof(h->leg->name)),
		                       view_bytes(&h->to, sizeof(h->to)) };

	hash_hmac_sha256(view_bytes(key, sizeof(*key)), pieces, 2, ret);
}

static int make_cookie(SSL *ssl, uint8_t *ret, unsigned *ret_len)
{
	cookie_of(ssl, ret);
	*ret_len = HASH_SHA256_SIZE;
	return 1;
}

static int is_cookie(SSL *ssl, const uint8_t *cookie, unsigned len)
{
	uint8_t want[HASH_SHA256_SIZE];

	cookie_of(ssl, want);
	return len == sizeof(want) && secret_equal(cookie, want, sizeof(want));
}

/* --- context -------------------------------------------------------------- */

static bool set_rules(SSL_CTX *c)
{
	static const char suites[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
				     "ECDHE-ECDSA-CHACHA20-POLY1305";
	static const char profiles[] = "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:"
				       "SRTP_AES128_CM_SHA1_80:SRTP_AES128_CM_SHA1_32";

	SSL_CTX_set_options(c, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
	                               SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	(void)SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_max_cert_list(c, MAX_PEER_CERTIFICATES);
	SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(c, is_peer, NULL);
	SSL_CTX_set_cookie_generate_cb(c, make_cookie);
	SSL_CTX_set_cookie_verify_cb(c, is_cookie);
	return SSL_CTX_set_min_proto_version(c, DTLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(c, DTLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(c, suites) == 1 &&
	       SSL_CTX_set1_groups_list(c, "X25519:P-256:P-384") == 1 &&
	       SSL_CTX_set_tlsext_use_srtp(c, profiles) == 0; /* 0 is success here */
}

enum err media_dtls_context(struct media_dtls *d)
{
	bool is_done;

	ERR_clear_error();
	d->method = media_dtls_method();
	d->context = d->method ? SSL_CTX_new(DTLS_method()) : NULL;
	if (!d->context)
		return ERR_NO_MEMORY;
	is_done = set_rules(d->context) && take_certificate(d);
	if (is_done)
		return ERR_NONE;
	return ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE ? ERR_NO_MEMORY
	                                                                : ERR_UNSUPPORTED;
}
