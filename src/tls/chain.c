/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's verification, with lists of revoked certificates as an operator means them. */
#include "tls/chain.h"

#include "base/now.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <time.h>

enum { MAX_DEPTH = 6, STRENGTH = 2 /* 112 bits, as OpenSSL counts */ };

static enum tls_chain_fault fault_of(int code)
{
	switch (code) {
	case X509_V_OK:
		return TLS_CHAIN_HOLDS;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return TLS_CHAIN_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return TLS_CHAIN_NOT_YET;
	case X509_V_ERR_CERT_REVOKED:
		return TLS_CHAIN_REVOKED;
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
		return TLS_CHAIN_OLD_LIST;
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
	case X509_V_ERR_DIFFERENT_CRL_SCOPE:
		return TLS_CHAIN_NO_LIST;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_CERT_UNTRUSTED:
		return TLS_CHAIN_AUTHORITY;
	case X509_V_ERR_INVALID_PURPOSE:
		return TLS_CHAIN_PURPOSE;
	default:
		return TLS_CHAIN_BROKEN;
	}
}

/* Who signed the first one of a chain that holds; the caller's reference. NULL: nobody but one
 * who is believed without it. */
static X509 *issuer_in(X509_STORE_CTX *look)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(look);
	X509 *one = sk_X509_num(chain) > 0 ? sk_X509_value(chain, sk_X509_num(chain) > 1) : NULL;

	if (!one || X509_check_issued(one, sk_X509_value(chain, 0)) != X509_V_OK)
		return NULL;
	return X509_up_ref(one) == 1 ? one : NULL;
}

/* Authorities above may have no list of their own: nothing is known of who they signed then. One
 * that is there has to hold. */
static int pass_without_list(int is_good, X509_STORE_CTX *look)
{
	return is_good || (X509_STORE_CTX_get_error(look) == X509_V_ERR_UNABLE_TO_GET_CRL &&
	                   X509_STORE_CTX_get_error_depth(look) > 0);
}

static void set_terms(X509_STORE_CTX *look, const struct tls_chain_terms *terms,
                      unsigned long flags)
{
	X509_VERIFY_PARAM *how = X509_STORE_CTX_get0_param(look);

	if (terms->has_list)
		flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
	X509_VERIFY_PARAM_set_depth(how, MAX_DEPTH);
	X509_VERIFY_PARAM_set_auth_level(how, STRENGTH);
	X509_VERIFY_PARAM_set_time(how, (time_t)(terms->wall_us / SECOND_US));
	(void)X509_VERIFY_PARAM_set_flags(how, flags);
	X509_STORE_CTX_set_verify_cb(look, pass_without_list);
}

static struct tls_chain_verdict verify_by(const struct tls_chain_terms *terms, X509 *leaf,
                                          STACK_OF(X509) * others, unsigned long flags)
{
	X509_STORE_CTX *look = X509_STORE_CTX_new();
	struct tls_chain_verdict v = { .code = X509_V_ERR_OUT_OF_MEM };

	if (look && X509_STORE_CTX_init(look, terms->authorities, leaf, others) == 1) {
		set_terms(look, terms, flags);
		if (terms->purpose == 0 || X509_STORE_CTX_set_purpose(look, terms->purpose) == 1) {
			v.code = X509_verify_cert(look) == 1 ? X509_V_OK
			                                     : X509_STORE_CTX_get_error(look);
			v.depth = X509_STORE_CTX_get_error_depth(look);
		}
		if (v.code == X509_V_OK && X509_STORE_CTX_get0_chain(look) == NULL)
			v.code = X509_V_ERR_UNSPECIFIED;
		if (v.code == X509_V_OK)
			v.issuer = issuer_in(look);
	}
	X509_STORE_CTX_free(look);
	ERR_clear_error();
	v.fault = fault_of(v.code);
	return v;
}

static bool is_about_lists(enum tls_chain_fault fault)
{
	return fault == TLS_CHAIN_REVOKED || fault == TLS_CHAIN_NO_LIST ||
	       fault == TLS_CHAIN_OLD_LIST;
}

struct tls_chain_verdict tls_chain_verify(const struct tls_chain_terms *terms, X509 *leaf,
                                          STACK_OF(X509) * others)
{
	/* A chain that may end early ends before the list that revokes its last authority: where
	 * there are lists it is followed to its root first. */
	if (terms->has_list) {
		struct tls_chain_verdict v = verify_by(terms, leaf, others, 0);

		if (v.fault == TLS_CHAIN_HOLDS || is_about_lists(v.fault))
			return v;
	}
	/* Who is named as an authority is one, whoever signed it. */
	return verify_by(terms, leaf, others, X509_V_FLAG_PARTIAL_CHAIN);
}
