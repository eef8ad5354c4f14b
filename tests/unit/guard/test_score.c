/* SPDX-License-Identifier: Apache-2.0 */
/* What makes room where a subject has more findings than it may keep. */
#include "unit/guard/bench_priv.h"

/* How many guesses until the block, with so many unproven findings after each. */
static enum err guesses_until_blocked(uint32_t unproven, uint32_t *ret)
{
	OWNED_BENCH b = { 0 };
	uint32_t guesses = 0;

	TRY(bench_init(&b));
	while (b.blocks == 0 && guesses < 30) {
		struct fact fact = bench_failure("192.0.2.7", "201@x", guesses + 1, guesses);

		bench_take(&b, &fact);
		guesses++;
		fact.kind = FACT_SCANNER;
		fact.proof = PROOF_NONE;
		for (uint32_t i = 0; i < unproven; i++)
			bench_take(&b, &fact);
	}
	*ret = guesses;
	return ERR_NONE;
}

TEST(score_buries_nothing,
     "a guesser whose messages are a scanner's is blocked as soon as one whose are not")
{
	uint32_t plain = 0, scanning = 0;

	TRY(guesses_until_blocked(0, &plain));
	TRY(guesses_until_blocked(2 * MAX_FINDINGS, &scanning));
	CHECK(plain > 4 && plain < 12);
	CHECK(scanning == plain);
	return ERR_NONE;
}

TEST(score_told, "each finding is told with the scores after it, and a peer's is not told at all")
{
	OWNED_BENCH b = { 0 };
	struct fact fact;

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 6; i++) {
		fact = bench_failure("192.0.2.7", "201@x", i, i);
		bench_take(&b, &fact);
	}
	CHECK(b.findings == 6 && b.last_rule == RULE_FAILED_LOGIN);
	CHECK(b.proven_milli == 4000 && b.suspicion_milli == 4000);
	fact.kind = FACT_SCANNER;
	fact.proof = PROOF_NONE;
	bench_take(&b, &fact);
	CHECK(b.findings == 8 && b.last_rule == RULE_STRUCTURE);
	CHECK(b.proven_milli == 4000 && b.suspicion_milli > 4000);
	fact.standing = STANDING_PEER;
	bench_take(&b, &fact);
	CHECK(b.findings == 8);
	return ERR_NONE;
}
