/* SPDX-License-Identifier: Apache-2.0 */
/* What is signed for ACME, what is not, and which chain may take the place of the one that is
 * there. */
#include "keys/acme.h"
#include "runner/test.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

enum { STORAGE = 65536, DAY_S = 86400 };

static const int64_t now_s = 1800000000;

struct stage {
	EVP_PKEY *account, *own, *other;
	struct keys_server *server;
	struct acme_wish wish;
	char *storage;
};

static enum err put_key(struct buffer *b, enum keys_kind kind, const char *name, EVP_PKEY *key)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *at = NULL;
	enum err err = ERR_NO_MEMORY;

	if (out && key && PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1) {
		long len = BIO_get_mem_data(out, &at);

		err = keys_bundle_put(b, kind, view_of(name), view_bytes(at, (size_t)len));
	}
	BIO_free(out);
	return err;
}

static void stage_end(struct stage *s)
{
	keys_server_free(&s->server);
	EVP_PKEY_free(s->account);
	EVP_PKEY_free(s->own);
	EVP_PKEY_free(s->other);
	free(s->storage);
}

static enum err stage_begin(struct stage *s)
{
	struct keys_bundle bundle;
	char text[256];
	struct buffer words = BUFFER_ON(text), b;
	enum err err;

	memset(s, 0, sizeof(*s));
	s->wish.name_count = 1;
	(void)VIEW_COPY(VIEW("ca"), s->wish.account);
	(void)VIEW_COPY(VIEW("main"), s->wish.certificate);
	(void)VIEW_COPY(VIEW("sip.example.com"), s->wish.names[0]);
	s->account = EVP_EC_gen("P-256");
	s->own = EVP_EC_gen("P-256");
	s->other = EVP_EC_gen("P-256");
	s->storage = malloc(STORAGE);
	if (!s->account || !s->own || !s->other || !s->storage)
		return ERR_NO_MEMORY;
	b = buffer_on(s->storage, STORAGE);
	err = keys_server_new(&s->server);
	if (err == ERR_NONE)
		err = put_key(&b, KEYS_ACCOUNT, "ca", s->account);
	if (err == ERR_NONE)
		err = put_key(&b, KEYS_PRIVATE, "main", s->own);
	if (err == ERR_NONE)
		err = keys_bundle_open(buffer_view(&b), &bundle);
	return err == ERR_NONE ? keys_server_take(s->server, &bundle, &bundle, &words) : err;
}

/* In PEM, signed by `by`. */
static enum err certificate(struct buffer *b, EVP_PKEY *key, EVP_PKEY *by, const char *names,
                            int64_t from_s)
{
	X509 *one = X509_new();
	X509_EXTENSION *alt = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
	BIO *out = BIO_new(BIO_s_mem());
	char *at = NULL;
	enum err err = ERR_NO_MEMORY;

	if (one && alt && out && X509_set_version(one, 2) && X509_set_pubkey(one, key) &&
	    ASN1_TIME_set(X509_getm_notBefore(one), from_s) &&
	    ASN1_TIME_set(X509_getm_notAfter(one), from_s + 90 * DAY_S) &&
	    X509_add_ext(one, alt, -1) && X509_sign(one, by, EVP_sha256()) > 0 &&
	    PEM_write_bio_X509(out, one) == 1) {
		long len = BIO_get_mem_data(out, &at);

		buffer_put(b, view_bytes(at, (size_t)len));
		err = b->err;
	}
	X509_EXTENSION_free(alt);
	X509_free(one);
	BIO_free(out);
	return err;
}

static bool verifies(EVP_PKEY *key, const uint8_t digest[32], const struct acme_signature *s)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(s->bytes, 32, NULL), *x = BN_bin2bn(s->bytes + 32, 32, NULL);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	unsigned char *der = NULL;
	int len = pair && ECDSA_SIG_set0(pair, r, x) ? i2d_ECDSA_SIG(pair, &der) : 0;
	bool is_good = c && len > 0 && EVP_PKEY_verify_init(c) == 1 &&
	               EVP_PKEY_verify(c, der, (size_t)len, digest, 32) == 1;

	OPENSSL_free(der);
	EVP_PKEY_CTX_free(c);
	ECDSA_SIG_free(pair);
	return is_good;
}

static enum err sign(struct stage *s)
{
	struct acme_sign q = { .account = "ca", .digest = { 1, 2, 3 } };
	struct acme_signature signature;

	for (int i = 0; i < 20; i++) {
		TRY(keys_acme_sign(s->server, &q, &signature) == ERR_NONE ? ERR_NONE
		                                                          : ERR_NO_MEMORY);
		CHECK(verifies(s->account, q.digest, &signature));
		CHECK(!verifies(s->own, q.digest, &signature));
	}
	/* By a certificate's key nothing is signed for who asks by this way. */
	(void)VIEW_COPY(VIEW("main"), q.account);
	CHECK(keys_acme_sign(s->server, &q, &signature) == ERR_NOT_FOUND);
	return ERR_NONE;
}

TEST(acme_sign, "signs by an account's key, as R and S, and by no certificate's")
{
	struct stage s;
	enum err err = stage_begin(&s);

	if (err == ERR_NONE)
		err = sign(&s);
	stage_end(&s);
	return err;
}

static enum err request(struct stage *s)
{
	char text[2048];
	struct buffer der = BUFFER_ON(text);
	const unsigned char *at = (const unsigned char *)text;
	X509_REQ *one;
	bool is_good;

	TRY(keys_acme_request(s->server, &s->wish, &der) == ERR_NONE ? ERR_NONE : ERR_NO_MEMORY);
	one = d2i_X509_REQ(NULL, &at, (long)der.len);
	is_good = one && X509_REQ_verify(one, s->own) == 1;
	X509_REQ_free(one);
	if (!is_good)
		return ERR_NO_MEMORY;
	CHECK(view_contains(buffer_view(&der), VIEW("sip.example.com")));
	buffer_reset(&der);
	(void)VIEW_COPY(VIEW("a,b"), s->wish.names[0]);
	CHECK(keys_acme_request(s->server, &s->wish, &der) == ERR_SYNTAX);
	memset(s->wish.names[0], 'a', sizeof(s->wish.names[0]));
	CHECK(keys_acme_request(s->server, &s->wish, &der) == ERR_SYNTAX);
	s->wish.name_count = MAX_ACME_NAMES + 1;
	CHECK(keys_acme_request(s->server, &s->wish, &der) == ERR_SYNTAX);
	(void)VIEW_COPY(VIEW("ca"), s->wish.certificate);
	CHECK(keys_acme_request(s->server, &s->wish, &der) == ERR_NOT_FOUND);
	return ERR_NONE;
}

TEST(acme_request, "asks for a certificate by its own key, with names that are names")
{
	struct stage s;
	enum err err = stage_begin(&s);

	if (err == ERR_NONE)
		err = request(&s);
	stage_end(&s);
	return err;
}

struct trial {
	const char *what, *names;
	int64_t from_s;
	bool is_others_key, is_torn;
	enum err wanted;
	const char *behind; /* more of the file */
};

static enum err judge(struct stage *s, const struct trial *t)
{
	char chain[8192], text[128];
	struct buffer b = BUFFER_ON(chain), words = BUFFER_ON(text);
	enum err err;

	TRY(certificate(&b, t->is_others_key ? s->other : s->own, s->account, t->names, t->from_s));
	TRY(certificate(&b, t->is_torn ? s->other : s->account, s->account, "DNS:ca", now_s));
	if (t->behind)
		buffer_text(&b, t->behind);
	err = keys_acme_fits(s->server, &s->wish, buffer_view(&b), now_s, &words);
	CHECK_CASE(err == t->wanted || err == ERR_SYNTAX, t->what);
	CHECK_CASE((err == ERR_NONE) == (words.len == 0), t->what);
	/* Without memory nothing can be read. */
	return err == t->wanted ? ERR_NONE : ERR_NO_MEMORY;
}

TEST(acme_fits, "takes a chain for its key, its names and this time, and no other")
{
	static const struct trial trials[] = {
		{ "good", "DNS:sip.example.com", 1800000000 - 60, false, false, ERR_NONE },
		{ "another key", "DNS:sip.example.com", 1800000000 - 60, true, false, ERR_DENIED },
		{ "another name", "DNS:www.example.com", 1800000000 - 60, false, false,
		  ERR_DENIED },
		{ "not yet", "DNS:sip.example.com", 1800000000 + 60, false, false, ERR_STALE },
		{ "over", "DNS:sip.example.com", 1800000000 - 91 * DAY_S, false, false, ERR_STALE },
		{ "no chain", "DNS:sip.example.com", 1800000000 - 60, false, true, ERR_DENIED },
		{ "words behind", "DNS:sip.example.com", 1800000000 - 60, false, false, ERR_NONE,
		  "# end\n" },
		{ "torn behind", "DNS:sip.example.com", 1800000000 - 60, false, false, ERR_SYNTAX,
		  "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" },
		{ "cut behind", "DNS:sip.example.com", 1800000000 - 60, false, false, ERR_SYNTAX,
		  "-----BEGIN CERTIFICATE-----\nAAAA\n" },
	};
	struct stage s;
	enum err err = stage_begin(&s);

	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]) && err == ERR_NONE; i++)
		err = judge(&s, &trials[i]);
	stage_end(&s);
	return err;
}

TEST(acme_fits_nonsense, "takes nothing that is no chain at all")
{
	static const char *const cases[] = {
		"", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
	};
	struct stage s;
	enum err err = stage_begin(&s);
	char text[128];

	for (size_t i = 0; i < 3 && err == ERR_NONE; i++) {
		struct buffer words = BUFFER_ON(text);

		if (keys_acme_fits(s.server, &s.wish, view_of(cases[i]), now_s, &words) !=
		    ERR_SYNTAX)
			err = ERR_DENIED;
	}
	stage_end(&s);
	return err;
}

TEST(acme_about, "knows an account, and says of a certificate that is not there that it is due")
{
	struct stage s;
	struct acme_about about;
	enum err err = stage_begin(&s);

	if (err == ERR_NONE)
		err = keys_acme_about(s.server, &s.wish, &about);
	if (err == ERR_NONE && (!about.is_own || about.is_whole || about.ends_s != 0))
		err = ERR_DENIED;
	(void)VIEW_COPY(VIEW("main"), s.wish.account);
	if (err == ERR_NONE && keys_acme_about(s.server, &s.wish, &about) != ERR_NOT_FOUND)
		err = ERR_DENIED;
	stage_end(&s);
	return err == ERR_UNSUPPORTED ? ERR_NO_MEMORY : err;
}
