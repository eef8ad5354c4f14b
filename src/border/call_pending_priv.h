/* SPDX-License-Identifier: Apache-2.0 */
/* An INVITE before its ACK, in the checkpoint (call_pending.c). */
#ifndef BORDER_CALL_PENDING_PRIV_H
#define BORDER_CALL_PENDING_PRIV_H

#include "border/call_priv.h"

/* What a slot begins with says what it holds. */
enum pending_kind { PENDING_CALL = 1, PENDING_REFUSAL /* call_refused.c */ };

/* A slot + 1 that is free, or was a refusal's; 0: there is none. */
uint32_t call_pending_take(struct border *b);
/* Empties it too. */
void call_pending_give(struct border *b, uint32_t place);

/* Our INVITE went out. */
void call_pending_begin(struct call *call, const struct turn *turn, const struct inbound *in,
                        const struct request *sent);
/* Both INVITEs as they are kept, the one that came and ours; false: they are not. The views live
 * until that call is next written here. */
bool call_pending_texts(const struct call *call, struct view *ret_came, struct view *ret_sent);
/* Another INVITE of ours goes out in the place of that one. */
void call_pending_again(struct call *call, const struct turn *turn, const struct request *sent);
/* Who is called was heard of for the first time, or a 2xx was given. */
void call_pending_heard(struct call *call, struct turn *turn);
void call_pending_answered(struct call *call, const struct turn *turn);
/* Who is called shall ring no more; a successor would tell him again. What waits for its answer
 * within a call is forgotten. */
void call_pending_cancelled(struct call *call, const struct turn *turn);
/* Something was agreed before the answer. */
void call_pending_agreed(struct call *call);
void call_pending_drop(struct call *call);
/* Those whose dialogs are not there; both transactions begin again. */
void call_pending_restore(struct border *b);

#endif
