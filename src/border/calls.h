/* SPDX-License-Identifier: Apache-2.0 */
/* Calls: what an INVITE begins. Two dialogs, one on each side, each with its
 * own transactions; messages go from one to the other one to one, written anew. */
#ifndef BORDER_CALLS_H
#define BORDER_CALLS_H

#include "border/border_priv.h"

/* All memory for settings.max_calls. ERR_NO_MEMORY, ERR_LIMIT. */
enum err calls_new(struct border *b, struct calls **ret) MUST_USE;
void calls_free(struct calls **c);
/* Takes confirmed dialogs back from the checkpoint and orders their media
 * anew; how many. After registrations_restore. */
uint32_t calls_restore(struct border *b);

/* An INVITE without To tag from a known flow or a peer, not seen before. */
void calls_invite(struct border *b, struct inbound *in);
/* A CANCEL that no transaction absorbed. */
void calls_cancel(struct border *b, struct inbound *in);
/* A request with a To tag, or an ACK; `passed` is the transaction's event where
 * the transaction layer passed an ACK on, else NULL. Answers, carries or drops
 * it; wrong tags: 481 to a known flow or peer, silence to a stranger. */
void calls_in_dialog(struct border *b, struct inbound *in, const struct ua_event *passed);

void calls_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                  enum ua_answer answer);
/* A 2xx to an INVITE whose transaction died with a predecessor: where its call stands the ACK was
 * lost, and is said again. False: it is none. */
bool calls_acknowledge_again(struct border *b, const struct inbound *in);
void calls_notice(struct border *b, enum ua_notice notice, const struct ua_event *event);
void calls_request_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                          enum ua_answer answer);
void calls_request_notice(struct border *b, enum ua_notice notice, const struct ua_event *event);

/* Nobody need hear the refusal of that transaction again: its ACK came, or its time is over. */
void calls_refusal_over(struct border *b, const struct ua_event *event);

void calls_media_event(struct border *b, const struct media_event *event);
/* Whether a message's dialog (Call-ID and our tag) is one of that flow: it fits
 * the flow and is charged to its budget. */
bool calls_has_dialog(const struct border *b, const struct sip_msg *msg, const struct flow *flow);
/* Peers have other rows now: their calls go with them. */
void calls_apply(struct border *b, const struct border_settings *old);
/* That connection is gone: no flow of a call is known by it any more. */
void calls_disconnected(struct border *b, const struct flow *flow);
/* An account has registered from a connection: its calls whose own is gone go on over it. */
void calls_registered(struct border *b, uint64_t account_hash, const struct flow *flow);
/* Whether that account speaks from there: it is registered on the flow, here or with another
 * worker who has handed the message over. */
bool calls_is_account(const struct border *b, const struct flow *flow, uint64_t account_hash);
/* Rows for ASK_LIVE_CALLS. */
void calls_list(struct border *b, const struct ask *question,
                void (*answer)(void *context, const struct ask *row), void *context);

/* Every one that stands, by BYE; how many there are, those in set-up and in their end too. */
void calls_hang_up(struct border *b);
/* Records those that are over and wait for figures alone. */
void calls_settle(struct border *b);
uint32_t calls_live(const struct border *b);

#endif
