/* SPDX-License-Identifier: Apache-2.0 */
/* How long to let messages gather once all that came was read. Being woken costs more
 * than a message does, so while many come they are taken together: each waits at most
 * the rule's longest rest. While few come nothing waits. Pure: time is an argument. */
#ifndef BASE_PACE_H
#define BASE_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum { PACE_WINDOW_US = 128000 }; /* over which messages are counted */

/* Of one process; none is zero. */
struct pace_rule {
	uint32_t most_us; /* the longest rest */
	uint32_t worth;   /* messages in it: fewer are not worth it */
	uint32_t gather;  /* messages in any rest; sockets hold a multiple of it */
};

/* All zero: nothing came yet. */
struct pace {
	uint64_t since_us; /* of the window */
	uint32_t came;     /* in it */
	uint32_t rest_us;  /* by the window before */
	bool has_news;     /* something came since the last rest was asked for */
	bool is_behind;    /* and not all of it was read */
};

void pace_note(struct pace *p, uint32_t messages);
/* More came than a turn takes: it is followed by the next one, not by a rest. Who is behind
 * would never catch up else. */
void pace_behind(struct pace *p);
/* After a turn: 0 where what comes next is to be taken at once. */
uint32_t pace_rest_us(struct pace *p, const struct pace_rule *rule, uint64_t now_us);

#endif
