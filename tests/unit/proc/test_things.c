/* SPDX-License-Identifier: Apache-2.0 */
/* Rings by name: who is at their ends, and that none stands for two. */
#include "proc/things.h"

#include "runner/test.h"

#include <string.h>

TEST(things_rings, "each ring has a name of its own and a use, and each pair of workers its rings")
{
	for (unsigned i = 0; i < RING_NAME_COUNT; i++) {
		struct ring_use use = ring_use((enum ring_name)i);

		CHECK(use.like < RING_NAME_ORDERS_2 || use.like == RING_NAME_PASSED);
		CHECK((use.writer != use.reader) == (use.like != RING_NAME_PASSED) ||
		      use.writer != use.reader);
		for (unsigned k = 0; k < i; k++)
			CHECK_CASE(strcmp(ring_name_text((enum ring_name)i),
			                  ring_name_text((enum ring_name)k)) != 0,
			           ring_name_text((enum ring_name)i));
	}
	for (unsigned s = 0; s < MAX_SIGNAL_WORKERS; s++) {
		struct ring_use facts = ring_use(ring_of(RING_OF_FACTS, s));

		CHECK(facts.like == RING_NAME_FACTS && facts.writer == role_signal(s));
		CHECK(ring_use(ring_of(RING_OF_SIGNED, s)).reader == role_signal(s));
		for (unsigned m = 0; m < MAX_MEDIA_WORKERS; m++) {
			struct ring_use orders = ring_use(ring_orders(s, m)),
					events = ring_use(ring_media_events(s, m));

			CHECK(orders.like == RING_NAME_ORDERS && orders.writer == role_signal(s) &&
			      orders.reader == role_media(m));
			CHECK(events.like == RING_NAME_MEDIA_EVENTS &&
			      events.writer == role_media(m) && events.reader == role_signal(s));
		}
		for (unsigned to = 0; to < MAX_SIGNAL_WORKERS; to++) {
			struct ring_use passed = ring_use(ring_passed(s, to));

			CHECK(passed.like == RING_NAME_PASSED && passed.writer == role_signal(s) &&
			      passed.reader == role_signal(to));
		}
	}
	return ERR_NONE;
}

TEST(things_roles, "each worker is a role with the rights of its kind")
{
	for (unsigned i = 0; i < MAX_SIGNAL_WORKERS; i++)
		CHECK(role_kind(role_signal(i)) == ROLE_SIGNAL && role_worker(role_signal(i)) == i);
	for (unsigned i = 0; i < MAX_MEDIA_WORKERS; i++)
		CHECK(role_kind(role_media(i)) == ROLE_MEDIA && role_worker(role_media(i)) == i);
	CHECK(role_kind(ROLE_KEYS) == ROLE_KEYS && role_worker(ROLE_KEYS) == 0);
	return ERR_NONE;
}
