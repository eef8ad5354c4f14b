/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses a description may name, by who names them. */
#include "runner/test.h"
#include "sdp/offer.h"

static const struct {
	const char *name, *address, *listener, *signalling;
	enum sdp_side side;
	enum sdp_address_verdict want;
} cases[] = {
	{ "public, where the signalling comes from", "198.51.100.9", "203.0.113.7", "198.51.100.9",
	  SDP_FROM_OUTSIDE, SDP_ADDRESS_EXACT },
	{ "public, elsewhere", "198.51.100.10", "203.0.113.7", "198.51.100.9", SDP_FROM_OUTSIDE,
	  SDP_ADDRESS_PORT_LEARNT },
	{ "private, from the outside", "192.168.1.5", "203.0.113.7", "198.51.100.9",
	  SDP_FROM_OUTSIDE, SDP_ADDRESS_BEHIND_NAT },
	{ "of a carrier's NAT, from the outside", "100.64.0.5", "203.0.113.7", "198.51.100.9",
	  SDP_FROM_OUTSIDE, SDP_ADDRESS_BEHIND_NAT },
	{ "unique local, from the outside", "fd00::5", "2001:db8::1", "2001:db8::9",
	  SDP_FROM_OUTSIDE, SDP_ADDRESS_BEHIND_NAT },
	{ "private, on a private listener, elsewhere", "192.168.1.5", "192.168.1.1", "192.168.1.9",
	  SDP_FROM_OUTSIDE, SDP_ADDRESS_BEHIND_NAT },
	{ "private, on a private listener, of the phone", "192.168.1.9", "192.168.1.1",
	  "192.168.1.9", SDP_FROM_OUTSIDE, SDP_ADDRESS_EXACT },
	{ "private, from the inside", "10.0.0.30", "10.0.0.2", "10.0.0.20", SDP_FROM_INSIDE,
	  SDP_ADDRESS_EXACT },
	{ "loopback, from the outside", "127.0.0.1", "203.0.113.7", "198.51.100.9",
	  SDP_FROM_OUTSIDE, SDP_ADDRESS_FORBIDDEN },
	{ "loopback, from the inside", "127.0.0.1", "10.0.0.2", "10.0.0.20", SDP_FROM_INSIDE,
	  SDP_ADDRESS_FORBIDDEN },
	{ "IPv6 loopback", "::1", "2001:db8::1", "2001:db8::9", SDP_FROM_OUTSIDE,
	  SDP_ADDRESS_FORBIDDEN },
	{ "loopback on a loopback listener", "127.0.0.5", "127.0.0.1", "127.0.0.5",
	  SDP_FROM_OUTSIDE, SDP_ADDRESS_EXACT },
	{ "other loopback on a loopback listener", "127.0.0.6", "127.0.0.1", "127.0.0.5",
	  SDP_FROM_OUTSIDE, SDP_ADDRESS_PORT_LEARNT },
	{ "where clouds keep their metadata", "169.254.169.254", "203.0.113.7", "198.51.100.9",
	  SDP_FROM_OUTSIDE, SDP_ADDRESS_FORBIDDEN },
	{ "link-local IPv6", "fe80::1", "2001:db8::1", "2001:db8::9", SDP_FROM_INSIDE,
	  SDP_ADDRESS_FORBIDDEN },
	{ "multicast on any listener", "239.0.0.1", "239.0.0.1", "239.0.0.1", SDP_FROM_INSIDE,
	  SDP_ADDRESS_FORBIDDEN },
	{ "broadcast", "255.255.255.255", "203.0.113.7", "198.51.100.9", SDP_FROM_OUTSIDE,
	  SDP_ADDRESS_FORBIDDEN },
	{ "hold", "0.0.0.0", "203.0.113.7", "198.51.100.9", SDP_FROM_OUTSIDE, SDP_ADDRESS_HOLD },
	{ "hold in IPv6", "::", "203.0.113.7", "198.51.100.9", SDP_FROM_OUTSIDE, SDP_ADDRESS_HOLD },
	{ "near hold", "0.0.0.1", "203.0.113.7", "198.51.100.9", SDP_FROM_OUTSIDE,
	  SDP_ADDRESS_FORBIDDEN },
	{ "loopback mapped into IPv6", "::ffff:127.0.0.1", "2001:db8::1", "2001:db8::9",
	  SDP_FROM_OUTSIDE, SDP_ADDRESS_FORBIDDEN },
};

TEST(address_verdicts, "judges each kind of address by where it comes from and who listens")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addr address, listener, signalling;

		TRY(addr_parse(view_of(cases[i].address), &address));
		TRY(addr_parse(view_of(cases[i].listener), &listener));
		TRY(addr_parse(view_of(cases[i].signalling), &signalling));
		CHECK_CASE(sdp_address_check(&address, &listener, &signalling, cases[i].side) ==
		                   cases[i].want,
		           cases[i].name);
	}
	return ERR_NONE;
}

TEST(address_none, "forbids what is no address")
{
	struct addr none = { 0 }, here;

	TRY(addr_parse(VIEW("203.0.113.7"), &here));
	CHECK(sdp_address_check(&none, &here, &here, SDP_FROM_INSIDE) == SDP_ADDRESS_FORBIDDEN);
	return ERR_NONE;
}
