/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals that may have been lost. Who has heard 100 does not ask again: if the refusal that
 * follows is lost, and the worker that would say it again dies, he waits for nothing. So it lies
 * in the checkpoint until its ACK, or for as long as it would be repeated (RFC 3261 17.2.1); where
 * there is no room for a call that begins, the oldest is forgotten. */
#ifndef BORDER_CALL_REFUSED_PRIV_H
#define BORDER_CALL_REFUSED_PRIV_H

#include "border/call_priv.h"

/* ERR_NO_MEMORY. */
enum err call_refused_new(struct calls *c, uint32_t max_calls) MUST_USE;
void call_refused_free(struct calls *c);

/* Answers what that turn asks with a refusal. `lines` are whole header lines or empty. That of an
 * INVITE takes its place in the checkpoint, unless it has to be cancelled yet. */
void call_refuse(struct border *b, struct call *call, const struct turn *turn, uint16_t status,
                 struct view lines);

/* The slot + 1 of what gives up its own; 0: there is none. */
uint32_t call_refused_oldest(struct border *b);
/* What a predecessor kept in that slot is given again; false: it is over. */
bool call_refused_restore(struct border *b, uint32_t slot, struct view saved);

#endif
