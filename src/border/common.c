/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that are summed up. */
#include "border/common.h"

#include "border/border_priv.h"
#include "border/calls.h"
#include "border/ways.h"

#include <string.h>

static struct border_common_row *own(const struct border *b)
{
	return b->ports.common ? &b->ports.common->rows[b->ports.owner % MAX_SIGNAL_WORKERS] : NULL;
}

/* The row of another worker; NULL: there is none, or it is ours. */
static const struct border_common_row *other(const struct border *b, unsigned i)
{
	return b->ports.common && i != b->ports.owner ? &b->ports.common->rows[i] : NULL;
}

/* One after another, *at being 0 first; NULL after the last. */
static const struct border_common_row *next_other(const struct border *b, unsigned *at)
{
	const struct border_common_row *row = NULL;

	while (!row && *at < b->ports.owners)
		row = other(b, (*at)++);
	return row;
}

uint32_t common_calls(const struct border *b)
{
	const struct border_common_row *row;
	uint32_t sum = 0;

	for (unsigned at = 0; (row = next_other(b, &at));)
		sum += atomic_load_explicit(&row->calls, memory_order_relaxed);
	return sum;
}

uint32_t common_peer_calls(const struct border *b, uint16_t peer)
{
	const struct border_common_row *row;
	uint32_t sum = 0;

	for (unsigned at = 0; (row = next_other(b, &at));)
		sum += atomic_load_explicit(&row->peer_calls[peer], memory_order_relaxed);
	return sum;
}

uint32_t common_abroad(const struct border *b)
{
	const struct border_common_row *row;
	uint32_t sum = 0;

	for (unsigned at = 0; (row = next_other(b, &at));)
		sum += atomic_load_explicit(&row->abroad, memory_order_relaxed);
	return sum;
}

uint64_t common_spent_milli(const struct border *b, int64_t day)
{
	const struct border_common_row *row;
	uint64_t sum = 0;

	for (unsigned at = 0; (row = next_other(b, &at));) {
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

/* ---- whether peers answer ---- */

enum { PRESENCE_BITS = 3 };

static uint64_t key_of(const struct border *b, const struct way *way)
{
	const struct {
		struct addr to;
		uint8_t transport, unused[3];
	} bound = { .to = way->to.to, .transport = way->to.transport };

	return hash_siphash(&b->ports.keys[KEY_TABLES], &bound, sizeof(bound)) |
	       (uint64_t)PRESENCE_BITS;
}

bool common_is_asked_elsewhere(const struct border *b)
{
	return b->ports.common && b->ports.owner > 0;
}

void common_tell_presence(struct border *b, uint16_t peer, const struct ways *ways)
{
	if (!b->ports.common || b->ports.owner > 0)
		return;
	for (unsigned i = 0; i < MAX_RESOLVED_TARGETS; i++) {
		uint64_t word = 0;

		if (i < ways->count)
			word = key_of(b, &ways->ways[i]) - PRESENCE_BITS + ways->ways[i].presence;
		atomic_store_explicit(&b->ports.common->presence[peer][i], word,
		                      memory_order_relaxed);
	}
}

uint8_t common_presence(const struct border *b, uint16_t peer, const struct way *way)
{
	uint64_t key = key_of(b, way);

	for (unsigned i = 0; i < MAX_RESOLVED_TARGETS; i++) {
		uint64_t word = atomic_load_explicit(&b->ports.common->presence[peer][i],
		                                     memory_order_relaxed);

		if ((word | PRESENCE_BITS) == key && (word & PRESENCE_BITS) <= PRESENCE_AWAY)
			return (uint8_t)(word & PRESENCE_BITS);
	}
	return PRESENCE_UNKNOWN;
}

void common_tell_rest(struct border *b, const struct way *way, uint64_t until_us)
{
	uint64_t key = b->ports.common ? key_of(b, way) : 0;
	struct border_common_rest *r;

	if (!key)
		return;
	r = &b->ports.common->rests[key / (PRESENCE_BITS + 1) % COMMON_RESTS];
	if (until_us == 0 && atomic_load(&r->address) != key)
		return;
	atomic_store(&r->address, 0);
	atomic_store(&r->until_us, until_us);
	atomic_store(&r->address, key);
}

uint64_t common_rest_us(const struct border *b, const struct way *way)
{
	uint64_t key = b->ports.common ? key_of(b, way) : 0, until_us;
	const struct border_common_rest *r;

	if (!key)
		return 0;
	r = &b->ports.common->rests[key / (PRESENCE_BITS + 1) % COMMON_RESTS];
	if (atomic_load(&r->address) != key)
		return 0;
	until_us = atomic_load(&r->until_us);
	return atomic_load(&r->address) == key ? until_us : 0;
}

/* ---- routes of carriers ---- */

void common_tell_route(struct border *b, uint16_t peer, const char route[PATH_SIZE],
                       uint64_t until_us)
{
	struct border_common_route *r;
	uint64_t word, version;

	if (!b->ports.common || b->ports.owner > 0)
		return;
	r = &b->ports.common->routes[peer];
	/* Who died while it wrote has left an odd one. */
	version = atomic_load(&r->version) | 1;
	atomic_store(&r->version, version);
	atomic_store(&r->until_us, route[0] ? until_us : 0);
	for (unsigned i = 0; i < COMMON_ROUTE_WORDS; i++) {
		memcpy(&word, route + i * sizeof(word), sizeof(word));
		atomic_store(&r->text[i], word);
	}
	atomic_store(&r->version, version + 1);
}

bool common_route(const struct border *b, uint16_t peer, char ret[PATH_SIZE])
{
	const struct border_common_route *r;
	uint64_t version, until_us, word;

	if (!b->ports.common)
		return false;
	r = &b->ports.common->routes[peer];
	version = atomic_load(&r->version);
	until_us = atomic_load(&r->until_us);
	for (unsigned i = 0; i < COMMON_ROUTE_WORDS; i++) {
		word = atomic_load(&r->text[i]);
		memcpy(ret + i * sizeof(word), &word, sizeof(word));
	}
	ret[PATH_SIZE - 1] = 0;
	return version % 2 == 0 && atomic_load(&r->version) == version && until_us > b->now.us;
}

/* ---- calls by their serials ---- */

static struct border_common_number *number_at(const struct border *b, unsigned owner,
                                              uint64_t serial)
{
	return b->ports.common && owner < MAX_SIGNAL_WORKERS
	             ? &b->ports.common->numbers[owner][(serial ^ serial >> 32) % COMMON_NUMBERS]
	             : NULL;
}

/* Who reads sees the serial, the number, and the same serial again, or nothing. */
void common_tell_number(struct border *b, uint64_t serial, uint64_t number)
{
	struct border_common_number *n = number_at(b, b->ports.owner, serial);

	if (!n || (number == 0 && atomic_load_explicit(&n->serial, memory_order_relaxed) != serial))
		return;
	atomic_store(&n->serial, 0);
	atomic_store(&n->number, number);
	if (number)
		atomic_store(&n->serial, serial);
}

uint64_t common_number(const struct border *b, unsigned owner, uint64_t serial)
{
	const struct border_common_number *n = number_at(b, owner, serial);
	uint64_t number;

	if (!n || atomic_load(&n->serial) != serial)
		return 0;
	number = atomic_load(&n->number);
	return atomic_load(&n->serial) == serial ? number : 0;
}

/* ---- control servers ---- */

static struct border_common_counter *counter_at(const struct border *b, unsigned place)
{
	return b->ports.common
	             ? &b->ports.common->counters[b->ports.owner % MAX_SIGNAL_WORKERS][place]
	             : NULL;
}

void common_own_counter(const struct border *b, unsigned place, struct command_counter *ret)
{
	const struct border_common_counter *c = counter_at(b, place);

	if (c && atomic_load(&c->server))
		*ret = (struct command_counter){ .server = atomic_load(&c->server),
			                         .last = atomic_load(&c->last) };
}

void common_tell_counter(struct border *b, unsigned place, const struct command_counter *counter)
{
	struct border_common_counter *c = counter_at(b, place);

	if (!c)
		return;
	/* In between it is nobody's, or says less than it will. */
	if (atomic_load(&c->server) != counter->server)
		atomic_store(&c->server, 0);
	atomic_store(&c->ended, counter->ended);
	atomic_store(&c->last, counter->last);
	atomic_store(&c->server, counter->server);
}

struct command_counter common_counter(const struct border *b, uint64_t server)
{
	struct command_counter highest = { .server = server };

	for (unsigned i = 0; i < b->ports.owners * MAX_CONTROL_SERVERS; i++) {
		const struct border_common_counter *c;
		uint64_t last;

		if (!other(b, i / MAX_CONTROL_SERVERS))
			continue;
		c = &b->ports.common->counters[i / MAX_CONTROL_SERVERS][i % MAX_CONTROL_SERVERS];
		last = atomic_load(&c->last);
		if (atomic_load(&c->server) != server || last < highest.last)
			continue;
		if (last > highest.last)
			highest.ended = atomic_load(&c->ended);
		else if (highest.ended != atomic_load(&c->ended))
			highest.ended = 0;
		highest.last = last;
	}
	return highest;
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
