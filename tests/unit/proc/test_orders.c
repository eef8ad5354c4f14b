/* SPDX-License-Identifier: Apache-2.0 */
/* Orders that find media's ring full. */
#include "proc/orders.h"

#include "event/order.h"
#include "runner/test.h"

#include <string.h>

static const struct ring_shape small = { 256, 8, 1 };

struct stage {
	struct ring_ends ends;
	struct ring writer, reader;
	struct counters counters;
	struct orders *orders;
	uint64_t heard;
};

static enum err begin(struct stage *s)
{
	memset(s, 0, sizeof(*s));
	TRY(ring_create("orders", &small, &s->ends));
	TRY(ring_open_writer(&s->writer, &s->ends.writer));
	TRY(ring_open_reader(&s->reader, &s->ends.reader));
	return orders_new(&s->writer, &s->counters, &s->orders);
}

static void end(struct stage *s)
{
	orders_free(&s->orders);
	ring_close(&s->writer);
	ring_close(&s->reader);
	ring_ends_close(&s->ends);
}

/* Each order of another sort than the one before, its stream the number of it. */
static void give(struct stage *s, uint64_t number)
{
	const struct order order = { .kind = ORDER_OPEN, .stream = number };
	const struct order_keys keys = { .kind = ORDER_KEYS, .stream = number };

	if (number % 2 == 0)
		orders_give(s->orders, &order, sizeof(order));
	else
		orders_give(s->orders, &keys, sizeof(keys));
}

/* Media takes what is there: all of it follows on what it heard before. */
static enum err hears(struct stage *s)
{
	uint32_t ready = ring_ready(&s->reader);
	union media_order o;

	for (uint32_t i = 0; i < ready; i++) {
		uint64_t wanted = s->heard++;

		TRY(ring_peek(&s->reader, i, &o, sizeof(o), NULL));
		CHECK(wanted % 2 == 0 ? o.order.kind == ORDER_OPEN && o.order.stream == wanted
		                      : o.keys.kind == ORDER_KEYS && o.keys.stream == wanted);
	}
	ring_release(&s->reader, ready);
	return ERR_NONE;
}

static enum err waits(struct stage *s)
{
	struct ring_level level;
	uint64_t given = 0;

	while (given < 3000)
		give(s, given++);
	if (counters_get(&s->counters, COUNT_orders_dropped) > 0)
		return ERR_NO_MEMORY;
	CHECK(orders_wait_us(s->orders) != UINT64_MAX);
	TRY(hears(s));
	CHECK(s->heard == 8);
	/* The ring has room, but who came first goes first. */
	give(s, given++);
	CHECK(ring_ready(&s->reader) == 0);
	while (orders_wait_us(s->orders) != UINT64_MAX) {
		orders_flush(s->orders);
		CHECK(ring_ready(&s->reader) > 0);
		TRY(hears(s));
	}
	give(s, given++);
	TRY(hears(s));
	ring_level(&s->writer, &level);
	CHECK(s->heard == given && level.dropped[RING_KEPT] == 0);
	CHECK(counters_get(&s->counters, COUNT_orders_dropped) == 0);
	CHECK(counters_get(&s->counters, COUNT_orders_waited) == 3000 - 8 + 1);
	return ERR_NONE;
}

TEST(orders_wait, "orders that find the ring full wait for room, and are heard in their order")
{
	struct stage s;
	enum err err = begin(&s);

	if (err == ERR_NONE)
		err = waits(&s);
	end(&s);
	return err;
}

static enum err fills(struct stage *s)
{
	uint64_t given = 0;

	while (given < 8 + MAX_ORDERS_WAITING)
		give(s, given++);
	if (counters_get(&s->counters, COUNT_orders_dropped) > 0)
		return ERR_NO_MEMORY;
	for (int i = 0; i < 5; i++)
		give(s, given++);
	CHECK(counters_get(&s->counters, COUNT_orders_dropped) == 5);
	while (orders_wait_us(s->orders) != UINT64_MAX || ring_ready(&s->reader) > 0) {
		TRY(hears(s));
		orders_flush(s->orders);
	}
	CHECK(s->heard == 8 + MAX_ORDERS_WAITING);
	return ERR_NONE;
}

TEST(orders_full, "as many orders wait as may at once; what is beyond is dropped and counted")
{
	struct stage s;
	enum err err = begin(&s);

	if (err == ERR_NONE)
		err = fills(&s);
	end(&s);
	return err;
}
