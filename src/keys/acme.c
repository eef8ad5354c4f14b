/* SPDX-License-Identifier: Apache-2.0 */
/* Requests, signatures and looks at certificates, by OpenSSL. */
#include "keys/acme.h"

#include "base/pem.h"
#include "keys/server_priv.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

enum { MAX_CHAIN = 10, SIGNATURE_MAX = 80 };

static const struct key *find(const struct generation *g, const char *label)
{
	for (size_t i = 0; i < g->count; i++)
		if (strncmp(g->keys[i].label, label, KEYS_NAME_SIZE) == 0)
			return &g->keys[i];
	return NULL;
}

static int64_t seconds_of(const ASN1_TIME *t)
{
	struct tm tm;

	return t && ASN1_TIME_to_tm(t, &tm) ? (int64_t)timegm(&tm) : 0;
}

/* A name as a certificate may show it: what is written into a request is never read from there as
 * something else. */
static bool is_name(const char *name)
{
	struct view text = view_bytes(name, strnlen(name, ACME_NAME_SIZE));

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      c == '-' || c == '.' || c == '_'))
			return false;
	}
	return text.len > 0 && text.len < ACME_NAME_SIZE - 1;
}

static bool names_all(X509 *leaf, const struct acme_wish *wish)
{
	for (unsigned i = 0; i < wish->name_count && i < MAX_ACME_NAMES; i++) {
		if (!is_name(wish->names[i]) ||
		    X509_check_host(leaf, wish->names[i], 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
		                    NULL) != 1)
			return false;
	}
	return wish->name_count > 0;
}

static bool coordinate(const EVP_PKEY *key, const char *which, uint8_t ret[ACME_COORDINATE])
{
	BIGNUM *number = NULL;
	bool is_good = EVP_PKEY_get_bn_param(key, which, &number) == 1 &&
	               BN_bn2binpad(number, ret, ACME_COORDINATE) == ACME_COORDINATE;

	BN_free(number);
	return is_good;
}

enum err keys_acme_about(const struct keys_server *s, const struct acme_wish *wish,
                         struct acme_about *ret)
{
	const struct key *account = find(&s->accounts, wish->account);
	const struct key *own = find(&s->now, wish->certificate);
	struct acme_about about = { .is_own = 1 };

	if (!account)
		return ERR_NOT_FOUND;
	if (!coordinate(account->private, OSSL_PKEY_PARAM_EC_PUB_X, about.x) ||
	    !coordinate(account->private, OSSL_PKEY_PARAM_EC_PUB_Y, about.y))
		return ERR_UNSUPPORTED;
	if (own && own->leaf) {
		about.from_s = seconds_of(X509_get0_notBefore(own->leaf));
		about.ends_s = seconds_of(X509_get0_notAfter(own->leaf));
		about.is_own = X509_self_signed(own->leaf, 0) == 1;
		about.is_whole = names_all(own->leaf, wish);
	}
	*ret = about;
	return ERR_NONE;
}

/* ---- signatures ---- */

static bool split(const uint8_t *der, size_t len, struct acme_signature *ret)
{
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
	bool is_good = pair &&
	               BN_bn2binpad(ECDSA_SIG_get0_r(pair), ret->bytes, ACME_COORDINATE) > 0 &&
	               BN_bn2binpad(ECDSA_SIG_get0_s(pair), ret->bytes + ACME_COORDINATE,
	                            ACME_COORDINATE) > 0;

	ECDSA_SIG_free(pair);
	return is_good;
}

enum err keys_acme_sign(const struct keys_server *s, const struct acme_sign *q,
                        struct acme_signature *ret)
{
	const struct key *account = find(&s->accounts, q->account);
	struct acme_signature fresh = { { 0 } };
	uint8_t der[SIGNATURE_MAX];
	size_t len = sizeof(der);
	EVP_PKEY_CTX *c;
	bool is_good;

	if (!account)
		return ERR_NOT_FOUND;
	c = EVP_PKEY_CTX_new_from_pkey(NULL, account->private, NULL);
	is_good = c && EVP_PKEY_sign_init(c) > 0 &&
	          EVP_PKEY_CTX_set_signature_md(c, s->digests[KEYS_SHA256]) > 0 &&
	          EVP_PKEY_sign(c, der, &len, q->digest, sizeof(q->digest)) > 0 &&
	          split(der, len, &fresh);
	EVP_PKEY_CTX_free(c);
	ERR_clear_error();
	if (is_good)
		*ret = fresh;
	return is_good ? ERR_NONE : ERR_IO;
}

/* ---- requests ---- */

static bool add_name(GENERAL_NAMES *names, const char *text)
{
	GENERAL_NAME *one = GENERAL_NAME_new();
	ASN1_IA5STRING *value = ASN1_IA5STRING_new();

	if (one && value && ASN1_STRING_set(value, text, -1)) {
		GENERAL_NAME_set0_value(one, GEN_DNS, value);
		value = NULL;
		if (sk_GENERAL_NAME_push(names, one) > 0)
			return true;
	}
	ASN1_IA5STRING_free(value);
	GENERAL_NAME_free(one);
	return false;
}

static bool add_names(X509_REQ *request, const struct acme_wish *wish)
{
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	STACK_OF(X509_EXTENSION) *extensions = NULL;
	bool is_good = names != NULL;

	for (unsigned i = 0; i < wish->name_count && is_good; i++)
		is_good = add_name(names, wish->names[i]);
	is_good = is_good &&
	          X509V3_add1_i2d(&extensions, NID_subject_alt_name, names, 0,
	                          X509V3_ADD_DEFAULT) == 1 &&
	          X509_REQ_add_extensions(request, extensions) == 1;
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	GENERAL_NAMES_free(names);
	return is_good;
}

enum err keys_acme_request(const struct keys_server *s, const struct acme_wish *wish,
                           struct buffer *ret)
{
	const struct key *own = find(&s->now, wish->certificate);
	const EVP_MD *digest;
	unsigned char *der = NULL;
	X509_REQ *request;
	bool is_good;
	int len = 0;

	if (!own)
		return ERR_NOT_FOUND;
	if (wish->name_count == 0 || wish->name_count > MAX_ACME_NAMES)
		return ERR_SYNTAX;
	for (unsigned i = 0; i < wish->name_count; i++)
		if (!is_name(wish->names[i]))
			return ERR_SYNTAX;
	digest = EVP_PKEY_is_a(own->private, "ED25519") ? NULL : s->digests[KEYS_SHA256];
	request = X509_REQ_new();
	is_good = request && X509_REQ_set_version(request, 0) == 1 &&
	          X509_REQ_set_pubkey(request, own->private) == 1 && add_names(request, wish) &&
	          X509_REQ_sign(request, own->private, digest) > 0;
	len = is_good ? i2d_X509_REQ(request, &der) : 0;
	if (len > 0)
		buffer_put(ret, view_bytes(der, (size_t)len));
	OPENSSL_free(der);
	X509_REQ_free(request);
	ERR_clear_error();
	return len > 0 ? ret->err : ERR_IO;
}

/* ---- what came ---- */

static enum err refuse(struct buffer *words, enum err err, const char *why)
{
	buffer_text(words, why);
	ERR_clear_error();
	return err;
}

static enum err judge(const struct key *own, const struct acme_wish *wish, X509 *leaf,
                      int64_t now_s, struct buffer *words)
{
	if (X509_check_private_key(leaf, own->private) != 1)
		return refuse(words, ERR_DENIED, "what came is for another key");
	if (!names_all(leaf, wish))
		return refuse(words, ERR_DENIED, "what came does not name all that was asked for");
	if (seconds_of(X509_get0_notBefore(leaf)) > now_s ||
	    seconds_of(X509_get0_notAfter(leaf)) <= now_s)
		return refuse(words, ERR_STALE, "what came is not good at this time");
	return ERR_NONE;
}

/* PEM says so by an error of its own. Any other would stop who loads the file, too. */
static bool is_at_end(void)
{
	unsigned long last = ERR_peek_last_error();

	return ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
}

enum err keys_acme_fits(const struct keys_server *s, const struct acme_wish *wish,
                        struct view chain, int64_t now_s, struct buffer *words)
{
	const struct key *own = find(&s->now, wish->certificate);
	BIO *in = own ? BIO_new_mem_buf(chain.at, (int)chain.len) : NULL;
	X509 *first = NULL, *before = NULL, *one = NULL;
	enum err err = ERR_NONE;
	int count = 0;

	if (!own)
		return refuse(words, ERR_NOT_FOUND, "there is no key for it");
	ERR_clear_error();
	while (err == ERR_NONE && count <= MAX_CHAIN &&
	       (one = PEM_read_bio_X509(in, NULL, pem_no_password, NULL)) != NULL) {
		if (count++ == 0)
			err = judge(own, wish, first = one, now_s, words);
		else if (X509_verify(before, X509_get0_pubkey(one)) != 1)
			err = refuse(words, ERR_DENIED, "what came is no chain");
		if (before != first)
			X509_free(before);
		before = one;
	}
	if (err == ERR_NONE && (count == 0 || count > MAX_CHAIN || !is_at_end()))
		err = refuse(words, ERR_SYNTAX, "what came cannot be read");
	if (before != first)
		X509_free(before);
	X509_free(first);
	BIO_free(in);
	ERR_clear_error();
	return err;
}
