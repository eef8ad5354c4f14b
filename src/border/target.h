/* SPDX-License-Identifier: Apache-2.0 */
/* Which peers a peer's call may go to: the routes of the configuration held
 * against what was dialled. Pure: the same question has the same answer. */
#ifndef BORDER_TARGET_H
#define BORDER_TARGET_H

#include "border/settings.h"

enum { MAX_TARGETS = 16 };

/* One address of a peer; family 0: it is not known. */
struct target_way {
	struct addr to;
	uint8_t transport; /* enum transport_kind */
};

struct target_question {
	struct view dialled, host;   /* user and host of the Request-URI */
	struct view meant;           /* dial_meant of it */
	uint16_t from;               /* row in peers */
	const struct addr *face;     /* the address called, where a peer appears as it; or NULL */
	uint32_t draws[MAX_TARGETS]; /* random: which of one priority comes first */
};

struct targets {
	uint16_t peers[MAX_TARGETS];         /* rows, in the order in which they are tried */
	uint16_t routes[MAX_TARGETS];        /* the rows that named them */
	struct target_way ways[MAX_TARGETS]; /* filled by ways_expand */
	uint8_t count;
};

/* What fits best; count 0: nothing does. Beyond MAX_TARGETS the later rows are left out. */
void target_find(const struct border_settings *s, const struct target_question *q,
                 struct targets *ret);

/* Whether `number` or `prefix` of a route can be read. */
bool target_is_pattern(struct view number);
bool target_is_prefix(struct view prefix);
/* Whether the pattern of a route holds what was meant (empty: unread) or dialled. */
bool target_fits(const struct border_route *r, struct view dialled, struct view meant);

#endif
