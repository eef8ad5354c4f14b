/* SPDX-License-Identifier: Apache-2.0 */
/* The halves of DTLS: dtls_context.c has what all handshakes share, dtls_link.c carries
 * datagrams between OpenSSL and us, dtls_look.c walks records, dtls.c is the leg's way. */
#ifndef MEDIA_DTLS_PRIV_H
#define MEDIA_DTLS_PRIV_H

#include "base/pool.h"
#include "base/wheel.h"
#include "media/dtls.h"

#include <openssl/ssl.h>

struct dtls_handshake {
	struct timer timer;
	struct media_dtls *dtls;
	struct dtls_leg *leg;
	SSL *ssl;
	struct view in; /* the datagram that is read next; borrowed for one step */
	struct addr to; /* where what is written goes */
	uint64_t begun_us, stepped_us;
	bool is_stranger; /* the certificate was another one */
};

struct media_dtls {
	struct media_dtls_ports ports;
	SSL_CTX *context;
	BIO_METHOD *method;
	struct pool *handshakes;
	/* One that no leg has: it answers ClientHellos without keeping anything of them. */
	struct dtls_handshake *listener;
	BIO_ADDR *nobody; /* what a BIO without addresses tells the listener */
	struct wheel wheel;
	uint64_t steps_us; /* when steps were counted last */
	uint64_t microsteps;
	uint8_t fingerprint[HASH_SHA256_SIZE];
};

/* What a datagram holds, by its records' heads (RFC 6347 4.1, 4.2.2). */
struct dtls_look {
	bool is_hello;        /* begins with a ClientHello, which nothing protects */
	bool is_handshake;    /* of handshake, change of cipher and what is protected alone */
	bool has_plain_alert; /* which anybody could have sent */
};
/* ERR_SHORT: a length past the end. ERR_SYNTAX: another version, a content type that handshakes
 * do not have, an empty record, nothing. */
enum err media_dtls_look(struct view datagram, struct dtls_look *ret) MUST_USE;

/* Context and certificate into *d. */
enum err media_dtls_context(struct media_dtls *d) MUST_USE;
extern const char *const media_dtls_digests[DTLS_HASH_COUNT];

BIO_METHOD *media_dtls_method(void);
/* A handshake's SSL with its link; ERR_NO_MEMORY. */
enum err media_dtls_link(struct dtls_handshake *h) MUST_USE;

/* Of the leg, or of who asks: for the cookie. */
struct dtls_handshake *media_dtls_of(const SSL *ssl);

#endif
