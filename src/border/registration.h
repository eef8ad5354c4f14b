/* SPDX-License-Identifier: Apache-2.0 */
/* The registrations that are alive: which phone is behind which Contact that
 * the PBX knows. The PBX sees a token of ours as Contact user; calls to it come
 * back by the phone's flow. Each registration holds its flow known, is written
 * to the checkpoint, and ends by its timer.
 *
 * Flows of one instance (RFC 5626) are a registration each. The first letters of their tokens
 * are the instance's, and the PBX sees these alone: it has one Contact, whatever flow carries
 * a call. */
#ifndef BORDER_REGISTRATION_H
#define BORDER_REGISTRATION_H

#include "base/now.h"
#include "base/wheel.h"
#include "border/checkpoint.h"
#include "border/known.h"
#include "border/names.h"
#include "border/path.h"

enum {
	REGISTRATION_TOKEN_SIZE = NAMES_HASH_LEN + 1,
	REGISTRATION_ACCOUNT_SIZE = 128,
	REGISTRATION_CONTACT_SIZE = 320,
	REGISTRATION_AGENT_SIZE = 64,
	REGISTRATION_INSTANCE_LEN = 24, /* of a flow's token */
};
/* Flows of one instance: of more, the one that would end first makes room. */
enum { MAX_REGISTRATION_FLOWS = 8 };

/* What is known of one, and what the checkpoint keeps of it: a plain value. */
struct registration_facts {
	struct flow flow;
	uint64_t call_id_hash; /* keyed hash of the phone's own Call-ID */
	uint64_t login_hash;   /* keyed hash of the username that it logged in with */
	int64_t since_wall_us;
	uint64_t expires_us;
	/* When the PBX last said yes, and until when; the nonce of the login it said it to. */
	uint64_t asked_us, granted_us;
	uint64_t nonce_hash;
	uint32_t cseq; /* highest that the phone used in it */
	uint16_t peer; /* row of the registrar */
	uint16_t pbx;  /* stay.h: row + 1 of the PBX that registered there; 0: a phone did */
	uint8_t form;  /* enum offer_form in which it has shown that it takes audio */
	uint8_t form_protocol; /* FORM_DTLS: enum sdp_protocol + 1 by which it writes it */
	char token[REGISTRATION_TOKEN_SIZE];
	char account[REGISTRATION_ACCOUNT_SIZE]; /* user@domain */
	char contact[REGISTRATION_CONTACT_SIZE]; /* URI as the phone wrote it */
	char agent[REGISTRATION_AGENT_SIZE];
	char path[PATH_SIZE]; /* to the phone, behind the flow */
	uint8_t is_flow;      /* one of those that its instance may have */
};

struct registration {
	struct registration_facts facts;
	struct map_node by_token, by_flow, by_account;
	struct timer expiry;
	struct known_flow *known;
	struct registrations *table;
};

struct registrations {
	struct pool *pool;
	struct map by_token, by_flow, by_account;
	struct wheel *wheel;
	struct known_table *known;
	struct checkpoint *checkpoint;
	/* Told of each that has ended, by whomever or by its time, and of one that has moved as it
	 * was before. */
	void (*ended)(void *context, const struct registration_facts *facts);
	void *context;
};

/* The three tables outlive it. ERR_NO_MEMORY, ERR_LIMIT. */
enum err registrations_init(struct registrations *t, uint32_t max,
                            const struct hash_key *key) MUST_USE;
void registrations_clear(struct registrations *t);
/* Takes back what the checkpoint holds and is still alive; how many. */
uint32_t registrations_restore(struct registrations *t, struct now now);

/* Makes or refreshes the registration of that token; a new flow replaces the
 * old one. ERR_FULL. */
enum err registration_put(struct registrations *t, const struct registration_facts *facts,
                          struct now now, struct registration **ret) MUST_USE;
/* It goes on without a word of the PBX: that CSeq, until then. */
void registration_refresh(struct registrations *t, struct registration *r, uint32_t cseq,
                          uint64_t expires_us, struct now now);
void registration_end(struct registrations *t, struct registration **r);
/* Its registrar and PBX have other rows in peers. */
void registration_move_peer(struct registrations *t, struct registration *r, unsigned peer,
                            unsigned pbx);

/* All of that flow have shown how they take audio. A REGISTER that refreshes one leaves it, as
 * long as it names the same program. */
void registrations_show(struct registrations *t, const struct flow *flow, uint8_t form,
                        uint8_t protocol);

struct registration *registration_by_token(const struct registrations *t, struct view token);
/* What the PBX calls it: the token, or of a flow what all flows of its instance have. */
void registration_write_name(const char *token, bool is_flow, char ret[REGISTRATION_TOKEN_SIZE]);
/* All that the PBX calls so, at most `max`; how many. */
size_t registrations_called(const struct registrations *t, struct view name,
                            struct registration **ret, size_t max);
/* By which a call to that name goes: of several flows the one that was promised to last longest.
 * NULL: none stands. */
struct registration *registration_called(const struct registrations *t, struct view name);
/* Any registration of that flow; NULL where it has none. */
struct registration *registration_on_flow(const struct registrations *t, const struct flow *flow);
/* Whether that account (user@domain) has a live registration at the address, whatever its port. */
bool registration_is_at(const struct registrations *t, struct view account,
                        const struct addr *source);
/* That account's on that very flow, where other accounts may be registered too; or NULL. */
struct registration *registration_of(const struct registrations *t, struct view account,
                                     const struct flow *flow);
/* All of that account's there, at most `max`; how many. */
size_t registrations_of(const struct registrations *t, struct view account, const struct flow *flow,
                        struct registration **ret, size_t max);
/* Whether one of that flow's registrations logged in with that username. */
bool registration_has_login(const struct registrations *t, const struct flow *flow,
                            uint64_t login_hash);
/* Whether a REGISTER continues one of that flow: its Call-ID, and a higher CSeq. */
bool registration_is_continued(const struct registrations *t, const struct flow *flow,
                               uint64_t call_id_hash, uint32_t cseq);

#endif
