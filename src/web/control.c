/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of servers, and where they come from. */
#include "web/control.h"

#include "tls/chain.h"
#include "tls/context.h"
#include "tls/pem.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

enum {
	TOLD_A_MINUTE = 30, /* refusals that the trail hears of; all are counted */
	MAX_NAMES = 64,
};

/* Programs, not handsets: nothing without authenticated encryption. */
#define CIPHERS     "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL"
#define CIPHERS_1_3 "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256"
#define SIGNATURES                                                                                 \
	"ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:"  \
	"rsa_pss_rsae_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512"

struct web_control {
	struct web_control_list list;
	struct web_control_server servers[WEB_MAX_SERVERS];
	unsigned users; /* connections that it let in */
	bool is_retired;
	struct web *web;
	SSL_CTX *context;
	X509_STORE *authorities; /* and their lists of revoked certificates */
	bool has_list;
	uint64_t minute_us; /* when the budget of lines began */
	unsigned told;
};

const char *web_control_word(enum control_refusal why)
{
	static const char *const words[CONTROL_REFUSAL_COUNT] = {
		[CONTROL_FINE] = "fine",
#define CONTROL_REFUSAL(name, word) [CONTROL_##name] = word,
#include "web/control.def"
#undef CONTROL_REFUSAL
	};

	return why < CONTROL_REFUSAL_COUNT ? words[why] : "?";
}

/* ---- our own side ---- */

static enum err show(struct web_control *c, struct view pem, const struct web_control_port *port)
{
	X509 *leaf = NULL;
	STACK_OF(X509) *others = NULL;
	EVP_PKEY *key = NULL;
	enum err err = tls_take_chain(pem, &leaf, &others);

	if (err == ERR_NONE)
		err = port->key(port->context, leaf, &key);
	if (err == ERR_NONE && SSL_CTX_use_cert_and_key(c->context, leaf, key, others, 1) != 1)
		err = ERR_UNSUPPORTED;
	ERR_clear_error();
	EVP_PKEY_free(key);
	X509_free(leaf);
	sk_X509_pop_free(others, X509_free);
	return err;
}

static enum err load(struct web_control *c, const struct web_control_files *f,
                     const struct web_control_port *port, const char **ret_why)
{
	size_t count;
	enum err err = show(c, f->chain, port);

	*ret_why = "the certificate cannot be read, or its sort of key cannot be used";
	if (err != ERR_NONE)
		return err;
	*ret_why = "there is no certificate in the file of `authority`";
	err = tls_take_authorities(c->authorities, f->authority, &count);
	if (err != ERR_NONE)
		return err;
	*ret_why = "the file of `revoked` cannot be read";
	c->has_list = !view_is_empty(f->revoked);
	return c->has_list ? tls_take_revoked(c->authorities, f->revoked) : ERR_NONE;
}

static int on_certificate(X509_STORE_CTX *given, void *unused);

static SSL_CTX *new_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx || !tls_context_harden(ctx, TLS1_2_VERSION) ||
	    SSL_CTX_set_cipher_list(ctx, CIPHERS) != 1 ||
	    SSL_CTX_set_ciphersuites(ctx, CIPHERS_1_3) != 1 ||
	    SSL_CTX_set1_sigalgs_list(ctx, SIGNATURES) != 1 ||
	    SSL_CTX_set_num_tickets(ctx, 0) != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, on_certificate, NULL);
	return ctx;
}

enum err web_control_new(const struct web_control_list *list, const struct web_control_files *files,
                         const struct web_control_port *port, struct web_control **ret,
                         const char **ret_why)
{
	struct web_control *c = calloc(1, sizeof(*c));
	enum err err;

	*ret_why = "out of memory";
	if (!c)
		return ERR_NO_MEMORY;
	for (; c->list.count < list->count && c->list.count < WEB_MAX_SERVERS; c->list.count++)
		c->servers[c->list.count] = list->servers[c->list.count];
	c->list.servers = c->servers;
	c->web = port->web;
	c->context = new_context();
	c->authorities = X509_STORE_new();
	err = c->context && c->authorities ? load(c, files, port, ret_why) : ERR_NO_MEMORY;
	ERR_clear_error();
	if (err != ERR_NONE) {
		web_control_free(&c);
		return err;
	}
	*ret_why = NULL;
	*ret = c;
	return ERR_NONE;
}

static void forget(struct web_control *c)
{
	SSL_CTX_free(c->context);
	X509_STORE_free(c->authorities);
	free(c);
}

void web_control_free(struct web_control **control)
{
	struct web_control *c = *control;

	*control = NULL;
	if (!c)
		return;
	c->is_retired = true;
	/* Connections have a server of its list. */
	if (c->users == 0)
		forget(c);
}

void web_control_end(struct web_control_client *client)
{
	struct web_control *c = client->control;

	client->control = NULL;
	client->server = NULL;
	if (c && --c->users == 0 && c->is_retired)
		forget(c);
}

/* ---- refusing ---- */

static bool is_told(struct web_control *c)
{
	uint64_t now_us = web_now(c->web).us;

	if (c->minute_us == 0 || now_since(now_us, c->minute_us) >= 60 * SECOND_US) {
		c->minute_us = now_us;
		c->told = 0;
	}
	return c->told++ < TOLD_A_MINUTE;
}

void web_control_refuse(struct web_control *c, const struct addr *from, const char *name,
                        enum control_refusal why)
{
	char text[ADDR_TEXT_MAX];

	web_count(c->web, why == CONTROL_ADDRESS ? COUNT_control_unlisted : COUNT_control_refused);
	if (!is_told(c))
		return;
	web_note(c->web, &(struct web_note){ .actor = addr_text(from, text),
	                                     .role = "none",
	                                     .verb = "control",
	                                     .object = name,
	                                     .result = web_control_word(why) });
}

static bool is_from(const struct web_control_server *s, const struct addr *from)
{
	for (unsigned i = 0; i < s->from_count; i++)
		if (addr_net_holds(&s->from[i], from))
			return true;
	return false;
}

bool web_control_admits(struct web_control *c, const struct addr *from)
{
	for (size_t i = 0; i < c->list.count; i++)
		if (is_from(&c->list.servers[i], from))
			return true;
	web_control_refuse(c, from, "", CONTROL_ADDRESS);
	return false;
}

/* ---- the certificate ---- */

static enum control_refusal why_of(enum tls_chain_fault fault)
{
	static const uint8_t reasons[] = {
		[TLS_CHAIN_HOLDS] = CONTROL_FINE,
		[TLS_CHAIN_BROKEN] = CONTROL_INVALID,
		[TLS_CHAIN_EXPIRED] = CONTROL_EXPIRED,
		[TLS_CHAIN_NOT_YET] = CONTROL_EARLY,
		[TLS_CHAIN_REVOKED] = CONTROL_REVOKED,
		[TLS_CHAIN_NO_LIST] = CONTROL_REVOCATIONS_NONE,
		[TLS_CHAIN_OLD_LIST] = CONTROL_REVOCATIONS_OLD,
		[TLS_CHAIN_AUTHORITY] = CONTROL_AUTHORITY,
		[TLS_CHAIN_PURPOSE] = CONTROL_PURPOSE,
	};

	return (enum control_refusal)reasons[fault];
}

/* One that says nothing of its purpose is for all of them, and that is too much here. */
static bool is_for_clients(X509 *leaf)
{
	EXTENDED_KEY_USAGE *uses = X509_get_ext_d2i(leaf, NID_ext_key_usage, NULL, NULL);
	bool is_found = false;

	for (int i = 0; uses && i < sk_ASN1_OBJECT_num(uses) && !is_found; i++)
		is_found = OBJ_obj2nid(sk_ASN1_OBJECT_value(uses, i)) == NID_client_auth;
	EXTENDED_KEY_USAGE_free(uses);
	return is_found;
}

/* Empty: a name of another sort. */
static struct view text_of(const GENERAL_NAME *n)
{
	const ASN1_IA5STRING *text = n->type == GEN_DNS ? n->d.dNSName
	                           : n->type == GEN_URI ? n->d.uniformResourceIdentifier
	                                                : NULL;

	return text ? view_bytes(ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text))
	            : VIEW_EMPTY;
}

static bool is_name(const GENERAL_NAME *n, const char *wanted)
{
	struct view text = text_of(n);

	/* A NUL within would end the name for one reader and not for another. */
	if (view_is_empty(text) || memchr(text.at, 0, text.len))
		return false;
	return n->type == GEN_DNS ? view_equal_nocase(text, view_of(wanted))
	                          : view_equal(text, view_of(wanted));
}

static bool has_name(const GENERAL_NAMES *names, const char *wanted)
{
	for (int i = 0; names && i < sk_GENERAL_NAME_num(names) && i < MAX_NAMES; i++)
		if (is_name(sk_GENERAL_NAME_value(names, i), wanted))
			return true;
	return false;
}

/* The first name, for the trail: printable, or nothing. */
static void first_name(const GENERAL_NAMES *names, char ret[WEB_IDENTITY_SIZE])
{
	struct view text = names && sk_GENERAL_NAME_num(names) > 0
	                         ? text_of(sk_GENERAL_NAME_value(names, 0))
	                         : VIEW_EMPTY;
	size_t len = text.len < WEB_IDENTITY_SIZE ? text.len : 0;

	for (size_t i = 0; i < len; i++)
		ret[i] = text.at[i] < 0x21 || text.at[i] > 0x7e ? '?' : text.at[i];
	ret[len] = 0;
}

static enum control_refusal find(struct web_control_client *client, const GENERAL_NAMES *names)
{
	const struct web_control *c = client->control;
	enum control_refusal why = CONTROL_NAME;

	for (size_t i = 0; i < c->list.count; i++) {
		if (!has_name(names, c->list.servers[i].name))
			continue;
		why = CONTROL_PLACE;
		if (!is_from(&c->list.servers[i], &client->from))
			continue;
		client->server = &c->list.servers[i];
		return CONTROL_FINE;
	}
	return why;
}

static enum control_refusal examine(struct web_control_client *client, X509_STORE_CTX *given,
                                    const GENERAL_NAMES *names)
{
	const struct web_control *c = client->control;
	X509 *leaf = X509_STORE_CTX_get0_cert(given);
	const struct tls_chain_terms terms = { .authorities = c->authorities,
		                               .has_list = c->has_list,
		                               .purpose = X509_PURPOSE_SSL_CLIENT,
		                               .wall_us = client->wall_us };
	struct tls_chain_verdict v =
		tls_chain_verify(&terms, leaf, X509_STORE_CTX_get0_untrusted(given));

	X509_free(v.issuer);
	X509_STORE_CTX_set_error(given, v.code);
	if (v.fault != TLS_CHAIN_HOLDS)
		return why_of(v.fault);
	return is_for_clients(leaf) ? find(client, names) : CONTROL_PURPOSE;
}

/* Within the handshake: what is not 1 ends it with an alert. */
static int on_certificate(X509_STORE_CTX *given, void *unused)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(given, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct web_control_client *client = SSL_get_app_data(ssl);
	GENERAL_NAMES *names =
		X509_get_ext_d2i(X509_STORE_CTX_get0_cert(given), NID_subject_alt_name, NULL, NULL);

	(void)unused;
	client->server = NULL;
	client->why = examine(client, given, names);
	first_name(names, client->shown);
	GENERAL_NAMES_free(names);
	if (client->why == CONTROL_FINE)
		return 1;
	if (X509_STORE_CTX_get_error(given) == X509_V_OK)
		X509_STORE_CTX_set_error(given, X509_V_ERR_APPLICATION_VERIFICATION);
	return 0;
}

/* ---- a handshake ---- */

enum err web_control_begin(struct web_control *c, const struct tls_lines *lines,
                           const struct tls_wire *wire, struct web_control_client *client,
                           struct tls_line *ret)
{
	enum err err = tls_line_open(lines, c->context, wire, ret);

	if (err == ERR_NONE && SSL_set_app_data(ret->ssl, client) != 1) {
		tls_line_close(ret, false);
		err = ERR_NO_MEMORY;
	}
	if (err != ERR_NONE)
		return err;
	SSL_set_accept_state(ret->ssl);
	client->control = c;
	client->server = NULL;
	client->why = CONTROL_FINE;
	client->shown[0] = 0;
	c->users++;
	return ERR_NONE;
}

enum err web_control_shake(struct web_control_client *client, struct tls_line *line, struct now now)
{
	unsigned long error = 0;
	enum err err;

	client->wall_us = now.wall_us;
	err = tls_line_shake(line, now, &error);
	if (err == ERR_DENIED && ERR_GET_REASON(error) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
		client->why = CONTROL_NO_CERTIFICATE;
	/* Told here: a handshake that may be set aside has a small stack. */
	if (client->why != CONTROL_FINE)
		web_control_refuse(client->control, &client->from, client->shown, client->why);
	client->why = CONTROL_FINE;
	/* What is no TLS may never fail. */
	if (err == ERR_AGAIN && tls_line_is_plain(line))
		return ERR_DENIED;
	/* Nobody is let in but by a certificate that was looked at. */
	return err == ERR_NONE && !client->server ? ERR_DENIED : err;
}
