/* SPDX-License-Identifier: Apache-2.0 */
/* Subscriptions (RFC 6665): SUBSCRIBE makes two dialogs, one on each side, as an
 * INVITE does; NOTIFY comes back through them. They end when they expire, when
 * their last NOTIFY says so, or when one end knows nothing of them any more.
 * They are not in the checkpoint: after a restart of the worker the phone hears
 * 481 and subscribes again. */
#ifndef BORDER_SUBSCRIPTION_H
#define BORDER_SUBSCRIPTION_H

#include "border/border_priv.h"

struct subscriptions;

/* One flow has room for a console of lamps, and no more of the table. */
enum {
	MAX_SUBSCRIPTIONS = 8192,
	SUBSCRIPTIONS_PER_REGISTRATION = 2,
	MAX_SUBSCRIPTIONS_OF_FLOW = 200
};

/* As many as registrations may have, at most MAX_SUBSCRIPTIONS. ERR_NO_MEMORY, ERR_LIMIT. */
enum err subscriptions_new(struct border *b, struct subscriptions **ret) MUST_USE;
void subscriptions_free(struct subscriptions **s);
/* The settings are new (b->before: those of before): legs go with their peer's name, and
 * subscriptions end with it. */
void subscriptions_apply(struct border *b);

/* A SUBSCRIBE without To tag from a known flow or a peer. */
void subscription_begin(struct border *b, struct inbound *in);
/* A request with a To tag that no call knows. False: no subscription knows it either. */
bool subscription_request(struct border *b, struct inbound *in);
/* Whether a message's dialog is a subscription of that flow. */
bool subscription_has_dialog(const struct border *b, const struct sip_msg *msg,
                             const struct flow *flow);

void subscription_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                         enum ua_answer answer);
void subscription_notice(struct border *b, enum ua_notice notice, const struct ua_event *event);

/* Events that pass: of subscriptions, and of what nobody subscribed to (check-sync). */
bool subscription_event_passes(const struct sip_msg *msg);
void subscription_write_events(struct buffer *out);

#endif
