/* SPDX-License-Identifier: Apache-2.0 */
/* A TLS conversation that OpenSSL has with itself, kept as the bytes of both sides. */
#ifndef UNIT_CAPTURE_TLS_TALK_H
#define UNIT_CAPTURE_TLS_TALK_H

#include "base/view.h"

#include <openssl/ssl.h>

enum {
	TLS_TALK_NO_EXTENDED = 1,  /* without the extended master secret */
	TLS_TALK_MAC_FIRST = 2,    /* without encrypt-then-MAC */
	TLS_TALK_NO_TICKET = 4,    /* sessions by ID */
	TLS_TALK_KEY_UPDATE = 8,   /* TLS 1.3: both change keys midway */
	TLS_TALK_RENEGOTIATE = 16, /* below: a handshake within the first one's protection */
	TLS_TALK_CLIENT_KEY = 32,  /* the client shows a certificate too */
};

enum { MAX_TLS_TALK = 96 << 10, MAX_TLS_PIECES = 64 };

struct tls_talk {
	char bytes[MAX_TLS_TALK];
	size_t len, pieces;
	struct {
		size_t at, len;
		uint8_t side; /* 0 is the client */
	} piece[MAX_TLS_PIECES];
	char key_log[4096];
	SSL_SESSION *session; /* to resume; the next run takes it */
	bool is_resumed;
};

/* What each side says, before and after a change of keys. */
#define TLS_TALK_ASKED "OPTIONS sip:b@example.com SIP/2.0\r\nCSeq: 1 OPTIONS\r\nl: 0\r\n\r\n"
#define TLS_TALK_TOLD  "SIP/2.0 200 OK\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"

/* The server's private key in PEM; made once a process. Empty where that fails. */
struct view tls_talk_private_key(void);

/* Handshake, two messages each way. False where OpenSSL will not. */
bool tls_talk_run(struct tls_talk *t, int version, const char *suites, unsigned options);
void tls_talk_clear(struct tls_talk *t);

#endif
