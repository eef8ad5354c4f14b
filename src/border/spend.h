/* SPDX-License-Identifier: Apache-2.0 */
/* What calls may cost, by order of the administrator: acts in every mode and at
 * once. A call to a carrier (where none is configured: a phone's call through
 * its PBX) has a price a minute and is charged at the start of each; the day is
 * that of UTC, its sum survives the worker. Emergencies pass all of it. */
#ifndef BORDER_SPEND_H
#define BORDER_SPEND_H

#include "border/border_priv.h"
#include "border/dial.h"

struct call;

/* From a phone (NULL) or peer to a peer. */
struct spend_way {
	const struct border_peer *from, *to;
};

/* Whether the call may begin. ERR_DENIED with the reason. */
enum err spend_check(const struct border *b, struct spend_way way, const struct dialling *d,
                     enum refusal *ret) MUST_USE;
/* Price a minute of a number in thousandths: the longest rate, else the worst. */
uint32_t spend_price(const struct border_settings *s, const struct dialling *d);
/* What was charged today, what is reserved included. */
uint64_t spend_today_milli(const struct border *b);

/* A call by that way begins, is answered, or ends. */
void spend_begin(struct call *call, struct spend_way way, const struct dialling *d);
void spend_answered(struct call *call);
void spend_end(struct call *call);
/* After a restart: the day's sum; a call that was taken back. */
void spend_restore(struct border *b);
void spend_resume(struct call *call);
void spend_resume_reserved(struct call *call); /* one that is not answered yet */

#endif
