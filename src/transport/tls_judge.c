/* SPDX-License-Identifier: Apache-2.0 */
/* Chain, time, use, revocation, name, pins, staple: in this order, so that the reason is the first
 * thing that a person would look at. */
#include "transport/tls_judge.h"
#include "transport/tls.h"
#include "transport/tls_staple.h"

#include "base/now.h"
#include "base/secret.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

enum { MAX_DEPTH = 6, AUTH_LEVEL = 2 };
/* RFC 5924: id-kp-sipDomain. */
static const char sip_domain[] = "1.3.6.1.5.5.7.3.20";

/* ---- names ---- */

static struct view text_of(const ASN1_STRING *s)
{
	return view_bytes(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

/* sip:HOST without a user; a port or parameters name no domain. */
static bool is_uri_of(struct view uri, struct view name)
{
	if (!view_starts_nocase(uri, VIEW("sip:")))
		return false;
	return view_equal_nocase(view_after(uri, 4), name);
}

static bool has_common_name(X509 *certificate, struct view name)
{
	const X509_NAME *subject = X509_get_subject_name(certificate);
	int at = -1, last = -1;

	while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0)
		last = at;
	if (last < 0)
		return false;
	return view_equal_nocase(
		text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last))), name);
}

bool tls_has_name(X509 *certificate, struct view name)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	bool is_found = false;

	if (!names)
		return has_common_name(certificate, name);
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !is_found; i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);

		if (n->type == GEN_URI)
			is_found = is_uri_of(text_of(n->d.uniformResourceIdentifier), name);
		else if (n->type == GEN_DNS)
			is_found = view_equal_nocase(text_of(n->d.dNSName), name);
	}
	GENERAL_NAMES_free(names);
	return is_found;
}

/* ---- use ---- */

/* RFC 5924 4: a certificate that says what it is for must say SIP, anything, or, as those that
 * are sold do, TLS in the part that it plays here. */
static bool is_for_this(X509 *leaf, bool is_server)
{
	EXTENDED_KEY_USAGE *uses = X509_get_ext_d2i(leaf, NID_ext_key_usage, NULL, NULL);
	bool is_found = uses == NULL;
	uint32_t key_use = X509_get_key_usage(leaf);

	for (int i = 0; uses && i < sk_ASN1_OBJECT_num(uses) && !is_found; i++) {
		const ASN1_OBJECT *use = sk_ASN1_OBJECT_value(uses, i);
		int nid = OBJ_obj2nid(use);
		char text[64];

		is_found = nid == (is_server ? NID_server_auth : NID_client_auth) ||
		           nid == NID_anyExtendedKeyUsage ||
		           (OBJ_obj2txt(text, sizeof(text), use, 1) > 0 &&
		            strcmp(text, sip_domain) == 0);
	}
	EXTENDED_KEY_USAGE_free(uses);
	return is_found && (key_use == UINT32_MAX || (key_use & KU_DIGITAL_SIGNATURE) != 0);
}

/* ---- pins ---- */

static bool has_pinned_key(const struct tls_policy *p, X509 *leaf)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	unsigned char *der = NULL;
	int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &der);
	bool is_hashed =
		size > 0 && EVP_Digest(der, (size_t)size, hash, &len, EVP_sha256(), NULL) == 1;
	bool is_found = false;

	OPENSSL_free(der);
	for (unsigned i = 0; i < p->key_count && is_hashed; i++)
		is_found = is_found || secret_equal(hash, p->keys[i], sizeof(p->keys[i]));
	return is_found;
}

static bool has_pinned_serial(const struct tls_policy *p, X509 *leaf)
{
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(leaf), NULL);
	char *text = number ? BN_bn2hex(number) : NULL;
	bool is_found = false;

	for (unsigned i = 0; i < p->serial_count && text; i++) {
		struct view pinned = view_of(p->serials[i]), own = view_of(text);

		while (pinned.len > 1 && pinned.at[0] == '0')
			pinned = view_after(pinned, 1);
		while (own.len > 1 && own.at[0] == '0')
			own = view_after(own, 1);
		is_found = is_found || view_equal_nocase(pinned, own);
	}
	OPENSSL_free(text);
	BN_free(number);
	return is_found;
}

/* ---- chain ---- */

static enum tls_refusal refusal_of(int code)
{
	switch (code) {
	case X509_V_OK:
		return TLS_REFUSED_NOT;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return TLS_REFUSED_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return TLS_REFUSED_NOT_YET;
	case X509_V_ERR_CERT_REVOKED:
		return TLS_REFUSED_REVOKED;
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
	case X509_V_ERR_DIFFERENT_CRL_SCOPE:
		return TLS_REFUSED_NO_LIST;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_CERT_UNTRUSTED:
		return TLS_REFUSED_AUTHORITY;
	case X509_V_ERR_INVALID_PURPOSE:
		return TLS_REFUSED_USAGE;
	default:
		return TLS_REFUSED_CHAIN;
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

struct verdict {
	int code, depth; /* X509_V_..., and of which certificate: 0 is the leaf */
	X509 *issuer;    /* the caller's; NULL: not known */
};

/* Authorities above may have no list of their own: nothing is known of who they signed then. One
 * that is there has to hold. */
static int pass_without_list(int is_good, X509_STORE_CTX *look)
{
	return is_good || (X509_STORE_CTX_get_error(look) == X509_V_ERR_UNABLE_TO_GET_CRL &&
	                   X509_STORE_CTX_get_error_depth(look) > 0);
}

static struct verdict verify_by(const struct tls_policy *p, const struct tls_shown *shown,
                                unsigned long flags)
{
	X509_STORE_CTX *look = X509_STORE_CTX_new();
	struct verdict v = { .code = X509_V_ERR_OUT_OF_MEM };
	X509_VERIFY_PARAM *how;

	if (p->has_list)
		flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
	if (look && X509_STORE_CTX_init(look, p->authorities, shown->leaf, shown->others) == 1) {
		how = X509_STORE_CTX_get0_param(look);
		X509_VERIFY_PARAM_set_depth(how, MAX_DEPTH);
		X509_VERIFY_PARAM_set_auth_level(how, AUTH_LEVEL);
		X509_VERIFY_PARAM_set_time(how, (time_t)(shown->wall_us / SECOND_US));
		(void)X509_VERIFY_PARAM_set_flags(how, flags);
		X509_STORE_CTX_set_verify_cb(look, pass_without_list);
		v.code = X509_verify_cert(look) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(look);
		v.depth = X509_STORE_CTX_get_error_depth(look);
		if (v.code == X509_V_OK && X509_STORE_CTX_get0_chain(look) == NULL)
			v.code = X509_V_ERR_UNSPECIFIED;
		if (v.code == X509_V_OK)
			v.issuer = issuer_in(look);
	}
	X509_STORE_CTX_free(look);
	ERR_clear_error();
	return v;
}

static struct verdict verify(const struct tls_policy *p, const struct tls_shown *shown)
{
	struct verdict v;

	/* A chain that may end early ends before the list that revokes its last authority: where
	 * there are lists it is followed to its root first. */
	if (p->has_list) {
		enum tls_refusal why;

		v = verify_by(p, shown, 0);
		why = refusal_of(v.code);
		if (why == TLS_REFUSED_NOT || why == TLS_REFUSED_REVOKED ||
		    why == TLS_REFUSED_NO_LIST)
			return v;
	}
	/* Who is named as an authority is one, whoever signed it. */
	return verify_by(p, shown, X509_V_FLAG_PARTIAL_CHAIN);
}

/* ---- staple ---- */

static enum tls_refusal judge_staple(const struct tls_policy *p, const struct tls_shown *shown,
                                     X509 *issuer)
{
	bool is_must = p->staple == TLS_STAPLE_REQUIRED || tls_staple_is_must(shown->leaf);
	enum tls_refusal why;

	if (p->staple == TLS_STAPLE_OFF)
		return TLS_REFUSED_NOT;
	why = shown->staple->len > 0
	            ? tls_staple_judge(*shown->staple, shown->leaf, issuer, shown->wall_us)
	            : TLS_REFUSED_NO_STAPLE;
	/* Who could leave it out could as well bring one that does not hold. */
	return is_must || why == TLS_REFUSED_STAPLE_REVOKED ? why : TLS_REFUSED_NOT;
}

enum tls_refusal tls_judge(const struct tls_policy *policy, const struct tls_shown *shown,
                           int *ret_code)
{
	struct verdict v = verify(policy, shown);
	enum tls_refusal why = refusal_of(v.code);
	int code = v.code;

	if (why == TLS_REFUSED_REVOKED && v.depth > 0)
		why = TLS_REFUSED_AUTHORITY_REVOKED;
	if (why == TLS_REFUSED_NOT && !is_for_this(shown->leaf, shown->is_server)) {
		why = TLS_REFUSED_USAGE;
		code = X509_V_ERR_INVALID_PURPOSE;
	} else if (why == TLS_REFUSED_NOT && policy->name[0] &&
	           !tls_has_name(shown->leaf, view_of(policy->name))) {
		why = TLS_REFUSED_NAME;
		code = X509_V_ERR_HOSTNAME_MISMATCH;
	} else if (why == TLS_REFUSED_NOT &&
	           ((policy->key_count && !has_pinned_key(policy, shown->leaf)) ||
	            (policy->serial_count && !has_pinned_serial(policy, shown->leaf)))) {
		why = TLS_REFUSED_PIN;
		code = X509_V_ERR_APPLICATION_VERIFICATION;
	} else if (why == TLS_REFUSED_NOT && shown->staple) {
		why = judge_staple(policy, shown, v.issuer);
	}
	X509_free(v.issuer);
	*ret_code = code;
	return why;
}

/* ---- reading ---- */

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

	while (err == ERR_NONE && (one = PEM_read_bio_X509(text, NULL, NULL, NULL))) {
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

	while (err == ERR_NONE && (one = PEM_read_bio_X509_CRL(text, NULL, NULL, NULL))) {
		err = X509_STORE_add_crl(store, one) == 1 ? ERR_NONE : ERR_NO_MEMORY;
		X509_CRL_free(one);
		count++;
	}
	if (err == ERR_NONE)
		err = end_of_reading();
	BIO_free(text);
	return err == ERR_NONE && count == 0 ? ERR_SYNTAX : err;
}

/* Nobody is there who could be asked for a password. */
static int no_password(char *ret, int size, int is_writing, void *unused)
{
	(void)ret;
	(void)size;
	(void)is_writing;
	(void)unused;
	return -1;
}

enum err tls_take_key(struct view pem, EVP_PKEY **ret)
{
	BIO *text = open_text(pem);
	EVP_PKEY *key = text ? PEM_read_bio_PrivateKey(text, NULL, no_password, NULL) : NULL;

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
	X509 *leaf = text ? PEM_read_bio_X509(text, NULL, NULL, NULL) : NULL, *one;
	enum err err = !text || !others ? ERR_NO_MEMORY : leaf ? ERR_NONE : end_of_reading();

	if (err == ERR_NONE && !leaf)
		err = ERR_SYNTAX;
	while (err == ERR_NONE && (one = PEM_read_bio_X509(text, NULL, NULL, NULL))) {
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
