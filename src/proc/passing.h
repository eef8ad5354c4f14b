/* SPDX-License-Identifier: Apache-2.0 */
/* What workers of signal hand to each other: a message that one has read and another owns, one
 * that has to leave by a connection of another's, and that a way is broken. A ring from each to
 * each other; what finds it full is dropped and counted. A message longer than a slot takes
 * several in a row. The one that is worked on is held in its ring until that is done, so that of
 * one that ends the worker its successor knows: that one is set aside and not fed again. */
#ifndef PROC_PASSING_H
#define PROC_PASSING_H

#include "proc/child.h"
#include "proc/passed.h"

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
/* Before the first of them: `aside` is told, once, of each that was in hand when the last worker
 * died. It reads what killed that one: behind child_enter. */
void passing_set_aside(void (*aside)(const struct passing *p));

void passing_give(unsigned to, const struct passing *p);
void passing_give_all(const struct passing *p);

/* Who showed himself on the connection of another's by which the last message came. */
const char *passing_shown(const struct flow *flow);

#endif
