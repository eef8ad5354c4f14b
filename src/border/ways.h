/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses of a peer: the one that was written, or those that its name stands for now. Each
 * is known by whether it answers; one of them is the peer's `address` in the settings, where what
 * is no call goes. */
#ifndef BORDER_WAYS_H
#define BORDER_WAYS_H

#include "border/border_priv.h"
#include "border/target.h"

enum presence { PRESENCE_UNKNOWN, PRESENCE_HERE, PRESENCE_AWAY };

struct way {
	struct resolved_target to;
	uint64_t rest_until_us; /* after silence the others are asked first */
	uint8_t presence;       /* enum presence: what the last question came to */
	bool is_asked;          /* an answer is awaited */
};

struct ways {
	struct way ways[MAX_RESOLVED_TARGETS];
	int64_t learnt_wall_us;
	uint32_t edition; /* of the table: rises with each change of it */
	uint8_t count;
	uint8_t state; /* enum resolved_state; GOOD where no name was written */
};

/* Fills them for the peer's row: its address, or the row of the table (NULL: none). What is known
 * of an address that stays is kept, but no answer to what was asked before is waited for. */
void ways_fill(struct border *b, uint16_t row, const struct resolved_row *resolved,
               struct ways *ways);
/* Makes the first that answers the peer's address; the one that is stays while it does. */
void ways_settle(struct border *b, uint16_t row, const struct ways *ways);

bool ways_is_away(const struct border *b, const struct way *w);
/* Each peer of the targets becomes one target for each of its ways, in RFC 2782's order; of more
 * than MAX_TARGETS the last are left out. A name that is not known yet leaves one without an
 * address. */
void ways_expand(const struct border *b, struct targets *targets);
/* The way of that address; NULL. `is_host_enough`: whatever its port. */
const struct way *ways_at(const struct border *b, uint16_t row, const struct addr *address,
                          bool is_host_enough);
/* Members "targets" of the peer's object, and what is known of its name. */
void ways_write(struct buffer *out, const struct border *b, uint16_t row);

#endif
