/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts a connection's bytes into packets. */
#include "rtp/frame.h"

#include "base/cursor.h"

enum err rtp_frame_cut(struct view *bytes, struct view *ret)
{
	struct cursor in = cursor_on(*bytes);
	size_t len = cursor_u16(&in);
	struct view packet;

	if (in.err == ERR_NONE && len > MAX_RTP_PACKET)
		return ERR_LIMIT;
	packet = cursor_take(&in, len);
	if (in.err != ERR_NONE)
		return in.err;
	*bytes = cursor_rest(&in);
	*ret = packet;
	return ERR_NONE;
}

void rtp_frame_write(struct buffer *b, struct view packet)
{
	if (packet.len > MAX_RTP_PACKET) {
		buffer_fail(b, ERR_LIMIT);
		return;
	}
	buffer_u16(b, (uint16_t)packet.len);
	buffer_put(b, packet);
}
