/* SPDX-License-Identifier: Apache-2.0 */
/* Packets with the headers that a walk needs, and no checksums. */
#include "unit/capture/listening.h"

#include "runner/test.h"

static void on_message(void *context, const struct capture_message *m)
{
	struct listening *l = context;

	if (l->count < MAX_LISTENED) {
		l->messages[l->count] = *m;
		VIEW_COPY(view_bytes(m->bytes, m->len), l->first[l->count]);
	}
	l->count++;
	memset(m->bytes, 'x', m->len);
}

static void on_media(void *context, const struct capture_datagram *d)
{
	struct listening *l = context;

	(void)d;
	l->media++;
}

enum err listening_init(struct listening *l)
{
	struct capture_settings settings = capture_settings_default;
	const struct capture_ports ports = { l, on_message, on_media };

	memset(l, 0, sizeof(*l));
	l->wall_us = 1000000;
	settings.max_connections = 64;
	return capture_engine_new(&settings, &ports, &l->engine);
}

void listening_clear(struct listening *l) { capture_engine_free(&l->engine); }

static enum err take(struct listening *l, const struct addr ends[2], uint8_t protocol,
                     struct view transport)
{
	static char bytes[70000];
	struct buffer b = BUFFER_ON(bytes);
	struct capture_packet p = { .wall_us = l->wall_us, .link = LINKTYPE_RAW };

	buffer_put(&b, VIEW("\x45\0"));
	buffer_u16(&b, (uint16_t)(20 + transport.len));
	buffer_put(&b, VIEW("\0\0\0\0\x40"));
	buffer_char(&b, (char)protocol);
	buffer_u16(&b, 0);
	buffer_put(&b, view_bytes(ends[0].bytes + 12, 4));
	buffer_put(&b, view_bytes(ends[1].bytes + 12, 4));
	buffer_put(&b, transport);
	p.bytes = buffer_view(&b);
	p.original_len = (uint32_t)b.len;
	l->wall_us += 1000;
	return capture_engine_take(l->engine, &p);
}

enum err listening_datagram(struct listening *l, unsigned side, struct listening_ports ports,
                            struct view payload)
{
	static char bytes[66000];
	const struct addr ends[2] = { talking_end(side, ports.from), talking_end(!side, ports.to) };
	struct buffer b = BUFFER_ON(bytes);

	buffer_u16(&b, ports.from);
	buffer_u16(&b, ports.to);
	buffer_u16(&b, (uint16_t)(8 + payload.len));
	buffer_u16(&b, 0);
	buffer_put(&b, payload);
	return take(l, ends, 17, buffer_view(&b));
}

enum err listening_segment(struct listening *l, const struct capture_segment *s)
{
	static char bytes[66000];
	const struct addr ends[2] = { s->from, s->to };
	struct buffer b = BUFFER_ON(bytes);

	buffer_u16(&b, s->from.port);
	buffer_u16(&b, s->to.port);
	buffer_u32(&b, s->seq);
	buffer_u32(&b, s->ack);
	buffer_char(&b, 0x50);
	buffer_char(&b, (char)s->flags);
	buffer_put(&b, VIEW("\xff\xff\0\0\0\0"));
	buffer_put(&b, s->payload);
	return take(l, ends, 6, buffer_view(&b));
}

enum err listening_chunk(struct listening *l, unsigned side, uint32_t tsn, struct view payload)
{
	static char bytes[4096];
	const struct addr ends[2] = { talking_end(side, 5060), talking_end(!side, 5060) };
	struct buffer b = BUFFER_ON(bytes);

	buffer_u16(&b, 5060);
	buffer_u16(&b, 5060);
	buffer_u32(&b, 77 + side);
	buffer_u32(&b, 0);
	buffer_put(&b, VIEW("\0\x03"));
	buffer_u16(&b, (uint16_t)(16 + payload.len));
	buffer_u32(&b, tsn);
	buffer_put(&b, VIEW("\0\0\0\0\0\0\0\0"));
	buffer_put(&b, payload);
	buffer_put(&b, view_first(VIEW("\0\0\0"), -payload.len & 3));
	return take(l, ends, 132, buffer_view(&b));
}

enum err listening_open(struct listening *l, struct talking *t, uint16_t from, uint16_t to)
{
	struct capture_segment s;

	*t = (struct talking){ { from, to }, { 100, 9000 }, 0 };
	s = talking_say(t, 0, TALK_SYN, VIEW_EMPTY);
	TRY(listening_segment(l, &s));
	s = talking_say(t, 1, TALK_SYN | TALK_ACK, VIEW_EMPTY);
	TRY(listening_segment(l, &s));
	s = talking_say(t, 0, TALK_ACK, VIEW_EMPTY);
	return listening_segment(l, &s);
}

enum err listening_say(struct listening *l, struct talking *t, unsigned side, struct view bytes)
{
	struct capture_segment s = talking_say(t, side, TALK_ACK, bytes);

	return listening_segment(l, &s);
}
