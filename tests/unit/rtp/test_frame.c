/* SPDX-License-Identifier: Apache-2.0 */
/* Packets on a connection: however its bytes are cut, the same packets. */
#include "rtp/frame.h"
#include "runner/test.h"

static const struct {
	const char *name;
	struct view bytes;
	enum err want;
	struct view packet;
	size_t left;
} cases[] = {
	{ "a packet and nothing behind it",
	  VIEW("\x00\x03"
	       "abc"),
	  ERR_NONE, VIEW("abc"), 0 },
	{ "a packet and half of the next",
	  VIEW("\x00\x03"
	       "abc\x00"),
	  ERR_NONE, VIEW("abc"), 1 },
	{ "the null packet", VIEW("\x00\x00\x00"), ERR_NONE, VIEW(""), 1 },
	{ "nothing", VIEW(""), ERR_SHORT, VIEW(""), 0 },
	{ "half a length", VIEW("\x00"), ERR_SHORT, VIEW(""), 1 },
	{ "a length alone", VIEW("\x00\x03"), ERR_SHORT, VIEW(""), 2 },
	{ "a packet without its last byte",
	  VIEW("\x00\x03"
	       "ab"),
	  ERR_SHORT, VIEW(""), 4 },
	{ "one byte more than a packet has",
	  VIEW("\x08\x01"
	       "ab"),
	  ERR_LIMIT, VIEW(""), 4 },
	{ "the longest length", VIEW("\xff\xff"), ERR_LIMIT, VIEW(""), 2 },
};

TEST(frame_cases, "cuts one packet, and keeps what is behind it")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view bytes = cases[i].bytes, packet = VIEW_EMPTY;

		CHECK_CASE(rtp_frame_cut(&bytes, &packet) == cases[i].want, cases[i].name);
		CHECK_CASE(view_equal(packet, cases[i].packet), cases[i].name);
		CHECK_CASE(bytes.len == cases[i].left, cases[i].name);
	}
	return ERR_NONE;
}

TEST(frame_longest, "takes a packet of 2048 bytes, which fills what has to be held")
{
	static char bytes[MAX_RTP_FRAME], out[MAX_RTP_FRAME + 1], packet[MAX_RTP_PACKET + 1];
	struct view whole = VIEW_EMPTY, got = VIEW_EMPTY;
	struct buffer b = BUFFER_ON(out);

	rtp_frame_write(&b, view_bytes(packet, MAX_RTP_PACKET));
	CHECK(b.err == ERR_NONE && b.len == MAX_RTP_FRAME);
	memcpy(bytes, out, sizeof(bytes));
	whole = view_bytes(bytes, sizeof(bytes) - 1);
	CHECK(rtp_frame_cut(&whole, &got) == ERR_SHORT);
	whole = view_bytes(bytes, sizeof(bytes));
	CHECK(rtp_frame_cut(&whole, &got) == ERR_NONE && got.len == MAX_RTP_PACKET);
	buffer_reset(&b);
	rtp_frame_write(&b, view_bytes(packet, sizeof(packet)));
	CHECK(b.err == ERR_LIMIT);
	return ERR_NONE;
}

/* Bytes come in two parts; what could not be cut waits for the second. */
static size_t cut_all(struct view whole, size_t split, char lens[8])
{
	char held[64];
	size_t count = 0, used = 0;

	for (size_t end = split;; end = whole.len) {
		struct view bytes, packet;

		memcpy(held, whole.at + used, end - used);
		bytes = view_bytes(held, end - used);
		while (count < 8 && rtp_frame_cut(&bytes, &packet) == ERR_NONE)
			lens[count++] = (char)packet.len;
		used = end - bytes.len;
		if (end == whole.len)
			return count;
	}
}

TEST(frame_split, "gives the same packets however the bytes were cut")
{
	struct view whole = VIEW("\x00\x01"
	                         "a\x00\x00\x00\x05"
	                         "bcdef\x00\x02"
	                         "gh");

	for (size_t split = 0; split <= whole.len; split++) {
		char lens[8] = { 0 };

		CHECK(cut_all(whole, split, lens) == 4);
		CHECK(lens[0] == 1 && lens[1] == 0 && lens[2] == 5 && lens[3] == 2);
	}
	return ERR_NONE;
}
