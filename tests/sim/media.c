/* SPDX-License-Identifier: Apache-2.0 */
/* Streams by the border's orders, and audio through them. */
#include "sim/media.h"

#include "sim/faults.h"
#include "sim/world.h"

#include <string.h>

enum { SILENT_US = 60 * SECOND_US };
enum { CLOSE_US = 2000, HEARD_ENOUGH = 3, AUDIO_BYTES = 12 + 8 };

void media_init(struct media *m) { memset(m, 0, sizeof(*m)); }

static struct media_stream *find(struct media *m, uint64_t number)
{
	for (unsigned i = 0; i < MEDIA_STREAMS; i++)
		if (m->streams[i].is_open && m->streams[i].order.stream == number)
			return &m->streams[i];
	return NULL;
}

static void closed(struct world *w, const struct order *order, struct media_stream *s)
{
	struct media *m = &w->media;
	unsigned place = (m->first + m->count) % MEDIA_CLOSINGS;

	if (m->count == MEDIA_CLOSINGS)
		return;
	m->count++;
	m->closings[place].due_us = w->now.us + CLOSE_US;
	m->closings[place].event = (struct media_event){ .kind = s ? MEDIA_CLOSED : MEDIA_REFUSED,
		                                         .reason = s ? ERR_NONE : ERR_NOT_FOUND,
		                                         .owner = order->owner,
		                                         .generation = order->generation,
		                                         .stream = order->stream };
	if (!s)
		return;
	media_flow_statistics(&s->flow, m->closings[place].event.legs);
	s->is_open = false;
	m->open_count--;
}

static const struct addr *port_of(const struct world *w, const struct order *o, unsigned leg)
{
	return &w->pairs->pairs[o->legs[leg].port].local;
}

/* The newest order wins over what a worker that died has left open. */
static void take_port(struct world *w, struct media_stream *s)
{
	if (s->opened_us > w->signal_died_us)
		world_fail(w, "a media port is given to two calls at once");
	s->is_open = false;
	w->media.open_count--;
}

static void check_ports(struct world *w, const struct order *order)
{
	for (unsigned leg = 0; leg < 2; leg++)
		if (order->legs[leg].port >= w->pairs->count)
			world_fail(w, "an order names port pair %u of %u", order->legs[leg].port,
			           w->pairs->count);
	for (unsigned i = 0; i < MEDIA_STREAMS && !w->has_failed; i++) {
		struct media_stream *s = &w->media.streams[i];

		if (!s->is_open || s->order.stream == order->stream)
			continue;
		for (unsigned a = 0; a < 4; a++)
			if (addr_equal(port_of(w, &s->order, a & 1), port_of(w, order, a >> 1)))
				take_port(w, s);
	}
}

void media_order(struct world *w, const struct order *order)
{
	static const uint8_t seed[FLOW_SEED_SIZE] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct media_stream *s = find(&w->media, order->stream);

	if (order->kind == ORDER_CLOSE) {
		if (!faults_swallow(FAULT_LOST_CLOSE))
			closed(w, order, s);
		return;
	}
	check_ports(w, order);
	if (media_flow_order_check(order) != ERR_NONE)
		world_fail(w, "an order that no flow can be made of");
	if (s) {
		media_flow_change(&s->flow, order, w->now.us);
		s->order = *order;
		return;
	}
	for (unsigned i = 0; i < MEDIA_STREAMS; i++) {
		s = &w->media.streams[i];
		if (s->is_open)
			continue;
		*s = (struct media_stream){ .is_open = true,
			                    .order = *order,
			                    .opened_us = w->now.us };
		media_flow_open(&s->flow, order, seed, w->now.us);
		w->media.open_count++;
		return;
	}
	world_fail(w, "more than %d streams are open", MEDIA_STREAMS);
}

uint64_t media_due_us(const struct media *m)
{
	return m->count ? m->closings[m->first].due_us : UINT64_MAX;
}

void media_advance(struct world *w)
{
	struct media *m = &w->media;

	while (m->count && m->closings[m->first].due_us <= w->now.us) {
		struct media_event event = m->closings[m->first].event;

		m->first = (m->first + 1) % MEDIA_CLOSINGS;
		m->count--;
		border_media_event(w->border, &event, w->now);
	}
}

/* By which signalling learns of streams that no call of its has. */
void media_tell(struct world *w)
{
	for (unsigned i = 0; i < MEDIA_STREAMS; i++) {
		struct media_stream *s = &w->media.streams[i];
		struct media_event event = { .kind = MEDIA_STATISTICS,
			                     .owner = s->order.owner,
			                     .generation = s->order.generation,
			                     .stream = s->order.stream };

		if (!s->is_open)
			continue;
		media_flow_statistics(&s->flow, event.legs);
		border_media_event(w->border, &event, w->now);
		event.kind = MEDIA_SILENT;
		if (s->is_open && media_flow_is_silent(&s->flow, SILENT_US, w->now.us))
			border_media_event(w->border, &event, w->now);
	}
}

void media_restart(struct world *w)
{
	const struct media_event event = { .kind = MEDIA_STARTED };

	media_init(&w->media);
	if (!faults_swallow(FAULT_LOST_STARTED))
		border_media_event(w->border, &event, w->now);
}

bool media_has_port(const struct world *w, const struct addr *port)
{
	for (unsigned i = 0; i < MEDIA_STREAMS; i++) {
		const struct media_stream *s = &w->media.streams[i];

		if (s->is_open && (addr_equal(port_of(w, &s->order, 0), port) ||
		                   addr_equal(port_of(w, &s->order, 1), port)))
			return true;
	}
	return false;
}

void media_receive(struct world *w, struct packet *p)
{
	char scratch_bytes[MAX_RTCP_DATAGRAM];
	struct buffer scratch = BUFFER_ON(scratch_bytes);

	for (unsigned i = 0; i < MEDIA_STREAMS; i++) {
		struct media_stream *s = &w->media.streams[i];

		for (unsigned leg = 0; s->is_open && leg < 2; leg++) {
			struct flow_datagram d = { p->text, p->len, p->from, (uint8_t)leg, false };
			struct net_way way = { .is_media = true };
			struct flow_output out;

			if (!addr_equal(port_of(w, &s->order, leg), &p->to))
				continue;
			if (media_flow_receive(&s->flow, &d, &scratch, w->now.us, &out) !=
			    FLOW_SEND)
				return;
			way.from = *port_of(w, &s->order, leg ^ 1);
			way.to = out.to;
			way.is_inside = w->pairs->pairs[s->order.legs[leg ^ 1].port].side == 1;
			(void)net_send(&w->net, &way, out.out, w->now.us);
			return;
		}
	}
}

static void say(struct agent *a, struct dialog *d)
{
	const struct net_way way = { a->audio_at, d->audio_to, a->is_inside, true };
	char text[AUDIO_BYTES] = { 0 };

	text[0] = (char)0x80;
	text[2] = (char)(++d->audio_sequence >> 8);
	text[3] = (char)d->audio_sequence;
	text[7] = (char)(d->audio_sequence * 160);
	text[6] = (char)(d->audio_sequence * 160 >> 8);
	text[11] = (char)(a->number + 1);
	memcpy(text + 12, &d->call, sizeof(d->call));
	text[16] = (char)a->number;
	d->audio_sent++;
	(void)net_send(&a->world->net, &way, view_bytes(text, sizeof(text)), a->world->now.us);
}

static const struct dialog *other_end(const struct world *w, const struct agent *a,
                                      const struct dialog *d)
{
	const struct sim_call *call = &w->calls[d->call];
	const struct agent *other =
		&w->agents[call->caller == a->number ? call->callee : call->caller];

	for (unsigned i = 0; i < AGENT_DIALOGS; i++)
		if (other->dialogs[i].state == DIALOG_UP && other->dialogs[i].call == d->call)
			return &other->dialogs[i];
	return NULL;
}

void media_talk(struct world *w)
{
	for (unsigned i = 0; i < SIM_AGENTS; i++) {
		struct agent *a = &w->agents[i];

		for (unsigned k = 0; k < AGENT_DIALOGS; k++) {
			struct dialog *d = &a->dialogs[k];
			const struct dialog *other;

			if (d->state != DIALOG_UP || !d->has_ports)
				continue;
			other = other_end(w, a, d);
			if (other &&
			    (other->audio_heard < HEARD_ENOUGH || d->audio_heard < HEARD_ENOUGH))
				say(a, d);
		}
	}
}
