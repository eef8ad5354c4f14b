/* SPDX-License-Identifier: Apache-2.0 */
/* Token buckets, kept as the moment at which all that was taken has flowed
 * back: one number, no refill, and a zeroed one is full. */
#include "guard/bound.h"

#include "base/now.h"
#include "guard/recent.h"

#include <stdlib.h>

struct bound_row {
	struct guard_row row;
	struct guard_bucket bucket;
};

struct guard_bounds {
	struct guard_door_settings settings;
	struct guard_bucket total;
	struct guard_recent neighbourhoods, addresses, flows;
};

bool guard_bucket_take(struct guard_bucket *b, const struct guard_rate *rate, uint64_t now_us)
{
	uint64_t window_us = (uint64_t)rate->window_ms * MILLISECOND_US;
	uint64_t one_us = rate->count > 0 ? window_us / rate->count : 0;
	uint64_t taken_us = now_since(b->free_at_us, now_us);

	if (rate->count == 0 || taken_us + one_us > window_us)
		return false;
	b->free_at_us = now_us + taken_us + one_us;
	return true;
}

enum err guard_bounds_new(const struct guard_door_settings *settings, const struct hash_key *key,
                          struct guard_bounds **ret)
{
	struct guard_bounds *b = calloc(1, sizeof(*b));
	enum err err;

	if (!b)
		return ERR_NO_MEMORY;
	b->settings = *settings;
	err = guard_recent_init(&b->neighbourhoods, sizeof(struct bound_row),
	                        settings->max_neighbourhoods, key);
	if (err == ERR_NONE)
		err = guard_recent_init(&b->addresses, sizeof(struct bound_row),
		                        settings->max_stranger_addresses, key);
	if (err == ERR_NONE)
		err = guard_recent_init(&b->flows, sizeof(struct bound_row),
		                        settings->max_stranger_flows, key);
	if (err == ERR_NONE)
		*ret = b;
	else
		guard_bounds_free(&b);
	return err;
}

void guard_bounds_free(struct guard_bounds **b)
{
	if (!*b)
		return;
	guard_recent_clear(&(*b)->neighbourhoods);
	guard_recent_clear(&(*b)->addresses);
	guard_recent_clear(&(*b)->flows);
	free(*b);
	*b = NULL;
}

void guard_bounds_apply(struct guard_bounds *b, const struct guard_door_settings *settings)
{
	b->settings = *settings;
}

static bool row_takes(struct guard_recent *rows, const struct guard_key *key,
                      const struct guard_rate *rate, uint64_t now_us)
{
	struct bound_row *row = guard_recent_touch(rows, key);

	return guard_bucket_take(&row->bucket, rate, now_us);
}

/* A flow without budget is dropped before it eats into its address's: one noisy
 * phone must not silence the office behind the same address. */
bool guard_bounds_stranger(struct guard_bounds *b, const struct flow *flow, uint64_t now_us)
{
	struct addr source = addr_source(&flow->remote);
	struct guard_key by_flow =
		guard_key_of(&flow->remote, (uint64_t)flow->connection << 32 | flow->listener);
	struct guard_key by_address = guard_key_of(&source, 0);

	return row_takes(&b->flows, &by_flow, &b->settings.stranger_flow, now_us) &&
	       row_takes(&b->addresses, &by_address, &b->settings.stranger_address, now_us);
}

/* The neighbourhood first: one that is over its own bound takes nothing of the
 * total, so it cannot shut out the others. */
bool guard_bounds_register(struct guard_bounds *b, const struct addr *source, uint64_t now_us)
{
	struct addr neighbourhood = addr_neighbourhood(source);
	struct guard_key key = guard_key_of(&neighbourhood, 0);

	return row_takes(&b->neighbourhoods, &key, &b->settings.neighbourhood_registers, now_us) &&
	       guard_bucket_take(&b->total, &b->settings.total_registers, now_us);
}
