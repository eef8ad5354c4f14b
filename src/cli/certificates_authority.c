/* SPDX-License-Identifier: Apache-2.0 */
/* The authority itself: its certificate with what it is confined to, and its list of revocations,
 * which is there from the first day, so that nobody has to be told later to look for one. */
#include "base/buffer.h"
#include "base/pem.h"
#include "cli/certificates.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <string.h>
#include <unistd.h>

enum { DAY_S = 86400, BACK_S = 3600, SERIAL_BITS = 127 };

/* ---- pieces ---- */

/* Random, so that a next one cannot be foreseen (what broke MD5 certificates), and needs no
 * register; positive, and of 16 bytes as RFC 5280 4.1.2.2 allows 20. */
static bool set_serial(X509 *certificate)
{
	BIGNUM *number = BN_new();
	ASN1_INTEGER *serial = NULL;
	bool is_good = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);

	serial = is_good ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
	is_good = serial && X509_set_serialNumber(certificate, serial);
	ASN1_INTEGER_free(serial);
	BN_free(number);
	return is_good;
}

/* From an hour ago on: clocks differ. */
static bool set_times(X509 *certificate, uint32_t days, int64_t now_s)
{
	return ASN1_TIME_set(X509_getm_notBefore(certificate), now_s - BACK_S) &&
	       ASN1_TIME_set(X509_getm_notAfter(certificate), now_s + (int64_t)days * DAY_S);
}

X509 *certificates_blank(EVP_PKEY *key, const char *name, uint32_t days, int64_t now_s)
{
	X509 *certificate = X509_new();
	X509_NAME *subject = certificate ? X509_get_subject_name(certificate) : NULL;

	if (subject && X509_set_version(certificate, 2) && set_serial(certificate) &&
	    set_times(certificate, days, now_s) && X509_set_pubkey(certificate, key) &&
	    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name,
	                               -1, -1, 0))
		return certificate;
	X509_free(certificate);
	return NULL;
}

bool certificates_extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX context;
	bool is_good;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	is_good = extension && X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
	return is_good;
}

/* ---- name constraints ---- */

static GENERAL_NAME *tree_of_net(const struct certificates_name *n)
{
	GENERAL_NAME *general = GENERAL_NAME_new();
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	uint8_t bytes[32] = { 0 };

	memcpy(bytes, n->ip, n->ip_len);
	for (unsigned i = 0; i < n->prefix; i++)
		bytes[n->ip_len + i / 8] |= (uint8_t)(0x80 >> i % 8);
	if (!general || !value || !ASN1_OCTET_STRING_set(value, bytes, 2 * n->ip_len)) {
		ASN1_OCTET_STRING_free(value);
		GENERAL_NAME_free(general);
		return NULL;
	}
	GENERAL_NAME_set0_value(general, GEN_IPADD, value);
	return general;
}

static bool add_tree(STACK_OF(GENERAL_SUBTREE) * *trees, const struct certificates_name *n)
{
	GENERAL_SUBTREE *tree = GENERAL_SUBTREE_new();

	if (!*trees)
		*trees = sk_GENERAL_SUBTREE_new_null();
	if (!tree || !*trees)
		goto bad;
	GENERAL_NAME_free(tree->base);
	tree->base = n->kind == CERTIFICATES_IP ? tree_of_net(n) : certificates_name_general(n);
	if (tree->base && sk_GENERAL_SUBTREE_push(*trees, tree) > 0)
		return true;
bad:
	GENERAL_SUBTREE_free(tree);
	return false;
}

/* A kind of name of which no tree is permitted may not be vouched for at all. URIs stay out of
 * it: verifiers refuse every sip: URI once there is a constraint of URIs (RFC 5280 4.2.1.10 knows
 * only those with an authority part); certificates_name_fits looks at their hosts instead. */
static bool confine(X509 *certificate, const struct certificates_authority_wish *wish)
{
	const struct certificates_name all_v4 = { .kind = CERTIFICATES_IP, .ip_len = 4 };
	const struct certificates_name all_v6 = { .kind = CERTIFICATES_IP, .ip_len = 16 };
	const struct certificates_name all_domains = { .kind = CERTIFICATES_DNS };
	NAME_CONSTRAINTS *c = NAME_CONSTRAINTS_new();
	bool has_domain = false, has_v4 = false, has_v6 = false, is_good = c != NULL;

	for (size_t i = 0; i < wish->only_count && is_good; i++) {
		const struct certificates_name *n = &wish->only[i];

		has_domain = has_domain || n->kind == CERTIFICATES_DNS;
		has_v4 = has_v4 || (n->kind == CERTIFICATES_IP && n->ip_len == 4);
		has_v6 = has_v6 || (n->kind == CERTIFICATES_IP && n->ip_len == 16);
		is_good = add_tree(&c->permittedSubtrees, n);
	}
	is_good = is_good && (has_domain || add_tree(&c->excludedSubtrees, &all_domains)) &&
	          (has_v4 || add_tree(&c->excludedSubtrees, &all_v4)) &&
	          (has_v6 || add_tree(&c->excludedSubtrees, &all_v6)) &&
	          X509_add1_ext_i2d(certificate, NID_name_constraints, c, 1, X509V3_ADD_DEFAULT);
	NAME_CONSTRAINTS_free(c);
	return is_good;
}

/* ---- revocations ---- */

static bool set_number(X509_CRL *crl)
{
	ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	int64_t was = 0;
	bool is_good;

	if (number && !ASN1_INTEGER_get_int64(&was, number))
		was = 0;
	if (!number)
		number = ASN1_INTEGER_new();
	is_good = number && ASN1_INTEGER_set_int64(number, was + 1) &&
	          X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, X509V3_ADD_REPLACE);
	ASN1_INTEGER_free(number);
	return is_good;
}

/* Its next edition is due when the authority ends, not before: the file is read where it is
 * written, so an old list is never taken for a new one, while one that is overdue would make
 * every peer be refused. */
static bool sign_crl(const struct certificates_authority *a, X509_CRL *crl, int64_t now_s)
{
	ASN1_TIME *now = ASN1_TIME_set(NULL, now_s);
	bool is_good = now && X509_CRL_set1_lastUpdate(crl, now) &&
	               X509_CRL_set1_nextUpdate(crl, X509_get0_notAfter(a->certificate)) &&
	               set_number(crl) && X509_CRL_sort(crl) &&
	               X509_CRL_sign(crl, a->key, EVP_sha256()) > 0;

	ASN1_TIME_free(now);
	return is_good;
}

static X509_CRL *empty_crl(const struct certificates_authority *a, int64_t now_s)
{
	AUTHORITY_KEYID *id = AUTHORITY_KEYID_new();
	const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(a->certificate);
	X509_CRL *crl = X509_CRL_new();
	bool is_good = crl && id && own && X509_CRL_set_version(crl, 1) &&
	               X509_CRL_set_issuer_name(crl, X509_get_subject_name(a->certificate));

	if (is_good)
		id->keyid = ASN1_OCTET_STRING_dup(own);
	is_good = is_good && id->keyid &&
	          X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, id, 0,
	                                X509V3_ADD_DEFAULT) &&
	          sign_crl(a, crl, now_s);
	AUTHORITY_KEYID_free(id);
	if (is_good)
		return crl;
	X509_CRL_free(crl);
	return NULL;
}

bool certificates_authority_has_revoked(const struct certificates_authority *a, X509 *certificate)
{
	X509_REVOKED *row;

	return a->crl && X509_CRL_get0_by_cert(a->crl, &row, certificate) > 0;
}

enum cli_exit certificates_authority_revoke(const struct certificates_folder *f,
                                            struct certificates_authority *a, X509 *certificate,
                                            int64_t now_s)
{
	X509_REVOKED *row = X509_REVOKED_new();
	ASN1_TIME *now = ASN1_TIME_set(NULL, now_s);
	bool is_good;

	if (certificates_authority_has_revoked(a, certificate)) {
		X509_REVOKED_free(row);
		ASN1_TIME_free(now);
		return CLI_DONE;
	}
	is_good = row && now &&
	          X509_REVOKED_set_serialNumber(
			  row, (ASN1_INTEGER *)(uintptr_t)X509_get0_serialNumber(certificate)) &&
	          X509_REVOKED_set_revocationDate(row, now) && X509_CRL_add0_revoked(a->crl, row);
	ASN1_TIME_free(now);
	if (!is_good) {
		X509_REVOKED_free(row);
		return cli_fail(CLI_FAILED, "no memory for the list of revocations");
	}
	if (!sign_crl(a, a->crl, now_s))
		return cli_fail(CLI_FAILED, "the list of revocations cannot be signed");
	return certificates_folder_write(f, "authority",
	                                 &(struct certificates_files){ .crl = a->crl });
}

/* ---- making and reading ---- */

static bool dress(X509 *certificate, const struct certificates_authority_wish *wish)
{
	return X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) &&
	       certificates_extend(certificate, certificate, NID_basic_constraints,
	                           "critical,CA:TRUE,pathlen:0") &&
	       certificates_extend(certificate, certificate, NID_key_usage,
	                           "critical,keyCertSign,cRLSign") &&
	       certificates_extend(certificate, certificate, NID_subject_key_identifier, "hash") &&
	       (wish->only_count == 0 || confine(certificate, wish));
}

enum cli_exit certificates_authority_make(const struct certificates_folder *f,
                                          const struct certificates_authority_wish *wish,
                                          int64_t now_s)
{
	struct certificates_authority a = { 0 };
	enum cli_exit code = CLI_FAILED;

	/* A second authority in the place of the first would make strangers of all who know it. */
	if (certificates_folder_has(f, "authority", ".pem") ||
	    certificates_folder_has(f, "authority", ".key"))
		return cli_fail(
			CLI_FAILED,
			"there is an authority in %s already; name another --folder, or move "
			"that one away",
			f->path);
	a.key = EVP_EC_gen("P-256");
	a.certificate = a.key ? certificates_blank(a.key, wish->name, wish->days, now_s) : NULL;
	if (a.certificate && dress(a.certificate, wish) &&
	    X509_sign(a.certificate, a.key, EVP_sha256()) > 0)
		a.crl = empty_crl(&a, now_s);
	if (a.crl)
		code = certificates_folder_write(
			f, "authority",
			&(struct certificates_files){ a.key, a.certificate, a.crl });
	else
		(void)cli_fail(CLI_FAILED, "the authority cannot be made");
	certificates_authority_clear(&a);
	return code;
}

static X509_CRL *read_crl(const struct certificates_folder *f)
{
	int fd = openat(f->fd, "authority.crl", O_RDONLY | O_CLOEXEC);
	FILE *in = fd >= 0 ? fdopen(fd, "r") : NULL;
	X509_CRL *crl = in ? PEM_read_X509_CRL(in, NULL, pem_no_password, NULL) : NULL;

	if (in)
		(void)fclose(in);
	else if (fd >= 0)
		(void)close(fd);
	return crl;
}

enum cli_exit certificates_authority_read(const struct certificates_folder *f,
                                          struct certificates_authority *ret)
{
	struct certificates_authority a = { 0 };
	enum cli_exit code = certificates_folder_read(f, "authority", &a.key, &a.certificate);
	EVP_PKEY *public;

	if (code != CLI_DONE)
		return code;
	a.crl = read_crl(f);
	public = X509_get0_pubkey(a.certificate);
	/* Without the list what was revoked would be forgotten by writing the next one. */
	if (!a.crl || X509_CRL_verify(a.crl, public) != 1)
		code = cli_fail(CLI_FAILED,
		                "%s/authority.crl is not there, or not this authority's list of "
		                "revocations; bring it back from a backup",
		                f->path);
	else if (X509_check_private_key(a.certificate, a.key) != 1)
		code = cli_fail(CLI_FAILED, "%s/authority.key does not belong to authority.pem",
		                f->path);
	if (code == CLI_DONE)
		*ret = a;
	else
		certificates_authority_clear(&a);
	return code;
}

void certificates_authority_clear(struct certificates_authority *a)
{
	EVP_PKEY_free(a->key);
	X509_free(a->certificate);
	X509_CRL_free(a->crl);
	*a = (struct certificates_authority){ 0 };
}
