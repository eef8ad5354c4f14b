/* SPDX-License-Identifier: Apache-2.0 */
/* Files of certificates, lists and keys (PEM), as somebody else read them. */
#ifndef TLS_PEM_H
#define TLS_PEM_H

#include "base/err.h"
#include "base/view.h"

#include <openssl/x509.h>

/* Into a store; *ret_count: how many there were. ERR_SYNTAX, ERR_NO_MEMORY. */
enum err tls_take_authorities(X509_STORE *store, struct view pem, size_t *ret_count) MUST_USE;
enum err tls_take_revoked(X509_STORE *store, struct view pem) MUST_USE;
/* A chain, ours first. ERR_SYNTAX, ERR_NO_MEMORY. Both are the caller's. */
enum err tls_take_chain(struct view pem, X509 **ret_leaf, STACK_OF(X509) * *ret_others) MUST_USE;
/* A private key, for tests and for who keeps keys no other way. ERR_SYNTAX, ERR_NO_MEMORY. */
enum err tls_take_key(struct view pem, EVP_PKEY **ret) MUST_USE;

#endif
