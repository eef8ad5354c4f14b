/* SPDX-License-Identifier: Apache-2.0 */
/* Framing in a stream: where a message ends, and when that cannot be known. */
#include <stdlib.h>
#include <string.h>

#include "runner/test.h"
#include "sip/msg.h"

#define HEAD                                                                                       \
	"OPTIONS sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/TCP h\r\nFrom: <sip:a@b>;tag=1\r\n"     \
	"To: <sip:b@c>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 1\r\n"

static enum err frame(struct view text, size_t *ret)
{
	return sip_msg_frame(text, &sip_limits_default, ret);
}

TEST(frame_agrees, "framing and parsing agree where a message ends")
{
	static const char *const texts[] = {
		HEAD "Content-Length: 0\r\n\r\n",
		HEAD "l: 3\r\n\r\nabc",
		"\r\n\r\n" HEAD "CONTENT-length : 3\r\n\r\nabc",
		HEAD "l:\r\n 3\r\n\r\nabc",
		HEAD "Subject: a\r\n l: 9\r\nl: 3\r\n\r\nabc",
		HEAD "l: 3\n\nabc",
		HEAD "Subject: a\r\n \r\nl: 3\r\n\r\nabc",
		HEAD "l: 3\r\n\r\n a\n",
		HEAD "l: 2\r\n\r\n\r\n",
	};
	static struct sip_msg msg;
	static char bytes[2048];
	struct sip_limits limits = sip_limits_default;

	limits.framing = SIP_STREAM;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct view text = view_of(texts[i]);
		size_t end = 0;

		memcpy(bytes, text.at, text.len);
		memcpy(bytes + text.len, HEAD, sizeof(HEAD));
		CHECK_CASE(frame((struct view){ bytes, text.len + sizeof(HEAD) }, &end) == ERR_NONE,
		           texts[i]);
		CHECK_CASE(end == text.len, texts[i]);
		CHECK_CASE(sip_msg_parse(bytes, end, &limits, &msg) == ERR_NONE, texts[i]);
		CHECK_CASE(msg.text.at + msg.text.len == bytes + end, texts[i]);
		/* Every part of it asks for more. */
		for (size_t len = 0; len < text.len; len++)
			CHECK_CASE(frame((struct view){ texts[i], len }, &end) == ERR_SHORT,
			           texts[i]);
	}
	return ERR_NONE;
}

TEST(frame_refusals, "framing that cannot be trusted closes the connection")
{
	static const char *const texts[] = {
		HEAD "\r\n",
		HEAD "l: 1\r\nl: 1\r\n\r\n",
		HEAD "Content-Length: 1\r\nl: 2\r\n\r\nab",
		HEAD "l: -1\r\n\r\n",
		HEAD "l: +1\r\n\r\n",
		HEAD "l: 4294967328\r\n\r\n",
		HEAD "l: 1 1\r\n\r\n",
		HEAD "l:\r\n\r\n",
		HEAD "l: 0x1\r\n\r\n",
		HEAD "l: 65537\r\n\r\n",
		HEAD "l: 65536\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n",
		"\r\n\r\nx\r\n\r\n",
	};
	size_t end = 7;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		enum err err = frame(view_of(texts[i]), &end);

		CHECK_CASE(err == ERR_SYNTAX || err == ERR_LIMIT, texts[i]);
	}
	CHECK(end == 7);
	return ERR_NONE;
}

TEST(frame_measured, "a message is measured as soon as its headers are whole")
{
	static const char text[] = HEAD "l: 500\r\n\r\n";
	size_t end = 0;

	for (size_t len = 0; len + 1 < sizeof(text); len++)
		CHECK(sip_msg_measure((struct view){ text, len }, &sip_limits_default, &end) ==
		      ERR_SHORT);
	TRY(sip_msg_measure(VIEW(text), &sip_limits_default, &end));
	CHECK(end == sizeof(text) - 1 + 500 && frame(VIEW(text), &end) == ERR_SHORT);
	return ERR_NONE;
}

TEST(frame_no_end, "headers without an end are given up at the limit")
{
	static char text[32768];
	size_t end;

	memset(text, 'a', sizeof(text));
	CHECK(frame((struct view){ text, 16384 }, &end) == ERR_SHORT);
	CHECK(frame((struct view){ text, 16385 }, &end) == ERR_LIMIT);
	memset(text, '\n', sizeof(text));
	CHECK(frame((struct view){ text, 100 }, &end) == ERR_SHORT);
	return ERR_NONE;
}
