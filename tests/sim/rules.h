/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold, whatever happens. Looked at with each datagram that the border sends, now
 * and then in between, and once all is quiet. */
#ifndef SIM_RULES_H
#define SIM_RULES_H

#include "event/flow.h"
#include "sim/net.h"

struct client;
struct world;

enum { RULES_NAMES = 1 << 16 };

struct rule_name {
	uint64_t hash, owner; /* 0: free */
};

struct rules {
	char overheard[NET_TEXT_MAX + 1]; /* the last message to a phone, for who listens there */
	size_t overheard_len;
	uint32_t idle_timers; /* that run while nothing is going on */
	uint32_t name_count;
	uint64_t listed_us;
	struct rule_name names[RULES_NAMES]; /* Call-IDs and tags: on which side they were seen;
	                                      * branches: of which Call-ID they are */
};

void rules_begin(struct world *w);
/* A datagram that the border sends. */
void rules_sent(struct world *w, const struct flow *to, struct view bytes);
/* What an end says comes to the border; the border answers a request. */
void rules_reached(struct world *w, const struct packet *p);
void rules_told(struct world *w, const struct flow *to, struct view bytes);
/* Nobody answered this one, and the network alone is to blame: it lost each copy but one that
 * comes too late, or each answer, of which the first was given in time and one more to each copy
 * that came after it. */
bool rules_is_lost(const struct client *c);

void rules_heard_audio(struct world *w, const struct packet *p);
void rules_audit(struct world *w);
/* Nothing goes on any more: whether all was given back. With is_last a failure says what
 * was not. */
bool rules_quiet(struct world *w, bool is_last);
/* As many calls as there are port pairs find room, and not one more. */
void rules_filled(struct world *w);
/* Whether the border may refuse a call of itself now. */
bool rules_may_refuse(const struct world *w, unsigned status);
/* Nobody answered the border within 64*T1, and the network alone is to blame: it lost each copy of
 * one INVITE of this call, of which as many left as RFC 3261 17.1.1.2 wants, or each answer. Who
 * was called may ring, and nobody will tell. */
bool rules_is_unheard(const struct world *w, unsigned call, unsigned status);

#endif
