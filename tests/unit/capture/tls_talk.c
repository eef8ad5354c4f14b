/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends over memory, pumped until each has said all. */
#include "unit/capture/tls_talk.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/buffer.h"

static struct {
	EVP_PKEY *key;
	X509 *certificate;
	char pem[4096];
	size_t pem_len;
} identity;

static bool identity_write(void)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *at;
	long len;

	if (!bio || PEM_write_bio_PrivateKey(bio, identity.key, NULL, NULL, 0, NULL, NULL) != 1)
		return false;
	len = BIO_get_mem_data(bio, &at);
	identity.pem_len = (size_t)len < sizeof(identity.pem) ? (size_t)len : 0;
	memcpy(identity.pem, at, identity.pem_len);
	BIO_free(bio);
	return true;
}

static bool identity_make(void)
{
	X509 *x;

	if (identity.pem_len > 0)
		return true;
	identity.key = EVP_RSA_gen(2048);
	identity.certificate = x = X509_new();
	if (!identity.key || !x)
		return false;
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, identity.key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	                           (const unsigned char *)"example.com", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	return X509_sign(x, identity.key, EVP_sha256()) > 0 && identity_write();
}

struct view tls_talk_private_key(void)
{
	return identity_make() ? view_bytes(identity.pem, identity.pem_len) : VIEW_EMPTY;
}

static void keep_key(const SSL *ssl, const char *line)
{
	struct tls_talk *t = SSL_get_app_data(ssl);
	size_t len = strlen(t->key_log);
	struct buffer out = buffer_on(t->key_log + len, sizeof(t->key_log) - 1 - len);

	buffer_text(&out, line);
	buffer_put(&out, VIEW("\n\0"));
}

static int trust(int is_valid, X509_STORE_CTX *context)
{
	(void)is_valid;
	(void)context;
	return 1;
}

static SSL_CTX *context_of(bool is_client, int version, const char *suites, unsigned options)
{
	SSL_CTX *c = SSL_CTX_new(is_client ? TLS_client_method() : TLS_server_method());
	char text[128];
	struct buffer b = BUFFER_ON(text);

	if (!c)
		return NULL;
	buffer_text(&b, suites);
	buffer_text(&b, ":@SECLEVEL=0");
	buffer_char(&b, '\0');
	SSL_CTX_set_min_proto_version(c, version);
	SSL_CTX_set_max_proto_version(c, version);
	if (version == TLS1_3_VERSION)
		SSL_CTX_set_ciphersuites(c, suites);
	else
		SSL_CTX_set_cipher_list(c, text);
	if (options & TLS_TALK_NO_EXTENDED)
		SSL_CTX_set_options(c, SSL_OP_NO_EXTENDED_MASTER_SECRET);
	if (options & TLS_TALK_MAC_FIRST)
		SSL_CTX_set_options(c, SSL_OP_NO_ENCRYPT_THEN_MAC);
	if (options & TLS_TALK_NO_TICKET)
		SSL_CTX_set_options(c, SSL_OP_NO_TICKET);
	if (options & TLS_TALK_RENEGOTIATE)
		SSL_CTX_set_options(c, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
	SSL_CTX_set_keylog_callback(c, keep_key);
	SSL_CTX_set_session_id_context(c, (const unsigned char *)"t", 1);
	if (!is_client || (options & TLS_TALK_CLIENT_KEY)) {
		SSL_CTX_use_certificate(c, identity.certificate);
		SSL_CTX_use_PrivateKey(c, identity.key);
	}
	if (!is_client && (options & TLS_TALK_CLIENT_KEY))
		SSL_CTX_set_verify(c, SSL_VERIFY_PEER, trust);
	return c;
}

/* What one has written becomes what the other reads. */
static void carry(struct tls_talk *t, SSL *from, SSL *to, uint8_t side)
{
	char *at;
	long len = BIO_get_mem_data(SSL_get_wbio(from), &at);

	if (len <= 0 || t->pieces == MAX_TLS_PIECES || (size_t)len > sizeof(t->bytes) - t->len)
		return;
	memcpy(t->bytes + t->len, at, (size_t)len);
	t->piece[t->pieces].at = t->len;
	t->piece[t->pieces].len = (size_t)len;
	t->piece[t->pieces++].side = side;
	t->len += (size_t)len;
	BIO_write(SSL_get_rbio(to), at, (int)len);
	(void)BIO_reset(SSL_get_wbio(from));
}

static void pump(struct tls_talk *t, SSL *client, SSL *server)
{
	char rest[512];

	for (int i = 0; i < 8; i++) {
		(void)SSL_read(client, rest, sizeof(rest));
		carry(t, client, server, 0);
		(void)SSL_read(server, rest, sizeof(rest));
		carry(t, server, client, 1);
	}
}

static void say(struct tls_talk *t, SSL *client, SSL *server)
{
	SSL_write(client, TLS_TALK_ASKED, sizeof(TLS_TALK_ASKED) - 1);
	pump(t, client, server);
	SSL_write(server, TLS_TALK_TOLD, sizeof(TLS_TALK_TOLD) - 1);
	pump(t, client, server);
}

static void converse(struct tls_talk *t, SSL *client, SSL *server, unsigned options)
{
	pump(t, client, server);
	say(t, client, server);
	if (options & TLS_TALK_KEY_UPDATE) {
		SSL_key_update(client, SSL_KEY_UPDATE_REQUESTED);
		SSL_do_handshake(client);
	}
	if (options & TLS_TALK_RENEGOTIATE) {
		SSL_renegotiate(client);
		SSL_do_handshake(client);
		pump(t, client, server);
	}
	say(t, client, server);
}

static SSL *end_of(struct tls_talk *t, SSL_CTX *c, bool is_client)
{
	SSL *ssl = SSL_new(c);

	if (!ssl)
		return NULL;
	SSL_set_app_data(ssl, t);
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	if (is_client)
		SSL_set_connect_state(ssl);
	else
		SSL_set_accept_state(ssl);
	return ssl;
}

/* Both contexts live for one run alone, so tickets need a key that all runs share. */
static void share_ticket_key(SSL_CTX *server)
{
	static unsigned char key[80] = "tickets of the tests, of which nothing is secret";

	SSL_CTX_set_tlsext_ticket_keys(server, key, sizeof(key));
}

static SSL_CTX *servers_cache; /* sessions by ID live in the server's context */

bool tls_talk_run(struct tls_talk *t, int version, const char *suites, unsigned options)
{
	SSL_CTX *contexts[2];
	SSL *client, *server;
	bool is_done;

	t->len = t->pieces = 0;
	t->key_log[0] = '\0';
	if (!identity_make())
		return false;
	contexts[0] = context_of(true, version, suites, options);
	if (!t->session) {
		SSL_CTX_free(servers_cache);
		servers_cache = context_of(false, version, suites, options);
		share_ticket_key(servers_cache);
	}
	contexts[1] = servers_cache;
	client = end_of(t, contexts[0], true);
	server = end_of(t, contexts[1], false);
	if (t->session)
		SSL_set_session(client, t->session);
	converse(t, client, server, options);
	is_done = SSL_is_init_finished(client) && SSL_is_init_finished(server);
	t->is_resumed = SSL_session_reused(client) == 1;
	SSL_SESSION_free(t->session);
	t->session = SSL_get1_session(client);
	SSL_shutdown(client);
	SSL_shutdown(server);
	SSL_free(client);
	SSL_free(server);
	SSL_CTX_free(contexts[0]);
	return is_done;
}

void tls_talk_clear(struct tls_talk *t)
{
	SSL_SESSION_free(t->session);
	t->session = NULL;
}
