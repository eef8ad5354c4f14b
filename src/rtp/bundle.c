/* SPDX-License-Identifier: Apache-2.0 */
/* Labels of packets read, and lines found by them. */
#include "rtp/bundle.h"

#include "base/buffer.h"
#include "base/cursor.h"

#include <string.h>

enum {
	HEADER_SIZE = 12,
	VERSION = 2,
	EXTENSION_BIT = 0x10,
	SOURCES_MASK = 0x0f,
	TYPE_MASK = 0x7f,
	SSRC_AT = 8,
	ONE_BYTE_HEADERS = 0xbede,
	TWO_BYTE_HEADERS = 0x1000, /* and four bits of the application's */
	LAST_ONE_BYTE_ID = 15,     /* ends the extensions (RFC 8285 4.2) */
};

/* RFC 8285 4.2, 4.3; zero bytes fill up. The first one counts. */
static struct view find_extension(struct view body, bool has_short_heads, uint8_t id)
{
	struct cursor in = cursor_on(body);

	while (in.err == ERR_NONE && !cursor_is_at_end(&in)) {
		uint8_t first = cursor_byte(&in), own = first;
		size_t len;
		struct view value;

		if (first == 0)
			continue;
		if (has_short_heads) {
			own = first >> 4;
			if (own == LAST_ONE_BYTE_ID)
				break;
			len = (first & 15U) + 1U;
		} else {
			len = cursor_byte(&in);
		}
		value = cursor_take(&in, len);
		if (in.err == ERR_NONE && own == id)
			return value;
	}
	return VIEW_EMPTY;
}

static struct view read_mid(struct cursor *in, uint8_t mid_id)
{
	uint16_t profile = cursor_u16(in);
	size_t words = cursor_u16(in);
	struct view body = cursor_take(in, words * 4);

	if (in->err != ERR_NONE || mid_id == 0)
		return VIEW_EMPTY;
	if (profile == ONE_BYTE_HEADERS)
		return find_extension(body, true, mid_id);
	return profile >> 4 == TWO_BYTE_HEADERS >> 4 ? find_extension(body, false, mid_id)
	                                             : VIEW_EMPTY;
}

enum err rtp_label_read(struct view datagram, uint8_t mid_id, struct rtp_label *ret)
{
	struct rtp_label label = { 0 };
	struct cursor in;
	uint8_t first;

	if (datagram.len < HEADER_SIZE)
		return ERR_SHORT;
	first = (uint8_t)datagram.at[0];
	if (first >> 6 != VERSION)
		return ERR_SYNTAX;
	label.payload_type = (uint8_t)datagram.at[1] & TYPE_MASK;
	in = cursor_on(view_after(datagram, SSRC_AT));
	label.ssrc = cursor_u32(&in);
	(void)cursor_take(&in, (first & SOURCES_MASK) * (size_t)4);
	if (first & EXTENSION_BIT)
		label.mid = read_mid(&in, mid_id);
	if (in.err != ERR_NONE)
		return in.err;
	*ret = label;
	return ERR_NONE;
}

size_t rtp_label_write(uint8_t mid_id, struct view mid, char ret[RTP_LABEL_SIZE])
{
	bool has_short_head = mid_id < LAST_ONE_BYTE_ID;
	size_t len = (has_short_head ? 1 : 2) + mid.len, words = (len + 3) / 4;
	struct buffer b = buffer_on(ret, RTP_LABEL_SIZE);

	buffer_u16(&b, has_short_head ? ONE_BYTE_HEADERS : TWO_BYTE_HEADERS);
	buffer_u16(&b, (uint16_t)words);
	if (has_short_head) {
		buffer_char(&b, (char)((size_t)mid_id << 4 | (mid.len - 1)));
	} else {
		buffer_char(&b, (char)mid_id);
		buffer_char(&b, (char)mid.len);
	}
	buffer_put(&b, mid);
	for (; len < words * 4; len++)
		buffer_char(&b, 0);
	return b.len;
}

struct view rtp_label_put(char *datagram, struct rtp_packet *p, uint32_t ssrc_mask,
                          struct view label)
{
	size_t least = HEADER_SIZE + (size_t)p->source_count * 4 + label.len;
	struct rtp_packet labelled;
	struct view out;

	if ((size_t)(p->payload.at - datagram) < least) {
		memmove(datagram + least, p->payload.at, p->payload.len);
		p->payload.at = datagram + least;
	}
	labelled = *p;
	labelled.payload.at -= label.len;
	labelled.payload.len += label.len;
	memcpy(datagram + (labelled.payload.at - datagram), label.at, label.len);
	out = rtp_packet_write_in_place(datagram, &labelled, ssrc_mask);
	datagram[out.at - datagram] = (char)(*out.at | EXTENSION_BIT);
	return out;
}

void rtp_bundle_put(struct rtp_bundle *b, unsigned line, struct view mid,
                    const uint8_t types[BUNDLE_TYPES_SIZE])
{
	struct rtp_bundle_line *l = &b->lines[line];

	memset(l, 0, sizeof(*l));
	l->is_used = 1;
	l->mid_len = (uint8_t)mid.len;
	memcpy(l->mid, mid.at, mid.len);
	memcpy(l->types, types, sizeof(l->types));
}

void rtp_bundle_drop(struct rtp_bundle *b, unsigned line)
{
	memset(&b->lines[line], 0, sizeof(b->lines[line]));
	for (unsigned i = 0; i < MAX_BUNDLE_SOURCES; i++) {
		if (b->sources[i].is_used && b->sources[i].line == line)
			memset(&b->sources[i], 0, sizeof(b->sources[i]));
	}
}

static bool has_type(const struct rtp_bundle_line *l, uint8_t type)
{
	return l->is_used && (l->types[type / 8] >> (type % 8) & 1) != 0;
}

static unsigned find_mid(const struct rtp_bundle *b, struct view mid)
{
	for (unsigned i = 0; i < MAX_BUNDLE_LINES; i++) {
		const struct rtp_bundle_line *l = &b->lines[i];

		if (l->is_used && l->mid_len > 0 && view_equal(view_bytes(l->mid, l->mid_len), mid))
			return i;
	}
	return BUNDLE_NOBODY;
}

static unsigned find_type(const struct rtp_bundle *b, uint8_t type)
{
	unsigned found = BUNDLE_NOBODY;

	for (unsigned i = 0; i < MAX_BUNDLE_LINES; i++) {
		if (!has_type(&b->lines[i], type))
			continue;
		if (found != BUNDLE_NOBODY)
			return BUNDLE_NOBODY;
		found = i;
	}
	return found;
}

unsigned rtp_bundle_find_source(const struct rtp_bundle *b, uint32_t ssrc)
{
	for (unsigned i = 0; i < MAX_BUNDLE_SOURCES; i++) {
		if (b->sources[i].is_used && b->sources[i].ssrc == ssrc)
			return b->sources[i].line;
	}
	return BUNDLE_NOBODY;
}

unsigned rtp_bundle_find(const struct rtp_bundle *b, const struct rtp_label *label)
{
	unsigned line = BUNDLE_NOBODY;

	if (!view_is_empty(label->mid)) {
		line = find_mid(b, label->mid);
	} else {
		line = rtp_bundle_find_source(b, label->ssrc);
		if (line == BUNDLE_NOBODY)
			return find_type(b, label->payload_type);
	}
	return line != BUNDLE_NOBODY && has_type(&b->lines[line], label->payload_type)
	             ? line
	             : (unsigned)BUNDLE_NOBODY;
}

void rtp_bundle_learn(struct rtp_bundle *b, uint32_t ssrc, unsigned line, uint64_t now_us)
{
	unsigned place = 0;

	for (unsigned i = 0; i < MAX_BUNDLE_SOURCES; i++) {
		if (b->sources[i].is_used && b->sources[i].ssrc == ssrc) {
			place = i;
			break;
		}
		if (b->sources[i].used_us < b->sources[place].used_us)
			place = i;
	}
	b->sources[place].ssrc = ssrc;
	b->sources[place].line = (uint8_t)line;
	b->sources[place].is_used = 1;
	b->sources[place].used_us = now_us;
}
