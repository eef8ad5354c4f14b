/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams of one batch that may leave as one: of one length, by one way. The kernel then takes
 * them through its layers together (UDP_SEGMENT), and each is on the wire what it was alone.
 * None overtakes another of its own call, which it knows by the Call-ID. Pure. */
#ifndef TRANSPORT_BUNCH_H
#define TRANSPORT_BUNCH_H

#include "event/flow.h"

/* The kernel takes 64 pieces as one, and as many bytes as a datagram may have. */
enum { BUNCH_LETTERS = 128, BUNCH_PIECES = 64, BUNCH_BYTES = 60000 };

struct bunch_letter {
	const struct flow *to;
	struct view bytes;
	bool is_alone; /* may not be joined to others */
};

struct bunches {
	size_t count;
	uint8_t sizes[BUNCH_LETTERS]; /* letters of each */
	uint8_t order[BUNCH_LETTERS]; /* their numbers, one bunch after the other */
};

/* Of BUNCH_LETTERS letters at most. */
void bunch_sort(const struct bunch_letter *letters, size_t count, struct bunches *ret);

#endif
