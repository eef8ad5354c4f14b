/* SPDX-License-Identifier: Apache-2.0 */
/* Random calls: phones, neighbours behind the same NAT, strangers, changes of
 * the leg by signalling; whatever comes, nothing goes where it may not. */
#include "unit/media/flow_case.h"

enum { CALLS = 300, STEPS = 400 };

static const char *const addresses[] = {
	"198.51.100.9:4000", "198.51.100.9:4001", "198.51.100.9:31337", "198.51.100.9:31338",
	"198.51.100.9:5060", "203.0.113.66:4000", "203.0.113.66:4001",  "192.168.1.5:4000",
	"192.168.1.5:4001",  "10.0.0.20:6000",    "10.0.0.20:6001",     "127.0.0.1:4000",
};

static uint64_t dice_state;

static uint32_t dice(uint32_t sides)
{
	dice_state = dice_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(dice_state >> 33) % sides;
}

static const char *any_address(void) { return addresses[dice(12)]; }

/* Mostly the one that spoke last on that leg, so that sources get learnt. */
static const char *speaker(uint8_t leg)
{
	static const char *last[2];

	if (!last[leg] || dice(8) == 0)
		last[leg] = any_address();
	return last[leg];
}

static struct order_leg any_leg(void)
{
	struct order_leg l = leg_at(any_address(), (enum media_trust)dice(3), any_address());

	l.is_known = dice(8) != 0;
	l.is_sending = dice(8) != 0;
	l.is_receiving = dice(8) != 0;
	if (dice(4) == 0)
		l.rtcp = (struct addr){ 0 };
	return l;
}

/* May anything be sent to `to` on behalf of that leg? Written from event/order.h
 * alone, without a look at how flow.c finds it. */
static bool may_go(const struct order_leg *l, const struct addr *to, bool is_rtcp)
{
	if (!l->is_known || (!is_rtcp && !l->is_receiving))
		return false;
	switch ((enum media_trust)l->trust) {
	case TRUST_EXACT:
		return addr_equal(to, is_rtcp ? &l->rtcp : &l->remote);
	case TRUST_PORT_AT_SDP:
		return addr_same_host(to, &l->remote);
	default:
		return addr_same_host(to, &l->signalling);
	}
}

static bool may_come(const struct order_leg *l, const struct addr *from, bool is_rtcp)
{
	if (!is_rtcp && !l->is_sending)
		return false;
	return may_go(&(struct order_leg){ .trust = l->trust,
	                                   .is_known = l->is_known,
	                                   .is_receiving = 1,
	                                   .remote = l->remote,
	                                   .rtcp = l->rtcp,
	                                   .signalling = l->signalling },
	              from, is_rtcp);
}

static enum flow_verdict step(uint8_t leg, const char *from, bool is_rtcp)
{
	static uint16_t sequences[2];
	static uint32_t ssrcs[2];

	if (is_rtcp)
		return throw_bytes(leg, from, RECEIVER_REPORT, true);
	if (dice(10) == 0)
		sequences[leg] = (uint16_t)dice(65536);
	if (dice(10) == 0)
		ssrcs[leg] = dice(20);
	return throw_ssrc(leg, from, ssrcs[leg], ++sequences[leg]);
}

TEST(property_addresses,
     "lets nothing in from, and nothing out to, where an order does not allow it")
{
	size_t sent = 0, learnt = 0;

	dice_state = 1;
	for (size_t call = 0; call < CALLS; call++) {
		open_stream(any_leg());
		for (size_t i = 0; i < STEPS; i++) {
			uint8_t leg = (uint8_t)dice(2);
			bool is_rtcp = dice(8) == 0;
			const char *from = speaker(leg);
			struct addr source = at(from);
			const struct order_leg *here = &stream_order.legs[leg];
			const struct order_leg *there = &stream_order.legs[leg ^ 1];

			if (dice(50) == 0) {
				stream_order.legs[leg] = any_leg();
				stream_order.legs[leg].port = leg;
				media_flow_change(&stream, &stream_order, clock_us);
			}
			if (step(leg, from, is_rtcp) != FLOW_SEND) {
				CHECK(flow_out.out.len == 0 && flow_out.to.family == 0);
				continue;
			}
			sent++;
			learnt += there->trust != TRUST_EXACT &&
			          !addr_equal(&flow_out.to, &there->remote);
			CHECK(may_come(here, &source, is_rtcp));
			CHECK(may_go(there, &flow_out.to, is_rtcp));
			CHECK(flow_out.to.port != 0);
		}
	}
	CHECK(sent > CALLS && learnt > CALLS);
	return ERR_NONE;
}
