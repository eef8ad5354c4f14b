/* SPDX-License-Identifier: Apache-2.0 */
/* Between signal's worker and the others: what came here and is another's goes there, what came
 * there and is ours comes here (proc/passing.h carries it, border/whose.c says whose it is). */
#ifndef PROC_HANDING_H
#define PROC_HANDING_H

#include "base/pace.h"
#include "border/border.h"
#include "proc/passing.h"
#include "transport/tcp.h"

struct handing {
	struct child *child;
	struct tcp *tcp;
	struct pace *pace;
	struct now *now; /* of the turn: set before the border is called */
};

/* Before the border, which says at once what its predecessor left unsaid. All is borrowed. */
void handing_begin(const struct handing *h);
/* From now on what others hand over is taken. */
void handing_listen(struct border *b);
/* Of what they had handed over, the last worker here died with that in hand; once, before the
 * first is taken, and behind child_enter. */
void handing_set_aside(void (*aside)(const struct flow *flow, struct view bytes));

/* What was read here, to the border or to another worker. */
void handing_receive(const struct flow *flow, char *bytes, size_t len);
/* True: it leaves by a connection of another's, who has it now. */
bool handing_sends(const struct flow *to, struct view bytes);
void handing_unreachable(const struct flow *flow);
/* A connection is gone; before the border hears of it. */
void handing_closed(const struct flow *flow);
/* A phone has registered there. */
void handing_registered(const struct flow *flow);
/* Who showed himself by TLS on that connection, wherever it is. */
const char *handing_shown(const struct flow *flow);

#endif
