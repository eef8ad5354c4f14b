/* SPDX-License-Identifier: Apache-2.0 */
/* Feedback that asks for a picture, and feedback that does not. */
#include "rtp/picture.h"
#include "runner/test.h"

#include <string.h>

#define RR   "\x80\xc9\x00\x01\x00\x00\x00\x07"
#define PLI  "\x81\xce\x00\x02\x00\x00\x00\x07\x00\x00\x00\x09"
#define FULL "\x00\x00\x00\x09\x2a\x00\x00\x00"
#define FIR  "\x84\xce\x00\x04\x00\x00\x00\x07\x00\x00\x00\x00" FULL

TEST(picture_cases, "finds what asks for a picture, and nothing in what is malformed or of another")
{
	static const struct {
		const char *name;
		struct view bytes;
		size_t losses, fulls;
	} cases[] = {
		{ "none", VIEW(RR), 0, 0 },
		{ "a loss", VIEW(RR PLI), 1, 0 },
		{ "a full one", VIEW(RR FIR), 0, 1 },
		{ "both", VIEW(RR PLI FIR), 1, 1 },
		{ "two in a packet", VIEW(RR "\x84\xce\x00\x06\x00\x00\x00\x07????" FULL FULL), 0,
		  2 },
		{ "more than there is room for", VIEW(RR PLI PLI PLI PLI PLI), 4, 0 },
		{ "more full ones than there is room for",
		  VIEW(RR PLI "\x84\xce\x00\x0a\x00\x00\x00\x07????" FULL FULL FULL FULL), 1, 3 },
		{ "another sender", VIEW(RR "\x81\xce\x00\x02\x00\x00\x00\x08\x00\x00\x00\x09"), 0,
		  0 },
		{ "longer than it is",
		  VIEW(RR "\x81\xce\x00\x03\x00\x00\x00\x07\x00\x00\x00\x00===="), 0, 0 },
		{ "shorter than it is", VIEW(RR "\x81\xce\x00\x01\x00\x00\x00\x07"), 0, 0 },
		{ "half an entry", VIEW(RR "\x84\xce\x00\x03\x00\x00\x00\x07????half"), 0, 0 },
		{ "lost packets", VIEW(RR "\x81\xcd\x00\x03\x00\x00\x00\x07\x00\x00\x00\x00===="),
		  0, 0 },
		{ "slices", VIEW(RR "\x82\xce\x00\x02\x00\x00\x00\x07????"), 0, 0 },
	};
	static const struct rtcp_rewrite how = { .sender_mask = 0x100,
		                                 .report_mask = 0x200,
		                                 .cname = "0123456789abcde" };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rtcp_picture found[MAX_RTCP_PICTURES], again[MAX_RTCP_PICTURES];
		char bytes[MAX_RTCP_DATAGRAM];
		struct buffer b = BUFFER_ON(bytes);
		struct rtcp_compound c;
		size_t count, losses = 0;

		CHECK_CASE(rtcp_parse(cases[i].bytes, &c) == ERR_NONE, cases[i].name);
		count = rtcp_pictures_read(cases[i].bytes, &c, found);
		for (size_t k = 0; k < count; k++) {
			losses += !found[k].is_full;
			CHECK_CASE(found[k].about == 9, cases[i].name);
			CHECK_CASE(found[k].sequence == (found[k].is_full ? 42 : 0), cases[i].name);
		}
		CHECK_CASE(losses == cases[i].losses && count - losses == cases[i].fulls,
		           cases[i].name);
		rtcp_write(&b, &c, &how);
		rtcp_pictures_write(&b, found, count, c.sender, &how);
		CHECK_CASE(rtcp_parse(buffer_view(&b), &c) == ERR_NONE && c.sender == 0x107,
		           cases[i].name);
		CHECK_CASE(rtcp_pictures_read(buffer_view(&b), &c, again) == count, cases[i].name);
		for (size_t k = 0; k < count; k++)
			CHECK_CASE(again[k].about == 0x209 &&
			                   again[k].is_full == found[k].is_full &&
			                   again[k].sequence == found[k].sequence,
			           cases[i].name);
		for (size_t len = 0; len < cases[i].bytes.len; len++)
			CHECK_CASE(rtcp_pictures_read(view_first(cases[i].bytes, len), &c, found) <=
			                   MAX_RTCP_PICTURES,
			           cases[i].name);
	}
	return ERR_NONE;
}
