/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes of the control listener in memory: who gets in, and why nobody else does. */
#include "bench.h"
#include "runner/test.h"
#include "tls/pem.h"
#include "unit/tls/papers.h"
#include "web/control.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

enum { TURNS = 12 };

/* Our end's wire is one half of a pair of BIOs, the client's the other. */
struct meeting {
	struct bench bench;
	struct tls_lines lines;
	struct web_control *control;
	struct web_control_client client;
	struct tls_line line;
	SSL_CTX *theirs;
	SSL *other;
	BIO *wire; /* ours; the other half belongs to `other` */
};

static enum err wire_read(void *context, char *ret, size_t size, size_t *ret_len)
{
	const struct meeting *m = context;

	return BIO_read_ex(m->wire, ret, size, ret_len) == 1 ? ERR_NONE : ERR_AGAIN;
}

static enum err wire_write(void *context, struct view bytes, size_t *ret_len)
{
	const struct meeting *m = context;

	return BIO_write_ex(m->wire, bytes.at, bytes.len, ret_len) == 1 ? ERR_NONE : ERR_AGAIN;
}

static enum err key_of(void *context, struct x509_st *leaf, struct evp_pkey_st **ret)
{
	const struct paper *own = context;

	(void)leaf;
	return tls_take_key(view_of(own->key_pem), ret);
}

/* ---- one handshake ---- */

struct visit {
	const char *name;
	struct paper_wish wish; /* of the client's certificate */
	unsigned authority;     /* that signed it */
	const char *from;
	enum control_refusal why; /* CONTROL_FINE: gets in */
	bool is_bare;             /* it shows none */
	bool is_revoked;
	bool is_asked; /* for revocations */
	unsigned list; /* the authority whose list is there */
	long list_ends_s;
	int newest;      /* version; 0: any */
	bool is_own_rsa; /* our certificate */
};

#define NAMED .names = "DNS:other.example,DNS:app.example", .use = "clientAuth"

static const struct visit visits[] = {
	{ "its own certificate", { NAMED }, 0, "192.0.2.1", CONTROL_FINE },
	{ "TLS 1.2", { NAMED }, 0, "192.0.2.1", CONTROL_FINE, .newest = TLS1_2_VERSION },
	{ "RSA", { NAMED, .is_rsa = true }, 0, "192.0.2.1", CONTROL_FINE },
	{ "our RSA", { NAMED }, 0, "192.0.2.1", CONTROL_FINE, .is_own_rsa = true },
	{ "our RSA, TLS 1.2",
	  { NAMED },
	  0,
	  "192.0.2.1",
	  CONTROL_FINE,
	  .newest = TLS1_2_VERSION,
	  .is_own_rsa = true },
	{ "by URI",
	  { .names = "URI:urn:example:other", .use = "clientAuth" },
	  0,
	  "192.0.2.2",
	  CONTROL_FINE },
	{ "a letter of the DNS name is large",
	  { .names = "DNS:App.example", .use = "clientAuth" },
	  0,
	  "192.0.2.1",
	  CONTROL_FINE },
	{ "none", { NAMED }, 0, "192.0.2.1", CONTROL_NO_CERTIFICATE, .is_bare = true },
	{ "none, by TLS 1.2",
	  { NAMED },
	  0,
	  "192.0.2.1",
	  CONTROL_NO_CERTIFICATE,
	  .is_bare = true,
	  .newest = TLS1_2_VERSION },
	{ "a stranger's", { NAMED }, 1, "192.0.2.1", CONTROL_AUTHORITY },
	{ "over", { NAMED, .from_s = -9, .to_s = -1 }, 0, "192.0.2.1", CONTROL_EXPIRED },
	{ "to come", { NAMED, .from_s = 9, .to_s = 99 }, 0, "192.0.2.1", CONTROL_EARLY },
	{ "for servers",
	  { .names = "DNS:app.example", .use = "serverAuth" },
	  0,
	  "192.0.2.1",
	  CONTROL_PURPOSE },
	{ "for nothing that it says",
	  { .names = "DNS:app.example" },
	  0,
	  "192.0.2.1",
	  CONTROL_PURPOSE },
	{ "for anything",
	  { .names = "DNS:app.example", .use = "anyExtendedKeyUsage" },
	  0,
	  "192.0.2.1",
	  CONTROL_PURPOSE },
	{ "another name",
	  { .names = "DNS:app.example.evil.example", .use = "clientAuth" },
	  0,
	  "192.0.2.1",
	  CONTROL_NAME },
	{ "a wildcard",
	  { .names = "DNS:*.example", .use = "clientAuth" },
	  0,
	  "192.0.2.1",
	  CONTROL_NAME },
	{ "the common name alone",
	  { .common_name = "app.example", .use = "clientAuth" },
	  0,
	  "192.0.2.1",
	  CONTROL_NAME },
	{ "a letter of the URI is large",
	  { .names = "URI:urn:example:Other", .use = "clientAuth" },
	  0,
	  "192.0.2.2",
	  CONTROL_NAME },
	{ "from elsewhere", { NAMED }, 0, "192.0.2.2", CONTROL_PLACE },
	{ "not revoked",
	  { NAMED },
	  0,
	  "192.0.2.1",
	  CONTROL_FINE,
	  .is_asked = true,
	  .list_ends_s = DAY_S },
	{ "revoked",
	  { NAMED },
	  0,
	  "192.0.2.1",
	  CONTROL_REVOKED,
	  .is_asked = true,
	  .is_revoked = true,
	  .list_ends_s = DAY_S },
	{ "the list is too old",
	  { NAMED },
	  0,
	  "192.0.2.1",
	  CONTROL_REVOCATIONS_OLD,
	  .is_asked = true,
	  .list_ends_s = -DAY_S },
	{ "a list of another authority",
	  { NAMED },
	  0,
	  "192.0.2.1",
	  CONTROL_REVOCATIONS_NONE,
	  .is_asked = true,
	  .list = 1,
	  .list_ends_s = DAY_S },
};

static enum err open_control(struct meeting *m, const struct visit *v, const struct paper *shown)
{
	static char storage[4096];
	const struct paper_wish own_wish = { .names = "DNS:own.example",
		                             .use = "serverAuth",
		                             .is_rsa = v->is_own_rsa };
	const struct paper *own = paper_issue(0, &own_wish);
	struct web_control_server servers[] = {
		{ .name = "app.example", .label = "app", .from_count = 1 },
		{ .name = "urn:example:other", .label = "other", .from_count = 1 },
	};
	const struct web_control_list list = { servers, 2 };
	const struct web_control_port port = { m->bench.web, (void *)(uintptr_t)own, key_of };
	struct web_control_files files = { .chain = view_of(own->pem),
		                           .authority = view_of(paper_authority(0)->pem) };
	const char *why = NULL;

	TRY(addr_net_parse(VIEW("192.0.2.1"), &servers[0].from[0]));
	TRY(addr_net_parse(VIEW("192.0.2.2"), &servers[1].from[0]));
	if (v->is_asked)
		files.revoked =
			paper_list(v->list, v->is_revoked ? shown : NULL, v->list_ends_s, storage);
	return web_control_new(&list, &files, &port, &m->control, &why);
}

static bool open_other(struct meeting *m, const struct visit *v, const struct paper *shown)
{
	BIO *half = NULL;

	if (BIO_new_bio_pair(&m->wire, 1 << 16, &half, 1 << 16) != 1)
		return false;
	m->theirs = SSL_CTX_new(TLS_client_method());
	m->other = m->theirs ? SSL_new(m->theirs) : NULL;
	if (!m->other) {
		BIO_free(half);
		return false;
	}
	SSL_set_bio(m->other, half, half);
	SSL_set_connect_state(m->other);
	return (v->is_bare || (SSL_use_certificate(m->other, shown->certificate) == 1 &&
	                       SSL_use_PrivateKey(m->other, shown->key) == 1)) &&
	       (v->newest == 0 || SSL_set_max_proto_version(m->other, v->newest) == 1);
}

static void clear(struct meeting *m)
{
	tls_line_close(&m->line, false);
	web_control_end(&m->client);
	web_control_free(&m->control);
	tls_lines_close(&m->lines);
	SSL_free(m->other);
	SSL_CTX_free(m->theirs);
	BIO_free(m->wire);
	bench_clear(&m->bench);
	ERR_clear_error();
}

static enum err begin(struct meeting *m, const struct visit *v)
{
	const struct paper *shown = paper_issue(v->authority, &v->wish);
	const struct tls_wire wire = { m, wire_read, wire_write, NULL };
	enum err err = bench_make(&m->bench);

	if (err == ERR_NONE)
		err = tls_lines_open(&(struct tls_keys){ 0 }, &m->lines);
	if (err == ERR_NONE)
		err = open_control(m, v, shown);
	if (err == ERR_NONE && !open_other(m, v, shown))
		err = ERR_NO_MEMORY;
	if (err == ERR_NONE)
		err = addr_parse(view_of(v->from), &m->client.from);
	return err == ERR_NONE
	             ? web_control_begin(m->control, &m->lines, &wire, &m->client, &m->line)
	             : err;
}

/* As far as both get: how our end stands. */
static enum err shake(struct meeting *m)
{
	const struct now now = { .us = 1, .wall_us = STAGE_WALL_S * (int64_t)SECOND_US };
	enum err err = ERR_AGAIN;

	for (int i = 0; i < TURNS && err == ERR_AGAIN; i++) {
		(void)SSL_do_handshake(m->other);
		err = web_control_shake(&m->client, &m->line, now);
	}
	(void)SSL_do_handshake(m->other);
	ERR_clear_error();
	return err;
}

static bool is_told(const struct meeting *m, enum control_refusal why)
{
	const struct ask *a = bench_last(&m->bench);

	return why == CONTROL_FINE ? m->bench.ask_count == 0
	                           : m->bench.ask_count == 1 && strcmp(a->body.record.audit.result,
	                                                               web_control_word(why)) == 0;
}

static bool is_as_wanted(const struct meeting *m, const struct visit *v, enum err err)
{
	bool is_in = err == ERR_NONE && m->client.server && SSL_session_reused(m->other) == 0 &&
	             SSL_SESSION_is_resumable(SSL_get0_session(m->other)) == 0;

	return is_in == (v->why == CONTROL_FINE) && is_told(m, v->why) &&
	       (is_in || !m->client.server);
}

TEST(web_control_visits,
     "whoever shows what a server has to gets in; all others not, each with his reason")
{
	static struct meeting m;

	for (size_t i = 0; i < sizeof(visits) / sizeof(visits[0]); i++) {
		enum err err;
		bool is_good;

		memset(&m, 0, sizeof(m));
		err = begin(&m, &visits[i]);
		if (err != ERR_NONE) {
			clear(&m);
			return err;
		}
		err = shake(&m);
		is_good = is_as_wanted(&m, &visits[i], err);
		clear(&m);
		CHECK_CASE(is_good, visits[i].name);
	}
	return ERR_NONE;
}

/* A client that would do what we do not: how our end stands, and that of its version. */
static enum err meet_odd(struct meeting *m, int version, const char *first)
{
	static const struct visit usual = { "odd", { NAMED }, 0, "192.0.2.1", CONTROL_FINE };
	enum err err;

	memset(m, 0, sizeof(*m));
	err = begin(m, &usual);
	if (err != ERR_NONE)
		return err;
	if (version && (SSL_set_min_proto_version(m->other, version) != 1 ||
	                SSL_set_max_proto_version(m->other, version) != 1 ||
	                SSL_set_cipher_list(m->other, "ALL:@SECLEVEL=0") != 1))
		return ERR_NO_MEMORY;
	if (first)
		(void)BIO_write(SSL_get_wbio(m->other), first, (int)strlen(first));
	return ERR_NONE;
}

TEST(web_control_old, "TLS 1.1 and plain HTTP are refused, and nobody renegotiates")
{
	static struct meeting m;
	enum err err = meet_odd(&m, TLS1_1_VERSION, NULL), is_old = ERR_NONE, is_plain = ERR_NONE;
	bool renegotiates = true;

	if (err == ERR_NONE)
		is_old = shake(&m);
	clear(&m);
	if (err == ERR_NONE)
		err = meet_odd(&m, 0, "G");
	if (err == ERR_NONE)
		is_plain = web_control_shake(&m.client, &m.line, (struct now){ 0 });
	clear(&m);
	if (err == ERR_NONE)
		err = meet_odd(&m, TLS1_2_VERSION, NULL);
	if (err == ERR_NONE && shake(&m) == ERR_NONE) {
		char byte;
		size_t n;

		(void)SSL_renegotiate(m.other);
		renegotiates = false;
		for (int i = 0; i < TURNS; i++) {
			renegotiates = SSL_do_handshake(m.other) == 1 || renegotiates;
			(void)!tls_line_read(&m.line, &byte, 1, &n);
		}
	}
	clear(&m);
	TRY(err);
	CHECK(is_old == ERR_DENIED);
	CHECK(is_plain == ERR_DENIED);
	CHECK(!renegotiates);
	return ERR_NONE;
}
