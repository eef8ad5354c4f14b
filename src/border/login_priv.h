/* SPDX-License-Identifier: Apache-2.0 */
/* A login in hand, shared by the request half and the answer half. */
#ifndef BORDER_LOGIN_PRIV_H
#define BORDER_LOGIN_PRIV_H

#include "border/challenge.h"
#include "border/home.h"
#include "border/registrar.h"

enum { LOGIN_LINES_MAX = 1792 };

struct registrar {
	struct border *border;
	struct pool *logins; /* struct login */
	/* What each PBX hears: of all, and of those that bring no credentials. */
	struct guard_bucket pace[MAX_HOMES], pace_blank[MAX_HOMES];
};

/* Contacts that one REGISTER may name: all of them go to the PBX in one, and are told in one. */
enum { MAX_LOGIN_CONTACTS = 4 };

/* One of them, the name of ours by which the PBX knows it, and for how long; 0 ends it. */
struct login_contact {
	char contact[REGISTRATION_CONTACT_SIZE];
	char token[REGISTRATION_TOKEN_SIZE], name[REGISTRATION_TOKEN_SIZE]; /* registration.h */
	bool is_flow;                                                       /* RFC 5626 */
	uint32_t expires_s;
};

/* What the phone asked for. */
struct login_wish {
	struct registration_facts facts; /* flow, account, agent ...; of no contact yet */
	struct login_contact contacts[MAX_LOGIN_CONTACTS];
	uint32_t expires_s; /* where no contact says it */
	uint16_t home;      /* whose phone it is: home.h */
	uint8_t count;      /* of contacts; 0: a question, or "*" */
	bool is_star;
	bool lacks_edge; /* demands a flow, which the proxy next to it does not keep (RFC 5626 6) */
};

/* How far it is. */
enum login_stage {
	LOGIN_AT_PBX,  /* the PBX has it */
	LOGIN_ASKING,  /* a challenge is asked for in its place */
	LOGIN_WAITING, /* the answer is ready and waits for its time */
};

struct login {
	struct login_wish wish;
	struct registrar *registrar;
	struct timer timer;
	struct pool_handle server;
	struct fact fact; /* of its request: to be completed by the outcome */
	uint64_t came_us;
	uint64_t nonce_hash, response_hash; /* of its proven credentials */
	uint16_t status;                    /* of the answer that waits */
	uint16_t lines_len;
	uint8_t stage; /* enum login_stage */
	uint8_t flags; /* set of enum login_flag */
	char to_tag[REPLY_TAG_SIZE];
	char lines[LOGIN_LINES_MAX]; /* header lines of the answer that waits */
};

enum login_flag {
	LOGIN_HAS_CREDENTIALS = 1, /* went on with credentials */
	LOGIN_IS_UNKNOWN = 2,      /* its user is unknown to the PBX */
	LOGIN_HOLDS_SLOT = 4,      /* guard counts it as undecided */
	LOGIN_WENT_ON = 8,         /* the PBX was asked about it */
	LOGIN_ASKED_TWICE = 16,    /* and once more, for a challenge in its place */
	LOGIN_ANSWERS_US = 32,     /* brought credentials for our challenge, not for the PBX's */
};

/* When an answer may leave, counted from when the request came. */
enum {
	LOGIN_REFUSAL_US = 250 * MILLISECOND_US,
	LOGIN_STEP_US = 20 * MILLISECOND_US,
};

/* From a REGISTER. ERR_SYNTAX, ERR_LIMIT, ERR_UNSUPPORTED. */
enum err login_wish_read(const struct border *b, const struct inbound *in,
                         struct login_wish *ret) MUST_USE;
/* The Contacts that the PBX shall know, or those that it shall forget: "*" would end the
 * account's other phones too. The longest of them stands in Expires. */
void login_wish_write(struct border *b, const struct login_wish *wish, struct request *r);

struct guard_login login_key(const struct login *l);
/* Emits its fact as this kind and outcome. */
void login_say(struct border *b, const struct login *l, enum fact_kind kind,
               enum fact_outcome outcome);

/* Bindings of one account on one flow that one message may name. */
enum { MAX_BINDINGS = 8 };

/* Beyond what the phone was told: it refreshes late, or its datagram is lost once. */
enum { LOGIN_GRACE_US = 32 * SECOND_US };

/* What a phone there that asked for `asked_s` is told of what the PBX granted. */
uint32_t login_told_s(const struct border *b, const struct flow *flow, uint32_t asked_s,
                      uint32_t granted_s);
/* In a 200 that binds a flow: that it is one, and of a connection with the phone itself how often
 * it is to be kept. Over UDP a NAT forgets sooner, and phones keep it every 24 to 29 s where
 * nothing is said (RFC 5626 4.4). */
void login_write_flow(struct buffer *lines, const struct login_wish *wish);
/* Contact of a 200, as the phone wrote it. */
void login_write_binding(struct buffer *lines, const char *contact, uint32_t expires_s);
/* The answer, made by registrar_answer.c. */
void login_challenge(struct border *b, struct login *l, const struct challenge *c);
void login_refuse(struct border *b, struct login *l, uint16_t status);
void login_unknown(struct border *b, struct login *l);
/* Lets it leave at its time. `lines` is what the answer says beside its head. */
void login_leave(struct border *b, struct login *l, uint16_t status, const struct buffer *lines);
/* Nothing leaves: gives everything back. */
void login_drop(struct border *b, struct login *l);

#endif
