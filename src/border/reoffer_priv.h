/* SPDX-License-Identifier: Apache-2.0 */
/* Phones, and peers over TLS, that refuse what they are offered: the same INVITE goes to them again
 * in another form (form.h), each form once, until one is taken. Who calls hears of the last refusal
 * alone. What a phone shows is kept with its registrations, so that the next call is offered right
 * at once. */
#ifndef BORDER_REOFFER_PRIV_H
#define BORDER_REOFFER_PRIV_H

#include "border/call_priv.h"

/* The callee's first form, once its flow and policy are known. */
void reoffer_begin(struct call *call, const struct registration *callee);
/* That leg offered, or answered, a line so, which stands in `came`: `s` is what would be agreed. */
void reoffer_offered(struct call *call, unsigned leg, unsigned stream,
                     const struct stream_secure *s);
void reoffer_answered(struct call *call, unsigned leg, unsigned stream,
                      const struct stream_secure *s);
/* That leg's answer does not fit what it was offered: what it wants instead is good to know for the
 * next call. */
void reoffer_misfit(struct call *call, unsigned leg, unsigned stream);
/* The call's first INVITE was refused: false where the form was not why, or none is left. Only
 * while both INVITEs lie in the checkpoint. */
bool reoffer_next(struct border *b, const struct sip_msg *refusal, struct call *call,
                  struct turn *turn);

/* The flow by which the call's first INVITE went is gone, and nothing came back: where the phone is
 * reached by another one since (leg_move), it goes there. Under the same conditions. */
bool reoffer_elsewhere(struct border *b, struct call *call, struct turn *turn,
                       const struct flow *went);

/* The proxy by which it went says that the flow from there is gone (430): so the registration ends,
 * and it goes by another flow of that instance. Under the same conditions. */
bool reoffer_flow_failed(struct border *b, struct call *call, struct turn *turn);

/* The call's description, written anew from the INVITE that came for the callee as its leg now
 * is: another target of the call with keys of its own, or the one in hand with those that it was
 * offered. Empty: the INVITE does not lie in the checkpoint, or cannot be offered so. It lives
 * until the next description. */
enum reoffer_keys { REOFFER_SAME_KEYS, REOFFER_NEW_KEYS };
struct view reoffer_description(struct call *call, enum reoffer_keys keys);

#endif
