/* SPDX-License-Identifier: Apache-2.0 */
/* The other side of `keys`, in signal and in web: keys that are only a handle. A handshake that
 * needs a signature asks for it and is set aside (OpenSSL's ASYNC jobs); when the signature has
 * come, the connection is told to go on. Nothing ever waits: a signature that is asked for outside
 * of such a job fails.
 *
 *     keys_client_enter(k, token);
 *     done = SSL_do_handshake(ssl);                    SSL_MODE_ASYNC is on
 *     keys_client_leave(k);
 *     SSL_ERROR_WANT_ASYNC: until woken(token), neither read nor written, and never SSL_free'd
 *     SSL_ERROR_WANT_ASYNC_JOB: MAX_KEYS_UNDER_WAY handshakes wait already
 *
 * Who gives a connection up meanwhile: keys_client_cancel, then SSL_do_handshake once more (it
 * fails at once and ends the job), then SSL_free. */
#ifndef KEYS_CLIENT_H
#define KEYS_CLIENT_H

#include "base/now.h"
#include "keys/request.h"

#include "base/err.h"

struct keys_client;
struct evp_pkey_st;
struct x509_st;

struct keys_client_ports {
	void *context;
	/* Hands a request on. ERR_FULL. */
	enum err (*send)(void *context, const struct keys_request *q);
	/* Its signature is there, or has failed: SSL_do_handshake again, from outside of this
	 * call or within it. */
	void (*woken)(void *context, uint64_t token);
};

/* One for a process, since OpenSSL's provider is one; to be made before a sandbox closes. `first`
 * is a number that no client before it has reached: microseconds of the wall clock. ERR_NO_MEMORY,
 * ERR_UNSUPPORTED. */
enum err keys_client_new(const struct keys_client_ports *ports, uint64_t first,
                         struct keys_client **ret) MUST_USE;
void keys_client_free(struct keys_client **k);

/* The key of that certificate: for SSL_CTX_use_PrivateKey, with all that is public of it. The
 * caller's (EVP_PKEY_free). ERR_UNSUPPORTED (a sort of key), ERR_NO_MEMORY. */
enum err keys_client_pkey(struct keys_client *k, struct x509_st *leaf,
                          struct evp_pkey_st **ret) MUST_USE;

/* What is asked for between these two belongs to that connection. */
void keys_client_enter(struct keys_client *k, uint64_t token, struct now now);
void keys_client_leave(struct keys_client *k);
/* All that waits for that connection fails; it is not woken. */
void keys_client_cancel(struct keys_client *k, uint64_t token);

/* An answer that came over the ring: wakes. One that nobody waits for any more is dropped. */
void keys_client_take(struct keys_client *k, const struct keys_answer *a);
/* Microseconds until the first that waits is late; UINT64_MAX: nobody waits. */
uint64_t keys_client_wait_us(const struct keys_client *k, struct now now);
/* Those that are late fail and are woken. */
void keys_client_advance(struct keys_client *k, struct now now);

/* Why the last signature failed: "keys-late" ...; static storage. */
enum keys_failure {
	KEYS_WELL,
	KEYS_FULL,      /* too many wait, or the ring is full */
	KEYS_LATE,      /* no answer in time: the process keys is away */
	KEYS_UNKNOWN,   /* it does not have that key (any more) */
	KEYS_REFUSED,   /* it would not, or could not sign that */
	KEYS_CANCELLED, /* the connection was given up */
	KEYS_BESIDE,    /* asked for outside of a handshake that can be set aside */
	KEYS_FAILURE_COUNT
};
enum keys_failure keys_client_why(const struct keys_client *k);
const char *keys_failure_name(enum keys_failure f);
/* How many wait now. */
uint32_t keys_client_under_way(const struct keys_client *k);

#endif
