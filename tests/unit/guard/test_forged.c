/* SPDX-License-Identifier: Apache-2.0 */
/* Properties that hold whatever facts come, drawn from a generator: nothing
 * unproven touches a known flow, a peer or the block list, and nobody on the
 * never-block list is touched at all. */
#include "unit/guard/bench_priv.h"

#include <stdio.h>

struct dice {
	uint64_t state;
};

/* xorshift64: reproducible from its seed. */
static uint32_t throw(struct dice * d, uint32_t sides)
{
	d->state ^= d->state << 13;
	d->state ^= d->state >> 7;
	d->state ^= d->state << 17;
	return (uint32_t)(d->state >> 20) % sides;
}

static struct fact any_fact(struct dice *d, uint64_t after_ms)
{
	char address[32], account[16];
	struct fact fact;

	(void)snprintf(address, sizeof(address), "192.0.2.%u", throw(d, 8));
	(void)snprintf(account, sizeof(account), "%u@x", 200 + throw(d, 40));
	fact = bench_failure(address, account, throw(d, 1000), after_ms);
	fact.kind = (uint8_t) throw(d, FACT_KIND_COUNT);
	fact.outcome = (uint8_t) throw(d, 3);
	fact.grade = (uint8_t) throw(d, 4);
	fact.standing = (uint8_t) throw(d, 3);
	fact.flow.remote.port = (uint16_t)(5060 + throw(d, 4));
	fact.cseq = throw(d, 50);
	return fact;
}

TEST(forged_facts,
     "10,000 unproven facts with any source block nobody and touch no known flow and no peer")
{
	for (uint64_t seed = 1; seed <= 5; seed++) {
		OWNED_BENCH b = { 0 };
		struct dice d = { seed };
		struct verdict v;
		uint32_t place = 0;

		TRY(bench_init(&b));
		for (uint32_t i = 0; i < 10000; i++) {
			struct fact fact = any_fact(&d, i * 5);

			fact.proof = PROOF_NONE;
			bench_take(&b, &fact);
		}
		CHECK(b.blocks == 0 && b.observed == 0);
		while (verdict_table_next(b.verdicts, &place, &v))
			CHECK(v.state == VERDICT_SUSPECT && v.source.port == 0);
	}
	return ERR_NONE;
}

TEST(forged_standing, "unproven facts of known flows and peers alone leave nothing behind at all")
{
	OWNED_BENCH b = { 0 };
	struct dice d = { 77 };
	struct verdict v;
	uint32_t place = 0;

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 10000; i++) {
		struct fact fact = any_fact(&d, i * 5);

		fact.proof = PROOF_NONE;
		fact.standing = (uint8_t)(1 + throw(&d, 2));
		bench_take(&b, &fact);
	}
	CHECK(!verdict_table_next(b.verdicts, &place, &v));
	CHECK(counters_get(&b.counters, COUNT_findings) == 0 && b.incidents == 0);
	return ERR_NONE;
}

TEST(forged_peer,
     "a peer is not judged even on proof, and whoever is on the never-block list stays out of the table")
{
	OWNED_BENCH b = { 0 };
	struct dice d = { 99 };
	struct verdict v;
	uint32_t place = 0, rows = 0;

	TRY(bench_init(&b));
	CHECK(bench_ask_net(&b, ASK_NEVER_BLOCK_ADD, "192.0.2.4/30", 0, 0) == ERR_NONE);
	for (uint32_t i = 0; i < 20000; i++) {
		struct fact fact = any_fact(&d, i * 5);

		fact.proof = (uint8_t) throw(&d, PROOF_CONNECTION + 1);
		if (fact.flow.remote.bytes[15] == 3)
			fact.standing = STANDING_PEER;
		bench_take(&b, &fact);
	}
	for (; verdict_table_next(b.verdicts, &place, &v); rows++)
		CHECK(v.source.bytes[15] < 3);
	CHECK(rows > 0 && b.blocks > 0);
	return ERR_NONE;
}
