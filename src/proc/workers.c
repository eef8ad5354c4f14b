/* SPDX-License-Identifier: Apache-2.0 */
/* A queue and a ring of orders, and a ring of events, for each worker of media. */
#include "proc/workers.h"

#include "proc/orders.h"

enum { EVENTS_A_TURN = 256 };

static struct worker {
	struct orders *orders; /* NULL: there is no such worker */
	struct ring *events;
	uint8_t number;
} workers[MAX_MEDIA_WORKERS];

static struct child *child;
static void (*told)(const struct media_event *event, struct now now);

static enum ring_name orders_of(unsigned number)
{
	return ring_orders(child_facts(child)->owner, number);
}

static enum ring_name events_of(unsigned number)
{
	return ring_media_events(child_facts(child)->owner, number);
}

static bool has_ring(unsigned number)
{
	return child_descriptor(child, THING_RING_WRITER,
	                        (uint32_t)orders_of(number) * RING_PART_COUNT) >= 0;
}

void workers_begin(struct child *c)
{
	child = c;
	for (unsigned i = 0; i < MAX_MEDIA_WORKERS; i++) {
		workers[i].number = (uint8_t)i;
		if (has_ring(i) && orders_new(child_ring_writer(c, orders_of(i)), child_counters(c),
		                              &workers[i].orders) != ERR_NONE)
			child_fail("orders", ERR_NO_MEMORY);
	}
}

static bool read_event(struct ring *ring, uint32_t place, struct media_event *ret)
{
	return ring_peek(ring, place, ret, sizeof(*ret), NULL) == ERR_NONE &&
	       ret->kind < MEDIA_EVENT_KIND_COUNT && ret->owner == child_facts(child)->owner;
}

static void drain(void *context, struct ring *ring, struct now now)
{
	const struct worker *worker = context;
	uint32_t ready = ring_ready(ring), taken = 0;
	struct media_event event;

	for (; taken < ready && taken < EVENTS_A_TURN; taken++) {
		if (!read_event(ring, taken, &event)) {
			counters_add(child_counters(child), COUNT_bad_slots, 1);
			continue;
		}
		event.worker = worker->number;
		told(&event, now);
	}
	ring_release(ring, taken);
}

void workers_listen(void (*event)(const struct media_event *event, struct now now))
{
	told = event;
	for (unsigned i = 0; i < MAX_MEDIA_WORKERS; i++)
		if (workers[i].orders)
			workers[i].events =
				child_ring_reader(child, events_of(i), drain, &workers[i]);
}

void workers_flush(void)
{
	for (unsigned i = 0; i < MAX_MEDIA_WORKERS; i++)
		if (workers[i].orders)
			orders_flush(workers[i].orders);
}

uint64_t workers_wait_us(void)
{
	uint64_t least_us = UINT64_MAX;

	for (unsigned i = 0; i < MAX_MEDIA_WORKERS; i++) {
		uint64_t us = workers[i].orders ? orders_wait_us(workers[i].orders) : UINT64_MAX;

		if (us < least_us)
			least_us = us;
	}
	return least_us;
}

void workers_drain(struct now now)
{
	for (unsigned i = 0; i < MAX_MEDIA_WORKERS; i++)
		while (workers[i].events && ring_ready(workers[i].events) > 0)
			drain(&workers[i], workers[i].events, now);
}

/* ---- the border's ports ---- */

static void give(unsigned number, const void *order, size_t size)
{
	if (number < MAX_MEDIA_WORKERS && workers[number].orders)
		orders_give(workers[number].orders, order, size);
	else
		counters_add(child_counters(child), COUNT_orders_dropped, 1);
}

void workers_order(void *context, const struct order *o)
{
	(void)context;
	give(o->worker, o, sizeof(*o));
}

void workers_keys(void *context, const struct order_keys *o)
{
	(void)context;
	give(o->worker, o, sizeof(*o));
}

void workers_shake(void *context, const struct order_shake *o)
{
	(void)context;
	give(o->worker, o, sizeof(*o));
}

void workers_bundle(void *context, const struct order_bundle *o)
{
	(void)context;
	give(o->worker, o, sizeof(*o));
}

void workers_connect(void *context, const struct order_connect *o)
{
	(void)context;
	give(o->worker, o, sizeof(*o));
}

void workers_digits(void *context, const struct order_digits *o)
{
	(void)context;
	give(o->worker, o, sizeof(*o));
}
