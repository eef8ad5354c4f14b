/* SPDX-License-Identifier: Apache-2.0 */
/* Messages between parent and child, and those that wait: each length that a
 * child might lie about. */
#include "proc/backlog.h"
#include "proc/frame.h"
#include "runner/test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct channel_message m, got;
static struct ask ask, back;

TEST(frame_ask, "an ask survives its message, and bytes beyond its size are zero")
{
	memset(&ask, 'x', sizeof(ask));
	ask.head = (struct ask_head){ .kind = ASK_WHY, .id = 7, .size = 100 };
	frame_ask_write(&m, &ask);
	memset(&back, 'y', sizeof(back));
	CHECK(frame_ask_read(&m, &back) == ERR_NONE);
	CHECK(back.head.id == 7 && back.body.bytes[99] == 'x' && back.body.bytes[100] == 0);
	ask.head.size = ASK_BODY_MAX;
	frame_ask_write(&m, &ask);
	CHECK(frame_ask_read(&m, &back) == ERR_NONE && back.body.bytes[ASK_BODY_MAX - 1] == 'x');
	return ERR_NONE;
}

TEST(frame_lies, "a message of the wrong length or kind is refused at every length")
{
	ask.head = (struct ask_head){ .kind = ASK_WHY, .size = 40 };
	frame_ask_write(&m, &ask);
	for (size_t len = m.len; len-- > 0;) {
		m.len = len;
		CHECK(frame_ask_read(&m, &back) != ERR_NONE);
	}
	for (uint32_t size = 0; size < 200; size++) {
		ask.head.size = 40;
		frame_ask_write(&m, &ask);
		memcpy(m.bytes + sizeof(struct frame_head) + offsetof(struct ask_head, size), &size,
		       sizeof(size));
		CHECK((frame_ask_read(&m, &back) == ERR_NONE) == (size == 40));
	}
	ask.head.kind = ASK_KIND_COUNT;
	frame_ask_write(&m, &ask);
	CHECK(frame_ask_read(&m, &back) == ERR_SYNTAX);
	return ERR_NONE;
}

static void number_message(uint32_t number, size_t len)
{
	memset(m.bytes, 0, len);
	memcpy(m.bytes, &number, sizeof(number));
	m.len = len;
	m.descriptor_count = 0;
}

TEST(backlog_order, "what waits is sent in order, and what is beyond its bytes is refused")
{
	struct backlog b;
	uint32_t sent = 0, seen = 0, number;
	int ours, theirs;

	TRY(backlog_init(&b));
	TRY(channel_open(&ours, &theirs));
	while (sent < 100000) {
		enum err err;

		number_message(sent, 4000);
		err = backlog_send(&b, ours, &m);
		if (err == ERR_FULL)
			break;
		TRY(err);
		sent++;
	}
	CHECK(sent > 1000 && sent < 100000 && !backlog_is_empty(&b));
	while (seen < sent) {
		enum err err = channel_receive(theirs, &got);

		if (err == ERR_AGAIN) {
			err = backlog_flush(&b, ours);
			CHECK(err == ERR_NONE || err == ERR_AGAIN);
			continue;
		}
		TRY(err);
		memcpy(&number, got.bytes, sizeof(number));
		CHECK(number == seen && got.len == 4000);
		seen++;
	}
	CHECK(backlog_is_empty(&b));
	(void)close(theirs);
	number_message(0, 10);
	CHECK(backlog_send(&b, ours, &m) == ERR_CLOSED);
	(void)close(ours);
	backlog_clear(&b);
	return ERR_NONE;
}
