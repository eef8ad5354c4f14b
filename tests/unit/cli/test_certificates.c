/* SPDX-License-Identifier: Apache-2.0 */
/* Names and ends of certificates, and an authority in a folder of the test's own. */
#include "cli/certificates.h"
#include "keys/ending.h"
#include "runner/test.h"

#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NOW_S = 1800000000, DAY_S = 86400 };

static const struct {
	const char *name, *text, *host;
	bool is_subtree;
	enum err want;
	enum certificates_name_kind kind;
} names[] = {
	{ "a domain", "SBC.example.com", "sbc.example.com", false, ERR_NONE, CERTIFICATES_DNS },
	{ "one label", "sbc", "sbc", false, ERR_NONE, CERTIFICATES_DNS },
	{ "IPv4", "192.0.2.1", "192.0.2.1", false, ERR_NONE, CERTIFICATES_IP },
	{ "IPv6", "2001:db8::1", "2001:db8::1", false, ERR_NONE, CERTIFICATES_IP },
	{ "a SIP domain", "sip:Example.com", "example.com", false, ERR_NONE, CERTIFICATES_URI },
	{ "a SIP user", "sip:Phone1@example.com", "example.com", false, ERR_NONE,
	  CERTIFICATES_URI },
	{ "a secure SIP user", "sips:a@example.com", "example.com", false, ERR_NONE,
	  CERTIFICATES_URI },
	{ "a network of an authority", "192.0.2.0/24", "192.0.2.0/24", true, ERR_NONE,
	  CERTIFICATES_IP },
	{ "a network in a certificate", "192.0.2.0/24", NULL, false, ERR_SYNTAX, 0 },
	{ "a URI of an authority", "sip:example.com", NULL, true, ERR_SYNTAX, 0 },
	{ "a wildcard", "*.example.com", NULL, false, ERR_SYNTAX, 0 },
	{ "nothing", "", NULL, false, ERR_SYNTAX, 0 },
	{ "a mistyped address", "192.0.2.300", NULL, false, ERR_SYNTAX, 0 },
	{ "an empty label", "sbc..example.com", NULL, false, ERR_SYNTAX, 0 },
	{ "a dot at the end", "example.com.", NULL, false, ERR_SYNTAX, 0 },
	{ "a blank", "sbc example.com", NULL, false, ERR_SYNTAX, 0 },
	{ "a user of none", "sip:@example.com", NULL, false, ERR_SYNTAX, 0 },
	{ "a comma in a user", "sip:a,b@example.com", NULL, false, ERR_SYNTAX, 0 },
	{ "a URI without host", "sip:", NULL, false, ERR_SYNTAX, 0 },
	{ "an address in a URI", "sip:a@192.0.2.1", NULL, false, ERR_SYNTAX, 0 },
	{ "a label that begins as a number", "sip:a@b.0.2.0com", NULL, false, ERR_SYNTAX, 0 },
	{ "a port", "sip:example.com:5061", NULL, false, ERR_SYNTAX, 0 },
	{ "a header behind", "sbc.example.com\nDNS:other", NULL, false, ERR_SYNTAX, 0 },
};

TEST(certificates_names, "takes domains, addresses and SIP URIs, and no wildcard")
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct certificates_name n = { 0 };
		enum err err =
			certificates_name_read(view_of(names[i].text), names[i].is_subtree, &n);

		CHECK_CASE(err == names[i].want, names[i].name);
		CHECK_CASE(err != ERR_NONE || n.kind == names[i].kind, names[i].name);
		CHECK_CASE(err != ERR_NONE ||
		                   view_equal(certificates_name_host(&n), view_of(names[i].host)),
		           names[i].name);
	}
	return ERR_NONE;
}

TEST(certificates_nul, "refuses a NUL within a name, which would hide what stands behind it")
{
	struct certificates_name n;

	CHECK(certificates_name_read(VIEW("sip:a\0b@example.com"), false, &n) == ERR_SYNTAX);
	CHECK(certificates_name_read(VIEW("example.com\0.example.net"), false, &n) == ERR_SYNTAX);
	CHECK(!certificates_label_is_good(VIEW("a\0b")));
	return ERR_NONE;
}

TEST(certificates_long_name, "refuses a name that is longer than DNS allows")
{
	char text[MAX_CERTIFICATES_NAME + 2];
	struct certificates_name n;

	memset(text, 'a', sizeof(text));
	for (size_t i = 63; i < sizeof(text); i += 64)
		text[i] = '.';
	CHECK(certificates_name_read(view_bytes(text, sizeof(text)), false, &n) == ERR_LIMIT);
	return ERR_NONE;
}

TEST(certificates_labels, "takes for a file's name nothing that leads elsewhere")
{
	static const char *const bad[] = { "", ".", "..", "../x", "a/b", "-f", ".hidden", "a b" };

	CHECK(certificates_label_is_good(VIEW("sbc.example.com")) &&
	      certificates_label_is_good(VIEW("phone1@example.com")));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_CASE(!certificates_label_is_good(view_of(bad[i])), bad[i]);
	return ERR_NONE;
}

TEST(certificates_marks, "marks what ends within 30, 14 and 3 days, and what has ended")
{
	static const struct {
		const char *name;
		int64_t left_s;
		int want;
	} rows[] = {
		{ "a second over 30 days", 30 * DAY_S + 1, -1 },
		{ "30 days", 30 * DAY_S, 30 },
		{ "a second over 14 days", 14 * DAY_S + 1, 30 },
		{ "14 days", 14 * DAY_S, 14 },
		{ "a second over 3 days", 3 * DAY_S + 1, 14 },
		{ "3 days", 3 * DAY_S, 3 },
		{ "a second", 1, 3 },
		{ "now", 0, 0 },
		{ "long ago", -DAY_S, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_CASE(keys_ending_mark(NOW_S + rows[i].left_s, NOW_S) == rows[i].want,
		           rows[i].name);
	return ERR_NONE;
}

/* ---- an authority ---- */

struct made {
	char path[32];
	struct certificates_folder folder;
	struct certificates_authority authority;
};

static bool make(struct made *m, const struct certificates_authority_wish *wish)
{
	(void)VIEW_COPY(VIEW("/tmp/certificates-XXXXXX"), m->path);
	m->folder.fd = -1;
	return mkdtemp(m->path) &&
	       certificates_folder_open(m->path, false, &m->folder) == CLI_DONE &&
	       certificates_authority_make(&m->folder, wish, NOW_S) == CLI_DONE &&
	       certificates_authority_read(&m->folder, &m->authority) == CLI_DONE;
}

static void unmake(struct made *m)
{
	static const char *const files[] = { "authority.pem", "authority.key", "authority.crl",
		                             "one.pem", "one.key" };

	for (size_t i = 0; m->folder.fd >= 0 && i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlinkat(m->folder.fd, files[i], 0);
	certificates_folder_close(&m->folder);
	certificates_authority_clear(&m->authority);
	(void)rmdir(m->path);
}

static bool issue(struct made *m, enum certificates_use use, const char *name, X509 **ret)
{
	struct certificates_wish wish = { .name = "one", .use = use, .days = 10, .name_count = 1 };

	return certificates_name_read(view_of(name), false, &wish.names[0]) == ERR_NONE &&
	       certificates_issue(&m->folder, &m->authority, &wish, NOW_S) == CLI_DONE &&
	       certificates_folder_read(&m->folder, "one", NULL, ret) == CLI_DONE;
}

/* The error of a verification for that purpose, by OpenSSL alone. */
static int verify(const struct made *m, X509 *certificate, int purpose, int64_t at_s)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *v = X509_STORE_CTX_new();
	int error = -1;

	if (X509_STORE_add_cert(store, m->authority.certificate) &&
	    X509_STORE_add_crl(store, m->authority.crl) &&
	    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK) &&
	    X509_STORE_set_purpose(store, purpose) &&
	    X509_STORE_CTX_init(v, store, certificate, NULL)) {
		X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(v), (time_t)at_s);
		(void)!X509_verify_cert(v);
		error = X509_STORE_CTX_get_error(v);
	}
	X509_STORE_CTX_free(v);
	X509_STORE_free(store);
	return error;
}

static const struct {
	const char *name;
	enum certificates_use use;
	int as_server, as_client;
} roles[] = {
	{ "peer", CERTIFICATES_PEER, X509_V_OK, X509_V_OK },
	{ "server", CERTIFICATES_SERVER, X509_V_OK, X509_V_ERR_INVALID_PURPOSE },
	{ "client", CERTIFICATES_CLIENT, X509_V_ERR_INVALID_PURPOSE, X509_V_OK },
	{ "control", CERTIFICATES_CONTROL, X509_V_ERR_INVALID_PURPOSE, X509_V_OK },
};

TEST(certificates_uses, "issues what is good for its use alone, until it ends")
{
	const struct certificates_authority_wish wish = { .name = "Office", .days = 100 };

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		struct made m = { 0 };
		X509 *one = NULL;
		int errors[4] = { -1, -1, -1, -1 };
		bool is_made = make(&m, &wish) && issue(&m, roles[i].use, "sbc.example.com", &one);
		bool is_same = one && certificates_use_of(one) == roles[i].use;

		if (is_made) {
			errors[0] = verify(&m, one, X509_PURPOSE_SSL_SERVER, NOW_S);
			errors[1] = verify(&m, one, X509_PURPOSE_SSL_CLIENT, NOW_S);
			errors[2] = verify(&m, one, X509_PURPOSE_ANY, NOW_S + 10 * DAY_S + 1);
			errors[3] = verify(&m, one, X509_PURPOSE_ANY, NOW_S - 7200);
		}
		X509_free(one);
		unmake(&m);
		CHECK_CASE(is_made && is_same, roles[i].name);
		CHECK_CASE(errors[0] == roles[i].as_server, roles[i].name);
		CHECK_CASE(errors[1] == roles[i].as_client, roles[i].name);
		CHECK_CASE(errors[2] == X509_V_ERR_CERT_HAS_EXPIRED, roles[i].name);
		CHECK_CASE(errors[3] != X509_V_OK, roles[i].name);
	}
	return ERR_NONE;
}

TEST(certificates_revoked, "revokes what it has issued, once, and forgets none of them")
{
	const struct certificates_authority_wish wish = { .name = "Office", .days = 100 };
	struct made m = { 0 };
	X509 *first = NULL, *second = NULL;
	int errors[2] = { -1, -1 };
	bool is_good;

	is_good =
		make(&m, &wish) && issue(&m, CERTIFICATES_PEER, "a.example.com", &first) &&
		certificates_authority_revoke(&m.folder, &m.authority, first, NOW_S) == CLI_DONE &&
		issue(&m, CERTIFICATES_PEER, "b.example.com", &second);
	if (is_good)
		errors[0] = verify(&m, second, X509_PURPOSE_ANY, NOW_S);
	for (int i = 0; is_good && i < 2; i++)
		is_good = certificates_authority_revoke(&m.folder, &m.authority, second, NOW_S) ==
		          CLI_DONE;
	certificates_authority_clear(&m.authority);
	is_good = is_good && certificates_authority_read(&m.folder, &m.authority) == CLI_DONE &&
	          sk_X509_REVOKED_num(X509_CRL_get_REVOKED(m.authority.crl)) == 2;
	if (is_good)
		errors[1] = verify(&m, first, X509_PURPOSE_ANY, NOW_S);
	X509_free(first);
	X509_free(second);
	unmake(&m);
	CHECK(is_good && errors[0] == X509_V_OK && errors[1] == X509_V_ERR_CERT_REVOKED);
	return ERR_NONE;
}

static const struct {
	const char *name;
	bool want;
} confined[] = {
	{ "example.com", true },       { "sbc.example.com", true },    { "192.0.2.9", true },
	{ "sip:a@example.com", true }, { "example.net", false },       { "notexample.com", false },
	{ "example.com.evil", false }, { "192.0.3.1", false },         { "2001:db8::1", false },
	{ "sip:example.net", false },  { "sip:a@example.net", false },
};

TEST(certificates_confined, "vouches for nobody outside of what it is confined to")
{
	struct certificates_authority_wish wish = { .name = "Office",
		                                    .days = 100,
		                                    .only_count = 2 };
	bool is_made, good[sizeof(confined) / sizeof(confined[0])] = { false };
	struct made m = { 0 };

	TRY(certificates_name_read(VIEW("example.com"), true, &wish.only[0]));
	TRY(certificates_name_read(VIEW("192.0.2.0/24"), true, &wish.only[1]));
	is_made = make(&m, &wish);
	for (size_t i = 0; is_made && i < sizeof(confined) / sizeof(confined[0]); i++) {
		struct certificates_name n;

		good[i] =
			certificates_name_read(view_of(confined[i].name), false, &n) == ERR_NONE &&
			certificates_name_fits(m.authority.certificate, &n) == confined[i].want;
	}
	unmake(&m);
	CHECK(is_made);
	for (size_t i = 0; i < sizeof(confined) / sizeof(confined[0]); i++)
		CHECK_CASE(good[i], confined[i].name);
	return ERR_NONE;
}

TEST(certificates_beyond, "issues nothing that outlives the authority, and makes no second one")
{
	const struct certificates_authority_wish wish = { .name = "Office", .days = 5 };
	struct made m = { 0 };
	X509 *one = NULL;
	bool is_made = make(&m, &wish);
	bool is_issued = is_made && issue(&m, CERTIFICATES_PEER, "sbc.example.com", &one);
	bool is_second =
		is_made && certificates_authority_make(&m.folder, &wish, NOW_S) == CLI_DONE;

	X509_free(one);
	unmake(&m);
	CHECK(is_made && !is_issued && !is_second);
	return ERR_NONE;
}
