/* SPDX-License-Identifier: Apache-2.0 */
/* The way of a WebSocket: its upgrade, its frames, one SIP message in each message
 * (RFC 7118 5). The reader of frames keeps what is half of one, so that what
 * a connection holds is the message in hand alone. */
#include "sip/utf8.h"
#include "transport/tcp_priv.h"

#include <string.h>

static const struct view ping = { "\r\n\r\n", 4 }, pong = { "\r\n", 2 };

static void count(struct tcp *t, enum counter which) { counters_add(t->ports.counters, which, 1); }

/* ---- out ---- */

static void write_frame(struct tcp *t, struct tcp_connection *c, enum ws_frame kind,
                        struct view payload, uint64_t now_us)
{
	struct buffer out = BUFFER_ON(t->framed);

	ws_write(c->ws, kind, payload, &out);
	if (out.err == ERR_NONE)
		tcp_way_write(t, c, buffer_view(&out), now_us);
	else
		count(t, COUNT_send_failures);
}

void ws_way_send(struct tcp *t, struct tcp_connection *c, struct view bytes, uint64_t now_us)
{
	if (!c->ws) {
		count(t, COUNT_send_failures);
		return;
	}
	/* RFC 7118 4.2. */
	write_frame(t, c, sip_utf8_is(bytes) ? WS_FRAME_TEXT : WS_FRAME_BINARY, bytes, now_us);
}

/* Says why, and goes. */
static void leave(struct tcp *t, struct tcp_connection *c, uint16_t code, uint64_t now_us)
{
	struct buffer out = BUFFER_ON(t->framed);

	ws_write_close(c->ws, code, &out);
	tcp_way_write(t, c, buffer_view(&out), now_us);
}

/* No page can make its browser write such frames; messages too long or in no UTF-8 it can. */
static void break_off(struct tcp *t, struct tcp_connection *c, uint16_t code, uint64_t now_us)
{
	const struct flow flow = c->flow;

	count(t, COUNT_websockets_broken);
	leave(t, c, code, now_us);
	tcp_table_doom(t->table, c, TCP_END_BROKEN);
	if (code == WS_CODE_PROTOCOL)
		t->ports.declined(t->ports.context, &flow, WS_FRAMES);
}

void ws_way_end(struct tcp *t, struct tcp_connection *c)
{
	bool is_told = c->end == TCP_END_BROKEN || c->end == TCP_END_GONE;

	if (c->ws && !is_told && c->out.len == 0)
		leave(t, c, c->end == TCP_END_BLOCKED ? WS_CODE_POLICY : WS_CODE_AWAY, c->heard_us);
}

/* ---- upgrade ---- */

static const enum counter counter_of[WS_ANSWER_COUNT] = {
	[WS_YES] = COUNT_websockets_opened,
#define WS_REFUSAL(name, status, words, counter, sort, proof) [WS_##name] = COUNT_##counter,
#include "transport/ws_refusal.def"
#undef WS_REFUSAL
};

static size_t upgrade(struct tcp *t, struct tcp_connection *c, struct view bytes, uint64_t now_us)
{
	const struct flow flow = c->flow;
	struct ws_upgrade asked = { 0 };
	char text[WS_REPLY_MAX];
	struct buffer reply = BUFFER_ON(text);
	enum ws_answer answer = ws_upgrade_read(bytes, t->listeners[flow.listener].origins,
	                                        &c->stream.seen, &asked);

	if (answer == WS_MORE)
		return 0;
	count(t, counter_of[answer]);
	if (answer == WS_YES && ws_new(&c->ws) != ERR_NONE) {
		tcp_table_doom(t->table, c, TCP_END_MEMORY);
		return bytes.len;
	}
	ws_upgrade_reply(answer, &asked, &reply);
	if (reply.len > 0)
		tcp_way_write(t, c, buffer_view(&reply), now_us);
	if (answer == WS_YES) {
		c->begun_us = 0;
	} else {
		tcp_table_doom(t->table, c, TCP_END_REFUSED);
		t->ports.declined(t->ports.context, &flow, answer);
	}
	return bytes.len;
}

/* ---- in ---- */

/* What came in one turn, to be answered at its end. */
struct turn {
	bool is_pinged; /* by a frame: the last one is answered (RFC 6455 5.5.3) */
	bool is_kept;   /* by CRLF CRLF (RFC 5626 4.4.1) */
	bool has_whole; /* some message was whole */
	uint8_t echo_len;
	char echo[WS_CONTROL_MAX];
};

static bool is_blank(struct view message)
{
	for (size_t i = 0; i < message.len; i++)
		if (message.at[i] != '\r' && message.at[i] != '\n')
			return false;
	return true;
}

static void take_message(struct tcp *t, struct tcp_connection *c, const struct ws_piece *piece,
                         struct turn *turn, struct now now)
{
	const struct flow flow = c->flow;
	struct view message = view_bytes(c->in.at, c->in.len);

	turn->has_whole = true;
	if (is_blank(message)) {
		turn->is_kept = turn->is_kept || view_starts(message, ping);
	} else if (piece->is_text && !sip_utf8_is(message)) {
		break_off(t, c, WS_CODE_TEXT, now.us);
	} else {
		c->has_message = true;
		t->ports.message(t->ports.context, &flow, c->in.at, c->in.len);
	}
	held_in_drop(&t->table->memory, &c->in, c->in.len);
}

static void take_part(struct tcp *t, struct tcp_connection *c, const struct ws_piece *piece,
                      struct turn *turn, struct now now)
{
	size_t len = c->in.len + piece->bytes.len;

	if (len > 0 && held_in_reserve(&t->table->memory, &c->in, len,
	                               c->standing == TCP_STRANGER) != ERR_NONE) {
		tcp_table_doom(t->table, c, TCP_END_MEMORY);
		return;
	}
	if (piece->bytes.len > 0)
		memcpy(c->in.at + c->in.len, piece->bytes.at, piece->bytes.len);
	c->in.len = (uint32_t)len;
	if (piece->is_last)
		take_message(t, c, piece, turn, now);
}

static void take_piece(struct tcp *t, struct tcp_connection *c, const struct ws_piece *piece,
                       struct turn *turn, struct now now)
{
	switch (piece->kind) {
	case WS_PART:
		take_part(t, c, piece, turn, now);
		break;
	case WS_PING:
		turn->is_pinged = true;
		turn->echo_len = (uint8_t)piece->bytes.len;
		memcpy(turn->echo, piece->bytes.at, piece->bytes.len);
		break;
	case WS_CLOSE:
		leave(t, c, piece->code, now.us);
		tcp_table_doom(t->table, c, TCP_END_GONE);
		break;
	case WS_BROKEN:
		break_off(t, c, piece->code, now.us);
		break;
	case WS_PONG:
		break;
	}
}

static void answer_pings(struct tcp *t, struct tcp_connection *c, const struct turn *turn,
                         uint64_t now_us)
{
	if (!turn->is_pinged && !turn->is_kept)
		return;
	count(t, COUNT_dropped_keepalive);
	if (turn->is_pinged)
		write_frame(t, c, WS_FRAME_PONG, view_bytes(turn->echo, turn->echo_len), now_us);
	if (turn->is_kept && c->end == TCP_END_NONE)
		write_frame(t, c, WS_FRAME_TEXT, pong, now_us);
}

size_t ws_way_take(struct tcp *t, struct tcp_connection *c, struct view bytes, struct now now)
{
	struct turn turn = { 0 };
	struct ws_piece piece;

	if (!c->ws)
		return upgrade(t, c, bytes, now.us);
	ws_feed(c->ws, bytes);
	while (c->end == TCP_END_NONE && ws_next(c->ws, &piece))
		take_piece(t, c, &piece, &turn, now);
	if (c->end == TCP_END_NONE)
		answer_pings(t, c, &turn, now.us);
	if (!ws_is_midway(c->ws))
		c->begun_us = 0;
	else if (c->begun_us == 0 || turn.has_whole)
		c->begun_us = now.us;
	return bytes.len;
}
