/* SPDX-License-Identifier: Apache-2.0 */
/* The known flows: those with a live registration or dialog. They are exempt
 * from what is decided about their address, and keep a budget of their own. A
 * flow stays as long as somebody holds it (registration or dialog: two real
 * owners, hence a count). */
#ifndef BORDER_KNOWN_H
#define BORDER_KNOWN_H

#include "base/map.h"
#include "base/pool.h"
#include "event/flow.h"
#include "guard/bound.h"

struct known_flow {
	struct map_node by_flow;
	struct flow flow;
	struct guard_bucket budget;        /* of what fits it: its registrations and dialogs */
	struct guard_bucket others_budget; /* of what anybody may have written in its name */
	uint32_t holders;
	struct known_host *host;
};

struct known_table {
	struct pool *flows, *hosts;
	struct map by_flow, by_host;
};

/* ERR_NO_MEMORY, ERR_LIMIT. */
enum err known_table_init(struct known_table *t, uint32_t max_flows,
                          const struct hash_key *key) MUST_USE;
void known_table_clear(struct known_table *t);

struct known_flow *known_find(const struct known_table *t,
                              const struct flow *flow); /* NULL: not known */
/* The same, and whether any flow of its source is known: a stranger's costs one look-up. */
struct known_flow *known_find_with_host(const struct known_table *t, const struct flow *flow,
                                        bool *ret_has_host);
/* Makes it known or adds a holder. ERR_FULL. The pointer lives until its last holder lets go. */
enum err known_hold(struct known_table *t, const struct flow *flow,
                    struct known_flow **ret) MUST_USE;
void known_release(struct known_table *t,
                   struct known_flow **flow); /* empties the pointer; an empty one is fine */

/* Whether any flow of that source (port ignored, IPv6 by /64) is known. */
bool known_has_host(const struct known_table *t, const struct addr *source);

#endif
