/* SPDX-License-Identifier: Apache-2.0 */
/* A call's further targets: where one is silent or says that it cannot, the
 * same INVITE goes to the next, as long as nobody rings (attempt.c). */
#ifndef BORDER_ATTEMPT_PRIV_H
#define BORDER_ATTEMPT_PRIV_H

#include "border/call_priv.h"
#include "border/route.h"

/* As many as there are calls, MAX_ATTEMPTS at most; a call beyond has one target. */
enum { MAX_ATTEMPTS = 1024 };
enum err attempts_new(uint32_t calls, struct pool **ret) MUST_USE;

/* Keeps what was sent to the route's first target, where there is another or we may have to
 * log in there. */
void attempt_keep(struct call *call, const struct route *route, struct view request);
void attempt_drop(struct call *call);
/* Whether that answer is a reason to ask the next: it could not be reached or is too busy. */
bool attempt_wants_next(uint16_t status);
/* Asks the next one; what the one before may still say goes to answer_abandoned. False:
 * there is none, or it cannot be asked. */
bool attempt_next(struct border *b, struct call *call, struct turn *turn);

/* The target wants to know who we are: the same INVITE again, with our credentials. False:
 * we have none for that challenge, or they were refused. */
bool attempt_authorize(struct border *b, const struct inbound *in, struct call *call,
                       struct turn *turn);

/* Whether a call's INVITE is kept here. */
bool attempt_is_kept(const struct call *call);
/* The target refused the form of what it was offered: the same INVITE again with that description.
 * False: nothing is kept, or it could not be sent. */
bool attempt_reoffer(struct border *b, struct call *call, struct turn *turn, struct view body);

#endif
