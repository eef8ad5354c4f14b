/* SPDX-License-Identifier: Apache-2.0 */
/* The door's order: known flow, verdict, first bytes. */
#include "guard/door.h"
#include "runner/test.h"

#include <stdlib.h>
#include <string.h>

static const struct hash_key key = { { 6 } };
static const struct now now = { 100 * (uint64_t)SECOND_US, INT64_C(1800000000) * SECOND_US };
static const struct guard_rate one_a_second = { 1, 1000 };

struct house {
	struct verdict_table *verdicts;
	struct guard_door *door;
};

static void house_clear(struct house *h)
{
	guard_door_free(&h->door);
	free(h->verdicts);
	h->verdicts = NULL;
}

static enum err house_init(struct house *h)
{
	h->verdicts = malloc(verdict_table_size());
	if (!h->verdicts)
		return ERR_NO_MEMORY;
	verdict_table_init(h->verdicts, &key);
	verdict_table_set_mode(h->verdicts, MODE_BLOCK);
	return guard_door_new(h->verdicts, MAX_DOOR_SOURCES, &key, &h->door);
}

#define OWNED_HOUSE __attribute__((cleanup(house_clear))) struct house

static struct flow flow_of(uint16_t port)
{
	struct flow flow = { .remote = { .family = 4,
		                         .bytes = { [10] = 0xff, 0xff, 192, 0, 2, 7 } } };

	flow.remote.port = port;
	return flow;
}

static void judge(struct house *h, uint16_t port, enum verdict_state state, bool is_by_admin)
{
	struct verdict v = { .source = flow_of(port).remote,
		             .state = (uint8_t)state,
		             .block = 12,
		             .is_by_admin = is_by_admin,
		             .until_us = now.us + 3600 * (uint64_t)SECOND_US };

	verdict_table_put(h->verdicts, &v, now.us);
}

static struct guard_welcome meet(struct house *h, uint16_t port, enum fact_standing standing,
                                 bool has_known)
{
	struct flow flow = flow_of(port);
	struct guard_knock knock = { .flow = &flow,
		                     .bytes = VIEW("REGISTER sip:x SIP/2.0\r\n"),
		                     .standing = standing,
		                     .host_has_known = has_known };

	return guard_door_meet(h->door, &knock, &one_a_second, now);
}

TEST(door_bytes,
     "first bytes are told apart, and what real phones send to keep a NAT open is no offence")
{
	static const struct {
		const char *name;
		struct view bytes;
		enum guard_bytes want;
	} cases[] = {
		{ "a request", { "REGISTER sip:a SIP/2.0\r\n", 24 }, BYTES_SIP },
		{ "a response", { "SIP/2.0 200 OK\r\n", 16 }, BYTES_SIP },
		{ "a request after empty lines",
		  { "\r\n\r\nINVITE sip:a SIP/2.0\r\n", 26 },
		  BYTES_SIP },
		{ "an extension's method", { "X-my.method sip:a SIP/2.0\r\n", 27 }, BYTES_SIP },
		{ "nothing", { "", 0 }, BYTES_KEEPALIVE },
		{ "one empty line", { "\r\n", 2 }, BYTES_KEEPALIVE },
		{ "two empty lines", { "\r\n\r\n", 4 }, BYTES_KEEPALIVE },
		{ "many empty lines", { "\r\n\r\n\r\n\r\n\r\n", 10 }, BYTES_KEEPALIVE },
		{ "four zero bytes", { "\0\0\0\0", 4 }, BYTES_KEEPALIVE },
		{ "eight zero bytes", { "\0\0\0\0\0\0\0\0", 8 }, BYTES_KEEPALIVE },
		{ "nine zero bytes", { "\0\0\0\0\0\0\0\0\0", 9 }, BYTES_GARBAGE },
		{ "three letters", { "jaK", 3 }, BYTES_KEEPALIVE },
		{ "STUN",
		  { "\0\1\0\0\x21\x12\xa4\x42"
		    "123456789012",
		    20 },
		  BYTES_STUN },
		{ "STUN cut short",
		  { "\0\1\0\0\x21\x12\xa4\x42"
		    "12345678901",
		    19 },
		  BYTES_GARBAGE },
		{ "HTTP", { "GET /phpinfo.php HTTP/1.1\r\n", 27 }, BYTES_HTTP },
		{ "an HTTP answer", { "HTTP/1.1 200 OK\r\n", 17 }, BYTES_HTTP },
		{ "a TLS hello", { "\x16\x03\x01\x02\x00\x01", 6 }, BYTES_TLS },
		{ "binary", { "\x80\xff\x01\x02\x03", 5 }, BYTES_GARBAGE },
		{ "a word", { "hello", 5 }, BYTES_GARBAGE },
		{ "a zero in the method", { "REG\0STER sip:a", 14 }, BYTES_GARBAGE },
		{ "a method too long",
		  { "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA x", 67 },
		  BYTES_GARBAGE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_CASE(guard_bytes_of(cases[i].bytes) == cases[i].want, cases[i].name);
	CHECK(guard_bytes_of((struct view){ "x", MAX_DATAGRAM + 1 }) == BYTES_TOO_LONG);
	for (int i = BYTES_SIP; i <= BYTES_TOO_LONG; i++)
		CHECK(strcmp(guard_bytes_name((enum guard_bytes)i), "?") != 0);
	return ERR_NONE;
}

static void look(struct view text) { (void)guard_bytes_of(text); }

TEST(door_bytes_truncated, "no truncation of a first line is read beyond its end")
{
	test_truncations(VIEW("\r\nREGISTER sip:example.com SIP/2.0\r\n"), look);
	test_truncations(VIEW("GET / HTTP/1.0\r\n"), look);
	test_truncations((struct view){ "\0\1\0\0\x21\x12\xa4\x42"
	                                "123456789012",
	                                20 },
	                 look);
	return ERR_NONE;
}

TEST(door_open, "who has no verdict passes, and a suspect passes as such")
{
	OWNED_HOUSE h = { 0 };

	TRY(house_init(&h));
	CHECK(meet(&h, 5060, STANDING_STRANGER, false).answer == DOOR_PASS);
	judge(&h, 0, VERDICT_SUSPECT, false);
	CHECK(meet(&h, 5060, STANDING_STRANGER, false).answer == DOOR_PASS);
	CHECK(meet(&h, 5060, STANDING_STRANGER, false).is_suspect);
	CHECK(!meet(&h, 5060, STANDING_KNOWN, true).is_suspect);
	verdict_table_set_mode(h.verdicts, MODE_OBSERVE);
	CHECK(!meet(&h, 5060, STANDING_STRANGER, false).is_suspect);
	return ERR_NONE;
}

TEST(door_blocked, "a blocked address is dropped, its known flow and a peer are not")
{
	OWNED_HOUSE h = { 0 };
	struct guard_welcome w;

	TRY(house_init(&h));
	judge(&h, 0, VERDICT_BLOCK, false);
	w = meet(&h, 5060, STANDING_STRANGER, false);
	CHECK(w.answer == DOOR_DROP && w.counter == COUNT_dropped_verdict && w.block == 12);
	CHECK(meet(&h, 5060, STANDING_KNOWN, true).answer == DOOR_PASS);
	CHECK(meet(&h, 5060, STANDING_PEER, false).answer == DOOR_PASS);
	return ERR_NONE;
}

TEST(door_own_block, "a flow's own block drops that flow, and no other of its address")
{
	OWNED_HOUSE h = { 0 };

	TRY(house_init(&h));
	judge(&h, 5062, VERDICT_BLOCK, false);
	CHECK(meet(&h, 5062, STANDING_KNOWN, true).answer == DOOR_DROP);
	CHECK(meet(&h, 5062, STANDING_STRANGER, true).answer != DOOR_PASS);
	CHECK(meet(&h, 5063, STANDING_KNOWN, true).answer == DOOR_PASS);
	CHECK(meet(&h, 5063, STANDING_STRANGER, false).answer == DOOR_PASS);
	return ERR_NONE;
}

TEST(door_observe, "in mode observe the judge's block drops nobody, the administrator's does")
{
	OWNED_HOUSE h = { 0 };

	TRY(house_init(&h));
	verdict_table_set_mode(h.verdicts, MODE_OBSERVE);
	judge(&h, 0, VERDICT_BLOCK, false);
	CHECK(meet(&h, 5060, STANDING_STRANGER, false).answer == DOOR_PASS);
	judge(&h, 0, VERDICT_BLOCK, true);
	CHECK(meet(&h, 5060, STANDING_STRANGER, false).answer == DOOR_DROP);
	return ERR_NONE;
}

TEST(door_new_port,
     "a new port of a blocked address is challenged once a second while known flows live there")
{
	OWNED_HOUSE h = { 0 };
	struct flow flow = flow_of(6000);
	struct guard_knock knock = { .flow = &flow,
		                     .bytes = VIEW("REGISTER sip:x SIP/2.0\r\n"),
		                     .host_has_known = true };
	uint32_t challenged = 0;

	TRY(house_init(&h));
	judge(&h, 0, VERDICT_BLOCK, false);
	for (uint32_t i = 0; i < 500; i++) {
		struct now at = { now.us + i * 10 * (uint64_t)MILLISECOND_US, now.wall_us };

		challenged +=
			guard_door_meet(h.door, &knock, &one_a_second, at).answer == DOOR_CHALLENGE;
	}
	CHECK(challenged == 5);
	CHECK(meet(&h, 6001, STANDING_STRANGER, false).answer == DOOR_DROP);
	return ERR_NONE;
}

TEST(door_hits, "hits are told at the first and once a minute, and none is lost")
{
	OWNED_HOUSE h = { 0 };
	struct flow flow = flow_of(6000);
	struct guard_knock knock = { .flow = &flow, .bytes = VIEW("x") };
	uint64_t told = 0, facts = 0;

	TRY(house_init(&h));
	judge(&h, 0, VERDICT_BLOCK, false);
	for (uint32_t i = 0; i <= 1000; i++) {
		struct now at = { now.us + i * 120 * (uint64_t)MILLISECOND_US, now.wall_us };
		struct guard_welcome w = guard_door_meet(h.door, &knock, &one_a_second, at);

		told += w.hits;
		facts += w.hits != 0;
	}
	CHECK(facts == 3 && told == 1001);
	return ERR_NONE;
}

TEST(door_not_sip,
     "what is not SIP is dropped under its counter, and only real rubbish becomes a fact")
{
	OWNED_HOUSE h = { 0 };
	struct flow flow = flow_of(5060);
	struct guard_knock knock = { .flow = &flow, .bytes = VIEW("\r\n\r\n") };
	struct guard_welcome w;

	TRY(house_init(&h));
	w = guard_door_meet(h.door, &knock, &one_a_second, now);
	CHECK(w.answer == DOOR_DROP && w.counter == COUNT_dropped_keepalive && !w.is_non_sip);
	knock.bytes = VIEW("GET / HTTP/1.1\r\n");
	w = guard_door_meet(h.door, &knock, &one_a_second, now);
	CHECK(w.answer == DOOR_DROP && w.counter == COUNT_dropped_not_sip && w.is_non_sip);
	knock.bytes = (struct view){ "x", MAX_DATAGRAM + 1 };
	w = guard_door_meet(h.door, &knock, &one_a_second, now);
	CHECK(w.answer == DOOR_DROP && w.counter == COUNT_dropped_size && !w.is_non_sip);
	return ERR_NONE;
}

static struct flow numbered(uint32_t number)
{
	struct flow flow = flow_of(5060);

	flow.remote.bytes[12] = 10;
	flow.remote.bytes[13] = (uint8_t)(number >> 16);
	flow.remote.bytes[14] = (uint8_t)(number >> 8);
	flow.remote.bytes[15] = (uint8_t)number;
	return flow;
}

TEST(door_again,
     "who was dropped is dropped again unseen only at once, by the same way and verdicts")
{
	OWNED_HOUSE h = { 0 };
	struct flow flow = flow_of(5060), other = flow_of(5061), elsewhere = flow;
	struct guard_knock knock = { .flow = &flow,
		                     .bytes = VIEW("x"),
		                     .standing = STANDING_STRANGER };
	struct now later = now;

	TRY(house_init(&h));
	elsewhere.listener = 1;
	CHECK(!guard_door_again(h.door, &flow, now.us));
	CHECK(meet(&h, 5060, STANDING_STRANGER, false).answer == DOOR_PASS);
	CHECK(!guard_door_again(h.door, &flow, now.us));
	judge(&h, 0, VERDICT_BLOCK, false);
	CHECK(meet(&h, 5060, STANDING_STRANGER, false).hits == 1);
	CHECK(guard_door_again(h.door, &flow, now.us));
	CHECK(guard_door_again(h.door, &flow, now.us));
	CHECK(!guard_door_again(h.door, &flow, now.us + 1));
	CHECK(!guard_door_again(h.door, &other, now.us));
	CHECK(!guard_door_again(h.door, &elsewhere, now.us));
	/* They are told with the next that is looked at when the minute is over. */
	later.us += 61 * (uint64_t)SECOND_US;
	CHECK(guard_door_meet(h.door, &knock, &one_a_second, later).hits == 3);
	CHECK(guard_door_again(h.door, &flow, later.us));
	/* A peer is not dropped, and ends it. */
	CHECK(meet(&h, 5061, STANDING_PEER, false).answer == DOOR_PASS);
	CHECK(!guard_door_again(h.door, &flow, later.us));
	/* So does a verdict, whoever's, and a phone at the same address. */
	CHECK(guard_door_meet(h.door, &knock, &one_a_second, later).answer == DOOR_DROP);
	judge(&h, 5099, VERDICT_BLOCK, false);
	CHECK(!guard_door_again(h.door, &flow, later.us));
	knock.host_has_known = true;
	for (int i = 0; i < 3; i++)
		CHECK(guard_door_meet(h.door, &knock, &one_a_second, later).answer != DOOR_PASS);
	CHECK(!guard_door_again(h.door, &flow, later.us));
	return ERR_NONE;
}

TEST(door_many, "more blocked sources than the door remembers are all dropped")
{
	OWNED_HOUSE h = { 0 };
	struct guard_knock knock = { .bytes = VIEW("x") };

	TRY(house_init(&h));
	for (uint32_t i = 0; i < 3 * MAX_DOOR_SOURCES; i++) {
		struct verdict v = { .state = VERDICT_BLOCK, .until_us = now.us + SECOND_US };
		struct flow flow = numbered(i);

		knock.flow = &flow;
		v.source = flow.remote;
		v.source.port = 0;
		verdict_table_put(h.verdicts, &v, now.us);
		CHECK(guard_door_meet(h.door, &knock, &one_a_second, now).answer == DOOR_DROP);
		verdict_table_remove(h.verdicts, &v.source, 0);
	}
	return ERR_NONE;
}

TEST(door_crowd, "half as many blocked sources as there may be are told once each, not at each hit")
{
	OWNED_HOUSE h = { 0 };
	struct guard_knock knock = { .bytes = VIEW("x") };
	uint32_t facts = 0;

	TRY(house_init(&h));
	for (uint32_t i = 0; i < 4 * (VERDICT_ROWS / 2); i++) {
		struct verdict v = { .state = VERDICT_BLOCK, .until_us = now.us + SECOND_US };
		struct flow flow = numbered(i % (VERDICT_ROWS / 2));

		knock.flow = &flow;
		v.source = flow.remote;
		v.source.port = 0;
		if (i < VERDICT_ROWS / 2)
			verdict_table_put(h.verdicts, &v, now.us);
		facts += guard_door_meet(h.door, &knock, &one_a_second, now).hits > 0;
	}
	/* A few share a full line. */
	CHECK(facts >= VERDICT_ROWS / 2 && facts < VERDICT_ROWS / 2 * 5 / 4);
	return ERR_NONE;
}
