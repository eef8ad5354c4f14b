/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of names: what can be believed in its form, and the order of targets. */
#include "event/resolved.h"
#include "runner/test.h"

#include <string.h>

enum { DRAWS = 20000 };

static struct resolved_target target(const char *address, uint16_t priority, uint16_t weight,
                                     uint8_t group)
{
	struct resolved_target t = { .priority = priority, .weight = weight, .group = group };

	(void)!addr_parse_port(view_of(address), &t.to);
	return t;
}

/* Any good spread will do. */
static uint32_t next(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static unsigned firsts(const struct resolved_target *t, unsigned count, unsigned wanted)
{
	uint32_t state = 1, draws[MAX_RESOLVED_TARGETS];
	uint8_t places[MAX_RESOLVED_TARGETS];
	unsigned found = 0;

	for (unsigned i = 0; i < DRAWS; i++) {
		for (unsigned k = 0; k < MAX_RESOLVED_TARGETS; k++)
			draws[k] = next(&state);
		resolved_order(t, count, draws, places);
		found += places[0] == wanted;
	}
	return found * 100 / DRAWS;
}

TEST(resolved_priority, "whatever is drawn, the lowest priority comes first and each target once")
{
	const struct resolved_target t[] = { target("192.0.2.1:5060", 20, 100, 0),
		                             target("192.0.2.2:5060", 10, 0, 1),
		                             target("192.0.2.3:5060", 30, 1, 2),
		                             target("192.0.2.4:5060", 10, 65535, 3) };
	uint32_t state = 7, draws[MAX_RESOLVED_TARGETS];
	uint8_t places[MAX_RESOLVED_TARGETS];

	for (unsigned i = 0; i < DRAWS; i++) {
		for (unsigned k = 0; k < MAX_RESOLVED_TARGETS; k++)
			draws[k] = i == 0 ? UINT32_MAX : next(&state) << (i % 9);
		resolved_order(t, 4, draws, places);
		CHECK(places[0] + places[1] == 4 && places[0] != places[1]);
		CHECK(places[2] == 0 && places[3] == 2);
	}
	return ERR_NONE;
}

TEST(resolved_weights, "targets of one priority are first in the share of their weights")
{
	const struct resolved_target shares[] = { target("192.0.2.1:5060", 1, 60, 0),
		                                  target("192.0.2.2:5060", 1, 30, 1),
		                                  target("192.0.2.3:5060", 1, 10, 2) };
	const struct resolved_target alike[] = { target("192.0.2.1:5060", 0, 0, 0),
		                                 target("192.0.2.2:5060", 0, 0, 1) };
	const struct resolved_target none[] = { target("192.0.2.1:5060", 1, 0, 0),
		                                target("192.0.2.2:5060", 1, 100, 1) };
	static const unsigned wanted[] = { 60, 30, 10 };

	for (unsigned i = 0; i < 3; i++) {
		unsigned share = firsts(shares, 3, i);

		CHECK(share + 3 >= wanted[i] && share <= wanted[i] + 3);
	}
	CHECK(firsts(alike, 2, 0) >= 47 && firsts(alike, 2, 0) <= 53);
	CHECK(firsts(none, 2, 0) <= 2);
	return ERR_NONE;
}

TEST(resolved_groups, "addresses of one record share its weight and follow each other")
{
	const struct resolved_target t[] = { target("192.0.2.1:5060", 1, 50, 0),
		                             target("[2001:db8::1]:5060", 1, 50, 0),
		                             target("192.0.2.3:5060", 1, 50, 1) };
	uint32_t state = 3, draws[MAX_RESOLVED_TARGETS];
	uint8_t places[MAX_RESOLVED_TARGETS];

	for (unsigned i = 0; i < DRAWS; i++) {
		for (unsigned k = 0; k < MAX_RESOLVED_TARGETS; k++)
			draws[k] = next(&state);
		resolved_order(t, 3, draws, places);
		CHECK(places[0] == 2 ? places[1] == 0 && places[2] == 1
		                     : places[0] == 0 && places[1] == 1);
	}
	CHECK(firsts(t, 3, 0) >= 46 && firsts(t, 3, 0) <= 54);
	return ERR_NONE;
}

TEST(resolved_sound,
     "a row with a text without end, too many targets, or a useless address is not believed")
{
	struct resolved_row good = {
		.peer = "carrier", .host = "sip.example.com", .count = 1, .state = RESOLVED_GOOD
	};
	struct resolved_row row;
	static const char *const useless[] = { "0.0.0.0:5060", "224.0.0.1:5060",
		                               "255.255.255.255:5060", "[::]:5060" };

	good.targets[0] = target("192.0.2.1:5060", 0, 0, 0);
	CHECK(resolved_is_sound(&good));
	row = good;
	memset(row.host, 'a', sizeof(row.host));
	CHECK(!resolved_is_sound(&row));
	row = good;
	row.count = MAX_RESOLVED_TARGETS + 1;
	CHECK(!resolved_is_sound(&row));
	row = good;
	row.count = 0;
	CHECK(!resolved_is_sound(&row));
	row.state = RESOLVED_STALE;
	CHECK(resolved_is_sound(&row));
	row.state = RESOLVED_GONE + 1;
	CHECK(!resolved_is_sound(&row));
	row = good;
	row.targets[0].to.port = 0;
	CHECK(!resolved_is_sound(&row));
	row = good;
	row.targets[0].transport = TRANSPORT_TLS;
	CHECK(resolved_is_sound(&row));
	row.targets[0].transport = TRANSPORT_WS;
	CHECK(!resolved_is_sound(&row));
	for (unsigned i = 0; i < sizeof(useless) / sizeof(useless[0]); i++) {
		row = good;
		row.targets[0] = target(useless[i], 0, 0, 0);
		CHECK_CASE(!resolved_is_sound(&row), useless[i]);
	}
	return ERR_NONE;
}
