/* SPDX-License-Identifier: Apache-2.0 */
/* The private keys, and signatures by them: the engine of the process `keys`. It never gives a key
 * away, and of what it is asked it does nothing but sign digests of TLS handshakes. */
#ifndef KEYS_SERVER_H
#define KEYS_SERVER_H

#include "keys/bundle.h"
#include "keys/request.h"

enum { MAX_KEYS = 32 };

struct keys_server;

/* Also fetches all that is needed later: to be called before a sandbox closes. ERR_NO_MEMORY,
 * ERR_UNSUPPORTED. */
enum err keys_server_new(struct keys_server **ret) MUST_USE;
void keys_server_free(struct keys_server **s);

/* Takes the keys of a bundle in the place of those that it has, all or none; `public` holds the
 * chains that they must belong to (count 0: none is looked at). The keys before them stay good
 * until the next time, for handshakes that began with their certificates. Words: what is wrong.
 * ERR_SYNTAX, ERR_UNSUPPORTED (a sort or size of key), ERR_DENIED (not this chain's), ERR_FULL. */
enum err keys_server_take(struct keys_server *s, const struct keys_bundle *secret,
                          const struct keys_bundle *public, struct buffer *words) MUST_USE;
size_t keys_server_count(const struct keys_server *s);

/* Never fails: what is wrong is the answer. ERR_NOT_FOUND (no such key), ERR_SYNTAX (a request
 * that no handshake makes), ERR_IO (the signature could not be made). */
void keys_server_sign(struct keys_server *s, const struct keys_request *q, struct keys_answer *ret);
/* The same for the listener of servers: with the key of its certificate (KEYS_CONTROL_CHAIN) and of
 * the one before; every other key is ERR_NOT_FOUND. */
void keys_server_sign_control(struct keys_server *s, const struct keys_request *q,
                              struct keys_answer *ret);

/* SHA-256 of the public half. False: no memory. */
struct evp_pkey_st;
bool keys_name_of(const struct evp_pkey_st *key, uint8_t ret[KEYS_NAME_BYTES]);

#endif
