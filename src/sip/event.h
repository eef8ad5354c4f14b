/* SPDX-License-Identifier: Apache-2.0 */
/* Event and Subscription-State (RFC 6665 8.2). */
#ifndef SIP_EVENT_H
#define SIP_EVENT_H

#include "sip/param.h"

struct sip_event {
	struct view package; /* "presence.winfo": with templates */
	struct view id;      /* empty: none */
	struct view params;
};

enum err sip_event_parse(struct view text, struct sip_event *ret) MUST_USE;
void sip_event_write(struct buffer *b, const struct sip_event *e);

enum sip_substate {
	SIP_SUBSTATE_ACTIVE,
	SIP_SUBSTATE_PENDING,
	SIP_SUBSTATE_TERMINATED,
	SIP_SUBSTATE_OTHER
};

struct sip_subscription {
	enum sip_substate state;
	struct view state_text;
	struct view reason; /* empty: none */
	bool has_expires, has_retry_after;
	uint32_t expires_s, retry_after_s;
};

enum err sip_subscription_parse(struct view text, struct sip_subscription *ret) MUST_USE;
void sip_subscription_write(struct buffer *b, const struct sip_subscription *s);

#endif
