/* SPDX-License-Identifier: Apache-2.0 */
/* TLS on a leg's connection (RFC 8122): both ends show a certificate, and the one that counts is
 * named by the description, so nobody else's signature is asked for. Who connects is the client. */
#include "media/link_priv.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

static int is_any(X509_STORE_CTX *store, void *context)
{
	(void)store, (void)context;
	return 1;
}

enum err media_relay_use_certificate(struct media_relay *r, struct x509_st *certificate,
                                     struct evp_pkey_st *key)
{
	SSL_CTX *c = SSL_CTX_new(TLS_method());

	if (!c)
		return ERR_NO_MEMORY;
	if (SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_use_certificate(c, certificate) != 1 || SSL_CTX_use_PrivateKey(c, key) != 1) {
		SSL_CTX_free(c);
		ERR_clear_error();
		return ERR_UNSUPPORTED;
	}
	SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
	                            SSL_MODE_RELEASE_BUFFERS);
	/* One read takes one record: what only changes keys could go on for ever within it. */
	(void)SSL_CTX_clear_mode(c, SSL_MODE_AUTO_RETRY);
	/* One connection, one handshake: nothing to resume, renegotiate or say early. */
	SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_num_tickets(c, 0);
	SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	/* The fingerprint is asked for once the end has proven that the key is its own. */
	SSL_CTX_set_cert_verify_callback(c, is_any, NULL);
	SSL_CTX_free(r->link_tls);
	r->link_tls = c;
	return ERR_NONE;
}

void media_link_tls_free(struct media_relay *r)
{
	SSL_CTX_free(r->link_tls);
	r->link_tls = NULL;
}

enum err media_link_tls_begin(struct media_relay *r, struct relay_link *l)
{
	SSL *tls;

	if (!r->link_tls)
		return ERR_UNSUPPORTED;
	tls = SSL_new(r->link_tls);
	if (!tls || SSL_set_fd(tls, l->fd) != 1) {
		SSL_free(tls);
		ERR_clear_error();
		return ERR_NO_MEMORY;
	}
	if (l->wanted.is_active)
		SSL_set_connect_state(tls);
	else
		SSL_set_accept_state(tls);
	l->tls = tls;
	return ERR_NONE;
}

static bool is_end_of_call(const struct relay_link *l)
{
	X509 *shown = SSL_get0_peer_certificate(l->tls);
	uint8_t print[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	return shown && X509_digest(shown, EVP_sha256(), print, &size) == 1 &&
	       size == ORDER_FINGERPRINT_SIZE &&
	       CRYPTO_memcmp(print, l->wanted.fingerprint, size) == 0;
}

enum err media_link_tls_shake(struct relay_link *l)
{
	int done = SSL_do_handshake(l->tls);
	int what = done == 1 ? SSL_ERROR_NONE : SSL_get_error(l->tls, done);

	ERR_clear_error();
	if (what == SSL_ERROR_WANT_READ || what == SSL_ERROR_WANT_WRITE)
		return ERR_AGAIN;
	return what == SSL_ERROR_NONE && is_end_of_call(l) ? ERR_NONE : ERR_DENIED;
}

static enum err err_of(struct relay_link *l, int result)
{
	int what = SSL_get_error(l->tls, result);

	ERR_clear_error();
	if (what == SSL_ERROR_WANT_READ || what == SSL_ERROR_WANT_WRITE)
		return ERR_AGAIN;
	return what == SSL_ERROR_ZERO_RETURN ? ERR_CLOSED : ERR_IO;
}

enum err media_link_tls_read(struct relay_link *l, char *ret, size_t size, size_t *ret_len)
{
	int got = SSL_read(l->tls, ret, (int)size);

	if (got <= 0)
		return err_of(l, got);
	*ret_len = (size_t)got;
	return ERR_NONE;
}

enum err media_link_tls_write(struct relay_link *l, struct view bytes, size_t *ret_len)
{
	int sent = SSL_write(l->tls, bytes.at, (int)bytes.len);

	if (sent <= 0)
		return err_of(l, sent);
	*ret_len = (size_t)sent;
	return ERR_NONE;
}

void media_link_tls_end(struct relay_link *l)
{
	if (!l->tls)
		return;
	/* Said once, for who waits for it; nobody is waited for. */
	if (l->state == LINK_UP)
		(void)SSL_shutdown(l->tls);
	ERR_clear_error();
	SSL_free(l->tls);
	l->tls = NULL;
}
