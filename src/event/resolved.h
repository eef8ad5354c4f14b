/* SPDX-License-Identifier: Apache-2.0 */
/* Where the peers that are written as names are now: what outreach learnt from DNS, what the
 * parent checked and keeps, what signal, judge and kernel are given. Plain values; the table
 * travels in sealed memory. Rows name the peer and the host, so that a table that is older or
 * newer than the settings does no harm. */
#ifndef EVENT_RESOLVED_H
#define EVENT_RESOLVED_H

#include "event/flow.h"

enum { MAX_RESOLVED_ROWS = 256, MAX_RESOLVED_TARGETS = 8 };
enum { RESOLVED_PEER_SIZE = 32, RESOLVED_HOST_SIZE = 128 };

/* One address that the name stands for. */
struct resolved_target {
	struct addr to; /* with its port */
	/* RFC 2782: the lowest priority first; weights share among those of one priority. */
	uint16_t priority, weight;
	uint8_t transport; /* enum transport_kind */
	uint8_t group;     /* addresses of one SRV record, which share its weight */
	uint8_t unused[2];
};

enum resolved_state {
	RESOLVED_NOT_YET, /* nobody has answered since the start */
	RESOLVED_GOOD,
	RESOLVED_STALE, /* asked again in vain: the last good answer counts */
	RESOLVED_GONE,  /* DNS says that there is no such name; likewise */
};

struct resolved_row {
	char peer[RESOLVED_PEER_SIZE], host[RESOLVED_HOST_SIZE];
	struct resolved_target targets[MAX_RESOLVED_TARGETS];
	int64_t learnt_wall_us; /* the last good answer; 0: none yet */
	uint32_t life_s;        /* how long it counts, floor and ceiling applied */
	uint8_t count;          /* of targets */
	uint8_t state;          /* enum resolved_state */
	uint8_t unused[2];
};

struct resolved_table {
	uint32_t count;
	uint32_t unused;
	struct resolved_row rows[MAX_RESOLVED_ROWS];
};

/* The row of that peer under that host; NULL. */
const struct resolved_row *resolved_find(const struct resolved_table *t, struct view peer,
                                         struct view host);
/* Whether a row can be believed in its form: texts that end, counts within bounds, addresses
 * with ports that are neither multicast nor nowhere, transports that we speak. What it says is
 * another matter. */
bool resolved_is_sound(const struct resolved_row *row);
const char *resolved_state_name(enum resolved_state state); /* "good" ...; static storage */

/* The order in which one call tries them: by priority, within one by RFC 2782's draw, and the
 * addresses of one record one behind the other. `draws` are random, one a place. */
void resolved_order(const struct resolved_target *targets, unsigned count,
                    const uint32_t draws[MAX_RESOLVED_TARGETS], uint8_t ret[MAX_RESOLVED_TARGETS]);

#endif
