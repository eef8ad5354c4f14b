/* SPDX-License-Identifier: Apache-2.0 */
/* Walks an RTP header and writes one anew. */
#include "rtp/packet.h"

#include "base/cursor.h"

enum {
	VERSION = 2,
	PADDING_BIT = 0x20,
	EXTENSION_BIT = 0x10,
	MARKER_BIT = 0x80,
	SOURCE_SIZE = 4,
	FIRST_RTCP_TYPE = 72,
	LAST_RTCP_TYPE = 76,
};

/* RFC 3550 5.1: the last byte of the padding says how long it is, itself included. */
static void strip_padding(struct cursor *in)
{
	size_t left = (size_t)(in->end - in->at);
	uint8_t count;

	if (in->err != ERR_NONE)
		return;
	count = left > 0 ? (uint8_t)in->end[-1] : 0;
	if (count == 0 || count > left)
		cursor_fail(in, ERR_SYNTAX);
	else
		in->end -= count;
}

static void skip_extension(struct cursor *in)
{
	size_t words;

	(void)cursor_u16(in);
	words = cursor_u16(in);
	(void)cursor_take(in, words * 4);
}

enum err rtp_packet_parse(struct view datagram, struct rtp_packet *ret)
{
	struct cursor in = cursor_on(datagram);
	struct rtp_packet p = { 0 };
	uint8_t first, second;

	if (datagram.len > MAX_RTP_PACKET)
		return ERR_LIMIT;
	first = cursor_byte(&in);
	second = cursor_byte(&in);
	p.payload_type = second & 0x7f;
	p.is_marked = (second & MARKER_BIT) != 0;
	p.sequence = cursor_u16(&in);
	p.timestamp = cursor_u32(&in);
	p.ssrc = cursor_u32(&in);
	if (first >> 6 != VERSION ||
	    (p.payload_type >= FIRST_RTCP_TYPE && p.payload_type <= LAST_RTCP_TYPE))
		cursor_fail(&in, ERR_SYNTAX);
	p.source_count = first & 0x0f;
	for (size_t i = 0; i < p.source_count; i++)
		p.sources[i] = cursor_u32(&in);
	if (first & EXTENSION_BIT)
		skip_extension(&in);
	if (first & PADDING_BIT)
		strip_padding(&in);
	p.payload = cursor_rest(&in);
	if (in.err == ERR_NONE)
		*ret = p;
	return in.err;
}

static void put_header(struct buffer *b, const struct rtp_packet *p, uint32_t ssrc_mask)
{
	buffer_char(b, (char)(VERSION << 6 | p->source_count));
	buffer_char(b, (char)((p->is_marked ? MARKER_BIT : 0) | p->payload_type));
	buffer_u16(b, p->sequence);
	buffer_u32(b, p->timestamp);
	buffer_u32(b, p->ssrc ^ ssrc_mask);
	for (size_t i = 0; i < p->source_count; i++)
		buffer_u32(b, p->sources[i] ^ ssrc_mask);
}

void rtp_packet_write(struct buffer *b, const struct rtp_packet *p, uint32_t ssrc_mask)
{
	put_header(b, p, ssrc_mask);
	buffer_put(b, p->payload);
}

struct view rtp_packet_write_in_place(char *datagram, const struct rtp_packet *p,
                                      uint32_t ssrc_mask)
{
	/* What is written is what was read without its extension, so it fits before the payload. */
	size_t len = RTP_HEADER_SIZE + (size_t)p->source_count * SOURCE_SIZE;
	size_t start = (size_t)(p->payload.at - datagram) - len;
	struct buffer b = buffer_on(datagram + start, len);

	put_header(&b, p, ssrc_mask);
	return (struct view){ datagram + start, len + p->payload.len };
}
