/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions: a handshake step by step, then bytes in and out. */
#include "transport/tls_priv.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

struct tls_session *tls_session_of(const SSL *ssl) { return SSL_get_app_data(ssl); }

/* ---- all of it ---- */

enum err tls_new(const struct tls_ports *ports, uint32_t at_most, struct tls **ret)
{
	struct tls *t = calloc(1, sizeof(*t));
	enum err err =
		t ? pool_new(sizeof(struct tls_session), at_most, &t->sessions) : ERR_NO_MEMORY;

	if (err == ERR_NONE)
		err = tls_lines_open(&ports->keys, &t->lines);
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
	tls_lines_close(&t->lines);
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

static enum err begin(struct tls_session *s, SSL_CTX *ctx, const struct tls_wire *wire)
{
	enum err err = tls_line_open(&s->tls->lines, ctx, wire, &s->line);

	if (err == ERR_NONE && SSL_set_app_data(s->line.ssl, s) != 1)
		err = ERR_NO_MEMORY;
	ERR_clear_error();
	return err;
}

static enum err open_session(struct tls *t, const struct flow *flow, struct tls_session **ret)
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
	*ret = s;
	return ERR_NONE;
}

enum err tls_accept(struct tls *t, const struct flow *flow, const struct tls_wire *wire,
                    struct tls_session **ret)
{
	struct tls_session *s = NULL;
	enum err err = open_session(t, flow, &s);

	if (err != ERR_NONE)
		return err;
	err = begin(s, t->now->servers[flow->side], wire);
	if (err != ERR_NONE) {
		tls_close(&s);
		return err;
	}
	SSL_set_accept_state(s->line.ssl);
	s->must_show = is_asked(s);
	if (s->must_show) {
		SSL_set_verify(s->line.ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
		               NULL);
		(void)SSL_set_options(s->line.ssl, SSL_OP_NO_TICKET);
		(void)SSL_set_num_tickets(s->line.ssl, 0);
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
	return own->leaf &&
	       SSL_use_cert_and_key(s->line.ssl, own->leaf, own->key, own->chain, 1) == 1;
}

static bool wants_staple(const struct tls_session *s)
{
	const struct tls_generation *g = s->tls->now;

	for (size_t i = 0; i < g->policy_count; i++)
		if (g->policies[i].staple != TLS_STAPLE_OFF && is_at(s, &g->policies[i]))
			return true;
	return false;
}

static enum err ready_to_connect(struct tls_session *s, const struct tls_wire *wire)
{
	const struct tls_policy *p = policy_there(s);
	struct addr literal;
	enum err err = p ? begin(s, s->tls->now->clients[s->flow.side], wire) : ERR_NOT_FOUND;

	if (err != ERR_NONE)
		return err;
	SSL_set_connect_state(s->line.ssl);
	SSL_set_verify(s->line.ssl, SSL_VERIFY_PEER, NULL);
	/* RFC 6066 3: an address is no name. */
	if (p->name[0] && addr_parse(view_of(p->name), &literal) != ERR_NONE &&
	    SSL_set_tlsext_host_name(s->line.ssl, p->name) != 1)
		return ERR_NO_MEMORY;
	if (wants_staple(s) && SSL_set_tlsext_status_type(s->line.ssl, TLSEXT_STATUSTYPE_ocsp) != 1)
		return ERR_NO_MEMORY;
	return show_ours(s, p) ? ERR_NONE : ERR_NO_MEMORY;
}

enum err tls_connect(struct tls *t, const struct flow *flow, const struct tls_wire *wire,
                     struct tls_session **ret)
{
	struct tls_session *s = NULL;
	enum err err = open_session(t, flow, &s);

	if (err != ERR_NONE)
		return err;
	s->is_client = true;
	err = ready_to_connect(s, wire);
	ERR_clear_error();
	if (err != ERR_NONE)
		tls_close(&s);
	else
		*ret = s;
	return err;
}

void tls_close(struct tls_session **session)
{
	struct tls_session *s = *session;

	*session = NULL;
	if (!s)
		return;
	tls_line_close(&s->line, s->why == TLS_REFUSED_NOT);
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
	long len = s->is_stapled ? SSL_get_tlsext_status_ocsp_resp(s->line.ssl, &at) : 0;

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
	X509 *leaf = s->line.is_done ? SSL_get0_peer_certificate(s->line.ssl) : NULL;
	int code = X509_V_OK;

	s->tls->time = now;
	/* Who was not asked for one, and is to bring one now, has none. */
	s->is_stapled = s->is_client;
	if (!s->line.is_done || !tls_is_on(s->tls, s->flow.side))
		return true;
	if (!s->is_client)
		s->must_show = is_asked(s);
	if (!s->must_show && !s->is_client)
		s->peer[0] = '\0';
	else if (!leaf)
		s->why = TLS_REFUSED_NO_CERTIFICATE;
	else
		s->why = (uint8_t)judge(s, leaf, SSL_get_peer_cert_chain(s->line.ssl), &code);
	return s->why == TLS_REFUSED_NOT;
}

/* ---- steps ---- */

static enum tls_refusal refusal_of(const struct tls_session *s, unsigned long error)
{
	int reason = ERR_GET_REASON(error);

	if (tls_line_is_plain(&s->line))
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

enum err tls_shake(struct tls_session *s, struct now now)
{
	unsigned long error = 0;
	enum err err;

	s->tls->time = now;
	tls_tickets_turn(&s->tls->tickets, now.us);
	err = tls_line_shake(&s->line, now, &error);
	if (s->line.is_unsigned && s->why == TLS_REFUSED_NOT)
		s->why = TLS_REFUSED_OURS;
	if (err == ERR_DENIED && s->why == TLS_REFUSED_NOT)
		s->why = (uint8_t)refusal_of(s, error);
	/* What it begins with says more than how it fails, which it may never do. */
	if (err == ERR_AGAIN && tls_line_is_plain(&s->line)) {
		s->why = TLS_REFUSED_PLAIN;
		err = ERR_DENIED;
	}
	if (err != ERR_NONE)
		return err;
	/* What was asked and judged by policies of before: whoever looks at standing sessions when
	 * they change does not see those that are not done. */
	if (s->began != s->tls->loads && !tls_still_fits(s, now))
		return ERR_DENIED;
	counters_add(s->tls->ports.counters,
	             SSL_session_reused(s->line.ssl) ? COUNT_tls_resumed : COUNT_tls_full, 1);
	return ERR_NONE;
}

enum err tls_read(struct tls_session *s, char *ret, size_t size, size_t *ret_len)
{
	return tls_line_read(&s->line, ret, size, ret_len);
}

enum err tls_write(struct tls_session *s, struct view bytes, size_t *ret_len)
{
	return tls_line_write(&s->line, bytes, ret_len);
}

bool tls_has_more(const struct tls_session *s) { return tls_line_has_more(&s->line); }

bool tls_wants_write(const struct tls_session *s) { return s->line.wants_write; }

bool tls_is_answering(const struct tls_session *s) { return s->line.is_answering; }

bool tls_is_parked(const struct tls_session *s) { return s->line.is_parked; }

enum tls_refusal tls_why(const struct tls_session *s) { return (enum tls_refusal)s->why; }

const char *tls_peer_label(const struct tls_session *s) { return s->peer; }

const char *tls_words(const struct tls_session *s, char ret[TLS_WORDS_SIZE])
{
	struct buffer b = buffer_on(ret, TLS_WORDS_SIZE - 1);

	buffer_text(&b, SSL_get_version(s->line.ssl));
	buffer_char(&b, ' ');
	buffer_text(&b, SSL_get_cipher_name(s->line.ssl));
	ret[b.len] = '\0';
	return ret;
}
