/* SPDX-License-Identifier: Apache-2.0 */
/* Budgets of handshakes: each source's, all together, and a table that fills. */
#include "base/now.h"
#include "runner/test.h"
#include "transport/tls_budget.h"

#include <stdlib.h>

static const struct tls_rate each = { 5, 10000 }, together = { 1000, 1000 };

static struct tls_knock from(uint32_t host, uint64_t now_us)
{
	struct tls_knock k = { .source = { .family = 4 }, .now_us = now_us };

	for (unsigned i = 0; i < 4; i++)
		k.source.bytes[12 + i] = (uint8_t)(host >> (8 * (3 - i)));
	k.hash = host * UINT64_C(0x9e3779b97f4a7c15) >> 20;
	return k;
}

static unsigned taken(struct tls_budget *b, uint32_t host, uint64_t now_us, unsigned tries)
{
	struct tls_knock k = from(host, now_us);
	unsigned count = 0;

	while (tries-- > 0)
		count += tls_budget_take(b, &each, &together, &k);
	return count;
}

TEST(tls_budget_each, "a source has so many at once, and one more each part of its window")
{
	struct tls_budget *b = calloc(1, sizeof(*b));

	if (!b)
		return ERR_NO_MEMORY;
	CHECK(taken(b, 1, 1000 * SECOND_US, 20) == 5);
	CHECK(taken(b, 2, 1000 * SECOND_US, 1) == 1);
	CHECK(taken(b, 1, 1001 * (uint64_t)SECOND_US, 20) == 0);
	CHECK(taken(b, 1, 1002 * (uint64_t)SECOND_US, 20) == 1);
	CHECK(taken(b, 1, 1100 * (uint64_t)SECOND_US, 20) == 5);
	free(b);
	return ERR_NONE;
}

TEST(tls_budget_together,
     "strangers together have a budget too, and it does not take from their own")
{
	const struct tls_rate few = { 3, 1000 };
	struct tls_budget *b = calloc(1, sizeof(*b));
	unsigned count = 0;

	if (!b)
		return ERR_NO_MEMORY;
	for (uint32_t host = 1; host <= 50; host++) {
		struct tls_knock k = from(host, SECOND_US);

		count += tls_budget_take(b, &each, &few, &k);
	}
	CHECK(count == 3);
	CHECK(taken(b, 50, 100 * SECOND_US, 20) == 5);
	free(b);
	return ERR_NONE;
}

TEST(tls_budget_full, "a table that is full forgets the quietest: who knocks on and on stays known")
{
	struct tls_budget *b = calloc(1, sizeof(*b));
	uint64_t now_us = 1000 * SECOND_US;

	if (!b)
		return ERR_NO_MEMORY;
	CHECK(taken(b, 7, now_us, 20) == 5);
	for (uint32_t host = 100; host < 100 + 8 * TLS_BUDGET_SETS * TLS_BUDGET_WAYS; host++) {
		(void)taken(b, host, now_us, 1);
		if (host % 500 == 0)
			now_us += SECOND_US / 1000;
	}
	CHECK(taken(b, 7, now_us, 20) == 0);
	free(b);
	return ERR_NONE;
}
