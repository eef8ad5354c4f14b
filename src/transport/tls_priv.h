/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of TLS share: one generation of certificates and policies, and a session. */
#ifndef TRANSPORT_TLS_PRIV_H
#define TRANSPORT_TLS_PRIV_H

#include "tls/line.h"
#include "transport/tls.h"
#include "transport/tls_judge.h"
#include "transport/tls_staple.h"
#include "transport/tls_ticket.h"

#include "base/pool.h"

#include <openssl/ssl.h>

/* One of ours, ready for use. */
struct tls_identity {
	X509 *leaf;
	STACK_OF(X509) * chain;
	EVP_PKEY *key;
	char *staple; /* DER; NULL: none */
	size_t staple_len;
	struct tls_staple_times staple_times;
};

struct tls_generation {
	struct tls_identity identities[MAX_CERTIFICATES];
	struct tls_policy *policies;
	size_t policy_count;
	SSL_CTX *servers[MAX_SIDES];
	SSL_CTX *clients[MAX_SIDES];
	/* Which identities a side shows, in the order of the configuration. */
	uint8_t shown[MAX_SIDES][MAX_SIDE_CERTIFICATES];
	uint8_t shown_count[MAX_SIDES];
};

struct tls {
	struct tls_ports ports;
	struct pool *sessions;
	struct tls_generation *now;
	struct tls_tickets tickets;
	uint32_t loads;  /* of generations */
	struct now time; /* of the step in hand */
	struct tls_lines lines;
};

struct tls_session {
	struct tls *tls;
	struct tls_line line;
	struct flow flow;
	uint8_t why; /* enum tls_refusal */
	bool is_client;
	bool is_stapled; /* what the other end brings with its certificate is known */
	bool must_show;  /* whoever is there has to show a certificate */
	uint32_t began;  /* tls->loads of its begin */
	char peer[TLS_LABEL_SIZE];
};

/* ---- tls_context.c ---- */
enum err tls_generation_new(struct tls *t, const struct tls_settings *settings,
                            const struct tls_material *material, struct buffer *why,
                            struct tls_generation **ret) MUST_USE;
void tls_generation_free(struct tls_generation **g);

/* ---- tls.c ---- */
struct tls_session *tls_session_of(const SSL *ssl);
/* X509 verification of OpenSSL asks us. 1: fits. */
int tls_on_certificate(X509_STORE_CTX *given, void *unused);
/* All has come that comes with a certificate that we asked for. 1: fits. */
int tls_on_staple(SSL *ssl, void *unused);

#endif
