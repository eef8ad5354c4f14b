/* SPDX-License-Identifier: Apache-2.0 */
/* What the workers of signal count together: how many calls there are, what was spent, which
 * ports are taken; and by what number they know a call of which two have a half. Each writes its
 * own row and reads all: a worker that died leaves the figures of calls that still stand, and its
 * successor writes them anew. Between two that look at once a limit may be passed by one call.
 * Without memory in common every sum of others is 0. */
#ifndef BORDER_COMMON_H
#define BORDER_COMMON_H

#include "border/path.h"
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

/* The numbers of calls by what we named them to a PBX, for whoever has their other half. What
 * begins at the same place pushes out what stood there: the other half begins at once or never. */
enum { COMMON_NUMBERS = 16384 };
struct border_common_number {
	_Atomic uint64_t serial, number; /* 0: none */
};

/* An address of a peer that left a call without an answer, by a hash of it; one pushes out
 * another. */
enum { COMMON_RESTS = 1024 };
struct border_common_rest {
	_Atomic uint64_t address, until_us;
};

/* The last command of each control server that counted, by a hash of its name; the call that it
 * ended. */
struct border_common_counter {
	_Atomic uint64_t server, last, ended;
};

/* By which proxies a carrier wants to be asked, told by the first. */
enum { COMMON_ROUTE_WORDS = PATH_SIZE / 8 };
struct border_common_route {
	_Atomic uint64_t version; /* odd while it is written */
	_Atomic uint64_t until_us, text[COMMON_ROUTE_WORDS];
};

/* Zeroed by the parent at its start. */
struct border_common {
	struct border_common_row rows[MAX_SIGNAL_WORKERS];
	_Atomic uint64_t begun_us[MAX_PEERS]; /* up to when new calls of that peer are used up */
	/* What the first has learnt of peers' addresses by asking: a hash of the address, above
	 * what it came to; 0: nothing. */
	_Atomic uint64_t presence[MAX_PEERS][MAX_RESOLVED_TARGETS];
	struct border_common_route routes[MAX_PEERS];
	uint8_t taken[MAX_PORT_PAIRS]; /* each by the worker whose share it is of */
	struct border_common_rest rests[COMMON_RESTS];
	struct border_common_number numbers[MAX_SIGNAL_WORKERS][COMMON_NUMBERS];
	struct border_common_counter counters[MAX_SIGNAL_WORKERS][MAX_CONTROL_SERVERS];
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

/* Whether peers answer: asked by the first, who tells what he knows of that row, and heard by the
 * others. Heard of none: UNKNOWN. */
struct ways;
struct way;
bool common_is_asked_elsewhere(const struct border *b);
void common_tell_presence(struct border *b, uint16_t peer, const struct ways *ways);
uint8_t common_presence(const struct border *b, uint16_t peer,
                        const struct way *way); /* enum presence */
/* Until when an address of a peer is asked last, as any worker has found; 0: it answers. */
void common_tell_rest(struct border *b, const struct way *way, uint64_t until_us);
uint64_t common_rest_us(const struct border *b, const struct way *way);

/* Empty, or not in force any more: none. Heard of none while it is being written. */
void common_tell_route(struct border *b, uint16_t peer, const char route[PATH_SIZE],
                       uint64_t until_us);
bool common_route(const struct border *b, uint16_t peer, char ret[PATH_SIZE]);

/* The number of our call that bears that serial, and 0 once it is over. */
void common_tell_number(struct border *b, uint64_t serial, uint64_t number);
/* That of another worker's; 0: it has none. */
uint64_t common_number(const struct border *b, unsigned owner, uint64_t serial);

/* What one worker took last from a control server. */
struct command_counter {
	uint64_t server, last; /* a hash of its name, 0: nobody's; the counter */
	uint64_t ended;        /* the call, where that command ended one */
};
/* Our own, in one of MAX_CONTROL_SERVERS places; what who had our place before left there. */
void common_tell_counter(struct border *b, unsigned place, const struct command_counter *counter);
void common_own_counter(const struct border *b, unsigned place, struct command_counter *ret);
/* The highest that another worker has of that server; ended: the call that all of those ended which
 * have it. */
struct command_counter common_counter(const struct border *b, uint64_t server);

/* One more new call of that peer, of `most` a second of all workers. */
bool common_may_begin(struct border *b, uint16_t peer, uint32_t most);

#endif
