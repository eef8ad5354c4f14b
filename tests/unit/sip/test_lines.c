/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a head, found by each way that this processor has, and one by one. */
#include <string.h>

#include "base/buffer.h"
#include "message.h"
#include "runner/test.h"
#include "sip/lines_priv.h"
#include "sip/msg.h"
#include "sound.h"

#define BODY "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n\r\n\n \t\x01"

static const char head[] = GOOD "Subject: one\r\nSupported: timer\r\n\r\n" BODY;

TEST(lines_found, "finds each line of a sound head, and no more")
{
	struct sip_lines lines;

	CHECK(sip_lines_find(head, sizeof(head) - 1, &lines));
	CHECK(lines.count == 10 && !lines.has_high);
	for (uint32_t i = 0; i < lines.count; i++)
		CHECK(head[lines.feeds[i]] == '\n');
	CHECK(memcmp(head + lines.feeds[9] + 1, "v=0", 3) == 0);
	return ERR_NONE;
}

TEST(lines_each_byte, "is told every byte at every place alike by all ways")
{
	static const unsigned char bytes[] = { 0,  1,   8,   '\t', '\n', 11,  '\r',
		                               31, ' ', 'x', 0x7f, 0x80, 0xff };
	char text[sizeof(head)];

	memcpy(text, head, sizeof(head));
	for (size_t at = 0; at < sizeof(head) - 1; at++) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			text[at] = (char)bytes[i];
			CHECK(sound_ways_agree((struct view){ text, sizeof(head) - 1 }));
			CHECK(sound_is_read_alike((struct view){ text, sizeof(head) - 1 }));
		}
		text[at] = head[at];
	}
	return ERR_NONE;
}

TEST(lines_each_length, "is cut at every byte, and moved over every block, and read alike")
{
	char text[2 * sizeof(head) + 64];

	for (size_t before = 0; before < 64; before++) {
		size_t line = sizeof(LINE) - 1;

		/* A header more, of so many bytes, moves all that is behind. */
		memcpy(text, LINE "X: ", line + 3);
		memset(text + line + 3, 'x', before);
		memcpy(text + line + 3 + before, "\r\n", 2);
		memcpy(text + line + 5 + before, head + line, sizeof(head) - line);
		for (size_t len = 0; len < sizeof(head) + before + 4; len++) {
			CHECK(sound_ways_agree((struct view){ text, len }));
			CHECK(sound_is_read_alike((struct view){ text, len }));
		}
	}
	return ERR_NONE;
}

static const struct view names[] = {
#define HEADER(id, name, compact, times) { name, sizeof(name) - 1 },
#include "sip/header.def"
#undef HEADER
};

/* One header between sound ones: found by its name, and alike by those that read it otherwise. */
static bool is_named(struct view name, enum sip_header_id id)
{
	static struct sip_msg m;
	char text[1024];
	struct buffer b = BUFFER_ON(text);

	buffer_text(&b, LINE VIA);
	buffer_put(&b, name);
	buffer_text(&b, ": x\r\n" FROM TO ID SEQ HOPS "\r\n");
	if (!sound_is_read_alike(buffer_view(&b)))
		return false;
	(void)sip_msg_parse(text, b.len, &sip_limits_default, &m);
	return m.headers[1].id == id && view_equal(m.headers[1].name, name) &&
	       view_equal(m.headers[1].value, VIEW("x"));
}

/* A line that begins so and has no colon is none of ours. */
static bool is_without_colon(struct view start)
{
	static struct sip_msg m;
	char text[1024];
	struct buffer b = BUFFER_ON(text);

	buffer_text(&b, LINE CORE SEQ HOPS);
	buffer_put(&b, start);
	buffer_text(&b, " and some text behind it\r\nSubject: something else behind that\r\n\r\n");
	return sound_is_read_alike(buffer_view(&b)) &&
	       sip_msg_parse(text, b.len, &sip_limits_default, &m) == ERR_SYNTAX &&
	       m.reason == SIP_REASON_NO_COLON && m.count == 7;
}

TEST(lines_names, "finds each name in either case, and none that differs by a byte")
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		enum sip_header_id own = (enum sip_header_id)(i + 1);
		size_t len = names[i].len;
		char name[64];

		for (size_t at = 0; at < len; at++) {
			bool is_hyphen = names[i].at[at] == '-';
			enum sip_header_id id;

			memcpy(name, names[i].at, len);
			CHECK_CASE(is_named((struct view){ name, len }, own), names[i].at);
			name[at] ^= 0x20; /* of a hyphen: CR, which is no name's */
			CHECK_CASE(is_hyphen || is_named((struct view){ name, len }, own),
			           names[i].at);
			name[at] = '7';
			id = sip_header_of((struct view){ name, len });
			CHECK_CASE(is_named((struct view){ name, len }, id), names[i].at);
		}
		for (const char *behind = "; 0-=\""; *behind; behind++) {
			memcpy(name, names[i].at, len);
			name[len] = *behind;
			CHECK_CASE(is_without_colon((struct view){ name, len + 1 }), names[i].at);
			CHECK_CASE(*behind == ' ' ||
			                   is_named((struct view){ name, len + 1 },
			                            sip_header_of((struct view){ name, len + 1 })),
			           names[i].at);
		}
		for (size_t part = 1; part < len; part++) {
			struct view first = view_first(names[i], part);

			CHECK_CASE(is_named(first, sip_header_of(first)), names[i].at);
		}
	}
	return ERR_NONE;
}

TEST(lines_start, "reads a start line at a glance as it does part by part")
{
	static const char *const lines[] = {
		"INVITE sip:a SIP/2.0",        "INVITE sip:anna@example.com SIP/2.0",
		"SUBSCRIBE tel:+1555 SIP/2.0", "SUBSCRIBE SIP/2.0 SIP/2.0",
		"SUBSCRIBE  SIP/2.0",          "INVITE  sip:anna SIP/2.0",
		"INVITE sip:an na SIP/2.0",    "INVITE <sip:anna> SIP/2.0",
		"INVITE sip:anna  SIP/2.0",    "INVITE sip:anna\x80 SIP/2.0",
		"invite sip:anna SIP/2.0",     "A-METHOD-OF-OUR-OWN sip:anna SIP/2.0",
		" INVITE sip:anna SIP/2.0",    "SIP/2.0 200 SIP/2.0",
		"INVITE sip:anna@b/SIP/2.0",   "INVITE sip:anna \"b\" SIP/2.0",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char text[1024];
		struct buffer b = BUFFER_ON(text);

		buffer_text(&b, lines[i]);
		buffer_text(&b, "\r\n" CORE SEQ HOPS "\r\n");
		CHECK_CASE(sound_is_read_alike(buffer_view(&b)), lines[i]);
	}
	return ERR_NONE;
}

TEST(lines_many, "fills its table to the last line and says no to one more")
{
	static char text[1 << 16];
	struct sip_lines lines;

	for (size_t headers = MAX_SIP_LINES - 4; headers < MAX_SIP_LINES + 80; headers++) {
		struct buffer b = BUFFER_ON(text);

		buffer_text(&b, LINE);
		for (size_t i = 0; i < headers; i++)
			buffer_text(&b, i % 2 ? "X:\r\n" : "Own: y\r\n");
		buffer_text(&b, "\r\n");
		CHECK(sip_lines_find(text, b.len, &lines) == (headers + 2 <= MAX_SIP_LINES));
		CHECK(sound_ways_agree(buffer_view(&b)));
		CHECK(sound_is_read_alike(buffer_view(&b)));
	}
	return ERR_NONE;
}

TEST(lines_ways, "has plain C beside what the processor offers")
{
	size_t count = 0;

	while (sip_lines_way(count)->find)
		count++;
	CHECK(count >= 2 && strcmp(sip_lines_way(count - 1)->name, "plain C") == 0);
	return ERR_NONE;
}
