/* SPDX-License-Identifier: Apache-2.0 */
/* One direction of TLS decrypted record by record: suites, key derivation (RFC 5246
 * 5, 6.3; RFC 8446 7), and AES-GCM, ChaCha20-Poly1305 and AES-CBC records. */
#ifndef CAPTURE_TLS_CIPHER_H
#define CAPTURE_TLS_CIPHER_H

#include "base/err.h"
#include "base/view.h"

enum { TLS_1_0 = 0x0301, TLS_1_1 = 0x0302, TLS_1_2 = 0x0303, TLS_1_3 = 0x0304 };
enum {
	TLS_CHANGE_CIPHER_SPEC = 20,
	TLS_ALERT = 21,
	TLS_HANDSHAKE = 22,
	TLS_APPLICATION_DATA = 23,
};
enum { TLS_RECORD_HEADER = 5, MAX_TLS_RECORD = (1 << 14) + 2048, TLS_MASTER_SIZE = 48 };

struct capture_tls_suite;

/* NULL where it is none that we open. */
const struct capture_tls_suite *capture_tls_suite_of(uint16_t number);
/* The client sends the premaster secret under the server's RSA key. */
bool capture_tls_suite_is_rsa(const struct capture_tls_suite *s);
bool capture_tls_suite_is_1_3(const struct capture_tls_suite *s);

/* What a connection below TLS 1.3 agreed on. */
struct capture_tls_terms {
	const struct capture_tls_suite *suite;
	uint16_t version;
	bool is_mac_last; /* encrypt-then-MAC, RFC 7366 */
	uint8_t client_random[32], server_random[32];
};

/* RFC 5246 8.1; RFC 7627 4 where `session` (the handshake so far) is not empty. */
void capture_tls_master(const struct capture_tls_terms *terms, struct view premaster,
                        struct view session, uint8_t ret[TLS_MASTER_SIZE]);

struct capture_tls_cipher;

/* ERR_NO_MEMORY. */
enum err capture_tls_cipher_new(const struct capture_tls_terms *terms,
                                const uint8_t master[TLS_MASTER_SIZE], bool is_client,
                                struct capture_tls_cipher **ret) MUST_USE;
/* TLS 1.3, from a traffic secret. ERR_SYNTAX where its length is not the suite's. */
enum err capture_tls_cipher_new_1_3(const struct capture_tls_suite *suite, struct view secret,
                                    struct capture_tls_cipher **ret) MUST_USE;
/* RFC 8446 7.2: the next secret of this direction. */
enum err capture_tls_cipher_update(struct capture_tls_cipher *c) MUST_USE;
void capture_tls_cipher_free(struct capture_tls_cipher **c);

struct capture_tls_plain {
	uint8_t bytes[MAX_TLS_RECORD];
	size_t len;
	uint8_t type; /* content type; of TLS 1.3 the inner one */
};

/* Opens one whole record, header included. ERR_DENIED: not authentic; then nothing
 * moved on and the next record may be tried. */
enum err capture_tls_cipher_open(struct capture_tls_cipher *c, struct view record,
                                 struct capture_tls_plain *ret) MUST_USE;

#endif
