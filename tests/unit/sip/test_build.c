/* SPDX-License-Identifier: Apache-2.0 */
/* Writing: what is written is a message, and no value makes a line of its own. */
#include <string.h>

#include "runner/test.h"
#include "sip/build.h"
#include "sip/check.h"

static struct sip_msg msg;
static char bytes[4096];

static void write_invite(struct buffer *b)
{
	struct sip_via via = { .transport = SIP_TRANSPORT_UDP,
		               .host = { .text = VIEW("border.example.com") },
		               .branch = VIEW("z9hG4bKb1"),
		               .has_rport = true,
		               .ttl = -1 };

	sip_build_request(b, VIEW("INVITE"), VIEW("sip:bert@example.com"));
	sip_build_via(b, &via);
	sip_build_name_addr(b, SIP_HEADER_FROM, VIEW("Anna \"A\""), VIEW("sip:anna@example.com"),
	                    VIEW("t1"));
	sip_build_name_addr(b, SIP_HEADER_TO, VIEW_EMPTY, VIEW("sip:bert@example.com"), VIEW_EMPTY);
	sip_build_header(b, SIP_HEADER_CALL_ID, VIEW("c1"));
	sip_build_cseq(b, 1, VIEW("INVITE"));
	sip_build_number(b, SIP_HEADER_MAX_FORWARDS, 70);
	sip_build_named(b, VIEW("X-Own"), VIEW("yes"));
	sip_build_header(b, SIP_HEADER_CONTENT_TYPE, VIEW("application/sdp"));
	sip_build_body(b, VIEW("v=0\r\n"));
}

TEST(build_invite, "what is written is read as it was meant")
{
	struct buffer b = BUFFER_ON(bytes);

	write_invite(&b);
	CHECK(b.err == ERR_NONE);
	TRY(sip_msg_parse(bytes, b.len, &sip_limits_default, &msg));
	CHECK(msg.anomalies == 0 && sip_check(&msg) == ERR_NONE);
	CHECK(view_equal(msg.body, VIEW("v=0\r\n")) && msg.cseq.number == 1);
	CHECK(view_equal(sip_msg_value(&msg, SIP_HEADER_FROM),
	                 VIEW("\"Anna \\\"A\\\"\" <sip:anna@example.com>;tag=t1")));
	CHECK(view_equal(sip_msg_value(&msg, SIP_HEADER_VIA),
	                 VIEW("SIP/2.0/UDP border.example.com;branch=z9hG4bKb1;rport")));
	CHECK(view_equal(sip_msg_find(&msg, VIEW("x-own"))->value, VIEW("yes")));
	return ERR_NONE;
}

TEST(build_copy, "headers are copied in their order, compact forms in full")
{
	static char from[] = "OPTIONS sip:b SIP/2.0\r\nv: SIP/2.0/UDP a\r\nVia: SIP/2.0/UDP b\r\n"
			     "f: <sip:a@b>;tag=1\r\n"
			     "t: <sip:a@b>\r\ni: 1\r\nCSeq: 1 OPTIONS\r\n\r\n";
	struct buffer b = BUFFER_ON(bytes);

	TRY(sip_msg_parse(from, sizeof(from) - 1, &sip_limits_default, &msg));
	sip_build_copy(&b, &msg, SIP_HEADER_VIA);
	sip_build_copy(&b, &msg, SIP_HEADER_CONTACT);
	CHECK(view_equal(buffer_view(&b), VIEW("Via: SIP/2.0/UDP a\r\nVia: SIP/2.0/UDP b\r\n")));
	return ERR_NONE;
}

TEST(build_no_lines,
     "a value with a line end, NUL or other control byte is refused and nothing follows")
{
	static const struct view bad[] = {
		{ "a\r\nX: y", 7 }, { "a\rb", 3 },    { "a\nb", 3 },
		{ "a\0b", 3 },      { "\x1b[2J", 4 }, { "a\x7f", 2 },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buffer header = BUFFER_ON(bytes);
		struct buffer named = BUFFER_ON(bytes), name = BUFFER_ON(bytes),
			      phrase = BUFFER_ON(bytes), uri = BUFFER_ON(bytes),
			      method = BUFFER_ON(bytes), tag = BUFFER_ON(bytes);

		sip_build_header(&header, SIP_HEADER_SUBJECT, bad[i]);
		CHECK_CASE(header.err == ERR_SYNTAX, bad[i].at);
		sip_build_body(&header, VIEW("body"));
		CHECK_CASE(!view_contains(buffer_view(&header), VIEW("body")), bad[i].at);
		sip_build_named(&named, VIEW("X-Own"), bad[i]);
		sip_build_named(&name, bad[i], VIEW("x"));
		sip_build_status(&phrase, 200, bad[i]);
		sip_build_request(&uri, VIEW("BYE"), bad[i]);
		sip_build_request(&method, bad[i], VIEW("sip:x"));
		sip_build_name_addr(&tag, SIP_HEADER_TO, VIEW_EMPTY, VIEW("sip:x"), bad[i]);
		CHECK_CASE(named.err == ERR_SYNTAX && name.err == ERR_SYNTAX &&
		                   phrase.err == ERR_SYNTAX,
		           bad[i].at);
		CHECK_CASE(uri.err == ERR_SYNTAX && method.err == ERR_SYNTAX &&
		                   tag.err == ERR_SYNTAX,
		           bad[i].at);
	}
	return ERR_NONE;
}

TEST(build_each_byte, "wherever it stands in a value, a byte is let through or not by what it is")
{
	char text[19];

	for (size_t at = 0; at < sizeof(text); at++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			bool is_control = (byte < 0x20 && byte != '\t') || byte == 0x7f;
			struct buffer b = BUFFER_ON(bytes);

			/* Neighbours from which a borrow may come. */
			memset(text,
			       byte % 3 == 0   ? ' '
			       : byte % 3 == 1 ? '\t'
			                       : 0x80,
			       sizeof(text));
			text[at] = (char)byte;
			sip_build_header(&b, SIP_HEADER_SUBJECT, view_bytes(text, sizeof(text)));
			CHECK(b.err == (is_control ? ERR_SYNTAX : ERR_NONE));
		}
	}
	return ERR_NONE;
}

TEST(build_start_lines, "a start line is written only from what is one")
{
	struct buffer b = BUFFER_ON(bytes);

	sip_build_status(&b, 486, VIEW_EMPTY);
	CHECK(view_equal(buffer_view(&b), VIEW("SIP/2.0 486 Busy Here\r\n")));
	buffer_reset(&b);
	sip_build_status(&b, 99, VIEW_EMPTY);
	CHECK(b.err == ERR_SYNTAX);
	buffer_reset(&b);
	sip_build_status(&b, 700, VIEW_EMPTY);
	CHECK(b.err == ERR_SYNTAX);
	buffer_reset(&b);
	sip_build_request(&b, VIEW("BYE"), VIEW("sip:a SIP/2.0 x"));
	CHECK(b.err == ERR_SYNTAX);
	buffer_reset(&b);
	sip_build_request(&b, VIEW("BYE"), VIEW_EMPTY);
	CHECK(b.err == ERR_SYNTAX);
	return ERR_NONE;
}

TEST(build_full, "a buffer of any size is filled to its end and never beyond")
{
	struct buffer whole = BUFFER_ON(bytes);
	static char small[4096];

	write_invite(&whole);
	for (size_t size = 0; size <= whole.len; size++) {
		struct buffer b = buffer_on(small, size);

		write_invite(&b);
		CHECK((b.err == ERR_NONE) == (size == whole.len));
		CHECK(b.len <= size);
	}
	return ERR_NONE;
}
