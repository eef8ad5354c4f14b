/* SPDX-License-Identifier: Apache-2.0 */
/* Papers are made once: their keys take longer than all the rest. */
#include "unit/tls/papers.h"

#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PAPERS = 48, AUTHORITIES = 3, BETWEEN = 2 };

static struct {
	struct paper paper;
	struct paper_wish wish;
	unsigned authority;
} papers[MAX_PAPERS];
static struct paper authorities[AUTHORITIES];
static size_t paper_count;

static void add_extension(X509 *to, X509 *issuer, int kind, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *e;

	X509V3_set_ctx(&context, issuer, to, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &context, kind, value);
	if (!e)
		abort();
	X509_add_ext(to, e, -1);
	X509_EXTENSION_free(e);
}

static X509 *new_paper(const char *name, EVP_PKEY *key, const struct paper_wish *wish)
{
	static long serial = 0x1000;
	X509 *x = X509_new();
	time_t from = STAGE_WALL_S + (wish->to_s ? wish->from_s : -DAY_S);
	time_t to = STAGE_WALL_S + (wish->to_s ? wish->to_s : DAY_S);

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
	ASN1_TIME_set(X509_getm_notBefore(x), from);
	ASN1_TIME_set(X509_getm_notAfter(x), to);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	                           (const unsigned char *)name, -1, -1, 0);
	return x;
}

static void write_pem(struct paper *p)
{
	BIO *b = BIO_new(BIO_s_mem());

	PEM_write_bio_X509(b, p->certificate);
	p->pem[BIO_read(b, p->pem, sizeof(p->pem) - 1)] = 0;
	PEM_write_bio_PrivateKey(b, p->key, NULL, NULL, 0, NULL, NULL);
	p->key_pem[BIO_read(b, p->key_pem, sizeof(p->key_pem) - 1)] = 0;
	BIO_free(b);
}

const struct paper *paper_authority(unsigned number)
{
	static const char *const names[AUTHORITIES] = { "Authority", "Stranger", "Between" };
	const struct paper_wish wish = { .from_s = -30L * DAY_S, .to_s = 30L * DAY_S };
	struct paper *p = &authorities[number];
	const struct paper *by;

	if (p->certificate)
		return p;
	p->key = EVP_EC_gen("P-256");
	p->certificate = new_paper(names[number], p->key, &wish);
	by = number == BETWEEN ? paper_authority(0) : p;
	X509_set_issuer_name(p->certificate, X509_get_subject_name(by->certificate));
	add_extension(p->certificate, by->certificate, NID_basic_constraints, "critical,CA:TRUE");
	X509_sign(p->certificate, by->key, EVP_sha256());
	write_pem(p);
	return p;
}

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

const struct paper *paper_issue(unsigned authority, const struct paper_wish *wish)
{
	const struct paper *by = paper_authority(authority);
	struct paper *p = &papers[paper_count].paper;

	for (size_t i = 0; i < paper_count; i++)
		if (papers[i].authority == authority &&
		    is_same(papers[i].wish.names, wish->names) &&
		    is_same(papers[i].wish.use, wish->use) &&
		    is_same(papers[i].wish.common_name, wish->common_name) &&
		    papers[i].wish.to_s == wish->to_s && papers[i].wish.is_rsa == wish->is_rsa &&
		    papers[i].wish.is_must == wish->is_must)
			return &papers[i].paper;
	if (paper_count == MAX_PAPERS)
		abort();
	papers[paper_count].wish = *wish;
	papers[paper_count++].authority = authority;
	p->by = authority == BETWEEN ? by->certificate : NULL;
	p->key = wish->is_rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	p->certificate =
		new_paper(wish->common_name ? wish->common_name : "somebody", p->key, wish);
	X509_set_issuer_name(p->certificate, X509_get_subject_name(by->certificate));
	if (wish->names)
		add_extension(p->certificate, by->certificate, NID_subject_alt_name, wish->names);
	if (wish->use)
		add_extension(p->certificate, by->certificate, NID_ext_key_usage, wish->use);
	if (wish->is_must)
		add_extension(p->certificate, by->certificate, NID_tlsfeature, "status_request");
	X509_sign(p->certificate, by->key, EVP_sha256());
	write_pem(p);
	return p;
}

struct view paper_list(unsigned authority, const struct paper *revoked, long to_s, char ret[4096])
{
	const struct paper *by = paper_authority(authority);
	X509_CRL *list = X509_CRL_new();
	ASN1_TIME *from = ASN1_TIME_set(NULL, STAGE_WALL_S - 9L * DAY_S);
	ASN1_TIME *to = ASN1_TIME_set(NULL, STAGE_WALL_S + to_s);
	BIO *b = BIO_new(BIO_s_mem());
	int len;

	X509_CRL_set_version(list, 1);
	X509_CRL_set_issuer_name(list, X509_get_subject_name(by->certificate));
	X509_CRL_set1_lastUpdate(list, from);
	X509_CRL_set1_nextUpdate(list, to);
	if (revoked) {
		X509_REVOKED *one = X509_REVOKED_new();

		X509_REVOKED_set_serialNumber(one, X509_get_serialNumber(revoked->certificate));
		X509_REVOKED_set_revocationDate(one, from);
		X509_CRL_add0_revoked(list, one);
	}
	X509_CRL_sign(list, by->key, EVP_sha256());
	PEM_write_bio_X509_CRL(b, list);
	len = BIO_read(b, ret, 4095);
	BIO_free(b);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	X509_CRL_free(list);
	return view_bytes(ret, (size_t)len);
}

struct view paper_staple(const struct staple_wish *w, char ret[STAPLE_SIZE])
{
	OCSP_BASICRESP *staple = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), w->of->certificate,
	                                  paper_authority(w->authority)->certificate);
	ASN1_TIME *from = ASN1_GENERALIZEDTIME_set(NULL, STAGE_WALL_S + w->from_s);
	ASN1_TIME *to = w->to_s ? ASN1_GENERALIZEDTIME_set(NULL, STAGE_WALL_S + w->to_s) : NULL;
	bool is_revoked = w->status == V_OCSP_CERTSTATUS_REVOKED;
	unsigned char *at = (unsigned char *)ret;
	OCSP_RESPONSE *all;
	int len;

	OCSP_basic_add1_status(staple, id, w->status, OCSP_REVOKED_STATUS_KEYCOMPROMISE,
	                       is_revoked ? from : NULL, from, to);
	if (OCSP_basic_sign(staple, w->by->certificate, w->by->key, EVP_sha256(), NULL,
	                    w->is_delegate ? 0 : OCSP_NOCERTS) != 1)
		abort();
	all = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, staple);
	len = i2d_OCSP_RESPONSE(all, NULL);
	if (len > STAPLE_SIZE || i2d_OCSP_RESPONSE(all, &at) != len)
		abort();
	OCSP_RESPONSE_free(all);
	OCSP_BASICRESP_free(staple);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	return view_bytes(ret, (size_t)len);
}
