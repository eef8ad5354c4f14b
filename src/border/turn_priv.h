/* SPDX-License-Identifier: Apache-2.0 */
/* Turns of a call by what they carry: INVITE there (invite.c) and back (answer.c),
 * other requests (within.c). */
#ifndef BORDER_TURN_PRIV_H
#define BORDER_TURN_PRIV_H

#include "border/call_priv.h"

/* ---- invite.c ---- */

/* Contact, Allow, what may pass, credentials and body. */
void invite_write_rest(struct border *b, const struct inbound *in, const struct leg_facts *to,
                       struct request *r, struct view body);
/* 488 or 503 to the turn's asker, with calls->why; ends the turn. */
void invite_refuse(struct border *b, struct call *call, struct turn *turn, uint16_t status);
/* A re-INVITE or UPDATE goes on as any turn, with its description written anew. */
void invite_within(struct border *b, struct inbound *in, struct call *call, unsigned from);

/* Whether an offer from that leg must wait: another one is not answered yet. 0: no; 491 where
 * the other leg made it, 500 where this one did (RFC 3311 5.2). */
uint16_t offer_is_in_hand(struct border *b, const struct call *call, unsigned from);

/* ---- reliable.c ---- */

enum reliable_kind { RELIABLE_NOT, RELIABLE_NEXT, RELIABLE_LATER };

/* An INVITE sets out. */
void reliable_begin(struct call *call, struct turn *turn, const struct sip_msg *invite);
/* An 18x came: RELIABLE_LATER ones are passed over. */
enum reliable_kind reliable_meet(struct border *b, const struct sip_msg *msg,
                                 const struct turn *turn, struct call *call);
/* Require and RSeq of the 18x that goes on. */
void reliable_lines(struct border *b, struct call *call, struct buffer *lines);
void reliable_prack(struct border *b, struct inbound *in, struct call *call, unsigned from);
void reliable_unpracked(struct border *b, struct turn *turn);

/* ---- transfer.c ---- */

void transfer_refer(struct border *b, struct inbound *in, struct call *call, unsigned from);
void transfer_notify(struct border *b, struct inbound *in, struct call *call, unsigned from);
/* A message/sipfrag as its status line alone. ERR_UNSUPPORTED where it has none. */
void transfer_write_fragment(struct buffer *out, struct view body);

/* ---- answer.c ---- */

void answer_invite(struct border *b, const struct inbound *in, struct turn *turn,
                   enum ua_answer answer);
/* A target that was left for another answers all the same. */
void answer_abandoned(struct border *b, const struct inbound *in, struct turn *turn);
void answer_timeout(struct border *b, struct turn *turn);
/* Who calls is told that nobody can be had, who is called rings no more; `lines` go to both. */
void answer_withdraw(struct border *b, struct turn *turn, struct view lines);
/* Challenge or refusal from the other leg: lines for the asking leg and the status that it gets. */
uint16_t answer_refusal(struct border *b, const struct inbound *in, struct call *call,
                        unsigned asked_by, struct buffer *lines);
/* Writes Contact, Allow and what may pass to the leg that asked; for 1xx and 2xx. */
void answer_lines(struct call *call, unsigned asker, const struct sip_msg *msg,
                  struct buffer *lines);

/* ---- acknowledge.c ---- */

/* The ACK to a 2xx of ours. */
void ack_take(struct border *b, const struct inbound *in, struct call *call, unsigned from);
/* The re-INVITE `in` came ahead of that ACK and stands for it: the call's INVITE is answered, its
 * offer settled, and `in` is of the side that asked (RFC 5407 3.1.4). */
void ack_overtaken(struct border *b, const struct inbound *in, struct call *call);
void ack_missed(struct border *b, struct turn *turn);

/* ---- within.c: other requests ---- */

/* A turn for a request that is no INVITE, its server transaction open; NULL: was answered. */
struct turn *turn_open(struct border *b, struct inbound *in, struct call *call, unsigned from);
void within_request(struct border *b, struct inbound *in, struct call *call, unsigned from);
void within_answer(struct border *b, const struct inbound *in, struct turn *turn);
void within_timeout(struct border *b, struct turn *turn);
void within_bye_unanswered(struct call *call);
/* A BYE of no call, by which a predecessor may have ended one: its answer was lost, and with it
 * died the transaction that would give it again. Whose dialog it is says the tag, which is ours. */
bool within_bye_outlives(const struct border *b, const struct inbound *in);
/* The call ends of something else: who hung up need not wait for what is said to it. */
void within_bye_over(struct call *call);

#endif
