/* SPDX-License-Identifier: Apache-2.0 */
/* The table of port pairs: written once by the parent, read by signal (which draws numbers) and
 * the workers of media (which hold the sockets of their rows, in the same order). */
#ifndef EVENT_PORT_TABLE_H
#define EVENT_PORT_TABLE_H

#include "base/addr.h"

enum { MAX_PORT_PAIRS = 16384 };

/* A pair of UDP ports for RTP and RTCP, or one TCP port. */
enum port_kind { PORT_PAIR, PORT_STREAM };

struct port_pair {
	struct addr local; /* RTP address and even port on this side, or that of the stream */
	uint8_t side;
	uint8_t kind;     /* enum port_kind */
	uint8_t is_spare; /* as many of the kind are kept free for emergency calls */
	uint8_t worker;   /* of media, who has its sockets */
};

struct port_table {
	uint32_t version; /* 1 */
	uint32_t count;
	struct port_pair pairs[]; /* grouped by side */
};

#endif
