/* SPDX-License-Identifier: Apache-2.0 */
/* What the system's files say of gateways, resolvers and who is logged in. */
#include "proc/around.h"
#include "runner/test.h"

TEST(lines, "gateways, resolvers and clients are read where they are named, and nowhere else")
{
	static const struct {
		const char *name, *line, *want;
		bool (*read)(struct view line, struct addr *ret);
	} cases[] = {
		{ "gateway", "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000", "192.0.2.1",
		  around_route },
		{ "no gateway", "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF", NULL,
		  around_route },
		{ "heading", "Iface\tDestination\tGateway\tFlags", NULL, around_route },
		{ "short line", "eth0", NULL, around_route },
		{ "gateway of IPv6",
		  "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		  "20010db8000000000000000000000001 00000400 00000001 00000000 00450003 eth0",
		  "2001:db8::1", around_route6 },
		{ "no gateway of IPv6",
		  "20010db8000000000000000000000000 40 00000000000000000000000000000000 00 "
		  "00000000000000000000000000000000 00000100 00000001 00000000 00000001 eth0",
		  NULL, around_route6 },
		{ "half an address", "0 0 0 0 20010db8", NULL, around_route6 },
		{ "resolver", "nameserver 198.51.100.53", "198.51.100.53", around_resolver },
		{ "resolver of IPv6", "nameserver\t2001:db8::53", "2001:db8::53", around_resolver },
		{ "another word", "search example.org", NULL, around_resolver },
		{ "a comment", "# nameserver 198.51.100.53", NULL, around_resolver },
		{ "client", "203.0.113.9 50022 192.0.2.1 22", "203.0.113.9", around_client },
		{ "no client", "", NULL, around_client },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addr found = { 0 }, want = { 0 };
		bool is_found = cases[i].read(view_of(cases[i].line), &found);

		CHECK_CASE(is_found == (cases[i].want != NULL), cases[i].name);
		if (cases[i].want)
			TRY(addr_parse(view_of(cases[i].want), &want));
		CHECK_CASE(addr_same_host(&found, &want) && found.family == want.family,
		           cases[i].name);
	}
	return ERR_NONE;
}
