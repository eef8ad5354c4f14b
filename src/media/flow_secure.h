/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of one leg at work: what comes from it is authenticated, what goes to
 * it is protected, each under a key of its own. Pure but for the memory that
 * OpenSSL takes for a new key.
 *
 * How far senders have come (srtp_mark) lies in memory that outlives media, a
 * row for each leg: when the same keys come again, packets go on under the
 * rollover counters that both ends know, and what was sent is never encrypted
 * a second time under its index.
 *
 * Where an end gets a new key, what is on its way under the old one still counts
 * until the new one is heard, FLOW_OLD_KEY_US at most. */
#ifndef MEDIA_FLOW_SECURE_H
#define MEDIA_FLOW_SECURE_H

#include "base/hash.h"
#include "base/now.h"
#include "event/order.h"
#include "rtp/srtp.h"

enum { FLOW_OLD_KEY_US = 3 * SECOND_US, FLOW_FORMER_KEYS = 3 };

struct flow_former {
	uint64_t key;
	struct srtp_mark marks[SRTP_MAX_SOURCES];
};

/* Of one leg; all zero: no keys yet. Survives in shared memory. */
struct flow_marks {
	uint64_t in_key, out_key; /* names of the keys that the marks belong to; 0: none */
	struct srtp_mark in[SRTP_MAX_SOURCES], out[SRTP_MAX_SOURCES];
	/* Of our last keys but that in use: one comes back where an end takes another suite and
	 * then the first again, or forks answer in turn. */
	struct flow_former former[FLOW_FORMER_KEYS];
};

struct flow_secure {
	struct flow_marks *marks; /* borrowed */
	struct srtp in, out, old;
	struct srtp_mark old_marks[SRTP_MAX_SOURCES];
	uint64_t old_until_us;
};

struct flow_secure_tools {
	struct srtp_engine engine;
	struct hash_key names; /* under which keys are named; the same at each start */
	uint16_t window;       /* 0: the usual one */
};

/* Keys as they now are; those that stay the same go on. A key of SUITE_NONE is none.
 * ERR_NO_MEMORY, ERR_UNSUPPORTED: the leg then has no keys. */
enum err media_secure_key(struct flow_secure *s, struct flow_secure_tools *tools,
                          const struct order_key *in, const struct order_key *out,
                          uint64_t now_us) MUST_USE;
/* Wipes keys and marks; or keys alone, where the stream goes on with a successor of ours. */
void media_secure_stop(struct flow_secure *s);
void media_secure_forget(struct flow_secure *s);

/* A datagram of that leg, in place. ERR_STALE, ERR_LIMIT (no key or none left); any other:
 * not authentic. */
enum err media_secure_open(struct flow_secure *s, bool is_rtcp, char *bytes, size_t *len,
                           uint64_t now_us) MUST_USE;
/* A datagram to that leg, in place. ERR_STALE, ERR_LIMIT as above; ERR_FULL. */
enum err media_secure_seal(struct flow_secure *s, bool is_rtcp, char *bytes, size_t room,
                           size_t *len) MUST_USE;

#endif
