/* SPDX-License-Identifier: Apache-2.0 */
/* Chain, time, use, revocation, name, pins, staple: in this order, so that the reason is the first
 * thing that a person would look at. */
#include "transport/tls_judge.h"

#include "base/secret.h"
#include "tls/chain.h"
#include "transport/tls_staple.h"

#include <openssl/x509v3.h>
#include <string.h>

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

static enum tls_refusal refusal_of(const struct tls_chain_verdict *v)
{
	switch (v->fault) {
	case TLS_CHAIN_HOLDS:
		return TLS_REFUSED_NOT;
	case TLS_CHAIN_EXPIRED:
		return TLS_REFUSED_EXPIRED;
	case TLS_CHAIN_NOT_YET:
		return TLS_REFUSED_NOT_YET;
	case TLS_CHAIN_REVOKED:
		return v->depth > 0 ? TLS_REFUSED_AUTHORITY_REVOKED : TLS_REFUSED_REVOKED;
	case TLS_CHAIN_NO_LIST:
	case TLS_CHAIN_OLD_LIST:
		return TLS_REFUSED_NO_LIST;
	case TLS_CHAIN_AUTHORITY:
		return TLS_REFUSED_AUTHORITY;
	case TLS_CHAIN_PURPOSE:
		return TLS_REFUSED_USAGE;
	default:
		return TLS_REFUSED_CHAIN;
	}
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
	const struct tls_chain_terms terms = { .authorities = policy->authorities,
		                               .has_list = policy->has_list,
		                               .wall_us = shown->wall_us };
	struct tls_chain_verdict v = tls_chain_verify(&terms, shown->leaf, shown->others);
	enum tls_refusal why = refusal_of(&v);
	int code = v.code;

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
