/* SPDX-License-Identifier: Apache-2.0 */
/* A page of counters, one a process, in shared memory: the process adds, the
 * parent and web read. Plain 64-bit atomics, relaxed: a count, not a signal.
 * None of our processes has threads, so one alone adds to each page. */
#ifndef EVENT_COUNTERS_H
#define EVENT_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

enum counter {
#define COUNTER(name, text) COUNT_##name,
#include "event/counters.def"
#undef COUNTER
	COUNTER_COUNT
};

struct counters {
	_Atomic uint64_t values[COUNTER_COUNT];
};

static inline void counters_add(struct counters *c, enum counter which, uint64_t n)
{
	uint64_t was = atomic_load_explicit(&c->values[which], memory_order_relaxed);

	/* Not in one: a locked instruction waits for all that was written before it. */
	atomic_store_explicit(&c->values[which], was + n, memory_order_relaxed);
}

static inline uint64_t counters_get(const struct counters *c, enum counter which)
{
	return atomic_load_explicit(&c->values[which], memory_order_relaxed);
}

const char *counter_name(enum counter which); /* "datagrams_received"; static storage */
const char *counter_text(enum counter which);

#endif
