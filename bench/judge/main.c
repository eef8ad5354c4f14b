/* SPDX-License-Identifier: Apache-2.0 */
/* bench-judge: how much is found, and who is wrongly flagged.
 *
 *     bench-judge variants [SEED] [DETECTOR that is switched off]
 *     bench-judge estates [SEED] [PHONES] [DAYS]
 *
 * Variants exits with 1 where one was not found; estates where one was flagged. */
#include "judge/crew.h"
#include "judge/estate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tally {
	uint32_t played, found, flagged;
};

/* Found: a source of the crew is named by the detector; flagged: it is above clean. */
static void judge_crew(const struct crew *c, enum guard_detector detector, struct tally *tally)
{
	bool is_found = false, is_flagged = false;

	for (uint32_t i = 0; i < c->source_count; i++) {
		const struct page *page = stage_page(c->stage, &c->sources[i]);

		is_found |= page && page_names(page, detector);
		is_flagged |= page && page_is_flagged(page, &c->stage->settings);
	}
	tally->played++;
	tally->found += is_found;
	tally->flagged += is_flagged;
}

static struct tally play(const struct variant *v, uint32_t row, uint64_t seed,
                         enum guard_detector off)
{
	struct tally tally = { 0 };

	for (uint32_t i = 0; i < v->repeats; i++) {
		uint32_t found = tally.found;
		struct stage stage;
		struct crew crew;

		stage_open(&stage, seed * 1000003 + row * 1009 + i, off);
		crew.stage = &stage;
		v->play(&crew);
		stage_settle(&stage);
		judge_crew(&crew, v->detector, &tally);
		if (tally.found == found)
			(void)printf("  not found: %s, number %u: %s\n", v->name, i, crew.story);
		stage_close(&stage);
	}
	return tally;
}

static int play_all(uint64_t seed, enum guard_detector off)
{
	struct tally all = { 0 }, by_detector[GUARD_DETECTOR_COUNT] = { 0 };

	(void)printf("variants, seed %llu\n", (unsigned long long)seed);
	for (uint32_t row = 0; row < variant_count; row++) {
		struct tally t = play(&variants[row], row, seed, off);
		struct tally *sum = &by_detector[variants[row].detector];

		(void)printf("%-12s %-36s %4u of %4u found, %4u above clean\n",
		             guard_detector_name(variants[row].detector), variants[row].name,
		             t.found, t.played, t.flagged);
		*sum = (struct tally){ sum->played + t.played, sum->found + t.found,
			               sum->flagged + t.flagged };
		all = (struct tally){ all.played + t.played, all.found + t.found,
			              all.flagged + t.flagged };
	}
	for (int i = 0; i < GUARD_DETECTOR_COUNT; i++)
		(void)printf("%-12s %u of %u found, %u above clean\n",
		             guard_detector_name((enum guard_detector)i), by_detector[i].found,
		             by_detector[i].played, by_detector[i].flagged);
	(void)printf("all: %u of %u found, %u above clean\n", all.found, all.played, all.flagged);
	return all.found == all.played && all.played > 0 ? 0 : 1;
}

static int live(uint64_t seed, uint32_t phones, uint32_t days)
{
	struct estate_result result;
	struct stage stage;

	stage_open(&stage, seed, GUARD_DETECTOR_COUNT);
	estate_live(&stage, phones, days, true, &result);
	(void)printf("estates, seed %llu: %llu phones, %u days, %llu messages, %llu facts\n",
	             (unsigned long long)seed, (unsigned long long)result.phones, days,
	             (unsigned long long)result.messages, (unsigned long long)stage.facts);
	for (int rule = 1; rule < RULE_COUNT; rule++)
		if (result.by_rule[rule])
			(void)printf("  %-20s fired about %llu sources\n",
			             guard_rule_name((enum guard_rule)rule),
			             (unsigned long long)result.by_rule[rule]);
	(void)printf("wrongly flagged: %llu; with any finding: %llu\n",
	             (unsigned long long)result.flagged, (unsigned long long)result.named);
	stage_close(&stage);
	return result.flagged == 0 && result.messages > 0 ? 0 : 1;
}

static uint64_t number(int argc, char **argv, int at, uint64_t fallback)
{
	return argc > at ? strtoull(argv[at], NULL, 10) : fallback;
}

int main(int argc, char **argv)
{
	enum guard_detector off = GUARD_DETECTOR_COUNT;

	if (argc > 3 && strcmp(argv[1], "variants") == 0 &&
	    guard_detector_find(view_of(argv[3]), &off) != ERR_NONE)
		return 2;
	if (argc > 1 && strcmp(argv[1], "variants") == 0)
		return play_all(number(argc, argv, 2, 1), off);
	if (argc > 1 && strcmp(argv[1], "estates") == 0)
		return live(number(argc, argv, 2, 1), (uint32_t)number(argc, argv, 3, 1000),
		            (uint32_t)number(argc, argv, 4, 2));
	if (argc > 1)
		return 2;
	return play_all(1, off) | live(1, 10000, 30);
}
