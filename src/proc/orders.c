/* SPDX-License-Identifier: Apache-2.0 */
/* A queue before the ring of orders. Its memory is there only while something waits. */
#include "proc/orders.h"

#include "base/now.h"
#include "base/secret.h"
#include "event/order.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 1024, RETRY_US = 2 * MILLISECOND_US };

struct orders {
	struct ring *ring;
	struct counters *counters;
	union media_order *waiting; /* a circle of `room` */
	uint32_t first, count, room;
};

enum err orders_new(struct ring *ring, struct counters *counters, struct orders **ret)
{
	struct orders *o = calloc(1, sizeof(*o));

	if (!o)
		return ERR_NO_MEMORY;
	o->ring = ring;
	o->counters = counters;
	*ret = o;
	return ERR_NONE;
}

static void forget(struct orders *o)
{
	if (o->waiting)
		secret_wipe(o->waiting, o->room * sizeof(*o->waiting));
	free(o->waiting);
	o->waiting = NULL;
	o->first = o->count = o->room = 0;
}

void orders_free(struct orders **o)
{
	if (*o)
		forget(*o);
	free(*o);
	*o = NULL;
}

static bool has_place(struct orders *o)
{
	uint32_t room = o->room ? 2 * o->room : FIRST_ROOM, count = o->count;
	union media_order *wider;

	if (o->count < o->room)
		return true;
	wider = room <= MAX_ORDERS_WAITING ? calloc(room, sizeof(*wider)) : NULL;
	if (!wider)
		return false;
	for (uint32_t i = 0; i < count; i++)
		wider[i] = o->waiting[(o->first + i) % o->room];
	forget(o);
	o->waiting = wider;
	o->count = count;
	o->room = room;
	return true;
}

static void keep(struct orders *o, const void *order, size_t size)
{
	union media_order *place;

	if (size > sizeof(*place) || !has_place(o)) {
		counters_add(o->counters, COUNT_orders_dropped, 1);
		return;
	}
	place = &o->waiting[(o->first + o->count++) % o->room];
	memset(place, 0, sizeof(*place));
	memcpy(place, order, size);
	counters_add(o->counters, COUNT_orders_waited, 1);
}

void orders_give(struct orders *o, const void *order, size_t size)
{
	if (o->count > 0 || ring_room(o->ring, RING_KEPT) == 0)
		keep(o, order, size);
	else if (ring_put(o->ring, order, size, RING_KEPT) != ERR_NONE)
		counters_add(o->counters, COUNT_orders_dropped, 1);
}

void orders_flush(struct orders *o)
{
	if (o->count == 0)
		return;
	for (uint32_t room = ring_room(o->ring, RING_KEPT); room > 0 && o->count > 0; room--) {
		union media_order *place = &o->waiting[o->first];

		if (ring_put(o->ring, place, sizeof(*place), RING_KEPT) != ERR_NONE)
			return;
		secret_wipe(place, sizeof(*place));
		o->first = (o->first + 1) % o->room;
		o->count--;
	}
	if (o->count == 0)
		forget(o);
}

uint64_t orders_wait_us(const struct orders *o) { return o->count > 0 ? RETRY_US : UINT64_MAX; }
