/* SPDX-License-Identifier: Apache-2.0 */
/* What the record layer (tls.c) and the handshake (tls_handshake.c) share. */
#ifndef CAPTURE_TLS_PRIV_H
#define CAPTURE_TLS_PRIV_H

#include "capture/pile.h"
#include "capture/tls.h"
#include "capture/tls_cipher.h"

struct tls_name {
	uint8_t bytes[32];
	uint8_t len;
};

struct tls_side {
	struct capture_pile records;   /* not yet taken */
	struct capture_pile handshake; /* a message that is not yet whole */
	struct capture_pile said;      /* its handshake messages: RFC 7627 needs them */
	struct capture_tls_cipher *cipher;
	bool is_sealed; /* changed its cipher */
	bool has_opened;
	size_t skipped;
};

struct capture_tls {
	struct capture_keys *keys;
	struct capture_skipped *skipped;
	struct tls_side side[2];
	struct capture_tls_terms terms;
	struct tls_name offered_ticket, ticket; /* digests */
	struct tls_name session;                /* the server's session ID */
	struct capture_pile premaster;          /* encrypted, as the client sent it */
	uint8_t master[TLS_MASTER_SIZE];
	uint8_t client; /* which side it is */
	bool has_client, has_server_hello, has_server_done, has_key_exchange;
	bool has_master, is_extended, is_over;
};

/* Takes a handshake record's text (opened). ERR_SYNTAX, ERR_LIMIT, ERR_NO_MEMORY. */
enum err tls_handshake_take(struct capture_tls *t, uint8_t side, struct view text) MUST_USE;

/* The master secret, from whatever opens it. ERR_AGAIN: the other side has yet to
 * speak; ERR_NOT_FOUND: there is no key. */
enum err tls_handshake_master(struct capture_tls *t) MUST_USE;

#endif
