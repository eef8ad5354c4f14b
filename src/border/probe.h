/* SPDX-License-Identifier: Apache-2.0 */
/* What is learnt of the registrar before any phone asks: its challenge, how it
 * meets a user that it does not know, and how it refuses a wrong password. A
 * REGISTER for a random user is the first probe; where that is not challenged,
 * the extension made for it (subscribers { probe-user }) is the second; a
 * random password answers the challenge once. Kept fresh while we run, so that
 * a challenge of the PBX's is at hand without asking. */
#ifndef BORDER_PROBE_H
#define BORDER_PROBE_H

#include "border/challenge.h"
#include "border/home.h"

struct probe_knowledge {
	struct challenge challenge; /* the latest of the PBX's, or our default */
	uint64_t challenge_us;      /* when it came */
	uint64_t refusal_us;        /* how long the PBX took for the last one */
	uint16_t refusal_status;    /* to a wrong password: 401, 403 ... */
	bool is_answering;          /* the PBX answers */
	uint64_t back_us; /* when it answered again after silence: it may have forgotten */
	bool has_challenge, has_refusal; /* learnt from the PBX, not assumed */
	bool challenges_all;             /* an unknown user is challenged like a known one */
};

/* Whether the PBX takes a nonce that it gave to us. */
enum probe_sharing { SHARING_UNKNOWN, SHARING_TAKEN, SHARING_REFUSED };

/* One probe for each home (home.h). ERR_NO_MEMORY. Sends nothing before the first
 * border_advance. */
enum err probes_new(struct border *b, struct probes **ret) MUST_USE;
void probes_free(struct probes **p);
/* The settings are new: what was learnt stays with a home that has the PBX it had. */
void probes_apply(struct border *b);

const struct probe_knowledge *probe_knowledge(const struct border *b, uint16_t home);

/* A challenge of the PBX's for a user that is not there: the fresh one we hold,
 * asked for beforehand. NULL where the PBX does not take a shared nonce, or none
 * is fresh (then be silent). */
const struct challenge *probe_shared_challenge(const struct border *b, uint16_t home);
/* A login that used the nonce of such a challenge was decided. */
void probe_learn_sharing(struct border *b, uint16_t home, uint64_t nonce_hash, bool was_stale);

/* Asks the PBX for a challenge of its own on behalf of an unknown user: the
 * answer goes to PURPOSE_ASK with that object. ERR_UNSUPPORTED: no user of
 * whom we know that he is challenged; ERR_FULL and the like. */
enum err probe_ask(struct border *b, uint16_t home, struct pool_handle object) MUST_USE;

/* A real challenge or refusal passed: better knowledge than an assumed one. */
void probe_saw_challenge(struct border *b, uint16_t home, const struct challenge *c);
void probe_saw_refusal(struct border *b, uint16_t home, uint16_t status);
/* How long it took: some PBXs make a wrong password wait. */
void probe_saw_refusal_take(struct border *b, uint16_t home, uint64_t took_us);

/* Members of the peer's object for ASK_PEERS: what is known of it as registrar; nothing
 * where it is none. */
void probe_write(struct buffer *out, const struct border *b, const struct border_peer *peer);

void probe_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                  enum ua_answer answer);
void probe_notice(struct border *b, enum ua_notice notice, const struct ua_event *event);

#endif
