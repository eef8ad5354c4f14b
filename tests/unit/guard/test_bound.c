/* SPDX-License-Identifier: Apache-2.0 */
/* Budgets and the tables that hold them, filled. */
#include "base/now.h"
#include "guard/bound.h"
#include "guard/recent.h"
#include "runner/test.h"

static const struct hash_key key = { { 5 } };

static struct addr numbered(uint32_t number)
{
	struct addr a = { .family = 4, .bytes = { [10] = 0xff, 0xff } };

	for (size_t i = 0; i < 4; i++)
		a.bytes[15 - i] = (uint8_t)(number >> (8 * i));
	return a;
}

static struct flow flow_from(uint32_t number, uint16_t port)
{
	struct flow flow = { .remote = numbered(number) };

	flow.remote.port = port;
	return flow;
}

static uint32_t taken(struct guard_bucket *b, const struct guard_rate *rate, uint32_t tries,
                      uint64_t now_us)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < tries; i++)
		count += guard_bucket_take(b, rate, now_us);
	return count;
}

TEST(bucket_burst, "a full bucket gives its whole count at once, then as time brings it back")
{
	struct guard_bucket b = { 0 };
	struct guard_rate rate = { 30, 2000 };

	CHECK(taken(&b, &rate, 100, SECOND_US) == 30);
	CHECK(taken(&b, &rate, 100, SECOND_US) == 0);
	CHECK(taken(&b, &rate, 100, 2 * SECOND_US) == 15);
	CHECK(taken(&b, &rate, 100, 60 * SECOND_US) == 30);
	return ERR_NONE;
}

TEST(bucket_edges, "a rate of nothing gives nothing, and time that goes back gives no more")
{
	struct guard_bucket b = { 0 }, none = { 0 };
	struct guard_rate rate = { 10, 1000 }, nothing = { 0, 1000 };

	CHECK(taken(&none, &nothing, 5, SECOND_US) == 0);
	CHECK(taken(&b, &rate, 20, 100 * (uint64_t)SECOND_US) == 10);
	CHECK(taken(&b, &rate, 20, SECOND_US) == 0);
	return ERR_NONE;
}

TEST(bounds_flow, "a noisy flow uses up its own budget and not its neighbours'")
{
	struct guard_door_settings settings;
	struct guard_bounds *b = NULL;
	struct flow noisy = flow_from(1, 4000), quiet = flow_from(1, 4001);
	uint32_t count = 0;

	guard_door_defaults(&settings);
	TRY(guard_bounds_new(&settings, &key, &b));
	for (int i = 0; i < 10000; i++)
		count += guard_bounds_stranger(b, &noisy, SECOND_US);
	CHECK(count == 30);
	CHECK(guard_bounds_stranger(b, &quiet, SECOND_US));
	guard_bounds_free(&b);
	return ERR_NONE;
}

TEST(bounds_address, "all strangers of an address share one budget, whatever their ports")
{
	struct guard_door_settings settings;
	struct guard_bounds *b = NULL;
	uint32_t count = 0;

	guard_door_defaults(&settings);
	TRY(guard_bounds_new(&settings, &key, &b));
	for (uint16_t port = 1; port < 2000; port++) {
		struct flow flow = flow_from(1, port);

		count += guard_bounds_stranger(b, &flow, SECOND_US);
	}
	CHECK(count == 600);
	guard_bounds_free(&b);
	return ERR_NONE;
}

TEST(bounds_office, "200 phones behind one address that come at once are all heard")
{
	struct guard_door_settings settings;
	struct guard_bounds *b = NULL;
	uint32_t heard = 0, passed = 0;

	guard_door_defaults(&settings);
	TRY(guard_bounds_new(&settings, &key, &b));
	for (uint16_t port = 1; port <= 200; port++) {
		struct flow flow = flow_from(1, port);

		heard += guard_bounds_stranger(b, &flow, SECOND_US);
		passed += guard_bounds_register(b, &flow.remote, SECOND_US);
	}
	CHECK(heard == 200 && passed == 200);
	guard_bounds_free(&b);
	return ERR_NONE;
}

TEST(bounds_network, "one network over its bound takes nothing of the total")
{
	struct guard_door_settings settings;
	struct guard_bounds *b = NULL;
	struct addr other = numbered(0x0a000001);
	uint32_t count = 0;

	guard_door_defaults(&settings);
	settings.total_registers = (struct guard_rate){ 250, 2000 };
	TRY(guard_bounds_new(&settings, &key, &b));
	for (uint32_t i = 0; i < 5000; i++) {
		struct addr source = numbered(0xc6336400 + i % 256);

		count += guard_bounds_register(b, &source, SECOND_US);
	}
	CHECK(count == 200);
	CHECK(guard_bounds_register(b, &other, SECOND_US));
	guard_bounds_free(&b);
	return ERR_NONE;
}

TEST(bounds_full, "a flood of forged networks overflows the table and still meets the total")
{
	struct guard_door_settings settings;
	struct guard_bounds *b = NULL;
	uint32_t count = 0, heard = 0;

	guard_door_defaults(&settings);
	settings.max_neighbourhoods = settings.max_stranger_flows =
		settings.max_stranger_addresses = 64;
	TRY(guard_bounds_new(&settings, &key, &b));
	for (uint32_t i = 0; i < 20000; i++) {
		struct flow flow = flow_from(i << 8, 5060);

		heard += guard_bounds_stranger(b, &flow, SECOND_US);
		count += guard_bounds_register(b, &flow.remote, SECOND_US);
	}
	CHECK(heard == 20000 && count == 1000);
	guard_bounds_free(&b);
	return ERR_NONE;
}

TEST(bounds_spent, "whoever spent all stays known through a flood of forged addresses")
{
	struct guard_door_settings settings;
	struct guard_bounds *b = NULL;
	struct flow noisy = flow_from(1, 4000);

	guard_door_defaults(&settings);
	settings.max_stranger_flows = settings.max_stranger_addresses = 64;
	TRY(guard_bounds_new(&settings, &key, &b));
	while (guard_bounds_stranger(b, &noisy, SECOND_US))
		continue;
	for (uint32_t i = 0; i < 20000; i++) {
		struct flow forged = flow_from(0x0a000000 + i, 5060);

		CHECK(guard_bounds_stranger(b, &forged, SECOND_US));
	}
	CHECK(!guard_bounds_stranger(b, &noisy, SECOND_US));
	CHECK(guard_bounds_stranger(b, &noisy, 4 * SECOND_US));
	guard_bounds_free(&b);
	return ERR_NONE;
}

TEST(bounds_apply, "new figures hold from now on")
{
	struct guard_door_settings settings;
	struct guard_bounds *b = NULL;
	struct flow flow = flow_from(1, 1);

	guard_door_defaults(&settings);
	TRY(guard_bounds_new(&settings, &key, &b));
	CHECK(guard_bounds_stranger(b, &flow, SECOND_US));
	settings.stranger_flow.count = 0;
	guard_bounds_apply(b, &settings);
	CHECK(!guard_bounds_stranger(b, &flow, SECOND_US));
	guard_bounds_free(&b);
	return ERR_NONE;
}

struct counted {
	struct guard_row row;
	uint32_t number;
};

static struct counted *touch(struct guard_recent *r, uint32_t number)
{
	struct addr address = numbered(number);
	struct guard_key k = guard_key_of(&address, 0);
	struct counted *row = guard_recent_touch(r, &k);

	row->number = number;
	return row;
}

static bool holds(const struct guard_recent *r, uint32_t number)
{
	struct addr address = numbered(number);
	struct guard_key k = guard_key_of(&address, 0);

	return guard_recent_find(r, &k) != NULL;
}

TEST(recent_order, "a full table forgets the row untouched for longest, kept rows last")
{
	struct guard_recent r = { 0 };

	TRY(guard_recent_init(&r, sizeof(struct counted), 4, &key));
	for (uint32_t i = 0; i < 4; i++)
		(void)touch(&r, i);
	guard_recent_keep(&r, touch(&r, 0), true);
	(void)touch(&r, 1);
	(void)touch(&r, 10);
	CHECK(!holds(&r, 2) && holds(&r, 0) && holds(&r, 1) && holds(&r, 3));
	for (uint32_t i = 20; i < 200; i++)
		(void)touch(&r, i);
	CHECK(holds(&r, 0) && holds(&r, 199) && holds(&r, 197) && !holds(&r, 196));
	for (uint32_t i = 300; i < 304; i++)
		guard_recent_keep(&r, touch(&r, i), true);
	CHECK(!holds(&r, 0) && holds(&r, 303));
	guard_recent_forget(&r, touch(&r, 303));
	CHECK(!holds(&r, 303));
	guard_recent_clear(&r);
	guard_recent_clear(&r);
	return ERR_NONE;
}
