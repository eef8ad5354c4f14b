/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of a message and the table of its headers: met by the last byte
 * and broken by the next. */
#include <string.h>

#include "message.h"
#include "runner/test.h"
#include "sip/check.h"

static struct sip_msg msg;
static char big[1 << 18];

static enum err parse(struct view text)
{
	static char bytes[1 << 18];

	memcpy(bytes, text.at, text.len);
	return sip_msg_parse(bytes, text.len, &sip_limits_default, &msg);
}

/* GOOD up to `head`, then `count` times `line`, then the end. */
static struct view repeated(const char *head, const char *line, size_t count)
{
	struct buffer b = BUFFER_ON(big);

	buffer_text(&b, head);
	for (size_t i = 0; i < count; i++)
		buffer_text(&b, line);
	buffer_text(&b, "\r\n");
	return buffer_view(&b);
}

TEST(msg_full, "the table of headers fills to its last place and not beyond")
{
	size_t core = 6;

	CHECK(parse(repeated(GOOD, "Own: y\r\n", MAX_SIP_HEADERS - core)) == ERR_NONE);
	CHECK(msg.count == MAX_SIP_HEADERS);
	CHECK(parse(repeated(GOOD, "Own: y\r\n", MAX_SIP_HEADERS - core + 1)) == ERR_LIMIT);
	CHECK(msg.reason == SIP_REASON_TOO_MANY_HEADERS);
	return ERR_NONE;
}

TEST(msg_many, "ten thousand of any header are refused")
{
	for (unsigned id = 1; id < SIP_HEADER_COUNT; id++) {
		struct view name = sip_header_name(id);
		char line[64];
		struct buffer b = BUFFER_ON(line);

		buffer_put(&b, name);
		buffer_text(&b, ":1\r\n");
		buffer_char(&b, '\0');
		CHECK_CASE(parse(repeated(GOOD, line, 10000)) != ERR_NONE, line);
	}
	return ERR_NONE;
}

/* A text with one run of `len` bytes in it. */
static struct view with_run(const char *head, char byte, size_t len, const char *tail)
{
	struct buffer b = BUFFER_ON(big);

	buffer_text(&b, head);
	for (size_t i = 0; i < len; i++)
		buffer_char(&b, byte);
	buffer_text(&b, tail);
	return buffer_view(&b);
}

struct size_case {
	const char *head, *tail;
	size_t max; /* longest run that is accepted */
	enum sip_reason beyond;
};

#define AFTER_METHOD " sip:bert@example.com SIP/2.0\r\n" CORE "CSeq: 7 "

TEST(msg_sizes, "each limit is met by its last byte and broken by the next")
{
	static const struct size_case cases[] = {
		{ "OPTIONS sip:", " SIP/2.0\r\n" CORE SEQ HOPS "\r\n", 1024 - 4,
		  SIP_REASON_URI_TOO_LONG },
		{ GOOD "X: ", "\r\n\r\n", 8192 - 3, SIP_REASON_HEADER_TOO_LONG },
		{ GOOD "l: 70000\r\n\r\n", "", 0, SIP_REASON_CONTENT_LENGTH_SYNTAX },
		{ GOOD "\r\n", "", 65536 - (sizeof(GOOD) - 1) - 2, SIP_REASON_TOO_LONG },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct size_case *c = &cases[i];

		if (c->max > 0)
			CHECK_CASE(parse(with_run(c->head, 'a', c->max, c->tail)) == ERR_NONE,
			           c->head);
		CHECK_CASE(parse(with_run(c->head, 'a', c->max + 1, c->tail)) != ERR_NONE, c->head);
		CHECK_CASE(msg.reason == c->beyond, c->head);
	}
	return ERR_NONE;
}

TEST(msg_method_size, "a method of 64 bytes is accepted and one of 65 is refused")
{
	char method[66];

	for (size_t len = 64; len <= 65; len++) {
		struct buffer b = BUFFER_ON(big);

		memset(method, 'M', len);
		method[len] = '\0';
		buffer_text(&b, method);
		buffer_text(&b, " sip:bert@example.com SIP/2.0\r\n" CORE HOPS "CSeq: 7 ");
		buffer_text(&b, method);
		buffer_text(&b, "\r\n\r\n");
		CHECK((parse(buffer_view(&b)) == ERR_NONE) == (len == 64));
	}
	CHECK(msg.reason == SIP_REASON_METHOD_TOO_LONG);
	return ERR_NONE;
}

TEST(msg_headers_size, "all headers together may have 16384 bytes")
{
	struct sip_limits limits = sip_limits_default;
	size_t head = sizeof(GOOD "A: \r\nB: \r\nC: \r\n") - 1;
	struct buffer b = BUFFER_ON(big);

	for (size_t extra = 0; extra < 2; extra++) {
		size_t fill = limits.headers - head + extra;

		buffer_reset(&b);
		buffer_text(&b, GOOD "A: ");
		for (size_t i = 0; i < fill; i++) {
			if (i == fill / 3 || i == 2 * (fill / 3))
				buffer_text(&b, i == fill / 3 ? "\r\nB: " : "\r\nC: ");
			buffer_char(&b, 'a');
		}
		buffer_text(&b, "\r\n\r\n");
		CHECK((parse(buffer_view(&b)) == ERR_NONE) == (extra == 0));
	}
	CHECK(msg.reason == SIP_REASON_HEADERS_TOO_LONG);
	return ERR_NONE;
}

TEST(msg_token_ladder,
     "tokens of 1 to 65535 bytes crash nothing and are accepted only within the limits")
{
	static const char *const heads[] = {
		LINE VIA TO ID SEQ HOPS "From: <sip:a@b>;tag=",
		LINE FROM TO ID SEQ HOPS "Via: SIP/2.0/UDP h;branch=z9hG4bK",
		LINE CORE HOPS "CSeq: 7 ",
		LINE VIA FROM TO SEQ HOPS "Call-ID: ",
		GOOD "Contact: <sip:a@b>;x=",
	};

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		for (size_t len = 1; len <= 65535; len += len / 2 + 1) {
			enum err err = parse(with_run(heads[i], 'x', len, "\r\n\r\n"));

			CHECK_CASE(len < 8192 || err != ERR_NONE, heads[i]);
			if (err == ERR_NONE)
				CHECK_CASE(sip_check(&msg) == ERR_NONE, heads[i]);
		}
	return ERR_NONE;
}
