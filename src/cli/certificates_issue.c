/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of the authority: what each use may do, and making one. */
#include "base/buffer.h"
#include "cli/certificates.h"

#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_S = 86400, RSA_BITS = 2048 }; /* bits: what the handsets that want RSA can do */

/* RFC 5924: this key speaks for a SIP domain. */
#define SIP_DOMAIN "1.3.6.1.5.5.7.3.20"

static const struct {
	const char *name, *usage;
} uses[] = {
	[CERTIFICATES_PEER] = { "peer", "serverAuth,clientAuth," SIP_DOMAIN },
	[CERTIFICATES_SERVER] = { "server", "serverAuth," SIP_DOMAIN },
	[CERTIFICATES_CLIENT] = { "client", "clientAuth," SIP_DOMAIN },
	[CERTIFICATES_CONTROL] = { "control", "clientAuth" },
	[CERTIFICATES_AUTHORITY] = { "authority", NULL },
	[CERTIFICATES_OTHER] = { "other", NULL },
};

const char *certificates_use_name(enum certificates_use use) { return uses[use].name; }

int certificates_sip_domain(void)
{
	int nid = OBJ_txt2nid(SIP_DOMAIN);

	return nid != NID_undef ? nid : OBJ_create(SIP_DOMAIN, "sipDomain", "SIP Domain");
}

enum certificates_use certificates_use_of(X509 *certificate)
{
	EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
	bool is_server = false, is_client = false, is_sip = false;

	for (int i = 0; i < sk_ASN1_OBJECT_num(usage); i++) {
		int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, i));

		is_server = is_server || nid == NID_server_auth;
		is_client = is_client || nid == NID_client_auth;
		is_sip = is_sip || (nid != NID_undef && nid == certificates_sip_domain());
	}
	EXTENDED_KEY_USAGE_free(usage);
	if (X509_check_ca(certificate) > 0)
		return CERTIFICATES_AUTHORITY;
	if (is_server && is_client)
		return CERTIFICATES_PEER;
	if (is_server)
		return CERTIFICATES_SERVER;
	if (is_client)
		return is_sip ? CERTIFICATES_CLIENT : CERTIFICATES_CONTROL;
	return CERTIFICATES_OTHER;
}

/* ---- names ---- */

static bool add_name(GENERAL_NAMES *names, const struct certificates_name *n)
{
	GENERAL_NAME *general = certificates_name_general(n);

	if (general && sk_GENERAL_NAME_push(names, general) > 0)
		return true;
	GENERAL_NAME_free(general);
	return false;
}

/* RFC 5922 7.1: a domain is told by a sip: URI without a user, and by a DNS name where none is
 * there; both are written, for those who know only one. */
static bool add_names(X509 *certificate, const struct certificates_wish *wish)
{
	bool is_sip = wish->use == CERTIFICATES_PEER || wish->use == CERTIFICATES_SERVER;
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	bool is_good = names != NULL;

	for (size_t i = 0; i < wish->name_count && is_good; i++) {
		struct certificates_name uri = { .kind = CERTIFICATES_URI };

		is_good = add_name(names, &wish->names[i]);
		if (!is_sip || wish->names[i].kind != CERTIFICATES_DNS)
			continue;
		(void)snprintf(uri.text, sizeof(uri.text), "sip:%.*s",
		               (int)(sizeof(uri.text) - sizeof("sip:")), wish->names[i].text);
		is_good = is_good && add_name(names, &uri);
	}
	is_good = is_good && X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0,
	                                       X509V3_ADD_DEFAULT);
	GENERAL_NAMES_free(names);
	return is_good;
}

static enum cli_exit check_names(const struct certificates_authority *a,
                                 const struct certificates_wish *wish)
{
	for (size_t i = 0; i < wish->name_count; i++)
		if (!certificates_name_fits(a->certificate, &wish->names[i]))
			return cli_fail(
				CLI_NOT_ALLOWED,
				"this authority was confined at its making and may not vouch "
				"for %s; make another one for it (--folder)",
				wish->names[i].text);
	return CLI_DONE;
}

/* ---- making ---- */

static X509 *make(const struct certificates_authority *a, const struct certificates_wish *wish,
                  EVP_PKEY *key, int64_t now_s)
{
	X509 *certificate = certificates_blank(key, wish->name, wish->days, now_s);
	X509 *issuer = a->certificate;
	/* An RSA key of an old handset's server may also decrypt the secret it is sent. */
	const char *key_usage = wish->is_rsa ? "critical,digitalSignature,keyEncipherment"
	                                     : "critical,digitalSignature";

	(void)certificates_sip_domain();
	if (certificate && X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) &&
	    certificates_extend(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
	    certificates_extend(certificate, issuer, NID_key_usage, key_usage) &&
	    certificates_extend(certificate, issuer, NID_ext_key_usage, uses[wish->use].usage) &&
	    certificates_extend(certificate, issuer, NID_subject_key_identifier, "hash") &&
	    certificates_extend(certificate, issuer, NID_authority_key_identifier,
	                        "keyid:always") &&
	    add_names(certificate, wish) && X509_sign(certificate, a->key, EVP_sha256()) > 0)
		return certificate;
	X509_free(certificate);
	return NULL;
}

static enum cli_exit put(const struct certificates_folder *f,
                         const struct certificates_authority *a,
                         const struct certificates_wish *wish, int64_t now_s)
{
	EVP_PKEY *key;
	X509 *certificate;
	enum cli_exit code;

	if (certificates_end(a->certificate) < now_s + (int64_t)wish->days * DAY_S)
		return cli_fail(CLI_NOT_ALLOWED,
		                "the authority itself ends before these %u days are over; write "
		                "fewer --days, or make a new authority",
		                wish->days);
	key = wish->is_rsa ? EVP_RSA_gen(RSA_BITS) : EVP_EC_gen("P-256");
	certificate = key ? make(a, wish, key, now_s) : NULL;
	code = certificate
	             ? certificates_folder_write(f, wish->name,
	                                         &(struct certificates_files){
							 .key = key, .certificate = certificate })
	             : cli_fail(CLI_FAILED, "the certificate cannot be made");
	X509_free(certificate);
	EVP_PKEY_free(key);
	return code;
}

enum cli_exit certificates_issue(const struct certificates_folder *f,
                                 const struct certificates_authority *a,
                                 const struct certificates_wish *wish, int64_t now_s)
{
	X509 *old = NULL;
	enum cli_exit code = check_names(a, wish);
	bool is_over;

	if (code != CLI_DONE)
		return code;
	if (certificates_folder_has(f, wish->name, ".pem")) {
		code = certificates_folder_read(f, wish->name, NULL, &old);
		is_over = old && (certificates_authority_has_revoked(a, old) ||
		                  certificates_end(old) <= now_s);
		X509_free(old);
		if (code != CLI_DONE)
			return code;
		if (!is_over)
			return cli_fail(
				CLI_FAILED,
				"%s/%s.pem is there and good: `ringfence certificates renew "
				"%s`, or revoke it first",
				f->path, wish->name, wish->name);
	}
	return put(f, a, wish, now_s);
}

/* ---- renewing ---- */

/* Reads back what was asked for when it was issued; SIP URIs of domains come by themselves. */
static enum cli_exit read_wish(X509 *old, const char *name, struct certificates_wish *ret)
{
	char text[(MAX_CERTIFICATES_NAME + 2) * 2 * MAX_CERTIFICATES_NAMES];
	struct buffer b = BUFFER_ON(text);
	struct view rest;

	ret->name = name;
	ret->use = certificates_use_of(old);
	ret->is_rsa = EVP_PKEY_is_a(X509_get0_pubkey(old), "RSA") == 1;
	certificates_name_list(old, &b);
	for (rest = buffer_view(&b); rest.len > 0;) {
		size_t end = view_find(rest, ',', 0);
		struct certificates_name n, *last = &ret->names[ret->name_count];

		if (ret->name_count == MAX_CERTIFICATES_NAMES ||
		    certificates_name_read(view_first(rest, end), false, &n) != ERR_NONE)
			return cli_fail(CLI_FAILED, "%s names what we cannot read; issue it anew",
			                name);
		rest = view_trim(view_after(rest, end + 1));
		if (ret->name_count > 0 && n.kind == CERTIFICATES_URI &&
		    last[-1].kind == CERTIFICATES_DNS &&
		    view_equal(view_after(view_of(n.text), 4), view_of(last[-1].text)))
			continue;
		*last = n;
		ret->name_count++;
	}
	if (ret->use >= CERTIFICATES_AUTHORITY || ret->name_count == 0)
		return cli_fail(CLI_FAILED, "%s was not issued by this command", name);
	return CLI_DONE;
}

static uint32_t days_of(X509 *certificate)
{
	int days = 0, seconds = 0;

	if (!ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(certificate),
	                    X509_get0_notAfter(certificate)) ||
	    days <= 0)
		return 1;
	return (uint32_t)days;
}

enum cli_exit certificates_renew(const struct certificates_folder *f,
                                 const struct certificates_authority *a, const char *name,
                                 int64_t now_s)
{
	struct certificates_wish *wish = calloc(1, sizeof(*wish));
	X509 *old = NULL;
	enum cli_exit code = wish ? certificates_folder_read(f, name, NULL, &old)
	                          : cli_fail(CLI_FAILED, "no memory");

	if (code == CLI_DONE && X509_verify(old, X509_get0_pubkey(a->certificate)) != 1)
		code = cli_fail(CLI_NOT_ALLOWED, "%s/%s.pem was issued by another authority",
		                f->path, name);
	else if (code == CLI_DONE && certificates_authority_has_revoked(a, old))
		code = cli_fail(CLI_NOT_ALLOWED,
		                "%s is revoked; `ringfence certificates issue %s` makes a new one",
		                name, name);
	if (code == CLI_DONE)
		code = read_wish(old, name, wish);
	if (code == CLI_DONE) {
		wish->days = days_of(old);
		code = check_names(a, wish);
	}
	if (code == CLI_DONE)
		code = put(f, a, wish, now_s);
	X509_free(old);
	free(wish);
	return code;
}
