/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket frames opened, joined and passed over. */
#include "capture/websocket.h"
#include "runner/test.h"

#include <stdlib.h>

#define SIP "OPTIONS sip:b@example.com SIP/2.0\r\n\r\n" /* 37 bytes: 0x25 */

struct heard {
	struct capture_websocket websocket;
	size_t messages, skipped, len;
	char last[256];
};

static void on_message(void *context, struct view bytes)
{
	struct heard *h = context;

	h->messages++;
	h->len = bytes.len;
	VIEW_COPY(bytes, h->last);
	memset((char *)bytes.at, 'x', bytes.len);
}

static void on_skipped(void *context)
{
	struct heard *h = context;

	h->skipped++;
}

static enum err hear(struct heard *h, struct view bytes, size_t size)
{
	const struct capture_websocket_sink sink = { h, on_message, on_skipped };

	while (bytes.len > 0) {
		struct view part = view_first(bytes, size ? size : bytes.len);
		enum err err = capture_websocket_take(&h->websocket, part, &sink);

		if (err != ERR_NONE)
			return err;
		bytes = view_after(bytes, part.len);
	}
	return ERR_NONE;
}

static const struct {
	const char *name;
	struct view bytes;
	size_t messages, skipped;
	const char *last;
	enum err want;
} cases[] = {
	{ "a text", VIEW("\x81\x25" SIP), 1, 0, SIP, ERR_NONE },
	{ "a masked text", VIEW("\x81\x84\x01\x02\x03\x04`` `"), 1, 0, "ab#d", ERR_NONE },
	{ "binary",
	  VIEW("\x82\x02"
	       "ab"),
	  1, 0, "ab", ERR_NONE },
	{ "two fragments",
	  VIEW("\x01\x02"
	       "ab\x80\x03"
	       "cde"),
	  1, 0, "abcde", ERR_NONE },
	{ "a ping between fragments",
	  VIEW("\x01\x02"
	       "ab\x89\x01p\x80\x01"
	       "c"),
	  1, 0, "abc", ERR_NONE },
	{ "a length of two bytes",
	  VIEW("\x81\x7e\x00\x02"
	       "ab"),
	  1, 0, "ab", ERR_NONE },
	{ "a length of eight bytes",
	  VIEW("\x81\x7f\0\0\0\0\0\0\0\x02"
	       "ab"),
	  1, 0, "ab", ERR_NONE },
	{ "an empty message", VIEW("\x81\x00\x81\x01z"), 1, 0, "z", ERR_NONE },
	{ "a close", VIEW("\x88\x02\x03\xe8"), 0, 0, "", ERR_NONE },
	{ "a compressed message",
	  VIEW("\xc1\x02"
	       "zz\x81\x02"
	       "ab"),
	  1, 1, "ab", ERR_NONE },
	{ "a compressed message in fragments",
	  VIEW("\x41\x02"
	       "zz\x80\x01z\x81\x02"
	       "ab"),
	  1, 1, "ab", ERR_NONE },
	{ "a fragment without a first",
	  VIEW("\x80\x02"
	       "zz\x81\x02"
	       "ab"),
	  1, 1, "ab", ERR_NONE },
	{ "an opcode that is none", VIEW("\x83\x00"), 0, 0, "", ERR_SYNTAX },
	{ "a reserved bit", VIEW("\xa1\x00"), 0, 0, "", ERR_SYNTAX },
	{ "a long ping", VIEW("\x89\x7e\x00\x80"), 0, 0, "", ERR_SYNTAX },
	{ "a ping in fragments", VIEW("\x09\x00"), 0, 0, "", ERR_SYNTAX },
	{ "a length beyond all", VIEW("\x81\x7f\xff\0\0\0\0\0\0\0"), 0, 0, "", ERR_SYNTAX },
	{ "HTTP again", VIEW("GET / HTTP/1.1\r\n"), 0, 0, "", ERR_SYNTAX },
};

TEST(websocket_cases, "opens frames, joins fragments and passes over the rest")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t size = 0; size < 3; size++) {
			struct heard h = { .messages = 0 };
			enum err err = hear(&h, cases[i].bytes, size);

			capture_websocket_clear(&h.websocket);
			if (err == ERR_NO_MEMORY)
				return err;
			CHECK_CASE(err == cases[i].want, cases[i].name);
			CHECK_CASE(h.messages == cases[i].messages, cases[i].name);
			CHECK_CASE(h.skipped == cases[i].skipped, cases[i].name);
			CHECK_CASE(view_equal(view_of(h.last), view_of(cases[i].last)),
			           cases[i].name);
		}
	}
	return ERR_NONE;
}

static enum err too_long(struct heard *h)
{
	static const char header[] = "\x81\x7f\0\0\0\0\x01\0\0\0"; /* 16 MiB */
	static char bytes[1 << 16];

	TRY(hear(h, view_bytes(header, 10), 3));
	for (int i = 0; i < 256; i++)
		TRY(hear(h, view_bytes(bytes, sizeof(bytes)), 0));
	CHECK(h->messages == 0 && h->skipped == 1 && h->websocket.pile.room <= 1 << 18);
	TRY(hear(h,
	         VIEW("\x81\x02"
	              "ab"),
	         1));
	CHECK(h->messages == 1);
	/* The same in fragments. */
	for (int i = 0; i < 3; i++) {
		TRY(hear(h, i ? VIEW("\x00\x7e\xff\xff") : VIEW("\x01\x7e\xff\xff"), 0));
		TRY(hear(h, view_bytes(bytes, 0xffff), 1000));
	}
	TRY(hear(h, VIEW("\x80\x00\x81\x01z"), 0));
	CHECK(h->messages == 2 && h->skipped == 2 && h->len == 1);
	return ERR_NONE;
}

TEST(websocket_long, "passes over a message that is too long, whole or in fragments")
{
	struct heard h = { .messages = 0 };
	enum err err = too_long(&h);

	capture_websocket_clear(&h.websocket);
	return err;
}

static enum err midway(struct heard *h)
{
	capture_websocket_break(&h->websocket);
	TRY(hear(h, VIEW("the end of some frame"), 0));
	TRY(hear(h, VIEW("\x81\x25" SIP), 0));
	CHECK(h->messages == 1);
	TRY(hear(h,
	         VIEW("\x81\x02"
	              "ab"),
	         0));
	CHECK(h->messages == 2);
	return ERR_NONE;
}

TEST(websocket_midway, "goes on after a loss with the frame whose text is SIP")
{
	struct heard h = { .messages = 0 };
	enum err err = midway(&h);

	capture_websocket_clear(&h.websocket);
	TRY(err);
	CHECK(capture_websocket_starts(VIEW("\x81\x25" SIP)));
	CHECK(capture_websocket_starts(VIEW("\x81\xa5\0\0\0\0" SIP)));
	CHECK(!capture_websocket_starts(VIEW("\x81\x05hello")));
	CHECK(!capture_websocket_starts(VIEW("\x89\x25" SIP)));
	CHECK(!capture_websocket_starts(VIEW(SIP)) && !capture_websocket_starts(VIEW_EMPTY));
	return ERR_NONE;
}

TEST(websocket_upgrade, "knows the handshake of both sides")
{
	static const char asked[] = "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: WebSocket\r\n\r\n";
	static const char told[] = "HTTP/1.1 101 Switching Protocols\r\nupgrade:websocket\r\n\r\n";
	size_t end = 0;

	CHECK(capture_websocket_upgrade(VIEW(asked), &end) == CAPTURE_UPGRADE_DONE &&
	      end == sizeof(asked) - 1);
	CHECK(capture_websocket_upgrade(VIEW(told), &end) == CAPTURE_UPGRADE_DONE &&
	      end == sizeof(told) - 1);
	for (size_t len = 1; len + 1 < sizeof(asked); len++)
		CHECK(capture_websocket_upgrade(view_bytes(asked, len), &end) ==
		      CAPTURE_UPGRADE_SHORT);
	CHECK(capture_websocket_upgrade(VIEW("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), &end) ==
	      CAPTURE_UPGRADE_NONE);
	CHECK(capture_websocket_upgrade(VIEW("HTTP/1.1 200 OK\r\n\r\n"), &end) ==
	      CAPTURE_UPGRADE_NONE);
	CHECK(capture_websocket_upgrade(VIEW(SIP), &end) == CAPTURE_UPGRADE_NONE);
	return ERR_NONE;
}

static void look_at(struct view bytes)
{
	struct heard h = { .messages = 0 };
	size_t end;

	(void)capture_websocket_starts(bytes);
	(void)capture_websocket_upgrade(bytes, &end);
	(void)hear(&h, bytes, 0);
	capture_websocket_clear(&h.websocket);
}

TEST(websocket_truncated, "reads no byte beyond any truncation")
{
	test_truncations(VIEW("\x81\xff\0\0\0\0\0\0\0\x02maskab\x01\x7e\x00\x02"
	                      "ab\x89\x01p\x80\x01"
	                      "c"),
	                 look_at);
	return ERR_NONE;
}
