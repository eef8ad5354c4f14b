/* SPDX-License-Identifier: Apache-2.0 */
/* How long to let messages gather once all that came was read. Being woken costs more
 * than a message does, so while many come they are taken together: each waits at most
 * PACE_REST_MOST_US, a hundredth of what SIP calls quick (T1 is 500 ms). While few come
 * nothing waits. Pure: time is an argument. */
#ifndef TRANSPORT_PACE_H
#define TRANSPORT_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	PACE_REST_MOST_US = 5000,
	PACE_WINDOW_US = 128000, /* over which messages are counted */
	PACE_WORTH = 3,          /* messages in the longest rest: fewer are not worth it */
	PACE_GATHER = 64,        /* messages in any rest; sockets hold a multiple of it */
};

struct pace {
	uint64_t since_us; /* of the window */
	uint32_t came;     /* in it */
	uint32_t rest_us;  /* by the window before */
	bool has_news;     /* something came since the last rest was asked for */
};

void pace_note(struct pace *p, uint32_t messages);
/* After a turn in which all was read: 0 where what comes next is to be taken at once. */
uint32_t pace_rest_us(struct pace *p, uint64_t now_us);

#endif
