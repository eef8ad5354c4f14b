/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a head, found by each way that this processor has, and one by one. */
#include <string.h>

#include "base/buffer.h"
#include "message.h"
#include "runner/test.h"
#include "sip/lines_priv.h"
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
