/* SPDX-License-Identifier: Apache-2.0 */
/* OCSP responses, judged by hand: OpenSSL's own verification asks the clock of the process and
 * believes responders by other roads than the issuer of this certificate. */
#include "transport/tls_staple.h"

#include "base/now.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

enum { SKEW_S = 300, DAY_S = 86400, MAX_SINGLES = 64, LEAST_BITS = 112 };
enum { STATUS_REQUEST = 5 }; /* RFC 7633 6: the number of the TLS extension */

static OCSP_BASICRESP *open_staple(struct view der)
{
	const unsigned char *at = (const unsigned char *)der.at;
	OCSP_RESPONSE *all = der.len > 0 && der.len <= MAX_STAPLE
	                           ? d2i_OCSP_RESPONSE(NULL, &at, (long)der.len)
	                           : NULL;
	OCSP_BASICRESP *ret = NULL;

	if (all && at == (const unsigned char *)der.at + der.len &&
	    OCSP_response_status(all) == OCSP_RESPONSE_STATUS_SUCCESSFUL)
		ret = OCSP_response_get1_basic(all);
	OCSP_RESPONSE_free(all);
	return ret;
}

/* ---- of which certificate ---- */

static bool is_of(OCSP_CERTID *id, X509 *leaf, X509 *issuer)
{
	ASN1_OBJECT *how;
	ASN1_INTEGER *serial;
	const EVP_MD *digest;
	OCSP_CERTID *own;
	bool is_it;

	if (OCSP_id_get0_info(NULL, &how, NULL, &serial, id) != 1 ||
	    ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(leaf)) != 0)
		return false;
	if (!issuer)
		return true;
	digest = EVP_get_digestbyobj(how);
	own = digest ? OCSP_cert_to_id(digest, leaf, issuer) : NULL;
	is_it = own && OCSP_id_cmp(own, id) == 0;
	OCSP_CERTID_free(own);
	return is_it;
}

static OCSP_SINGLERESP *single_of(OCSP_BASICRESP *staple, X509 *leaf, X509 *issuer)
{
	for (int i = 0; i < OCSP_resp_count(staple) && i < MAX_SINGLES; i++) {
		OCSP_SINGLERESP *one = OCSP_resp_get0(staple, i);
		OCSP_CERTID *id = (OCSP_CERTID *)(uintptr_t)OCSP_SINGLERESP_get0_id(one);

		if (is_of(id, leaf, issuer))
			return one;
	}
	return NULL;
}

/* ---- from when to when ---- */

static bool seconds_of(const ASN1_TIME *t, int64_t *ret_s)
{
	struct tm tm;

	if (!t || ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*ret_s = (int64_t)timegm(&tm);
	return true;
}

/* What it says, V_OCSP_CERTSTATUS_; -1: it cannot be read. */
static int status_of(OCSP_SINGLERESP *one, struct tls_staple_times *ret)
{
	ASN1_GENERALIZEDTIME *from = NULL, *until = NULL;
	int status = OCSP_single_get0_status(one, NULL, NULL, &from, &until);

	if (!seconds_of(from, &ret->from_s))
		return -1;
	if (!until)
		ret->until_s = ret->from_s + DAY_S;
	else if (!seconds_of(until, &ret->until_s))
		return -1;
	return status;
}

/* ---- who signed it ---- */

static bool is_named(const OCSP_BASICRESP *staple, X509 *signer)
{
	const ASN1_OCTET_STRING *key = NULL;
	const X509_NAME *name = NULL;
	unsigned char own[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (OCSP_resp_get0_id(staple, &key, &name) != 1)
		return false;
	if (name)
		return X509_NAME_cmp(name, X509_get_subject_name(signer)) == 0;
	return key && X509_pubkey_digest(signer, EVP_sha1(), own, &len) == 1 &&
	       (unsigned)ASN1_STRING_length(key) == len &&
	       memcmp(ASN1_STRING_get0_data(key), own, len) == 0;
}

static bool is_strong(int signature)
{
	int digest = NID_undef, key = NID_undef;

	return OBJ_find_sigid_algs(signature, &digest, &key) == 1 && digest != NID_sha1 &&
	       digest != NID_md5;
}

/* RFC 6960 4.2.2.2: made a responder by the issuer itself, and for nothing less. */
static bool is_made_responder(X509 *one, X509 *issuer, time_t now)
{
	return X509_check_issued(issuer, one) == X509_V_OK &&
	       (X509_get_extension_flags(one) & EXFLAG_XKUSAGE) != 0 &&
	       (X509_get_extended_key_usage(one) & XKU_OCSP_SIGN) != 0 &&
	       ASN1_TIME_cmp_time_t(X509_get0_notBefore(one), now) <= 0 &&
	       ASN1_TIME_cmp_time_t(X509_get0_notAfter(one), now) >= 0 &&
	       is_strong(X509_get_signature_nid(one)) &&
	       X509_verify(one, X509_get0_pubkey(issuer)) == 1;
}

static X509 *signer_of(const OCSP_BASICRESP *staple, X509 *issuer, time_t now)
{
	const STACK_OF(X509) *brought = OCSP_resp_get0_certs(staple);

	if (is_named(staple, issuer))
		return issuer;
	for (int i = 0; i < sk_X509_num(brought) && i < MAX_SINGLES; i++) {
		X509 *one = sk_X509_value(brought, i);

		if (is_named(staple, one))
			return is_made_responder(one, issuer, now) ? one : NULL;
	}
	return NULL;
}

static bool is_signed(OCSP_BASICRESP *staple, X509 *issuer, time_t now)
{
	X509 *signer = signer_of(staple, issuer, now);
	const X509_ALGOR *how = OCSP_resp_get0_tbs_sigalg(staple);
	const ASN1_OBJECT *name = NULL;
	STACK_OF(X509) * only;
	bool is_good = false;

	if (!signer || !how)
		return false;
	X509_ALGOR_get0(&name, NULL, NULL, how);
	if (!is_strong(OBJ_obj2nid(name)) ||
	    EVP_PKEY_get_security_bits(X509_get0_pubkey(signer)) < LEAST_BITS)
		return false;
	only = sk_X509_new_null();
	/* Who may sign is known: the signature alone is looked at. */
	if (only && sk_X509_push(only, signer) > 0)
		is_good = OCSP_basic_verify(staple, only, NULL, OCSP_NOVERIFY) == 1;
	sk_X509_free(only);
	return is_good;
}

/* ---- all of it ---- */

static enum tls_refusal judge(OCSP_BASICRESP *staple, X509 *leaf, X509 *issuer, int64_t now_s)
{
	OCSP_SINGLERESP *one;
	struct tls_staple_times times;
	int status;

	if (!is_signed(staple, issuer, (time_t)now_s))
		return TLS_REFUSED_STAPLE_BAD;
	one = single_of(staple, leaf, issuer);
	if (!one)
		return TLS_REFUSED_STAPLE_OTHER;
	status = status_of(one, &times);
	if (status == V_OCSP_CERTSTATUS_REVOKED)
		return TLS_REFUSED_STAPLE_REVOKED;
	if (status != V_OCSP_CERTSTATUS_GOOD)
		return TLS_REFUSED_STAPLE_BAD;
	if (now_s < times.from_s - SKEW_S || now_s > times.until_s + SKEW_S)
		return TLS_REFUSED_STAPLE_OLD;
	return TLS_REFUSED_NOT;
}

enum tls_refusal tls_staple_judge(struct view der, X509 *leaf, X509 *issuer, int64_t wall_us)
{
	OCSP_BASICRESP *staple = issuer ? open_staple(der) : NULL;
	enum tls_refusal why = TLS_REFUSED_STAPLE_BAD;

	if (staple)
		why = judge(staple, leaf, issuer, wall_us / SECOND_US);
	OCSP_BASICRESP_free(staple);
	ERR_clear_error();
	return why;
}

enum err tls_staple_take(struct view der, X509 *leaf, X509 *issuer, struct tls_staple_times *ret)
{
	OCSP_BASICRESP *staple = open_staple(der);
	OCSP_SINGLERESP *one = staple ? single_of(staple, leaf, issuer) : NULL;
	struct tls_staple_times times;
	enum err err = !staple ? ERR_SYNTAX : !one ? ERR_NOT_FOUND : ERR_NONE;

	if (err == ERR_NONE && status_of(one, &times) != V_OCSP_CERTSTATUS_GOOD)
		err = ERR_DENIED;
	OCSP_BASICRESP_free(staple);
	ERR_clear_error();
	if (err == ERR_NONE)
		*ret = times;
	return err;
}

bool tls_staple_is_must(X509 *leaf)
{
	TLS_FEATURE *wanted = X509_get_ext_d2i(leaf, NID_tlsfeature, NULL, NULL);
	bool is_must = false;

	for (int i = 0; wanted && i < sk_ASN1_INTEGER_num(wanted); i++)
		is_must = is_must ||
		          ASN1_INTEGER_get(sk_ASN1_INTEGER_value(wanted, i)) == STATUS_REQUEST;
	TLS_FEATURE_free(wanted);
	return is_must;
}
