/* SPDX-License-Identifier: Apache-2.0 */
/* The hash map over foreign nodes. */
#include "base/list.h"
#include "base/map.h"
#include "runner/test.h"

struct member {
	struct map_node node;
	uint32_t key;
};

static const struct hash_key key = { "0123456789abcde" };

static bool has_key(const struct map_node *node, const void *wanted)
{
	return HOLDER(node, const struct member, node)->key == *(const uint32_t *)wanted;
}

static struct member *find(const struct map *m, uint32_t number)
{
	struct map_node *node = map_find(m, map_hash(m, &number, sizeof(number)), has_key, &number);

	return node ? HOLDER(node, struct member, node) : NULL;
}

static void insert(struct map *m, struct member *member, uint32_t number)
{
	member->key = number;
	map_insert(m, &member->node, map_hash(m, &number, sizeof(number)));
}

TEST(map_limits, "refuses no room and too much of it")
{
	struct map m;

	CHECK(map_init(&m, 0, &key) == ERR_LIMIT);
	CHECK(map_init(&m, (size_t)1 << 40, &key) == ERR_LIMIT);
	TRY(map_init(&m, 1, &key));
	map_clear(&m);
	map_clear(&m);
	return ERR_NONE;
}

TEST(map_holds, "finds each of more members than it has buckets")
{
	static struct member members[1000];
	struct map m;

	TRY(map_init(&m, 100, &key));
	for (uint32_t i = 0; i < 1000; i++)
		insert(&m, &members[i], i);
	CHECK(m.count == 1000);
	for (uint32_t i = 0; i < 1000; i += 2)
		map_remove(&m, &members[i].node);
	map_remove(&m, &members[0].node);
	CHECK(m.count == 500);
	for (uint32_t i = 0; i < 1000; i++)
		CHECK(find(&m, i) == (i % 2 ? &members[i] : NULL));
	map_clear(&m);
	return ERR_NONE;
}

TEST(map_collides, "tells members of the same hash apart")
{
	struct member a = { .key = 1 }, b = { .key = 2 };
	uint32_t want = 1, absent = 3;
	struct map m;

	TRY(map_init(&m, 8, &key));
	map_insert(&m, &a.node, 42);
	map_insert(&m, &b.node, 42);
	CHECK(map_find(&m, 42, has_key, &want) == &a.node);
	CHECK(map_find(&m, 42, has_key, &absent) == NULL);
	CHECK(map_find(&m, 43, has_key, &want) == NULL);
	map_clear(&m);
	return ERR_NONE;
}

struct walk {
	struct map *map;
	size_t seen, stop_at;
};

static bool remove_odd(struct map_node *node, void *context)
{
	struct walk *w = context;

	w->seen++;
	if (HOLDER(node, struct member, node)->key % 2)
		map_remove(w->map, node);
	return w->seen != w->stop_at;
}

TEST(map_walks, "walks all members though they are taken out on the way, and stops when told")
{
	static struct member members[100];
	struct map m;
	struct walk w = { .map = &m };

	TRY(map_init(&m, 16, &key));
	for (uint32_t i = 0; i < 100; i++)
		insert(&m, &members[i], i);
	map_walk(&m, remove_odd, &w);
	CHECK(w.seen == 100 && m.count == 50);
	w = (struct walk){ .map = &m, .stop_at = 7 };
	map_walk(&m, remove_odd, &w);
	CHECK(w.seen == 7);
	map_clear(&m);
	return ERR_NONE;
}
