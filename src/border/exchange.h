/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its answers without a dialog, carried one to one: OPTIONS
 * from a phone to its PBX and from the PBX to a phone. What the PBX asks of us
 * ourselves we answer. */
#ifndef BORDER_EXCHANGE_H
#define BORDER_EXCHANGE_H

#include "border/border_priv.h"

enum { MAX_EXCHANGES = 4096 };

/* One for each transaction, at most MAX_EXCHANGES. */
enum err exchanges_new(uint32_t transactions, struct pool **ret) MUST_USE;

/* OPTIONS, and without a dialog MESSAGE, INFO, NOTIFY, PUBLISH. */
bool exchange_carries(enum sip_method method);
void exchange_request(struct border *b, const struct inbound *in);
void exchange_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                     enum ua_answer answer);
void exchange_notice(struct border *b, enum ua_notice notice, const struct ua_event *event);

#endif
