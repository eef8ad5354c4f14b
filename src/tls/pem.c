/* SPDX-License-Identifier: Apache-2.0 */
/* PEM into what OpenSSL makes of it: all of a text, or nothing. */
#include "tls/pem.h"

#include "base/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>

/* The end of a PEM text is an error of its own. */
static enum err end_of_reading(void)
{
	unsigned long last = ERR_peek_last_error();
	bool is_end =
		ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
	bool is_memory = ERR_GET_REASON(last) == ERR_R_MALLOC_FAILURE;

	ERR_clear_error();
	return is_end ? ERR_NONE : is_memory ? ERR_NO_MEMORY : ERR_SYNTAX;
}

static BIO *open_text(struct view pem)
{
	ERR_clear_error();
	return pem.len <= INT32_MAX ? BIO_new_mem_buf(pem.at, (int)pem.len) : NULL;
}

enum err tls_take_authorities(X509_STORE *store, struct view pem, size_t *ret_count)
{
	BIO *text = open_text(pem);
	enum err err = text ? ERR_NONE : ERR_NO_MEMORY;
	size_t count = 0;
	X509 *one;

	while (err == ERR_NONE && (one = PEM_read_bio_X509(text, NULL, pem_no_password, NULL))) {
		err = X509_STORE_add_cert(store, one) == 1 ? ERR_NONE : ERR_NO_MEMORY;
		X509_free(one);
		count++;
	}
	if (err == ERR_NONE)
		err = end_of_reading();
	BIO_free(text);
	if (err == ERR_NONE && count == 0)
		return ERR_SYNTAX;
	if (err == ERR_NONE)
		*ret_count = count;
	return err;
}

enum err tls_take_revoked(X509_STORE *store, struct view pem)
{
	BIO *text = open_text(pem);
	enum err err = text ? ERR_NONE : ERR_NO_MEMORY;
	size_t count = 0;
	X509_CRL *one;

	while (err == ERR_NONE &&
	       (one = PEM_read_bio_X509_CRL(text, NULL, pem_no_password, NULL))) {
		err = X509_STORE_add_crl(store, one) == 1 ? ERR_NONE : ERR_NO_MEMORY;
		X509_CRL_free(one);
		count++;
	}
	if (err == ERR_NONE)
		err = end_of_reading();
	BIO_free(text);
	return err == ERR_NONE && count == 0 ? ERR_SYNTAX : err;
}

enum err tls_take_key(struct view pem, EVP_PKEY **ret)
{
	BIO *text = open_text(pem);
	EVP_PKEY *key = text ? PEM_read_bio_PrivateKey(text, NULL, pem_no_password, NULL) : NULL;

	BIO_free(text);
	ERR_clear_error();
	if (!key)
		return text ? ERR_SYNTAX : ERR_NO_MEMORY;
	*ret = key;
	return ERR_NONE;
}

enum err tls_take_chain(struct view pem, X509 **ret_leaf, STACK_OF(X509) * *ret_others)
{
	BIO *text = open_text(pem);
	STACK_OF(X509) *others = sk_X509_new_null();
	X509 *leaf = text ? PEM_read_bio_X509(text, NULL, pem_no_password, NULL) : NULL, *one;
	enum err err = !text || !others ? ERR_NO_MEMORY : leaf ? ERR_NONE : end_of_reading();

	if (err == ERR_NONE && !leaf)
		err = ERR_SYNTAX;
	while (err == ERR_NONE && (one = PEM_read_bio_X509(text, NULL, pem_no_password, NULL))) {
		if (sk_X509_push(others, one) > 0)
			continue;
		X509_free(one);
		err = ERR_NO_MEMORY;
	}
	if (err == ERR_NONE)
		err = end_of_reading();
	BIO_free(text);
	if (err == ERR_NONE) {
		*ret_leaf = leaf;
		*ret_others = others;
		return ERR_NONE;
	}
	X509_free(leaf);
	sk_X509_pop_free(others, X509_free);
	return err;
}
