/* SPDX-License-Identifier: Apache-2.0 */
/* What must never be forwarded, and what must be: by trust, before and after
 * the source is known. */
#include "unit/media/flow_case.h"

#define HOME       "198.51.100.9:4000"  /* a phone that is reachable as written */
#define NAT        "198.51.100.9:31337" /* the same host, the port that its NAT chose */
#define SIGNALLING "198.51.100.9:5060"
#define PRIVATE    "192.168.1.5:4000"
#define STRANGER   "203.0.113.66:4000"

static const struct {
	const char *name, *remote;
	enum media_trust trust;
} trusts[] = {
	{ "exact", HOME, TRUST_EXACT },
	{ "port at SDP", HOME, TRUST_PORT_AT_SDP },
	{ "port at signalling", PRIVATE, TRUST_PORT_AT_SIGNALLING },
};

/* RTP bleed: no packet of a stranger is taken and none is sent to him, whatever
 * the trust, before the phone spoke, while it speaks and after. */
TEST(source_stranger, "takes nothing from a stranger and sends him nothing, under every trust")
{
	for (size_t i = 0; i < sizeof(trusts) / sizeof(trusts[0]); i++) {
		const char *phone = trusts[i].trust == TRUST_EXACT ? HOME : NAT;

		open_stream(leg_at(trusts[i].remote, trusts[i].trust, SIGNALLING));
		for (uint16_t n = 0; n < 50; n++) {
			CHECK_CASE(throw_rtp(PHONE, STRANGER, n) == FLOW_WRONG_SOURCE,
			           trusts[i].name);
			(void)pbx_speaks(n);
			CHECK_CASE(!went_to(STRANGER), trusts[i].name);
		}
		for (uint16_t n = 0; n < 50; n++) {
			(void)throw_rtp(PHONE, phone, n);
			CHECK_CASE(throw_rtp(PHONE, STRANGER, (uint16_t)(n + 1)) ==
			                   FLOW_WRONG_SOURCE,
			           trusts[i].name);
			(void)pbx_speaks((uint16_t)(50 + n));
			CHECK_CASE(!went_to(STRANGER), trusts[i].name);
		}
		CHECK_CASE(went_to(phone), trusts[i].name);
		CHECK_CASE(stream.legs[PHONE].totals.dropped_source == 100, trusts[i].name);
	}
	return ERR_NONE;
}

/* RTP inject: the right SSRC and sequence from another address or port. */
TEST(source_inject, "forwards nothing that is injected beside a call, nor moves the call to it")
{
	for (size_t i = 0; i < sizeof(trusts) / sizeof(trusts[0]); i++) {
		const char *phone = trusts[i].trust == TRUST_EXACT ? HOME : NAT;

		open_stream(leg_at(trusts[i].remote, trusts[i].trust, SIGNALLING));
		for (uint16_t n = 0; n < 4; n++)
			(void)throw_rtp(PHONE, phone, n);
		for (uint16_t n = 4; n < 40; n++) {
			CHECK_CASE(throw_rtp(PHONE, STRANGER, n) == FLOW_WRONG_SOURCE,
			           trusts[i].name);
			CHECK_CASE(throw_rtp(PHONE, "198.51.100.9:4444", n) == FLOW_WRONG_SOURCE,
			           trusts[i].name);
			CHECK_CASE(throw_rtp(PHONE, phone, n) == FLOW_SEND, trusts[i].name);
			CHECK_CASE(went_to("10.0.0.20:6000"), trusts[i].name);
			CHECK_CASE(pbx_speaks(n) == FLOW_SEND && went_to(phone), trusts[i].name);
		}
	}
	return ERR_NONE;
}

TEST(source_private, "sends nothing to a private address from outside, before and after learning")
{
	open_stream(leg_at(PRIVATE, TRUST_PORT_AT_SIGNALLING, SIGNALLING));
	CHECK(pbx_speaks(1) == FLOW_UNREADY);
	CHECK(throw_rtp(PHONE, PRIVATE, 1) == FLOW_WRONG_SOURCE);
	for (uint16_t n = 1; n < 4; n++)
		CHECK(throw_rtp(PHONE, NAT, n) == FLOW_LEARNING);
	CHECK(pbx_speaks(2) == FLOW_UNREADY);
	CHECK(throw_rtp(PHONE, NAT, 4) == FLOW_SEND);
	CHECK(pbx_speaks(3) == FLOW_SEND && went_to(NAT));
	return ERR_NONE;
}

TEST(source_at_sdp, "sends to the SDP's address until another port is learnt")
{
	open_stream(leg_at(HOME, TRUST_PORT_AT_SDP, SIGNALLING));
	CHECK(pbx_speaks(1) == FLOW_SEND && went_to(HOME));
	for (uint16_t n = 1; n < 4; n++)
		CHECK(throw_rtp(PHONE, NAT, n) == FLOW_LEARNING);
	CHECK(throw_rtp(PHONE, NAT, 4) == FLOW_SEND);
	CHECK(pbx_speaks(2) == FLOW_SEND && went_to(NAT));
	return ERR_NONE;
}

TEST(source_sdp_first, "takes the SDP's own port at once, and locks out its neighbours")
{
	open_stream(leg_at(HOME, TRUST_PORT_AT_SDP, SIGNALLING));
	CHECK(throw_rtp(PHONE, NAT, 1) == FLOW_LEARNING);
	CHECK(throw_rtp(PHONE, HOME, 1) == FLOW_SEND);
	for (uint16_t n = 2; n < 20; n++)
		CHECK(throw_rtp(PHONE, NAT, n) == FLOW_WRONG_SOURCE);
	return ERR_NONE;
}

TEST(source_sdp_later, "gives the stream back to the SDP's own port once it proves itself")
{
	open_stream(leg_at(HOME, TRUST_PORT_AT_SDP, SIGNALLING));
	for (uint16_t n = 1; n < 5; n++)
		(void)throw_rtp(PHONE, NAT, n);
	CHECK(throw_rtp(PHONE, HOME, 1) == FLOW_LEARNING);
	CHECK(pbx_speaks(1) == FLOW_SEND && went_to(NAT));
	for (uint16_t n = 2; n < 5; n++)
		(void)throw_rtp(PHONE, HOME, n);
	CHECK(pbx_speaks(2) == FLOW_SEND && went_to(HOME));
	return ERR_NONE;
}

TEST(source_broken_sequence, "learns no source whose packets do not follow each other")
{
	open_stream(leg_at(PRIVATE, TRUST_PORT_AT_SIGNALLING, SIGNALLING));
	for (uint16_t n = 0; n < 100; n += 2)
		CHECK(throw_rtp(PHONE, NAT, n) == FLOW_LEARNING);
	for (uint16_t n = 0; n < 30; n++)
		CHECK(throw_ssrc(PHONE, NAT, n, n) == FLOW_LEARNING);
	CHECK(stream.legs[PHONE].locked.family == 0);
	return ERR_NONE;
}

TEST(source_sparse, "learns a sparse source from two packets after three seconds")
{
	open_stream(leg_at(PRIVATE, TRUST_PORT_AT_SIGNALLING, SIGNALLING));
	CHECK(throw_rtp(PHONE, NAT, 1) == FLOW_LEARNING);
	clock_us += FLOW_LEARN_US - 2 * FRAME_US;
	CHECK(throw_rtp(PHONE, NAT, 2) == FLOW_LEARNING);
	CHECK(throw_rtp(PHONE, NAT, 3) == FLOW_SEND);
	return ERR_NONE;
}

TEST(source_sprayed, "learns the phone though its host's other ports are sprayed meanwhile")
{
	static const char *const ports[] = { "198.51.100.9:1", "198.51.100.9:2", "198.51.100.9:3",
		                             "198.51.100.9:4", "198.51.100.9:5", "198.51.100.9:6" };

	open_stream(leg_at(PRIVATE, TRUST_PORT_AT_SIGNALLING, SIGNALLING));
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		CHECK(throw_ssrc(PHONE, ports[i], 99, 1) == FLOW_LEARNING);
	for (uint16_t n = 1; n < 4; n++)
		CHECK(throw_rtp(PHONE, NAT, n) == FLOW_LEARNING);
	CHECK(throw_rtp(PHONE, NAT, 4) == FLOW_SEND);
	return ERR_NONE;
}

TEST(source_not_known, "takes nothing on a leg whose SDP was not seen, and forwards nothing to it")
{
	struct order_leg unknown = { .trust = TRUST_EXACT, .is_sending = 1, .is_receiving = 1 };

	open_stream(unknown);
	CHECK(throw_rtp(PHONE, HOME, 1) == FLOW_WRONG_SOURCE);
	CHECK(throw_bytes(PHONE, HOME, RECEIVER_REPORT, true) == FLOW_WRONG_SOURCE);
	CHECK(pbx_speaks(1) == FLOW_UNREADY && flow_out.to.family == 0);
	return ERR_NONE;
}

TEST(source_after_change,
     "moves to the phone's new port after a re-INVITE, the old one lasting until then")
{
	open_stream(leg_at(HOME, TRUST_PORT_AT_SDP, SIGNALLING));
	(void)throw_rtp(PHONE, HOME, 1);
	stream_order.legs[PHONE] = leg_at("198.51.100.9:4100", TRUST_PORT_AT_SDP, SIGNALLING);
	media_flow_change(&stream, &stream_order, clock_us);
	for (uint16_t n = 2; n < 10; n++)
		CHECK(throw_rtp(PHONE, HOME, n) == FLOW_SEND);
	CHECK(throw_rtp(PHONE, STRANGER, 10) == FLOW_WRONG_SOURCE);
	for (uint16_t n = 10; n < 14; n++)
		(void)throw_rtp(PHONE, "198.51.100.9:4100", n);
	CHECK(pbx_speaks(1) == FLOW_SEND && went_to("198.51.100.9:4100"));
	CHECK(throw_rtp(PHONE, HOME, 14) == FLOW_WRONG_SOURCE);
	return ERR_NONE;
}

TEST(source_unmoved, "ends the learning after a re-INVITE when the old source lasts")
{
	open_stream(leg_at(PRIVATE, TRUST_PORT_AT_SIGNALLING, SIGNALLING));
	for (uint16_t n = 1; n < 5; n++)
		(void)throw_rtp(PHONE, NAT, n);
	stream_order.legs[PHONE] = leg_at("192.168.1.5:4100", TRUST_PORT_AT_SIGNALLING, SIGNALLING);
	media_flow_change(&stream, &stream_order, clock_us);
	for (uint16_t n = 5; n < 5 + FLOW_LEARN_US / FRAME_US + 2; n++)
		CHECK(throw_rtp(PHONE, NAT, n) == FLOW_SEND);
	CHECK(throw_rtp(PHONE, "198.51.100.9:4444", 1) == FLOW_WRONG_SOURCE);
	return ERR_NONE;
}

TEST(source_other_host, "forgets what was learnt when signalling moves the leg to another host")
{
	open_stream(leg_at(PRIVATE, TRUST_PORT_AT_SIGNALLING, SIGNALLING));
	for (uint16_t n = 1; n < 5; n++)
		(void)throw_rtp(PHONE, NAT, n);
	stream_order.legs[PHONE] = leg_at(PRIVATE, TRUST_PORT_AT_SIGNALLING, "203.0.113.80:5060");
	media_flow_change(&stream, &stream_order, clock_us);
	CHECK(throw_rtp(PHONE, NAT, 5) == FLOW_WRONG_SOURCE);
	CHECK(pbx_speaks(1) == FLOW_UNREADY);
	return ERR_NONE;
}

TEST(source_other_port, "learns anew when signalling comes from another port of its host")
{
	open_stream(leg_at(PRIVATE, TRUST_PORT_AT_SIGNALLING, SIGNALLING));
	for (uint16_t n = 1; n < 5; n++)
		(void)throw_rtp(PHONE, NAT, n);
	CHECK(throw_rtp(PHONE, "198.51.100.9:4444", 5) == FLOW_WRONG_SOURCE);
	stream_order.legs[PHONE] = leg_at(PRIVATE, TRUST_PORT_AT_SIGNALLING, "198.51.100.9:5999");
	media_flow_change(&stream, &stream_order, clock_us);
	for (uint16_t n = 6; n < 10; n++)
		(void)throw_rtp(PHONE, "198.51.100.9:4444", n);
	CHECK(pbx_speaks(1) == FLOW_SEND && went_to("198.51.100.9:4444"));
	CHECK(throw_rtp(PHONE, NAT, 10) == FLOW_WRONG_SOURCE);
	return ERR_NONE;
}

TEST(source_same_order, "keeps what was learnt when the same addresses are ordered again")
{
	open_stream(leg_at(PRIVATE, TRUST_PORT_AT_SIGNALLING, SIGNALLING));
	for (uint16_t n = 1; n < 5; n++)
		(void)throw_rtp(PHONE, NAT, n);
	media_flow_change(&stream, &stream_order, clock_us);
	CHECK(throw_rtp(PHONE, NAT, 5) == FLOW_SEND);
	CHECK(throw_rtp(PHONE, "198.51.100.9:4444", 6) == FLOW_WRONG_SOURCE);
	return ERR_NONE;
}

TEST(source_ssrc, "takes a new SSRC from its second packet in sequence, a forged one never")
{
	open_stream(leg_at(HOME, TRUST_EXACT, SIGNALLING));
	CHECK(throw_rtp(PHONE, HOME, 1) == FLOW_SEND);
	CHECK(throw_ssrc(PHONE, HOME, 7, 900) == FLOW_SEQUENCE);
	CHECK(throw_ssrc(PHONE, HOME, 8, 900) == FLOW_SEQUENCE);
	CHECK(throw_rtp(PHONE, HOME, 2) == FLOW_SEND);
	CHECK(throw_ssrc(PHONE, HOME, 9, 900) == FLOW_SEQUENCE);
	CHECK(throw_ssrc(PHONE, HOME, 9, 901) == FLOW_SEND);
	CHECK(throw_rtp(PHONE, HOME, 3) == FLOW_SEND);
	CHECK(throw_ssrc(PHONE, HOME, 9, 902) == FLOW_SEND);
	CHECK(throw_rtp(PHONE, HOME, 30000) == FLOW_SEQUENCE);
	return ERR_NONE;
}

TEST(source_hairpin, "lets two streams through us speak to each other's ports like any other end")
{
	open_stream(leg_at("10.0.0.2:20004", TRUST_EXACT, "10.0.0.20:5060"));
	CHECK(pbx_speaks(1) == FLOW_SEND && went_to("10.0.0.2:20004"));
	CHECK(throw_rtp(PHONE, "10.0.0.2:20004", 1) == FLOW_SEND && went_to("10.0.0.20:6000"));
	CHECK(throw_rtp(PHONE, "10.0.0.2:20006", 2) == FLOW_WRONG_SOURCE);
	return ERR_NONE;
}
