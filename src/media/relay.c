/* SPDX-License-Identifier: Apache-2.0 */
/* The streams: orders carried out, events given. */
#include "media/link_priv.h"

#include "os/socket.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

struct stream_name {
	uint64_t number;
	uint8_t owner;
};

static bool is_named(const struct map_node *node, const void *wanted)
{
	const struct relay_stream *s = HOLDER(node, struct relay_stream, node);
	const struct stream_name *name = wanted;

	return s->number == name->number && s->owner == name->owner;
}

static uint64_t hash_of(const struct media_relay *r, uint64_t number, uint8_t owner)
{
	const uint64_t key[2] = { number, owner };

	return map_hash(&r->by_number, key, sizeof(key));
}

static struct relay_stream *find(const struct media_relay *r, const struct order *o)
{
	const struct stream_name name = { o->stream, o->owner };
	struct map_node *node =
		map_find(&r->by_number, hash_of(r, o->stream, o->owner), is_named, &name);

	return node ? HOLDER(node, struct relay_stream, node) : NULL;
}

/* Algorithms are fetched now: later there is a sandbox. Rows that no key ever needs are never
 * touched. */
static enum err open_secures(struct media_relay *r, uint32_t room)
{
	struct flow_marks *marks = r->ports.marks;
	enum err err;

	r->tools.names = r->ports.names;
	r->secures = calloc(room, sizeof(*r->secures));
	if (!marks)
		marks = r->own_marks = calloc(room, sizeof(*r->own_marks));
	if (!r->secures || !marks)
		return ERR_NO_MEMORY;
	r->ports.marks = marks;
	err = rtp_engine_open(&r->tools.engine);
	return err == ERR_NONE ? media_shake_open(r, room) : err;
}

static void close_secures(struct media_relay *r)
{
	media_shake_close(r);
	for (uint32_t i = 0; r->secures && i < r->pair_count; i++)
		media_secure_forget(&r->secures[i]);
	rtp_engine_close(&r->tools.engine);
	free(r->secures);
	free(r->own_marks);
}

enum err media_relay_new(const struct port_table *table, const struct media_options *options,
                         const struct media_relay_ports *ports, struct media_relay **ret)
{
	enum err err = ERR_NO_MEMORY;
	struct media_relay *r;
	uint32_t room = table->count > 0 ? table->count : 1;

	if (table->count > MAX_PORT_PAIRS)
		return ERR_LIMIT;
	r = calloc(1, sizeof(*r));
	if (!r)
		return ERR_NO_MEMORY;
	r->table = table;
	r->options = *options;
	r->ports = *ports;
	r->pair_count = table->count;
	r->looked_us = UINT64_MAX;
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	r->pairs = calloc(room, sizeof(*r->pairs));
	/* Open streams have two pairs each; the other half are closed ones whose event waits. */
	if (r->epoll < 0 || !r->pairs || map_init(&r->by_number, room, &ports->table) != ERR_NONE ||
	    pool_new(sizeof(struct relay_stream), room, &r->streams) != ERR_NONE ||
	    (err = open_secures(r, room)) != ERR_NONE) {
		err = r->epoll < 0 ? ERR_IO : err;
		r->pair_count = 0;
		media_relay_free(&r);
		return err;
	}
	for (uint32_t i = 0; i < r->pair_count; i++)
		for (size_t j = 0; j < RELAY_SOCKETS; j++)
			r->pairs[i].sockets[j].fd = -1;
	if (media_link_new(r) != ERR_NONE) {
		media_relay_free(&r);
		return ERR_NO_MEMORY;
	}
	*ret = r;
	return ERR_NONE;
}

void media_relay_free(struct media_relay **r)
{
	struct media_relay *gone = *r;

	if (!gone)
		return;
	for (uint32_t i = 0; i < gone->pair_count; i++) {
		if (gone->pairs[i].stream)
			media_pair_close(gone, i);
		for (size_t j = 0; j < RELAY_SOCKETS; j++)
			socket_close(&gone->pairs[i].sockets[j].fd);
	}
	media_link_free(gone);
	socket_close(&gone->epoll);
	close_secures(gone);
	map_clear(&gone->by_number);
	pool_free(&gone->streams);
	free(gone->pairs);
	free(gone);
	*r = NULL;
}

void media_relay_set_options(struct media_relay *r, const struct media_options *options)
{
	r->options = *options;
}

static bool emit(struct media_relay *r, enum media_event_kind kind, const struct relay_stream *s)
{
	struct media_event event = {
		.kind = (uint8_t)kind,
		.owner = s->owner,
		.generation = s->generation,
		.stream = s->number,
	};

	media_flow_statistics(&s->flow, event.legs);
	return r->ports.event(r->ports.context, &event);
}

static void refuse(struct media_relay *r, const struct order *o, enum err reason)
{
	struct media_event event = {
		.kind = MEDIA_REFUSED,
		.reason = (uint8_t)reason,
		.owner = o->owner,
		.generation = o->generation,
		.stream = o->stream,
	};

	counters_add(r->ports.counters, COUNT_media_orders_refused, 1);
	(void)r->ports.event(r->ports.context, &event);
}

/* What a leg in clear never had is not looked for: these rows are large and seldom used. */
static void unlock(struct media_relay *r, struct relay_stream *s, size_t leg)
{
	if (s->flow.legs[leg].order.protection == PROTECTION_NONE)
		return;
	if (s->flow.legs[leg].order.protection == PROTECTION_DTLS) {
		media_bundle_leave(r, s->pairs[leg]);
		media_shake_end(r, s->pairs[leg]);
	}
	media_secure_stop(relay_secure_of(r, s->pairs[leg]));
}

/* Its name and its ports are free at once; only its last words may wait. */
static void close_stream(struct media_relay *r, struct relay_stream *s)
{
	for (size_t i = 0; i < 2; i++) {
		unlock(r, s, i);
		media_pair_close(r, s->pairs[i]);
		media_flow_secure(&s->flow, i, NULL);
	}
	map_remove(&r->by_number, &s->node);
	r->open_count--;
	counters_add(r->ports.counters, COUNT_streams_closed, 1);
	s->is_closed = true;
	if (emit(r, MEDIA_CLOSED, s))
		pool_give(r->streams, s);
}

static enum err check_port(const struct media_relay *r, const struct order *o, size_t leg)
{
	const struct order_leg *l = &o->legs[leg];
	const struct relay_pair *pair;

	if (l->port >= r->pair_count)
		return ERR_NOT_FOUND;
	pair = &r->pairs[l->port];
	if (pair->link ? pair->link->listener < 0 : pair->sockets[RELAY_RTP].fd < 0)
		return ERR_NOT_FOUND;
	if ((pair->link != NULL) != (l->carrier != MEDIA_UDP))
		return ERR_NOT_FOUND;
	if (l->is_known && l->remote.family != r->table->pairs[l->port].local.family)
		return ERR_UNSUPPORTED;
	return pair->stream && pair->stream->owner != o->owner ? ERR_DENIED : ERR_NONE;
}

static enum err check(const struct media_relay *r, const struct order *o)
{
	enum err err = media_flow_order_check(o);

	for (size_t i = 0; i < 2 && err == ERR_NONE; i++)
		err = check_port(r, o, i);
	return err;
}

static void seed_of(const struct media_relay *r, const struct order *o, uint8_t ret[FLOW_SEED_SIZE])
{
	uint64_t words[FLOW_SEED_SIZE / sizeof(uint64_t)];

	for (uint64_t i = 0; i < FLOW_SEED_SIZE / sizeof(uint64_t); i++) {
		const uint64_t name[4] = { o->stream, o->owner, o->generation, i };

		words[i] = hash_siphash(&r->ports.names, name, sizeof(name));
	}
	memcpy(ret, words, FLOW_SEED_SIZE);
}

static enum err open_stream(struct media_relay *r, const struct order *o, uint64_t now_us)
{
	uint8_t seed[FLOW_SEED_SIZE];
	struct relay_stream *s;
	enum err err;

	/* The owner gives out its ports: one that it gives again is free, whatever we missed. */
	for (size_t i = 0; i < 2; i++)
		if (r->pairs[o->legs[i].port].stream)
			close_stream(r, r->pairs[o->legs[i].port].stream);
	s = pool_take(r->streams);
	if (!s)
		return ERR_FULL;
	seed_of(r, o, seed);
	s->number = o->stream;
	s->owner = o->owner;
	s->generation = o->generation;
	s->statistics_due_us = now_us + r->options.statistics_s * (uint64_t)SECOND_US;
	media_flow_open(&s->flow, o, seed, now_us);
	media_pair_sweep(r, now_us);
	for (uint8_t i = 0; i < 2; i++) {
		s->pairs[i] = o->legs[i].port;
		err = media_pair_open(r, s->pairs[i], s, i);
		if (err == ERR_NONE)
			continue;
		if (i > 0)
			media_pair_close(r, s->pairs[0]);
		pool_give(r->streams, s);
		return err;
	}
	for (size_t i = 0; i < 2; i++)
		media_flow_secure(&s->flow, i, &r->secures[s->pairs[i]]);
	map_insert(&r->by_number, &s->node, hash_of(r, s->number, s->owner));
	r->open_count++;
	counters_add(r->ports.counters, COUNT_streams_opened, 1);
	return ERR_NONE;
}

static bool has_ports_of(const struct relay_stream *s, const struct order *o)
{
	return s->pairs[0] == o->legs[0].port && s->pairs[1] == o->legs[1].port;
}

static void change(struct media_relay *r, struct relay_stream *s, const struct order *o,
                   uint64_t now_us)
{
	bool was_barred = s->flow.is_barred;

	for (size_t i = 0; i < 2; i++) {
		/* Keys of one kind are worth nothing to the other. */
		if (o->legs[i].protection != s->flow.legs[i].order.protection)
			unlock(r, s, i);
	}
	media_flow_change(&s->flow, o, now_us);
	if (was_barred != s->flow.is_barred)
		media_link_bar(r, s, now_us);
}

static enum err do_open(struct media_relay *r, const struct order *o, struct relay_stream *s,
                        uint64_t now_us)
{
	enum err err = check(r, o);

	if (err != ERR_NONE)
		return err;
	if (s && s->generation == o->generation && has_ports_of(s, o)) {
		change(r, s, o, now_us);
		return ERR_NONE;
	}
	if (s)
		close_stream(r, s);
	return open_stream(r, o, now_us);
}

static enum err do_change(struct media_relay *r, const struct order *o, struct relay_stream *s,
                          uint64_t now_us)
{
	struct order here = *o;
	enum err err;

	if (!s)
		return do_open(r, o, NULL, now_us);
	for (size_t i = 0; i < 2; i++)
		here.legs[i].port = s->pairs[i];
	err = check(r, &here);
	if (err == ERR_NONE)
		change(r, s, &here, now_us);
	return err;
}

void media_relay_order(struct media_relay *r, const struct order *o, uint64_t now_us)
{
	struct relay_stream *s = find(r, o);
	enum err err = ERR_UNSUPPORTED;

	/* Generations rise; the difference is signed so that they may wrap. */
	if (s && (int32_t)(o->generation - s->generation) < 0)
		err = ERR_STALE;
	else if (o->kind == ORDER_OPEN)
		err = do_open(r, o, s, now_us);
	else if (s && s->generation != o->generation)
		err = ERR_STALE;
	else if (o->kind == ORDER_CHANGE)
		err = do_change(r, o, s, now_us);
	else if (o->kind == ORDER_CLOSE)
		err = s ? ERR_NONE : ERR_NOT_FOUND;
	if (err != ERR_NONE)
		refuse(r, o, err);
	else if (o->kind == ORDER_CLOSE)
		close_stream(r, s);
}

static enum err take_keys(struct media_relay *r, struct relay_stream *s, const struct order_keys *k,
                          uint64_t now_us)
{
	if (!s)
		return ERR_NOT_FOUND;
	if (s->generation != k->generation)
		return ERR_STALE;
	if (k->leg > 1 || k->in.suite >= SUITE_COUNT || k->out.suite >= SUITE_COUNT ||
	    s->flow.legs[k->leg].order.protection == PROTECTION_NONE)
		return ERR_SYNTAX;
	return media_secure_key(relay_secure_of(r, s->pairs[k->leg]), &r->tools, &k->in, &k->out,
	                        now_us);
}

void media_relay_keys(struct media_relay *r, const struct order_keys *keys, uint64_t now_us)
{
	const struct order o = {
		.owner = keys->owner,
		.generation = keys->generation,
		.stream = keys->stream,
	};
	enum err err = take_keys(r, find(r, &o), keys, now_us);

	if (err != ERR_NONE)
		refuse(r, &o, err);
}

void media_relay_connect(struct media_relay *r, const struct order_connect *o, uint64_t now_us)
{
	const struct order name = {
		.kind = o->kind, .owner = o->owner, .generation = o->generation, .stream = o->stream
	};
	struct relay_stream *s = find(r, &name);
	struct relay_link *link = s && o->leg < 2 ? r->pairs[s->pairs[o->leg]].link : NULL;
	enum err err = ERR_NOT_FOUND;

	if (s && s->generation != o->generation)
		err = ERR_STALE;
	else if (link)
		err = media_link_order(r, link, o, now_us);
	if (err != ERR_NONE)
		refuse(r, &name, err);
}

static enum err take_shake(struct media_relay *r, struct relay_stream *s,
                           const struct order_shake *o, uint64_t now_us)
{
	if (!s)
		return ERR_NOT_FOUND;
	if (s->generation != o->generation)
		return ERR_STALE;
	if (media_shake_check(o) != ERR_NONE ||
	    s->flow.legs[o->leg].order.protection != PROTECTION_DTLS)
		return ERR_SYNTAX;
	media_shake_begin(r, s, o, now_us);
	return ERR_NONE;
}

void media_relay_shake(struct media_relay *r, const struct order_shake *shake, uint64_t now_us)
{
	const struct order o = {
		.owner = shake->owner,
		.generation = shake->generation,
		.stream = shake->stream,
	};
	enum err err = take_shake(r, find(r, &o), shake, now_us);

	if (err != ERR_NONE)
		refuse(r, &o, err);
}

static enum err take_bundle(struct media_relay *r, struct relay_stream *s,
                            const struct relay_stream *host, const struct order_bundle *o)
{
	if (!s || !host)
		return ERR_NOT_FOUND;
	if (s->generation != o->generation || host->generation != o->generation)
		return ERR_STALE;
	if (o->leg > 1 || o->mid_len > MAX_ORDER_MID ||
	    s->flow.legs[o->leg].order.protection != PROTECTION_DTLS ||
	    host->flow.legs[o->leg].order.protection != PROTECTION_DTLS)
		return ERR_SYNTAX;
	return media_bundle_join(r, s, host, o);
}

void media_relay_bundle(struct media_relay *r, const struct order_bundle *o)
{
	const struct order name = {
		.kind = o->kind, .owner = o->owner, .generation = o->generation, .stream = o->stream
	};
	const struct order host = { .owner = o->owner, .stream = o->host };
	enum err err = take_bundle(r, find(r, &name), find(r, &host), o);

	if (err != ERR_NONE)
		refuse(r, &name, err);
}

void media_relay_digits(struct media_relay *r, const struct order_digits *o, uint64_t now_us)
{
	const struct order name = {
		.kind = o->kind, .owner = o->owner, .generation = o->generation, .stream = o->stream
	};
	struct relay_stream *s = find(r, &name);
	enum err err = ERR_NOT_FOUND;

	(void)now_us;
	if (s && s->generation != o->generation)
		err = ERR_STALE;
	else if (s && (o->leg > 1 || s->flow.form != MEDIA_RTP))
		err = ERR_SYNTAX;
	else if (s)
		err = media_digits_begin(&s->flow.legs[o->leg].digits, o,
		                         s->flow.legs[o->leg].order.event_type);
	/* A stream that goes on must not end because of a key. */
	if (err != ERR_NONE)
		counters_add(r->ports.counters, COUNT_media_orders_refused, 1);
}

void media_relay_tell_heard(struct media_relay *r, struct relay_stream *s, uint8_t leg)
{
	struct media_event event = { .kind = MEDIA_HEARD,
		                     .owner = s->owner,
		                     .generation = s->generation,
		                     .stream = s->number,
		                     .heard = { .leg = leg, .digit = s->flow.legs[leg].heard } };

	s->flow.legs[leg].heard = 0;
	(void)r->ports.event(r->ports.context, &event);
}

/* Digits that were said. */
static void tell_pressed(struct media_relay *r, struct relay_stream *s)
{
	for (uint8_t i = 0; i < 2; i++) {
		struct media_event event = { .kind = MEDIA_PRESSED,
			                     .reason = i,
			                     .owner = s->owner,
			                     .generation = s->generation,
			                     .stream = s->number };

		if (s->flow.legs[i].digits.is_done && r->ports.event(r->ports.context, &event))
			s->flow.legs[i].digits.is_done = false;
	}
}

static void tick_stream(struct media_relay *r, struct relay_stream *s, uint64_t now_us)
{
	uint64_t timeout_us = r->options.timeout_s * (uint64_t)SECOND_US;

	if (s->is_closed) {
		if (emit(r, MEDIA_CLOSED, s))
			pool_give(r->streams, s);
		return;
	}
	media_shake_tick(r, s, now_us);
	tell_pressed(r, s);
	if (media_flow_is_silent(&s->flow, timeout_us, now_us) && !emit(r, MEDIA_SILENT, s))
		s->flow.is_silent = false;
	if (now_us >= s->statistics_due_us && emit(r, MEDIA_STATISTICS, s))
		s->statistics_due_us = now_us + r->options.statistics_s * (uint64_t)SECOND_US;
}

void media_relay_tick(struct media_relay *r, uint64_t now_us)
{
	uint32_t place = 0;

	for (struct relay_stream *s = pool_next(r->streams, &place); s;
	     s = pool_next(r->streams, &place))
		tick_stream(r, s, now_us);
	media_link_tick(r, now_us);
}

uint32_t media_relay_came(const struct media_relay *r) { return r->came; }

int media_relay_descriptor(const struct media_relay *r) { return r->epoll; }

uint32_t media_relay_open_count(const struct media_relay *r) { return r->open_count; }
