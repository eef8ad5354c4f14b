/* SPDX-License-Identifier: Apache-2.0 */
/* The way of a leg from a ClientHello to keys. */
#include "media/dtls.h"

#include "base/now.h"
#include "base/secret.h"
#include "media/dtls_priv.h"

#include <openssl/err.h>
#include <openssl/srtp.h>
#include <stdlib.h>
#include <sys/time.h>

/* --- all of them ---------------------------------------------------------- */

enum err media_dtls_new(const struct media_dtls_ports *ports, uint64_t now_us,
                        struct media_dtls **ret)
{
	struct media_dtls *d = calloc(1, sizeof(*d));
	enum err err;

	if (!d)
		return ERR_NO_MEMORY;
	d->ports = *ports;
	wheel_init(&d->wheel, now_us);
	d->nobody = BIO_ADDR_new();
	err = d->nobody ? hash_prepare() : ERR_NO_MEMORY;
	if (err == ERR_NONE) /* one more for the listener */
		err = pool_new(sizeof(struct dtls_handshake), MAX_DTLS_HANDSHAKES + 1,
		               &d->handshakes);
	if (err == ERR_NONE)
		err = media_dtls_context(d);
	if (err != ERR_NONE) {
		media_dtls_free(&d);
		return err;
	}
	*ret = d;
	return ERR_NONE;
}

static void give(struct dtls_handshake *h)
{
	wheel_cancel(&h->dtls->wheel, &h->timer);
	SSL_free(h->ssl);
	pool_give(h->dtls->handshakes, h);
}

void media_dtls_free(struct media_dtls **d)
{
	struct media_dtls *gone = *d;

	if (!gone)
		return;
	if (gone->listener)
		give(gone->listener);
	wheel_clear(&gone->wheel);
	pool_free(&gone->handshakes);
	SSL_CTX_free(gone->context);
	BIO_meth_free(gone->method);
	BIO_ADDR_free(gone->nobody);
	free(gone);
	*d = NULL;
}

const uint8_t *media_dtls_fingerprint(const struct media_dtls *d) { return d->fingerprint; }

struct x509_st *media_dtls_certificate(const struct media_dtls *d)
{
	return SSL_CTX_get0_certificate(d->context);
}

struct evp_pkey_st *media_dtls_key(const struct media_dtls *d)
{
	return SSL_CTX_get0_privatekey(d->context);
}

uint32_t media_dtls_handshake_count(const struct media_dtls *d)
{
	return pool_used(d->handshakes) - (d->listener != NULL);
}

/* --- what a handshake costs ----------------------------------------------- */

static bool takes_step(struct media_dtls *d, struct dtls_leg *leg, uint64_t now_us)
{
	uint64_t full = (uint64_t)DTLS_STEPS_AT_ONCE * SECOND_US;
	uint64_t passed_us = now_since(now_us, d->steps_us);

	if (leg->second_us == 0 || now_since(now_us, leg->second_us) >= SECOND_US) {
		leg->second_us = now_us;
		leg->steps = 0;
	}
	d->microsteps += passed_us < SECOND_US ? passed_us * DTLS_STEPS_PER_S : full;
	if (d->microsteps > full)
		d->microsteps = full;
	d->steps_us = now_us;
	if (leg->steps >= DTLS_LEG_STEPS_PER_S || d->microsteps < SECOND_US)
		return false;
	leg->steps++;
	d->microsteps -= SECOND_US;
	return true;
}

/* --- one handshake -------------------------------------------------------- */

static void await(struct dtls_leg *leg)
{
	leg->state = DTLS_WAITING;
	leg->handshake = NULL;
	leg->tuple = (struct addr){ 0 };
	leg->last_len = 0;
}

static void fail(struct dtls_handshake *h)
{
	struct dtls_leg *leg = h->leg;

	give(h);
	await(leg);
	if (leg->failures < UINT8_MAX)
		leg->failures++;
}

/* OpenSSL says how long it waits for an answer, by its own clock; ours counts that. */
static void set_timer(struct dtls_handshake *h, uint64_t now_us)
{
	uint64_t due_us = h->begun_us + DTLS_DEADLINE_US;
	struct timeval left;

	if (DTLSv1_get_timeout(h->ssl, &left) == 1) {
		uint64_t next_us =
			now_us + (uint64_t)left.tv_sec * SECOND_US + (uint64_t)left.tv_usec;

		if (next_us < due_us)
			due_us = next_us;
	}
	wheel_set(&h->dtls->wheel, &h->timer, due_us);
}

static void fire(struct timer *t, uint64_t now_us)
{
	struct dtls_handshake *h = HOLDER(t, struct dtls_handshake, timer);

	h->leg->last_len = 0;
	ERR_clear_error();
	if (now_since(now_us, h->begun_us) >= DTLS_DEADLINE_US || DTLSv1_handle_timeout(h->ssl) < 0)
		fail(h);
	else
		set_timer(h, now_us);
}

static struct dtls_handshake *make(struct media_dtls *d)
{
	struct dtls_handshake *h = pool_take(d->handshakes);

	if (!h)
		return NULL;
	h->dtls = d;
	timer_init(&h->timer, fire);
	if (media_dtls_link(h) == ERR_NONE)
		return h;
	pool_give(d->handshakes, h);
	return NULL;
}

/* Where all are taken, the one that began first goes, if it had time enough. */
static void make_room(struct media_dtls *d, uint64_t now_us)
{
	struct dtls_handshake *eldest = NULL;
	uint32_t place = 0;

	if (media_dtls_handshake_count(d) < MAX_DTLS_HANDSHAKES)
		return;
	for (struct dtls_handshake *h = pool_next(d->handshakes, &place); h;
	     h = pool_next(d->handshakes, &place))
		if (h != d->listener && (!eldest || h->begun_us < eldest->begun_us))
			eldest = h;
	if (eldest && now_since(now_us, eldest->begun_us) >= DTLS_STALLED_US)
		fail(eldest);
}

static void adopt(struct dtls_handshake *h, struct dtls_leg *leg, const struct addr *to,
                  uint64_t now_us)
{
	h->leg = leg;
	h->to = leg->tuple = *to;
	h->begun_us = h->stepped_us = now_us;
	leg->handshake = h;
	leg->state = DTLS_SHAKING;
}

static struct dtls_handshake *take(struct media_dtls *d, struct dtls_leg *leg,
                                   const struct addr *to, uint64_t now_us)
{
	struct dtls_handshake *h;

	make_room(d, now_us);
	h = media_dtls_handshake_count(d) < MAX_DTLS_HANDSHAKES ? make(d) : NULL;
	if (h)
		adopt(h, leg, to, now_us);
	return h;
}

/* --- keys ------------------------------------------------------------------ */

struct sizes {
	uint16_t profile;
	size_t key, salt;
};

static const struct sizes *sizes_of(uint16_t profile)
{
	static const struct sizes rows[] = {
		{ SRTP_AES128_CM_SHA1_80, 16, 14 },
		{ SRTP_AES128_CM_SHA1_32, 16, 14 },
		{ SRTP_AEAD_AES_128_GCM, 16, 12 },
		{ SRTP_AEAD_AES_256_GCM, 32, 12 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].profile == profile)
			return &rows[i];
	return NULL;
}

/* RFC 5764 4.2: client's key, server's key, client's salt, server's salt. */
static bool draw_keys(SSL *ssl, struct dtls_keys *ret)
{
	static const char label[] = "EXTRACTOR-dtls_srtp";
	const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(ssl);
	const struct sizes *s = profile ? sizes_of((uint16_t)profile->id) : NULL;
	uint8_t material[2 * DTLS_MAX_SECRET];
	uint8_t *client = SSL_is_server(ssl) ? ret->in : ret->out;
	uint8_t *server = SSL_is_server(ssl) ? ret->out : ret->in;

	if (!s || SSL_export_keying_material(ssl, material, 2 * (s->key + s->salt), label,
	                                     sizeof(label) - 1, NULL, 0, 0) != 1)
		return false;
	memcpy(client, material, s->key);
	memcpy(server, material + s->key, s->key);
	memcpy(client + s->key, material + 2 * s->key, s->salt);
	memcpy(server + s->key, material + 2 * s->key + s->salt, s->salt);
	ret->profile = s->profile;
	secret_wipe(material, sizeof(material));
	return true;
}

static enum dtls_verdict agree(struct dtls_handshake *h, struct dtls_keys *ret)
{
	struct dtls_leg *leg = h->leg;
	struct dtls_keys keys = { 0 };

	if (!draw_keys(h->ssl, &keys)) {
		fail(h);
		return DTLS_FAILED;
	}
	*ret = keys;
	secret_wipe(&keys, sizeof(keys));
	give(h);
	leg->handshake = NULL;
	leg->state = DTLS_KEYED;
	leg->repeats = 0;
	return DTLS_AGREED;
}

static enum dtls_verdict step(struct dtls_handshake *h, struct view datagram, uint64_t now_us,
                              struct dtls_keys *ret)
{
	bool is_stranger;
	int n;

	h->in = datagram;
	h->stepped_us = now_us;
	h->leg->last_len = 0;
	ERR_clear_error();
	n = SSL_do_handshake(h->ssl);
	h->in = VIEW_EMPTY;
	if (n == 1)
		return agree(h, ret);
	if (SSL_get_error(h->ssl, n) == SSL_ERROR_WANT_READ) {
		set_timer(h, now_us);
		return DTLS_TAKEN;
	}
	is_stranger = h->is_stranger;
	fail(h);
	return is_stranger ? DTLS_STRANGER : DTLS_FAILED;
}

/* --- a leg ------------------------------------------------------------------ */

void media_dtls_begin(struct media_dtls *d, struct dtls_leg *leg, const struct dtls_peer *peer,
                      uint64_t name)
{
	media_dtls_end(d, leg);
	leg->peer = *peer;
	leg->name = name;
	leg->state = DTLS_WAITING;
}

void media_dtls_end(struct media_dtls *d, struct dtls_leg *leg)
{
	(void)d;
	if (leg->handshake)
		give(leg->handshake);
	secret_wipe(leg, sizeof(*leg));
}

void media_dtls_connect(struct media_dtls *d, struct dtls_leg *leg, const struct addr *to,
                        uint64_t now_us)
{
	struct dtls_keys none;
	struct dtls_handshake *h;

	if (leg->state != DTLS_WAITING || !leg->peer.is_active ||
	    leg->failures >= MAX_DTLS_ATTEMPTS || !takes_step(d, leg, now_us))
		return;
	h = take(d, leg, to, now_us);
	if (!h)
		return;
	SSL_set_connect_state(h->ssl);
	(void)step(h, VIEW_EMPTY, now_us, &none);
}

void media_dtls_resume(struct dtls_leg *leg, const struct addr *tuple)
{
	if (leg->state != DTLS_WAITING)
		return;
	leg->state = DTLS_KEYED;
	leg->tuple = *tuple;
}

void media_dtls_move(struct dtls_leg *leg, const struct addr *to)
{
	if (leg->state != DTLS_SHAKING && leg->state != DTLS_KEYED)
		return;
	leg->tuple = *to;
	if (leg->handshake)
		leg->handshake->to = *to;
}

/* Answers a ClientHello without a right cookie by one, and forgets it. */
static enum dtls_verdict listen(struct media_dtls *d, struct dtls_leg *leg,
                                const struct dtls_datagram *datagram, uint64_t now_us,
                                struct dtls_keys *ret)
{
	struct dtls_handshake *h = d->listener ? d->listener : make(d);
	int n;

	if (!h)
		return DTLS_BUSY;
	d->listener = h;
	h->leg = leg;
	h->to = datagram->from;
	h->in = datagram->bytes;
	ERR_clear_error();
	n = DTLSv1_listen(h->ssl, d->nobody);
	h->in = VIEW_EMPTY;
	h->leg = NULL;
	if (n > 0) {
		make_room(d, now_us);
		if (media_dtls_handshake_count(d) >= MAX_DTLS_HANDSHAKES)
			n = -1;
	}
	if (n != 0)
		d->listener = NULL;
	if (n < 0)
		give(h);
	if (n <= 0)
		return n == 0 ? DTLS_TAKEN : DTLS_BUSY;
	adopt(h, leg, &datagram->from, now_us);
	return step(h, VIEW_EMPTY, now_us, ret);
}

static enum dtls_verdict begin_with(struct media_dtls *d, struct dtls_leg *leg,
                                    const struct dtls_datagram *datagram, uint64_t now_us,
                                    struct dtls_keys *ret)
{
	struct dtls_handshake *h;

	if (!takes_step(d, leg, now_us))
		return DTLS_BUSY;
	if (!leg->peer.is_proven_path)
		return listen(d, leg, datagram, now_us, ret);
	h = take(d, leg, &datagram->from, now_us);
	if (!h)
		return DTLS_BUSY;
	SSL_set_accept_state(h->ssl);
	return step(h, datagram->bytes, now_us, ret);
}

/* The peer has not heard our last flight: keys are there, so that nothing else is an answer. */
static enum dtls_verdict repeat(struct media_dtls *d, struct dtls_leg *leg)
{
	if (leg->last_len == 0 || leg->repeats >= MAX_DTLS_REPEATS)
		return DTLS_IGNORED;
	leg->repeats++;
	d->ports.send(d->ports.context, leg, view_bytes(leg->last, leg->last_len), &leg->tuple);
	return DTLS_TAKEN;
}

enum dtls_verdict media_dtls_receive(struct media_dtls *d, struct dtls_leg *leg,
                                     const struct dtls_datagram *datagram, uint64_t now_us,
                                     struct dtls_keys *ret)
{
	bool is_there = addr_equal(&datagram->from, &leg->tuple);
	struct dtls_look look;

	if (media_dtls_look(datagram->bytes, &look) != ERR_NONE || look.has_plain_alert)
		return DTLS_IGNORED;
	/* A neighbour that began and went away must not keep the peer out. */
	if (leg->state == DTLS_SHAKING && !is_there && look.is_hello && !leg->peer.is_active &&
	    now_since(now_us, leg->handshake->stepped_us) >= DTLS_STALLED_US)
		fail(leg->handshake);
	if (leg->state == DTLS_WAITING)
		return look.is_hello && !leg->peer.is_active
		             ? begin_with(d, leg, datagram, now_us, ret)
		             : DTLS_IGNORED;
	if (!is_there)
		return DTLS_IGNORED;
	if (leg->state == DTLS_KEYED)
		return look.is_handshake ? repeat(d, leg) : DTLS_IGNORED;
	if (leg->state != DTLS_SHAKING)
		return DTLS_IGNORED;
	if (!takes_step(d, leg, now_us))
		return DTLS_BUSY;
	return step(leg->handshake, datagram->bytes, now_us, ret);
}

/* --- time -------------------------------------------------------------------- */

void media_dtls_advance(struct media_dtls *d, uint64_t now_us) { wheel_advance(&d->wheel, now_us); }

uint64_t media_dtls_wait_us(const struct media_dtls *d, uint64_t now_us)
{
	return wheel_wait_us(&d->wheel, now_us);
}
