/* SPDX-License-Identifier: Apache-2.0 */
/* Each ceiling of a description, filled and passed by one. */
#include "base/buffer.h"
#include "runner/test.h"
#include "sdp/session.h"
#include "unit/sdp/sdp_case.h"

static struct sdp_session session;
static char text[32768];

static struct buffer begin(const char *head)
{
	struct buffer b = BUFFER_ON(text);

	buffer_text(&b, head);
	return b;
}

static void repeat(struct buffer *b, const char *piece, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buffer_text(b, piece);
}

static enum sdp_reason parse(const struct buffer *b)
{
	return b->err == ERR_NONE ? sdp_parse(buffer_view(b), &session) : SDP_FINE;
}

TEST(limit_media, "reads sixteen m= lines and refuses one more")
{
	struct buffer b = begin(SDP_HEAD);

	repeat(&b, SDP_AUDIO, MAX_SDP_MEDIA);
	CHECK(parse(&b) == SDP_FINE && session.media_count == MAX_SDP_MEDIA);
	repeat(&b, SDP_AUDIO, 1);
	CHECK(parse(&b) == SDP_MEDIA_COUNT);
	repeat(&b, SDP_AUDIO, 500);
	CHECK(parse(&b) == SDP_MEDIA_COUNT);
	return ERR_NONE;
}

TEST(limit_formats,
     "reads sixty-four formats a line, a hundred and twenty-eight in all, and no more")
{
	struct buffer b = begin(SDP_HEAD "m=audio 4000 RTP/AVP");

	repeat(&b, " 0", MAX_SDP_MEDIA_FORMATS);
	repeat(&b, "\r\nm=audio 4002 RTP/AVP", 1);
	repeat(&b, " 0", MAX_SDP_MEDIA_FORMATS);
	CHECK(parse(&b) == SDP_FINE && session.format_count == MAX_SDP_FORMATS);
	repeat(&b, "\r\nm=audio 4004 RTP/AVP 0", 1);
	CHECK(parse(&b) == SDP_FORMAT_COUNT);

	b = begin(SDP_HEAD "m=audio 4000 RTP/AVP");
	repeat(&b, " 0", MAX_SDP_MEDIA_FORMATS + 1);
	CHECK(parse(&b) == SDP_FORMAT_COUNT);
	return ERR_NONE;
}

TEST(limit_attributes, "reads two hundred and fifty-six attributes and refuses one more")
{
	struct buffer b = begin(SDP_HEAD "a=x\r\n" SDP_AUDIO);

	repeat(&b, "a=candidate:1\r\n", MAX_SDP_ATTRIBUTES - 1);
	CHECK(parse(&b) == SDP_FINE && session.attribute_count == MAX_SDP_ATTRIBUTES);
	repeat(&b, "a=x\r\n", 1);
	CHECK(parse(&b) == SDP_ATTRIBUTE_COUNT);
	return ERR_NONE;
}

TEST(limit_line, "reads a line of 1024 bytes and refuses one more")
{
	struct buffer b = begin(SDP_HEAD SDP_AUDIO "a=");

	repeat(&b, "x", 1);
	buffer_char(&b, ':');
	repeat(&b, "y", MAX_SDP_LINE - 4);
	CHECK(parse(&b) == SDP_FINE);
	repeat(&b, "y", 1);
	CHECK(parse(&b) == SDP_LINE_LENGTH);
	return ERR_NONE;
}

TEST(limit_body, "reads a body of sixteen kilobytes and refuses one more byte")
{
	struct buffer b = begin(SDP_HEAD SDP_AUDIO);

	while (b.len + 60 < MAX_SDP_BYTES)
		buffer_text(&b, "i=a line of no use but to fill\r\n");
	buffer_text(&b, "i=");
	while (b.len + 2 < MAX_SDP_BYTES)
		buffer_char(&b, 'x');
	buffer_text(&b, "\r\n");
	CHECK(b.len == MAX_SDP_BYTES && parse(&b) == SDP_FINE);
	buffer_char(&b, '\n');
	CHECK(parse(&b) == SDP_TOO_LONG);
	return ERR_NONE;
}

TEST(limit_tokens, "refuses media types, protocols and names of two hundred bytes")
{
	static const struct {
		const char *before, *after;
		enum sdp_reason want;
	} cases[] = {
		{ "m=", " 4000 RTP/AVP 0\r\n", SDP_MEDIA },
		{ "m=audio 4000 ", " 0\r\n", SDP_MEDIA },
		{ "m=audio 4000 udptl ", "\r\n", SDP_MEDIA },
		{ SDP_AUDIO "a=", "\r\n", SDP_ATTRIBUTE },
		{ SDP_AUDIO "a=rtpmap:0 ", "/8000\r\n", SDP_RTPMAP },
		{ SDP_AUDIO "b=", ":1\r\n", SDP_BANDWIDTH },
		{ SDP_AUDIO "c=IN IP4 1", "\r\n", SDP_NAME },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer b = begin(SDP_HEAD);

		buffer_text(&b, cases[i].before);
		repeat(&b, "x", 200);
		buffer_text(&b, cases[i].after);
		CHECK_CASE(parse(&b) == cases[i].want, cases[i].before);
	}
	return ERR_NONE;
}

TEST(limit_address, "refuses an address of five hundred digits")
{
	struct buffer b = begin(SDP_V SDP_O SDP_S "c=IN IP4 ");

	repeat(&b, "9", 500);
	buffer_text(&b, "\r\n" SDP_T SDP_AUDIO);
	CHECK(parse(&b) == SDP_CONNECTION);
	return ERR_NONE;
}
