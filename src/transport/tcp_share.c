/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of words, each written by one and read by all. */
#include "transport/tcp_share.h"

static struct tcp_share_row *own(const struct tcp_share *s)
{
	return s->memory ? &s->memory->rows[s->owner % MAX_SIGNAL_WORKERS] : NULL;
}

/* The row of another worker; NULL: it is ours. */
static struct tcp_share_row *other(const struct tcp_share *s, unsigned i)
{
	return i != s->owner ? &s->memory->rows[i % MAX_SIGNAL_WORKERS] : NULL;
}

static _Atomic uint64_t *line_of(struct tcp_share_row *row, uint64_t hash)
{
	return row->sources[hash % TCP_SHARE_LINES];
}

static uint64_t word_of(uint64_t hash, uint32_t strangers, uint32_t known)
{
	return (hash >> 32 | 1) << 32 | (uint64_t)(strangers & UINT16_MAX) << 16 |
	       (known & UINT16_MAX);
}

static bool is_of(uint64_t word, uint64_t hash) { return word >> 32 == (hash >> 32 | 1); }

void tcp_share_begin(const struct tcp_share *s)
{
	struct tcp_share_row *row = own(s);

	if (!row)
		return;
	tcp_share_tell(s, 0, 0);
	for (unsigned i = 0; i < TCP_SHARE_LINES * TCP_SHARE_EACH; i++)
		atomic_store_explicit(&row->sources[i / TCP_SHARE_EACH][i % TCP_SHARE_EACH], 0,
		                      memory_order_relaxed);
}

void tcp_share_tell(const struct tcp_share *s, uint32_t connections, uint32_t strangers)
{
	struct tcp_share_row *row = own(s);

	if (!row)
		return;
	atomic_store_explicit(&row->connections, connections, memory_order_relaxed);
	atomic_store_explicit(&row->strangers, strangers, memory_order_relaxed);
}

void tcp_share_tell_source(const struct tcp_share *s, uint64_t hash, uint32_t strangers,
                           uint32_t known)
{
	struct tcp_share_row *row = own(s);
	_Atomic uint64_t *line = row ? line_of(row, hash) : NULL, *place = NULL;

	for (unsigned i = 0; row && i < TCP_SHARE_EACH; i++) {
		uint64_t word = atomic_load_explicit(&line[i], memory_order_relaxed);

		if (is_of(word, hash)) {
			place = &line[i];
			break;
		}
		if (word == 0 && !place)
			place = &line[i];
	}
	if (place)
		atomic_store_explicit(place,
		                      strangers + known > 0 ? word_of(hash, strangers, known) : 0,
		                      memory_order_relaxed);
}

struct tcp_share_counts tcp_share_others(const struct tcp_share *s)
{
	struct tcp_share_counts sum = { 0 };

	for (unsigned i = 0; s->memory && i < s->owners; i++) {
		struct tcp_share_row *row = other(s, i);

		if (!row)
			continue;
		sum.connections += atomic_load_explicit(&row->connections, memory_order_relaxed);
		sum.strangers += atomic_load_explicit(&row->strangers, memory_order_relaxed);
	}
	return sum;
}

static void add(struct tcp_share_counts *sum, struct tcp_share_row *row, uint64_t hash)
{
	_Atomic uint64_t *line = line_of(row, hash);

	for (unsigned i = 0; i < TCP_SHARE_EACH; i++) {
		uint64_t word = atomic_load_explicit(&line[i], memory_order_relaxed);

		if (!is_of(word, hash))
			continue;
		sum->strangers += (uint32_t)(word >> 16 & UINT16_MAX);
		sum->known += (uint32_t)(word & UINT16_MAX);
		return;
	}
}

struct tcp_share_counts tcp_share_others_of(const struct tcp_share *s, uint64_t hash)
{
	struct tcp_share_counts sum = { 0 };

	for (unsigned i = 0; s->memory && i < s->owners; i++)
		if (other(s, i))
			add(&sum, other(s, i), hash);
	return sum;
}
