/* SPDX-License-Identifier: Apache-2.0 */
/* A TLS connection read by who has the keys: 1.3 and 1.2 with a key log, up to 1.2
 * with RSA key exchange and the server's private key; also the extended master
 * secret, encrypt-then-MAC, resumption of sessions that the capture holds, and
 * renegotiation. A record that does not authenticate ends the reading. */
#ifndef CAPTURE_TLS_H
#define CAPTURE_TLS_H

#include "capture/keylog.h"
#include "capture/skip.h"

enum {
	MAX_CAPTURE_TLS_WAITING = 64 << 10, /* bytes of one side that wait for the other */
	MAX_CAPTURE_TLS_HANDSHAKE = 64 << 10,
	MAX_CAPTURE_TLS_SKIPPED = 256 << 10, /* bytes of TLS 1.3's handshake, passed over */
};

struct capture_tls_sink {
	void *context;
	/* Application data of a side; lives during the call. */
	enum err (*plain)(void *context, uint8_t side, struct view bytes);
};

struct capture_tls;

/* Whether a stream begins with a TLS handshake record. */
bool capture_tls_starts(struct view bytes);

/* Keys and counters must outlive it; sessions are noted in the keys. ERR_NO_MEMORY. */
enum err capture_tls_new(struct capture_keys *keys, struct capture_skipped *skipped,
                         struct capture_tls **ret) MUST_USE;
void capture_tls_free(struct capture_tls **t);

/* The next bytes of side 0 or 1, without gaps. ERR_CLOSED: it cannot be read (any
 * further), counted with the reason; what the sink says is handed up. */
enum err capture_tls_take(struct capture_tls *t, uint8_t side, struct view bytes,
                          const struct capture_tls_sink *sink) MUST_USE;

size_t capture_tls_size(const struct capture_tls *t); /* bytes that it holds */

#endif
