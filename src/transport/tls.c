/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions: a handshake step by step, then bytes in and out. */
#include "transport/tls_priv.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD_ALERT = 21, RECORD_HANDSHAKE = 22, WRITE_MOST = 4096 };

struct tls_session *tls_session_of(const SSL *ssl) { return SSL_get_app_data(ssl); }

/* ---- the wire, as OpenSSL sees it ---- */

static int wire_read(BIO *bio, char *ret, int size)
{
	struct tls_session *s = BIO_get_data(bio);
	size_t got = 0;
	enum err err;

	BIO_clear_retry_flags(bio);
	if (s->is_over || size <= 0)
		return -1;
	err = s->wire.read(s->wire.context, ret, (size_t)size, &got);
	if (err == ERR_AGAIN)
		BIO_set_retry_read(bio);
	if (err == ERR_CLOSED)
		return 0;
	if (err != ERR_NONE)
		return -1;
	if (!s->is_begun)
		s->first_byte = (uint8_t)ret[0];
	s->is_begun = true;
	return (int)got;
}

static int wire_write(BIO *bio, const char *bytes, int len)
{
	struct tls_session *s = BIO_get_data(bio);
	size_t sent = 0;
	enum err err;

	BIO_clear_retry_flags(bio);
	if (s->is_over || len <= 0)
		return -1;
	err = s->wire.write(s->wire.context, view_bytes(bytes, (size_t)len), &sent);
	if (err == ERR_AGAIN)
		BIO_set_retry_write(bio);
	return err == ERR_NONE ? (int)sent : -1;
}

static long wire_control(BIO *bio, int what, long number, void *at)
{
	(void)bio;
	(void)number;
	(void)at;
	return what == BIO_CTRL_FLUSH;
}

static BIO_METHOD *new_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");

	if (m && BIO_meth_set_read(m, wire_read) == 1 && BIO_meth_set_write(m, wire_write) == 1 &&
	    BIO_meth_set_ctrl(m, wire_control) == 1)
		return m;
	BIO_meth_free(m);
	return NULL;
}

/* ---- all of it ---- */

enum err tls_new(const struct tls_ports *ports, uint32_t at_most, struct tls **ret)
{
	struct tls *t = calloc(1, sizeof(*t));
	enum err err =
		t ? pool_new(sizeof(struct tls_session), at_most, &t->sessions) : ERR_NO_MEMORY;

	if (err == ERR_NONE && (OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1 ||
	                        !(t->method = new_method())))
		err = ERR_NO_MEMORY;
	if (err != ERR_NONE) {
		tls_free(&t);
		return err;
	}
	t->ports = *ports;
	*ret = t;
	return ERR_NONE;
}

void tls_free(struct tls **tls)
{
	struct tls *t = *tls;

	if (!t)
		return;
	tls_generation_free(&t->now);
	tls_tickets_wipe(&t->tickets);
	BIO_meth_free(t->method);
	pool_free(&t->sessions);
	free(t);
	*tls = NULL;
}

enum err tls_load(struct tls *t, const struct tls_settings *settings,
                  const struct tls_material *material, struct buffer *why)
{
	struct tls_generation *fresh = NULL;
	enum err err = tls_generation_new(t, settings, material, why, &fresh);

	if (err != ERR_NONE)
		return err;
	tls_generation_free(&t->now);
	t->now = fresh;
	t->loads++;
	return ERR_NONE;
}

bool tls_is_on(const struct tls *t, uint8_t side)
{
	return t->now && side < MAX_SIDES && t->now->servers[side];
}

/* ---- a session ---- */

static bool is_at(const struct tls_session *s, const struct tls_policy *p)
{
	const struct tls_ports *ports = &s->tls->ports;

	return p->side == s->flow.side &&
	       ports->is_at(ports->context, p->row, &s->flow, s->is_client);
}

/* Whether some peer that must show a certificate may be there. */
static bool is_asked(const struct tls_session *s)
{
	const struct tls_generation *g = s->tls->now;

	for (size_t i = 0; i < g->policy_count; i++)
		if (g->policies[i].mode == SIGNALLING_MUTUAL && is_at(s, &g->policies[i]))
			return true;
	return false;
}

static enum err begin(struct tls_session *s, SSL_CTX *ctx)
{
	BIO *bio = BIO_new(s->tls->method);

	s->ssl = bio ? SSL_new(ctx) : NULL;
	if (!s->ssl || SSL_set_app_data(s->ssl, s) != 1) {
		BIO_free(bio);
		ERR_clear_error();
		return ERR_NO_MEMORY;
	}
	if (s->tls->ports.enter)
		(void)SSL_set_mode(s->ssl, SSL_MODE_ASYNC);
	BIO_set_data(bio, s);
	BIO_set_init(bio, 1);
	SSL_set_bio(s->ssl, bio, bio);
	return ERR_NONE;
}

static enum err open_session(struct tls *t, const struct flow *flow, const struct tls_wire *wire,
                             struct tls_session **ret)
{
	struct tls_session *s;

	if (!tls_is_on(t, flow->side))
		return ERR_NOT_FOUND;
	s = pool_take(t->sessions);
	if (!s)
		return ERR_FULL;
	s->tls = t;
	s->began = t->loads;
	s->flow = *flow;
	s->wire = *wire;
	*ret = s;
	return ERR_NONE;
}

enum err tls_accept(struct tls *t, const struct flow *flow, const struct tls_wire *wire,
                    struct tls_session **ret)
{
	struct tls_session *s = NULL;
	enum err err = open_session(t, flow, wire, &s);

	if (err != ERR_NONE)
		return err;
	err = begin(s, t->now->servers[flow->side]);
	if (err != ERR_NONE) {
		tls_close(&s);
		return err;
	}
	SSL_set_accept_state(s->ssl);
	s->must_show = is_asked(s);
	if (s->must_show) {
		SSL_set_verify(s->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
		(void)SSL_set_options(s->ssl, SSL_OP_NO_TICKET);
		(void)SSL_set_num_tickets(s->ssl, 0);
	}
	*ret = s;
	return ERR_NONE;
}

/* The first of those that are there; NULL: none whose certificate we could ask for. */
static const struct tls_policy *policy_there(const struct tls_session *s)
{
	const struct tls_generation *g = s->tls->now;

	for (size_t i = 0; i < g->policy_count; i++)
		if (is_at(s, &g->policies[i]))
			return &g->policies[i];
	return NULL;
}

static bool show_ours(struct tls_session *s, const struct tls_policy *p)
{
	const struct tls_generation *g = s->tls->now;
	const struct tls_identity *own;

	if (p->mode != SIGNALLING_MUTUAL && p->identity >= MAX_CERTIFICATES)
		return true;
	own = &g->identities[p->identity < MAX_CERTIFICATES ? p->identity
	                                                    : g->shown[s->flow.side][0]];
	return own->leaf && SSL_use_cert_and_key(s->ssl, own->leaf, own->key, own->chain, 1) == 1;
}

static bool wants_staple(const struct tls_session *s)
{
	const struct tls_generation *g = s->tls->now;

	for (size_t i = 0; i < g->policy_count; i++)
		if (g->policies[i].staple != TLS_STAPLE_OFF && is_at(s, &g->policies[i]))
			return true;
	return false;
}

static enum err ready_to_connect(struct tls_session *s)
{
	const struct tls_policy *p = policy_there(s);
	struct addr literal;
	enum err err = p ? begin(s, s->tls->now->clients[s->flow.side]) : ERR_NOT_FOUND;

	if (err != ERR_NONE)
		return err;
	SSL_set_connect_state(s->ssl);
	SSL_set_verify(s->ssl, SSL_VERIFY_PEER, NULL);
	/* RFC 6066 3: an address is no name. */
	if (p->name[0] && addr_parse(view_of(p->name), &literal) != ERR_NONE &&
	    SSL_set_tlsext_host_name(s->ssl, p->name) != 1)
		return ERR_NO_MEMORY;
	if (wants_staple(s) && SSL_set_tlsext_status_type(s->ssl, TLSEXT_STATUSTYPE_ocsp) != 1)
		return ERR_NO_MEMORY;
	return show_ours(s, p) ? ERR_NONE : ERR_NO_MEMORY;
}

enum err tls_connect(struct tls *t, const struct flow *flow, const struct tls_wire *wire,
                     struct tls_session **ret)
{
	struct tls_session *s = NULL;
	enum err err = open_session(t, flow, wire, &s);

	if (err != ERR_NONE)
		return err;
	s->is_client = true;
	err = ready_to_connect(s);
	ERR_clear_error();
	if (err != ERR_NONE)
		tls_close(&s);
	else
		*ret = s;
	return err;
}

/* ---- steps with a key that is elsewhere ---- */

static uint64_t token_of(const struct tls_session *s) { return (uint64_t)(uintptr_t)s; }

static int step(struct tls_session *s)
{
	const struct tls_ports *ports = &s->tls->ports;
	int answer;

	if (ports->enter)
		ports->enter(ports->context, token_of(s), s->tls->time);
	answer = SSL_do_handshake(s->ssl);
	if (ports->leave && ports->leave(ports->context) && s->why == TLS_REFUSED_NOT)
		s->why = TLS_REFUSED_OURS;
	return answer;
}

void tls_woken(uint64_t token)
{
	struct tls_session *s = (struct tls_session *)(uintptr_t)token;

	if (s->wire.woken)
		s->wire.woken(s->wire.context);
}

/* A job that is set aside has to come to its end before its session can go. */
static void end_job(struct tls_session *s)
{
	s->is_over = true;
	s->tls->ports.cancel(s->tls->ports.context, token_of(s));
	(void)step(s);
}

void tls_close(struct tls_session **session)
{
	struct tls_session *s = *session;

	*session = NULL;
	if (!s)
		return;
	ERR_clear_error();
	if (s->ssl && SSL_waiting_for_async(s->ssl))
		end_job(s);
	if (s->ssl && s->is_done && s->why == TLS_REFUSED_NOT)
		(void)SSL_shutdown(s->ssl);
	s->is_over = true;
	SSL_free(s->ssl);
	ERR_clear_error();
	pool_give(s->tls->sessions, s);
}

/* ---- who is there ---- */

static enum tls_refusal judge_at(struct tls_session *s, const struct tls_shown *shown, int *code)
{
	const struct tls_generation *g = s->tls->now;
	enum tls_refusal why = TLS_REFUSED_AUTHORITY, one;
	bool is_any = false, is_refused = false;

	*code = X509_V_ERR_APPLICATION_VERIFICATION;
	for (size_t i = 0; i < g->policy_count; i++) {
		const struct tls_policy *p = &g->policies[i];
		int own = 0;

		if (!is_at(s, p) || (p->mode != SIGNALLING_MUTUAL && !s->is_client))
			continue;
		one = tls_judge(p, shown, &own);
		if (one == TLS_REFUSED_NOT && !is_any)
			memcpy(s->peer, p->label, sizeof(s->peer));
		is_any = is_any || one == TLS_REFUSED_NOT;
		/* Who came is one of them; who is called has to be each that is called there, since
		 * what is for any of them takes this connection. */
		if (one == TLS_REFUSED_NOT && !s->is_client)
			return one;
		if (one == TLS_REFUSED_NOT)
			continue;
		/* Of several that may be there the one that it came nearest to says why. */
		is_refused = true;
		if (one > why || why == TLS_REFUSED_AUTHORITY) {
			why = one;
			*code = own;
		}
	}
	return is_any && !is_refused ? TLS_REFUSED_NOT : why;
}

/* A good certificate in the wrong place. */
static bool is_others(const struct tls_session *s, const struct tls_shown *shown)
{
	const struct tls_generation *g = s->tls->now;

	for (size_t i = 0; i < g->policy_count; i++) {
		const struct tls_policy *p = &g->policies[i];
		int unused = 0;

		if (p->mode == SIGNALLING_MUTUAL && p->name[0] && !is_at(s, p) &&
		    tls_judge(p, shown, &unused) == TLS_REFUSED_NOT)
			return true;
	}
	return false;
}

static struct view staple_of(const struct tls_session *s)
{
	const unsigned char *at = NULL;
	long len = s->is_stapled ? SSL_get_tlsext_status_ocsp_resp(s->ssl, &at) : 0;

	return at && len > 0 ? view_bytes(at, (size_t)len) : VIEW_EMPTY;
}

static enum tls_refusal judge(struct tls_session *s, X509 *leaf, STACK_OF(X509) * others, int *code)
{
	const struct view staple = staple_of(s);
	const struct tls_shown shown = { leaf, others, s->tls->time.wall_us, s->is_client,
		                         s->is_stapled ? &staple : NULL };
	enum tls_refusal why = judge_at(s, &shown, code);

	if (why == TLS_REFUSED_NOT)
		*code = X509_V_OK;
	else
		s->peer[0] = '\0';
	if ((why == TLS_REFUSED_AUTHORITY || why == TLS_REFUSED_NAME) && is_others(s, &shown))
		why = TLS_REFUSED_OTHER_PEER;
	return why;
}

int tls_on_certificate(X509_STORE_CTX *given, void *unused)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(given, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_session *s = tls_session_of(ssl);
	int code = X509_V_OK;

	(void)unused;
	s->why = (uint8_t)judge(s, X509_STORE_CTX_get0_cert(given),
	                        X509_STORE_CTX_get0_untrusted(given), &code);
	X509_STORE_CTX_set_error(given, code);
	return s->why == TLS_REFUSED_NOT;
}

int tls_on_staple(SSL *ssl, void *unused)
{
	struct tls_session *s = tls_session_of(ssl);
	X509 *leaf = SSL_get0_peer_certificate(ssl);
	int code;

	(void)unused;
	s->is_stapled = true;
	s->why = (uint8_t)(leaf ? judge(s, leaf, SSL_get_peer_cert_chain(ssl), &code)
	                        : TLS_REFUSED_NO_CERTIFICATE);
	return s->why == TLS_REFUSED_NOT;
}

bool tls_still_fits(struct tls_session *s, struct now now)
{
	X509 *leaf = s->is_done ? SSL_get0_peer_certificate(s->ssl) : NULL;
	int code = X509_V_OK;

	s->tls->time = now;
	/* Who was not asked for one, and is to bring one now, has none. */
	s->is_stapled = s->is_client;
	if (!s->is_done || !tls_is_on(s->tls, s->flow.side))
		return true;
	if (!s->is_client)
		s->must_show = is_asked(s);
	if (!s->must_show && !s->is_client)
		s->peer[0] = '\0';
	else if (!leaf)
		s->why = TLS_REFUSED_NO_CERTIFICATE;
	else
		s->why = (uint8_t)judge(s, leaf, SSL_get_peer_cert_chain(s->ssl), &code);
	return s->why == TLS_REFUSED_NOT;
}

/* ---- steps ---- */

/* What came first is no TLS: who begins says a handshake, who is asked may say an alert. */
static bool is_plain(const struct tls_session *s)
{
	return s->is_begun && s->first_byte != RECORD_HANDSHAKE &&
	       !(s->is_client && s->first_byte == RECORD_ALERT);
}

static enum tls_refusal refusal_of(const struct tls_session *s, unsigned long error)
{
	int reason = ERR_GET_REASON(error);

	if (is_plain(s))
		return TLS_REFUSED_PLAIN;
	switch (reason) {
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_NO_PROTOCOLS_AVAILABLE:
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
		return TLS_REFUSED_OLD;
	case SSL_R_NO_SHARED_CIPHER:
	case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
	case SSL_R_NO_SUITABLE_KEY_SHARE:
	case SSL_R_NO_SUITABLE_GROUPS:
	case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
		return TLS_REFUSED_NO_COMMON;
	case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
		return TLS_REFUSED_NO_CERTIFICATE;
	default:
		/* An alert of the other end. */
		return reason >= SSL_AD_REASON_OFFSET ? TLS_REFUSED_ALERT : TLS_REFUSED_BROKEN;
	}
}

/* What an answer of OpenSSL comes to. */
static enum err outcome(struct tls_session *s, int answer)
{
	int what = SSL_get_error(s->ssl, answer);
	unsigned long error = ERR_peek_error();

	s->wants_write = what == SSL_ERROR_WANT_WRITE;
	s->is_parked = what == SSL_ERROR_WANT_ASYNC;
	switch (what) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
	case SSL_ERROR_WANT_ASYNC:
		return ERR_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return ERR_CLOSED;
	case SSL_ERROR_SSL:
		s->is_over = true;
		if (ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
			return ERR_IO;
		if (s->is_done)
			return ERR_IO;
		if (s->why == TLS_REFUSED_NOT)
			s->why = (uint8_t)refusal_of(s, error);
		return ERR_DENIED;
	case SSL_ERROR_WANT_ASYNC_JOB:
		s->why = TLS_REFUSED_OURS;
		return ERR_DENIED;
	default:
		s->is_over = true;
		return ERR_IO;
	}
}

enum err tls_shake(struct tls_session *s, struct now now)
{
	int answer;
	enum err err;

	s->tls->time = now;
	tls_tickets_turn(&s->tls->tickets, now.us);
	ERR_clear_error();
	answer = step(s);
	err = answer == 1 ? ERR_NONE : outcome(s, answer);
	/* What it begins with says more than how it fails, which it may never do. */
	if (err == ERR_AGAIN && is_plain(s)) {
		s->why = TLS_REFUSED_PLAIN;
		err = ERR_DENIED;
	}
	ERR_clear_error();
	if (err != ERR_NONE)
		return err;
	s->is_done = true;
	s->wants_write = s->is_parked = false;
	/* Keys are for handshakes; bytes need no stack of their own. */
	(void)SSL_clear_mode(s->ssl, SSL_MODE_ASYNC);
	/* What was asked and judged by policies of before: whoever looks at standing sessions when
	 * they change does not see those that are not done. */
	if (s->began != s->tls->loads && !tls_still_fits(s, now))
		return ERR_DENIED;
	counters_add(s->tls->ports.counters,
	             SSL_session_reused(s->ssl) ? COUNT_tls_resumed : COUNT_tls_full, 1);
	return ERR_NONE;
}

enum err tls_read(struct tls_session *s, char *ret, size_t size, size_t *ret_len)
{
	enum err err;
	int answer;

	ERR_clear_error();
	s->wants_write = false;
	answer = SSL_read_ex(s->ssl, ret, size, ret_len);
	err = answer == 1 ? ERR_NONE : outcome(s, answer);
	s->is_answering = err == ERR_AGAIN && s->wants_write;
	ERR_clear_error();
	return err;
}

enum err tls_write(struct tls_session *s, struct view bytes, size_t *ret_len)
{
	enum err err;
	int answer;

	ERR_clear_error();
	/* No more than the queue behind us gives again in one piece: a record that was begun wants
	 * all its bytes at once. */
	answer = SSL_write_ex(s->ssl, bytes.at, bytes.len < WRITE_MOST ? bytes.len : WRITE_MOST,
	                      ret_len);
	err = answer == 1 ? ERR_NONE : outcome(s, answer);
	/* What a read had to answer has gone before it. */
	if (err == ERR_NONE)
		s->wants_write = s->is_answering = false;
	ERR_clear_error();
	return err == ERR_CLOSED ? ERR_IO : err;
}

bool tls_has_more(const struct tls_session *s) { return SSL_pending(s->ssl) > 0; }

bool tls_wants_write(const struct tls_session *s) { return s->wants_write; }

bool tls_is_answering(const struct tls_session *s) { return s->is_answering; }

bool tls_is_parked(const struct tls_session *s) { return s->is_parked; }

enum tls_refusal tls_why(const struct tls_session *s) { return (enum tls_refusal)s->why; }

const char *tls_peer_label(const struct tls_session *s) { return s->peer; }

const char *tls_words(const struct tls_session *s, char ret[TLS_WORDS_SIZE])
{
	struct buffer b = buffer_on(ret, TLS_WORDS_SIZE - 1);

	buffer_text(&b, SSL_get_version(s->ssl));
	buffer_char(&b, ' ');
	buffer_text(&b, SSL_get_cipher_name(s->ssl));
	ret[b.len] = '\0';
	return ret;
}
