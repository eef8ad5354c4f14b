/* SPDX-License-Identifier: Apache-2.0 */
/* Papers are made once: their keys take longer than all the rest. */
#include "tls_stage.h"

#include "tls/pem.h"

#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PAPERS = 48, AUTHORITIES = 3, BETWEEN = 2, SESSIONS = 4 };

static struct {
	struct paper paper;
	struct paper_wish wish;
	unsigned authority;
} papers[MAX_PAPERS];
static struct paper authorities[AUTHORITIES];
static size_t paper_count;
static struct counters counters;

/* ---- papers ---- */

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

/* ---- our end ---- */

static enum err pipe_read(void *context, char *ret, size_t size, size_t *ret_len)
{
	struct pipe *p = &((struct stage *)context)->in;
	size_t n = p->end - p->start;

	if (n == 0)
		return p->is_closed ? ERR_CLOSED : ERR_AGAIN;
	n = n < size ? n : size;
	if (p->each && n > p->each)
		n = p->each;
	memcpy(ret, p->bytes + p->start, n);
	p->start += n;
	if (p->start == p->end)
		p->start = p->end = 0;
	*ret_len = n;
	return ERR_NONE;
}

static enum err pipe_write(void *context, struct view bytes, size_t *ret_len)
{
	struct pipe *p = &((struct stage *)context)->out;
	size_t n = p->each && bytes.len > p->each ? p->each : bytes.len;

	if (p->is_full || n > sizeof(p->bytes) - p->end)
		return ERR_AGAIN;
	memcpy(p->bytes + p->end, bytes.at, n);
	p->end += n;
	*ret_len = n;
	return ERR_NONE;
}

static const struct stage_wish *the_wish;

static bool is_at(void *context, uint16_t row, const struct flow *flow, bool is_ours)
{
	(void)context;
	(void)flow;
	(void)is_ours;
	return !the_wish->are_elsewhere && (row == 0 || the_wish->are_together);
}

static bool find(void *context, enum tls_file kind, struct view name, struct view *ret)
{
	const struct stage_wish *w = context;
	unsigned number = name.len > 0 && name.at[name.len - 1] == '1';

	*ret = kind == TLS_FILE_CHAIN     ? view_of(w->own[number]->pem)
	     : kind == TLS_FILE_AUTHORITY ? w->authority[number]
	     : kind == TLS_FILE_STAPLE    ? w->staple
	                                  : w->revoked[number];
	return ret->len > 0;
}

static enum err key_of(void *context, struct view name, struct x509_st *leaf,
                       struct evp_pkey_st **ret)
{
	const struct stage_wish *w = context;

	(void)leaf;
	return tls_take_key(view_of(w->own[name.at[name.len - 1] == '1']->key_pem), ret);
}

enum err stage_reload(struct stage *s, const struct stage_wish *wish)
{
	static struct tls_side sides[MAX_SIDES];
	static struct transport_certificate rows[2] = { { .name = "own0" }, { .name = "own1" } };
	const struct tls_material material = { (void *)(uintptr_t)wish, find, key_of };
	struct tls_settings settings = { .sides = sides, .certificates = rows };
	struct buffer why = BUFFER_ON(((char[256]){ 0 }));
	struct tls_peer peers[2];

	the_wish = wish;
	rows[0].staple[0] = wish->staple.len > 0 ? 'x' : '\0';
	settings.certificate_count = wish->own[1] ? 2 : 1;
	sides[0] = (struct tls_side){ .is_on = true, .oldest = wish->oldest };
	for (unsigned i = 0; i < settings.certificate_count; i++)
		memcpy(sides[0].certificates[sides[0].count++], rows[i].name, 5);
	memcpy(peers, wish->peers, sizeof(peers));
	for (unsigned i = 0; i < wish->peer_count; i++)
		peers[i].signalling = &wish->rows[i];
	settings.peers = peers;
	settings.peer_count = wish->peer_count;
	return tls_load(s->tls, &settings, &material, &why);
}

enum err stage_open(struct stage *s, const struct stage_wish *wish)
{
	const struct tls_ports ports = { .is_at = is_at, .counters = &counters };
	enum err err;

	memset(s, 0, sizeof(*s));
	s->now = (struct now){ 1000 * (uint64_t)SECOND_US, STAGE_WALL_S * (int64_t)SECOND_US };
	err = tls_new(&ports, SESSIONS, &s->tls);
	if (err == ERR_NONE)
		err = stage_reload(s, wish);
	if (err != ERR_NONE) {
		tls_free(&s->tls);
		return err;
	}
	s->client_context = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_security_level(s->client_context, 0);
	SSL_CTX_set_min_proto_version(s->client_context, TLS1_VERSION);
	return ERR_NONE;
}

void stage_close(struct stage *s)
{
	tls_close(&s->session);
	SSL_free(s->client);
	SSL_CTX_free(s->client_context);
	tls_free(&s->tls);
}

static int accept_any(int is_good, X509_STORE_CTX *unused)
{
	(void)is_good;
	(void)unused;
	return 1;
}

enum err stage_connect(struct stage *s, const struct paper *paper)
{
	const struct tls_wire wire = { s, pipe_read, pipe_write };

	tls_close(&s->session);
	/* A session that ends without a word is not gone on with. */
	if (s->client && SSL_is_init_finished(s->client))
		(void)SSL_shutdown(s->client);
	SSL_free(s->client);
	s->in = s->out = (struct pipe){ .each = s->in.each };
	s->client = SSL_new(s->client_context);
	SSL_set_bio(s->client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_connect_state(s->client);
	if (paper)
		SSL_use_cert_and_key(s->client, paper->certificate, paper->key, NULL, 1);
	if (paper && paper->by)
		SSL_add1_chain_cert(s->client, paper->by);
	return tls_accept(s->tls, &s->flow, &wire, &s->session);
}

static int bring_staple(SSL *ssl, void *context)
{
	const struct stage *s = context;

	if (s->staple.len == 0)
		return SSL_TLSEXT_ERR_NOACK;
	SSL_set_tlsext_status_ocsp_resp(ssl, OPENSSL_memdup(s->staple.at, s->staple.len),
	                                (int)s->staple.len);
	return SSL_TLSEXT_ERR_OK;
}

enum err stage_call(struct stage *s, const struct paper *paper)
{
	const struct tls_wire wire = { s, pipe_read, pipe_write, NULL };
	SSL_CTX *server = SSL_CTX_new(TLS_server_method());

	tls_close(&s->session);
	SSL_free(s->client);
	s->in = s->out = (struct pipe){ .each = s->in.each };
	SSL_CTX_use_cert_and_key(server, paper->certificate, paper->key, NULL, 1);
	SSL_CTX_set_tlsext_status_cb(server, bring_staple);
	SSL_CTX_set_tlsext_status_arg(server, s);
	SSL_CTX_set_max_proto_version(server, SSL_CTX_get_max_proto_version(s->client_context));
	s->client = SSL_new(server);
	SSL_CTX_free(server);
	SSL_set_bio(s->client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_accept_state(s->client);
	SSL_set_verify(s->client, SSL_VERIFY_PEER, accept_any);
	return tls_connect(s->tls, &s->flow, &wire, &s->session);
}

void stage_carry(struct stage *s)
{
	int got = BIO_read(SSL_get_wbio(s->client), s->in.bytes + s->in.end,
	                   (int)(sizeof(s->in.bytes) - s->in.end));

	if (got > 0)
		s->in.end += (size_t)got;
	if (s->out.end > 0)
		BIO_write(SSL_get_rbio(s->client), s->out.bytes, (int)s->out.end);
	s->out.end = 0;
}

enum err stage_shake(struct stage *s)
{
	enum err err = ERR_AGAIN;

	for (unsigned i = 0; i < 8 && err == ERR_AGAIN; i++) {
		(void)SSL_do_handshake(s->client);
		stage_carry(s);
		err = tls_shake(s->session, s->now);
		stage_carry(s);
	}
	(void)SSL_do_handshake(s->client);
	return err;
}

bool stage_talks(struct stage *s)
{
	char text[64];
	size_t len = 0;
	enum err err = ERR_AGAIN;

	if (SSL_write(s->client, "there", 5) != 5)
		return false;
	stage_carry(s);
	/* Tickets that came before it take a step each. */
	for (unsigned i = 0; i < 4096 && err == ERR_AGAIN; i++)
		err = tls_read(s->session, text, sizeof(text), &len);
	if (err != ERR_NONE || len != 5 || tls_write(s->session, VIEW("back"), &len) != ERR_NONE ||
	    len != 4)
		return false;
	stage_carry(s);
	return SSL_read(s->client, text, sizeof(text)) == 4 && memcmp(text, "back", 4) == 0;
}
