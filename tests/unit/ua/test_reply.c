/* SPDX-License-Identifier: Apache-2.0 */
/* What a response repeats of its request, and what it adds. */
#include "runner/test.h"
#include "wire.h"

#include <string.h>

static const char request_text[] =
	"INVITE sip:desk@border.example SIP/2.0\r\n"
	"v: SIP/2.0/UDP 10.1.1.7:5070;branch=z9hG4bKa1;rport;received=203.0.113.9\r\n"
	"Via: SIP/2.0/TCP far.example;branch=z9hG4bKb2, SIP/2.0/UDP farther.example\r\n"
	"From: \"A Phone\" <sip:phone@border.example>;tag=caller\r\n"
	"t: <sip:desk@border.example>\r\n"
	"i: bench-call\r\n"
	"CSeq: 41 INVITE\r\n"
	"Timestamp: 54.5\r\n"
	"Record-Route: <sip:p2.example;lr>, <sip:p1.example;lr>\r\n"
	"Subject: kept out\r\n"
	"Content-Length: 0\r\n\r\n";

static const struct addr source = { .bytes = { [10] = 0xff, 0xff, 192, 0, 2, 44 },
	                            .port = 1024,
	                            .family = 4 };

static struct wire_msg came, back;

static const struct sip_msg *answer(const char *text, const struct addr *from,
                                    const struct ua_reply *reply)
{
	static char head_text[4096], bytes[4096];
	struct buffer head_out = BUFFER_ON(head_text), out = BUFFER_ON(bytes);
	struct ua_reply_head head;

	if (ua_reply_head(wire_read(&came, text), from, &head_out, &head) != ERR_NONE ||
	    ua_reply_write(&out, &head, reply) != ERR_NONE)
		return NULL;
	return wire_read_bytes(&back, bytes, out.len);
}

TEST(reply_repeats, "repeats all of Via, From, Call-ID, CSeq and Timestamp, and nothing else")
{
	const struct ua_reply reply = { .status = 404, .to_tag = VIEW("t1") };
	const struct sip_msg *m = answer(request_text, &source, &reply);

	CHECK(m && m->status == 404 && view_equal(m->phrase, VIEW("Not Found")));
	CHECK(view_equal(sip_msg_value(m, SIP_HEADER_FROM),
	                 VIEW("\"A Phone\" <sip:phone@border.example>;tag=caller")));
	CHECK(view_equal(sip_msg_value(m, SIP_HEADER_TO),
	                 VIEW("<sip:desk@border.example>;tag=t1")));
	CHECK(view_equal(m->call_id, VIEW("bench-call")));
	CHECK(m->cseq.number == 41 && m->cseq.method == SIP_METHOD_INVITE);
	CHECK(view_equal(sip_msg_value(m, SIP_HEADER_TIMESTAMP), VIEW("54.5")));
	CHECK(!sip_msg_header(m, SIP_HEADER_SUBJECT));
	CHECK(!sip_msg_header(m, SIP_HEADER_RECORD_ROUTE));
	return ERR_NONE;
}

TEST(reply_vias, "stamps the top Via alone with where the request really came from")
{
	const struct ua_reply reply = { .status = 200, .to_tag = VIEW("t1") };
	const struct sip_msg *m = answer(request_text, &source, &reply);
	const struct sip_header *via = m ? sip_msg_header(m, SIP_HEADER_VIA) : NULL;

	CHECK(via);
	CHECK(view_contains(via->value, VIEW("received=192.0.2.44")));
	CHECK(view_contains(via->value, VIEW("rport=1024")));
	CHECK(!view_contains(via->value, VIEW("203.0.113.9")));
	via = sip_msg_next(m, via);
	CHECK(via && view_equal(via->value, VIEW("SIP/2.0/TCP far.example;branch=z9hG4bKb2")));
	via = sip_msg_next(m, via);
	CHECK(via && view_equal(via->value, VIEW("SIP/2.0/UDP farther.example")));
	CHECK(!sip_msg_next(m, via));
	return ERR_NONE;
}

TEST(reply_unstamped, "adds neither rport nor received where neither is called for")
{
	static const char text[] =
		"OPTIONS sip:border.example SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 192.0.2.44:1024;branch=z9hG4bKa1\r\n"
		"From: <sip:phone@border.example>;tag=caller\r\n"
		"To: <sip:border.example>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n";
	const struct sip_msg *m = answer(text, &source, &(struct ua_reply){ .status = 200 });

	CHECK(m);
	CHECK(view_equal(sip_msg_value(m, SIP_HEADER_VIA),
	                 VIEW("SIP/2.0/UDP 192.0.2.44:1024;branch=z9hG4bKa1")));
	return ERR_NONE;
}

TEST(reply_record_route, "repeats Record-Route only where a dialog is made")
{
	const struct ua_reply reply = { .status = 180,
		                        .to_tag = VIEW("t1"),
		                        .has_record_route = true };
	const struct sip_msg *m = answer(request_text, &source, &reply);

	CHECK(m && view_equal(sip_msg_value(m, SIP_HEADER_RECORD_ROUTE),
	                      VIEW("<sip:p2.example;lr>, <sip:p1.example;lr>")));
	return ERR_NONE;
}

TEST(reply_trying, "gives 100 no tag")
{
	const struct ua_reply reply = { .status = 100, .to_tag = VIEW("t1") };
	const struct sip_msg *m = answer(request_text, &source, &reply);

	CHECK(m && view_equal(sip_msg_value(m, SIP_HEADER_TO), VIEW("<sip:desk@border.example>")));
	return ERR_NONE;
}

TEST(reply_in_dialog, "leaves a tag that the request brought")
{
	static const char text[] =
		"BYE sip:border.example SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 192.0.2.44;branch=z9hG4bKa1\r\n"
		"From: <sip:phone@border.example>;tag=caller\r\n"
		"To: <sip:desk@border.example>;tag=there\r\nCall-ID: c\r\nCSeq: 2 BYE\r\n\r\n";
	const struct ua_reply reply = { .status = 481, .to_tag = VIEW("t1") };
	const struct sip_msg *m = answer(text, &source, &reply);

	CHECK(m && view_equal(sip_msg_value(m, SIP_HEADER_TO),
	                      VIEW("<sip:desk@border.example>;tag=there")));
	return ERR_NONE;
}

TEST(reply_body, "writes added headers and a body with its type and length")
{
	const struct ua_reply reply = {
		.status = 200,
		.reason = VIEW("Fine"),
		.to_tag = VIEW("t1"),
		.headers = VIEW("Contact: <sip:us@192.0.2.1>\r\nAllow: INVITE\r\n"),
		.content_type = VIEW("text/plain"),
		.body = VIEW("hello"),
	};
	const struct sip_msg *m = answer(request_text, &source, &reply);

	CHECK(m && view_equal(m->body, VIEW("hello")) && view_equal(m->phrase, VIEW("Fine")));
	CHECK(view_equal(sip_msg_value(m, SIP_HEADER_CONTENT_TYPE), VIEW("text/plain")));
	CHECK(view_equal(sip_msg_value(m, SIP_HEADER_CONTENT_LENGTH), VIEW("5")));
	CHECK(view_equal(sip_msg_value(m, SIP_HEADER_ALLOW), VIEW("INVITE")));
	return ERR_NONE;
}

TEST(reply_bounds, "refuses a head and a response that do not fit, at every size")
{
	const struct ua_reply reply = { .status = 404, .to_tag = VIEW("t1") };
	static char storage[4096], bytes[4096];
	struct ua_reply_head head, untouched = { .to_end = 9 };
	struct buffer whole = BUFFER_ON(storage);

	wire_read(&came, request_text);
	TRY(ua_reply_head(&came.msg, &source, &whole, &head));
	for (size_t max = 0; max < whole.len; max++) {
		struct buffer b = buffer_on(bytes, max);

		CHECK(ua_reply_head(&came.msg, &source, &b, &untouched) == ERR_LIMIT);
		CHECK(untouched.to_end == 9);
	}
	for (size_t max = 0; max < 200; max++) {
		struct buffer b = buffer_on(bytes, max);

		CHECK(ua_reply_write(&b, &head, &reply) == ERR_LIMIT);
	}
	return ERR_NONE;
}
