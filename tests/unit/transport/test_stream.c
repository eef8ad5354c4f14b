/* SPDX-License-Identifier: Apache-2.0 */
/* Framing: the same messages come out however the bytes were cut. */
#include "runner/test.h"
#include "transport/proxy.h"
#include "transport/stream.h"

#include <string.h>

#define OPTIONS                                                                                    \
	"OPTIONS sip:203.0.113.7 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.9:5060;branch=z9hG4bKa1\r\n"  \
	"Content-Length: 4\r\n\r\nbody"
#define HEAD(length)                                                                               \
	"OPTIONS sip:203.0.113.7 SIP/2.0\r\nContent-Length: " length                               \
	"\r\n\r\nOPTIONS sip:x SIP/2.0\r\n"

/* What comes out of bytes that arrive `each` at a time: a letter a step. */
static void run(struct view bytes, size_t each, char *ret, size_t size)
{
	struct stream s = { 0 };
	size_t start = 0, len = 0;

	for (size_t end = 0; end <= bytes.len;
	     end = end + each < bytes.len ? end + each : bytes.len) {
		enum stream_step step;
		size_t used;

		while ((step = stream_next(&s, view_bytes(bytes.at + start, end - start), &used)) !=
		               STREAM_MORE &&
		       len + 1 < size) {
			start += used;
			if (step != STREAM_BLANK)
				ret[len++] = step == STREAM_PING    ? 'p'
				           : step == STREAM_MESSAGE ? 'm'
				                                    : 'x';
			if (step == STREAM_BROKEN)
				goto done;
		}
		if (end == bytes.len)
			break;
	}
done:
	ret[len] = '\0';
}

TEST(stream_cuts, "messages and keep-alives come out the same however the bytes are cut")
{
	static const struct {
		const char *bytes, *steps;
	} cases[] = {
		{ OPTIONS, "m" },
		{ OPTIONS OPTIONS, "mm" },
		{ "\r\n\r\n", "p" },
		{ "\r\n", "" },
		{ "\r\n\r\n\r\n\r\n", "pp" },
		{ "\n\n\n\n", "" },
		{ "\r\n\r\n" OPTIONS "\r\n\r\n" OPTIONS "\r\n", "pmpm" },
		{ "\r\n" OPTIONS, "m" },
		{ "SIP/2.0 200 OK\r\nl: 0\r\n\r\n", "m" },
		{ "OPTIONS sip:x SIP/2.0\r\nContent-Length: 9\r\n\r\n", "" },
		/* No frame, or two of them. */
		{ "OPTIONS sip:x SIP/2.0\r\nTo: sip:x\r\n\r\n", "x" },
		{ HEAD("4294967328"), "x" },
		{ HEAD("-1"), "x" },
		{ HEAD("+5"), "x" },
		{ HEAD("5 5"), "x" },
		{ HEAD("0x10"), "x" },
		{ HEAD("99999999999999999999999999"), "x" },
		{ HEAD("2\r\nl: 3"), "x" },
		{ HEAD("3\r\nContent-Length: 3"), "x" },
		{ HEAD("65536"), "x" },
		/* Not SIP: known by the first line, before anything could be its end. */
		{ "GET /index HTTP/1.1\r\n", "x" },
		{ "\x16\x03\x01\x02", "x" },
		{ "SSH-2.0-probe\r\n", "x" },
		{ OPTIONS "GET / HTTP/1.1\r\n", "mx" },
		{ "OPTIONS sip:x\x01 SIP/2.0", "x" },
	};
	char steps[16];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view bytes = view_of(cases[i].bytes);

		for (size_t each = 1; each <= bytes.len; each++) {
			run(bytes, each, steps, sizeof(steps));
			CHECK_CASE(strcmp(steps, cases[i].steps) == 0, cases[i].bytes);
		}
	}
	return ERR_NONE;
}

TEST(stream_headers_without_end, "headers that never end are refused at their limit")
{
	static char bytes[20000];
	struct stream s = { 0 };
	size_t used;

	memset(bytes, 'a', sizeof(bytes));
	memcpy(bytes, "OPTIONS sip:x SIP/2.0\r\nX: ", 26);
	for (size_t i = 100; i < sizeof(bytes); i += 90)
		bytes[i] = '\n';
	CHECK(stream_next(&s, view_bytes(bytes, 16000), &used) == STREAM_MORE);
	CHECK(stream_next(&s, view_bytes(bytes, sizeof(bytes)), &used) == STREAM_BROKEN);
	return ERR_NONE;
}

TEST(stream_need, "once the headers are whole, it says how long the message will be")
{
	struct view head = VIEW("OPTIONS sip:x SIP/2.0\r\nContent-Length: 900\r\n\r\n12");
	struct stream s = { 0 };
	size_t used;

	CHECK(stream_next(&s, head, &used) == STREAM_MORE);
	CHECK(stream_need(&s) == head.len - 2 + 900);
	return ERR_NONE;
}

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define PROXY4    "\xc6\x33\x64\x09\xcb\x00\x71\x07\xc3\x50\x13\xc4"

TEST(proxy_reading, "a PROXY header is read, refused at its first wrong byte, or waited for")
{
	static const struct {
		struct view bytes;
		enum err err;
		const char *source;
	} cases[] = {
		{ VIEW(SIGNATURE "\x21\x11\0\x0c" PROXY4 "SIP"), ERR_NONE, "198.51.100.9:50000" },
		/* With something added that we do not read. */
		{ VIEW(SIGNATURE "\x21\x11\0\x10" PROXY4 "\x04\0\x01x"), ERR_NONE,
		  "198.51.100.9:50000" },
		{ VIEW(SIGNATURE "\x20\0\0\0"), ERR_NONE, "" },
		{ VIEW(SIGNATURE "\x21\0\0\0"), ERR_NONE, "" },
		{ VIEW(SIGNATURE "\x21\x21\0\x24"
		                 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x05"
		                 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\xc3\x50\x13\xc4"),
		  ERR_NONE, "[2001:db8::5]:50000" },
		{ VIEW(SIGNATURE "\x21\x12\0\x0c" PROXY4), ERR_SYNTAX, "" },  /* UDP */
		{ VIEW(SIGNATURE "\x31\x11\0\x0c" PROXY4), ERR_SYNTAX, "" },  /* version 3 */
		{ VIEW(SIGNATURE "\x22\x11\0\x0c" PROXY4), ERR_SYNTAX, "" },  /* command 2 */
		{ VIEW(SIGNATURE "\x21\x11\0\x0b" PROXY4), ERR_SYNTAX, "" },  /* too short */
		{ VIEW(SIGNATURE "\x21\x11\xff\xff" PROXY4), ERR_LIMIT, "" }, /* too long */
		{ VIEW(SIGNATURE "\x21\x11\0\x0c\xe0\0\0\x09\xcb\0\x71\x07\xc3\x50\x13\xc4"),
		  ERR_SYNTAX, "" }, /* multicast */
		{ VIEW("OPTIONS sip:x SIP/2.0\r\n"), ERR_SYNTAX, "" },
		{ VIEW("PROXY TCP4 198.51.100.9 203.0.113.7 1 2\r\n"), ERR_SYNTAX, "" },
		{ VIEW("\r\n\r\n\r\n"), ERR_SYNTAX, "" },
	};
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct proxy_header h = { 0 };
		enum err err = proxy_read(cases[i].bytes, &h);

		CHECK(err == cases[i].err);
		if (err == ERR_NONE && cases[i].source[0])
			CHECK(strcmp(addr_text(&h.source, text), cases[i].source) == 0);
		else
			CHECK(h.source.family == 0);
		for (size_t len = 0; err == ERR_NONE && len < h.size; len++)
			CHECK(proxy_read(view_first(cases[i].bytes, len), &h) == ERR_SHORT);
	}
	return ERR_NONE;
}
