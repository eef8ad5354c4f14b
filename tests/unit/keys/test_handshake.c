/* SPDX-License-Identifier: Apache-2.0 */
/* Whole TLS handshakes in memory: one end has handles for keys, and the signatures come from a
 * server of keys beside it, when this test lets them come. */
#include "keys/bundle.h"
#include "keys/client.h"
#include "keys/server.h"
#include "runner/test.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>

enum { FIRST = 1000, TOKEN = 77, MAX_SENT = 4, MAX_TURNS = 20 };

/* A key, and a certificate of it that signs itself. */
struct pair {
	EVP_PKEY *key;
	X509 *certificate;
};

static bool make(struct pair *p, const char *sort)
{
	const EVP_MD *md = strcmp(sort, "ED25519") == 0 ? NULL : EVP_sha256();
	X509_NAME *name;

	p->key = strcmp(sort, "RSA") == 0     ? EVP_RSA_gen(2048)
	       : strcmp(sort, "ED25519") == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
	                                      : EVP_EC_gen(sort);
	p->certificate = X509_new();
	name = X509_get_subject_name(p->certificate);
	return p->key && X509_set_version(p->certificate, 2) &&
	       ASN1_INTEGER_set(X509_get_serialNumber(p->certificate), 1) &&
	       X509_gmtime_adj(X509_getm_notBefore(p->certificate), -3600) &&
	       X509_gmtime_adj(X509_getm_notAfter(p->certificate), 3600) &&
	       X509_set_pubkey(p->certificate, p->key) &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"x", -1,
	                                  -1, 0) &&
	       X509_set_issuer_name(p->certificate, name) &&
	       X509_sign(p->certificate, p->key, md) > 0;
}

static void unmake(struct pair *p)
{
	EVP_PKEY_free(p->key);
	X509_free(p->certificate);
}

/* The two halves, and what passes between them. */
struct scene {
	struct pair pair;
	struct keys_server *server;
	struct keys_client *client;
	EVP_PKEY *handle;
	struct keys_request sent[MAX_SENT];
	size_t sent_count, woken;
	bool is_full;
	SSL_CTX *ours, *theirs;
	SSL *a, *b; /* ours, theirs */
};

static enum err send_request(void *context, const struct keys_request *q)
{
	struct scene *s = context;

	if (s->is_full || s->sent_count == MAX_SENT)
		return ERR_FULL;
	s->sent[s->sent_count++] = *q;
	return ERR_NONE;
}

static void woken(void *context, uint64_t token)
{
	struct scene *s = context;

	s->woken += token == TOKEN;
}

static enum err give_key(struct scene *s)
{
	static char storage[16384];
	char words[256];
	struct buffer b = BUFFER_ON(storage), said = BUFFER_ON(words);
	struct keys_bundle bundle, none = { 0 };
	BIO *out = BIO_new(BIO_s_mem());
	char *at = NULL;
	enum err err = ERR_IO;

	if (out && PEM_write_bio_PrivateKey(out, s->pair.key, NULL, NULL, 0, NULL, NULL) == 1) {
		long len = BIO_get_mem_data(out, &at);

		err = keys_bundle_put(&b, KEYS_PRIVATE, VIEW("main"), view_bytes(at, (size_t)len));
	}
	BIO_free(out);
	if (err == ERR_NONE)
		err = keys_bundle_open(buffer_view(&b), &bundle);
	return err == ERR_NONE ? keys_server_take(s->server, &bundle, &none, &said) : err;
}

static enum err stage(struct scene *s, const char *sort)
{
	const struct keys_client_ports ports = { s, send_request, woken };
	enum err err = make(&s->pair, sort) ? ERR_NONE : ERR_IO;

	if (err == ERR_NONE)
		err = keys_server_new(&s->server);
	if (err == ERR_NONE)
		err = give_key(s);
	if (err == ERR_NONE)
		err = keys_client_new(&ports, FIRST, &s->client);
	return err == ERR_NONE ? keys_client_pkey(s->client, s->pair.certificate, &s->handle) : err;
}

static void clear(struct scene *s)
{
	SSL_free(s->a);
	SSL_free(s->b);
	SSL_CTX_free(s->ours);
	SSL_CTX_free(s->theirs);
	EVP_PKEY_free(s->handle);
	keys_client_free(&s->client);
	keys_server_free(&s->server);
	unmake(&s->pair);
}

/* Our end is the server, or a client that has to show its certificate. */
struct setup {
	const char *name, *sort;
	bool is_client;
	int version;
	const char *algorithms;
	int want; /* NID of the sort of signature that must come out; 0: none asked */
};

static bool connect_ends(struct scene *s, const struct setup *with)
{
	BIO *left = NULL, *right = NULL;
	bool is_good;

	s->ours = SSL_CTX_new(with->is_client ? TLS_client_method() : TLS_server_method());
	s->theirs = SSL_CTX_new(with->is_client ? TLS_server_method() : TLS_client_method());
	is_good =
		SSL_CTX_use_certificate(s->ours, s->pair.certificate) == 1 &&
		SSL_CTX_use_PrivateKey(s->ours, s->handle) == 1 &&
		SSL_CTX_check_private_key(s->ours) == 1 &&
		X509_STORE_add_cert(SSL_CTX_get_cert_store(s->theirs), s->pair.certificate) == 1 &&
		SSL_CTX_set_max_proto_version(s->ours, with->version) == 1 &&
		(!with->algorithms || SSL_CTX_set1_sigalgs_list(s->theirs, with->algorithms) == 1);
	if (with->is_client)
		is_good = is_good && SSL_CTX_use_certificate(s->theirs, s->pair.certificate) == 1 &&
		          SSL_CTX_use_PrivateKey(s->theirs, s->pair.key) == 1;
	(void)SSL_CTX_set_mode(s->ours, SSL_MODE_ASYNC);
	SSL_CTX_set_verify(s->theirs, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	s->a = SSL_new(s->ours);
	s->b = SSL_new(s->theirs);
	is_good = is_good && s->a && s->b && BIO_new_bio_pair(&left, 0, &right, 0) == 1;
	if (!is_good)
		return false;
	SSL_set_bio(s->a, left, left);
	SSL_set_bio(s->b, right, right);
	with->is_client ? SSL_set_connect_state(s->a) : SSL_set_accept_state(s->a);
	with->is_client ? SSL_set_accept_state(s->b) : SSL_set_connect_state(s->b);
	return true;
}

static int step(struct scene *s, uint64_t now_us)
{
	int done;

	keys_client_enter(s->client, TOKEN, (struct now){ .us = now_us });
	done = SSL_do_handshake(s->a);
	keys_client_leave(s->client);
	return done == 1 ? SSL_ERROR_NONE : SSL_get_error(s->a, done);
}

/* Until our end waits for a signature, or all is done; what it ended with. */
static int run_to_signature(struct scene *s)
{
	int error = SSL_ERROR_WANT_READ;

	for (int i = 0; i < MAX_TURNS; i++) {
		error = step(s, 0);
		if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_NONE)
			return error;
		(void)SSL_do_handshake(s->b);
		if (SSL_is_init_finished(s->a) && SSL_is_init_finished(s->b))
			return SSL_ERROR_NONE;
	}
	return error;
}

static void answer_all(struct scene *s)
{
	for (size_t i = 0; i < s->sent_count; i++) {
		struct keys_answer a;

		keys_server_sign(s->server, &s->sent[i], &a);
		keys_client_take(s->client, &a);
	}
	s->sent_count = 0;
}

static const struct setup setups[] = {
	{ "RSA-PSS of TLS 1.3", "RSA", false, TLS1_3_VERSION, NULL, EVP_PKEY_RSA_PSS },
	{ "RSA-PSS of TLS 1.2", "RSA", false, TLS1_2_VERSION, "RSA-PSS+SHA512", EVP_PKEY_RSA_PSS },
	{ "RSA with PKCS 1", "RSA", false, TLS1_2_VERSION, "RSA+SHA256", EVP_PKEY_RSA },
	{ "P-256", "P-256", false, TLS1_3_VERSION, NULL, EVP_PKEY_EC },
	{ "P-256 of TLS 1.2", "P-256", false, TLS1_2_VERSION, NULL, EVP_PKEY_EC },
	{ "P-384", "P-384", false, TLS1_3_VERSION, NULL, EVP_PKEY_EC },
	{ "Ed25519", "ED25519", false, TLS1_3_VERSION, NULL, NID_ED25519 },
	{ "Ed25519 of TLS 1.2", "ED25519", false, TLS1_2_VERSION, NULL, NID_ED25519 },
	{ "a client, RSA", "RSA", true, TLS1_3_VERSION, NULL, EVP_PKEY_RSA_PSS },
	{ "a client, RSA of TLS 1.2", "RSA", true, TLS1_2_VERSION, "RSA+SHA256", EVP_PKEY_RSA },
	{ "a client, P-256", "P-256", true, TLS1_3_VERSION, NULL, EVP_PKEY_EC },
	{ "a client, P-256 of TLS 1.2", "P-256", true, TLS1_2_VERSION, NULL, EVP_PKEY_EC },
	{ "a client, Ed25519", "ED25519", true, TLS1_3_VERSION, NULL, NID_ED25519 },
};

/* What went wrong, in order of the steps; 0: nothing. */
static int shake(struct scene *s, const struct setup *with)
{
	int nid = 0, error;

	if (!connect_ends(s, with))
		return 1;
	error = run_to_signature(s);
	if (error != SSL_ERROR_WANT_ASYNC || s->sent_count != 1)
		return 2;
	if (keys_client_under_way(s->client) != 1 || step(s, 0) != SSL_ERROR_WANT_ASYNC)
		return 3; /* set aside, however often it is let go on too early */
	answer_all(s);
	if (s->woken != 1 || keys_client_under_way(s->client) != 0)
		return 4;
	if (run_to_signature(s) != SSL_ERROR_NONE)
		return 5;
	if (SSL_get_peer_signature_type_nid(s->b, &nid) != 1 || nid != with->want)
		return 6;
	return SSL_get_verify_result(s->b) == X509_V_OK ? 0 : 7;
}

TEST(handshakes, "makes handshakes of all sorts with keys that it has not")
{
	for (size_t i = 0; i < sizeof(setups) / sizeof(setups[0]); i++) {
		struct scene s = { 0 };
		enum err err = stage(&s, setups[i].sort);
		int wrong = err == ERR_NONE ? shake(&s, &setups[i]) : 0;

		clear(&s);
		if (err == ERR_NO_MEMORY)
			return err;
		CHECK_CASE(err == ERR_NONE, setups[i].name);
		CHECK_CASE(wrong == 0, setups[i].name);
	}
	return ERR_NONE;
}

/* ---- when it does not go well ---- */

static const struct setup usual = { "P-256", "P-256", false, TLS1_3_VERSION, NULL, EVP_PKEY_EC };

enum fate { LATE, GONE, REFUSED, CANCELLED, FULL, FATE_COUNT };

static const struct {
	const char *name;
	enum keys_failure want;
	size_t woken;
} fates[FATE_COUNT] = {
	[LATE] = { "no answer comes", KEYS_LATE, 1 },
	[GONE] = { "the key is not there", KEYS_UNKNOWN, 1 },
	[REFUSED] = { "it is refused", KEYS_REFUSED, 1 },
	[CANCELLED] = { "the connection is given up", KEYS_CANCELLED, 0 },
	[FULL] = { "the ring is full", KEYS_FULL, 0 },
};

static void meet(struct scene *s, enum fate fate)
{
	struct keys_answer a;

	switch (fate) {
	case LATE:
		keys_client_advance(s->client, (struct now){ .us = 2 * SECOND_US });
		if (s->woken == 0)
			keys_client_advance(s->client, (struct now){ .us = 4 * SECOND_US });
		break;
	case GONE:
		s->sent[0].key[0] ^= 1;
		answer_all(s);
		break;
	case REFUSED:
		s->sent[0].digest = KEYS_DIGEST_NONE;
		answer_all(s);
		break;
	case CANCELLED:
		keys_client_cancel(s->client, TOKEN + 1);
		if (keys_client_under_way(s->client) == 1)
			keys_client_cancel(s->client, TOKEN);
		/* What comes too late is nobody's. */
		keys_server_sign(s->server, &s->sent[0], &a);
		keys_client_take(s->client, &a);
		break;
	default:
		break;
	}
}

static int fail_by(struct scene *s, enum fate fate)
{
	int error;

	if (!connect_ends(s, &usual))
		return 1;
	s->is_full = fate == FULL;
	error = run_to_signature(s);
	if (error != (fate == FULL ? SSL_ERROR_SSL : SSL_ERROR_WANT_ASYNC))
		return 2;
	if (fate != FULL) {
		meet(s, fate);
		error = step(s, 0);
	}
	if (error != SSL_ERROR_SSL || SSL_waiting_for_async(s->a))
		return 3;
	if (keys_client_why(s->client) != fates[fate].want || s->woken != fates[fate].woken)
		return 4;
	return keys_client_under_way(s->client) == 0 ? 0 : 5;
}

TEST(handshakes_failed, "ends a handshake whose signature does not come, and says why")
{
	for (enum fate fate = 0; fate < FATE_COUNT; fate++) {
		struct scene s = { 0 };
		enum err err = stage(&s, usual.sort);
		int wrong = err == ERR_NONE ? fail_by(&s, fate) : 0;

		clear(&s);
		if (err == ERR_NO_MEMORY)
			return err;
		CHECK_CASE(err == ERR_NONE && wrong == 0, fates[fate].name);
	}
	return ERR_NONE;
}

TEST(handshake_never_waits,
     "fails at once where a signature is asked for that nobody could wait for")
{
	struct scene s = { 0 };
	enum err err = stage(&s, usual.sort);
	int error = 0;
	bool is_set = err == ERR_NONE && connect_ends(&s, &usual);
	enum keys_failure why = KEYS_WELL;

	if (is_set) {
		(void)SSL_clear_mode(s.a, SSL_MODE_ASYNC);
		error = run_to_signature(&s);
		why = keys_client_why(s.client);
	}
	clear(&s);
	if (err == ERR_NO_MEMORY)
		return err;
	CHECK(is_set && error == SSL_ERROR_SSL && why == KEYS_BESIDE && s.sent_count == 0);
	return ERR_NONE;
}

TEST(handle_is_public,
     "gives nothing away that is not in the certificate, and signs for nobody beside")
{
	struct scene s = { 0 };
	enum err err = stage(&s, usual.sort);
	BIO *out = BIO_new(BIO_s_mem());
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	OSSL_PARAM *params = NULL;
	uint8_t signature[128];
	size_t len = sizeof(signature);
	bool is_written = true, is_exported = true, is_signed = true, is_same = false;

	if (err == ERR_NONE) {
		is_written =
			PEM_write_bio_PrivateKey(out, s.handle, NULL, NULL, 0, NULL, NULL) == 1;
		is_exported = EVP_PKEY_todata(s.handle, EVP_PKEY_KEYPAIR, &params) == 1;
		is_signed = EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, s.handle) == 1 &&
		            EVP_DigestSign(md, signature, &len, signature, 1) == 1;
		is_same = EVP_PKEY_eq(s.handle, s.pair.key) == 1;
	}
	OSSL_PARAM_free(params);
	EVP_MD_CTX_free(md);
	BIO_free(out);
	clear(&s);
	if (err == ERR_NO_MEMORY)
		return err;
	CHECK(err == ERR_NONE && !is_written && !is_exported && !is_signed && is_same);
	return ERR_NONE;
}
