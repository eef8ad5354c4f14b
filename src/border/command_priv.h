/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of commands: one under way, who may give it (command.c), and what is done
 * (command_act.c). */
#ifndef BORDER_COMMAND_PRIV_H
#define BORDER_COMMAND_PRIV_H

#include "border/call_priv.h"
#include "border/command.h"
#include "border/common.h"

enum { COMMAND_PATIENCE_US = 4 * SECOND_US, TRANSFER_PATIENCE_S = 240, DIGITS_PATIENCE_S = 20 };

struct command_row {
	struct border *border;
	struct ask_head question; /* as it came */
	struct command command;
	struct pool_handle call, turn;
	struct timer timer;
	uint8_t leg;    /* that hears of it */
	uint8_t before; /* hold: how it was */
	uint8_t digit;  /* dtmf by INFO: the one that is said now */
	bool is_answered;
};

struct commands {
	struct pool *rows;
	struct command_counter counters[MAX_CONTROL_SERVERS];
	struct hash_key keys[2]; /* of tokens */
};

/* ---- command.c ---- */

/* Answers, keeps the outcome of what was answered before in the trail, and gives the row back. */
void command_end(struct command_row *row, enum command_refusal why, uint16_t status);
/* Answers and leaves the row: how it went on is told to the trail. */
void command_accept(struct command_row *row, uint16_t status, uint64_t patience_us);
struct command_row *command_of_call(struct border *b, const struct call *call, unsigned leg,
                                    enum command_verb verb);
struct command_row *command_of_turn(struct border *b, const struct turn *turn);

/* ---- command_act.c: COMMAND_DONE where it was begun; then the row is ended elsewhere, unless
 * *ret_is_over. ---- */

enum command_refusal command_act(struct command_row *row, struct call *call, bool *ret_is_over);
/* The leg did not agree, or not in time: as it was before. */
void command_undo(struct command_row *row);
/* ---- command_press.c ---- */

enum command_refusal command_press(struct command_row *row, struct call *call);
/* The leg has answered an INFO with a digit: the next one, or the end. */
void command_press_on(struct command_row *row, struct call *call, uint16_t status);
/* Takes a turn without anybody who asked. */
struct turn *command_turn(struct command_row *row, struct call *call, unsigned leg,
                          enum sip_method method);
/* One key by INFO; row NULL: nobody waits for what comes of it. */
enum command_refusal command_inform(struct command_row *row, struct call *call, unsigned leg,
                                    char digit);

/* Ends the call, whatever its state. */
void command_end_call(struct call *call);

#endif
