/* SPDX-License-Identifier: Apache-2.0 */
/* Messages on the channel between parent and child. Set-up: any number of THINGS,
 * one FACTS, one START (parent to child); then READY (child to parent). From
 * then on ASK both ways. KEPT and REFUSED: between two parents, see proc/upgrade.h.
 * Both are of one build, started by one parent; still the parent checks every byte,
 * since a child may be anybody's. */
#ifndef PROC_FRAME_H
#define PROC_FRAME_H

#include "os/channel.h"
#include "proc/things.h"

enum frame_kind {
	FRAME_THINGS = 1,
	FRAME_FACTS,
	FRAME_START,
	FRAME_READY,
	FRAME_ASK,
	FRAME_KEPT,
	FRAME_REFUSED
};

struct frame_head {
	uint32_t kind;  /* enum frame_kind */
	uint32_t thing; /* enum thing */
	uint32_t index; /* of the first descriptor */
	uint32_t unused;
};

_Static_assert(sizeof(struct frame_head) + sizeof(struct ask) <= CHANNEL_MESSAGE_MAX,
               "an ask fits its message");
_Static_assert(sizeof(struct frame_head) + sizeof(struct child_facts) <= CHANNEL_MESSAGE_MAX,
               "the facts fit their message");

/* Begins a message: its head, no descriptors. */
void frame_begin(struct channel_message *m, enum frame_kind kind);
void frame_ask_write(struct channel_message *m, const struct ask *ask);
/* ERR_SHORT. */
enum err frame_head_read(const struct channel_message *m, struct frame_head *ret) MUST_USE;
/* Checks kind and sizes; bytes of the body beyond head.size are 0. ERR_SHORT, ERR_SYNTAX. */
enum err frame_ask_read(const struct channel_message *m, struct ask *ret) MUST_USE;

#endif
