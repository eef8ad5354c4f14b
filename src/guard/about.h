/* SPDX-License-Identifier: Apache-2.0 */
/* What a fact is about, read out of it and hashed once for all who judge it. */
#ifndef GUARD_ABOUT_H
#define GUARD_ABOUT_H

#include "event/fact.h"
#include "guard/recent.h"

struct guard_about {
	const struct fact *fact;
	struct addr source;         /* whom it counts for, whatever his port */
	struct guard_spot spots[2]; /* his rows: of extra 0, and of extra 1, for what is proven */
	struct view user;           /* of the account, without its domain */
	uint64_t user_hash;
	uint64_t where; /* hash of the host that he asked */
	bool is_proven;
};

/* `key` is that of all tables in which it is looked for. The fact is borrowed. */
void guard_about_read(const struct hash_key *key, const struct fact *fact, struct guard_about *ret);

/* His row for what is proven, or for what is not. */
static inline const struct guard_spot *guard_about_spot(const struct guard_about *a)
{
	return &a->spots[a->is_proven];
}

/* Of a literal of fewer bytes than a method may have: told without a call. */
#define GUARD_METHOD_IS(fact, literal) (memcmp((fact)->method, literal, sizeof(literal)) == 0)

#endif
