/* SPDX-License-Identifier: Apache-2.0 */
/* The media process: relays what signal orders, tells it what became of it. It
 * knows no SIP, opens no socket (connections to a call's end it asks of the parent) and keeps
 * nothing: when it dies, signal orders its live streams again and the successor finds every port
 * filtered. */
#include "base/secret.h"
#include "media/shift.h"
#include "os/clock.h"
#include "os/socket.h"
#include "proc/child.h"

#include <string.h>

enum {
	/* Then packets have their turn again. Three a call: of 8,000 calls a second that is twice
	 * what comes in ORDERS_PACE_US, so that what a stall has left is made up for. */
	ORDERS_A_TURN = 1024,
	/* A packet has them taken at once, whatever is left of it. */
	ORDERS_PACE_US = 20 * MILLISECOND_US,
	PORT_TABLE_VERSION = 1,
};

struct carrier {
	struct child *child;
	struct media_relay *relay;
	struct counters *counters;
	struct ring *orders[MAX_SIGNAL_WORKERS], *events[MAX_SIGNAL_WORKERS];
	struct media_shift shift;
};

/* The last words about a stream may use the whole ring; what comes again
 * finds it full first. */
static bool put_event(void *context, const struct media_event *event)
{
	const struct carrier *c = context;
	enum ring_class class = event->kind == MEDIA_STATISTICS ? RING_SAMPLE : RING_KEPT;

	return event->owner < MAX_SIGNAL_WORKERS && c->events[event->owner] &&
	       ring_put(c->events[event->owner], event, sizeof(*event), class) == ERR_NONE;
}

static bool ask_to_connect(void *context, uint32_t index, const struct addr *remote)
{
	static struct ask question;
	const struct carrier *c = context;

	memset(&question.body.connect, 0, sizeof(question.body.connect));
	question.head =
		(struct ask_head){ .kind = ASK_STREAM, .size = sizeof(question.body.connect) };
	question.body.connect.listener = (uint16_t)index;
	question.body.connect.remote = *remote;
	return child_ask(c->child, &question, NULL) == ERR_NONE;
}

static void answered(void *context, const struct ask *row, struct now now)
{
	struct carrier *c = context;
	int fd = row->head.result == ERR_NONE ? child_take_descriptor() : -1;

	if (row->head.kind == ASK_STREAM && row->head.size == sizeof(row->body.connect))
		media_relay_connected(c->relay, row->body.connect.listener,
		                      &row->body.connect.remote, fd, now.us);
}

/* Of a stream of the worker by whose ring it came: nobody says what another's is to be. */
static bool read_order(struct carrier *c, struct ring *ring, uint32_t place, union media_order *ret)
{
	return ring_peek(ring, place, ret, sizeof(*ret), NULL) == ERR_NONE &&
	       media_order_owner(ret) < MAX_SIGNAL_WORKERS &&
	       c->orders[media_order_owner(ret)] == ring;
}

static void drain_orders(void *context, struct ring *ring, struct now now)
{
	struct carrier *c = context;
	uint32_t ready = ring_ready(ring), done = 0;
	union media_order o;

	for (; done < ready && done < ORDERS_A_TURN; done++) {
		if (!read_order(c, ring, done, &o))
			counters_add(c->counters, COUNT_bad_slots, 1);
		else if (o.order.kind == ORDER_KEYS)
			media_relay_keys(c->relay, &o.keys, now.us);
		else if (o.order.kind == ORDER_DIGITS)
			media_relay_digits(c->relay, &o.digits, now.us);
		else if (o.order.kind == ORDER_CONNECT)
			media_relay_connect(c->relay, &o.connect, now.us);
		else if (o.order.kind == ORDER_SHAKE)
			media_relay_shake(c->relay, &o.shake, now.us);
		else if (o.order.kind == ORDER_BUNDLE)
			media_relay_bundle(c->relay, &o.bundle);
		else
			media_relay_order(c->relay, &o.order, now.us);
	}
	/* The ring's own slots are signal's, who has the keys anyway. */
	secret_wipe(&o, sizeof(o));
	ring_release(ring, done);
}

/* What was ordered before packets came is done before: the phone that speaks as soon as it is
 * answered is heard. */
static void take_orders(void *context, struct now now)
{
	struct carrier *c = context;

	for (unsigned i = 0; i < child_facts(c->child)->owners; i++)
		drain_orders(c, c->orders[i], now);
}

static void flush(void *context, struct now now)
{
	struct carrier *c = context;

	media_shift_rest(&c->shift, now);
}

static uint64_t wait_us(void *context, struct now now)
{
	const struct carrier *c = context;

	return media_shift_wait_us(&c->shift, now);
}

static void advance(void *context, struct now now)
{
	struct carrier *c = context;

	media_shift_advance(&c->shift, now);
}

static enum err settings(void *context, struct conf_blob blob, struct now now)
{
	struct carrier *c = context;
	const struct media_options *options = conf_blob_get(&blob, &media_block, NULL);

	(void)now;
	if (!options)
		return ERR_SYNTAX;
	media_relay_set_options(c->relay, options);
	return ERR_NONE;
}

static void end(void *context, struct now now)
{
	struct carrier *c = context;

	(void)now;
	media_shift_end(&c->shift);
	media_relay_free(&c->relay);
}

static void tell_started(struct carrier *c)
{
	struct media_event started = { .kind = MEDIA_STARTED };

	memcpy(started.fingerprint, media_relay_fingerprint(c->relay), sizeof(started.fingerprint));
	for (unsigned i = 0; i < child_facts(c->child)->owners; i++) {
		started.owner = (uint8_t)i;
		if (!put_event(c, &started))
			log_write(LEVEL_WARNING, "media",
			          "signal reads no events: its calls stay silent");
	}
}

static const struct port_table *map_table(struct carrier *c)
{
	struct shared_map map =
		child_map(c->child, THING_PORT_TABLE, 0, SHARED_READ, sizeof(struct port_table));
	const struct port_table *table = map.at;

	if (table->version != PORT_TABLE_VERSION || table->count > MAX_PORT_PAIRS ||
	    map.size < sizeof(*table) + table->count * sizeof(table->pairs[0]))
		child_fail("port table", ERR_SYNTAX);
	return table;
}

static void take_pairs(struct carrier *c, const struct port_table *table)
{
	for (uint32_t i = 0; i < table->count; i++) {
		if (table->pairs[i].worker != child_facts(c->child)->owner)
			continue;
		int rtp = child_descriptor(c->child, THING_RTP_SOCKET, i);
		int rtcp = child_descriptor(c->child, THING_RTCP_SOCKET, i);
		enum err err = ERR_NOT_FOUND;

		if (rtp < 0 || rtcp < 0) {
			child_fail("port pair", err);
		} else if (table->pairs[i].kind == PORT_STREAM) {
			socket_close(&rtcp);
			err = media_relay_give_stream(c->relay, i, rtp);
		} else {
			err = media_relay_give_pair(c->relay, i, rtp, rtcp);
		}
		if (err != ERR_NONE)
			child_fail("port pair", err);
	}
}

static void open_relay(struct carrier *c)
{
	const struct conf_blob blob = child_settings(c->child);
	const struct media_options *options = conf_blob_get(&blob, &media_block, NULL);
	const struct port_table *table = map_table(c);
	struct media_relay_ports ports = {
		.context = c,
		.event = put_event,
		.connect = ask_to_connect,
		.counters = c->counters,
		.table = child_facts(c->child)->random,
		.names = child_facts(c->child)->keys[3],
		.marks = child_map(c->child, THING_MARKS, 0, SHARED_WRITE,
		                   MAX_PORT_PAIRS * sizeof(struct flow_marks))
		                 .at,
	};
	enum err err;

	if (!options)
		child_fail("settings", ERR_SYNTAX);
	err = media_relay_new(table, options, &ports, &c->relay);
	if (err != ERR_NONE)
		child_fail("relay", err);
	take_pairs(c, table);
	c->shift = (struct media_shift){
		.relay = c->relay, .loop = child_loop(c->child), .before = take_orders, .context = c
	};
	err = media_shift_begin(&c->shift, clock_now());
	if (err != ERR_NONE)
		child_fail("relay", err);
}

static void tell_signal(struct carrier *c)
{
	const struct child_facts *facts = child_facts(c->child);

	for (unsigned i = 0; i < facts->owners && i < MAX_SIGNAL_WORKERS; i++)
		c->events[i] = child_ring_writer(c->child, ring_media_events(i, facts->owner));
}

static void hear_signal(struct carrier *c)
{
	const struct child_facts *facts = child_facts(c->child);

	for (unsigned i = 0; i < facts->owners && i < MAX_SIGNAL_WORKERS; i++) {
		enum ring_name name = ring_orders(i, facts->owner);

		c->orders[i] = child_ring_reader(c->child, name, drain_orders, c);
		/* Orders of many calls come together: one wake serves them. */
		child_ring_pace(c->child, name, ORDERS_PACE_US);
	}
}

int main(void)
{
	static struct carrier c;
	struct child_hooks hooks = {
		.context = &c,
		.answered = answered,
		.settings = settings,
		.flush = flush,
		.wait_us = wait_us,
		.advance = advance,
		.end = end,
	};

	c.child = child_begin(ROLE_MEDIA);
	c.counters = child_counters(c.child);
	tell_signal(&c);
	open_relay(&c);
	hear_signal(&c);
	child_enter(c.child);
	tell_started(&c);
	return child_run(c.child, &hooks);
}
