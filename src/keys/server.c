/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in two generations, found by the digest of their public half. */
#include "keys/server.h"

#include "base/pem.h"
#include "base/secret.h"
#include "keys/server_priv.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

static const char *const digest_names[KEYS_DIGEST_COUNT] = {
	[KEYS_MD5_SHA1] = "MD5-SHA1", [KEYS_SHA1] = "SHA1",     [KEYS_SHA256] = "SHA256",
	[KEYS_SHA384] = "SHA384",     [KEYS_SHA512] = "SHA512",
};

/* ---- life ---- */

static void forget(struct generation *g)
{
	for (size_t i = 0; i < g->count; i++) {
		EVP_PKEY_free(g->keys[i].private);
		X509_free(g->keys[i].leaf);
	}
	memset(g, 0, sizeof(*g));
}

enum err keys_server_new(struct keys_server **ret)
{
	struct keys_server *s = calloc(1, sizeof(*s));
	uint8_t drawn[16];

	if (!s)
		return ERR_NO_MEMORY;
	for (int i = KEYS_MD5_SHA1; i < KEYS_DIGEST_COUNT; i++) {
		s->digests[i] = EVP_MD_fetch(NULL, digest_names[i], NULL);
		if (!s->digests[i]) {
			keys_server_free(&s);
			return ERR_UNSUPPORTED;
		}
	}
	/* Signatures draw numbers: the generator stands before no file can be opened. */
	if (RAND_bytes(drawn, sizeof(drawn)) != 1 || RAND_priv_bytes(drawn, sizeof(drawn)) != 1) {
		keys_server_free(&s);
		return ERR_UNSUPPORTED;
	}
	*ret = s;
	return ERR_NONE;
}

void keys_server_free(struct keys_server **s)
{
	if (!*s)
		return;
	forget(&(*s)->now);
	forget(&(*s)->before);
	forget(&(*s)->accounts);
	for (int i = 0; i < KEYS_DIGEST_COUNT; i++)
		EVP_MD_free((*s)->digests[i]);
	free(*s);
	*s = NULL;
}

size_t keys_server_count(const struct keys_server *s) { return s->now.count; }

/* ---- taking ---- */

static bool is_p256(EVP_PKEY *key)
{
	char group[32] = "";

	return EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	       strcmp(group, "prime256v1") == 0;
}

static bool is_carried(EVP_PKEY *key)
{
	char group[32] = "";

	if (EVP_PKEY_is_a(key, "RSA"))
		return EVP_PKEY_get_bits(key) >= 2048 &&
		       EVP_PKEY_get_size(key) <= KEYS_SIGNATURE_MAX;
	if (EVP_PKEY_is_a(key, "EC"))
		return EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
		       (strcmp(group, "prime256v1") == 0 || strcmp(group, "secp384r1") == 0);
	return EVP_PKEY_is_a(key, "ED25519") == 1;
}

/* True where there is none: nothing contradicts. */
static bool fits_chain(struct key *k, const struct keys_bundle *public, const char *name)
{
	struct view chain;
	BIO *in;

	if (!keys_bundle_find(public, KEYS_CHAIN, view_of(name), &chain))
		return true;
	in = BIO_new_mem_buf(chain.at, (int)chain.len);
	k->leaf = in ? PEM_read_bio_X509(in, NULL, pem_no_password, NULL) : NULL;
	BIO_free(in);
	return k->leaf && X509_check_private_key(k->leaf, k->private) == 1;
}

static enum err refuse(struct buffer *words, const struct keys_row *row, const char *what,
                       enum err err)
{
	buffer_text(words, row->kind == KEYS_ACCOUNT ? "acme " : "certificate ");
	buffer_text(words, row->name);
	buffer_text(words, ": ");
	buffer_text(words, what);
	ERR_clear_error();
	return err;
}

static enum err take_one(struct generation *g, const struct keys_row *row,
                         const struct keys_bundle *public, struct buffer *words)
{
	struct key *k = &g->keys[g->count];
	BIO *in;

	if (g->count == MAX_KEYS)
		return refuse(words, row, "there are too many keys", ERR_FULL);
	in = BIO_new_mem_buf(row->bytes.at, (int)row->bytes.len);
	k->private = in ? PEM_read_bio_PrivateKey(in, NULL, pem_no_password, NULL) : NULL;
	BIO_free(in);
	if (!k->private)
		return refuse(words, row,
		              "its key is not in PEM, or is encrypted; write it without password",
		              ERR_SYNTAX);
	g->count++;
	memcpy(k->label, row->name, sizeof(k->label));
	if (row->kind == KEYS_ACCOUNT && !is_p256(k->private))
		return refuse(words, row, "its key is no P-256", ERR_UNSUPPORTED);
	if (!is_carried(k->private))
		return refuse(words, row,
		              "its key is neither RSA of 2048 to 4096 bits, nor P-256, P-384 or "
		              "Ed25519",
		              ERR_UNSUPPORTED);
	if (row->kind == KEYS_PRIVATE && !fits_chain(k, public, row->name))
		return refuse(words, row,
		              "its key is not that of the first certificate in its chain",
		              ERR_DENIED);
	return keys_name_of(k->private, k->name) ? ERR_NONE : ERR_NO_MEMORY;
}

static enum err take_control(struct generation *g, struct view chain, struct buffer *words)
{
	BIO *in = BIO_new_mem_buf(chain.at, (int)chain.len);
	X509 *leaf = in ? PEM_read_bio_X509(in, NULL, pem_no_password, NULL) : NULL;
	EVP_PKEY *key = leaf ? X509_get0_pubkey(leaf) : NULL;

	g->has_control = key && keys_name_of(key, g->control);
	X509_free(leaf);
	BIO_free(in);
	ERR_clear_error();
	if (g->has_control)
		return ERR_NONE;
	buffer_text(words, "control: its certificate cannot be read");
	return ERR_SYNTAX;
}

enum err keys_server_take(struct keys_server *s, const struct keys_bundle *secret,
                          const struct keys_bundle *public, struct buffer *words)
{
	/* Certificates', and accounts': a handshake never finds the latter. */
	struct generation *fresh = calloc(2, sizeof(*fresh));
	enum err err = fresh ? ERR_NONE : ERR_NO_MEMORY;
	struct keys_row row;
	size_t at = 0;

	while (err == ERR_NONE && keys_bundle_next(secret, &at, &row))
		if (row.kind == KEYS_PRIVATE || row.kind == KEYS_ACCOUNT)
			err = take_one(&fresh[row.kind == KEYS_ACCOUNT], &row, public, words);
		else if (row.kind == KEYS_CONTROL_CHAIN)
			err = take_control(&fresh[0], row.bytes, words);
	if (err == ERR_NONE) {
		forget(&s->before);
		forget(&s->accounts);
		s->before = s->now;
		s->now = fresh[0];
		s->accounts = fresh[1];
		memset(fresh, 0, 2 * sizeof(*fresh));
	}
	for (int i = 0; fresh && i < 2; i++)
		forget(&fresh[i]);
	free(fresh);
	return err;
}

/* ---- signing ---- */

static EVP_PKEY *find(const struct generation *g, const uint8_t name[KEYS_NAME_BYTES],
                      bool is_control)
{
	if (is_control && (!g->has_control || memcmp(g->control, name, KEYS_NAME_BYTES) != 0))
		return NULL;
	for (size_t i = 0; i < g->count; i++)
		if (memcmp(g->keys[i].name, name, KEYS_NAME_BYTES) == 0)
			return g->keys[i].private;
	return NULL;
}

/* A handshake signs digests by RSA and ECDSA, and messages by Ed25519: nothing else is asked of
 * us by who is not taken over. */
static bool is_sound(const struct keys_server *s, const EVP_PKEY *key, const struct keys_request *q)
{
	bool is_rsa = EVP_PKEY_is_a(key, "RSA") == 1,
	     is_edwards = EVP_PKEY_is_a(key, "ED25519") == 1;

	if (q->padding >= KEYS_PADDING_COUNT || q->digest >= KEYS_DIGEST_COUNT ||
	    is_rsa == (q->padding == KEYS_PADDING_NONE) ||
	    is_edwards != (q->digest == KEYS_DIGEST_NONE))
		return false;
	if (is_edwards)
		return q->size > 0 && q->size <= KEYS_MESSAGE_MAX;
	return q->size == EVP_MD_get_size(s->digests[q->digest]);
}

static bool set_padding(EVP_PKEY_CTX *c, const struct keys_request *q, const EVP_MD *md)
{
	if (EVP_PKEY_CTX_set_signature_md(c, md) <= 0)
		return false;
	if (q->padding == KEYS_PADDING_NONE)
		return true;
	if (q->padding == KEYS_PADDING_PKCS1)
		return EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) > 0;
	/* RFC 8446 4.2.3: the salt is as long as the digest. */
	return EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) > 0 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(c, md) > 0 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) > 0;
}

static bool sign_message(EVP_PKEY *key, const struct keys_request *q, uint8_t *ret, size_t *len)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool is_good = c && EVP_DigestSignInit(c, NULL, NULL, NULL, key) == 1 &&
	               EVP_DigestSign(c, ret, len, q->bytes, q->size) == 1;

	EVP_MD_CTX_free(c);
	return is_good;
}

static bool sign_digest(const struct keys_server *s, EVP_PKEY *key, const struct keys_request *q,
                        uint8_t *ret, size_t *len)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	bool is_good = c && EVP_PKEY_sign_init(c) > 0 && set_padding(c, q, s->digests[q->digest]) &&
	               EVP_PKEY_sign(c, ret, len, q->bytes, q->size) > 0;

	EVP_PKEY_CTX_free(c);
	return is_good;
}

static void sign(const struct keys_server *s, const struct keys_request *q, bool is_control,
                 struct keys_answer *ret)
{
	size_t len = sizeof(ret->bytes);
	EVP_PKEY *key = find(&s->now, q->key, is_control);
	enum err err = ERR_NONE;

	memset(ret, 0, sizeof(*ret));
	if (!key)
		key = find(&s->before, q->key, is_control);
	if (!key)
		err = ERR_NOT_FOUND;
	else if (!is_sound(s, key, q))
		err = ERR_SYNTAX;
	else if (!(q->digest == KEYS_DIGEST_NONE ? sign_message(key, q, ret->bytes, &len)
	                                         : sign_digest(s, key, q, ret->bytes, &len)))
		err = ERR_IO;
	if (err != ERR_NONE)
		ERR_clear_error();
	ret->id = q->id;
	ret->result = (uint8_t)err;
	ret->size = err == ERR_NONE ? (uint16_t)len : 0;
}

void keys_server_sign(struct keys_server *s, const struct keys_request *q, struct keys_answer *ret)
{
	sign(s, q, false, ret);
}

void keys_server_sign_control(struct keys_server *s, const struct keys_request *q,
                              struct keys_answer *ret)
{
	sign(s, q, true, ret);
}
