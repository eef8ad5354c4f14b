/* SPDX-License-Identifier: Apache-2.0 */
/* One place a flow, by its hash: who finds it taken by another that was heard within the
 * last second is read in full, as if there were no table. */
#include "guard/refrain.h"

#include "base/now.h"
#include "guard/bound.h"
#include "guard/recent.h"
#include "sip/outline.h"

#include <stdlib.h>

enum { QUIET_US = SECOND_US };

struct refrain {
	uint64_t hash, outline;
	uint64_t heard_us; /* when one was last read in full */
	struct guard_bucket told;
	uint32_t unread; /* since then */
};

struct guard_refrains {
	struct hash_key key;
	uint64_t heard_us; /* the last of all */
	struct refrain rows[MAX_REFRAINS];
};

enum err guard_refrains_new(const struct hash_key *key, struct guard_refrains **ret)
{
	struct guard_refrains *r = calloc(1, sizeof(*r));

	if (!r)
		return ERR_NO_MEMORY;
	r->key = *key;
	*ret = r;
	return ERR_NONE;
}

void guard_refrains_free(struct guard_refrains **r)
{
	free(*r);
	*r = NULL;
}

static struct refrain *row_of(struct guard_refrains *r, const struct flow *flow, uint64_t *ret_hash)
{
	struct guard_spot spot = guard_spot_of(&r->key, &flow->remote, guard_flow_extra(flow));

	*ret_hash = spot.hash;
	return &r->rows[spot.hash % MAX_REFRAINS];
}

static bool is_quiet(uint64_t heard_us, uint64_t now_us)
{
	return heard_us == 0 || now_since(now_us, heard_us) >= QUIET_US;
}

bool guard_refrain_holds(struct guard_refrains *r, const struct flow *flow, struct view bytes,
                         uint64_t now_us)
{
	static const struct guard_rate told = { REFRAIN_TOLD, 1000 };
	struct refrain *row;
	uint64_t hash;

	/* Mostly nobody does: strangers pay nothing for it. */
	if (is_quiet(r->heard_us, now_us))
		return false;
	row = row_of(r, flow, &hash);
	if (row->hash != hash || is_quiet(row->heard_us, now_us) ||
	    row->unread >= REFRAIN_STEP - 1 || sip_outline(bytes) != row->outline ||
	    guard_bucket_take(&row->told, &told, now_us))
		return false;
	row->unread++;
	return true;
}

uint32_t guard_refrain_note(struct guard_refrains *r, const struct flow *flow, struct view bytes,
                            uint64_t now_us)
{
	uint64_t hash, outline = sip_outline(bytes);
	struct refrain *row = row_of(r, flow, &hash);
	uint32_t stands_for = 1;

	if (row->hash == hash)
		stands_for += row->unread;
	else if (is_quiet(row->heard_us, now_us))
		*row = (struct refrain){ .hash = hash };
	else
		return 1;
	row->unread = 0;
	/* What has no outline would be equal to all else that has none. */
	row->heard_us = outline != 0 ? now_us : 0;
	row->outline = outline;
	r->heard_us = now_us;
	return stands_for;
}
