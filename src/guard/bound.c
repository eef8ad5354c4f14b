/* SPDX-License-Identifier: Apache-2.0 */
/* Token buckets, kept as the moment at which all that was taken has flowed
 * back: one number, no refill, and a zeroed one is full. Strangers' lie five to a line of
 * the cache, told apart by half of a keyed hash: whoever shares it with another shares his
 * budget, which nobody can bring about. No order is kept: among those of a line, whose
 * moment comes first would soon be as good as forgotten anyway, and who floods stays. */
#include "guard/bound.h"

#include "base/now.h"
#include "guard/lines.h"
#include "guard/recent.h"

#include <stdlib.h>

enum { BOUNDS_EACH = 5 };

struct bounds_line {
	uint32_t tags[BOUNDS_EACH], unused;
	struct guard_bucket buckets[BOUNDS_EACH];
};

_Static_assert(sizeof(struct bounds_line) == GUARD_LINE, "one line of the cache");

struct guard_bounds {
	struct guard_door_settings settings;
	struct hash_key key;
	struct guard_bucket total;
	struct guard_lines neighbourhoods, addresses, flows;
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
	b->key = *key;
	err = guard_lines_init(&b->neighbourhoods, settings->max_neighbourhoods, BOUNDS_EACH);
	if (err == ERR_NONE)
		err = guard_lines_init(&b->addresses, settings->max_stranger_addresses,
		                       BOUNDS_EACH);
	if (err == ERR_NONE)
		err = guard_lines_init(&b->flows, settings->max_stranger_flows, BOUNDS_EACH);
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
	guard_lines_clear(&(*b)->neighbourhoods);
	guard_lines_clear(&(*b)->addresses);
	guard_lines_clear(&(*b)->flows);
	free(*b);
	*b = NULL;
}

void guard_bounds_apply(struct guard_bounds *b, const struct guard_door_settings *settings)
{
	b->settings = *settings;
}

static bool line_takes(struct bounds_line *line, uint64_t hash, const struct guard_rate *rate,
                       uint64_t now_us)
{
	uint32_t tag = guard_line_tag(hash), at = 0;

	for (uint32_t i = 0; i < BOUNDS_EACH; i++) {
		if (line->tags[i] == tag)
			return guard_bucket_take(&line->buckets[i], rate, now_us);
		if (line->buckets[i].free_at_us < line->buckets[at].free_at_us)
			at = i;
	}
	line->tags[at] = tag;
	line->buckets[at] = (struct guard_bucket){ 0 };
	return guard_bucket_take(&line->buckets[at], rate, now_us);
}

/* A flow without budget is dropped before it eats into its address's: one noisy
 * phone must not silence the office behind the same address. */
bool guard_bounds_stranger(struct guard_bounds *b, const struct flow *flow, uint64_t now_us)
{
	struct addr source = addr_source(&flow->remote);
	struct guard_spot by_flow = guard_spot_of(&b->key, &flow->remote, guard_flow_extra(flow));
	struct guard_spot by_address = guard_spot_of(&b->key, &source, 0);
	struct bounds_line *of_flow = guard_line_at(&b->flows, by_flow.hash);
	struct bounds_line *of_address = guard_line_at(&b->addresses, by_address.hash);

	/* Both are on their way before the first is waited for. */
	__builtin_prefetch(of_address, 1);
	return line_takes(of_flow, by_flow.hash, &b->settings.stranger_flow, now_us) &&
	       line_takes(of_address, by_address.hash, &b->settings.stranger_address, now_us);
}

/* The neighbourhood first: one that is over its own bound takes nothing of the
 * total, so it cannot shut out the others. */
bool guard_bounds_register(struct guard_bounds *b, const struct addr *source, uint64_t now_us)
{
	struct addr neighbourhood = addr_neighbourhood(source);
	struct guard_spot spot = guard_spot_of(&b->key, &neighbourhood, 0);

	return line_takes(guard_line_at(&b->neighbourhoods, spot.hash), spot.hash,
	                  &b->settings.neighbourhood_registers, now_us) &&
	       guard_bucket_take(&b->total, &b->settings.total_registers, now_us);
}
