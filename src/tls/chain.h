/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a chain of certificates leads to who is believed: signatures, time, purpose, and lists of
 * revoked ones; RSA of 2048 bits at least, no SHA-1. Pure but for OpenSSL's allocations: the time
 * is an argument. */
#ifndef TLS_CHAIN_H
#define TLS_CHAIN_H

#include "base/err.h"

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

enum tls_chain_fault {
	TLS_CHAIN_HOLDS,
	TLS_CHAIN_BROKEN, /* any other fault */
	TLS_CHAIN_EXPIRED,
	TLS_CHAIN_NOT_YET,
	TLS_CHAIN_REVOKED,
	TLS_CHAIN_NO_LIST,  /* of revoked ones, or none that its authority signed */
	TLS_CHAIN_OLD_LIST, /* or one of the future */
	TLS_CHAIN_AUTHORITY,
	TLS_CHAIN_PURPOSE,
};

/* What is asked of a chain. */
struct tls_chain_terms {
	X509_STORE *authorities; /* whoever is named here is one, whoever signed it */
	bool has_list;           /* of revoked ones: that of who signed the leaf has to be there */
	int purpose;             /* X509_PURPOSE_... of all of it; 0: not asked here */
	int64_t wall_us;
};

struct tls_chain_verdict {
	enum tls_chain_fault fault;
	int code, depth; /* X509_V_..., for an alert, and of which certificate: 0 is the leaf */
	X509 *issuer;    /* of the leaf, the caller's; NULL: not known */
};

/* `others` (may be NULL) came with the leaf. */
struct tls_chain_verdict tls_chain_verify(const struct tls_chain_terms *terms, X509 *leaf,
                                          STACK_OF(X509) * others);

#endif
