/* SPDX-License-Identifier: Apache-2.0 */
/* Compound RTCP packets whose lengths lie, and those that do not. */
#include "rtp/rtcp.h"
#include "runner/test.h"

#include <string.h>

#define RR0    "\x80\xc9\x00\x01SSRC"
#define REPORT "srca\x80\x00\x00\x05seqnjitrlsr.dlsr"
#define SR1    "\x81\xc8\x00\x0cSSRCntphntplrtptpackoctt" REPORT

static const struct {
	const char *name;
	struct view bytes;
	enum err want;
} cases[] = {
	{ "a receiver report without blocks", VIEW(RR0), ERR_NONE },
	{ "a sender report with a block", VIEW(SR1), ERR_NONE },
	{ "nothing", VIEW(""), ERR_SHORT },
	{ "four bytes", VIEW("\x80\xc9\x00\x00"), ERR_SHORT },
	{ "four bytes and a length of nothing", VIEW("\x80\xc9\x00\x00\x80\xc9\x00\x00"),
	  ERR_SYNTAX },
	{ "version 1", VIEW("\x40\xc9\x00\x01SSRC"), ERR_SYNTAX },
	{ "a length past the end", VIEW("\x80\xc9\x00\x02SSRC"), ERR_SHORT },
	{ "a byte too many", VIEW(RR0 "x"), ERR_SHORT },
	{ "a second packet of version 0", VIEW(RR0 "\x00\xca\x00\x00"), ERR_SYNTAX },
	{ "SDES first", VIEW("\x80\xca\x00\x01SSRC"), ERR_SYNTAX },
	{ "feedback alone", VIEW("\x81\xce\x00\x02SSRCsrca"), ERR_SYNTAX },
	{ "31 blocks and one there", VIEW("\x9f\xc9\x00\x07SSRC" REPORT), ERR_SYNTAX },
	{ "one block and none there", VIEW("\x81\xc9\x00\x01SSRC"), ERR_SYNTAX },
	{ "a sender report without its information", VIEW("\x80\xc8\x00\x01SSRC"), ERR_SYNTAX },
	{ "extensions behind the blocks", VIEW("\x80\xc9\x00\x02SSRCext."), ERR_NONE },
	{ "padding in the last packet", VIEW("\xa0\xc9\x00\x02SSRC\x00\x00\x00\x04"), ERR_NONE },
	{ "padding in the first of two", VIEW("\xa0\xc9\x00\x02SSRC\x00\x00\x00\x04" RR0),
	  ERR_SYNTAX },
	{ "padding that is no multiple of four", VIEW("\xa0\xc9\x00\x02SSRC\x00\x00\x00\x03"),
	  ERR_SYNTAX },
	{ "padding longer than the packet", VIEW("\xa0\xc9\x00\x02SSRC\x00\x00\x00\x0c"),
	  ERR_SYNTAX },
	{ "padding that takes the SSRC", VIEW("\xa0\xc9\x00\x02SSRC\x00\x00\x00\x08"), ERR_SYNTAX },
	{ "a CNAME", VIEW(RR0 "\x81\xca\x00\x03SSRC\x01\x04name\x00\x00"), ERR_NONE },
	{ "a CNAME without its end", VIEW(RR0 "\x81\xca\x00\x02SSRC\x01\x02na"), ERR_SYNTAX },
	{ "a CNAME longer than its packet", VIEW(RR0 "\x81\xca\x00\x02SSRC\x01\xff\x00\x00"),
	  ERR_SYNTAX },
	{ "two chunks and one there", VIEW(RR0 "\x82\xca\x00\x02SSRC\x00\x00\x00\x00"),
	  ERR_SYNTAX },
	{ "one chunk and two there",
	  VIEW(RR0 "\x81\xca\x00\x04SSRC\x00\x00\x00\x00SSRC\x00\x00\x00\x00"), ERR_SYNTAX },
	{ "rubbish in the filling", VIEW(RR0 "\x81\xca\x00\x02SSRC\x00\x00x\x00"), ERR_SYNTAX },
	{ "BYE", VIEW(RR0 "\x81\xcb\x00\x01SSRC"), ERR_NONE },
	{ "BYE with a reason",
	  VIEW(RR0 "\x81\xcb\x00\x02SSRC\x03"
	           "bye"),
	  ERR_NONE },
	{ "BYE with a reason past the end",
	  VIEW(RR0 "\x81\xcb\x00\x02SSRC\xff"
	           "bye"),
	  ERR_SYNTAX },
	{ "BYE of 31 sources and one there", VIEW(RR0 "\x9f\xcb\x00\x01SSRC"), ERR_SYNTAX },
	{ "APP and XR", VIEW(RR0 "\x80\xcc\x00\x02SSRCname\x80\xcf\x00\x01SSRC"), ERR_NONE },
};

TEST(rtcp_cases, "walks every packet of the compound and proves every length")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rtcp_compound c = { .sender = 99 };
		enum err err = rtcp_parse(cases[i].bytes, &c);

		CHECK_CASE(err == cases[i].want, cases[i].name);
		CHECK_CASE(c.sender == (err == ERR_NONE ? 0x53535243 : 99), cases[i].name);
	}
	return ERR_NONE;
}

static size_t repeat(char *at, struct view piece, size_t count)
{
	for (size_t i = 0; i < count; i++)
		memcpy(at + i * piece.len, piece.at, piece.len);
	return piece.len * count;
}

TEST(rtcp_ceilings, "refuses one packet, one block and one BYE beyond the ceilings")
{
	static char bytes[2 * MAX_RTCP_DATAGRAM];
	struct rtcp_compound c;
	size_t len = repeat(bytes, VIEW(RR0), MAX_RTCP_PACKETS);

	TRY(rtcp_parse(view_bytes(bytes, len), &c));
	len = repeat(bytes, VIEW(RR0), MAX_RTCP_PACKETS + 1);
	CHECK(rtcp_parse(view_bytes(bytes, len), &c) == ERR_LIMIT);

	len = repeat(bytes, VIEW("\x81\xc9\x00\x07SSRC" REPORT), MAX_RTCP_REPORTS);
	TRY(rtcp_parse(view_bytes(bytes, len), &c));
	CHECK(c.report_count == MAX_RTCP_REPORTS);
	len = repeat(bytes, VIEW("\x81\xc9\x00\x07SSRC" REPORT), MAX_RTCP_REPORTS + 1);
	CHECK(rtcp_parse(view_bytes(bytes, len), &c) == ERR_LIMIT);

	len = repeat(bytes, VIEW(RR0), 1);
	len += repeat(bytes + len,
	              VIEW("\x90\xcb\x00\x10"
	                   "0000111122223333444455556666777788889999aaaabbbbccccddddeeeeffff"),
	              2);
	CHECK(rtcp_parse(view_bytes(bytes, len), &c) == ERR_LIMIT);
	CHECK(rtcp_parse(view_bytes(bytes, MAX_RTCP_DATAGRAM + 4), &c) == ERR_LIMIT);
	return ERR_NONE;
}

TEST(rtcp_written,
     "keeps information and blocks, masks sources, puts our CNAME, leaves the rest out")
{
	static const struct rtcp_rewrite how = { .sender_mask = 0xff,
		                                 .report_mask = 0xff000000,
		                                 .cname = "0123456789abcde"
		                                          "f" };
	static const char want[] = "\x81\xc8\x00\x0cSSR\xbcntphntplrtptpackoctt"
				   "\x8crca\x80\x00\x00\x05seqnjitrlsr.dlsr"
				   "\x81\xca\x00\x06SSR\xbc\x01\x10"
				   "0123456789abcdef\x00\x00"
				   "\x81\xcb\x00\x01SSR\xbc";
	char storage[256];
	struct buffer b = BUFFER_ON(storage);
	struct rtcp_compound c;

	TRY(rtcp_parse(VIEW(SR1 "\x81\xca\x00\x05SSRC\x01\x0buser@inside\x00\x00\x00"
	                        "\x80\xcc\x00\x02SSRCname"
	                        "\x81\xcb\x00\x02SSRC\x03"
	                        "bye"),
	               &c));
	CHECK(c.dropped == 1 && c.has_sender_info && c.reports[0].lost == 5);
	rtcp_write(&b, &c, &how);
	CHECK(view_equal(buffer_view(&b), VIEW(want)));
	return ERR_NONE;
}

TEST(rtcp_lost_signed, "reads a negative loss and writes it back")
{
	static const struct rtcp_rewrite how = { .sender_mask = 0 };
	char storage[256];
	struct buffer b = BUFFER_ON(storage);
	struct rtcp_compound c, again;

	TRY(rtcp_parse(VIEW("\x81\xc9\x00\x07SSRCsrca\x00\xff\xff\xfeseqnjitrlsr.dlsr"), &c));
	CHECK(c.reports[0].lost == -2);
	rtcp_write(&b, &c, &how);
	TRY(rtcp_parse(buffer_view(&b), &again));
	CHECK(again.reports[0].lost == -2 && again.reports[0].fraction_lost == 0);
	return ERR_NONE;
}

TEST(rtcp_second_sender, "takes blocks of one sender only")
{
	struct rtcp_compound c;

	TRY(rtcp_parse(VIEW(RR0 "\x81\xc9\x00\x07SSRC" REPORT "\x81\xc9\x00\x07OTHR" REPORT SR1),
	               &c));
	CHECK(c.report_count == 1 && c.dropped == 2 && !c.has_sender_info);
	return ERR_NONE;
}

TEST(rtcp_largest, "writes the largest compound into a datagram's room")
{
	static const struct rtcp_rewrite how = { .sender_mask = 0 };
	char storage[MAX_RTCP_DATAGRAM];
	struct buffer b = BUFFER_ON(storage);
	struct rtcp_compound c = { .has_sender_info = true,
		                   .report_count = MAX_RTCP_REPORTS,
		                   .bye_count = MAX_RTCP_BYES };

	rtcp_write(&b, &c, &how);
	CHECK(b.err == ERR_NONE);
	TRY(rtcp_parse(buffer_view(&b), &c));
	return ERR_NONE;
}

static void parse_only(struct view text)
{
	static struct rtcp_compound c;

	(void)!rtcp_parse(text, &c);
}

TEST(rtcp_truncated, "reads no byte beyond any truncation")
{
	test_truncations(VIEW(SR1 "\x81\xca\x00\x03SSRC\x01\x04name\x00\x00\x81\xcb\x00\x02SSRC\x03"
	                          "bye"),
	                 parse_only);
	return ERR_NONE;
}
