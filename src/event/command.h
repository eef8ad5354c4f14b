/* SPDX-License-Identifier: Apache-2.0 */
/* What may be ordered of a call that stands, and why an order is refused. web asks for it
 * (ASK_COMMAND), signal judges it again and carries it out. */
#ifndef EVENT_COMMAND_H
#define EVENT_COMMAND_H

#include "base/err.h"
#include <stdint.h>

/* In the order of the words of `may` in a control server's block. */
enum command_verb {
	COMMAND_END,
	COMMAND_TRANSFER,
	COMMAND_HOLD,
	COMMAND_DTMF,
	COMMAND_UNHOLD, /* whoever may hold may do that */
	COMMAND_VERB_COUNT
};

enum command_side { COMMAND_SIDE_ANY, COMMAND_SIDE_CALLER, COMMAND_SIDE_CALLEE };

enum {
	COMMAND_TARGET_SIZE = 65,
	COMMAND_DIGITS_SIZE = 33,
	COMMAND_TOKEN_SIZE = 33,
	COMMAND_NAME_SIZE = 32,
};

struct command {
	uint64_t call;    /* its number; both halves of a hairpin have it */
	uint64_t counter; /* of a server: higher than that of its last command */
	uint8_t verb, side;
	uint8_t is_silent; /* hold: with nothing to hear */
	/* Where workers of signal have a half each, the one whose half has the meant end outside
	 * takes it; set: whoever has a half, for that one said that it has none. */
	uint8_t is_any_half;
	char server[COMMAND_NAME_SIZE]; /* control server; empty: a user of the local socket */
	char token[COMMAND_TOKEN_SIZE]; /* of a server: 32 hexadecimal digits */
	char target[COMMAND_TARGET_SIZE], digits[COMMAND_DIGITS_SIZE];
	char reason[160], actor[48];
};

enum command_refusal {
	COMMAND_DONE,
#define COMMAND_REFUSAL(name, word, text, err) COMMAND_##name,
#include "event/command.def"
#undef COMMAND_REFUSAL
	COMMAND_REFUSAL_COUNT
};

/* What came of it. */
struct commanded {
	uint8_t refusal; /* enum command_refusal */
	uint8_t side;    /* enum command_side: the end that heard of it */
	uint16_t status; /* what that end said; 0: nothing */
};

const char *command_verb_name(enum command_verb verb);      /* "end"; static storage */
const char *command_refusal_word(enum command_refusal why); /* "wrong token", "done" */
const char *command_refusal_text(enum command_refusal why); /* for a person */
enum err command_refusal_err(enum command_refusal why);     /* ERR_NONE for COMMAND_DONE */

#endif
