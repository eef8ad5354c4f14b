/* SPDX-License-Identifier: Apache-2.0 */
/* Ends of certificates: what is told, when, and how often. */
#include "keys/ending.h"
#include "runner/test.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ui.h>
#include <openssl/x509.h>
#include <stdlib.h>

enum { NOW_S = 1800000000, DAY_S = 86400, STORAGE = 1 << 18 };

/* A certificate in PEM that ends then; its length, 0: none. */
static size_t write_one(int64_t ends_s, char *ret, size_t size)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	BIO *out = BIO_new(BIO_s_mem());
	size_t len = 0;

	if (X509_set_version(x, 2) && ASN1_TIME_set(X509_getm_notBefore(x), NOW_S - DAY_S) &&
	    ASN1_TIME_set(X509_getm_notAfter(x), ends_s) && X509_set_pubkey(x, key) &&
	    X509_sign(x, key, EVP_sha256()) > 0 && PEM_write_bio_X509(out, x) == 1) {
		int got = BIO_read(out, ret, (int)size);

		len = got > 0 ? (size_t)got : 0;
	}
	BIO_free(out);
	X509_free(x);
	EVP_PKEY_free(key);
	return len;
}

/* How many are told at that time. */
static size_t told(struct keys_endings *e, int64_t now_s)
{
	size_t count = 0;

	while (keys_endings_next(e, now_s))
		count++;
	return count;
}

static enum err read_of(struct keys_endings *e, int64_t ends_s, const char *name)
{
	char pem[2048], storage[4096];
	struct buffer b = BUFFER_ON(storage);
	struct keys_bundle bundle;
	enum err err = keys_bundle_put(&b, KEYS_CHAIN, view_of(name),
	                               view_bytes(pem, write_one(ends_s, pem, sizeof(pem))));

	if (err == ERR_NONE)
		err = keys_bundle_open(buffer_view(&b), &bundle);
	if (err == ERR_NONE)
		keys_endings_read(e, &bundle);
	return err;
}

TEST(ending_told_once, "tells an end once for each mark, also where the file is read again")
{
	static const struct {
		const char *name;
		int64_t left_s;
		size_t want;
	} steps[] = {
		{ "31 days", 31 * DAY_S, 0 },
		{ "30 days", 30 * DAY_S, 1 },
		{ "29 days", 29 * DAY_S, 0 },
		{ "14 days", 14 * DAY_S, 1 },
		{ "3 days", 3 * DAY_S, 1 },
		{ "an hour", 3600, 0 },
		{ "now", 0, 1 },
		{ "later", -DAY_S, 0 },
	};
	const int64_t ends_s = NOW_S + 40 * DAY_S;
	static struct keys_endings e;

	e = (struct keys_endings){ .count = 0 };
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		TRY(read_of(&e, ends_s, "main"));
		CHECK_CASE(told(&e, ends_s - steps[i].left_s) == steps[i].want, steps[i].name);
	}
	TRY(read_of(&e, ends_s + 100 * DAY_S, "main"));
	CHECK(told(&e, ends_s) == 0);
	TRY(read_of(&e, ends_s, "main"));
	CHECK(told(&e, ends_s) == 1);
	return ERR_NONE;
}

TEST(ending_of_chain,
     "takes the first end of all that stand in a file, and none of what is no certificate")
{
	char pem[4096];
	size_t len = write_one(NOW_S + 9 * DAY_S, pem, sizeof(pem));
	int64_t ends_s = 0;

	len += write_one(NOW_S + 5 * DAY_S, pem + len, sizeof(pem) - len);
	CHECK(keys_ending_of(KEYS_CHAIN, view_bytes(pem, len), &ends_s) &&
	      ends_s == NOW_S + 5 * DAY_S);
	CHECK(!keys_ending_of(KEYS_CHAIN, VIEW("nothing"), &ends_s));
	CHECK(!keys_ending_of(KEYS_REVOKED, view_bytes(pem, len), &ends_s));
	return ERR_NONE;
}

/* A list in PEM whose next one is due then. */
static size_t write_list(int64_t due_s, char *ret, size_t size)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509_CRL *list = X509_CRL_new();
	ASN1_TIME *due = ASN1_TIME_set(NULL, due_s), *made = ASN1_TIME_set(NULL, NOW_S - DAY_S);
	BIO *out = BIO_new(BIO_s_mem());
	size_t len = 0;

	if (X509_CRL_set_version(list, 1) && X509_CRL_set1_lastUpdate(list, made) &&
	    X509_CRL_set1_nextUpdate(list, due) && X509_CRL_sign(list, key, EVP_sha256()) > 0 &&
	    PEM_write_bio_X509_CRL(out, list) == 1) {
		int got = BIO_read(out, ret, (int)size);

		len = got > 0 ? (size_t)got : 0;
	}
	BIO_free(out);
	ASN1_TIME_free(due);
	ASN1_TIME_free(made);
	X509_CRL_free(list);
	EVP_PKEY_free(key);
	return len;
}

TEST(ending_of_lists,
     "takes the list that is due first, also of those that the listener of servers asks for")
{
	static const enum keys_kind kinds[] = { KEYS_REVOKED, KEYS_CONTROL_REVOKED };
	char pem[4096];
	size_t len = write_list(NOW_S + 9 * DAY_S, pem, sizeof(pem));

	len += write_list(NOW_S + 5 * DAY_S, pem + len, sizeof(pem) - len);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int64_t ends_s = 0;

		CHECK(keys_ending_of(kinds[i], view_bytes(pem, len), &ends_s));
		CHECK(ends_s == NOW_S + 5 * DAY_S);
	}
	return ERR_NONE;
}

static bool is_asked;

static int on_question(UI *ui)
{
	(void)ui;
	is_asked = true;
	return 0;
}

TEST(ending_encrypted, "asks nobody for the password of a certificate that is encrypted")
{
	static const char head[] = "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
				   "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
				   "AAECAwQFBgcICQoLDA0ODw==\n-----END CERTIFICATE-----\n";
	UI_METHOD *ours = UI_create_method("tests");
	const UI_METHOD *usual = UI_get_default_method();
	const struct view pem = view_of(head);
	int64_t ends_s;
	bool is_read;

	is_asked = false;
	if (!ours)
		return ERR_NO_MEMORY;
	(void)UI_method_set_opener(ours, on_question);
	UI_set_default_method(ours);
	is_read = keys_ending_of(KEYS_CHAIN, pem, &ends_s) ||
	          keys_ending_of(KEYS_REVOKED, pem, &ends_s) ||
	          keys_ending_broken(KEYS_CHAIN, pem) != 1;
	UI_set_default_method(usual);
	UI_destroy_method(ours);
	CHECK(!is_read && !is_asked);
	return ERR_NONE;
}

TEST(ending_full, "leaves out files for which it has no room")
{
	char pem[2048], name[KEYS_NAME_SIZE];
	size_t len = write_one(NOW_S, pem, sizeof(pem));
	char *storage = malloc(STORAGE);
	struct buffer b = buffer_on(storage, storage ? STORAGE : 0);
	static struct keys_endings e;
	struct keys_bundle bundle;
	enum err err = storage ? ERR_NONE : ERR_NO_MEMORY;

	e = (struct keys_endings){ .count = 0 };
	for (int i = 0; i <= MAX_KEYS_ENDINGS && err == ERR_NONE; i++) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		err = keys_bundle_put(&b, KEYS_CHAIN, view_of(name), view_bytes(pem, len));
	}
	if (err == ERR_NONE)
		err = keys_bundle_open(buffer_view(&b), &bundle);
	if (err == ERR_NONE)
		keys_endings_read(&e, &bundle);
	free(storage);
	TRY(err);
	CHECK(e.count == MAX_KEYS_ENDINGS && told(&e, NOW_S) == MAX_KEYS_ENDINGS);
	return ERR_NONE;
}
