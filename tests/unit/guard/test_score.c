/* SPDX-License-Identifier: Apache-2.0 */
/* What makes room where a subject has more findings than it may keep. */
#include "guard/score.h"
#include "unit/guard/bench_priv.h"

#include <string.h>

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

static bool has_same_scale(const struct guard_subject *subject, const struct guard_scale *scale,
                           uint64_t now_us)
{
	struct guard_scale fresh;

	guard_score_weigh(subject, 3600, now_us, &fresh);
	return memcmp(&scale->sums, &fresh.sums, sizeof(fresh.sums)) == 0 &&
	       memcmp(scale->ranks, fresh.ranks, subject->count * sizeof(fresh.ranks[0])) == 0;
}

TEST(score_scale, "a scale that findings were added to is what weighing them anew gives")
{
	static const struct hash_key key = { { 5 } };
	struct addr source = bench_addr("192.0.2.7");
	struct guard_scores scores;
	struct guard_subject *subject;
	struct guard_scale scale;
	bool is_same = true;

	TRY(guard_scores_init(&scores, 4, &key));
	subject = guard_scores_touch(&scores, &source);
	for (uint32_t i = 0; i < 4 * MAX_FINDINGS; i++) {
		struct guard_mark mark = { .now_us = (uint64_t)(i / 3 + 1) * 60 * SECOND_US,
			                   .score_milli = 500 + i * 7919 % 6000,
			                   .is_proven = i % 5 < 2,
			                   .is_acting = i % 4 > 0 };

		if (i % 3 == 0)
			guard_score_weigh(subject, 3600, mark.now_us, &scale);
		guard_score_add(&scores, subject, &mark, &scale);
		is_same = is_same && has_same_scale(subject, &scale, mark.now_us);
	}
	is_same = is_same && subject->count == MAX_FINDINGS;
	guard_scores_clear(&scores);
	CHECK(is_same);
	return ERR_NONE;
}
