/* SPDX-License-Identifier: Apache-2.0 */
/* Port pairs drawn from this worker's share, and the orders that media gets. */
#include "border/call_priv.h"
#include "border/command.h"
#include "border/cover.h"
#include "border/keys.h"
#include "border/offer_priv.h"

#include "base/secret.h"

#include <stdlib.h>

enum { FAMILIES = 2, MAX_HOSTS = MAX_SIDES * FAMILIES, STREAM_BITS = 4, PORT_KINDS = 2 };

/* The free pairs of one side, family and worker of media: slots[first] on, count of them, of which
 * the last `spare` are for emergency calls. */
struct port_group {
	uint32_t first, count, spare;
};

struct port_share {
	const struct port_table *table;
	struct port_group groups[MAX_SIDES][FAMILIES][PORT_KINDS][MAX_MEDIA_WORKERS];
	unsigned worker_count;        /* of media */
	struct addr hosts[MAX_HOSTS]; /* on which there are pairs */
	unsigned host_count;
	uint32_t *slots;
	uint8_t *is_taken; /* by pair */
};

_Static_assert(MAX_CALL_STREAMS <= 1 << STREAM_BITS, "a stream's place fits its number");

static unsigned family_of(const struct addr *a) { return a->family == 6; }

static bool is_of_share(const struct border *b, uint32_t pair)
{
	return b->ports.owners <= 1 || pair % b->ports.owners == b->ports.owner;
}

static void note_host(struct port_share *p, const struct addr *a)
{
	for (unsigned i = 0; i < p->host_count; i++) {
		if (addr_same_host(&p->hosts[i], a))
			return;
	}
	if (p->host_count < MAX_HOSTS)
		p->hosts[p->host_count++] = *a;
}

static struct port_group *group_of(struct port_share *p, const struct port_pair *pair)
{
	return &p->groups[pair->side % MAX_SIDES][family_of(&pair->local)][pair->kind % PORT_KINDS]
	                 [pair->worker % MAX_MEDIA_WORKERS];
}

static void fill_groups(const struct border *b, struct port_share *p)
{
	uint32_t next = 0;

	for (unsigned place = 0; place < sizeof(p->groups) / sizeof(struct port_group); place++) {
		struct port_group *group = &p->groups[0][0][0][0] + place;

		group->first = next;
		for (uint32_t i = 0; i < p->table->count; i++) {
			if (group_of(p, &p->table->pairs[i]) != group || !is_of_share(b, i))
				continue;
			p->slots[next++] = i;
			if (p->table->pairs[i].worker >= p->worker_count)
				p->worker_count = p->table->pairs[i].worker + 1u;
			group->spare += p->table->pairs[i].is_spare;
			note_host(p, &p->table->pairs[i].local);
		}
		group->count = next - group->first;
	}
}

enum err port_share_new(const struct border *b, struct port_share **ret)
{
	static const struct port_table none = { .version = 1 };
	struct port_share *p = calloc(1, sizeof(*p));

	if (!p)
		return ERR_NO_MEMORY;
	p->table = b->ports.ports ? b->ports.ports : &none;
	p->slots = calloc(p->table->count + 1, sizeof(*p->slots));
	p->is_taken = calloc(p->table->count + 1, sizeof(*p->is_taken));
	if (!p->slots || !p->is_taken) {
		port_share_free(&p);
		return ERR_NO_MEMORY;
	}
	fill_groups(b, p);
	*ret = p;
	return ERR_NONE;
}

void port_share_free(struct port_share **p)
{
	if (!*p)
		return;
	free((*p)->slots);
	free((*p)->is_taken);
	free(*p);
	*p = NULL;
}

/* What of a group such a call may take. */
static uint32_t free_of(const struct call *call, const struct port_group *group)
{
	uint32_t kept = call->facts->is_emergency ? 0 : group->spare;

	return group->count > kept ? group->count - kept : 0;
}

static struct port_group *wanted_of(const struct call *call, unsigned stream, unsigned number,
                                    unsigned worker)
{
	const struct flow *flow = &call->facts->legs[number].flow;
	struct port_pair wanted = {
		.local = flow->local,
		.side = flow->side,
		.kind = bearer_port_kind(&call->facts->streams[stream].legs[number]),
		.worker = (uint8_t)worker,
	};

	return group_of(call->border->calls->ports, &wanted);
}

/* The worker of media with most ports left for both legs, or that of whose port is shared. Where
 * both legs draw from one group it must have two; ERR_FULL. */
static enum err choose_worker(const struct call *call, unsigned stream, unsigned *ret)
{
	const struct port_share *p = call->border->calls->ports;
	unsigned host = shake_host(call, stream);
	uint32_t most = 0;

	for (unsigned worker = 0; worker < p->worker_count; worker++) {
		const struct port_group *one = wanted_of(call, stream, LEG_CALLER, worker),
					*other = wanted_of(call, stream, LEG_CALLEE, worker);
		uint32_t left = free_of(call, one), others = free_of(call, other);

		if (host != stream && worker != stream_worker(call, host))
			continue;
		if (one == other)
			left /= 2;
		else if (others < left)
			left = others;
		if (left > most) {
			most = left;
			*ret = worker;
		}
	}
	return most > 0 ? ERR_NONE : ERR_FULL;
}

/* Drawn at random: the next port that a call gets is not to be guessed. */
static void take_pair(struct call *call, struct port_group *group, struct order_leg *leg)
{
	struct border *b = call->border;
	struct port_share *p = b->calls->ports;
	uint32_t draw, place, pair;

	b->ports.random(b->ports.context, &draw, sizeof(draw));
	place = group->first + draw % group->count;
	pair = p->slots[place];
	p->slots[place] = p->slots[group->first + --group->count];
	p->is_taken[pair] = 1;
	leg->port = pair;
	if (p->table->pairs[pair].kind == PORT_STREAM)
		b->ports.hear(b->ports.context, pair, true);
}

static void give_pair(struct border *b, uint32_t pair)
{
	struct port_share *p = b->calls->ports;
	struct port_group *group = group_of(p, &p->table->pairs[pair]);

	p->is_taken[pair] = 0;
	if (p->table->pairs[pair].kind == PORT_STREAM)
		b->ports.hear(b->ports.context, pair, false);
	p->slots[group->first + group->count++] = pair;
}

bool border_has_port(const struct border *b, uint32_t row)
{
	return row < b->calls->ports->table->count && b->calls->ports->is_taken[row];
}

enum err stream_take_ports(struct call *call, unsigned stream)
{
	struct stream_facts *s = &call->facts->streams[stream];
	unsigned worker;
	enum err err;

	if (s->has_ports)
		return ERR_NONE;
	err = choose_worker(call, stream, &worker);
	if (err != ERR_NONE)
		return err;
	for (unsigned leg = 0; leg < CALL_LEGS; leg++)
		take_pair(call, wanted_of(call, stream, leg, worker), &s->legs[leg]);
	s->has_ports = 1;
	return ERR_NONE;
}

void stream_give_ports(struct call *call, unsigned stream)
{
	struct stream_facts *s = &call->facts->streams[stream];

	stream_close(call, stream);
	if (!s->has_ports)
		return;
	for (unsigned leg = 0; leg < CALL_LEGS; leg++)
		give_pair(call->border, s->legs[leg].port);
	*s = (struct stream_facts){ 0 };
}

uint8_t stream_worker(const struct call *call, unsigned stream)
{
	const struct port_table *table = call->border->calls->ports->table;
	const struct stream_facts *s = &call->facts->streams[stream];

	return s->has_ports ? table->pairs[s->legs[LEG_CALLER].port].worker : 0;
}

const uint8_t *stream_fingerprint(const struct call *call, unsigned stream)
{
	return call->border->media_fingerprints[stream_worker(call, stream)];
}

bool stream_has_certificates(const struct border *b)
{
	unsigned count = b->calls->ports->worker_count;

	return b->media_told == (1u << (count > 0 ? count : 1)) - 1;
}

/* The pairs are where the call says, if they are this worker's and nobody has them. */
enum err stream_restore(struct call *call, unsigned stream)
{
	struct stream_facts *s = &call->facts->streams[stream];
	struct port_share *p = call->border->calls->ports;

	for (unsigned leg = 0; s->has_ports && leg < CALL_LEGS; leg++) {
		uint32_t pair = s->legs[leg].port;

		if (pair >= p->table->count || !is_of_share(call->border, pair) ||
		    p->is_taken[pair])
			return ERR_DENIED;
	}
	for (unsigned leg = 0; s->has_ports && leg < CALL_LEGS; leg++) {
		uint32_t pair = s->legs[leg].port;
		struct port_group *group = group_of(p, &p->table->pairs[pair]);

		for (uint32_t i = group->first; i < group->first + group->count; i++) {
			if (p->slots[i] != pair)
				continue;
			p->slots[i] = p->slots[group->first + --group->count];
			p->is_taken[pair] = 1;
			break;
		}
	}
	return ERR_NONE;
}

struct addr stream_address(const struct call *call, unsigned stream, unsigned leg)
{
	const struct border *b = call->border;
	const struct order_leg *media = &call->facts->streams[stream].legs[leg];
	const struct flow *flow = &call->facts->legs[leg].flow;
	struct addr pair = b->calls->ports->table->pairs[media->port].local;
	struct addr shown = party_our_address(b, flow);

	/* Where another address is advertised for signalling, media has the same one. */
	if (addr_same_host(&shown, &flow->local))
		return pair;
	shown.port = pair.port;
	return shown;
}

/* Whether the pair is at that host, or is told to be. */
static bool is_shown_on(const struct border *b, const struct port_pair *pair,
                        const struct addr *host)
{
	const struct addr *advertised = &b->settings.sides[pair->side].advertise;

	return addr_same_host(&pair->local, host) ||
	       (advertised->family != 0 && addr_same_host(advertised, host));
}

enum port_owner stream_owner(const struct call *call, const struct addr *a)
{
	const struct border *b = call->border;
	const struct port_share *p = b->calls->ports;
	bool is_ours = false;

	for (unsigned i = 0; i < p->host_count && !is_ours; i++)
		is_ours = addr_same_host(&p->hosts[i], a);
	for (unsigned i = 0; i < b->settings.side_count && !is_ours; i++)
		is_ours = b->settings.sides[i].advertise.family &&
		          addr_same_host(&b->settings.sides[i].advertise, a);
	if (!is_ours)
		return PORT_NOT_OURS;
	for (uint32_t i = 0; i < p->table->count; i++) {
		const struct port_pair *pair = &p->table->pairs[i];

		if (pair->local.port != a->port || !is_shown_on(b, pair, a))
			continue;
		for (unsigned s = 0; s < MAX_CALL_STREAMS; s++) {
			const struct stream_facts *own = &call->facts->streams[s];

			if (own->has_ports && (own->legs[0].port == i || own->legs[1].port == i))
				return PORT_IDLE;
		}
		return p->is_taken[i] ? PORT_LIVE : PORT_IDLE;
	}
	/* On our host, but none of our ports: a PBX on the same machine has its media there. */
	return PORT_NOT_OURS;
}

/* ---- orders ---- */

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
