/* SPDX-License-Identifier: Apache-2.0 */
/* Every word that processes say to each other has a name, and no two share one. */
#include "event/ask.h"
#include "event/counters.h"
#include "runner/test.h"

#include <string.h>

static const char *fact_name(size_t i) { return fact_kind_name((enum fact_kind)i); }
static const char *record_name(size_t i) { return record_kind_name((enum record_kind)i); }
static const char *ask_name(size_t i) { return ask_kind_name((enum ask_kind)i); }
static const char *role_of(size_t i) { return role_name((enum role)i); }
static const char *count_name(size_t i) { return counter_name((enum counter)i); }
static const char *count_text(size_t i) { return counter_text((enum counter)i); }
static const char *transport_name(size_t i) { return flow_transport_name((enum transport_kind)i); }

static const struct {
	const char *what;
	const char *(*name)(size_t i);
	size_t count;
} lists[] = {
	{ "facts", fact_name, FACT_KIND_COUNT },
	{ "records", record_name, RECORD_KIND_COUNT },
	{ "asks", ask_name, ASK_KIND_COUNT },
	{ "roles", role_of, ROLE_COUNT },
	{ "counters", count_name, COUNTER_COUNT },
	{ "texts", count_text, COUNTER_COUNT },
	{ "transports", transport_name, TRANSPORT_COUNT },
};

TEST(names_are_there, "each kind has a name of its own, and numbers beyond have none")
{
	for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); l++) {
		for (size_t i = 0; i < lists[l].count; i++) {
			const char *name = lists[l].name(i);

			CHECK_CASE(name && strcmp(name, "?") != 0 && name[0] != '\0',
			           lists[l].what);
			for (size_t k = 0; k < i; k++)
				CHECK_CASE(strcmp(name, lists[l].name(k)) != 0, lists[l].what);
		}
		CHECK_CASE(strcmp(lists[l].name(lists[l].count), "?") == 0, lists[l].what);
	}
	return ERR_NONE;
}

TEST(flows_compare,
     "two flows are one only with both addresses, ports, transport and connection alike")
{
	struct flow a = { .transport = TRANSPORT_UDP }, b;

	a.remote.family = a.local.family = 4;
	a.remote.port = 5062;
	a.local.port = 5060;
	b = a;
	b.listener = 3;
	CHECK(flow_equal(&a, &b));
	b = a, b.remote.port++;
	CHECK(!flow_equal(&a, &b));
	b = a, b.remote.bytes[15]++;
	CHECK(!flow_equal(&a, &b));
	b = a, b.local.port++;
	CHECK(!flow_equal(&a, &b));
	b = a, b.transport = TRANSPORT_TCP;
	CHECK(!flow_equal(&a, &b));
	b = a, b.connection++;
	CHECK(!flow_equal(&a, &b));
	return ERR_NONE;
}
