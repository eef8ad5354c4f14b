/* SPDX-License-Identifier: Apache-2.0 */
/* Requests for pictures found among the packets of a compound, and written anew. */
#include "rtp/picture.h"

#include "base/cursor.h"

enum { VERSION = 2, FORMAT_MASK = 0x1f, LOSS = 1, FULL = 4, HEAD_SIZE = 8, ENTRY_SIZE = 8 };

/* The body begins with who asks and, where that is one, about whom. */
static size_t read_one(uint8_t format, struct view body, struct rtcp_picture *ret, size_t room)
{
	struct cursor in = cursor_on(body);
	uint32_t about;
	size_t count = 0;

	(void)cursor_u32(&in);
	about = cursor_u32(&in);
	if (format == LOSS && body.len == HEAD_SIZE && room > 0) {
		ret[0] = (struct rtcp_picture){ .about = about };
		return 1;
	}
	while (format == FULL && in.err == ERR_NONE && !cursor_is_at_end(&in) && count < room) {
		struct rtcp_picture p = { .is_full = true };

		p.about = cursor_u32(&in);
		p.sequence = cursor_byte(&in);
		(void)cursor_take(&in, 3);
		if (in.err == ERR_NONE)
			ret[count++] = p;
	}
	return count;
}

size_t rtcp_pictures_read(struct view datagram, const struct rtcp_compound *c,
                          struct rtcp_picture ret[MAX_RTCP_PICTURES])
{
	struct cursor in = cursor_on(datagram);
	size_t count = 0;

	while (!cursor_is_at_end(&in) && count < MAX_RTCP_PICTURES) {
		uint8_t first = cursor_byte(&in), type = cursor_byte(&in);
		size_t words = cursor_u16(&in);
		struct view body = cursor_take(&in, words * 4);
		struct cursor sender = cursor_on(body);

		if (in.err != ERR_NONE)
			break;
		if (type == RTCP_PICTURE_FEEDBACK && body.len >= HEAD_SIZE &&
		    cursor_u32(&sender) == c->sender)
			count += read_one(first & FORMAT_MASK, body, ret + count,
			                  MAX_RTCP_PICTURES - count);
	}
	return count;
}

void rtcp_pictures_write(struct buffer *b, const struct rtcp_picture *pictures, size_t count,
                         uint32_t sender, const struct rtcp_rewrite *how)
{
	for (size_t i = 0; i < count; i++) {
		const struct rtcp_picture *p = &pictures[i];

		buffer_char(b, (char)(VERSION << 6 | (p->is_full ? FULL : LOSS)));
		buffer_char(b, (char)RTCP_PICTURE_FEEDBACK);
		buffer_u16(b, p->is_full ? (HEAD_SIZE + ENTRY_SIZE) / 4 : HEAD_SIZE / 4);
		buffer_u32(b, sender ^ how->sender_mask);
		buffer_u32(b, p->is_full ? 0 : p->about ^ how->report_mask);
		if (!p->is_full)
			continue;
		buffer_u32(b, p->about ^ how->report_mask);
		buffer_u32(b, (uint32_t)p->sequence << 24);
	}
}
