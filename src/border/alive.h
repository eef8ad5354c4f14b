/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the ends of a call still stand in it, where nothing else would tell: its media is held,
 * or it has none, so that silence says nothing, and no session timer was agreed (RFC 4028). Each
 * end is asked by OPTIONS within its dialog (RFC 3261 11); the call is over where one says that it
 * knows none (481), or nothing at all. Whatever else is answered, also a refusal, comes from
 * somebody. */
#ifndef BORDER_ALIVE_H
#define BORDER_ALIVE_H

#include "border/border_priv.h"

enum { ALIVE_EVERY_S = 15 * 60 }; /* how often, in seconds */

struct call;

/* Asks, if that call is such a one. */
void alive_ask(struct call *call);
void alive_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                  enum ua_answer answer);
void alive_notice(struct border *b, enum ua_notice notice, const struct ua_event *event);

#endif
