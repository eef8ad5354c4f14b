/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict table: keys, networks, a full table, a dead writer, and a reader
 * beside a writer (the case that thread sanitizers are for). */
#include "event/verdict.h"
#include "runner/test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define OWNED_TABLE __attribute__((cleanup(table_free))) struct verdict_table

static const struct hash_key key = { { 1, 2, 3 } };
static const uint64_t now = UINT64_C(1800000000) * 1000000;

static void table_free(struct verdict_table **t)
{
	free(*t);
	*t = NULL;
}

static enum err table_new(struct verdict_table **ret)
{
	struct verdict_table *t = malloc(verdict_table_size());

	if (!t)
		return ERR_NO_MEMORY;
	verdict_table_init(t, &key);
	*ret = t;
	return ERR_NONE;
}

static struct addr numbered(uint32_t number)
{
	struct addr a = { .family = 4 };

	a.bytes[10] = a.bytes[11] = 0xff;
	a.bytes[12] = (uint8_t)(number >> 24);
	a.bytes[13] = (uint8_t)(number >> 16);
	a.bytes[14] = (uint8_t)(number >> 8);
	a.bytes[15] = (uint8_t)number;
	return a;
}

static struct addr addressed(const char *text)
{
	struct addr a = { 0 };

	if (addr_parse(view_of(text), &a) != ERR_NONE)
		abort();
	return a;
}

static void put(struct verdict_table *t, struct addr source, enum verdict_state state,
                uint64_t for_s)
{
	struct verdict v = { .source = source,
		             .state = (uint8_t)state,
		             .until_us = now + for_s * 1000000,
		             .block = 7 };

	verdict_table_put(t, &v, now);
}

static bool has(const struct verdict_table *t, struct addr source)
{
	struct verdict v;

	return verdict_table_get(t, &source, now, &v);
}

static void take_out(struct verdict_table *t, struct addr source)
{
	verdict_table_remove(t, &source, 0);
}

TEST(verdict_put_get, "a row is found by its source until it ends or is taken out")
{
	OWNED_TABLE *t = NULL;
	struct addr source = addressed("192.0.2.7"), other = addressed("192.0.2.8");
	struct verdict v;

	TRY(table_new(&t));
	CHECK(!has(t, source));
	put(t, source, VERDICT_BLOCK, 60);
	CHECK(verdict_table_get(t, &source, now, &v) && v.block == 7 && v.state == VERDICT_BLOCK);
	CHECK(!has(t, other));
	CHECK(verdict_table_get(t, &source, now + 59999999, &v));
	CHECK(!verdict_table_get(t, &source, now + 60000000, &v));
	verdict_table_remove(t, &other, 0);
	verdict_table_remove(t, &source, 0);
	CHECK(!has(t, source));
	return ERR_NONE;
}

TEST(verdict_again, "a row that is put again is replaced, not doubled")
{
	OWNED_TABLE *t = NULL;
	struct addr source = addressed("192.0.2.7");
	struct verdict v;
	uint32_t place = 0;

	TRY(table_new(&t));
	put(t, source, VERDICT_SUSPECT, 60);
	put(t, source, VERDICT_BLOCK, 90);
	CHECK(verdict_table_next(t, &place, &v) && v.state == VERDICT_BLOCK);
	CHECK(!verdict_table_next(t, &place, &v));
	return ERR_NONE;
}

TEST(verdict_keys, "a flow's row, its address's row and a network's row are three")
{
	OWNED_TABLE *t = NULL;
	struct addr host = addressed("192.0.2.7"), flow = host, v6 = addressed("2001:db8:1:2::9");
	struct addr v6_neighbour = addressed("2001:db8:1:2:ffff::1"),
		    v6_other = addressed("2001:db8:1:3::9");
	struct verdict v;

	TRY(table_new(&t));
	flow.port = 5062;
	put(t, flow, VERDICT_BLOCK, 60);
	CHECK(has(t, flow) && !has(t, host));
	CHECK(!verdict_table_find(t, &flow, now, &v));
	put(t, host, VERDICT_SUSPECT, 60);
	CHECK(verdict_table_find(t, &flow, now, &v) && v.state == VERDICT_SUSPECT);
	flow.port = 5063;
	CHECK(!has(t, flow));

	put(t, v6, VERDICT_BLOCK, 60);
	CHECK(has(t, v6_neighbour) && !has(t, v6_other));
	v6.port = v6_neighbour.port = 5060;
	put(t, v6, VERDICT_BLOCK, 60);
	CHECK(has(t, v6) && !has(t, v6_neighbour));
	return ERR_NONE;
}

TEST(verdict_networks, "the strictest row that holds an address is found, networks too")
{
	OWNED_TABLE *t = NULL;
	struct verdict net = { .source = addressed("198.51.100.77"),
		               .prefix = 96 + 24,
		               .state = VERDICT_BLOCK,
		               .is_by_admin = 1,
		               .until_us = now + 1000000 };
	struct addr inside = addressed("198.51.100.3"), outside = addressed("198.51.101.3"), v;
	struct verdict found;

	TRY(table_new(&t));
	verdict_table_put(t, &net, now);
	CHECK(verdict_table_find(t, &inside, now, &found) && found.prefix == 120 &&
	      found.is_by_admin);
	CHECK(!verdict_table_find(t, &outside, now, &found));
	put(t, inside, VERDICT_SUSPECT, 60);
	CHECK(verdict_table_find(t, &inside, now, &found) && found.state == VERDICT_BLOCK);
	CHECK(verdict_table_find(t, &inside, now + 2000000, &found) &&
	      found.state == VERDICT_SUSPECT);
	v = net.source;
	verdict_table_remove(t, &v, 120);
	CHECK(verdict_table_find(t, &inside, now, &found) && found.state == VERDICT_SUSPECT);
	return ERR_NONE;
}

TEST(verdict_modes,
     "in mode observe only the administrator's blocks act, and hide behind no observed one")
{
	OWNED_TABLE *t = NULL;
	struct verdict judged = { .source = addressed("192.0.2.7"),
		                  .state = VERDICT_BLOCK,
		                  .until_us = now + 1000000 };
	struct verdict admin = { .source = addressed("192.0.2.0"),
		                 .prefix = 120,
		                 .state = VERDICT_BLOCK,
		                 .is_by_admin = 1,
		                 .until_us = now + 1000000 };
	struct verdict suspect = { .state = VERDICT_SUSPECT, .is_by_admin = 1 }, found;

	TRY(table_new(&t));
	CHECK(verdict_table_mode(t) == MODE_OBSERVE);
	CHECK(!verdict_acts(&judged, MODE_OBSERVE) && verdict_acts(&judged, MODE_BLOCK));
	CHECK(verdict_acts(&admin, MODE_OBSERVE) && !verdict_acts(&suspect, MODE_BLOCK));
	verdict_table_put(t, &judged, now);
	verdict_table_put(t, &admin, now);
	CHECK(verdict_table_find(t, &judged.source, now, &found) && found.is_by_admin);
	verdict_table_set_mode(t, MODE_BLOCK);
	CHECK(verdict_table_mode(t) == MODE_BLOCK);
	return ERR_NONE;
}

enum { FLOOD = 3 * VERDICT_ROWS, MANY = 500 };

TEST(verdict_full_of_suspects,
     "blocks find room in a table full of suspects, and the newest suspects do")
{
	OWNED_TABLE *t = NULL;

	TRY(table_new(&t));
	for (uint32_t i = 0; i < FLOOD; i++)
		put(t, numbered(i), VERDICT_SUSPECT, 60 + i / 1000);
	CHECK(verdict_table_forgotten(t) > FLOOD / 2);
	for (uint32_t i = 0; i < MANY; i++)
		put(t, numbered(0xc0000000 + i), VERDICT_BLOCK, 60);
	for (uint32_t i = 0; i < MANY; i++)
		CHECK(has(t, numbered(0xc0000000 + i)));
	for (uint32_t i = 0; i < FLOOD; i++)
		put(t, numbered(i), VERDICT_SUSPECT, 600);
	for (uint32_t i = 0; i < MANY; i++)
		CHECK(has(t, numbered(0xc0000000 + i)));
	return ERR_NONE;
}

TEST(verdict_full_of_blocks,
     "the administrator's blocks are the last to go, and give way to none of the judge's")
{
	OWNED_TABLE *t = NULL;
	struct verdict v = { .state = VERDICT_BLOCK, .is_by_admin = 1 };
	uint32_t held = 0;

	TRY(table_new(&t));
	for (uint32_t i = 0; i < MANY; i++) {
		v.source = numbered(0xc0000000 + i);
		v.until_us = now + 10 * UINT64_C(1000000);
		verdict_table_put(t, &v, now);
	}
	for (uint32_t i = 0; i < FLOOD; i++)
		put(t, numbered(i), VERDICT_BLOCK, 3600);
	for (uint32_t i = 0; i < MANY; i++)
		CHECK(has(t, numbered(0xc0000000 + i)));
	for (uint32_t i = 0; i < FLOOD; i++) {
		v.source = numbered(i);
		v.until_us = now + 3600 * UINT64_C(1000000);
		verdict_table_put(t, &v, now);
	}
	for (uint32_t i = 0; i < MANY; i++) {
		put(t, numbered(0xd0000000 + i), VERDICT_BLOCK, 7200);
		held += has(t, numbered(0xd0000000 + i));
	}
	CHECK(held < MANY / 50);
	return ERR_NONE;
}

TEST(verdict_room, "what has ended makes room, and what is taken out leaves the rest to be found")
{
	OWNED_TABLE *t = NULL;
	struct verdict v = { .state = VERDICT_BLOCK };
	uint64_t forgotten;
	uint32_t place = 0, live = 0;

	TRY(table_new(&t));
	for (uint32_t i = 0; i < VERDICT_ROWS / 2; i++)
		put(t, numbered(i), VERDICT_BLOCK, 60);
	for (uint32_t i = 0; i < VERDICT_ROWS / 2; i += 2)
		take_out(t, numbered(i));
	for (uint32_t i = 0; i < VERDICT_ROWS / 2; i++)
		CHECK(has(t, numbered(i)) == (i % 2 != 0));
	while (verdict_table_next(t, &place, &v))
		live++;
	CHECK(live == VERDICT_ROWS / 4);
	forgotten = verdict_table_forgotten(t);
	for (uint32_t i = 0; i < VERDICT_ROWS / 2; i++) {
		v = (struct verdict){ .source = numbered(0x20000000 + i),
			              .state = VERDICT_BLOCK,
			              .until_us = now + 200 * UINT64_C(1000000) };
		verdict_table_put(t, &v, now + 61 * UINT64_C(1000000));
	}
	CHECK(verdict_table_forgotten(t) == forgotten);
	return ERR_NONE;
}

TEST(verdict_layout, "memory of another layout or too little of it is refused")
{
	OWNED_TABLE *t = NULL;
	uint32_t *words;

	TRY(table_new(&t));
	words = (uint32_t *)(void *)t;
	CHECK(verdict_table_check(t, verdict_table_size()) == ERR_NONE);
	CHECK(verdict_table_check(t, verdict_table_size() - 1) == ERR_SYNTAX);
	for (size_t i = 0; i < 3; i++) {
		words[i]++;
		CHECK(verdict_table_check(t, verdict_table_size()) == ERR_SYNTAX);
		words[i]--;
	}
	return ERR_NONE;
}

TEST(verdict_kept_modes, "a mode is kept as it was given, in its place, until modes are dropped")
{
	const struct verdict_mode given = { MODE_OBSERVE, MODE_BLOCK, UINT64_C(123456789012) };
	struct verdict_mode kept;
	OWNED_TABLE *t = NULL;

	TRY(table_new(&t));
	CHECK(!verdict_table_kept_mode(t, 0, &kept));
	verdict_table_keep_mode(t, VERDICT_MODES - 1, &given);
	verdict_table_keep_mode(t, VERDICT_MODES, &given);
	CHECK(verdict_table_kept_mode(t, VERDICT_MODES - 1, &kept));
	CHECK(kept.mode == given.mode && kept.back == given.back &&
	      kept.until_us == given.until_us);
	CHECK(!verdict_table_kept_mode(t, VERDICT_MODES, &kept));
	CHECK(!verdict_table_kept_mode(t, 0, &kept));
	verdict_table_drop_modes(t);
	CHECK(!verdict_table_kept_mode(t, VERDICT_MODES - 1, &kept));
	return ERR_NONE;
}

TEST(verdict_dead_writer, "a row whose writer died in it holds up neither reader nor next writer")
{
	OWNED_TABLE *t = NULL;
	struct addr source = addressed("192.0.2.7");
	uint32_t *words;

	TRY(table_new(&t));
	put(t, source, VERDICT_BLOCK, 60);
	words = (uint32_t *)(void *)t;
	/* The one row in use is the one whose sequence is 2; a death leaves it odd. */
	for (size_t i = 16; i < verdict_table_size() / 4; i++) {
		if (words[i] == 2 && words[i + 1] == 0) {
			words[i] = 3;
			break;
		}
	}
	CHECK(!has(t, source));
	put(t, source, VERDICT_BLOCK, 60);
	CHECK(has(t, source));
	return ERR_NONE;
}

/* Two rows that are written in turn: in each, block, rule and end belong together. */
enum { ROUNDS = 20000 };

struct race {
	struct verdict_table *t;
	bool is_torn;
	uint32_t seen;
};

static void *read_on(void *context)
{
	struct race *race = context;
	struct addr source = addressed("192.0.2.7");
	struct verdict v;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		if (!verdict_table_get(race->t, &source, now, &v))
			continue;
		race->seen++;
		if (v.until_us != now + v.block || (uint16_t)v.block != v.rule ||
		    v.source.bytes[15] != 7)
			race->is_torn = true;
	}
	return NULL;
}

TEST(verdict_race, "a reader beside the writer never sees half a row")
{
	OWNED_TABLE *t = NULL;
	struct race race = { 0 };
	pthread_t reader;

	TRY(table_new(&t));
	race.t = t;
	if (pthread_create(&reader, NULL, read_on, &race) != 0)
		return ERR_NO_MEMORY;
	for (uint32_t i = 1; i < ROUNDS; i++) {
		struct verdict v = { .source = addressed("192.0.2.7"),
			             .state = VERDICT_BLOCK,
			             .block = i,
			             .rule = (uint16_t)i,
			             .until_us = now + i };

		verdict_table_put(t, &v, now);
	}
	(void)pthread_join(reader, NULL);
	CHECK(!race.is_torn);
	return ERR_NONE;
}

TEST(changes, "every row and mode that is put, and every row that is taken out, counts as a change")
{
	OWNED_TABLE *t = NULL;
	struct addr source = addressed("192.0.2.7");
	uint64_t before;

	TRY(table_new(&t));
	before = verdict_table_changes(t);
	put(t, source, VERDICT_BLOCK, 60);
	CHECK(verdict_table_changes(t) == before + 1);
	verdict_table_set_mode(t, MODE_BLOCK);
	CHECK(verdict_table_changes(t) == before + 2);
	verdict_table_remove(t, &source, 0);
	CHECK(verdict_table_changes(t) == before + 3);
	verdict_table_remove(t, &source, 0);
	CHECK(verdict_table_changes(t) == before + 3);
	return ERR_NONE;
}
