/* SPDX-License-Identifier: Apache-2.0 */
/* RTP packets whose lengths lie, and those that do not. */
#include "rtp/packet.h"
#include "runner/test.h"

#include <string.h>

#define FIXED "\x00\x07\x00\x00\x00\xa0\x12\x34\x56\x78" /* sequence, time stamp, SSRC */

static const struct {
	const char *name;
	struct view bytes;
	enum err want;
	size_t payload;
} cases[] = {
	{ "a plain packet", VIEW("\x80\x00" FIXED "abcd"), ERR_NONE, 4 },
	{ "no payload", VIEW("\x80\x00" FIXED), ERR_NONE, 0 },
	{ "nothing", VIEW(""), ERR_SHORT, 0 },
	{ "eleven bytes", VIEW("\x80\x00\x00\x07\x00\x00\x00\xa0\x12\x34\x56"), ERR_SHORT, 0 },
	{ "version 1", VIEW("\x40\x00" FIXED), ERR_SYNTAX, 0 },
	{ "version 3", VIEW("\xc0\x00" FIXED), ERR_SYNTAX, 0 },
	{ "a STUN request",
	  VIEW("\x00\x01\x00\x00\x21\x12\xa4\x42"
	       "abcdefghijkl"),
	  ERR_SYNTAX, 0 },
	{ "a sender report on the wrong port", VIEW("\x80\xc8" FIXED), ERR_SYNTAX, 0 },
	{ "an APP packet on the wrong port", VIEW("\x80\xcc" FIXED), ERR_SYNTAX, 0 },
	{ "payload type 71 with the marker", VIEW("\x80\xc7" FIXED), ERR_NONE, 0 },
	{ "payload type 77 with the marker", VIEW("\x80\xcd" FIXED), ERR_NONE, 0 },
	{ "one contributing source", VIEW("\x81\x00" FIXED "abcdef"), ERR_NONE, 2 },
	{ "fifteen contributing sources and one there", VIEW("\x8f\x00" FIXED "abcd"), ERR_SHORT,
	  0 },
	{ "an extension of one word", VIEW("\x90\x00" FIXED "\xbe\xde\x00\x01wordab"), ERR_NONE,
	  2 },
	{ "an empty extension", VIEW("\x90\x00" FIXED "\xbe\xde\x00\x00"), ERR_NONE, 0 },
	{ "an extension past the end", VIEW("\x90\x00" FIXED "\xbe\xde\xff\xffword"), ERR_SHORT,
	  0 },
	{ "half an extension's header", VIEW("\x90\x00" FIXED "\xbe\xde\x00"), ERR_SHORT, 0 },
	{ "padding", VIEW("\xa0\x00" FIXED "ab\x00\x02"), ERR_NONE, 2 },
	{ "nothing but padding", VIEW("\xa0\x00" FIXED "\x00\x00\x00\x04"), ERR_NONE, 0 },
	{ "padding longer than what is there", VIEW("\xa0\x00" FIXED "ab\x00\x05"), ERR_SYNTAX, 0 },
	{ "padding of no length", VIEW("\xa0\x00" FIXED "ab\x00\x00"), ERR_SYNTAX, 0 },
	{ "padding and nothing there", VIEW("\xa0\x00" FIXED), ERR_SYNTAX, 0 },
	{ "padding that reaches into the extension",
	  VIEW("\xb0\x00" FIXED "\xbe\xde\x00\x01word\x02"), ERR_SYNTAX, 0 },
};

TEST(packet_cases, "walks every header and proves every length")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rtp_packet p = { .ssrc = 99 };

		CHECK_CASE(rtp_packet_parse(cases[i].bytes, &p) == cases[i].want, cases[i].name);
		CHECK_CASE(p.ssrc == (cases[i].want == ERR_NONE ? 0x12345678 : 99), cases[i].name);
		CHECK_CASE(p.payload.len == cases[i].payload, cases[i].name);
	}
	return ERR_NONE;
}

TEST(packet_fields, "reads sequence, time stamp, sources, type and marker")
{
	struct rtp_packet p;

	TRY(rtp_packet_parse(VIEW("\x82\xe5\xfe\xdc\x01\x02\x03\x04"
	                          "ssrcsrc1src2pay"),
	                     &p));
	CHECK(p.payload_type == 101 && p.is_marked && p.sequence == 0xfedc);
	CHECK(p.timestamp == 0x01020304 && p.source_count == 2 && p.sources[1] == 0x73726332);
	CHECK(view_equal(p.payload, VIEW("pay")));
	return ERR_NONE;
}

/* Who writes a packet in place finds its header by where the payload begins. */
TEST(packet_empty, "says where the payload begins though there is none of it")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rtp_packet p;
		char bytes[64];
		struct view out;

		if (cases[i].want != ERR_NONE || cases[i].payload > 0)
			continue;
		memcpy(bytes, cases[i].bytes.at, cases[i].bytes.len);
		TRY(rtp_packet_parse(view_bytes(bytes, cases[i].bytes.len), &p));
		CHECK_CASE(p.payload.at > bytes && p.payload.at <= bytes + cases[i].bytes.len,
		           cases[i].name);
		out = rtp_packet_write_in_place(bytes, &p, 0);
		CHECK_CASE(out.at >= bytes && rtp_packet_parse(out, &p) == ERR_NONE, cases[i].name);
	}
	return ERR_NONE;
}

TEST(packet_long, "takes a packet of the largest size and no larger one")
{
	static char bytes[MAX_RTP_PACKET + 1] = "\x80";
	struct rtp_packet p;

	TRY(rtp_packet_parse(view_bytes(bytes, MAX_RTP_PACKET), &p));
	CHECK(rtp_packet_parse(view_bytes(bytes, MAX_RTP_PACKET + 1), &p) == ERR_LIMIT);
	return ERR_NONE;
}

TEST(packet_written,
     "writes without extension and padding, sources masked, in place and aside alike")
{
	static const char with_all[] = "\xb1\x80" FIXED "one.\xbe\xde\x00\x01"
				       "hideab\x00\x02";
	static const char want[] =
		"\x81\x80\x00\x07\x00\x00\x00\xa0\xed\xcb\xa9\x87\x90\x91\x9a\xd1"
		"ab";
	char bytes[sizeof(with_all) - 1], aside[64];
	struct buffer b = BUFFER_ON(aside);
	struct rtp_packet p;
	struct view out;

	memcpy(bytes, with_all, sizeof(bytes));
	TRY(rtp_packet_parse(view_bytes(bytes, sizeof(bytes)), &p));
	rtp_packet_write(&b, &p, UINT32_MAX);
	out = rtp_packet_write_in_place(bytes, &p, UINT32_MAX);
	CHECK(view_equal(out, buffer_view(&b)));
	CHECK(view_equal(out, VIEW(want)));
	return ERR_NONE;
}

TEST(packet_mask_twice, "gives the packet back when it is masked twice")
{
	static const char plain[] = "\x81\x80" FIXED "one.ab";
	char bytes[sizeof(plain) - 1];
	struct rtp_packet p;

	memcpy(bytes, plain, sizeof(bytes));
	for (int i = 0; i < 2; i++) {
		TRY(rtp_packet_parse(view_bytes(bytes, sizeof(bytes)), &p));
		CHECK(rtp_packet_write_in_place(bytes, &p, 0xa5c3f00d).len == sizeof(bytes));
	}
	CHECK(memcmp(bytes, plain, sizeof(bytes)) == 0);
	return ERR_NONE;
}

static void parse_only(struct view text)
{
	struct rtp_packet p;

	(void)!rtp_packet_parse(text, &p);
}

TEST(packet_truncated, "reads no byte beyond any truncation")
{
	test_truncations(VIEW("\xbf\x80" FIXED "11112222333344445555666677778888"
	                      "9999aaaabbbbccccddddeeeeffff\xbe\xde\x00\x02"
	                      "longlongab\x00\x02"),
	                 parse_only);
	return ERR_NONE;
}
