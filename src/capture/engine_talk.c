/* SPDX-License-Identifier: Apache-2.0 */
/* What is spoken on a TCP connection: found out from the first bytes of each side,
 * then SIP, or a WebSocket with SIP in it, either of them within TLS or not. A
 * connection that is none of it costs nothing more, unless it goes to a SIP port:
 * then it is told, but for HTTP, TLS or RTSP that is answered in kind, since that
 * port is simply none of SIP's. */
#include <stdlib.h>

#include "capture/engine_priv.h"
#include "capture/tls.h"
#include "capture/websocket.h"

enum { MAX_HEAD = 8192, MAX_TRIES = 256, MAX_SHOWN = 128 };

enum speech {
	SPEECH_UNKNOWN,
	SPEECH_SIP,
	SPEECH_WEBSOCKET,
};

struct talk_side {
	struct capture_pile head; /* bytes that do not tell yet */
	struct capture_sip_stream sip;
	struct capture_websocket websocket;
	uint32_t tries; /* pieces that told nothing */
	uint8_t speech;
	bool is_midway; /* not from the stream's beginning */
};

/* Not SIP, and not yet told: the answer decides. */
struct pending {
	int64_t wall_us;
	char bytes[MAX_SHOWN];
	uint8_t len, kind, side; /* len 0: nothing is pending */
};

struct talk {
	struct capture_engine *engine;
	struct capture_connection *connection;
	struct talk_side side[2];
	struct capture_tls *tls;
	int64_t wall_us;
	struct pending pending;
	uint8_t speaker; /* whose bytes are being taken */
	bool is_tls, is_sip, is_told, is_opened;
};

/* --- Telling ----------------------------------------------------------------- */

static uint8_t transport_of(const struct talk *t)
{
	bool is_websocket = t->side[t->speaker].speech == SPEECH_WEBSOCKET;

	if (t->is_tls)
		return is_websocket ? TRANSPORT_WSS : TRANSPORT_TLS;
	return is_websocket ? TRANSPORT_WS : TRANSPORT_TCP;
}

static void tell(struct talk *t, struct view bytes, enum capture_kind kind, bool is_cut)
{
	const struct capture_connection *c = t->connection;
	struct capture_message m = {
		.wall_us = t->wall_us,
		.flow = { .local = c->end[!t->speaker],
		          .remote = c->end[t->speaker],
		          .connection = c->number,
		          .transport = transport_of(t) },
		.bytes = (char *)bytes.at,
		.len = bytes.len,
		.kind = (uint8_t)kind,
		.is_cut = is_cut,
		.is_proven = c->is_proven[t->speaker],
	};

	engine_tell(t->engine, &m);
}

static void tell_pending(struct talk *t)
{
	struct pending *p = &t->pending;
	uint8_t speaker = t->speaker;
	int64_t wall_us = t->wall_us;

	if (p->len == 0)
		return;
	t->is_told = true;
	t->speaker = p->side;
	t->wall_us = p->wall_us;
	tell(t, view_bytes(p->bytes, p->len), (enum capture_kind)p->kind, false);
	t->speaker = speaker;
	t->wall_us = wall_us;
	p->len = 0;
}

static void tell_sip(struct talk *t, struct view bytes, bool is_cut)
{
	tell_pending(t);
	t->is_sip = true;
	tell(t, bytes, CAPTURE_SIP, is_cut);
}

static bool is_to_sip_port(const struct talk *t, uint8_t side)
{
	return capture_sip_ports_hold(t->engine->sip_ports, &t->connection->end[!side]);
}

/* The other side has spoken to what is pending. True where it was in kind. */
static bool is_answered(struct talk *t, enum capture_kind kind)
{
	if (t->pending.kind != kind) {
		tell_pending(t);
		return false;
	}
	t->pending.len = 0;
	return true;
}

/* Once a connection, and of one that brought no SIP. */
static void take_not_sip(struct talk *t, struct view bytes, enum capture_kind kind)
{
	struct view shown = view_first(bytes, MAX_SHOWN);
	struct pending *p = &t->pending;

	if (t->is_told || t->is_sip)
		return;
	if (p->len > 0) {
		if (p->side != t->speaker)
			t->is_told = is_answered(t, kind) || t->is_told;
		return;
	}
	if (!is_to_sip_port(t, t->speaker) || capture_is_blank(bytes))
		return;
	*p = (struct pending){ .wall_us = t->wall_us,
		               .len = (uint8_t)shown.len,
		               .kind = (uint8_t)kind,
		               .side = t->speaker };
	memcpy(p->bytes, shown.at, shown.len);
	if (kind != CAPTURE_HTTP && kind != CAPTURE_TLS && kind != CAPTURE_RTSP)
		tell_pending(t);
}

static void on_sip(void *context, struct view bytes, bool is_cut)
{
	tell_sip(context, bytes, is_cut);
}

static void on_foreign(void *context, struct view bytes)
{
	take_not_sip(context, bytes, capture_kind_of(bytes));
}

static void on_websocket(void *context, struct view bytes)
{
	if (capture_sip_starts(capture_sip_skip_lines(bytes)) == ERR_NONE)
		tell_sip(context, bytes, false);
	else
		take_not_sip(context, bytes, capture_kind_of(bytes));
}

static void on_websocket_skipped(void *context)
{
	struct talk *t = context;

	t->engine->skipped.counts[CAPTURE_SKIP_WEBSOCKET_MESSAGE]++;
}

/* --- Plain bytes ------------------------------------------------------------- */

static enum err take_known(struct talk *t, struct talk_side *s, struct view bytes)
{
	const struct capture_sip_sink sip = { t, on_sip, on_foreign };
	const struct capture_websocket_sink websocket = { t, on_websocket, on_websocket_skipped };
	enum err err;

	if (s->speech == SPEECH_SIP)
		return capture_sip_stream_take(&s->sip, bytes, &sip);
	err = capture_websocket_take(&s->websocket, bytes, &websocket);
	if (err == ERR_SYNTAX) {
		/* No frame: HTTP again, or a loss that was not seen. Look anew. */
		capture_websocket_clear(&s->websocket);
		s->speech = SPEECH_UNKNOWN;
		s->is_midway = true;
		return ERR_NONE;
	}
	return err;
}

/* None of our protocols. On a SIP port it is told, and SIP may still follow. */
static enum err take_foreign(struct talk *t, uint8_t side, struct view bytes)
{
	struct talk_side *s = &t->side[side];

	if (is_to_sip_port(t, side) ||
	    capture_sip_ports_hold(t->engine->sip_ports, &t->connection->end[side])) {
		s->speech = SPEECH_SIP;
		s->sip.is_lost = s->is_midway;
		s->sip.has_foreign = s->is_midway;
		return take_known(t, s, bytes);
	}
	s->tries++;
	if (t->is_sip || t->side[!side].speech != SPEECH_UNKNOWN)
		return ERR_NONE;
	return s->is_midway && s->tries < MAX_TRIES ? ERR_NONE : ERR_CLOSED;
}

enum guess { GUESS_SHORT, GUESS_SIP, GUESS_WEBSOCKET, GUESS_FOREIGN };

/* *ret: what stands before the first byte of the speech. */
static enum guess guess_speech(struct view bytes, size_t *ret)
{
	struct view text = capture_sip_skip_lines(bytes);
	enum err sip = capture_sip_starts(text);
	enum capture_upgrade upgrade;

	*ret = 0;
	if (text.len == 0)
		return GUESS_SHORT;
	if (sip == ERR_NONE)
		return GUESS_SIP;
	if (capture_websocket_starts(bytes))
		return GUESS_WEBSOCKET;
	upgrade = capture_websocket_upgrade(text, ret);
	if (upgrade == CAPTURE_UPGRADE_DONE) {
		*ret += bytes.len - text.len;
		return GUESS_WEBSOCKET;
	}
	return upgrade == CAPTURE_UPGRADE_SHORT || sip == ERR_SHORT ? GUESS_SHORT : GUESS_FOREIGN;
}

/* Hands what is in the head over to whoever understands it. */
static enum err decide(struct talk *t, uint8_t side, bool is_last)
{
	struct talk_side *s = &t->side[side];
	struct capture_pile head = s->head;
	struct view bytes = capture_pile_view(&head);
	size_t before = 0;
	enum guess guess = guess_speech(bytes, &before);
	enum err err;

	if (guess == GUESS_SHORT && head.len < MAX_HEAD && !is_last)
		return ERR_NONE;
	s->head = (struct capture_pile){ 0 };
	if (guess == GUESS_SIP || guess == GUESS_WEBSOCKET) {
		s->speech = guess == GUESS_SIP ? SPEECH_SIP : SPEECH_WEBSOCKET;
		err = take_known(t, s, view_after(bytes, before));
	} else {
		err = take_foreign(t, side, bytes);
	}
	capture_pile_clear(&head);
	return err;
}

static enum err take_plain(struct talk *t, uint8_t side, struct view bytes)
{
	struct talk_side *s = &t->side[side];
	enum err err;

	t->speaker = side;
	if (s->speech != SPEECH_UNKNOWN)
		return take_known(t, s, bytes);
	/* In the middle of a stream only a piece's beginning may be a message's: what
	 * stands before it is none of ours. */
	if (s->is_midway && s->head.len > 0 && capture_sip_starts(bytes) == ERR_NONE)
		capture_pile_drop(&s->head, 0, s->head.len);
	err = capture_pile_add(&s->head, bytes);
	return err == ERR_NONE ? decide(t, side, false) : err;
}

static void break_side(struct talk *t, uint8_t side)
{
	const struct capture_sip_sink sip = { t, on_sip, on_foreign };
	struct talk_side *s = &t->side[side];

	t->speaker = side;
	s->is_midway = true;
	capture_pile_drop(&s->head, 0, s->head.len);
	if (s->speech == SPEECH_SIP)
		capture_sip_stream_break(&s->sip, &sip);
	if (s->speech == SPEECH_WEBSOCKET)
		capture_websocket_break(&s->websocket);
}

/* --- TLS --------------------------------------------------------------------- */

static enum err on_opened(void *context, uint8_t side, struct view bytes)
{
	struct talk *t = context;

	t->engine->counts.tls_opened += !t->is_opened;
	t->is_opened = true;
	return take_plain(t, side, bytes);
}

static enum err begin_tls(struct talk *t, uint8_t side, struct view bytes)
{
	struct capture_engine *e = t->engine;

	e->counts.tls_connections++;
	t->is_tls = true;
	t->speaker = side;
	if (t->connection->end[!side].port != CAPTURE_SIPS_PORT) /* there it belongs */
		take_not_sip(t, bytes, CAPTURE_TLS);
	if (!capture_keys_are_empty(e->keys))
		return capture_tls_new(e->keys, &e->skipped, &t->tls);
	e->skipped.counts[CAPTURE_SKIP_TLS_NO_KEY]++;
	return ERR_NONE;
}

/* A handshake, or an alert: TLS is what is spoken there. */
static enum capture_kind kind_of_answer(struct view bytes)
{
	bool is_alert = view_starts(bytes, VIEW("\x15\x03"));

	return capture_tls_starts(bytes) || is_alert ? CAPTURE_TLS : CAPTURE_NOISE;
}

static enum err take_tls(struct talk *t, uint8_t side, struct view bytes)
{
	const struct capture_tls_sink sink = { t, on_opened };
	enum err err = t->is_tls ? ERR_NONE : begin_tls(t, side, bytes);

	if (t->pending.len > 0 && t->pending.side != side)
		(void)is_answered(t, kind_of_answer(bytes));
	if (err == ERR_NONE && t->tls)
		err = capture_tls_take(t->tls, side, bytes, &sink);
	if (err == ERR_CLOSED)
		capture_tls_free(&t->tls);
	if (err == ERR_NO_MEMORY || t->tls)
		return err;
	return t->pending.len > 0 ? ERR_NONE : ERR_CLOSED; /* the answer is waited for */
}

/* --- The connection ---------------------------------------------------------- */

static enum err talk_new(struct capture_engine *e, struct capture_connection *c)
{
	struct talk *t = calloc(1, sizeof(*t));

	if (!t)
		return ERR_NO_MEMORY;
	t->engine = e;
	t->connection = c;
	for (int i = 0; i < 2; i++)
		t->side[i].is_midway = !c->has_beginning;
	c->state = t;
	return ERR_NONE;
}

static size_t talk_size(const struct talk *t)
{
	size_t size = sizeof(*t) + (t->tls ? capture_tls_size(t->tls) : 0);

	for (int i = 0; i < 2; i++)
		size += t->side[i].head.room + t->side[i].sip.pile.room +
		        t->side[i].websocket.pile.room;
	return size;
}

static void talk_free(struct talk **t)
{
	for (int i = 0; i < 2; i++) {
		capture_pile_clear(&(*t)->side[i].head);
		capture_sip_stream_clear(&(*t)->side[i].sip);
		capture_websocket_clear(&(*t)->side[i].websocket);
	}
	capture_tls_free(&(*t)->tls);
	free(*t);
	*t = NULL;
}

static enum err take_piece(struct talk *t, const struct capture_piece *p)
{
	bool is_fresh = t->side[p->side].speech == SPEECH_UNKNOWN && t->side[p->side].head.len == 0;

	t->wall_us = p->wall_us;
	if (t->is_tls && p->is_after_gap) {
		t->engine->skipped.counts[CAPTURE_SKIP_TLS_GAP]++;
		tell_pending(t);
		return ERR_CLOSED;
	}
	if (t->is_tls || (is_fresh && capture_tls_starts(p->bytes)))
		return take_tls(t, p->side, p->bytes);
	if (p->is_after_gap)
		break_side(t, p->side);
	return take_plain(t, p->side, p->bytes);
}

enum err engine_talk_piece(void *context, struct capture_connection *c,
                           const struct capture_piece *p)
{
	struct talk *t;
	enum err err;

	if (!c->state) {
		err = talk_new(context, c);
		if (err != ERR_NONE)
			return err;
	}
	t = c->state;
	err = take_piece(t, p);
	if (err == ERR_CLOSED) {
		talk_free(&t);
		c->state = NULL;
	}
	c->state_size = t ? talk_size(t) : 0;
	return err;
}

/* What is too short to tell more is told as what it is. */
static enum err end_side(struct talk *t, uint8_t side)
{
	struct talk_side *s = &t->side[side];
	enum err err = ERR_NONE;
	struct view rest;

	t->speaker = side;
	if (s->head.len > 0)
		err = decide(t, side, true);
	rest = capture_pile_view(&s->sip.pile);
	if (!s->sip.is_lost && rest.len > 0 && capture_sip_starts(rest) != ERR_NONE)
		on_foreign(t, rest);
	break_side(t, side);
	return err == ERR_NO_MEMORY ? err : ERR_NONE;
}

enum err engine_talk_end(void *context, struct capture_connection *c)
{
	struct talk *t = c->state;
	enum err err = ERR_NONE;

	(void)context;
	for (uint8_t side = 0; side < 2; side++) {
		enum err ended = end_side(t, side);

		if (err == ERR_NONE)
			err = ended;
	}
	tell_pending(t);
	talk_free(&t);
	return err;
}
