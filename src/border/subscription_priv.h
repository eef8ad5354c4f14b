/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of subscriptions share: how one begins (subscription.c), what
 * passes within it and back (subscription_within.c). */
#ifndef BORDER_SUBSCRIPTION_PRIV_H
#define BORDER_SUBSCRIPTION_PRIV_H

#include "border/leg_priv.h"
#include "border/subscription.h"
#include "sip/event.h"

enum { SUBSCRIBER, NOTIFIER };
enum {
	EXPIRES_DEFAULT_S = 3600,
	EXPIRES_MAX_S = 7200,
	GRACE_S = 32, /* of the last NOTIFY, and of a refresh on its way */
	EVENT_SIZE = 64,
};

struct subscription_name {
	struct map_node by_serial;
	uint64_t serial;
	uint8_t number;
};

struct subscription {
	struct leg_facts legs[CALL_LEGS];
	struct subscription_name names[CALL_LEGS];
	struct map_node by_flow; /* the subscriber's */
	struct timer expiry;
	struct border *border;
	char event[EVENT_SIZE];
};

/* One request on its way to the other leg. */
struct passage {
	struct pool_handle subscription, server, client;
	uint32_t expires_s;
	uint8_t from, method;
	bool is_first, is_last;
};

struct subscriptions {
	struct pool *table, *passages;
	struct map by_serial, by_flow;
};

struct subscription *subscription_by_tag(const struct border *b, struct view tag,
                                         unsigned *ret_leg);
void subscription_end(struct subscription *s);
/* That leg is reached by this flow. */
void subscription_move(struct subscription *s, unsigned leg, const struct flow *flow);
void subscription_lives_for(struct subscription *s, uint32_t seconds);
/* The event of a request, if it may be subscribed to. */
bool subscription_event_of(const struct sip_msg *msg, struct sip_event *ret);
void subscription_refuse_event(struct border *b, const struct inbound *in);
void subscription_refuse_body(struct border *b, const struct inbound *in);
/* A passage with its server transaction; NULL: was answered. */
struct passage *subscription_open(struct border *b, struct inbound *in, struct subscription *s,
                                  unsigned from);
enum err subscription_send_within(struct border *b, const struct inbound *in,
                                  struct subscription *s, struct passage *p) MUST_USE;
/* Answers by the error why it could not go on, and gives the passage back. */
void subscription_close_refused(struct border *b, struct passage *p, const struct subscription *s,
                                enum err err);

#endif
