/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the lengths of a UDPTL packet. */
#include "rtp/udptl.h"

#include "base/cursor.h"

enum { LONG_LENGTH = 0x80, FRAGMENTED = 0x40, PARITY = 0x80, SPAN_SIZE_MAX = 2 };

/* X.691 10.9: 7 bits, or 14 behind the bits 10. */
static size_t read_length(struct cursor *in)
{
	uint8_t first = cursor_byte(in);

	if (!(first & LONG_LENGTH))
		return first;
	if (first & FRAGMENTED)
		cursor_fail(in, ERR_SYNTAX);
	return (size_t)(first & 0x3f) << 8 | cursor_byte(in);
}

static void skip_entry(struct cursor *in) { (void)cursor_take(in, read_length(in)); }

/* How many packets a parity entry spans: an integer with its length before it. */
static void skip_span(struct cursor *in)
{
	size_t len = read_length(in);

	if (len == 0 || len > SPAN_SIZE_MAX)
		cursor_fail(in, ERR_SYNTAX);
	(void)cursor_take(in, len);
}

enum err udptl_packet_parse(struct view datagram, struct udptl_packet *ret)
{
	struct cursor in = cursor_on(datagram);
	struct udptl_packet p = { 0 };
	size_t count;

	if (datagram.len > MAX_UDPTL_PACKET)
		return ERR_LIMIT;
	p.sequence = cursor_u16(&in);
	skip_entry(&in);
	p.is_parity = (cursor_byte(&in) & PARITY) != 0;
	if (p.is_parity)
		skip_span(&in);
	count = read_length(&in);
	if (in.err == ERR_NONE && count > MAX_UDPTL_ENTRIES)
		return ERR_LIMIT;
	for (size_t i = 0; i < count && in.err == ERR_NONE; i++)
		skip_entry(&in);
	if (in.err == ERR_NONE && !cursor_is_at_end(&in))
		return ERR_SYNTAX;
	if (in.err != ERR_NONE)
		return in.err;
	p.entry_count = (uint8_t)count;
	*ret = p;
	return ERR_NONE;
}
