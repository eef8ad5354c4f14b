/* SPDX-License-Identifier: Apache-2.0 */
/* A leg of ours and a peer that is OpenSSL and nothing of ours, with a wire between that tests
 * may spoil, and a clock that both take for the machine's. */
#ifndef DTLS_CASE_H
#define DTLS_CASE_H

#include "base/now.h"
#include "media/dtls.h"
#include "runner/test.h"

#include <openssl/ssl.h>

enum { MAX_WIRE = 64, MAX_WIRE_BYTES = 2048 };

/* What the wire does with the n-th datagram of both directions (from 0). */
enum wire_fate { WIRE_CARRIES, WIRE_DROPS, WIRE_DOUBLES, WIRE_HOLDS /* behind the next */ };
struct wire_rule {
	enum wire_fate fate;
	unsigned nth;
	unsigned every; /* 0: the n-th alone; else it and each `every` behind it */
	uint32_t seed;  /* not 0: a fifth of all, drawn from it, in place of the n-th */
};

struct wire_bytes {
	size_t len;
	char at[MAX_WIRE_BYTES];
};

struct wire_queue {
	size_t count;
	struct wire_bytes rows[MAX_WIRE];
};

struct peer_options {
	const char *profiles; /* NULL: those of browsers */
	const char *groups, *suites;
	bool is_server, has_rsa;
	long mtu; /* 0: 1200 */
};

struct dtls_case {
	struct media_dtls *dtls;
	struct dtls_leg leg;
	struct dtls_keys keys; /* that our side drew */
	bool is_agreed;
	unsigned verdicts[DTLS_VERDICT_COUNT];
	/* The peer. */
	SSL_CTX *context;
	SSL *ssl;
	int ends[2]; /* its own, and the wire's */
	struct addr place;
	bool is_done, is_failed; /* its handshake */
	/* The wire. */
	struct wire_rule rule;
	unsigned carried;
	struct wire_queue to_peer, to_us;
	struct wire_bytes held;
	bool is_held, is_held_to_peer;
	struct wire_bytes first_to_us; /* the last that began with a ClientHello */
};

extern uint64_t dtls_clock_us;

/* Makes both sides; what they agree on is decided by `way`. */
enum err dtls_case_open(struct dtls_case *c, const struct peer_options *options,
                        bool is_proven_path);
void dtls_case_close(struct dtls_case *c);
/* The peer alone again: another handshake of another socket. */
enum err dtls_case_peer(struct dtls_case *c, const struct peer_options *options);
void dtls_case_drop_peer(struct dtls_case *c);
/* The peer's fingerprint, by which a description would name it. */
struct dtls_peer dtls_case_name(const struct dtls_case *c, enum dtls_hash hash);
/* The peer moves, and what is on the wire arrives, until nothing moves any more. */
void dtls_case_run(struct dtls_case *c);
/* The same with time passing, a tenth of a second each, until both are done or `us` are over. */
void dtls_case_wait(struct dtls_case *c, uint64_t us);
enum dtls_verdict dtls_case_throw(struct dtls_case *c, struct view bytes, const struct addr *from);
/* Both drew the same keys, each its own way round. */
bool dtls_case_is_same(struct dtls_case *c);

struct addr dtls_case_at(const char *text);

#endif
