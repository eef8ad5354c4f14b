/* SPDX-License-Identifier: Apache-2.0 */
/* What workers of signal hand to each other: a message that one has read and another owns, one
 * that has to leave by a connection of another's, and that a way is broken. A ring from each to
 * each other; what finds it full is dropped and counted. A message longer than a slot takes
 * several in a row. Each is given back before it is worked on, so that one that ends the worker is
 * not fed to its successor. */
#ifndef PROC_PASSING_H
#define PROC_PASSING_H

#include "event/flow.h"
#include "proc/child.h"

enum { PASSED_SLOT = 2048, PASSED_LABEL_SIZE = 64 };

enum passed_kind {
	PASSED_MESSAGE,     /* came on that flow, is yours */
	PASSED_SEND,        /* leaves by that connection of yours */
	PASSED_UNREACHABLE, /* ICMP said so of that flow */
	PASSED_CLOSED,      /* a connection of mine, a peer's or a phone's */
	PASSED_REGISTERED,  /* that account, over a connection of mine */
	PASSED_KIND_COUNT
};

struct passing {
	uint8_t kind; /* enum passed_kind */
	struct flow flow;
	uint64_t account;  /* that is registered there with me (border_account); 0 */
	const char *shown; /* PASSED_MESSAGE: who showed himself there by TLS; "" */
	char *bytes;       /* may be changed by who takes it */
	size_t len;
};

/* Rings to the others, of whom there may be none. */
void passing_begin(struct child *c);
/* From now on `take` gets what they hand over; `p` lives until it returns. */
void passing_listen(void (*take)(const struct passing *p, struct now now));

void passing_give(unsigned to, const struct passing *p);
void passing_give_all(const struct passing *p);

/* Who showed himself on the connection of another's by which the last message came. */
const char *passing_shown(const struct flow *flow);

#endif
