/* SPDX-License-Identifier: Apache-2.0 */
/* Source, user and target of a fact. */
#include "guard/about.h"

void guard_about_read(const struct hash_key *key, const struct fact *fact, struct guard_about *ret)
{
	struct view account = view_of(fact->account);
	struct guard_key where = guard_key_of(&fact->flow.local, 0);

	where.port = 0;
	ret->fact = fact;
	ret->source = addr_source(&fact->flow.remote);
	ret->is_proven = fact_is_proven((enum fact_proof)fact->proof);
	ret->user = view_first(account, view_find(account, '@', 0));
	ret->user_hash = hash_quick(key, ret->user.at, ret->user.len);
	ret->where = guard_key_hash(key, &where);
	ret->spots[0] = guard_spot_of(key, &ret->source, 0);
	ret->spots[1] = guard_spot_of(key, &ret->source, 1);
}
