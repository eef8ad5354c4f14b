/* SPDX-License-Identifier: Apache-2.0 */
/* Our end, and a client of OpenSSL's over two pipes. */
#include "tls_stage.h"

#include "tls/pem.h"

#include <stdlib.h>
#include <string.h>

enum { SESSIONS = 4 };

static struct counters counters;

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
