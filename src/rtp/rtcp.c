/* SPDX-License-Identifier: Apache-2.0 */
/* Walks a compound RTCP packet and writes one anew. Each packet of the compound
 * is cut out by its own length first, so that no inner count can read beyond. */
#include "rtp/rtcp.h"

#include "base/cursor.h"

enum {
	VERSION = 2,
	PADDING_BIT = 0x20,
	HEADER_SIZE = 4,
	SENDER_INFO_SIZE = 20,
	REPORT_SIZE = 24,
	SDES_END = 0,
	SDES_CNAME = 1,
};

struct part {
	uint8_t count, type;
	bool is_padded;
	struct view body; /* without the header, with the padding */
};

static void read_part(struct cursor *in, struct part *ret)
{
	uint8_t first = cursor_byte(in);
	uint16_t words;

	ret->type = cursor_byte(in);
	words = cursor_u16(in);
	if (first >> 6 != VERSION)
		cursor_fail(in, ERR_SYNTAX);
	ret->count = first % PADDING_BIT;
	ret->is_padded = (first & PADDING_BIT) != 0;
	ret->body = cursor_take(in, (size_t)words * 4);
}

/* RFC 3550 6.4.1: padding only in the last packet, a multiple of four. */
static enum err strip_padding(struct part *p, bool is_last)
{
	uint8_t count;

	if (!p->is_padded)
		return ERR_NONE;
	count = p->body.len > 0 ? (uint8_t)p->body.at[p->body.len - 1] : 0;
	if (!is_last || count == 0 || count % 4 != 0 || count > p->body.len)
		return ERR_SYNTAX;
	p->body.len -= count;
	return ERR_NONE;
}

static int32_t read_lost(struct cursor *in)
{
	uint32_t high = cursor_byte(in);
	uint32_t lost = high * 0x10000 + cursor_u16(in);

	return lost >= 0x800000 ? (int32_t)lost - 0x1000000 : (int32_t)lost;
}

static struct rtcp_report read_report(struct cursor *in)
{
	struct rtcp_report r;

	r.ssrc = cursor_u32(in);
	r.fraction_lost = cursor_byte(in);
	r.lost = read_lost(in);
	r.highest_sequence = cursor_u32(in);
	r.jitter = cursor_u32(in);
	r.last_sr = cursor_u32(in);
	r.delay_since_sr = cursor_u32(in);
	return r;
}

static void read_sender_info(struct cursor *in, struct rtcp_compound *c)
{
	uint64_t seconds = cursor_u32(in);

	c->ntp = seconds << 32 | cursor_u32(in);
	c->rtp_timestamp = cursor_u32(in);
	c->packets = cursor_u32(in);
	c->octets = cursor_u32(in);
	c->has_sender_info = true;
}

/* What stands behind the blocks are extensions of a profile, which end here. */
static enum err read_reports(const struct part *p, bool is_first, struct rtcp_compound *c)
{
	struct cursor in = cursor_on(p->body);
	size_t info = p->type == RTCP_SR ? SENDER_INFO_SIZE : 0;
	size_t count = p->count, need = 4 + info + count * REPORT_SIZE;
	uint32_t sender = cursor_u32(&in);

	if (p->body.len < need)
		return ERR_SYNTAX;
	if (is_first) {
		c->sender = sender;
		if (p->type == RTCP_SR)
			read_sender_info(&in, c);
	} else if (sender != c->sender || p->type == RTCP_SR) {
		c->dropped++;
		return ERR_NONE;
	}
	if (c->report_count + count > MAX_RTCP_REPORTS)
		return ERR_LIMIT;
	/*@ loop invariant i <= count && lies_in(&in);
	    loop invariant c->report_count == \at(c->report_count, LoopEntry) + i;
	    loop assigns i, in.at, in.err, c->report_count, c->reports[0 .. MAX_RTCP_REPORTS - 1];
	    loop variant count - i; */
	for (size_t i = 0; i < count; i++)
		c->reports[c->report_count++] = read_report(&in);
	return in.err;
}

/* A chunk's items end with a zero byte and are filled up to four (RFC 3550 6.5). */
static void walk_chunk(struct cursor *in, const char *start)
{
	(void)cursor_u32(in);
	/*@ loop invariant lies_in(in) && moved{Pre, Here}(in);
	    loop assigns in->at, in->err;
	    loop variant in->end - in->at + (in->err == 0 ? 1 : 0); */
	while (in->err == ERR_NONE && cursor_byte(in) != SDES_END) {
		uint8_t len = cursor_byte(in);

		(void)cursor_take(in, len);
	}
	/*@ loop invariant lies_in(in) && moved{Pre, Here}(in);
	    loop assigns in->at, in->err;
	    loop variant in->end - in->at + (in->err == 0 ? 1 : 0); */
	while (in->err == ERR_NONE && (in->at - start) % 4 != 0)
		if (cursor_byte(in) != SDES_END)
			cursor_fail(in, ERR_SYNTAX);
}

static enum err walk_sdes(const struct part *p)
{
	struct cursor in = cursor_on(p->body);

	/*@ loop invariant i <= p->count && lies_in(&in);
	    loop invariant ordered(p->body.at, in.at);
	    loop invariant in.end == p->body.at + p->body.len;
	    loop assigns i, in.at, in.err;
	    loop variant p->count - i; */
	for (size_t i = 0; i < p->count; i++)
		walk_chunk(&in, p->body.at);
	cursor_end(&in);
	return in.err == ERR_NONE ? ERR_NONE : ERR_SYNTAX;
}

static enum err read_bye(const struct part *p, struct rtcp_compound *c)
{
	struct cursor in = cursor_on(p->body);

	if (c->bye_count + p->count > MAX_RTCP_BYES)
		return ERR_LIMIT;
	/*@ loop invariant i <= p->count && lies_in(&in);
	    loop invariant c->bye_count == \at(c->bye_count, LoopEntry) + i;
	    loop assigns i, in.at, in.err, c->bye_count, c->byes[0 .. MAX_RTCP_BYES - 1];
	    loop variant p->count - i; */
	for (size_t i = 0; i < p->count; i++)
		c->byes[c->bye_count++] = cursor_u32(&in);
	if (in.err == ERR_NONE && !cursor_is_at_end(&in))
		(void)cursor_take(&in, cursor_byte(&in));
	return in.err == ERR_NONE ? ERR_NONE : ERR_SYNTAX;
}

static enum err read_body(const struct part *p, bool is_first, struct rtcp_compound *c)
{
	switch (p->type) {
	case RTCP_SR:
	case RTCP_RR:
		return read_reports(p, is_first, c);
	case RTCP_SDES:
		return walk_sdes(p);
	case RTCP_BYE:
		return read_bye(p, c);
	default:
		c->dropped++;
		return ERR_NONE;
	}
}

enum err rtcp_parse(struct view datagram, struct rtcp_compound *ret)
{
	struct cursor in = cursor_on(datagram);
	struct rtcp_compound c;
	size_t packets = 0;
	enum err err = ERR_NONE;

	if (datagram.len > MAX_RTCP_DATAGRAM)
		return ERR_LIMIT;
	if (datagram.len < 2 * HEADER_SIZE)
		return ERR_SHORT;
	c.ntp = 0;
	c.rtp_timestamp = c.packets = c.octets = 0;
	c.has_sender_info = false;
	c.report_count = c.bye_count = c.dropped = 0;
	/*@ loop invariant lies_in(&in) && packets <= MAX_RTCP_PACKETS;
	    loop invariant counts_fit(&c) && c.dropped <= packets;
	    loop invariant err == ERR_NONE;
	    loop assigns in.at, in.err, c, packets, err;
	    loop variant MAX_RTCP_PACKETS - packets; */
	do {
		struct part p;
		bool is_first = packets == 0;

		read_part(&in, &p);
		if (in.err != ERR_NONE)
			return in.err;
		if (is_first && p.type != RTCP_SR && p.type != RTCP_RR)
			return ERR_SYNTAX;
		if (++packets > MAX_RTCP_PACKETS)
			return ERR_LIMIT;
		err = strip_padding(&p, cursor_is_at_end(&in));
		if (err == ERR_NONE)
			err = read_body(&p, is_first, &c);
	} while (err == ERR_NONE && !cursor_is_at_end(&in));
	if (err == ERR_NONE)
		*ret = c;
	return err;
}

static void put_head(struct buffer *b, size_t count, uint8_t type, size_t body_size)
{
	buffer_char(b, (char)(VERSION << 6 | (int)count));
	buffer_char(b, (char)type);
	buffer_u16(b, (uint16_t)(body_size / 4));
}

static void put_report(struct buffer *b, const struct rtcp_report *r, uint32_t mask)
{
	uint32_t lost = (uint32_t)r->lost & 0xffffff;

	buffer_u32(b, r->ssrc ^ mask);
	buffer_u32(b, (uint32_t)r->fraction_lost << 24 | lost);
	buffer_u32(b, r->highest_sequence);
	buffer_u32(b, r->jitter);
	buffer_u32(b, r->last_sr);
	buffer_u32(b, r->delay_since_sr);
}

static void put_reports(struct buffer *b, const struct rtcp_compound *c,
                        const struct rtcp_rewrite *how)
{
	size_t info = c->has_sender_info ? SENDER_INFO_SIZE : 0;

	put_head(b, c->report_count, c->has_sender_info ? RTCP_SR : RTCP_RR,
	         4 + info + (size_t)c->report_count * REPORT_SIZE);
	buffer_u32(b, c->sender ^ how->sender_mask);
	if (c->has_sender_info) {
		buffer_u32(b, (uint32_t)(c->ntp >> 32));
		buffer_u32(b, (uint32_t)c->ntp);
		buffer_u32(b, c->rtp_timestamp);
		buffer_u32(b, c->packets);
		buffer_u32(b, c->octets);
	}
	for (size_t i = 0; i < c->report_count; i++)
		put_report(b, &c->reports[i], how->report_mask);
}

void rtcp_write(struct buffer *b, const struct rtcp_compound *c, const struct rtcp_rewrite *how)
{
	enum { CHUNK_SIZE = 4 + 2 + RTCP_CNAME_SIZE + 2 };

	_Static_assert(CHUNK_SIZE % 4 == 0, "two zero bytes end the chunk");
	put_reports(b, c, how);
	put_head(b, 1, RTCP_SDES, CHUNK_SIZE);
	buffer_u32(b, c->sender ^ how->sender_mask);
	buffer_char(b, SDES_CNAME);
	buffer_char(b, RTCP_CNAME_SIZE);
	buffer_put(b, view_bytes(how->cname, RTCP_CNAME_SIZE));
	buffer_u16(b, SDES_END);
	if (c->bye_count == 0)
		return;
	put_head(b, c->bye_count, RTCP_BYE, (size_t)c->bye_count * 4);
	for (size_t i = 0; i < c->bye_count; i++)
		buffer_u32(b, c->byes[i] ^ how->sender_mask);
}
