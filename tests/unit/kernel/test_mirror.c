/* SPDX-License-Identifier: Apache-2.0 */
/* What is written for what the tables say: changes only, protected ones never,
 * all of it after a failure. */
#include "reading.h"
#include "runner/test.h"

#include <stdlib.h>

static const struct hash_key key = { { 1, 2, 3 } };
static const uint64_t now = UINT64_C(1800000000) * 1000000, second = 1000000;

static uint8_t storage[KERNEL_BATCH_BYTES];

struct scene {
	struct verdict_table *verdicts, *known;
	struct kernel_mirror *mirror;
	struct view batch; /* of the last look; empty where nothing was written */
};

static void scene_clear(struct scene *s)
{
	kernel_mirror_free(&s->mirror);
	free(s->verdicts);
	free(s->known);
}
#define SCENE __attribute__((cleanup(scene_clear))) struct scene

static enum err scene_init(struct scene *s, bool has_door)
{
	struct kernel_sight sight = { .has_door = has_door };

	sight.verdicts = s->verdicts = malloc(verdict_table_size());
	sight.known = s->known = malloc(verdict_table_size());
	if (!s->verdicts || !s->known)
		return ERR_NO_MEMORY;
	verdict_table_init(s->verdicts, &key);
	verdict_table_init(s->known, &key);
	verdict_table_set_mode(s->verdicts, MODE_BLOCK);
	return kernel_mirror_new(&sight, &key, &s->mirror);
}

static struct addr_net net_of(const char *text)
{
	struct addr_net net = { 0 };

	if (addr_net_parse(view_of(text), &net) != ERR_NONE)
		abort();
	return net;
}

static struct verdict verdict_of(const char *text, uint64_t for_s)
{
	struct addr_net net = net_of(text);

	return (struct verdict){ .source = net.base,
		                 .prefix = net.prefix,
		                 .until_us = now + for_s * second,
		                 .state = VERDICT_BLOCK };
}

static void block(struct scene *s, const char *text, uint64_t for_s)
{
	struct verdict v = verdict_of(text, for_s);

	verdict_table_put(s->verdicts, &v, now);
}

static void know(struct scene *s, const char *text, uint16_t port)
{
	struct verdict v = verdict_of(text, 3600);

	v.source.port = port;
	v.rule = 5060;
	verdict_table_put(s->known, &v, now);
}

/* One look with all that follows. */
static enum err look(struct scene *s, uint64_t now_us, bool is_sent)
{
	struct kernel_batch b = kernel_batch_on(storage, sizeof(storage));

	s->batch = (struct view){ 0 };
	if (!kernel_mirror_look(s->mirror, now_us))
		return ERR_NONE;
	kernel_mirror_write(s->mirror, &b, now_us);
	if (b.out.err != ERR_NONE)
		return b.out.err;
	s->batch = buffer_view(&b.out);
	kernel_mirror_settle(s->mirror, is_sent);
	return ERR_NONE;
}

static size_t added(const struct scene *s, enum kernel_set set)
{
	return reading_count(s->batch, false, set, (struct view){ 0 });
}

static size_t gone(const struct scene *s, enum kernel_set set)
{
	return reading_count(s->batch, true, set, (struct view){ 0 });
}

TEST(follows, "a block is added once and taken out once it is lifted; between, nothing is written")
{
	SCENE s = { 0 };
	struct addr_net net = net_of("192.0.2.7");

	TRY(scene_init(&s, false));
	TRY(look(&s, now, true));
	CHECK(s.batch.len > 0 && added(&s, SET_SOURCE4) == 0);
	block(&s, "192.0.2.7", 600);
	block(&s, "2001:db8:1::/64", 600);
	TRY(look(&s, now, true));
	CHECK(reading_count(s.batch, false, SET_SOURCE4, VIEW("\300\0\2\7")) == 1);
	CHECK(added(&s, SET_SOURCE6) == 1 && gone(&s, SET_SOURCE4) == 0);
	TRY(look(&s, now + second, true));
	CHECK(s.batch.len == 0);
	verdict_table_remove(s.verdicts, &net.base, 0);
	TRY(look(&s, now + second, true));
	CHECK(gone(&s, SET_SOURCE4) == 1 && gone(&s, SET_SOURCE6) == 0 &&
	      added(&s, SET_SOURCE4) == 0);
	TRY(look(&s, now + second, true));
	CHECK(s.batch.len == 0);
	CHECK(kernel_mirror_counts(s.mirror).standing == 1);
	return ERR_NONE;
}

TEST(acts_only,
     "a suspect, a block in mode observe and one that is over are not given to the kernel")
{
	SCENE s = { 0 };
	struct verdict v = verdict_of("192.0.2.8", 600);

	TRY(scene_init(&s, false));
	v.state = VERDICT_SUSPECT;
	verdict_table_put(s.verdicts, &v, now);
	block(&s, "192.0.2.9", 0);
	TRY(look(&s, now, true));
	CHECK(added(&s, SET_SOURCE4) == 0);
	verdict_table_set_mode(s.verdicts, MODE_OBSERVE);
	block(&s, "192.0.2.7", 600);
	TRY(look(&s, now, true));
	CHECK(added(&s, SET_SOURCE4) == 0);
	v = verdict_of("192.0.2.10", 600);
	v.is_by_admin = 1;
	verdict_table_put(s.verdicts, &v, now);
	TRY(look(&s, now, true));
	CHECK(added(&s, SET_SOURCE4) == 1);
	verdict_table_set_mode(s.verdicts, MODE_BLOCK);
	TRY(look(&s, now, true));
	CHECK(reading_count(s.batch, false, SET_SOURCE4, VIEW("\300\0\2\7")) == 1);
	return ERR_NONE;
}

TEST(protected,
     "what shares an address with the never-block list is refused, its neighbours are not")
{
	SCENE s = { 0 };
	const struct addr_net never[] = { net_of("192.0.2.0/28"), net_of("192.0.2.3"),
		                          net_of("2001:db8:5::5"), net_of("192.0.2.0/28") };

	TRY(scene_init(&s, false));
	TRY(kernel_mirror_never(s.mirror, never, 4));
	CHECK(kernel_mirror_never(s.mirror, never, MAX_KERNEL_NEVER + 1) == ERR_LIMIT);
	block(&s, "192.0.2.7", 600);
	block(&s, "192.0.2.0/24", 600);
	block(&s, "2001:db8:5::/64", 600);
	block(&s, "192.0.2.16", 600);
	TRY(look(&s, now, true));
	CHECK(added(&s, SET_SOURCE4) == 1 && added(&s, SET_SOURCE6) == 0 &&
	      added(&s, SET_NET4) == 0);
	/* A beginning and an end each; what lies within another would overlap. */
	CHECK(added(&s, SET_NEVER4) == 2 && added(&s, SET_NEVER6) == 2);
	CHECK(kernel_mirror_counts(s.mirror).refused == 3);
	return ERR_NONE;
}

TEST(control, "who may reach the control listener stands in its set, a new list in its place")
{
	SCENE s = { 0 };
	const struct addr_net listed[] = { net_of("192.0.2.0/28"), net_of("192.0.2.3"),
		                           net_of("192.0.2.16/28"), net_of("2001:db8:5::5") };
	struct addr listener = net_of("192.0.2.100").base, none = { 0 };

	listener.port = 8443;
	TRY(scene_init(&s, false));
	TRY(kernel_mirror_control(s.mirror, &listener, listed, 4));
	CHECK(kernel_mirror_control(s.mirror, &none, listed, MAX_KERNEL_CONTROL + 1) == ERR_LIMIT);
	block(&s, "192.0.2.7", 600);
	TRY(look(&s, now, true));
	/* A beginning and an end of the two that lie side by side; IPv6 cannot reach it. */
	CHECK(added(&s, SET_CONTROL4) == 4 && added(&s, SET_CONTROL6) == 0);
	CHECK(reading_count(s.batch, false, SET_CONTROL4, VIEW("\300\0\2\x10")) == 2);
	/* It may come there, and is blocked like anybody. */
	CHECK(added(&s, SET_SOURCE4) == 1 && added(&s, SET_NEVER4) == 0);
	TRY(look(&s, now, true));
	CHECK(s.batch.len == 0);
	TRY(kernel_mirror_control(s.mirror, &listener, listed + 1, 1));
	TRY(look(&s, now, true));
	CHECK(added(&s, SET_CONTROL4) == 2 && added(&s, SET_SOURCE4) == 1);
	TRY(kernel_mirror_control(s.mirror, &none, listed, 4));
	TRY(look(&s, now, true));
	CHECK(added(&s, SET_CONTROL4) == 0 && added(&s, SET_CONTROL6) == 0);
	listener = net_of("2001:db8::1").base;
	TRY(kernel_mirror_control(s.mirror, &listener, listed, 4));
	TRY(look(&s, now, true));
	CHECK(added(&s, SET_CONTROL4) == 0 && added(&s, SET_CONTROL6) == 2);
	return ERR_NONE;
}

TEST(full_of_control, "as many networks as all servers may have fit, and not one more")
{
	SCENE s = { 0 };
	static struct addr_net listed[MAX_KERNEL_CONTROL + 1];
	struct addr listener = net_of("192.0.2.100").base;

	for (uint32_t i = 0; i < MAX_KERNEL_CONTROL + 1; i++) {
		listed[i] = net_of("198.51.100.0");
		listed[i].base.bytes[15] = (uint8_t)i;
	}
	TRY(scene_init(&s, false));
	TRY(kernel_mirror_control(s.mirror, &listener, listed, MAX_KERNEL_CONTROL));
	CHECK(kernel_mirror_control(s.mirror, &listener, listed, MAX_KERNEL_CONTROL + 1) ==
	      ERR_LIMIT);
	TRY(look(&s, now, true));
	CHECK(added(&s, SET_CONTROL4) == 2 * MAX_KERNEL_CONTROL);
	return ERR_NONE;
}

TEST(known_flows, "a known flow is excepted where its address is blocked, and nowhere else")
{
	SCENE s = { 0 };

	TRY(scene_init(&s, false));
	know(&s, "192.0.2.7", 5071);
	know(&s, "192.0.2.99", 5060);
	know(&s, "2001:db8:1::5", 5060);
	TRY(look(&s, now, true));
	CHECK(added(&s, SET_KNOWN4) == 0);
	block(&s, "192.0.2.7", 600);
	block(&s, "2001:db8:1::/64", 600);
	TRY(look(&s, now, true));
	CHECK(reading_count(s.batch, false, SET_KNOWN4, VIEW("\300\0\2\7\x13\xcf\0\0")) == 1);
	CHECK(added(&s, SET_KNOWN4) == 1 && added(&s, SET_KNOWN6) == 1);
	CHECK(added(&s, SET_NEIGHBOUR4) == 1 && added(&s, SET_NEIGHBOUR6) == 1);
	CHECK(added(&s, SET_SIP) == 1 && added(&s, SET_SOURCE4) == 1);
	return ERR_NONE;
}

TEST(door_behind, "with a door behind it no port is named: all of a known flow's address passes")
{
	SCENE s = { 0 };

	TRY(scene_init(&s, true));
	know(&s, "192.0.2.7", 5071);
	block(&s, "192.0.2.7", 600);
	TRY(look(&s, now, true));
	CHECK(added(&s, SET_NEIGHBOUR4) == 1 && added(&s, SET_SIP) == 0);
	return ERR_NONE;
}

TEST(blocked_flow, "a flow that is blocked itself stands in the set that is looked at first")
{
	SCENE s = { 0 };
	struct verdict v = verdict_of("192.0.2.7", 600);

	TRY(scene_init(&s, false));
	v.source.port = 5071;
	verdict_table_put(s.verdicts, &v, now);
	TRY(look(&s, now, true));
	CHECK(added(&s, SET_FLOW4) == 1 && added(&s, SET_SOURCE4) == 0);
	CHECK(SET_FLOW4 < SET_KNOWN4 && SET_NEVER4 < SET_FLOW4);
	return ERR_NONE;
}

TEST(nets, "of networks within one another the wide one stands, the other when its time is over")
{
	SCENE s = { 0 };

	TRY(scene_init(&s, false));
	block(&s, "198.51.100.0/24", 600);
	block(&s, "198.51.0.0/16", 60);
	block(&s, "2001:db8::/32", 600);
	TRY(look(&s, now, true));
	CHECK(reading_count(s.batch, false, SET_NET4, VIEW("\306\63\0\0")) == 1);
	CHECK(added(&s, SET_NET4) == 2 && added(&s, SET_NET6) == 2);
	TRY(look(&s, now + 59 * second, true));
	CHECK(s.batch.len == 0);
	TRY(look(&s, now + 60 * second, true));
	CHECK(reading_count(s.batch, false, SET_NET4, VIEW("\306\63\x64\0")) == 1);
	return ERR_NONE;
}

TEST(renewed, "a block with a new end is taken out and added in one batch")
{
	SCENE s = { 0 };

	TRY(scene_init(&s, false));
	block(&s, "192.0.2.7", 600);
	TRY(look(&s, now, true));
	block(&s, "192.0.2.7", 1200);
	TRY(look(&s, now, true));
	CHECK(gone(&s, SET_SOURCE4) == 1 && added(&s, SET_SOURCE4) == 1);
	TRY(look(&s, now, true));
	CHECK(s.batch.len == 0);
	return ERR_NONE;
}

TEST(ends_by_itself,
     "what the kernel may have ended already is not taken out, and renewed by a new table")
{
	SCENE s = { 0 };
	struct addr_net net = net_of("192.0.2.7");

	TRY(scene_init(&s, false));
	block(&s, "192.0.2.7", 600);
	block(&s, "192.0.2.8", 600);
	TRY(look(&s, now, true));
	verdict_table_remove(s.verdicts, &net.base, 0);
	TRY(look(&s, now + 599 * second, true));
	CHECK(s.batch.len == 0);
	block(&s, "192.0.2.8", 3600);
	TRY(look(&s, now + 599 * second, true));
	CHECK(gone(&s, SET_SOURCE4) == 0 && added(&s, SET_SOURCE4) == 1);
	block(&s, "192.0.2.9", 3600);
	TRY(look(&s, now + 700 * second, true));
	CHECK(kernel_mirror_counts(s.mirror).standing == 2);
	return ERR_NONE;
}

TEST(forced_end, "a block without an end gets one, which stands still from look to look")
{
	SCENE s = { 0 };

	TRY(scene_init(&s, false));
	block(&s, "192.0.2.7", 86400 * 400);
	TRY(look(&s, now, true));
	CHECK(added(&s, SET_SOURCE4) == 1);
	block(&s, "192.0.2.8", 600);
	TRY(look(&s, now + second, true));
	CHECK(added(&s, SET_SOURCE4) == 1);
	return ERR_NONE;
}

TEST(after_failure, "after a failure the next batch makes the table anew with all that stands")
{
	SCENE s = { 0 };
	struct addr_net net = net_of("192.0.2.7");

	TRY(scene_init(&s, false));
	block(&s, "192.0.2.7", 600);
	block(&s, "192.0.2.8", 600);
	TRY(look(&s, now, true));
	verdict_table_remove(s.verdicts, &net.base, 0);
	block(&s, "192.0.2.9", 600);
	TRY(look(&s, now, false));
	CHECK(added(&s, SET_SOURCE4) == 1 && gone(&s, SET_SOURCE4) == 1);
	TRY(look(&s, now, true));
	CHECK(added(&s, SET_SOURCE4) == 2 && gone(&s, SET_SOURCE4) == 0);
	TRY(look(&s, now, true));
	CHECK(s.batch.len == 0);
	return ERR_NONE;
}

TEST(full, "a full table of verdicts fits one batch")
{
	SCENE s = { 0 };
	struct verdict v = verdict_of("10.0.0.0", 600);

	TRY(scene_init(&s, false));
	for (uint32_t i = 0; i < VERDICT_ROWS; i++) {
		v.source.bytes[13] = (uint8_t)(i >> 16);
		v.source.bytes[14] = (uint8_t)(i >> 8);
		v.source.bytes[15] = (uint8_t)i;
		verdict_table_put(s.verdicts, &v, now);
	}
	TRY(look(&s, now, true));
	CHECK(added(&s, SET_SOURCE4) == kernel_mirror_counts(s.mirror).standing);
	CHECK(added(&s, SET_SOURCE4) > VERDICT_ROWS / 4 * 3);
	CHECK(kernel_mirror_counts(s.mirror).refused == 0);
	return ERR_NONE;
}

TEST(full_of_nets, "networks beyond the bound are refused and counted")
{
	SCENE s = { 0 };
	struct verdict v = verdict_of("10.0.0.0/24", 600);

	TRY(scene_init(&s, false));
	for (uint32_t i = 0; i < MAX_KERNEL_NETS + 10; i++) {
		v.source.bytes[13] = (uint8_t)(i >> 8);
		v.source.bytes[14] = (uint8_t)i;
		verdict_table_put(s.verdicts, &v, now);
	}
	TRY(look(&s, now, true));
	CHECK(kernel_mirror_counts(s.mirror).standing == MAX_KERNEL_NETS);
	CHECK(kernel_mirror_counts(s.mirror).refused == 10);
	return ERR_NONE;
}
