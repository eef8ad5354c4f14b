/* SPDX-License-Identifier: Apache-2.0 */
/* Queues of bench-rate: rings that double when they are full. */
#include "rate_waits.h"

#include "rate_end.h"

#include <stdlib.h>

enum { FIRST_SIZE = 4096 };

static void grow(struct rate_waits *q)
{
	size_t size = q->size ? 2 * q->size : FIRST_SIZE;
	struct rate_wait *rows = calloc(size, sizeof(*rows));

	if (!rows)
		rate_fail("memory");
	for (size_t i = 0; i < q->count; i++)
		rows[i] = q->rows[(q->first + i) % q->size];
	free(q->rows);
	q->rows = rows;
	q->first = 0;
	q->size = size;
}

void rate_waits_add(struct rate_waits *q, const struct rate_wait *w)
{
	if (q->count == q->size)
		grow(q);
	q->rows[(q->first + q->count++) % q->size] = *w;
}

const struct rate_wait *rate_waits_first(const struct rate_waits *q)
{
	return q->count ? &q->rows[q->first] : NULL;
}

void rate_waits_drop(struct rate_waits *q)
{
	q->first = (q->first + 1) % q->size;
	q->count--;
}
