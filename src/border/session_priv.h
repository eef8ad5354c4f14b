/* SPDX-License-Identifier: Apache-2.0 */
/* Session timers of calls (session.c). */
#ifndef BORDER_SESSION_PRIV_H
#define BORDER_SESSION_PRIV_H

#include "border/call_priv.h"

/* An INVITE or UPDATE that asks for an interval too short, from who knows the timer: answers 422
 * and says true. */
bool session_refuses(struct border *b, const struct inbound *in);
/* Session-Expires and Min-SE of a request that goes on; the turn remembers what was asked. */
void session_ask(struct turn *turn, const struct sip_msg *msg, struct buffer *out);
/* The same of an answer: 2xx and 422. */
void session_answer(const struct turn *turn, const struct sip_msg *msg, struct buffer *out);
/* A 2xx to INVITE or UPDATE went back: the call ends when its interval is over, or has none. */
void session_agree(struct call *call, const struct turn *turn, const struct sip_msg *msg);
/* In an INVITE of ours: the time goes on as it was agreed, and the other end refreshes. */
void session_keep(const struct call *call, struct buffer *out);
/* A call enters the tables, new or restored. */
void session_begin(struct call *call);

#endif
