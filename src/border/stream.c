/* SPDX-License-Identifier: Apache-2.0 */
/* The orders that media gets of a call's streams, and what it tells of them. */
#include "border/call_priv.h"
#include "border/command.h"
#include "border/cover.h"
#include "border/keys.h"
#include "border/offer_priv.h"

#include "base/secret.h"

enum { STREAM_BITS = 4 };

_Static_assert(MAX_CALL_STREAMS <= 1 << STREAM_BITS, "a stream's place fits its number");

static uint64_t number_of(const struct call *call, unsigned stream)
{
	return call->facts->id << STREAM_BITS | stream;
}

/* A leg that is held by command is not heard, and in silence hears nothing. */
static void apply_hold(const struct call *call, struct order *order)
{
	for (unsigned i = 0; i < CALL_LEGS; i++) {
		if (call->facts->held & 1u << i)
			order->legs[i].is_sending = 0;
		if (call->facts->held & (unsigned)CALL_SILENT << i)
			order->legs[i].is_receiving = 0;
	}
	if (call->facts->held)
		order->is_held = 1;
}

static void give_connections(const struct call *call, unsigned stream)
{
	struct border *b = call->border;
	struct order_connect order;

	for (unsigned leg = 0; leg < CALL_LEGS; leg++) {
		if (!bearer_connect(call, leg, stream, &order))
			continue;
		order.owner = b->ports.owner;
		order.worker = stream_worker(call, stream);
		order.generation = b->ports.generation;
		order.stream = number_of(call, stream);
		b->ports.connect(b->ports.context, &order);
	}
}

static void give_keys(const struct call *call, unsigned stream, unsigned leg)
{
	struct border *b = call->border;
	struct order_keys keys;

	if (!secure_keys(call, leg, stream, &keys))
		return;
	keys.owner = b->ports.owner;
	keys.worker = stream_worker(call, stream);
	keys.generation = b->ports.generation;
	keys.stream = number_of(call, stream);
	b->ports.order_keys(b->ports.context, &keys);
	secret_wipe(&keys, sizeof(keys));
}

/* Keys that a handshake gave to a predecessor of media's go with it. */
static void give_shake(const struct call *call, unsigned stream, unsigned leg)
{
	struct border *b = call->border;
	struct order_shake shake;
	struct order_keys keys;

	if (!shake_order(call, leg, stream, &shake))
		return;
	shake.owner = b->ports.owner;
	shake.worker = stream_worker(call, stream);
	shake.generation = b->ports.generation;
	shake.stream = number_of(call, stream);
	b->ports.order_shake(b->ports.context, &shake);
	if (shake_keys(call, leg, stream, &keys)) {
		keys.owner = b->ports.owner;
		keys.worker = shake.worker;
		keys.generation = b->ports.generation;
		keys.stream = number_of(call, stream);
		b->ports.order_keys(b->ports.context, &keys);
		secret_wipe(&keys, sizeof(keys));
	}
	secret_wipe(&shake, sizeof(shake));
}

/* The host's own line goes ahead of a guest's: before it had none, it was alone. */
static void give_lines(const struct call *call, unsigned stream, unsigned leg)
{
	struct border *b = call->border;
	struct order_bundle order = { .host = stream };
	bool is_any = shake_bundle(call, leg, stream, &order);
	unsigned rows[2] = { (unsigned)order.host, stream };
	for (unsigned i = rows[0] == stream; i < 2 && is_any; i++) {
		if (!shake_bundle(call, leg, rows[i], &order))
			continue;
		order.owner = b->ports.owner;
		order.worker = stream_worker(call, stream);
		order.generation = b->ports.generation;
		order.stream = number_of(call, (unsigned)order.stream);
		order.host = number_of(call, (unsigned)order.host);
		b->ports.order_bundle(b->ports.context, &order);
	}
}

static void give_order(const struct call *call, unsigned stream, enum order_kind kind)
{
	const struct stream_facts *s = &call->facts->streams[stream];
	struct border *b = call->border;
	struct order order = {
		.kind = (uint8_t)kind,
		.is_held = s->is_held,
		.owner = b->ports.owner,
		.worker = stream_worker(call, stream),
		.generation = b->ports.generation,
		.stream = number_of(call, stream),
		.legs = { s->legs[0], s->legs[1] },
		.form = s->form,
	};
	bool is_covered;

	for (unsigned i = 0; i < MAX_ORDER_FORMATS; i++)
		order.formats[i] = call->facts->carried[stream].formats[i];
	call->facts->carried[stream].worker = order.worker;
	apply_hold(call, &order);
	order.hears_keys = keys_to_hear(call, stream);
	is_covered = cover_apply(call, stream, &order);
	b->ports.order(b->ports.context, &order);
	if (kind != ORDER_CLOSE && is_covered)
		give_connections(call, stream);
	for (unsigned leg = 0; leg < CALL_LEGS && kind != ORDER_CLOSE; leg++) {
		give_keys(call, stream, leg);
		give_shake(call, stream, leg);
		give_lines(call, stream, leg);
	}
}

void stream_order(struct call *call, unsigned stream)
{
	struct stream_facts *s = &call->facts->streams[stream];

	give_order(call, stream, s->is_open ? ORDER_CHANGE : ORDER_OPEN);
	s->is_open = 1;
	call->facts->carried[stream].is_closing = false;
	cover_ask(call, stream);
}

void stream_bar(const struct call *call, unsigned stream)
{
	give_order(call, stream, ORDER_CHANGE);
}

void stream_press(const struct call *call, unsigned stream, struct order_digits *order)
{
	const struct border *b = call->border;

	order->kind = ORDER_DIGITS;
	order->owner = b->ports.owner;
	order->worker = stream_worker(call, stream);
	order->generation = b->ports.generation;
	order->stream = number_of(call, stream);
	b->ports.digits(b->ports.context, order);
}

void stream_close(struct call *call, unsigned stream)
{
	struct stream_facts *s = &call->facts->streams[stream];

	if (!s->is_open)
		return;
	s->is_open = 0;
	call->facts->carried[stream].is_closing = true;
	give_order(call, stream, ORDER_CLOSE);
	/* Media forgets how far our keys were used: opened again, it has others. */
	secret_wipe(s->secure, sizeof(s->secure));
}

bool stream_is_any_closing(const struct call *call)
{
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++) {
		if (call->facts->carried[i].is_closing)
			return true;
	}
	return false;
}

/* ---- what media says ---- */

/* A stream that no call has: left over by a worker that died. */
static void close_unknown(struct border *b, const struct media_event *event)
{
	struct order order = {
		.kind = ORDER_CLOSE,
		.owner = event->owner,
		.worker = event->worker,
		.generation = event->generation,
		.stream = event->stream,
	};

	if (event->kind == MEDIA_SILENT || event->kind == MEDIA_STATISTICS)
		b->ports.order(b->ports.context, &order);
}

static void closed(struct call *call, unsigned stream)
{
	call->facts->carried[stream].is_closing = false;
	if (call->state != CALL_ENDING)
		stream_give_ports(call, stream);
	else if (!stream_is_any_closing(call))
		call_finish(call);
}

/* What that worker was closing it will never answer. May end the call. */
static void forget_closings(struct call *call, uint8_t worker)
{
	if (!stream_is_any_closing(call))
		return;
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++) {
		struct stream *stream = &call->facts->carried[i];

		if (!stream->is_closing || stream->worker != worker)
			continue;
		stream->is_closing = false;
		if (call->state != CALL_ENDING)
			stream_give_ports(call, i);
	}
	if (call->state == CALL_ENDING && !stream_is_any_closing(call))
		call_finish(call);
}

/* A worker of media was restarted and knows no stream. */
static void order_again(struct border *b, uint8_t worker)
{
	uint32_t place = 0;
	struct call *call;

	while ((call = call_next(b, &place))) {
		for (unsigned i = 0; i < MAX_CALL_STREAMS; i++)
			if (call->facts->streams[i].is_open && stream_worker(call, i) == worker)
				give_order(call, i, ORDER_OPEN);
		forget_closings(call, worker);
	}
}

static const char *why_silent(const struct call *call)
{
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++)
		for (unsigned leg = 0; leg < CALL_LEGS; leg++)
			if (call->facts->streams[i].is_open && shake_is_awaited(call, leg, i))
				return "DTLS: no keys agreed";
	return "no media";
}

void calls_media_event(struct border *b, const struct media_event *event)
{
	struct call *call = call_by_id(b, event->stream >> STREAM_BITS);
	unsigned place = event->stream & ((1 << STREAM_BITS) - 1);
	struct stream *stream;

	if (event->kind == MEDIA_STARTED) {
		order_again(b, event->worker);
		return;
	}
	if (!call || place >= MAX_CALL_STREAMS || event->generation != b->ports.generation) {
		close_unknown(b, event);
		return;
	}
	stream = &call->facts->carried[place];
	if (event->kind == MEDIA_AGREED) {
		shake_agreed(call, place, &event->agreed);
		return;
	}
	if (event->kind == MEDIA_HEARD) {
		keys_heard(call, &event->heard);
		return;
	}
	if (event->kind == MEDIA_PRESSED) {
		command_pressed(call, event->reason);
		return;
	}
	if (event->kind != MEDIA_REFUSED) {
		stream->figures[0] = event->legs[0];
		stream->figures[1] = event->legs[1];
	}
	if ((event->kind == MEDIA_CLOSED || event->kind == MEDIA_REFUSED) && stream->is_closing)
		closed(call, place);
	else if (event->kind == MEDIA_SILENT)
		call_hang_up(call, why_silent(call));
	else if (event->kind == MEDIA_REFUSED)
		call_hang_up(call, "media refused");
}
