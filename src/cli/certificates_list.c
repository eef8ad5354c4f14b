/* SPDX-License-Identifier: Apache-2.0 */
/* What there is, and when it ends. */
#include "base/buffer.h"
#include "base/date.h"
#include "base/pem.h"
#include "cli/certificates.h"
#include "keys/ending.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DAY_S = 86400, NAMES_TEXT_MAX = 4096 };

static int64_t seconds_of(const ASN1_TIME *t)
{
	struct tm tm;

	/* An end that cannot be read is no end that is good. */
	return t && ASN1_TIME_to_tm(t, &tm) ? (int64_t)timegm(&tm) : 0;
}

int64_t certificates_end(X509 *certificate) { return seconds_of(X509_get0_notAfter(certificate)); }

/* ---- one row ---- */

static json_t *json_of(struct buffer *b)
{
	json_t *text = json_stringn(b->at, b->len);

	/* A stranger's names may be no UTF-8. */
	return text ? text : json_string("?");
}

static json_t *time_of(int64_t s)
{
	char text[DATE_TEXT_MAX];
	struct buffer b = BUFFER_ON(text);

	date_write(&b, s * 1000000);
	return json_of(&b);
}

static json_t *key_of(X509 *certificate)
{
	EVP_PKEY *key = X509_get0_pubkey(certificate);
	char group[32] = "";

	if (!key)
		return json_string("?");
	if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS"))
		return json_sprintf("RSA %d", EVP_PKEY_get_bits(key));
	if (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL))
		return json_string(strcmp(group, "prime256v1") == 0  ? "P-256"
		                   : strcmp(group, "secp384r1") == 0 ? "P-384"
		                                                     : group);
	return json_string(EVP_PKEY_get0_type_name(key) ? EVP_PKEY_get0_type_name(key) : "?");
}

static json_t *serial_of(X509 *certificate)
{
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
	char *hex = number ? BN_bn2hex(number) : NULL;
	json_t *text = json_string(hex ? hex : "?");

	OPENSSL_free(hex);
	BN_free(number);
	return text;
}

static json_t *common_name(const X509_NAME *name)
{
	char text[256] = "";
	int len = X509_NAME_get_text_by_NID(name, NID_commonName, text, sizeof(text));
	struct buffer b = BUFFER_ON(text);

	b.len = len > 0 ? (size_t)len : 0;
	return json_of(&b);
}

static const char *state_of(int mark, int64_t begins_s, int64_t now_s)
{
	if (mark == 0)
		return "ended";
	if (begins_s > now_s)
		return "not-yet";
	return mark == 3  ? "ends-in-3"
	     : mark == 14 ? "ends-in-14"
	     : mark == 30 ? "ends-in-30"
	                  : "good";
}

static void put_end(json_t *row, int64_t ends_s, int64_t begins_s, int64_t now_s)
{
	(void)json_object_set_new(row, "ends", time_of(ends_s));
	(void)json_object_set_new(row, "days", json_integer((ends_s - now_s) / DAY_S));
	(void)json_object_set_new(
		row, "state",
		json_string(state_of(keys_ending_mark(ends_s, now_s), begins_s, now_s)));
}

static json_t *row_of(X509 *certificate, int64_t now_s)
{
	static char text[NAMES_TEXT_MAX];
	struct buffer names = BUFFER_ON(text);
	json_t *row;

	certificates_name_list(certificate, &names);
	row = json_pack("{s:s, s:o, s:o, s:o, s:o}", "use",
	                certificates_use_name(certificates_use_of(certificate)), "names",
	                names.len ? json_of(&names)
	                          : common_name(X509_get_subject_name(certificate)),
	                "issuer", common_name(X509_get_issuer_name(certificate)), "key",
	                key_of(certificate), "serial", serial_of(certificate));
	if (row)
		put_end(row, certificates_end(certificate),
		        seconds_of(X509_get0_notBefore(certificate)), now_s);
	return row;
}

/* ---- the folder ---- */

static int is_certificate(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 4 && strcmp(entry->d_name + len - 4, ".pem") == 0;
}

static void add_own(const struct certificates_folder *f, const struct certificates_authority *a,
                    const char *file, json_t *rows, int64_t now_s)
{
	char name[256];
	X509 *certificate = NULL;
	json_t *row = NULL;

	(void)view_copy(view_first(view_of(file), strlen(file) - 4), name, sizeof(name));
	if (certificates_label_is_good(view_of(name)) &&
	    certificates_folder_read(f, name, NULL, &certificate) == CLI_DONE)
		row = row_of(certificate, now_s);
	else
		row = json_pack("{s:s}", "state", "unreadable");
	if (row && a && certificate && certificates_authority_has_revoked(a, certificate))
		(void)json_object_set_new(row, "state", json_string("revoked"));
	if (row) {
		(void)json_object_set_new(row, "name", json_string(name));
		(void)json_object_set_new(row, "file", json_sprintf("%s/%s", f->path, file));
	}
	X509_free(certificate);
	if (row)
		(void)json_array_append_new(rows, row);
}

json_t *certificates_list(const struct certificates_folder *f,
                          const struct certificates_authority *a, int64_t now_s)
{
	json_t *rows = json_array();
	struct dirent **entries = NULL;
	int count = scandirat(f->fd, ".", &entries, is_certificate, alphasort);

	for (int i = 0; i < count; i++) {
		if (rows && i < MAX_CERTIFICATES_LISTED)
			add_own(f, a, entries[i]->d_name, rows, now_s);
		free(entries[i]);
	}
	free(entries);
	return rows;
}

/* ---- files that somebody names ---- */

static int64_t due_of(const X509_CRL *list) { return seconds_of(X509_CRL_get0_nextUpdate(list)); }

static json_t *row_of_crl(FILE *in, int64_t now_s)
{
	X509_CRL *first, *next;
	json_t *row;

	rewind(in);
	first = PEM_read_X509_CRL(in, NULL, pem_no_password, NULL);
	/* Of several the one that is due first. */
	for (int i = 0; first && i < MAX_CERTIFICATES_NAMES &&
	                (next = PEM_read_X509_CRL(in, NULL, pem_no_password, NULL));
	     i++) {
		bool is_sooner = due_of(next) < due_of(first);

		X509_CRL_free(is_sooner ? first : next);
		first = is_sooner ? next : first;
	}
	if (!first)
		return NULL;
	row = json_pack("{s:s, s:o}", "use", "revocations", "issuer",
	                common_name(X509_CRL_get_issuer(first)));
	if (row)
		put_end(row, due_of(first), seconds_of(X509_CRL_get0_lastUpdate(first)), now_s);
	X509_CRL_free(first);
	return row;
}

static json_t *row_of_chain(FILE *in, int64_t now_s)
{
	X509 *first = PEM_read_X509(in, NULL, pem_no_password, NULL), *next;
	json_t *row = first ? row_of(first, now_s) : NULL;
	int64_t ends_s = first ? certificates_end(first) : 0;

	for (int i = 0; first && i < MAX_CERTIFICATES_NAMES; i++) {
		next = PEM_read_X509(in, NULL, pem_no_password, NULL);
		if (!next)
			break;
		if (certificates_end(next) < ends_s && row) {
			ends_s = certificates_end(next);
			put_end(row, ends_s, 0, now_s);
		}
		X509_free(next);
	}
	X509_free(first);
	return row;
}

json_t *certificates_row_of_file(const char *path, const char *named_by, int64_t now_s)
{
	FILE *in = fopen(path, "re");
	const char *state = in ? "unreadable" : errno == EACCES ? "denied" : "absent";
	json_t *row = in ? row_of_chain(in, now_s) : NULL;

	if (in && !row)
		row = row_of_crl(in, now_s);
	if (in)
		(void)fclose(in);
	if (!row)
		row = json_pack("{s:s}", "state", state);
	if (row) {
		(void)json_object_set_new(row, "name", json_string(named_by));
		(void)json_object_set_new(row, "file", json_string(path));
	}
	return row;
}

/* ---- order ---- */

/* Without an end: cannot be read, which is worse than having ended. */
static int by_end(const void *a, const void *b)
{
	const json_t *const *left = a, *const *right = b;
	const char *x = json_string_value(json_object_get(*left, "ends"));
	const char *y = json_string_value(json_object_get(*right, "ends"));

	return strcmp(x ? x : "", y ? y : "");
}

json_t *certificates_sorted(json_t *rows)
{
	size_t count = json_array_size(rows);
	json_t **list = calloc(count + 1, sizeof(*list)), *sorted = json_array();

	for (size_t i = 0; list && i < count; i++)
		list[i] = json_array_get(rows, i);
	if (!list || !sorted) {
		free(list);
		json_decref(sorted);
		return rows;
	}
	qsort(list, count, sizeof(*list), by_end);
	for (size_t i = 0; i < count; i++)
		(void)json_array_append(sorted, list[i]);
	free(list);
	json_decref(rows);
	return sorted;
}
