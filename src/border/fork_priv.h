/* SPDX-License-Identifier: Apache-2.0 */
/* Forks of a call that rings (RFC 3261 12.1.2): each 18x with a To tag of its own
 * is an early dialog, which who asked knows by a tag of ours of its own. The one
 * that spoke last stands in the call's legs, the others are parked here. */
#ifndef BORDER_FORK_PRIV_H
#define BORDER_FORK_PRIV_H

#include "border/call_priv.h"

enum { MAX_CALL_FORKS = 8 }; /* of one call, beside the one in its legs */

/* For so many calls: a quarter of them may fork at once. ERR_NO_MEMORY, ERR_LIMIT. */
enum err forks_new(struct calls *c, uint32_t calls, const struct hash_key *key) MUST_USE;
void forks_free(struct calls *c);

/* An answer with that To tag came to the call's first INVITE: its fork now stands in the legs.
 * False: there is no room for one more. */
bool fork_speaks(struct call *call, struct view tag);
/* The call that knows one of its parked forks by this tag of ours, if the request's other tags
 * fit; the fork then stands in its legs. NULL: none. */
struct call *fork_by_tag(struct border *b, struct view tag, const struct sip_msg *request);
/* A request or an answer within a dialog came on that leg: the fork that it names, if any, then
 * stands in the legs. */
void fork_heard(struct call *call, unsigned leg, const struct sip_msg *msg);
/* The call is answered or over. */
void forks_forget(struct call *call);

/* The answer of a fork that is not heard yet. False: does not fit. */
bool fork_keep_answer(struct call *call, struct view description);
struct view fork_kept_answer(const struct call *call);

#endif
