/* SPDX-License-Identifier: Apache-2.0 */
/* What opens TLS in a capture: secrets of a key log (NSS format; clients write it
 * where SSLKEYLOGFILE is set, pcapng may carry it), private keys of servers, and
 * the sessions that were opened so far, so that resumed ones open too. Wiped when
 * it is freed. */
#ifndef CAPTURE_KEYLOG_H
#define CAPTURE_KEYLOG_H

#include "base/hash.h"

enum {
	MAX_CAPTURE_SECRETS = 1 << 16, /* the oldest is forgotten first, likewise sessions */
	MAX_CAPTURE_SESSIONS = 4096,
	MAX_CAPTURE_PRIVATE_KEYS = 16,
	CAPTURE_RANDOM_SIZE = 32,
	MAX_CAPTURE_SECRET = 48,
};

enum capture_secret_kind {
	CAPTURE_SECRET_MASTER, /* CLIENT_RANDOM */
	CAPTURE_SECRET_CLIENT, /* CLIENT_TRAFFIC_SECRET_0 */
	CAPTURE_SECRET_SERVER, /* SERVER_TRAFFIC_SECRET_0 */
	CAPTURE_SECRET_KIND_COUNT
};

struct capture_keys;

/* Takes next to no memory before something is added. ERR_NO_MEMORY. */
enum err capture_keys_new(const struct hash_key *key, struct capture_keys **ret) MUST_USE;
void capture_keys_free(struct capture_keys **k);

/* A key log, whole lines; those that say nothing to us are passed over. How many
 * secrets were taken goes to *ret (may be NULL). ERR_NO_MEMORY. */
enum err capture_keys_add_log(struct capture_keys *k, struct view text, size_t *ret) MUST_USE;
/* A server's RSA key in PEM, without a passphrase; further blocks in the text are
 * ignored. ERR_SYNTAX: no private key; ERR_UNSUPPORTED: not RSA, which opens
 * nothing; ERR_FULL; ERR_NO_MEMORY. */
enum err capture_keys_add_private(struct capture_keys *k, struct view pem) MUST_USE;

bool capture_keys_are_empty(const struct capture_keys *k);
bool capture_keys_have_private(const struct capture_keys *k);

/* The secret of that kind for a ClientHello's random, or the empty view. Lives until
 * something is added. */
struct view capture_keys_secret(const struct capture_keys *k, enum capture_secret_kind kind,
                                const uint8_t random[CAPTURE_RANDOM_SIZE]);

/* Decrypts a premaster secret with the number-th private key. False: none of that
 * number, or it does not open. A wrong key may give 48 bytes of rubbish. */
bool capture_keys_open(const struct capture_keys *k, size_t number, struct view encrypted,
                       uint8_t ret[MAX_CAPTURE_SECRET]);

/* Master secret of a session, by session ID or ticket. ERR_NO_MEMORY. */
enum err capture_keys_session_note(struct capture_keys *k, struct view name,
                                   const uint8_t master[MAX_CAPTURE_SECRET]) MUST_USE;
bool capture_keys_session_find(const struct capture_keys *k, struct view name,
                               uint8_t ret[MAX_CAPTURE_SECRET]);

#endif
