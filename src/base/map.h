/* SPDX-License-Identifier: Apache-2.0 */
/* Hash map over members that live elsewhere (usually in a pool): the node is
 * part of the member, the bucket array is taken at init, nothing is allocated
 * later. Strangers choose the keys, so hashes are made under a random key. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/err.h"
#include "base/hash.h"

struct map_node {
	struct map_node *next;
	uint64_t hash;
};

struct map {
	struct map_node **buckets;
	size_t mask; /* bucket count - 1 */
	size_t count;
	struct hash_key key;
};

/* Room for about `capacity` members at one a bucket. ERR_NO_MEMORY, ERR_LIMIT (0 or > 2^28). */
enum err map_init(struct map *m, size_t capacity, const struct hash_key *key) MUST_USE;
void map_clear(struct map *m); /* frees the buckets; members are their owner's */

uint64_t map_hash(const struct map *m, const void *key, size_t len);
/* Somebody will look for that hash soon: of a large map each bucket comes from afar. */
static inline void map_expect(const struct map *m, uint64_t hash)
{
	__builtin_prefetch(&m->buckets[hash & m->mask], 1);
}

void map_insert(struct map *m, struct map_node *node, uint64_t hash);
void map_remove(struct map *m, struct map_node *node); /* absent nodes are ignored */

/* First node with that hash for which `is_it` is true, else NULL. */
struct map_node *map_find(const struct map *m, uint64_t hash,
                          bool (*is_it)(const struct map_node *node, const void *wanted),
                          const void *wanted);

/* Walks all nodes in no order; `each` returns false to stop and may remove
 * the node it was given, nothing else. */
void map_walk(struct map *m, bool (*each)(struct map_node *node, void *context), void *context);

#endif
