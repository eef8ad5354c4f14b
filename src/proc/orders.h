/* SPDX-License-Identifier: Apache-2.0 */
/* Orders to media on their way into its ring. What finds the ring full waits here, and what comes
 * after it behind it, so that media hears all of them in their order. They may hold keys: what has
 * gone on is wiped. A worker that dies loses what waits; its successor orders all streams anew. */
#ifndef PROC_ORDERS_H
#define PROC_ORDERS_H

#include "base/err.h"
#include "event/counters.h"
#include "os/ring.h"

/* All calls that a successor takes up may order anew at once, and again when media begins. */
enum { MAX_ORDERS_WAITING = 65536 };

struct orders;

/* Both stay the caller's and outlive it. ERR_NO_MEMORY. */
enum err orders_new(struct ring *ring, struct counters *counters, struct orders **ret) MUST_USE;
void orders_free(struct orders **o);
/* One order, of at most a slot's size. Beyond what may wait, and without memory, it is dropped and
 * counted. */
void orders_give(struct orders *o, const void *order, size_t size);
/* Once a turn: what waits goes as far as there is room. */
void orders_flush(struct orders *o);
/* When to come again: nobody wakes us when the ring empties. UINT64_MAX: nothing waits. */
uint64_t orders_wait_us(const struct orders *o);

#endif
