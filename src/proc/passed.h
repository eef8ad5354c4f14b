/* SPDX-License-Identifier: Apache-2.0 */
/* A message between workers of signal as it lies in slots of a ring: cut into pieces by who gives
 * it, checked and put together again by who takes it, who believes nothing of it. Pure. */
#ifndef PROC_PASSED_H
#define PROC_PASSED_H

#include "base/view.h"
#include "event/flow.h"

enum { PASSED_SLOT = 2048, PASSED_LABEL_SIZE = 64, PASSED_MESSAGE_MAX = 65536 };

enum passed_kind {
	PASSED_MESSAGE,     /* came on that flow, is yours */
	PASSED_SEND,        /* leaves by that connection of yours */
	PASSED_UNREACHABLE, /* ICMP said so of that flow */
	PASSED_CLOSED,      /* a connection of mine, a peer's or a phone's */
	PASSED_REGISTERED,  /* that account with me, under the name that the bytes are */
	PASSED_KIND_COUNT
};

struct passed_head {
	uint8_t kind; /* enum passed_kind */
	uint8_t unused[3];
	uint32_t total, offset, len; /* of the whole, and what of it is here */
	uint64_t account;
	struct flow flow;
	char shown[PASSED_LABEL_SIZE];
};

enum { PASSED_ROOM = PASSED_SLOT - sizeof(struct passed_head) };

struct passed_slot {
	struct passed_head head;
	char bytes[PASSED_ROOM];
};
_Static_assert(sizeof(struct passed_slot) == PASSED_SLOT, "a slot is whole");

/* How many a message takes: at least one. */
uint32_t passed_slots(size_t len);
/* Puts what of the message begins at `done` into the slot, whose head has the rest already; says
 * how much that is. */
size_t passed_cut(struct passed_slot *s, struct view message, size_t done);

/* Whether what a slot says of itself can be, with so many listening sockets. Of a copy that nobody
 * else can write to. */
bool passed_is_sound(const struct passed_slot *s, uint16_t listeners);

/* What was put together so far. Zeroed: nothing. */
struct passed_letter {
	uint32_t len;
	char bytes[PASSED_MESSAGE_MAX];
};

/* Adds a sound slot; true: the message is whole, and stays until the next one begins. A
 * beginning whose rest never came, because who wrote it died, is forgotten at the next one. */
bool passed_join(struct passed_letter *l, const struct passed_slot *s);

#endif
