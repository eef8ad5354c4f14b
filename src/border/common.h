/* SPDX-License-Identifier: Apache-2.0 */
/* What the workers of signal count together: how many calls there are, what was spent, which
 * ports are taken. Each writes its own row and reads all, so a worker that died leaves the figures
 * of calls that still stand, and its successor writes them anew. Between two that look at once a
 * limit may be passed by one call. Without memory in common every sum of others is 0. */
#ifndef BORDER_COMMON_H
#define BORDER_COMMON_H

#include "border/settings.h"
#include "event/ask.h"
#include "event/port_table.h"

#include <stdatomic.h>

struct border;

struct border_common_row {
	_Atomic uint32_t calls, abroad;
	_Atomic int64_t day;
	_Atomic uint64_t spent_milli, reserved_milli;
	_Atomic uint32_t peer_calls[MAX_PEERS];
};

/* Zeroed by the parent at its start. */
struct border_common {
	struct border_common_row rows[MAX_SIGNAL_WORKERS];
	_Atomic uint64_t begun_us[MAX_PEERS]; /* up to when new calls of that peer are used up */
	uint8_t taken[MAX_PORT_PAIRS];        /* each by the worker whose share it is of */
};

/* Of the other workers, now. */
uint32_t common_calls(const struct border *b);
uint32_t common_peer_calls(const struct border *b, uint16_t peer);
uint32_t common_abroad(const struct border *b);
uint64_t common_spent_milli(const struct border *b, int64_t day); /* and reserved */

/* Our own: calls at once; what b->spending says; calls of a peer. */
void common_tell_calls(struct border *b);
void common_tell_spending(struct border *b);
void common_tell_peer(struct border *b, uint16_t peer, uint32_t calls);

/* One more new call of that peer, of `most` a second of all workers. */
bool common_may_begin(struct border *b, uint16_t peer, uint32_t most);

#endif
