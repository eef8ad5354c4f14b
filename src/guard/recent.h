/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded table of rows about strangers (sources, flows, accounts at a
 * source), with room taken once. A full table forgets the row that was not
 * touched for longest, rows that were not worth keeping before those that were:
 * addresses are forged faster than they can be stored, so what somebody proved
 * must not be pushed out by what nobody did. */
#ifndef GUARD_RECENT_H
#define GUARD_RECENT_H

#include "base/addr.h"
#include "base/hash.h"
#include "base/index.h"
#include "base/pool.h"
#include "event/flow.h"

/* Whom a row is about: an address or flow, and whatever else tells rows apart
 * (hash of an account, number of a listener). */
struct guard_key {
	uint64_t address[2];
	uint32_t family, port;
	uint64_t extra;
};

/* A key with its hash, for who looks into several tables of one hash key. */
struct guard_spot {
	struct guard_key key;
	uint64_t hash;
};

/* First member of every row. */
struct guard_row {
	struct guard_key key;
	uint32_t tag;   /* lower half of its hash */
	uint32_t place; /* in the pool */
	bool is_kept;
};

/* Who was touched before and after, apart from the rows: these few bytes of the
 * neighbours are all that moving a row has to bring into the cache. */
struct guard_order {
	uint32_t next, prev; /* 2 + place; the first two are the ends of the orders */
};

struct guard_recent {
	struct index index;
	char *rows; /* those of the pool, `step` bytes apart */
	size_t step;
	struct guard_order *orders; /* weak and kept, longest untouched first */
	struct guard_row *last;     /* touched last, or NULL: asked for again and again */
	struct hash_key key;
	struct pool *pool;
};

/* ERR_NO_MEMORY, ERR_LIMIT. */
enum err guard_recent_init(struct guard_recent *r, size_t row_size, uint32_t max_rows,
                           const struct hash_key *key) MUST_USE;
void guard_recent_clear(struct guard_recent *r); /* an empty one is fine */

static inline struct guard_key guard_key_of(const struct addr *address, uint64_t extra)
{
	struct guard_key key = { .family = address->family, .port = address->port, .extra = extra };

	memcpy(key.address, address->bytes, sizeof(key.address));
	return key;
}

/* What tells the flows of a remote address and port apart. */
static inline uint64_t guard_flow_extra(const struct flow *flow)
{
	return (uint64_t)flow->connection << 32 | flow->listener;
}

_Static_assert(sizeof(struct guard_key) == 4 * sizeof(uint64_t), "hashed as four words");

static inline uint64_t guard_key_hash(const struct hash_key *secret, const struct guard_key *key)
{
	return hash_words(secret, (const uint64_t *)(const void *)key);
}

static inline struct guard_spot guard_spot_of(const struct hash_key *secret,
                                              const struct addr *address, uint64_t extra)
{
	struct guard_spot spot = { guard_key_of(address, extra), 0 };

	spot.hash = guard_key_hash(secret, &spot.key);
	return spot;
}

/* NULL where there is none. Touches nothing. */
void *guard_recent_find(const struct guard_recent *r, const struct guard_key *key);
/* The row, made anew (all zero but its key) if there is none; now the most
 * recent of its sort. Never fails: it forgets. */
void *guard_recent_touch(struct guard_recent *r, const struct guard_key *key);
/* The same two of who has the hash at hand, under the key of the table. */
void *guard_recent_find_at(const struct guard_recent *r, const struct guard_spot *spot);
void *guard_recent_touch_at(struct guard_recent *r, const struct guard_spot *spot);
void guard_recent_keep(struct guard_recent *r, void *row, bool is_kept);
void guard_recent_forget(struct guard_recent *r, void *row);

#endif
