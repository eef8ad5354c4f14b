/* SPDX-License-Identifier: Apache-2.0 */
/* The ends of certificates, as marks that are passed one after another. */
#include "keys/ending.h"

#include "base/pem.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

enum { DAY_S = 86400, NOT_TOLD = 1000, MAX_IN_FILE = 1000 };

int keys_ending_mark(int64_t ends_s, int64_t now_s)
{
	static const int days[] = { 3, 14, 30 };

	if (ends_s <= now_s)
		return 0;
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++)
		if (ends_s - now_s <= (int64_t)days[i] * DAY_S)
			return days[i];
	return -1;
}

/* An end that cannot be read is no end that is good. */
static int64_t seconds_of(const ASN1_TIME *t)
{
	struct tm tm;

	return t && ASN1_TIME_to_tm(t, &tm) ? (int64_t)timegm(&tm) : 0;
}

static bool first_end(BIO *in, int64_t *ret_s)
{
	bool is_any = false;
	X509 *one;

	for (int i = 0;
	     i < MAX_IN_FILE && (one = PEM_read_bio_X509(in, NULL, pem_no_password, NULL)); i++) {
		int64_t ends_s = seconds_of(X509_get0_notAfter(one));

		if (!is_any || ends_s < *ret_s)
			*ret_s = ends_s;
		is_any = true;
		X509_free(one);
	}
	return is_any;
}

/* A list that does not say when the next one is due has no end. */
static bool end_of_list(BIO *in, int64_t *ret_s)
{
	bool is_any = false;
	X509_CRL *one;

	for (int i = 0;
	     i < MAX_IN_FILE && (one = PEM_read_bio_X509_CRL(in, NULL, pem_no_password, NULL));
	     i++) {
		const ASN1_TIME *due = X509_CRL_get0_nextUpdate(one);
		int64_t ends_s = due ? seconds_of(due) : INT64_MAX;

		if (!is_any || ends_s < *ret_s)
			*ret_s = ends_s;
		is_any = true;
		X509_CRL_free(one);
	}
	return is_any;
}

static bool end_of_staple(struct view der, int64_t *ret_s)
{
	const unsigned char *at = (const unsigned char *)der.at;
	OCSP_RESPONSE *all = d2i_OCSP_RESPONSE(NULL, &at, (long)der.len);
	OCSP_BASICRESP *staple = all ? OCSP_response_get1_basic(all) : NULL;
	OCSP_SINGLERESP *one = staple ? OCSP_resp_get0(staple, 0) : NULL;
	ASN1_GENERALIZEDTIME *until = NULL;

	if (one)
		(void)OCSP_single_get0_status(one, NULL, NULL, NULL, &until);
	if (until)
		*ret_s = seconds_of(until);
	OCSP_BASICRESP_free(staple);
	OCSP_RESPONSE_free(all);
	return until != NULL;
}

static bool is_list(enum keys_kind kind)
{
	return kind == KEYS_REVOKED || kind == KEYS_CONTROL_REVOKED;
}

bool keys_ending_of(enum keys_kind kind, struct view pem, int64_t *ret_s)
{
	BIO *in = BIO_new_mem_buf(pem.at, (int)pem.len);
	int64_t ends_s = 0;
	bool is_there = kind == KEYS_STAPLE ? end_of_staple(pem, &ends_s)
	              : !in                 ? false
	              : is_list(kind)       ? end_of_list(in, &ends_s)
	                                    : first_end(in, &ends_s);

	BIO_free(in);
	ERR_clear_error();
	if (is_there)
		*ret_s = ends_s;
	return is_there;
}

/* False: there is none any more, or it is broken. */
static bool read_next(BIO *in, enum keys_kind kind)
{
	X509 *one = NULL;
	X509_CRL *list = NULL;
	bool is_there;

	if (is_list(kind))
		list = PEM_read_bio_X509_CRL(in, NULL, pem_no_password, NULL);
	else
		one = PEM_read_bio_X509(in, NULL, pem_no_password, NULL);
	is_there = one || list;
	X509_free(one);
	X509_CRL_free(list);
	return is_there;
}

size_t keys_ending_broken(enum keys_kind kind, struct view pem)
{
	BIO *in = BIO_new_mem_buf(pem.at, (int)pem.len);
	size_t count = 0;
	bool is_end;

	ERR_clear_error();
	while (in && read_next(in, kind))
		count++;
	is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	ERR_clear_error();
	BIO_free(in);
	return count > 0 && is_end ? 0 : count + 1;
}

static int told_before(const struct keys_endings *e, const struct keys_ending *fresh)
{
	for (uint32_t i = 0; i < e->count; i++)
		if (e->rows[i].kind == fresh->kind && e->rows[i].ends_s == fresh->ends_s &&
		    strcmp(e->rows[i].name, fresh->name) == 0)
			return e->rows[i].mark;
	return NOT_TOLD;
}

void keys_endings_read(struct keys_endings *e, const struct keys_bundle *b)
{
	struct keys_endings fresh = { .count = 0 };
	struct keys_row row;
	size_t at = 0;

	while (fresh.count < MAX_KEYS_ENDINGS && keys_bundle_next(b, &at, &row)) {
		struct keys_ending *to = &fresh.rows[fresh.count];

		if (row.kind == KEYS_PRIVATE || row.kind == KEYS_CONTROL_CHAIN ||
		    !keys_ending_of((enum keys_kind)row.kind, row.bytes, &to->ends_s))
			continue;
		to->kind = row.kind;
		memcpy(to->name, row.name, sizeof(to->name));
		to->mark = told_before(e, to);
		fresh.count++;
	}
	*e = fresh;
}

const struct keys_ending *keys_endings_next(struct keys_endings *e, int64_t now_s)
{
	for (uint32_t i = 0; i < e->count; i++) {
		int mark = keys_ending_mark(e->rows[i].ends_s, now_s);

		if (mark < 0 || mark >= e->rows[i].mark ||
		    (mark > 0 && e->rows[i].kind == KEYS_STAPLE))
			continue;
		e->rows[i].mark = mark;
		return &e->rows[i];
	}
	return NULL;
}
