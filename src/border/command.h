/* SPDX-License-Identifier: Apache-2.0 */
/* Commands about calls that stand, by users of the local socket and by control servers: each is
 * judged here, whoever passed it on, then carried out on the call's legs, and answered when the
 * leg has (docs/decisions, commands on calls). */
#ifndef BORDER_COMMAND_H
#define BORDER_COMMAND_H

#include "border/border_priv.h"
#include "event/command.h"

struct call;
struct turn;
struct sip_event;

enum { MAX_COMMANDS = 256 }; /* under way */

/* ERR_NO_MEMORY. */
enum err commands_new(struct border *b, struct commands **ret) MUST_USE;
void commands_free(struct commands **c);

/* ASK_COMMAND: answered through ports.answer, at once or within COMMAND_PATIENCE_US. */
void command_take(struct border *b, const struct ask *question);

/* Rows for ASK_CONTROL_CALLS: calls of the peer of the server that is named, none for another. */
void command_list(struct border *b, const struct ask *question,
                  void (*answer)(void *context, const struct ask *row), void *context);

/* The token of a call for one server: 128 bits that nobody guesses; another one after a restart. */
void command_token(const struct border *b, uint64_t call, struct view server,
                   char ret[COMMAND_TOKEN_SIZE]);

/* What came of requests of ours (turn->is_ours). */
void command_answer_invite(struct border *b, const struct inbound *in, struct turn *turn,
                           enum ua_answer answer);
void command_answer(struct border *b, const struct inbound *in, struct turn *turn);
void command_timeout(struct border *b, struct turn *turn);
/* A NOTIFY about a REFER of ours: answers it and says true. */
bool command_hears(struct border *b, struct inbound *in, struct call *call, unsigned from,
                   const struct sip_event *event);
/* Media has said the digits of a command to that leg. */
void command_pressed(struct call *call, unsigned leg);
/* The call is over: what was asked of it is answered. */
void commands_forget(struct call *call);

#endif
