/* SPDX-License-Identifier: Apache-2.0 */
/* Chained hash map over foreign nodes. It never grows: the owner's pool bounds
 * the members, so the buckets are taken once, about one a member. */
#include "base/map.h"
#include <stdlib.h>

enum { MAX_CAPACITY = 1 << 28 };

enum err map_init(struct map *m, size_t capacity, const struct hash_key *key)
{
	struct map_node **buckets;
	size_t count = 1;

	if (capacity == 0 || capacity > MAX_CAPACITY)
		return ERR_LIMIT;
	while (count < capacity)
		count *= 2;
	buckets = calloc(count, sizeof(struct map_node *));
	if (!buckets)
		return ERR_NO_MEMORY;
	*m = (struct map){ .buckets = buckets, .mask = count - 1, .key = *key };
	return ERR_NONE;
}

void map_clear(struct map *m)
{
	free(m->buckets);
	*m = (struct map){ 0 };
}

uint64_t map_hash(const struct map *m, const void *key, size_t len)
{
	return hash_quick(&m->key, key, len);
}

static struct map_node **bucket_of(const struct map *m, uint64_t hash)
{
	return &m->buckets[hash & m->mask];
}

void map_insert(struct map *m, struct map_node *node, uint64_t hash)
{
	struct map_node **bucket = bucket_of(m, hash);

	node->hash = hash;
	node->next = *bucket;
	*bucket = node;
	m->count++;
}

void map_remove(struct map *m, struct map_node *node)
{
	struct map_node **at = bucket_of(m, node->hash);

	while (*at && *at != node)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = node->next;
	node->next = NULL;
	m->count--;
}

struct map_node *map_find(const struct map *m, uint64_t hash,
                          bool (*is_it)(const struct map_node *node, const void *wanted),
                          const void *wanted)
{
	/* Of many tables most are empty most of the time: a bucket is a cache miss. */
	if (m->count == 0)
		return NULL;
	for (struct map_node *node = *bucket_of(m, hash); node; node = node->next)
		if (node->hash == hash && is_it(node, wanted))
			return node;
	return NULL;
}

void map_walk(struct map *m, bool (*each)(struct map_node *node, void *context), void *context)
{
	for (size_t i = 0; m->count > 0 && i <= m->mask; i++) {
		for (struct map_node *node = m->buckets[i], *next; node; node = next) {
			next = node->next;
			if (!each(node, context))
				return;
		}
	}
}
