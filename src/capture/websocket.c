/* SPDX-License-Identifier: Apache-2.0 */
/* One buffer: in front what was unmasked of a message in fragments, behind it the
 * frames as they came. A frame is taken when it is whole; one that is too long is
 * passed over as its bytes come. */
#include "capture/websocket.h"

#include "base/cursor.h"
#include "capture/sip_find.h"

enum { FRAME_FIN = 0x80, FRAME_RESERVED = 0x70, FRAME_OPCODE = 0x0f, FRAME_MASKED = 0x80 };
enum { OPCODE_CONTINUATION, OPCODE_TEXT, OPCODE_BINARY, OPCODE_CLOSE = 8, OPCODE_PONG = 10 };
enum { MAX_HEADER = 14, MAX_UPGRADE = 8192, MAX_CONTROL = 125 };

struct frame {
	uint64_t len;
	uint8_t mask[4];
	uint8_t opcode;
	size_t header;
	bool is_last, is_masked, is_compressed;
};

/* RFC 6455 5.2. */
static enum err frame_parse(struct view bytes, struct frame *ret)
{
	struct cursor in = cursor_on(bytes);
	struct frame f = { 0 };
	uint8_t first = cursor_byte(&in), second = cursor_byte(&in);

	f.is_last = (first & FRAME_FIN) != 0;
	f.opcode = first & FRAME_OPCODE;
	f.is_masked = (second & FRAME_MASKED) != 0;
	f.is_compressed = (first & FRAME_RESERVED) == 0x40;
	f.len = second & 0x7f;
	if (f.len == 126) {
		f.len = cursor_u16(&in);
	} else if (f.len == 127) {
		f.len = (uint64_t)cursor_u32(&in) << 32;
		f.len |= cursor_u32(&in);
	}
	for (size_t i = 0; f.is_masked && i < sizeof(f.mask); i++)
		f.mask[i] = cursor_byte(&in);
	if (in.err != ERR_NONE)
		return in.err;
	if ((first & 0x30) || f.len > INT64_MAX || f.opcode > OPCODE_PONG ||
	    (f.opcode > OPCODE_BINARY && f.opcode < OPCODE_CLOSE))
		return ERR_SYNTAX;
	if (f.opcode >= OPCODE_CLOSE && (f.len > MAX_CONTROL || !f.is_last))
		return ERR_SYNTAX;
	f.header = (size_t)(in.at - bytes.at);
	*ret = f;
	return ERR_NONE;
}

static void unmask(const struct frame *f, char *bytes, size_t len)
{
	for (size_t i = 0; f->is_masked && i < len; i++)
		bytes[i] = (char)(bytes[i] ^ (char)f->mask[i % 4]);
}

/* "Upgrade: websocket", whatever stands around it. */
static bool asks_for_websocket(struct view head)
{
	for (size_t at = 0; at < head.len; at = view_find(head, '\n', at) + 1) {
		struct view line = view_after(head, at), value;

		line = view_trim(view_first(line, view_find(line, '\n', 0)));
		if (!view_starts_nocase(line, VIEW("Upgrade:")))
			continue;
		value = view_trim(view_after(line, 8));
		if (view_starts_nocase(value, VIEW("websocket")))
			return true;
	}
	return false;
}

static size_t end_of_head(struct view bytes)
{
	for (size_t at = view_find(bytes, '\n', 0); at < bytes.len;
	     at = view_find(bytes, '\n', at + 1))
		if (view_starts(view_after(bytes, at), VIEW("\n\r\n")))
			return at + 3;
	return 0;
}

enum capture_upgrade capture_websocket_upgrade(struct view bytes, size_t *ret)
{
	static const struct view starts[] = { { "GET ", 4 }, { "HTTP/1.1 101", 12 } };
	struct view head = view_first(bytes, MAX_UPGRADE);

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		size_t end;

		if (bytes.len > 0 && bytes.len < starts[i].len && view_starts(starts[i], bytes))
			return CAPTURE_UPGRADE_SHORT;
		if (!view_starts(head, starts[i]))
			continue;
		end = end_of_head(head);
		if (end == 0)
			return head.len < MAX_UPGRADE ? CAPTURE_UPGRADE_SHORT
			                              : CAPTURE_UPGRADE_NONE;
		if (!asks_for_websocket(view_first(head, end)))
			return CAPTURE_UPGRADE_NONE;
		*ret = end;
		return CAPTURE_UPGRADE_DONE;
	}
	return CAPTURE_UPGRADE_NONE;
}

bool capture_websocket_starts(struct view bytes)
{
	char text[64];
	struct frame f;
	struct view payload;

	if (frame_parse(bytes, &f) != ERR_NONE || f.is_compressed ||
	    f.len > MAX_CAPTURE_WEBSOCKET || (f.opcode != OPCODE_TEXT && f.opcode != OPCODE_BINARY))
		return false;
	payload = view_first(view_after(bytes, f.header), sizeof(text));
	payload = view_first(payload, (size_t)f.len);
	if (payload.len == 0)
		return false;
	memcpy(text, payload.at, payload.len);
	unmask(&f, text, payload.len);
	return capture_sip_starts(view_bytes(text, payload.len)) == ERR_NONE;
}

/* Takes bytes out behind the fragments. */
static void drop(struct capture_websocket *w, size_t len)
{
	capture_pile_drop(&w->pile, w->whole, len);
}

static void forget_message(struct capture_websocket *w)
{
	capture_pile_drop(&w->pile, 0, w->whole);
	w->whole = 0;
	w->has_fragment = false;
}

/* Passes the frame over, and the rest of its message with it. */
static void skip_frame(struct capture_websocket *w, const struct frame *f,
                       const struct capture_websocket_sink *sink)
{
	if (!w->is_skipping && f->opcode < OPCODE_CLOSE)
		sink->skipped(sink->context);
	if (f->opcode < OPCODE_CLOSE) {
		forget_message(w);
		w->is_skipping = !f->is_last;
	}
	w->pass = f->header + f->len;
}

static bool is_unwanted(const struct capture_websocket *w, const struct frame *f)
{
	if (f->opcode >= OPCODE_CLOSE || f->is_compressed)
		return true;
	if (f->opcode == OPCODE_CONTINUATION && (w->is_skipping || !w->has_fragment))
		return true;
	return w->whole + f->len > MAX_CAPTURE_WEBSOCKET;
}

/* A whole frame of data: its bytes join those in front. */
static void take_frame(struct capture_websocket *w, const struct frame *f,
                       const struct capture_websocket_sink *sink)
{
	size_t len = (size_t)f->len;

	if (f->opcode != OPCODE_CONTINUATION)
		forget_message(w);
	w->is_skipping = false;
	drop(w, f->header);
	unmask(f, w->pile.at + w->whole, len);
	w->whole += len;
	w->has_fragment = true;
	if (!f->is_last)
		return;
	if (w->whole > 0)
		sink->message(sink->context, view_bytes(w->pile.at, w->whole));
	forget_message(w);
}

/* ERR_SHORT: more is needed. */
static enum err step(struct capture_websocket *w, const struct capture_websocket_sink *sink)
{
	struct view rest = view_after(capture_pile_view(&w->pile), w->whole);
	struct frame f;
	enum err err;

	if (w->pass > 0) {
		size_t passed = w->pass < rest.len ? (size_t)w->pass : rest.len;

		drop(w, passed);
		w->pass -= passed;
		return w->pass > 0 ? ERR_SHORT : ERR_NONE;
	}
	err = frame_parse(rest, &f);
	if (err != ERR_NONE)
		return err;
	if (is_unwanted(w, &f)) {
		skip_frame(w, &f, sink);
		return ERR_NONE;
	}
	if (f.len > rest.len - f.header)
		return ERR_SHORT;
	take_frame(w, &f, sink);
	return ERR_NONE;
}

enum err capture_websocket_take(struct capture_websocket *w, struct view bytes,
                                const struct capture_websocket_sink *sink)
{
	if (w->is_broken && !capture_websocket_starts(bytes))
		return ERR_NONE;
	w->is_broken = false;
	while (bytes.len > 0) {
		struct view part = view_first(bytes, MAX_CAPTURE_WEBSOCKET);
		enum err err = capture_pile_add(&w->pile, part);

		if (err != ERR_NONE) {
			capture_websocket_break(w);
			return err;
		}
		bytes = view_after(bytes, part.len);
		do
			err = step(w, sink);
		while (err == ERR_NONE && w->pile.len > 0);
		if (err == ERR_SYNTAX)
			return err;
	}
	return ERR_NONE;
}

void capture_websocket_break(struct capture_websocket *w)
{
	capture_websocket_clear(w);
	w->is_broken = true;
}

void capture_websocket_clear(struct capture_websocket *w)
{
	capture_pile_clear(&w->pile);
	*w = (struct capture_websocket){ 0 };
}
