/* SPDX-License-Identifier: Apache-2.0 */
/* UDPTL packets whose lengths lie, and those that do not. */
#include "rtp/udptl.h"
#include "runner/test.h"

static const struct {
	const char *name;
	struct view bytes;
	enum err want;
	unsigned entries;
} cases[] = {
	{ "one datum alone",
	  VIEW("\x00\x05\x02"
	       "ab\x00\x00"),
	  ERR_NONE, 0 },
	{ "two copies of earlier ones",
	  VIEW("\x00\x05\x02"
	       "ab\x00\x02\x01"
	       "c\x02"
	       "de"),
	  ERR_NONE, 2 },
	{ "an empty datum and an empty copy", VIEW("\x00\x05\x00\x00\x01\x00"), ERR_NONE, 1 },
	{ "parity over three packets",
	  VIEW("\x00\x05\x01"
	       "a\x80\x01\x03\x01\x02xy"),
	  ERR_NONE, 1 },
	{ "a length in two bytes",
	  VIEW("\x00\x05\x80\x02"
	       "ab\x00\x00"),
	  ERR_NONE, 0 },
	{ "nothing", VIEW(""), ERR_SHORT, 0 },
	{ "a number alone", VIEW("\x00\x05"), ERR_SHORT, 0 },
	{ "no word about loss",
	  VIEW("\x00\x05\x02"
	       "ab"),
	  ERR_SHORT, 0 },
	{ "a datum past the end",
	  VIEW("\x00\x05\x7f"
	       "ab\x00\x00"),
	  ERR_SHORT, 0 },
	{ "a copy past the end",
	  VIEW("\x00\x05\x02"
	       "ab\x00\x01\x05"
	       "c"),
	  ERR_SHORT, 0 },
	{ "fewer copies than told",
	  VIEW("\x00\x05\x02"
	       "ab\x00\x03\x01"
	       "c"),
	  ERR_SHORT, 0 },
	{ "a byte behind the end",
	  VIEW("\x00\x05\x02"
	       "ab\x00\x00"
	       "x"),
	  ERR_SYNTAX, 0 },
	{ "a fragmented length",
	  VIEW("\x00\x05\xc1"
	       "ab\x00\x00"),
	  ERR_SYNTAX, 0 },
	{ "a span of no byte",
	  VIEW("\x00\x05\x01"
	       "a\x80\x00\x00"),
	  ERR_SYNTAX, 0 },
	{ "too many copies", VIEW("\x00\x05\x00\x00\x41"), ERR_LIMIT, 0 },
};

TEST(udptl_cases, "walks every length of a fax's packet to its last byte")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct udptl_packet p = { .sequence = 99 };

		CHECK_CASE(udptl_packet_parse(cases[i].bytes, &p) == cases[i].want, cases[i].name);
		CHECK_CASE(p.sequence == (cases[i].want == ERR_NONE ? 5 : 99), cases[i].name);
		CHECK_CASE(p.entry_count == cases[i].entries, cases[i].name);
	}
	return ERR_NONE;
}

TEST(udptl_cut, "takes no packet that was cut anywhere")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct udptl_packet p;

		if (cases[i].want != ERR_NONE)
			continue;
		for (size_t len = 0; len < cases[i].bytes.len; len++)
			CHECK_CASE(udptl_packet_parse(view_first(cases[i].bytes, len), &p) !=
			                   ERR_NONE,
			           cases[i].name);
	}
	return ERR_NONE;
}

TEST(udptl_long, "takes 2048 bytes and no more")
{
	static char bytes[MAX_UDPTL_PACKET + 1] = { 0, 5, (char)0x87,
		                                    (char)(MAX_UDPTL_PACKET - 6 - 0x700) };
	struct udptl_packet p;

	CHECK(udptl_packet_parse(view_bytes(bytes, MAX_UDPTL_PACKET), &p) == ERR_NONE);
	CHECK(udptl_packet_parse(view_bytes(bytes, MAX_UDPTL_PACKET + 1), &p) == ERR_LIMIT);
	return ERR_NONE;
}
