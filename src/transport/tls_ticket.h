/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of session tickets (RFC 5077, RFC 8446 4.6.1): drawn here, changed every hour, so that what
 * was recorded cannot be opened with a key that is found later. The one before is still
 * taken. Lost with the process: phones then shake hands in full. */
#ifndef TRANSPORT_TLS_TICKET_H
#define TRANSPORT_TLS_TICKET_H

#include "base/err.h"

#include <openssl/ssl.h>
#include <stdint.h>

enum { TLS_TICKET_LIFE_S = 3600 };

struct tls_ticket_key {
	unsigned char name[16], cipher[32], mac[32];
	uint64_t since_us;
};

struct tls_tickets {
	struct tls_ticket_key keys[2]; /* the one in use, the one before; since_us 0: none */
};

/* Draws a new one where it is time. */
void tls_tickets_turn(struct tls_tickets *t, uint64_t now_us);
void tls_tickets_wipe(struct tls_tickets *t);
/* What OpenSSL hands to SSL_CTX_set_tlsext_ticket_key_evp_cb. */
struct tls_ticket_work {
	unsigned char *name, *iv;
	EVP_CIPHER_CTX *cipher;
	EVP_MAC_CTX *mac;
	int is_made; /* else read */
};
/* As it wants the answer: 1, or 2 for an old key, where the ticket can be made or read; 0 where it
 * cannot be read, -1 where nothing goes. */
int tls_tickets_use(const struct tls_tickets *t, const struct tls_ticket_work *work);

#endif
