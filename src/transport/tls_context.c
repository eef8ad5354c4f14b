/* SPDX-License-Identifier: Apache-2.0 */
/* One generation: certificates with their keys, policies with their authorities, and what
 * OpenSSL wants of them for each side. */
#include "transport/tls_priv.h"

#include "conf/schema.h"
#include "tls/context.h"
#include "tls/pem.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

static const int versions[] = {
	[TLS_VERSION_1_2] = TLS1_2_VERSION,
	[TLS_VERSION_1_3] = TLS1_3_VERSION,
	[TLS_VERSION_1_1] = TLS1_1_VERSION,
	[TLS_VERSION_1_0] = TLS1_VERSION,
};

static enum err complain(struct buffer *why, const char *what, const char *name, enum err err)
{
	if (err == ERR_NO_MEMORY)
		return err;
	buffer_text(why, what);
	buffer_char(why, ' ');
	buffer_text(why, name);
	buffer_text(why, ": ");
	buffer_text(why, err == ERR_SYNTAX ? "cannot be read as PEM" : err_text(err));
	return err;
}

/* ---- certificates of ours ---- */

static enum err take_identity(const struct transport_certificate *row, const struct tls_material *m,
                              struct tls_identity *ret)
{
	struct view pem;
	enum err err = m->find(m->context, TLS_FILE_CHAIN, view_of(row->name), &pem)
	                     ? tls_take_chain(pem, &ret->leaf, &ret->chain)
	                     : ERR_NOT_FOUND;

	if (err == ERR_NONE)
		err = m->key(m->context, view_of(row->name), ret->leaf, &ret->key);
	if (err == ERR_NONE && X509_check_private_key(ret->leaf, ret->key) != 1)
		err = ERR_DENIED;
	ERR_clear_error();
	return err;
}

/* Without it we are worse off than before, and better than without a certificate. */
static enum err take_staple(const struct transport_certificate *row, const struct tls_material *m,
                            struct tls_identity *ret, struct buffer *why)
{
	X509 *issuer = sk_X509_num(ret->chain) > 0 ? sk_X509_value(ret->chain, 0) : NULL;
	struct view der;
	enum err err;

	if (!row->staple[0] || !m->find(m->context, TLS_FILE_STAPLE, view_of(row->name), &der))
		return ERR_NONE;
	err = tls_staple_take(der, ret->leaf, issuer, &ret->staple_times);
	if (err != ERR_NONE) {
		buffer_text(why, "staple of certificate ");
		buffer_text(why, row->name);
		buffer_text(why, err == ERR_SYNTAX      ? ": cannot be read as an OCSP response"
		                 : err == ERR_NOT_FOUND ? ": is another certificate's"
		                                        : ": does not say that it is good");
		return ERR_NONE;
	}
	ret->staple = malloc(der.len);
	if (!ret->staple)
		return ERR_NO_MEMORY;
	memcpy(ret->staple, der.at, der.len);
	ret->staple_len = der.len;
	return ERR_NONE;
}

static enum err take_identities(struct tls_generation *g, const struct tls_settings *s,
                                const struct tls_material *m, struct buffer *why)
{
	for (size_t i = 0; i < s->certificate_count && i < MAX_CERTIFICATES; i++) {
		enum err err = take_identity(&s->certificates[i], m, &g->identities[i]);

		if (err == ERR_DENIED) {
			buffer_text(why, "the key does not fit ");
			return complain(why, "certificate", s->certificates[i].name, ERR_DENIED);
		}
		if (err != ERR_NONE)
			return complain(why, "certificate", s->certificates[i].name, err);
		err = take_staple(&s->certificates[i], m, &g->identities[i], why);
		if (err != ERR_NONE)
			return err;
	}
	return ERR_NONE;
}

static uint16_t certificate_named(const struct tls_settings *s, const char *label)
{
	for (size_t i = 0; i < s->certificate_count && i < MAX_CERTIFICATES; i++)
		if (view_equal(view_of(s->certificates[i].name), view_of(label)))
			return (uint16_t)i;
	return CONF_NO_ROW;
}

static enum err choose_shown(struct tls_generation *g, const struct tls_settings *s, unsigned side,
                             struct buffer *why)
{
	const struct tls_side *own = &s->sides[side];

	for (unsigned i = 0; i < own->count && i < MAX_SIDE_CERTIFICATES; i++) {
		uint16_t row = certificate_named(s, own->certificates[i]);

		if (row == CONF_NO_ROW)
			return complain(why, "certificate", own->certificates[i], ERR_NOT_FOUND);
		g->shown[side][g->shown_count[side]++] = (uint8_t)row;
	}
	return g->shown_count[side] > 0
	             ? ERR_NONE
	             : complain(why, "side", "without certificate", ERR_NOT_FOUND);
}

/* ---- what OpenSSL wants ---- */

static int on_ticket(SSL *ssl, unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int is_made)
{
	const struct tls_ticket_work work = { name, iv, cipher, mac, is_made };

	return tls_tickets_use(&tls_session_of(ssl)->tls->tickets, &work);
}

static bool has_identity(SSL *ssl, const struct tls_identity *own)
{
	return SSL_use_cert_and_key(ssl, own->leaf, own->key, own->chain, 1) == 1;
}

/* RFC 6066 3: the certificates of the name that is called. Where we have none of it, those
 * that the side shows to all. */
static int on_name(SSL *ssl, int *alert, void *unused)
{
	const struct tls_session *s = tls_session_of(ssl);
	const struct tls_generation *g = s->tls->now;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	unsigned count = g->shown_count[s->flow.side];
	bool is_cleared = false;

	(void)alert;
	(void)unused;
	if (!name || count < 2)
		return SSL_TLSEXT_ERR_OK;
	/* The last one of a kind stays: the first that is named goes before. */
	while (count-- > 0) {
		const struct tls_identity *own = &g->identities[g->shown[s->flow.side][count]];

		if (!tls_has_name(own->leaf, view_of(name)))
			continue;
		if (!is_cleared)
			SSL_certs_clear(ssl);
		is_cleared = true;
		if (!has_identity(ssl, own))
			return SSL_TLSEXT_ERR_ALERT_FATAL;
	}
	return SSL_TLSEXT_ERR_OK;
}

/* RFC 6066 8: of the certificate that is shown, while what it says is fresh. */
static int on_staple_asked(SSL *ssl, void *unused)
{
	const struct tls *t = tls_session_of(ssl)->tls;
	const X509 *shown = SSL_get_certificate(ssl);
	int64_t now_s = t->time.wall_us / SECOND_US;

	(void)unused;
	for (size_t i = 0; i < MAX_CERTIFICATES; i++) {
		const struct tls_identity *own = &t->now->identities[i];
		void *copy;

		if (!own->staple || own->leaf != shown || now_s < own->staple_times.from_s ||
		    now_s > own->staple_times.until_s)
			continue;
		copy = OPENSSL_memdup(own->staple, own->staple_len);
		if (!copy || SSL_set_tlsext_status_ocsp_resp(ssl, copy, (int)own->staple_len) != 1)
			return SSL_TLSEXT_ERR_ALERT_FATAL;
		return SSL_TLSEXT_ERR_OK;
	}
	return SSL_TLSEXT_ERR_NOACK;
}

static bool set_common(SSL_CTX *ctx, uint8_t oldest)
{
	SSL_CTX_set_cert_verify_callback(ctx, tls_on_certificate, NULL);
	return tls_context_harden(ctx, versions[oldest]);
}

static enum err new_server(struct tls_generation *g, unsigned side, uint8_t oldest)
{
	const unsigned char id[] = { 's', 'i', 'p', (unsigned char)('0' + side) };
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	bool is_good = ctx && set_common(ctx, oldest);

	for (unsigned i = g->shown_count[side]; i-- > 0 && is_good;) {
		const struct tls_identity *own = &g->identities[g->shown[side][i]];

		is_good = SSL_CTX_use_cert_and_key(ctx, own->leaf, own->key, own->chain, 1) == 1;
	}
	is_good = is_good && SSL_CTX_set_session_id_context(ctx, id, sizeof(id)) == 1 &&
	          SSL_CTX_set_num_tickets(ctx, 1) == 1 &&
	          SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket) == 1;
	if (is_good) {
		(void)SSL_CTX_set_timeout(ctx, TLS_TICKET_LIFE_S);
		(void)SSL_CTX_set_tlsext_servername_callback(ctx, on_name);
		(void)SSL_CTX_set_tlsext_status_cb(ctx, on_staple_asked);
		g->servers[side] = ctx;
		return ERR_NONE;
	}
	SSL_CTX_free(ctx);
	return ERR_NO_MEMORY;
}

static enum err new_client(struct tls_generation *g, unsigned side, uint8_t oldest)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx || !set_common(ctx, oldest)) {
		SSL_CTX_free(ctx);
		return ERR_NO_MEMORY;
	}
	(void)SSL_CTX_set_tlsext_status_cb(ctx, tls_on_staple);
	g->clients[side] = ctx;
	return ERR_NONE;
}

/* ---- policies ---- */

static unsigned digit(char c) { return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10); }

static void take_pins(const struct transport_signalling *row, struct tls_policy *ret)
{
	ret->key_count = row->pin_key_count;
	for (unsigned i = 0; i < row->pin_key_count; i++)
		for (unsigned at = 0; at < sizeof(ret->keys[i]); at++)
			ret->keys[i][at] = (unsigned char)(digit(row->pin_keys[i][2 * at]) << 4 |
			                                   digit(row->pin_keys[i][2 * at + 1]));
	ret->serial_count = row->pin_serial_count;
	memcpy(ret->serials, row->pin_serials, sizeof(ret->serials));
}

static enum err take_policy(const struct tls_peer *peer, const struct tls_material *m,
                            struct tls_policy *ret)
{
	const struct transport_signalling *row = peer->signalling;
	struct view pem;
	size_t count;
	enum err err = ERR_NONE;

	memcpy(ret->label, peer->label, sizeof(ret->label));
	memcpy(ret->name, peer->name, sizeof(ret->name));
	ret->row = peer->row;
	ret->identity = row->certificate;
	ret->side = peer->side;
	ret->mode = row->mode;
	ret->staple = row->staple;
	take_pins(row, ret);
	ret->authorities = X509_STORE_new();
	if (!ret->authorities)
		return ERR_NO_MEMORY;
	/* Who only has to come by TLS needs none: nobody is connected to by an address alone. */
	if (m->find(m->context, TLS_FILE_AUTHORITY,
	            row->authority[0] ? view_of(peer->label) : VIEW(""), &pem))
		err = tls_take_authorities(ret->authorities, pem, &count);
	else if (row->mode == SIGNALLING_MUTUAL)
		err = ERR_NOT_FOUND;
	ret->has_list = row->revoked[0] != '\0';
	if (err == ERR_NONE && ret->has_list)
		err = m->find(m->context, TLS_FILE_REVOKED, view_of(peer->label), &pem)
		            ? tls_take_revoked(ret->authorities, pem)
		            : ERR_NOT_FOUND;
	return err;
}

static enum err take_policies(struct tls_generation *g, const struct tls_settings *s,
                              const struct tls_material *m, struct buffer *why)
{
	g->policies = calloc(s->peer_count + 1, sizeof(*g->policies));
	if (!g->policies)
		return ERR_NO_MEMORY;
	for (; g->policy_count < s->peer_count; g->policy_count++) {
		enum err err =
			take_policy(&s->peers[g->policy_count], m, &g->policies[g->policy_count]);

		if (err != ERR_NONE) {
			X509_STORE_free(g->policies[g->policy_count].authorities);
			return complain(why, "authority or list of peer",
			                s->peers[g->policy_count].label, err);
		}
	}
	return ERR_NONE;
}

/* ---- a generation ---- */

enum err tls_generation_new(struct tls *t, const struct tls_settings *settings,
                            const struct tls_material *material, struct buffer *why,
                            struct tls_generation **ret)
{
	struct tls_generation *g = calloc(1, sizeof(*g));
	enum err err = g ? take_identities(g, settings, material, why) : ERR_NO_MEMORY;

	(void)t;
	if (err == ERR_NONE)
		err = take_policies(g, settings, material, why);
	for (unsigned side = 0; side < MAX_SIDES && err == ERR_NONE; side++) {
		uint8_t oldest = settings->sides[side].oldest;

		if (!settings->sides[side].is_on)
			continue;
		err = choose_shown(g, settings, side, why);
		if (err == ERR_NONE)
			err = new_server(g, side, oldest);
		if (err == ERR_NONE)
			err = new_client(g, side, oldest);
	}
	ERR_clear_error();
	if (err == ERR_NONE)
		*ret = g;
	else
		tls_generation_free(&g);
	return err;
}

void tls_generation_free(struct tls_generation **generation)
{
	struct tls_generation *g = *generation;

	if (!g)
		return;
	for (unsigned side = 0; side < MAX_SIDES; side++) {
		SSL_CTX_free(g->servers[side]);
		SSL_CTX_free(g->clients[side]);
	}
	for (size_t i = 0; i < g->policy_count; i++)
		X509_STORE_free(g->policies[i].authorities);
	for (size_t i = 0; i < MAX_CERTIFICATES; i++) {
		X509_free(g->identities[i].leaf);
		sk_X509_pop_free(g->identities[i].chain, X509_free);
		EVP_PKEY_free(g->identities[i].key);
		free(g->identities[i].staple);
	}
	free(g->policies);
	free(g);
	*generation = NULL;
}
