/* SPDX-License-Identifier: Apache-2.0 */
/* A stream as it goes through: what is written anew, what is dropped and why. */
#include "rtp/picture.h"
#include "unit/media/flow_case.h"

#define HOME       "198.51.100.9:4000"
#define HOME_RTCP  "198.51.100.9:4001"
#define NAT        "198.51.100.9:31337"
#define SIGNALLING "198.51.100.9:5060"

static void change(void) { media_flow_change(&stream, &stream_order, clock_us); }

TEST(flow_anew, "sends a packet anew: masked source, no extension, the same sound")
{
	static const char with_extension[] = "\x90\x00\x00\x01\x00\x00\x00\xa0\x11\x11\x11\x11"
					     "\xbe\xde\x00\x01hidesound";
	struct rtp_packet p;

	open_stream(leg_at(HOME, TRUST_EXACT, SIGNALLING));
	CHECK(throw_bytes(PHONE, HOME, VIEW(with_extension), false) == FLOW_SEND);
	TRY(rtp_packet_parse(flow_out.out, &p));
	CHECK(flow_out.out.len == RTP_HEADER_SIZE + 5 && view_equal(p.payload, VIEW("sound")));
	CHECK(p.ssrc != PHONE_SSRC && p.ssrc == (PHONE_SSRC ^ stream.legs[PHONE].ssrc_mask));
	CHECK(p.sequence == 1 && p.timestamp == 160);
	return ERR_NONE;
}

TEST(flow_malformed, "counts and drops what is malformed, and the call lives on")
{
	open_stream(leg_at(HOME, TRUST_EXACT, SIGNALLING));
	CHECK(throw_rtp(PHONE, HOME, 1) == FLOW_SEND);
	for (int i = 0; i < 1000; i++)
		CHECK(throw_bytes(PHONE, HOME, VIEW("\x8f\x00 short"), false) == FLOW_MALFORMED);
	CHECK(throw_bytes(PHONE, HOME, VIEW_EMPTY, false) == FLOW_MALFORMED);
	CHECK(throw_rtp(PHONE, HOME, 2) == FLOW_SEND);
	CHECK(stream.legs[PHONE].totals.dropped_malformed == 1001);
	return ERR_NONE;
}

TEST(flow_direction, "stops what may not be sent or is not wanted, in each direction alone")
{
	open_stream(leg_at(HOME, TRUST_EXACT, SIGNALLING));
	stream_order.legs[PHONE].is_sending = 0;
	change();
	CHECK(throw_rtp(PHONE, HOME, 1) == FLOW_DIRECTION);
	CHECK(pbx_speaks(1) == FLOW_SEND);
	stream_order.legs[PHONE].is_sending = 1;
	stream_order.legs[PHONE].is_receiving = 0;
	change();
	CHECK(throw_rtp(PHONE, HOME, 2) == FLOW_SEND);
	CHECK(pbx_speaks(2) == FLOW_DIRECTION);
	CHECK(stream.legs[PHONE].totals.dropped_direction == 1);
	CHECK(stream.legs[PBX].totals.dropped_direction == 1);
	return ERR_NONE;
}

TEST(flow_held_learns_nothing, "learns nothing from who may not send")
{
	open_stream(leg_at("192.168.1.5:4000", TRUST_PORT_AT_SIGNALLING, SIGNALLING));
	stream_order.legs[PHONE].is_sending = 0;
	change();
	for (uint16_t n = 1; n < 10; n++)
		CHECK(throw_rtp(PHONE, NAT, n) == FLOW_DIRECTION);
	CHECK(stream.legs[PHONE].locked.family == 0);
	return ERR_NONE;
}

TEST(flow_rate, "passes the cap and no packet more at once, and each stranger's not at all")
{
	size_t sent = 0;

	open_stream(leg_at(HOME, TRUST_EXACT, SIGNALLING));
	for (uint16_t n = 0; n < 2 * FLOW_PACKETS_PER_S; n++) {
		clock_us -= FRAME_US;
		sent += throw_rtp(PHONE, HOME, n) == FLOW_SEND;
	}
	CHECK(sent == FLOW_PACKETS_PER_S);
	clock_us += SECOND_US / 2;
	sent = 0;
	for (uint16_t n = 0; n < FLOW_PACKETS_PER_S; n++) {
		clock_us -= FRAME_US;
		sent += throw_rtp(PHONE, HOME, (uint16_t)(FLOW_PACKETS_PER_S + n)) == FLOW_SEND;
	}
	CHECK(sent == FLOW_PACKETS_PER_S / 2);
	return ERR_NONE;
}

TEST(flow_rate_ordered, "keeps the cap that the order names")
{
	size_t sent = 0;

	open_stream(leg_at(HOME, TRUST_EXACT, SIGNALLING));
	stream_order.packets_per_s = 10;
	change();
	for (uint16_t n = 0; n < 100; n++) {
		clock_us -= FRAME_US;
		sent += throw_rtp(PHONE, HOME, n) == FLOW_SEND;
	}
	CHECK(sent == 10);
	return ERR_NONE;
}

TEST(flow_rtcp, "writes RTCP anew: our CNAME, sources masked and reported ones given back")
{
	static const char report[] =
		"\x81\xc9\x00\x07\x11\x11\x11\x11????\x00\x00\x00\x00seqnjitrlsr.dlsr"
		"\x81\xca\x00\x05\x11\x11\x11\x11\x01\x0buser@inside\x00\x00\x00";
	char bytes[sizeof(report) - 1];
	struct rtcp_compound c;
	uint32_t seen;

	open_stream(leg_at(HOME, TRUST_EXACT, SIGNALLING));
	/* The phone reports about the SSRC under which it sees the PBX. */
	seen = PBX_SSRC ^ stream.legs[PBX].ssrc_mask;
	memcpy(bytes, report, sizeof(bytes));
	for (size_t i = 0; i < 4; i++)
		bytes[8 + i] = (char)(seen >> (24 - 8 * i));
	CHECK(throw_bytes(PHONE, HOME_RTCP, view_bytes(bytes, sizeof(bytes)), true) == FLOW_SEND);
	CHECK(went_to("10.0.0.20:6001"));
	TRY(rtcp_parse(flow_out.out, &c));
	CHECK(c.sender == (PHONE_SSRC ^ stream.legs[PHONE].ssrc_mask));
	CHECK(c.report_count == 1 && c.reports[0].ssrc == PBX_SSRC);
	CHECK(!view_contains(flow_out.out, VIEW("user@inside")));
	CHECK(view_contains(flow_out.out, view_bytes(stream.legs[PHONE].cname, RTCP_CNAME_SIZE)));
	return ERR_NONE;
}

TEST(flow_picture, "carries what asks for a picture, and no other feedback")
{
	static const char report[] = "\x80\xc9\x00\x01\x11\x11\x11\x11"
				     "\x81\xce\x00\x02\x11\x11\x11\x11????"
				     "\x8f\xcd\x00\x03\x11\x11\x11\x11????\x00\x00\x00\x01";
	char bytes[sizeof(report) - 1];
	struct rtcp_picture asked[MAX_RTCP_PICTURES];
	struct rtcp_compound c;
	uint32_t seen;

	open_stream(leg_at(HOME, TRUST_EXACT, SIGNALLING));
	seen = PBX_SSRC ^ stream.legs[PBX].ssrc_mask;
	memcpy(bytes, report, sizeof(bytes));
	for (size_t i = 0; i < 4; i++)
		bytes[16 + i] = (char)(seen >> (24 - 8 * i));
	CHECK(throw_bytes(PHONE, HOME_RTCP, view_bytes(bytes, sizeof(bytes)), true) == FLOW_SEND);
	TRY(rtcp_parse(flow_out.out, &c));
	CHECK(c.dropped == 1 && c.sender == (PHONE_SSRC ^ stream.legs[PHONE].ssrc_mask));
	CHECK(rtcp_pictures_read(flow_out.out, &c, asked) == 1);
	CHECK(asked[0].about == PBX_SSRC && !asked[0].is_full);
	return ERR_NONE;
}

TEST(flow_rtcp_source, "takes RTCP from nobody but RTP's own host, and only after RTP")
{
	open_stream(leg_at("192.168.1.5:4000", TRUST_PORT_AT_SIGNALLING, SIGNALLING));
	CHECK(throw_bytes(PHONE, NAT, RECEIVER_REPORT, true) == FLOW_WRONG_SOURCE);
	for (uint16_t n = 1; n < 5; n++)
		(void)throw_rtp(PHONE, NAT, n);
	CHECK(throw_bytes(PHONE, "203.0.113.66:4001", RECEIVER_REPORT, true) == FLOW_WRONG_SOURCE);
	CHECK(throw_bytes(PHONE, "198.51.100.9:31338", VIEW("\x80\xc9\x00\x00"), true) ==
	      FLOW_MALFORMED);
	CHECK(stream.legs[PHONE].rtcp_locked.family == 0);
	CHECK(throw_bytes(PBX, "10.0.0.20:6001", RECEIVER_REPORT, true) == FLOW_UNREADY);
	CHECK(throw_bytes(PHONE, "198.51.100.9:31338", RECEIVER_REPORT, true) == FLOW_SEND);
	CHECK(throw_bytes(PHONE, "198.51.100.9:4444", RECEIVER_REPORT, true) == FLOW_WRONG_SOURCE);
	CHECK(throw_bytes(PBX, "10.0.0.20:6001", RECEIVER_REPORT, true) == FLOW_SEND);
	CHECK(went_to("198.51.100.9:31338"));
	return ERR_NONE;
}

TEST(flow_rtcp_exact, "takes RTCP of an exact leg from the port that was named")
{
	open_stream(leg_at(HOME, TRUST_EXACT, SIGNALLING));
	CHECK(throw_bytes(PHONE, HOME, RECEIVER_REPORT, true) == FLOW_WRONG_SOURCE);
	CHECK(throw_bytes(PHONE, HOME_RTCP, RECEIVER_REPORT, true) == FLOW_SEND);
	stream_order.legs[PHONE].rtcp = (struct addr){ 0 };
	change();
	CHECK(throw_bytes(PHONE, HOME_RTCP, RECEIVER_REPORT, true) == FLOW_WRONG_SOURCE);
	CHECK(throw_bytes(PBX, "10.0.0.20:6001", RECEIVER_REPORT, true) == FLOW_UNREADY);
	return ERR_NONE;
}

TEST(flow_rtcp_held, "lets RTCP through while media is held")
{
	open_stream(leg_at(HOME, TRUST_EXACT, SIGNALLING));
	stream_order.legs[PHONE].is_sending = stream_order.legs[PHONE].is_receiving = 0;
	change();
	CHECK(throw_bytes(PHONE, HOME_RTCP, RECEIVER_REPORT, true) == FLOW_SEND);
	return ERR_NONE;
}

TEST(flow_rtcp_rate, "caps RTCP")
{
	size_t sent = 0;

	open_stream(leg_at(HOME, TRUST_EXACT, SIGNALLING));
	for (size_t n = 0; n < 10 * FLOW_RTCP_PER_S; n++) {
		clock_us -= FRAME_US;
		sent += throw_bytes(PHONE, HOME_RTCP, RECEIVER_REPORT, true) == FLOW_SEND;
	}
	CHECK(sent == FLOW_RTCP_PER_S);
	return ERR_NONE;
}

TEST(flow_unconfirmed, "sends a host that is not the signalling's and never spoke a bounded amount")
{
	open_stream(leg_at("203.0.113.66:4000", TRUST_PORT_AT_SDP, SIGNALLING));
	for (uint16_t n = 0; n < MAX_FLOW_UNCONFIRMED; n++)
		CHECK(pbx_speaks(n) == FLOW_SEND);
	CHECK(pbx_speaks(MAX_FLOW_UNCONFIRMED) == FLOW_UNREADY);
	CHECK(throw_rtp(PHONE, "203.0.113.66:4000", 1) == FLOW_SEND);
	CHECK(pbx_speaks(MAX_FLOW_UNCONFIRMED + 1) == FLOW_SEND);
	return ERR_NONE;
}

TEST(flow_confirmed,
     "sends without bound to the signalling's own host, and where signalling is not named")
{
	open_stream(leg_at(HOME, TRUST_EXACT, SIGNALLING));
	for (uint16_t n = 0; n < 2 * MAX_FLOW_UNCONFIRMED; n++)
		CHECK(pbx_speaks(n) == FLOW_SEND);
	open_stream(leg_at(HOME, TRUST_EXACT, ""));
	for (uint16_t n = 0; n < 2 * MAX_FLOW_UNCONFIRMED; n++)
		CHECK(pbx_speaks(n) == FLOW_SEND);
	return ERR_NONE;
}

TEST(flow_silent, "says once that both ends are silent, again only after a packet")
{
	uint64_t timeout_us = 60 * (uint64_t)SECOND_US;

	open_stream(leg_at(HOME, TRUST_EXACT, SIGNALLING));
	CHECK(!media_flow_is_silent(&stream, timeout_us, clock_us + timeout_us - 1));
	CHECK(media_flow_is_silent(&stream, timeout_us, clock_us + timeout_us));
	CHECK(!media_flow_is_silent(&stream, timeout_us, clock_us + 2 * timeout_us));
	CHECK(pbx_speaks(1) == FLOW_SEND);
	CHECK(!media_flow_is_silent(&stream, timeout_us, clock_us + timeout_us - 1));
	CHECK(media_flow_is_silent(&stream, timeout_us, clock_us + timeout_us));
	return ERR_NONE;
}

TEST(flow_silent_strangers, "takes no stranger's packet for life")
{
	uint64_t timeout_us = SECOND_US;

	open_stream(leg_at(HOME, TRUST_EXACT, SIGNALLING));
	for (uint16_t n = 0; n < 100; n++)
		(void)throw_rtp(PHONE, "203.0.113.66:4000", n);
	CHECK(media_flow_is_silent(&stream, timeout_us, clock_us));
	return ERR_NONE;
}

TEST(flow_silent_held, "does not call a held stream silent, and counts anew when it is taken up")
{
	uint64_t timeout_us = 60 * (uint64_t)SECOND_US;

	open_stream(leg_at(HOME, TRUST_EXACT, SIGNALLING));
	stream_order.is_held = 1;
	change();
	clock_us += 100 * timeout_us;
	CHECK(!media_flow_is_silent(&stream, timeout_us, clock_us));
	stream_order.is_held = 0;
	change();
	CHECK(!media_flow_is_silent(&stream, timeout_us, clock_us + timeout_us - 1));
	CHECK(media_flow_is_silent(&stream, timeout_us, clock_us + timeout_us));
	return ERR_NONE;
}

TEST(flow_statistics, "tells packets, loss, payload type and what was learnt of each end")
{
	struct media_leg_statistics s[2];

	open_stream(leg_at("192.168.1.5:4000", TRUST_PORT_AT_SIGNALLING, SIGNALLING));
	for (uint16_t n = 1; n < 5; n++)
		(void)throw_rtp(PHONE, NAT, n);
	(void)throw_rtp(PHONE, NAT, 8);
	(void)throw_rtp(PHONE, "203.0.113.66:1", 9);
	media_flow_statistics(&stream, s);
	CHECK(s[PHONE].packets == 2 && s[PHONE].octets == 10 && s[PHONE].lost == 3);
	CHECK(s[PHONE].dropped_source == 1 && s[PHONE].is_learnt && s[PHONE].learnt_port == 31337);
	CHECK(s[PBX].packets == 0 && s[PBX].lost == 0 && !s[PBX].is_learnt);
	return ERR_NONE;
}

TEST(flow_order_check, "refuses orders that nobody can have meant")
{
	struct order good, bad;

	open_stream(leg_at(HOME, TRUST_EXACT, SIGNALLING));
	good = stream_order;
	TRY(media_flow_order_check(&good));
	bad = good;
	bad.legs[PHONE].port = bad.legs[PBX].port;
	CHECK(media_flow_order_check(&bad) == ERR_SYNTAX);
	bad = good;
	bad.legs[PHONE].trust = 3;
	CHECK(media_flow_order_check(&bad) == ERR_SYNTAX);
	bad = good;
	bad.legs[PHONE].remote = at("239.0.0.1:4000");
	CHECK(media_flow_order_check(&bad) == ERR_SYNTAX);
	bad.legs[PHONE].remote = at("0.0.0.0:4000");
	CHECK(media_flow_order_check(&bad) == ERR_SYNTAX);
	bad.legs[PHONE].remote = at("198.51.100.9:0");
	CHECK(media_flow_order_check(&bad) == ERR_SYNTAX);
	bad = good;
	bad.legs[PHONE].rtcp = at("203.0.113.66:4001");
	CHECK(media_flow_order_check(&bad) == ERR_SYNTAX);
	bad = good;
	bad.legs[PHONE].trust = TRUST_PORT_AT_SIGNALLING;
	TRY(media_flow_order_check(&bad));
	bad.legs[PHONE].signalling.family = 0;
	CHECK(media_flow_order_check(&bad) == ERR_SYNTAX);
	return ERR_NONE;
}

/* A fax's packet with that number, one datum, no copies. */
static enum flow_verdict throw_fax(uint8_t leg, const char *from, uint8_t number)
{
	const char bytes[] = { 0, (char)number, 2, 'a', 'b', 0, 0 };

	return throw_bytes(leg, from, view_bytes(bytes, sizeof(bytes)), false);
}

static const char a_fax[] = { 0, 1, 2, 'a', 'b', 0, 0 };

TEST(flow_fax, "passes a fax's packets as they are while the stream is a fax, and nothing else")
{
	open_stream(leg_at(HOME, TRUST_EXACT, SIGNALLING));
	CHECK(throw_fax(PHONE, HOME, 1) == FLOW_MALFORMED);
	CHECK(throw_rtp(PHONE, HOME, 1) == FLOW_SEND);
	stream_order.form = MEDIA_UDPTL;
	change();
	CHECK(throw_rtp(PHONE, HOME, 2) == FLOW_MALFORMED);
	CHECK(throw_fax(PHONE, HOME, 1) == FLOW_SEND && went_to("10.0.0.20:6000"));
	CHECK(view_equal(flow_out.out, view_bytes(a_fax, sizeof(a_fax))));
	CHECK(throw_fax(PHONE, HOME, 1) == FLOW_SEND); /* said again under its number */
	CHECK(throw_fax(PBX, "10.0.0.20:6000", 9) == FLOW_SEND && went_to(HOME));
	CHECK(throw_fax(PBX, "10.0.0.21:6000", 10) == FLOW_WRONG_SOURCE);
	stream_order.form = MEDIA_RTP;
	change();
	CHECK(throw_rtp(PHONE, HOME, 3) == FLOW_SEND);
	stream_order.form = MEDIA_UDPTL + 1;
	CHECK(media_flow_order_check(&stream_order) == ERR_SYNTAX);
	return ERR_NONE;
}

TEST(flow_fax_learnt, "learns a fax's port behind a router by packets whose numbers follow")
{
	open_stream(leg_at("192.168.1.5:4000", TRUST_PORT_AT_SIGNALLING, SIGNALLING));
	stream_order.form = MEDIA_UDPTL;
	change();
	for (uint8_t i = 1; i < FLOW_LEARN_PACKETS; i++)
		CHECK(throw_fax(PHONE, NAT, i) == FLOW_LEARNING);
	CHECK(throw_fax(PHONE, NAT, FLOW_LEARN_PACKETS) == FLOW_SEND);
	CHECK(throw_fax(PBX, "10.0.0.20:6000", 1) == FLOW_SEND && went_to(NAT));
	return ERR_NONE;
}

TEST(flow_barred, "passes nothing of a stream that is barred, RTCP neither, until it is not")
{
	open_stream(leg_at("192.0.2.9:4000", TRUST_EXACT, "192.0.2.9:5060"));
	for (int i = 0; i < 2; i++) {
		enum flow_verdict wanted = i == 0 ? FLOW_DIRECTION : FLOW_SEND;

		stream_order.is_barred = i == 0;
		media_flow_change(&stream, &stream_order, clock_us);
		CHECK(pbx_speaks((uint16_t)i) == wanted);
		CHECK(throw_rtp(PHONE, "192.0.2.9:4000", (uint16_t)i) == wanted);
		CHECK(throw_bytes(PBX, "10.0.0.20:6001", RECEIVER_REPORT, true) == wanted);
		CHECK(throw_bytes(PHONE, "192.0.2.9:4001", RECEIVER_REPORT, true) == wanted);
	}
	return ERR_NONE;
}
