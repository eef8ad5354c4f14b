/* SPDX-License-Identifier: Apache-2.0 */
/* One number a source: the time at which its bucket is full again. */
#include "transport/tls_budget.h"

#include "base/now.h"

static struct tls_budget_row *row_of(struct tls_budget *b, const struct tls_knock *knock)
{
	struct tls_budget_row *set = b->rows[knock->hash % TLS_BUDGET_SETS], *quietest = set;

	for (unsigned i = 0; i < TLS_BUDGET_WAYS; i++) {
		if (set[i].source.family != 0 && addr_equal(&set[i].source, &knock->source))
			return &set[i];
		if (set[i].full_us < quietest->full_us)
			quietest = &set[i];
	}
	*quietest = (struct tls_budget_row){ .source = knock->source };
	return quietest;
}

/* When it is full again after one more; 0: one more is too many. */
static uint64_t after_one(uint64_t full_us, const struct tls_rate *rate, uint64_t now_us)
{
	uint64_t window_us = (uint64_t)rate->window_ms * MILLISECOND_US;
	uint64_t each_us = window_us / rate->count;
	uint64_t then_us = (full_us > now_us ? full_us : now_us) + each_us;

	return then_us - now_us <= window_us ? then_us : 0;
}

bool tls_budget_take(struct tls_budget *b, const struct tls_rate *each,
                     const struct tls_rate *together, const struct tls_knock *knock)
{
	struct tls_budget_row *row = row_of(b, knock);
	uint64_t own_us = after_one(row->full_us, each, knock->now_us);
	uint64_t all_us = after_one(b->together_us, together, knock->now_us);

	if (own_us == 0 || all_us == 0)
		return false;
	row->full_us = own_us;
	b->together_us = all_us;
	return true;
}
