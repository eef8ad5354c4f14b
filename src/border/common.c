/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that are summed up. */
#include "border/common.h"

#include "border/border_priv.h"
#include "border/calls.h"

static struct border_common_row *own(const struct border *b)
{
	return b->ports.common ? &b->ports.common->rows[b->ports.owner % MAX_SIGNAL_WORKERS] : NULL;
}

/* The row of another worker; NULL: there is none, or it is ours. */
static const struct border_common_row *other(const struct border *b, unsigned i)
{
	return b->ports.common && i != b->ports.owner ? &b->ports.common->rows[i] : NULL;
}

uint32_t common_calls(const struct border *b)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < b->ports.owners; i++)
		if (other(b, i))
			sum += atomic_load_explicit(&other(b, i)->calls, memory_order_relaxed);
	return sum;
}

uint32_t common_peer_calls(const struct border *b, uint16_t peer)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < b->ports.owners; i++)
		if (other(b, i))
			sum += atomic_load_explicit(&other(b, i)->peer_calls[peer],
			                            memory_order_relaxed);
	return sum;
}

uint32_t common_abroad(const struct border *b)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < b->ports.owners; i++)
		if (other(b, i))
			sum += atomic_load_explicit(&other(b, i)->abroad, memory_order_relaxed);
	return sum;
}

uint64_t common_spent_milli(const struct border *b, int64_t day)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < b->ports.owners; i++) {
		const struct border_common_row *row = other(b, i);

		if (!row)
			continue;
		sum += atomic_load_explicit(&row->reserved_milli, memory_order_relaxed);
		if (atomic_load_explicit(&row->day, memory_order_relaxed) == day)
			sum += atomic_load_explicit(&row->spent_milli, memory_order_relaxed);
	}
	return sum;
}

void common_tell_calls(struct border *b)
{
	struct border_common_row *row = own(b);

	if (row)
		atomic_store_explicit(&row->calls, calls_live(b), memory_order_relaxed);
}

void common_tell_spending(struct border *b)
{
	const struct spending *s = &b->spending;
	struct border_common_row *row = own(b);

	if (!row)
		return;
	atomic_store_explicit(&row->abroad, s->abroad, memory_order_relaxed);
	atomic_store_explicit(&row->reserved_milli, s->reserved_milli, memory_order_relaxed);
	atomic_store_explicit(&row->spent_milli, s->spent_milli, memory_order_relaxed);
	atomic_store_explicit(&row->day, s->day, memory_order_relaxed);
}

void common_tell_peer(struct border *b, uint16_t peer, uint32_t calls)
{
	struct border_common_row *row = own(b);

	if (row)
		atomic_store_explicit(&row->peer_calls[peer], calls, memory_order_relaxed);
}

bool common_may_begin(struct border *b, uint16_t peer, uint32_t most)
{
	_Atomic uint64_t *place = &b->ports.common->begun_us[peer];
	uint64_t until_us = atomic_load_explicit(place, memory_order_relaxed), from_us, next_us;

	/* A second's worth at once; a clock in the future is that of an earlier boot. */
	do {
		from_us = until_us;
		if (from_us < b->now.us || from_us > b->now.us + SECOND_US)
			from_us = b->now.us;
		next_us = from_us + SECOND_US / most;
		if (next_us > b->now.us + SECOND_US)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		place, &until_us, next_us, memory_order_relaxed, memory_order_relaxed));
	return true;
}
